"""A hub worker and nodes on loopback over real TLS 1.3, with a development authority."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from ssl import SSLContext

from aiohttp import web

from bus import net
from bus.link import HubLink, LinkLimits, LinkRefusedError, Message, NodeLink, Session
from bus.link.dialler import NodeSettings
from bus.link.hello import Hello
from bus.link.hub import Authenticate, HubSettings
from bus.link.ports import Handler, Handlers, Peer
from signing.devpki import DevPki

INSTANCE = "VN-test"


def now_ms() -> int:
    return time.time_ns() // 1_000_000


async def echo(_session: Session, message: Message, _deadline: float) -> Message:
    return message


async def eventually(holds: Callable[[], bool], within_s: float = 10.0) -> None:
    async with asyncio.timeout(within_s):
        while not holds():  # noqa: ASYNC110 - what is awaited is in another end's inner state, without an event
            await asyncio.sleep(0.005)


class Authority:
    """Certificates as files, the way settings name them."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._now = datetime.now(UTC)
        self._pki = DevPki.create(self._now)
        self.anchors = self._pki.root.decode()

    def server(self) -> SSLContext:
        issued = self._pki.link_server(["127.0.0.1", "localhost"], self._now)
        return net.server_context(*self._files("server", issued.chain, issued.key), self.anchors)

    def client(self, name: str = "node-a") -> SSLContext:
        if (self._folder / f"{name}.pem").exists():
            return net.client_context(self._folder / f"{name}.pem", self._folder / f"{name}.key", self.anchors)
        issued = self._pki.link_client(name, self._now)
        return net.client_context(*self._files(name, issued.chain, issued.key), self.anchors)

    def certificate(self, name: str) -> str:
        chain = (self._folder / f"{name}.pem").read_text()
        return chain[: chain.index("-----END CERTIFICATE-----") + 26]

    def _files(self, name: str, chain: bytes, key: bytes) -> tuple[Path, Path]:
        paths = self._folder / f"{name}.pem", self._folder / f"{name}.key"
        for path, data in zip(paths, (chain, key), strict=True):
            path.write_bytes(data)
        return paths


async def admit(_peer: Peer, _hello: Hello) -> LinkRefusedError | None:
    return None


@dataclass
class Worker:
    """One hub worker that listens."""

    link: HubLink
    address: str
    runner: web.AppRunner
    opened: list[Session] = field(default_factory=list)
    closed: list[Session] = field(default_factory=list)

    async def session(self, count: int = 1) -> Session:
        await eventually(lambda: len(self.link.sessions) >= count)
        return self.opened[-1]


class LinkWorld:
    """What a test needs to put a hub and nodes on loopback."""

    def __init__(self, folder: Path) -> None:
        self.authority = Authority(folder)
        self.limits = LinkLimits()

    def quick_handshake(self) -> None:
        self.limits = replace(self.limits, handshake_s=0.1)

    @asynccontextmanager
    async def hub(
        self,
        answer: Handler = echo,
        *,
        judge: Callable[[Peer, Hello], Awaitable[LinkRefusedError | None]] = admit,
        clock: Callable[[], int] = now_ms,
        port: int = 0,
        host: str = "127.0.0.1",
        notice: Callable[[Session, Message], Awaitable[None]] | None = None,
        **settings: object,
    ) -> AsyncIterator[Worker]:
        opened: list[Session] = []
        closed: list[Session] = []
        wanted = HubSettings(instance=INSTANCE, worker="w1", limits=self.limits)
        link = HubLink(
            replace(wanted, **settings),  # type: ignore[arg-type]  # the test names fields of HubSettings
            Authenticate(judge, opened.append, closed.append),
            Handlers(answer, notice),
            clock,
        )
        application = web.Application()
        application.add_routes(link.routes())
        runner = web.AppRunner(application, access_log=None, shutdown_timeout=0.5)
        await runner.setup()
        site = web.TCPSite(runner, host, port, ssl_context=self.authority.server())
        await site.start()
        listening = runner.addresses[0][1]
        try:
            yield Worker(link, f"wss://127.0.0.1:{listening}/link", runner, opened, closed)
        finally:
            await link.drain(0.2)
            await runner.cleanup()

    def settings(self, *addresses: str, name: str = "node-a") -> NodeSettings:
        tls = self.authority.client(name)
        return NodeSettings(
            seeds=addresses,
            instance=INSTANCE,
            agencies=lambda: ("a100001",),
            tls=lambda: tls,
            now_ms=now_ms,
            process=name,
            backoff_base_s=0.02,
            backoff_cap_s=0.1,
            limits=self.limits,
        )

    @asynccontextmanager
    async def node(
        self,
        *addresses: str,
        answer: Handler = echo,
        notice: Callable[[Session, Message], Awaitable[None]] | None = None,
        wait: bool = True,
        name: str = "node-a",
        **settings: object,
    ) -> AsyncIterator[NodeLink]:
        wanted = replace(self.settings(*addresses, name=name), **settings)  # type: ignore[arg-type]  # fields of NodeSettings
        link = NodeLink(wanted, Handlers(answer, notice))
        link.start()
        try:
            if wait:
                await link.ready(10)
            yield link
        finally:
            await link.close()
