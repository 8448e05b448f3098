"""One node, put together: its link, the agencies it serves, their adapters, its HTTP face.

Promises: it serves once it has a registry that it trusts and its adapters stand; a wrong adapter stops the start;
`close` lets what is under way finish. Leaves out: settings files (`bus.app.node_process`), the embedded bus's sharing
of one HTTP face by several nodes.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Self

import structlog

from adapters.port import Adapter, DeclarationError
from bus.app.lasting import lasting
from bus.app.registry import NodeRegistry
from bus.clock import Clock
from bus.directory import Directory
from bus.http.agency import Desk
from bus.ids import new_id
from bus.link.dialler import NodeSettings
from bus.link.errors import LinkError, StreamRefusedError
from bus.link.frames import ResetCode
from bus.link.limits import LinkLimits
from bus.link.messages import Message
from bus.link.node import NodeLink
from bus.link.ports import Handlers
from bus.link.session import Session
from bus.node.answer import Answerer, Provider
from bus.node.archive import Archive, SqlArchive
from bus.node.ask import Asker
from bus.node.declare import Declarer
from bus.node.desk import NodeDesk
from bus.node.dossier import Dossiers
from bus.node.dossiers import ArchivedDossiers
from bus.node.erasures import Erasures, Holder
from bus.node.link_identity import LinkIdentity
from bus.node.notices import Notices
from bus.node.parts import HttpParts
from bus.node.receipts import Promised, nobody
from bus.node.renewals import RenewalPlace, Renewals, Renewing
from bus.node.systems import Circuits, must_agree, systems_of
from bus.node.watch import LogWatch
from bus.notary import Judge, Notary
from bus.topics import Topic
from signing.keys import Signer
from signing.tlog_policy import Policy

log = structlog.get_logger(__name__)
READY_S: Final = 30.0
LOG_TIMEOUT_S: Final = 10.0


@dataclass(frozen=True, slots=True)
class AgencyParts:
    """One agency of a node: its seal, its archive, and an adapter per service that it answers for."""

    id: str
    signer: Signer
    archive: SqlArchive
    adapters: Mapping[str, Adapter] = field(default_factory=dict)
    renewal: RenewalPlace | None = None


@dataclass(frozen=True, slots=True)
class WatchParts:
    """How the ledger is watched: its keys and witnesses, and where what was seen is kept."""

    policy: Policy
    state_file: Path


@dataclass(frozen=True, slots=True)
class LinkRenewal:
    """The link's certificate as it changes: who holds it, for which agency, where the next keys are made."""

    identity: LinkIdentity
    agency: str
    place: RenewalPlace


@dataclass(frozen=True, slots=True)
class NodeParts:
    """What a node is made of.

    Attributes:
        hub: wss://… addresses to dial first.
        tls: makes the mutual TLS context of each dial (`bus.net.client_context`).
        longest_wait_s: before a lost worker is dialled again; the wait is drawn from 0 to the doubled bound.
        ledger: under which policy this node watches the ledger; None: it does not.
        link: how the link's certificate is renewed, and then whose context counts; None: `tls` is for good.
        circuits_file: where it keeps which of its systems are left alone just now; None: nowhere.
    """

    instance: str
    hub: tuple[str, ...]
    tls: ssl.SSLContext
    registry: NodeRegistry
    agencies: tuple[AgencyParts, ...]
    clock: Clock
    max_body_bytes: int = 4 * 1024 * 1024
    max_parallel: int = 16
    limits: LinkLimits = field(default_factory=LinkLimits)
    longest_wait_s: float = 30.0
    ledger: WatchParts | None = None
    circuits_file: Path | None = None
    link: LinkRenewal | None = None


class Node:
    """A running node; made by `start`, ended by `close`."""

    def __init__(self, parts: NodeParts) -> None:
        self._parts = parts
        self._desk: NodeDesk | None = None
        self._tasks: list[asyncio.Task[None]] = []
        self._fetching: set[asyncio.Task[None]] = set()
        self.desks: dict[str, Desk] = {}
        self._notaries: dict[str, Notary] = {}
        agencies = tuple(agency.id for agency in parts.agencies)
        settings = NodeSettings(
            seeds=parts.hub,
            instance=parts.instance,
            agencies=lambda: agencies,
            tls=self._tls,
            now_ms=parts.clock,
            process=new_id(),
            limits=parts.limits,
            backoff_cap_s=parts.longest_wait_s,
        )
        self._large = HttpParts(self._tls)
        self._notices = Notices(self._notice)
        self.link = NodeLink(settings, Handlers(self._answer, self._notices), opened=self._on_opened)
        self.watch: LogWatch | None = None
        self.erasures: Erasures | None = None
        self._promised: Promised = nobody
        if parts.ledger is not None:
            self.watch = LogWatch(parts.ledger.policy, self._published, parts.clock, parts.ledger.state_file)
            self._promised = self.watch.promised

    @classmethod
    async def start(cls, parts: NodeParts, *, ready_s: float = READY_S) -> Self:
        """Stand the node up.

        1. the adapters open what they need  2. the link  3. a registry that holds, and agrees with the adapters
        4. the desks

        Raises:
            DeclarationError: an adapter is wrong, or retries what the registry does not call safe.
            LinkError: no hub within `ready_s`, and no registry from before.
            RegistryRefusedError: the hub's registry does not hold.
        """
        node = cls(parts)
        systems = {service: adapter for agency in parts.agencies for service, adapter in agency.adapters.items()}
        Circuits(parts.circuits_file, parts.clock).watch(systems)
        for adapter in systems.values():
            await adapter.start()
        await parts.registry.load()
        node.link.start()
        if parts.registry.directory is None:
            await node.link.ready(ready_s)
            await parts.registry.fetch(node.link)
        await node._must_agree(systems)
        node._serve(parts.registry.directory)
        node._tasks.append(lasting(lambda: parts.registry.follow(node.link), "registry-follow"))
        node._tasks.append(lasting(node._begin_erasures().run, "erasures"))
        renewals = node.renewals
        await renewals.take()  # before anything is sealed: a key that the settings name may have ended
        node._tasks.append(lasting(renewals.run, "renewals"))
        if (link := node.link_renewals) is not None:
            node._tasks.append(lasting(link.run, "link-renewals"))
        if node.watch is not None:
            node._tasks.append(lasting(node.watch.run, "ledger-watch"))
        return node

    async def _must_agree(self, systems: Mapping[str, Adapter]) -> None:
        directory = self._parts.registry.directory
        try:
            if directory is not None:
                must_agree(directory.snapshot, systems)
        except DeclarationError:
            await self.close()
            raise

    async def close(self) -> None:
        """Stop asking and answering, then let go of adapters and archives."""
        for task in (*self._tasks, *self._fetching):
            task.cancel()
        await asyncio.gather(*self._tasks, *self._fetching, return_exceptions=True)
        if self.watch is not None:
            await self.watch.close()
        await self.link.close()
        await self._notices.close()
        await self._large.close()
        for agency in self._parts.agencies:
            for adapter in agency.adapters.values():
                await adapter.close()
            await agency.archive.close()

    def _serve(self, directory: Directory | None) -> None:
        if directory is None:
            raise RuntimeError("a node serves only with a registry")
        parts = self._parts
        judge = Judge(directory, parts.instance)
        providers = {agency.id: self._provider(agency) for agency in parts.agencies}
        answerer = Answerer(
            providers=providers,
            directory=directory,
            judge=judge,
            parts=self._large,
            clock=parts.clock,
            max_body_bytes=parts.max_body_bytes,
        )
        archives: dict[str, Archive] = {agency.id: agency.archive for agency in parts.agencies}
        self.desks = {
            agency.id: self._desk_of(agency, providers[agency.id], judge, directory) for agency in parts.agencies
        }
        self._desk = NodeDesk(
            answerer=answerer,
            archives=archives,
            judge=judge,
            directory=directory,
            clock=parts.clock,
            registry_changed=lambda: parts.registry.try_fetch(self.link),
            promised=self._promised,
        )

    @property
    def renewals(self) -> Renewals:
        """What renews the seal certificates of this node's agencies."""
        directory = self._parts.registry.directory
        if directory is None:
            raise RuntimeError("a node renews only with a registry")
        places = [(one, one.renewal) for one in self._parts.agencies if one.renewal is not None]
        return Renewals(
            {
                one.id: Renewing(self._notaries[one.id], one.signer, place.address, place.folder, place.days)
                for one, place in places
            },
            self.link.call,
            directory=directory,
            instance=self._parts.instance,
            clock=self._parts.clock,
        )

    @property
    def link_renewals(self) -> Renewals | None:
        """What renews the certificate with which this node dials; None where that is done by hand."""
        link, directory = self._parts.link, self._parts.registry.directory
        if link is None or directory is None:
            return None
        one = Renewing(
            link.identity, link.identity.signer, link.place.address, link.place.folder, link.place.days, use="link"
        )
        instance, clock = self._parts.instance, self._parts.clock
        return Renewals({link.agency: one}, self.link.call, directory=directory, instance=instance, clock=clock)

    def _tls(self) -> ssl.SSLContext:
        """The context of the next dial."""
        return self._parts.tls if self._parts.link is None else self._parts.link.identity.context

    def signers(self) -> dict[str, Signer]:
        """The seal keys of this node's agencies, as they are now."""
        return {agency: notary.signer for agency, notary in self._notaries.items()}

    def _begin_erasures(self) -> Erasures:
        """Orders of erasure, carried out in the archives of this node's agencies."""
        directory = self._parts.registry.directory
        if directory is None:
            raise RuntimeError("a node erases only with a registry")
        self.erasures = Erasures(
            {
                one.id: Holder(one.archive.folder, self._notaries[one.id], one.archive.gone)
                for one in self._parts.agencies
            },
            self.link.call,
            directory=directory,
            instance=self._parts.instance,
            clock=self._parts.clock,
        )
        return self.erasures

    def _provider(self, agency: AgencyParts) -> Provider:
        notary = Notary(agency=agency.id, instance=self._parts.instance, signer=agency.signer, clock=self._parts.clock)
        self._notaries[agency.id] = notary
        return Provider(notary, agency.archive, agency.adapters)

    def _desk_of(self, agency: AgencyParts, provider: Provider, judge: Judge, directory: Directory) -> Desk:
        parts = self._parts
        asker = Asker(
            notary=provider.notary,
            directory=directory,
            judge=judge,
            link=self.link,
            archive=agency.archive,
            parts=self._large,
            clock=parts.clock,
            max_body_bytes=parts.max_body_bytes,
            promised=self._promised,
        )
        declarer = Declarer(
            notary=provider.notary,
            judge=judge,
            directory=directory,
            link=self.link,
            archive=agency.archive,
            clock=parts.clock,
        )
        store = ArchivedDossiers(agency.archive, agency.id)
        dossiers = Dossiers(
            asker=asker,
            declarer=declarer,
            store=store,
            directory=directory,
            clock=parts.clock,
            max_parallel=parts.max_parallel,
        )

        async def new_number() -> str:
            known = directory.snapshot.agency(agency.id)
            now_ms = parts.clock()
            return await store.new_number((known.code(now_ms) if known else None) or agency.id, now_ms)

        return Desk(asker, dossiers, directory, new_number, lambda: systems_of(agency.adapters))

    async def _published(self, path: str) -> bytes:
        """The bytes at a path of the hub's published ledger.

        Raises:
            OSError: no hub brings them.
        """
        try:
            told = await self.link.call(Message(Topic.LOG, path.encode()), LOG_TIMEOUT_S)
        except LinkError as error:
            raise OSError(f"{path}: {error}") from error
        return told.parts[0] if told.parts else b""

    def _on_opened(self, _session: Session) -> None:
        """News of the registry may have been told while there was no link."""
        if self._parts.registry.directory is not None:
            fetching = asyncio.create_task(self._parts.registry.try_fetch(self.link))
            self._fetching.add(fetching)
            fetching.add_done_callback(self._fetching.discard)

    async def _answer(self, session: Session, message: Message, deadline: float) -> Message:
        if self._desk is None:
            raise StreamRefusedError(ResetCode.BUSY, 500)
        return await self._desk.answer(session, message, deadline)

    async def _notice(self, session: Session, message: Message) -> None:
        if message.topic == Topic.ERASURE and self.erasures is not None:
            self.erasures.told()
        elif self._desk is not None:
            await self._desk.notice(session, message)
