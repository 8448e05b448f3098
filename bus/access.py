"""One principal for every face: who is asking, for which agency, from which system.

Promises: denied by default; keys are kept as SHA-256 digests of 256 random bits (no dictionary to try, so no slow
hash on the hot path) and found by digest, whose timing tells nothing of a key; mutual TLS counts where the certificate
is in the agency's list.
Leaves out: people (OIDC, local accounts), who come with the console.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from typing import NamedTuple

from aiohttp import web

from bus import net
from schemas.problems import Code, FaultAt, problem


class Principal(NamedTuple):
    """Who is asking: the agency, and its system where the key names one."""

    agency: str
    system: str | None = None


class Grants:
    """The keys and certificates of this node's agencies."""

    def __init__(
        self, keys: Iterable[tuple[str, Principal]], certificates: Iterable[tuple[str, Principal]] = ()
    ) -> None:
        """Keys as (SHA-256 hex of the key, principal); certificates as (x5t, principal)."""
        self._keys = dict(keys)
        self._certificates = dict(certificates)

    def replace_keys(self, keys: Iterable[tuple[str, Principal]]) -> None:
        """From now on these are the keys."""
        self._keys = dict(keys)

    def principal(self, request: web.Request) -> Principal:
        """Who sent this request.

        Raises:
            ProblemError: 801 where nothing was shown, 802 where it is not known.
        """
        return self.shown(shown_key(request), net.peer_certificate(request))

    def shown(self, key: str | None, certificate: bytes | None) -> Principal:
        """Who showed this key, or else this certificate (DER).

        Raises:
            ProblemError: 801, 802.
        """
        if key is not None:
            return self._by_key(key)
        if certificate is not None:
            return self._by_certificate(net.thumbprint(certificate))
        raise problem(Code.KEY_MISSING, fault_at=FaultAt.CONSUMER_SYSTEM)

    def _by_key(self, key: str) -> Principal:
        shown = hashlib.sha256(key.encode()).hexdigest()
        found = self._keys.get(shown)
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
