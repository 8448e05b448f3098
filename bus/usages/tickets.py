"""Challenges that a token must answer, each once; and cursors, by which one look goes on with the same token.

Promises: a challenge is taken once, within its time, from the portal that it was given to; giving one out keeps
nothing, so nobody can fill the memory by asking; both are bound to a key of this process, so that after a restart none
counts and no token of before can be shown again. A cursor counts with the token whose look it goes on with, and with
no other.
Leaves out: several processes for one address: give each portal one of them.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from typing import Final, NamedTuple

import msgspec

from bus.clock import Clock
from schemas.problems import Code, FaultAt, ProblemError, problem
from schemas.text import b64url_decode, b64url_encode

MAX_SPENT: Final = 500_000
"""How many challenges may have been answered within their lifetime; more looks are refused for now."""
_RANDOM_BYTES: Final = 16
_TIME_BYTES: Final = 6
_MAC_BYTES: Final = 16
_KEY_BYTES: Final = 32


class Challenge(NamedTuple):
    """What the portal puts into its OpenID Connect request as `nonce`, and until when."""

    nonce: str
    expires_ms: int


class Resume(msgspec.Struct, frozen=True, array_like=True):
    """Where a look goes on.

    Attributes:
        size: the size of the ledger that the look was at.
        time_ms: of the last line shown; with `idx` the place in the order.
        nonce: digest of the token's nonce.
        question: digest of the question that the cursor belongs to.
    """

    size: int
    time_ms: int
    idx: int
    nonce: bytes
    question: bytes


_resume: Final = msgspec.msgpack.Decoder(Resume)
_packed: Final = msgspec.msgpack.Encoder().encode


class Tickets:
    """Challenges and cursors of one process.

    Args:
        lifetime_s: how long a challenge may be answered, in seconds.
        key: 32 bytes; only tests give one.
    """

    def __init__(self, clock: Clock, lifetime_s: int, key: bytes | None = None) -> None:
        self._clock = clock
        self._lifetime_ms = lifetime_s * 1000
        self._key = key or secrets.token_bytes(_KEY_BYTES)
        self._spent: dict[bytes, int] = {}

    def issue(self, portal: str | None) -> Challenge:
        """A new challenge for a portal, or for whoever asks where portals are not told apart."""
        expires_ms = self._clock() + self._lifetime_ms
        body = secrets.token_bytes(_RANDOM_BYTES) + expires_ms.to_bytes(_TIME_BYTES)
        return Challenge(b64url_encode(body + self._challenge_mac(body, portal)), expires_ms)

    def redeem(self, nonce: str, portal: str | None) -> None:
        """Take a challenge's answer, this once.

        Raises:
            ProblemError: 822 none of ours, or another portal's; 823 answered already, or too late; 403 too busy.
        """
        body = self._challenge_body(nonce, portal)
        now = self._clock()
        self._forget(now)
        expires_ms = int.from_bytes(body[_RANDOM_BYTES:])
        if now >= expires_ms or body in self._spent:
            raise problem(Code.TOKEN_USED, fault_at=FaultAt.CONSUMER_SYSTEM)
        if len(self._spent) >= MAX_SPENT:
            raise problem(Code.TOO_BUSY, fault_at=FaultAt.HUB)
        self._spent[body] = expires_ms

    def cursor(self, resume: Resume) -> str:
        """The text by which a look goes on."""
        data = _packed(resume)
        return b64url_encode(data + self._mac(b"cursor", data))

    def resumed(self, cursor: str, nonce: str, question: bytes) -> Resume:
        """Where the look of this token goes on.

        Raises:
            ProblemError: 804 no cursor of ours, of another token's, or of another question.
        """
        try:
            data = b64url_decode(cursor)
        except ValueError:
            data = b""
        data, mac = data[:-_MAC_BYTES], data[-_MAC_BYTES:]
        if not hmac.compare_digest(mac, self._mac(b"cursor", data)):
            raise _no_cursor("cursor")
        found = _resume.decode(data)
        if not hmac.compare_digest(found.nonce, digest_of(nonce)):
            raise _no_cursor("cursor-of-another-token")
        if found.question != question:
            raise _no_cursor("cursor-of-another-question")
        return found

    def _challenge_body(self, nonce: str, portal: str | None) -> bytes:
        try:
            data = b64url_decode(nonce)
        except ValueError:
            data = b""
        body, mac = data[:-_MAC_BYTES], data[-_MAC_BYTES:]
        ours = hmac.compare_digest(mac, self._challenge_mac(body, portal))
        if not ours or len(body) != _RANDOM_BYTES + _TIME_BYTES:
            raise problem(Code.TOKEN_REFUSED, rule="nonce", fault_at=FaultAt.CONSUMER_SYSTEM)
        return body

    def _challenge_mac(self, body: bytes, portal: str | None) -> bytes:
        return self._mac(b"challenge", body + b"|" + (portal or "").encode())

    def _mac(self, use: bytes, data: bytes) -> bytes:
        return hmac.digest(self._key, use + b"|" + data, hashlib.sha256)[:_MAC_BYTES]

    def _forget(self, now: int) -> None:
        """Drop what is too old to be taken anyhow; the oldest stand first, as near as matters."""
        while self._spent:
            first = next(iter(self._spent))
            if self._spent[first] > now:
                return
            del self._spent[first]


def digest_of(nonce: str) -> bytes:
    """A nonce as a cursor remembers it."""
    return hashlib.sha256(nonce.encode()).digest()[:_MAC_BYTES]


def _no_cursor(rule: str) -> ProblemError:
    return problem(Code.REQUEST_MALFORMED, rule=rule, place="/cursor", fault_at=FaultAt.CONSUMER_SYSTEM)
