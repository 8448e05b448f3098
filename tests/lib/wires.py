"""What stands between the parts of a real bus in tests: a thread, taps before systems, relays before workers.

`Ground` is a thread with an event loop of its own, so that a nation started once serves tests whose loops come and go.
`Tap` stands before a sample system: it counts what reaches it and holds it back. `Relay` stands before a hub worker:
it can be closed to newcomers, or cut.
"""

from __future__ import annotations

import asyncio
import os
import socket
import threading
from collections.abc import Awaitable, Callable, Coroutine, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self, TypeVar

import aiohttp
from aiohttp import web

from bus.sample.serve import Kind, serving

Found = TypeVar("Found")
PATIENCE_S = 30.0


async def until(
    condition: Callable[[], Found] | Callable[[], Awaitable[Found]],
    within_s: float = PATIENCE_S,
    every_s: float = 0.02,
) -> Found:
    """Wait for a condition to hold; its value."""
    loop = asyncio.get_running_loop()
    end = loop.time() + within_s
    while True:
        found = condition()
        value = await found if isinstance(found, Awaitable) else found
        if value:
            return value
        if loop.time() > end:
            raise TimeoutError(f"not within {within_s} s: {getattr(condition, '__qualname__', condition)}")
        await asyncio.sleep(every_s)


def free_ports(count: int) -> int:
    """The first of `count` neighbouring ports of the loopback that nobody has now."""
    for first in range(20_000 + os.getpid() % 7_000, 32_000, count):
        with free(range(first, first + count)) as all_free:
            if all_free:
                return first
    raise OSError("no free ports")


@contextmanager
def free(ports: range) -> Iterator[bool]:
    """Whether all of these ports can be bound; they are let go at the end."""
    sockets = []
    try:
        for port in ports:
            sockets.append(socket.socket())
            sockets[-1].setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            sockets[-1].bind(("127.0.0.1", port))
    except OSError:
        yield False
    else:
        yield True
    finally:
        for one in sockets:
            one.close()


class Ground:
    """A thread with an event loop."""

    def __init__(self) -> None:
        self.loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self.loop.run_forever, name="ground", daemon=True)
        self._thread.start()

    def run(self, work: Coroutine[Any, Any, Found], timeout_s: float = 120.0) -> Found:
        """Do it there; its result here."""
        return asyncio.run_coroutine_threadsafe(work, self.loop).result(timeout_s)

    async def there(self, work: Coroutine[Any, Any, Found]) -> Found:
        """The same for callers that have a loop of their own."""
        return await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(work, self.loop))

    def call(self, act: Callable[[], Any]) -> None:
        """Call something on that loop."""
        self.loop.call_soon_threadsafe(act)

    def close(self) -> None:
        self.loop.call_soon_threadsafe(self.loop.stop)
        self._thread.join()
        self.loop.close()


@dataclass
class Seen:
    """One request that reached a system."""

    path: str
    headers: Mapping[str, str]
    body: bytes


class Tap:
    """Stands before one sample system, on the ground's loop; the system itself runs behind it."""

    def __init__(self, ground: Ground, kind: Kind, data: Path, port: int = 0) -> None:
        self._ground = ground
        self._kind = kind
        self._data = data
        self._port = port
        self._flows = asyncio.Event()
        self._flows.set()
        self._over = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self.seen: list[Seen] = []
        self.url = ""

    def start(self) -> Self:
        """Start the system and the tap before it."""
        self._ground.run(self._start())
        return self

    def hold(self) -> None:
        """Whatever arrives from now on waits for `release`."""
        self._ground.call(self._flows.clear)

    def release(self) -> None:
        self._ground.call(self._flows.set)

    def close(self) -> None:
        self._ground.run(self._close())

    async def _close(self) -> None:
        self._flows.set()
        self._over.set()
        if self._task is not None:
            await self._task

    async def _start(self) -> None:
        ready: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        self._task = asyncio.create_task(self._serve(ready))
        self.url = await ready

    async def _serve(self, ready: asyncio.Future[str]) -> None:
        async with serving(self._kind, self._data) as port, aiohttp.ClientSession() as session:
            app = web.Application()

            async def pass_on(request: web.Request) -> web.Response:
                return await self._pass_on(request, session, f"http://127.0.0.1:{port}")

            app.router.add_route("*", "/{rest:.*}", pass_on)
            runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.5)
            await runner.setup()
            await web.TCPSite(runner, "127.0.0.1", self._port).start()
            ready.set_result(f"http://127.0.0.1:{runner.addresses[0][1]}")
            await self._over.wait()
            await runner.cleanup()

    async def _pass_on(self, request: web.Request, session: aiohttp.ClientSession, base: str) -> web.Response:
        body = await request.read()
        self.seen.append(Seen(request.path, request.headers, body))
        await self._flows.wait()
        kept = {name: value for name, value in request.headers.items() if name not in {"Host", "Content-Length"}}
        async with session.request(request.method, base + request.path_qs, data=body, headers=kept) as answer:
            return web.Response(
                status=answer.status,
                body=await answer.read(),
                headers={"Content-Type": answer.headers.get("Content-Type", "text/plain")},
            )


class Relay:
    """Stands before one hub worker and passes bytes, TLS unopened."""

    def __init__(self, ground: Ground, target: int, port: int) -> None:
        self._ground = ground
        self._target = target
        self._port = port
        self._server: asyncio.Server | None = None
        self._writers: set[asyncio.StreamWriter] = set()
        self.admits = True
        self.bytes_up = 0

    def start(self) -> Self:
        self._ground.run(self._start())
        return self

    def cut(self) -> None:
        """End every connection, as a broken cable does."""
        self._ground.call(self._cut)

    def close(self) -> None:
        self._ground.run(self._close())

    @property
    def connections(self) -> int:
        return len(self._writers) // 2

    async def _start(self) -> None:
        self._server = await asyncio.start_server(self._connected, "127.0.0.1", self._port)

    async def _close(self) -> None:
        if self._server is not None:
            self._server.close()
        self._cut()
        await asyncio.sleep(0)

    def _cut(self) -> None:
        for writer in self._writers:
            writer.transport.abort()

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if not self.admits:
            writer.transport.abort()
            return
        try:
            far_reader, far_writer = await asyncio.open_connection("127.0.0.1", self._target)
        except OSError:
            writer.transport.abort()
            return
        both = {writer, far_writer}
        self._writers |= both
        try:
            await asyncio.gather(self._pump(reader, far_writer, up=True), self._pump(far_reader, writer, up=False))
        finally:
            self._writers -= both

    async def _pump(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, up: bool) -> None:
        try:
            while data := await reader.read(65_536):
                self.bytes_up += len(data) if up else 0
                writer.write(data)
                await writer.drain()
        except ConnectionError:
            pass
        finally:
            writer.transport.abort()
