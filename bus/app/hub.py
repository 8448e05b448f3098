"""One hub worker, put together: its address, its desk, its registry watch, its recovery.

Promises: it listens only once everything behind it stands; `close` drains: no new sessions, open streams finish,
what was asked gets its outcome. Leaves out: the ledger, which one process serves for all workers
(`bus.app.hub_process`) or which the embedded bus hands in.
"""

from __future__ import annotations

import asyncio
import socket
import ssl
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Self

import structlog
from aiohttp import web

from bus.app.lasting import lasting
from bus.app.registry import HubRegistry
from bus.audit.holders import outbox_of
from bus.clock import Clock
from bus.directory import Directory
from bus.http.hub import HubFace
from bus.http.log import LogFace
from bus.http.readers import by_link
from bus.hub.declaration import Declarations
from bus.hub.desk import HubDesk, InFlight
from bus.hub.erasures import ErasureDesk
from bus.hub.exchange import Exchange
from bus.hub.log import LogDesk
from bus.hub.recovery import Recovery
from bus.hub.renewals import RenewalDesk
from bus.hub.routes import Routes
from bus.ledger.port import Ledger
from bus.ledger.published import PublishedLog
from bus.link.bodies import Bodies
from bus.link.hub import Authenticate, HubLink, HubSettings
from bus.link.messages import Message
from bus.link.ports import Handlers
from bus.link.spool import Spool
from bus.node.renewals import RenewalPlace, Renewals, Renewing
from bus.notary import Judge, Notary
from bus.topics import Topic
from registry.snapshot import Snapshot
from signing.keys import Signer

log = structlog.get_logger(__name__)
DRAIN_S: Final = 10.0
BACKLOG: Final = 1024
EXPIRE_EVERY_S: Final = 30.0


def listen_on(address: str) -> socket.socket:
    """Bind `host:port`; port 0 lets the machine choose.

    Raises:
        OSError: the address is taken, or not ours.
    """
    host, _, port = address.rpartition(":")
    family = socket.AF_INET6 if host.startswith("[") else socket.AF_INET
    return socket.create_server((host.strip("[]"), int(port)), family=family, backlog=BACKLOG)


def port_of(listener: socket.socket) -> int:
    """The port that was bound."""
    return int(listener.getsockname()[1])


@dataclass(frozen=True, slots=True)
class WorkerParts:
    """What one worker is made of.

    Attributes:
        listener: the socket it listens on, bound (`listen_on`).
        tls: mutual TLS 1.3 (`bus.net.server_context`).
        link: what the link tells and allows; the worker list holds every worker's address.
        spool: where large parts wait.
        tiles: where full tiles of the ledger are kept as files; shared by all processes of a hub.
        workers: how many workers this hub has.
        leads: whether this worker settles what was left open (one of them does).
        authority: the socket of the operator's certificate authority; None: this hub renews no certificates.
        renewal: where the hub's own next seal keys are; the worker that leads asks for their certificates.
    """

    listener: socket.socket
    tls: ssl.SSLContext
    link: HubSettings
    registry: HubRegistry
    signer: Signer
    ledger: Ledger
    clock: Clock
    limits: InFlight
    spool: Spool
    tiles: Path | None = None
    workers: int = 1
    leads: bool = True
    authority: Path | None = None
    renewal: RenewalPlace | None = None


class HubWorker:
    """A running worker; made by `start`, ended by `close`."""

    def __init__(self, parts: WorkerParts) -> None:
        self._parts = parts
        self._published = PublishedLog(parts.ledger, parts.tiles)
        directory, clock, ledger = parts.registry.directory, parts.clock, parts.ledger
        operator = directory.snapshot.operator
        judge = Judge(directory, parts.link.instance)
        notary = Notary(agency=operator, instance=parts.link.instance, signer=parts.signer, clock=clock)
        self.routes = Routes(workers=parts.workers)
        self.exchange = Exchange(
            directory=directory,
            judge=judge,
            notary=notary,
            ledger=ledger,
            routes=self.routes,
            clock=clock,
            spool=parts.spool,
        )
        declarations = Declarations(directory=directory, judge=judge, notary=notary, ledger=ledger, clock=clock)
        self._erasures = ErasureDesk(
            outbox_of(parts.tiles.parent if parts.tiles is not None else None),
            notary=notary,
            instance=parts.link.instance,
            directory=directory,
            clock=clock,
        )
        renewal_desk = RenewalDesk(parts.authority, directory=directory, ledger=ledger, clock=clock)
        self.renewals: Renewals | None = None
        if parts.renewal is not None:
            place = parts.renewal
            self.renewals = Renewals(
                {operator: Renewing(notary, parts.signer, place.address, place.folder, place.days)},
                renewal_desk.own,
                directory=directory,
                instance=parts.link.instance,
                clock=clock,
                asks=parts.leads,
            )
        self.desk = HubDesk(
            directory=directory,
            routes=self.routes,
            clock=clock,
            topics={
                Topic.EXCHANGE: self.exchange,
                Topic.DECLARE: declarations,
                Topic.REGISTRY: parts.registry.serve,
                Topic.LOG: LogDesk(self._published),
                Topic.ERASURE: self._erasures,
                Topic.RENEWAL: renewal_desk,
            },
            limits=parts.limits,
        )
        self.link = HubLink(
            parts.link,
            Authenticate(self.desk.judge, self.desk.opened, self.desk.closed),
            Handlers(self.desk.answer),
            clock,
        )
        self._recovery = Recovery(ledger=ledger, notary=notary, clock=clock)
        self._runner: web.AppRunner | None = None
        self._tasks: list[asyncio.Task[None]] = []
        self.port = port_of(parts.listener)

    @property
    def directory(self) -> Directory:
        """The registry as this worker sees it."""
        return self._parts.registry.directory

    @classmethod
    async def start(cls, parts: WorkerParts) -> Self:
        """Stand everything up, then listen."""
        worker = cls(parts)
        if worker.renewals is not None:
            await worker.renewals.take()  # before anything is sealed: the key that the settings name may have ended
        parts.registry.directory.on_change(worker._on_registry)
        directory = parts.registry.directory
        log_face = LogFace(worker._published, by_link(directory, parts.clock))
        face = HubFace(ledger=parts.ledger, routes=worker.routes, directory=directory, log=log_face)
        app = face.application()
        app.add_routes(worker.link.routes())
        app.add_routes(Bodies(parts.spool, worker.link.has_session).routes())
        worker._runner = web.AppRunner(app, access_log=None)
        await worker._runner.setup()
        await web.SockSite(worker._runner, parts.listener, ssl_context=parts.tls, backlog=BACKLOG).start()
        worker._tasks = [lasting(parts.registry.watch, "registry-watch")]
        worker._tasks.append(lasting(worker._expire, "spool-expiry"))
        worker._tasks.append(lasting(lambda: worker._erasures.watch(worker.routes.tell), "erasures"))
        if worker.renewals is not None:
            worker._tasks.append(lasting(worker.renewals.run, "renewals"))
        if parts.leads:
            worker._tasks.append(lasting(worker._recovery.run, "recovery"))
        log.info("hub-worker-listening", worker=parts.link.worker, port=worker.port)
        return worker

    async def close(self) -> None:
        """Drain and stop."""
        await self.link.drain(DRAIN_S)
        await self.desk.drain(DRAIN_S)
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._runner is not None:
            await self._runner.cleanup()

    async def _expire(self) -> None:
        """Forget large parts that nobody fetched."""
        while True:
            await asyncio.sleep(EXPIRE_EVERY_S)
            self._parts.spool.expire()

    def _on_registry(self, snapshot: Snapshot) -> None:
        """Tell every node; end the sessions of certificates that are no longer good for links."""
        self.routes.tell_all(Message(Topic.REGISTRY_CHANGED, str(snapshot.version).encode()))
        for session in self.link.sessions:
            certificate = snapshot.certificate(session.peer.x5t)
            if certificate is None or not certificate.valid(self._parts.clock()):
                task = asyncio.ensure_future(self.link.revoke(session.peer.x5t))
                self._tasks.append(task)
