"""A relay on loopback between an adapter and its system, which can stall, drip, cut, shorten or impersonate.

Promises: bytes pass unread and unkept; what was tampered with is the connection, never the system: it gets each
question whole. An impostor shows a certificate that it made itself for the right name, so that only an adapter which
does not verify falls for it.
Leaves out: looking into TLS.
"""

from __future__ import annotations

import asyncio
import ssl
import tempfile
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Final

from adapters.watching import Detour
from bus import net
from bus.kit.check.target import Endpoint
from signing.devpki import DevPki

CHUNK_BYTES: Final = 64 * 1024
DRIP_S: Final = 0.05
QUIET_S: Final = 0.25
"""A reply that has paused this long is taken to be whole."""
SHORTENED_BYTES: Final = 8
MAX_FLOOD_BYTES: Final = 128 * 1024 * 1024
"""Whoever has taken this much of one reply has no limit that counts."""
_CONNECTED: Final = b"HTTP/1.1 200 OK\r\n\r\n"
_SSL_REQUEST_BYTES: Final = 8
"""PostgreSQL's SSLRequest, protocol 3.0 §55.2.12."""


OTHER_NAME: Final = "another-system.invalid"
"""A host that is nobody's (RFC 6761); who asks for it is led to the system."""
Down = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Coroutine[None, None, None]]


class Way(StrEnum):
    """What happens to what the system says."""

    PASS = "pass"  # noqa: S105 - a way, no password
    STALL = "stall"
    DRIP = "drip"
    CUT = "cut"
    SHORTEN = "shorten"
    IMPOSTOR = "impostor"
    FLOOD = "flood"
    """No system at all: an HTTP reply without end, or nearly so."""


class Relay:
    """One listener before one system; `way` may be changed between questions."""

    def __init__(self, system: Endpoint) -> None:
        self.system = system
        self.way = Way.PASS
        self.connections = 0
        self.now = 0
        self.most = 0
        self.asked_bytes = 0
        self.flooded_bytes = 0
        self.fooled = False
        """Whether somebody spoke TLS with the impostor."""
        self.detour = Detour("127.0.0.1", 0)
        self._tasks: set[asyncio.Task[None]] = set()
        self._impostor: ssl.SSLContext | None = None

    async def start(self) -> asyncio.Server:
        """Listen on a free port of the loopback."""
        server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        host, port = server.sockets[0].getsockname()[:2]
        self.detour = Detour(host, port)
        return server

    async def close(self, server: asyncio.Server) -> None:
        """Stop listening and drop every connection."""
        server.close()
        await self.drop()

    async def drop(self) -> None:
        """Drop every connection that there is."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        if task is not None:
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        try:
            with suppress(OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError, ssl.SSLError):
                await self._between(reader, writer)
        except asyncio.CancelledError:
            writer.transport.abort()
        finally:
            writer.close()

    async def _between(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self.way is Way.FLOOD:
            await self._flood(reader, writer)
            return
        if self.system.speaks == "https":
            host, port = _named(await reader.readuntil(b"\r\n\r\n"))
            if (host, port) != (self.system.host, self.system.port) and host != OTHER_NAME:
                await self._elsewhere(host, port, reader, writer)
                return
        self.connections += 1
        self.now += 1
        self.most = max(self.most, self.now)
        try:
            await self._to_system(reader, writer)
        finally:
            self.now -= 1

    async def _to_system(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self.way is Way.IMPOSTOR:
            await self._impersonate(reader, writer)
            return
        if self.system.speaks == "https":
            writer.write(_CONNECTED)
        await self._splice(self.system.host, self.system.port, (reader, writer), self._down)

    async def _elsewhere(
        self, host: str, port: int, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        """Another host than the system, such as the one that gives tokens: nothing is tampered with there."""
        writer.write(_CONNECTED)
        await self._splice(host, port, (reader, writer), self._straight)

    async def _splice(
        self, host: str, port: int, caller: tuple[asyncio.StreamReader, asyncio.StreamWriter], down: Down
    ) -> None:
        reader, writer = caller
        from_system, to_system = await asyncio.open_connection(host, port)
        ways = (self._up(reader, to_system), down(from_system, writer))
        tasks = [asyncio.create_task(way) for way in ways]
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            to_system.close()  # before anything waits: this may be cancelled while it ends
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _up(self, reader: asyncio.StreamReader, to_system: asyncio.StreamWriter) -> None:
        while data := await reader.read(CHUNK_BYTES):
            self.asked_bytes += len(data)
            to_system.write(data)
            await to_system.drain()

    async def _straight(self, from_system: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await from_system.read(CHUNK_BYTES):
            writer.write(data)
            await writer.drain()

    async def _down(self, from_system: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await from_system.read(CHUNK_BYTES):
            if self.way is Way.STALL:
                continue
            if self.way is Way.CUT:
                writer.write(data[: max(1, len(data) // 2)])
                await writer.drain()
                writer.transport.abort()
                return
            if self.way is Way.SHORTEN:
                await self._shorten(data, from_system, writer)
                return
            await self._pass(data, writer)

    async def _pass(self, data: bytes, writer: asyncio.StreamWriter) -> None:
        if self.way is not Way.DRIP:
            writer.write(data)
            await writer.drain()
            return
        for at in range(len(data)):
            writer.write(data[at : at + 1])
            await writer.drain()
            await asyncio.sleep(DRIP_S)

    async def _shorten(self, first: bytes, from_system: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """All of the reply but its last bytes, then the end that a polite server writes."""
        held = first
        with suppress(TimeoutError):
            while True:
                async with asyncio.timeout(QUIET_S):
                    data = await from_system.read(CHUNK_BYTES)
                if not data:
                    break
                held += data
        writer.write(held[:-SHORTENED_BYTES])
        await writer.drain()

    async def _impersonate(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self._impostor is None:
            self._impostor = await asyncio.to_thread(_impostor_of, self.system.host)
        if self.system.speaks == "postgresql":
            await reader.readexactly(_SSL_REQUEST_BYTES)
        writer.transport.pause_reading()  # type: ignore[attr-defined]  # what comes next is TLS's to read
        writer.write(b"S" if self.system.speaks == "postgresql" else _CONNECTED)
        try:
            await writer.start_tls(self._impostor)
            # TLS 1.3: a client that refuses says so after the server is done; only its words prove that it believed
            self.fooled = bool(await reader.read(1)) or self.fooled
        finally:
            writer.transport.abort()  # nobody waits for a farewell of whom was fooled, or was not

    async def _flood(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\n\r\n")
        while self.flooded_bytes < MAX_FLOOD_BYTES:
            writer.write(b" " * CHUNK_BYTES)
            await writer.drain()
            self.flooded_bytes += CHUNK_BYTES


def _named(head: bytes) -> tuple[str, int]:
    """Whom a CONNECT names (RFC 9110 §9.3.6)."""
    host, _, port = head.split(b" ", 2)[1].decode("ascii", "replace").rpartition(":")
    return host.strip("[]"), int(port) if port.isdigit() else 0


@asynccontextmanager
async def relaying(system: Endpoint) -> AsyncIterator[Relay]:
    """A relay before the system until the block ends."""
    relay = Relay(system)
    server = await relay.start()
    try:
        yield relay
    finally:
        await relay.close(server)


async def closed_port() -> Detour:
    """An address of the loopback at which nobody listens."""
    server = await asyncio.start_server(_nobody, "127.0.0.1", 0)
    host, port = server.sockets[0].getsockname()[:2]
    server.close()
    return Detour(host, port)


def _nobody(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.close()


def _impostor_of(host: str) -> ssl.SSLContext:
    """A server's context with a certificate for this name that nobody has reason to trust."""
    now = datetime.now(UTC)
    issued = DevPki.create(now, name="impostor").link_server([host], now, days=1)
    with tempfile.TemporaryDirectory() as folder:
        certificate, key = Path(folder) / "certificate.pem", Path(folder) / "key.pem"
        certificate.write_bytes(issued.chain)
        key.write_bytes(issued.key)
        return net.face_context(certificate, key)
