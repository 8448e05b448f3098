"""Access tokens that a node has handed out to OAuth2 clients, in its memory only.

Promises: a token is 256 random bits, known here by its SHA-256 digest; it ends after its lifetime, with its client and
with the process; a bounded number is kept, the oldest of a client go first. Leaves out: the endpoint (`bus.http.oauth`)
and where clients are listed (`config.apikeys`).
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
import time
from collections.abc import Callable, Iterable
from typing import Final, NamedTuple

LIFETIME_S: Final = 600
MAX_TOKENS: Final = 10_000
"""Tokens of all clients together."""
MAX_OF_CLIENT: Final = 100
PREFIX: Final = "lo_"
_NOBODY: Final = "0" * 64


class Principal(NamedTuple):
    """Who is asking: the agency, and its system where the key names one."""

    agency: str
    system: str | None = None


class Client(NamedTuple):
    """An OAuth2 client: its id, SHA-256 hex of its secret, whom it speaks for."""

    id: str
    sha256: str
    principal: Principal


class _Token(NamedTuple):
    client: Client
    until_s: float


class AccessTokens:
    """The clients of one node and their tokens.

    Args:
        lifetime_s: how long a token is taken.
        now_s: a clock that only goes forward.
    """

    def __init__(self, lifetime_s: int = LIFETIME_S, now_s: Callable[[], float] = time.monotonic) -> None:
        self.lifetime_s: Final = lifetime_s
        self._now_s = now_s
        self._clients: dict[str, Client] = {}
        self._tokens: dict[str, _Token] = {}

    def replace_clients(self, clients: Iterable[Client]) -> None:
        """From now on these are the clients; tokens of others are taken no more."""
        self._clients = {client.id: client for client in clients}

    def knows(self, client_id: str) -> bool:
        """Whether there is a client of this id."""
        return client_id in self._clients

    def authenticated(self, client_id: str, secret: str) -> Client | None:
        """The client whose id and secret these are; the same work is done for an id that nobody has."""
        found = self._clients.get(client_id)
        shown = hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()
        same = hmac.compare_digest(shown, found.sha256 if found else _NOBODY)
        return found if same else None

    def issue(self, client: Client) -> str:
        """A new token; its text is kept nowhere."""
        self._forget(client)
        text = PREFIX + secrets.token_urlsafe(32)
        self._tokens[_digest(text)] = _Token(client, self._now_s() + self.lifetime_s)
        return text

    def principal(self, token: str) -> Principal | None:
        """Whom a token speaks for; None where it is unknown, over, or its client is gone."""
        found = self._tokens.get(_digest(token))
        if found is None or found.until_s <= self._now_s() or self._clients.get(found.client.id) != found.client:
            return None
        return found.client.principal

    def _forget(self, client: Client) -> None:
        """Make room: what is over goes, then the oldest of this client, then the oldest of all."""
        own = [key for key, one in self._tokens.items() if one.client.id == client.id]
        if len(own) < MAX_OF_CLIENT and len(self._tokens) < MAX_TOKENS:
            return
        now_s = self._now_s()
        self._tokens = {key: one for key, one in self._tokens.items() if one.until_s > now_s}
        for key in own[: len(own) + 1 - MAX_OF_CLIENT]:
            self._tokens.pop(key, None)
        while len(self._tokens) >= MAX_TOKENS:
            del self._tokens[next(iter(self._tokens))]


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()
