"""One principal for every face: who is asking, for which agency, from which system.

Promises: denied by default; keys are kept as SHA-256 digests of 256 random bits (no dictionary to try, so no slow
hash on the hot path) and found by digest, whose timing tells nothing of a key; mutual TLS counts where the certificate
is in the agency's list; an access token (`bus.tokens`) counts like its client's own key.
Leaves out: people (OIDC, local accounts), who come with the console.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

from aiohttp import web

from bus import net
from bus.tokens import AccessTokens, Client, Principal
from schemas.problems import Code, FaultAt, problem

__all__ = ["Grants", "Principal", "shown_key"]


class Grants:
    """The keys, certificates and OAuth2 clients of this node's agencies.

    Attributes:
        tokens: the clients, and the access tokens that they hold.
    """

    def __init__(
        self,
        keys: Iterable[tuple[str, Principal]],
        certificates: Iterable[tuple[str, Principal]] = (),
        clients: Iterable[Client] = (),
        *,
        tokens: AccessTokens | None = None,
    ) -> None:
        """Keys as (SHA-256 hex of the key, principal); certificates as (x5t, principal)."""
        self._keys = dict(keys)
        self._certificates = dict(certificates)
        self.tokens = tokens or AccessTokens()
        self.tokens.replace_clients(clients)

    def replace_keys(self, keys: Iterable[tuple[str, Principal]], clients: Iterable[Client] = ()) -> None:
        """From now on these are the keys, and these the clients."""
        self._keys = dict(keys)
        self.tokens.replace_clients(clients)

    def principal(self, request: web.Request) -> Principal:
        """Who sent this request.

        Raises:
            ProblemError: 801 where nothing was shown, 802 where it is not known.
        """
        return self.shown(shown_key(request), net.peer_certificate(request))

    def shown(self, key: str | None, certificate: bytes | None) -> Principal:
        """Who showed this key or access token, or else this certificate (DER).

        Raises:
            ProblemError: 801, 802.
        """
        if key is not None:
            return self._by_key(key)
        if certificate is not None:
            return self._by_certificate(net.thumbprint(certificate))
        raise problem(Code.KEY_MISSING, fault_at=FaultAt.CONSUMER_SYSTEM)

    def _by_key(self, key: str) -> Principal:
        shown = hashlib.sha256(key.encode("utf-8", "surrogatepass")).hexdigest()
        found = self._keys.get(shown) or self.tokens.principal(key)
        if found is None:
            raise problem(Code.KEY_WRONG, fault_at=FaultAt.CONSUMER_SYSTEM)
        return found

    def _by_certificate(self, x5t: str) -> Principal:
        found = self._certificates.get(x5t)
        if found is None:
            raise problem(Code.KEY_WRONG, rule="certificate-registered", fault_at=FaultAt.CONSUMER_SYSTEM)
        return found


def shown_key(request: web.Request) -> str | None:
    """The bearer token, or the key in `X-Api-Key`; None where there is neither."""
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() == "bearer" and token:
        return token
    return request.headers.get("X-Api-Key")
