"""The generator "http": requests over kept-alive HTTP/1.1 connections, plain or mutual TLS. A process of its own.

Run by the tests as `bench_http.py SETTINGS`, JSON in and JSON out. Two ways to ask:
- closed: each of N connections asks again as soon as it has its answer, for a number of seconds;
- open: questions are due at moments drawn beforehand (Poisson arrivals), whatever became of those before them, and a
  latency counts from the moment at which the question was due, so that a stall is not hidden by asking less.
It parses no more of an answer than its status and length, to leave the machine to those who are measured.
"""

from __future__ import annotations

import asyncio
import json
import random
import ssl
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any, Final, cast

import uvloop

GRACE_S: Final = 10.0
SEED: Final = 7


class Connection(asyncio.Protocol):
    """One connection with at most one request under way."""

    def __init__(self) -> None:
        self._transport: asyncio.Transport | None = None
        self._data = b""
        self._needed = 0
        self._answer: asyncio.Future[tuple[int, bytes]] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)

    def connection_lost(self, _error: Exception | None) -> None:
        self._transport = None
        if self._answer is not None and not self._answer.done():
            self._answer.set_exception(ConnectionError("the server closed the connection"))

    def data_received(self, data: bytes) -> None:
        self._data += data
        if not self._needed:
            end = self._data.find(b"\r\n\r\n")
            if end < 0:
                return
            head = self._data[:end].lower()
            at = head.find(b"content-length:") + len(b"content-length:")
            length = int(head[at : head.find(b"\r", at) if b"\r" in head[at:] else len(head)])
            self._needed = end + 4 + length
        if len(self._data) >= self._needed and self._answer is not None and not self._answer.done():
            status, body = int(self._data[9:12]), self._data[: self._needed]
            self._data, self._needed = self._data[self._needed :], 0
            self._answer.set_result((status, body))

    async def ask(self, request: bytes) -> tuple[int, bytes]:
        if self._transport is None:
            raise ConnectionError("not connected")
        self._answer = asyncio.get_running_loop().create_future()
        self._transport.write(request)
        return await self._answer

    def close(self) -> None:
        if self._transport is not None:
            self._transport.abort()


class Connections:
    """As many connections as are asked of at once; a free one is used again, the last used first."""

    def __init__(self, port: int, context: ssl.SSLContext | None) -> None:
        self._port = port
        self._context = context
        self._free: list[Connection] = []

    async def more(self, count: int) -> None:
        """Open some before the clock runs."""
        for _ in range(count):
            self._free.append(await self._open())

    async def ask(self, request: bytes) -> tuple[int, bytes]:
        connection = self._free.pop() if self._free else await self._open()
        answer = await connection.ask(request)
        self._free.append(connection)
        return answer

    async def _open(self) -> Connection:
        loop = asyncio.get_running_loop()
        name = "localhost" if self._context else None
        _, connection = await loop.create_connection(
            Connection, "127.0.0.1", self._port, ssl=self._context, server_hostname=name
        )
        return connection


class Tally:
    """What came back, and how long after it was due."""

    def __init__(self, must_hold: bytes) -> None:
        self._must_hold = must_hold
        self._statuses: Counter[int] = Counter()
        self._latencies: list[float] = []

    def count(self, answer: tuple[int, bytes], due: float) -> None:
        """One answer; status 0 where it does not hold what it must."""
        status, body = answer
        self._statuses[status if self._must_hold in body else 0] += 1
        self._latencies.append((time.perf_counter() - due) * 1000)

    def result(self, seconds: float, unanswered: int = 0) -> dict[str, Any]:
        """As the tests read it."""
        return {
            "count": self._statuses.total() + unanswered,
            "seconds": seconds,
            "statuses": self._statuses,
            "unanswered": unanswered,
            "latencies_ms": sorted(round(one, 3) for one in self._latencies),
        }


async def closed(
    connections: Connections, request: bytes, at_once: int, seconds: float, must_hold: bytes
) -> dict[str, Any]:
    """Ask as fast as answers come."""
    tally = Tally(must_hold)
    until = time.perf_counter() + seconds

    async def one() -> None:
        while (due := time.perf_counter()) < until:
            tally.count(await connections.ask(request), due)

    began = time.perf_counter()
    await asyncio.gather(*(one() for _ in range(at_once)))
    return tally.result(time.perf_counter() - began)


async def open_loop(
    connections: Connections, request: bytes, per_s: float, seconds: float, must_hold: bytes
) -> dict[str, Any]:
    """Ask at moments that were drawn beforehand."""
    draw = random.Random(SEED)  # noqa: S311 - arrivals, not secrets
    tally = Tally(must_hold)
    asking: set[asyncio.Task[None]] = set()

    async def one(due: float) -> None:
        try:
            answer = await connections.ask(request)
        except ConnectionError:
            answer = (0, b"")
        tally.count(answer, due)

    began = due = time.perf_counter()
    while (due := due + draw.expovariate(per_s)) < began + seconds:
        if (wait := due - time.perf_counter()) > 0:
            await asyncio.sleep(wait)
        task = asyncio.create_task(one(due))
        asking.add(task)
        task.add_done_callback(asking.discard)
    if asking:
        await asyncio.wait(asking, timeout=GRACE_S)
    return tally.result(seconds, unanswered=len(asking))


async def main(settings: dict[str, Any]) -> dict[str, Any]:
    request = _request(settings)
    connections = Connections(settings["port"], _context(settings.get("tls")))
    await connections.more(settings.get("connections", 8))
    for _ in range(settings.get("warm", 0)):
        await connections.ask(request)
    seconds, must_hold = settings["seconds"], settings.get("must_hold", "").encode()
    if settings["way"] == "open":
        return await open_loop(connections, request, settings["per_s"], seconds, must_hold)
    return await closed(connections, request, settings["connections"], seconds, must_hold)


def _request(settings: dict[str, Any]) -> bytes:
    body = settings["body"].encode()
    lines = [
        f"POST {settings['path']} HTTP/1.1",
        "Host: localhost",
        "Content-Type: application/json",
        f"Content-Length: {len(body)}",
        *(f"{name}: {value}" for name, value in settings.get("headers", {}).items()),
    ]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def _context(tls: dict[str, str] | None) -> ssl.SSLContext | None:
    if tls is None:
        return None
    from bus import net  # noqa: PLC0415 - only the mutual TLS run needs it

    return net.client_context(Path(tls["certificate"]), Path(tls["key"]), Path(tls["anchors"]).read_text("ascii"))


if __name__ == "__main__":
    json.dump(uvloop.run(main(json.loads(sys.argv[1]))), sys.stdout)
