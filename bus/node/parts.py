"""Large parts at a node: put at the hub worker that the message goes to, fetched from the one that it came by.

Promises: what is fetched has the length and digest that its envelope names; small parts are not touched.
Leaves out: parts larger than memory should hold; a node's own limit (`max_body_bytes`) is judged before.
"""

from __future__ import annotations

import ssl
from collections.abc import Callable, Sequence
from typing import Protocol

import aiohttp

from bus import bodies
from bus.link.carry import BodyError, Carrier
from bus.link.session import Session
from bus.link.spool import Announced
from schemas.envelope import Envelope, Part
from schemas.problems import Code, FaultAt, problem
from schemas.text import b64url_decode


class PartCarrier(Protocol):
    """Moves the large parts of one message over one session's worker."""

    async def put(
        self, session: Session, exchange: str, parts: Sequence[Part], data: Sequence[bytes]
    ) -> tuple[bytes, ...]:
        """Hand the large ones to the hub; what travels inside the message, empty for those."""

    async def fetch(
        self, session: Session, exchange: str, envelope: Envelope, data: Sequence[bytes], max_bytes: int
    ) -> tuple[bytes, ...]:
        """Bring the large ones; the bodies of all parts, in order."""


class HttpParts:
    """`PartCarrier` over the link's own host, with the node's link certificate."""

    def __init__(self, tls: Callable[[], ssl.SSLContext]) -> None:
        self._tls = tls
        self._client: aiohttp.ClientSession | None = None

    async def put(
        self, session: Session, exchange: str, parts: Sequence[Part], data: Sequence[bytes]
    ) -> tuple[bytes, ...]:
        """See the port.

        Raises:
            ProblemError: 116, the hub takes no such part; 405, it cannot be reached.
        """
        if not any(map(bodies.by_spool, parts)):
            return tuple(data)
        carrier = self._carrier(session)
        inline = []
        for part, body in zip(parts, data, strict=True):
            if bodies.by_spool(part):
                try:
                    await carrier.put(exchange, part.id, _announced(part), body)
                except BodyError as error:
                    code = Code.NO_HUB if error.rule == "unreachable" else Code.PART_TOO_LARGE
                    raise problem(code, rule=error.rule, limit=part.length, fault_at=FaultAt.HUB) from error
            inline.append(b"" if bodies.by_spool(part) else body)
        return tuple(inline)

    async def fetch(
        self, session: Session, exchange: str, envelope: Envelope, data: Sequence[bytes], max_bytes: int
    ) -> tuple[bytes, ...]:
        """See the port.

        Raises:
            ProblemError: 115 to 117, the part is too large here, not to be had, or not the one that was sealed.
        """
        if len(data) != len(envelope.parts) or not any(map(bodies.by_spool, envelope.parts)):
            return tuple(data)
        carrier = self._carrier(session)
        whole = []
        for index, (part, body) in enumerate(zip(envelope.parts, data, strict=True)):
            whole.append(await _fetched(carrier, exchange, part, index, max_bytes) if bodies.by_spool(part) else body)
        return tuple(whole)

    async def close(self) -> None:
        """Let go of connections."""
        if self._client is not None:
            await self._client.close()

    def _carrier(self, session: Session) -> Carrier:
        if self._client is None:
            self._client = aiohttp.ClientSession(connector=aiohttp.TCPConnector(ssl=self._tls()))
        return Carrier(self._client, session.welcome.bodies)


async def _fetched(carrier: Carrier, exchange: str, part: Part, index: int, max_bytes: int) -> bytes:
    place = f"/parts/{index}"
    if part.length > max_bytes:
        raise problem(Code.PART_TOO_LARGE, place=place, limit=max_bytes)
    pieces: list[bytes] = []
    try:
        await carrier.fetch(exchange, part.id, _announced(part), pieces.append)
    except BodyError as error:
        raise problem(Code.PART_MISSING, rule=error.rule, place=place) from error
    return b"".join(pieces)


def _announced(part: Part) -> Announced:
    return Announced(part.length, b64url_decode(part.sha256))
