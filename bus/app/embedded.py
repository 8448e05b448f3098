"""The embedded bus: a hub and the sample nation's nodes in one process, over the same link on loopback.

Promises: the parts are those of separate processes; only the settings differ. First run or hundredth, the order is
1 keys and registry, 2 ledger, 3 sample data and systems, 4 hub, 5 nodes, 6 the faces to agency systems, to auditors, to
citizens and to clients of schema registries. Leaves out: several workers (`lienthong hub`), production.
"""

from __future__ import annotations

import asyncio
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Self

import structlog
from aiohttp import web

from adapters.kinds import build as build_adapter
from adapters.port import Adapter
from bus import net
from bus.access import Grants
from bus.app import prepare
from bus.app.audit import Audit, AuditParts, open_shelf
from bus.app.development_issuer import IssuerFiles
from bus.app.grants import KeyFiles
from bus.app.hub import HubWorker, WorkerParts, listen_on, port_of
from bus.app.lasting import lasting
from bus.app.log_process import LedgerFace
from bus.app.node import AgencyParts, Node, NodeParts, WatchParts
from bus.app.prepare import Progress, State
from bus.app.registry import HubRegistry, NodeRegistry, freshen
from bus.app.schemas import Schemas, SchemasParts
from bus.app.schemas_process import store_url
from bus.app.systems import SampleSystems
from bus.app.usages import Usages, UsagesParts
from bus.app.xroad import start as start_xroad
from bus.clock import SteadyClock
from bus.http.agency import AgencyFace, Desk
from bus.hub.desk import InFlight
from bus.keystore import open_key
from bus.ledger.process import start_ledger, verifiers_of
from bus.ledger.sequencer import StoredLedger
from bus.ledger.upkeep import Upkeep
from bus.link.hub import HubSettings
from bus.link.spool import Spool, SpoolLimits
from bus.node.archive import SqlArchive
from bus.registration.pool import Limits
from bus.registry.follow import Follower
from bus.registry.keys import load_role_keys
from bus.registry.layout import metadata_path
from bus.sample.procedures import CONSUMER, CONSUMER_SYSTEM
from bus.sample.systems import SYSTEMS, registry_folder, secret_files, settings_for
from config.embedded import EmbeddedSettings
from config.secrets import read_secret
from config.xroad import XRoadSettings
from signing.tlog_policy import Policy

log = structlog.get_logger(__name__)
IN_FLIGHT: Final = InFlight(worker=4096, agency=1024)
REFRESH_S: Final = 0.25
MAX_BODY_BYTES: Final = 4 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Addresses:
    """Where the embedded bus can be reached."""

    hub: str
    node: str
    ledger: str
    audit: str
    usages: str
    schemas: str
    xroad: str
    systems: Mapping[str, str]


class Embedded:
    """A running embedded bus; made by `start`, ended by `close`."""

    def __init__(self, settings: EmbeddedSettings) -> None:
        self._settings = settings
        self.state = State(settings.state_folder, f"ledger.lienthong.test/{settings.instance.lower()}")
        self._clock = SteadyClock()
        self._systems: SampleSystems | None = None
        self._ledger: StoredLedger | None = None
        self._upkeep: Upkeep | None = None
        self._worker: HubWorker | None = None
        self._nodes: list[Node] = []
        self._face: web.AppRunner | None = None
        self._xroad: web.AppRunner | None = None
        self._log: LedgerFace | None = None
        self._audit: Audit | None = None
        self._usages: Usages | None = None
        self._schemas: Schemas | None = None
        self._tasks: list[asyncio.Task[None]] = []
        self.desks: dict[str, Desk] = {}
        self.grants = Grants(())

    @classmethod
    async def start(cls, settings: EmbeddedSettings, progress: Progress = lambda _what, _done: None) -> Self:
        """Prepare what is missing and stand everything up; whatever fails takes down what stood before it."""
        bus = cls(settings)
        try:
            await bus._start(progress)
        except BaseException:
            await bus.close()
            raise
        return bus

    async def close(self) -> None:
        """Stop in the reverse order."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for face in (self._xroad, self._face):
            if face is not None:
                await face.cleanup()
        await asyncio.gather(*(node.close() for node in self._nodes))
        faces = (self._schemas, self._usages, self._audit, self._log)
        for closing in (*faces, self._worker, self._upkeep, self._ledger, self._systems):
            if closing is not None:
                await closing.close()

    @property
    def addresses(self) -> Addresses:
        """Where it listens."""
        port = self._worker.port if self._worker else 0
        host = self._settings.hub_listen.rpartition(":")[0]
        node = self._face.addresses[0] if self._face else ("", 0)
        urls = {str(kind): url for kind, url in (self._systems.urls if self._systems else {}).items()}
        shown = f"http://{self._settings.ledger_listen.rpartition(':')[0]}:{self._log.port if self._log else 0}"
        audit = self._audit.address if self._audit else ""
        usages = self._usages.address if self._usages else ""
        schemas = self._schemas.address if self._schemas else ""
        at_node = f"http://{node[0]}:{node[1]}"
        xroad = self._xroad.addresses[0] if self._xroad else ("", 0)
        at_xroad = f"http://{xroad[0]}:{xroad[1]}"
        return Addresses(f"https://{host}:{port}", at_node, shown, audit, usages, schemas, at_xroad, urls)

    @property
    def nodes(self) -> Sequence[Node]:
        """The nodes of this bus."""
        return tuple(self._nodes)

    @property
    def ledger(self) -> StoredLedger:
        """The ledger of this bus."""
        if self._ledger is None:
            raise RuntimeError("the bus has not started")
        return self._ledger

    async def _start(self, progress: Progress) -> None:
        settings, state = self._settings, self.state
        # 1. keys and registry
        source = settings.registry_source or registry_folder()
        await asyncio.to_thread(prepare.prepare_keys, state, source, prepare.today(), _names(settings))
        await asyncio.to_thread(prepare.prepare_registry, state, prepare.today())
        # 2. ledger
        await asyncio.to_thread(prepare.prepare_ledger, state)
        self._ledger = await start_ledger(state.ledger, clock=self._clock)
        self._upkeep = Upkeep.start(state.ledger, self._ledger)
        # 3. sample data and systems
        sample = settings.sample
        await asyncio.to_thread(prepare.prepare_sample, state, sample.people, sample.seed, progress)
        kinds = {system.server for system in SYSTEMS if system.server is not None}
        self._systems = await SampleSystems.start(sorted(kinds), state.sample)
        # 4. hub
        worker = self._worker = await self._start_hub(self._ledger)
        # 5. nodes
        await self._start_nodes(self._worker)
        # 6. faces
        await self._start_face()
        await asyncio.to_thread(prepare.prepare_auditor, state, prepare.today())
        self._log = await LedgerFace.start(
            self._ledger, state.ledger.tiles_folder, listen=settings.ledger_listen, auditor_keys=state.auditor_keys
        )
        await asyncio.to_thread(prepare.prepare_audit, state, settings.operator, prepare.today())
        self._audit = await Audit.start(
            AuditParts(
                ledger=self._ledger,
                ledger_files=state.ledger,
                files=state.audit,
                snapshot=lambda: worker.directory.snapshot,
                clock=self._clock,
                listen=settings.audit_listen,
            )
        )
        await self._start_usages(self._ledger, worker)
        await self._start_schemas(self._ledger)

    async def _start_schemas(self, ledger: StoredLedger) -> None:
        settings, state = self._settings, self.state
        await asyncio.to_thread(prepare.prepare_schemas, state, settings.operator, prepare.today())
        self._schemas = await Schemas.start(
            SchemasParts(
                store_url=store_url(state.schemas, state.ledger.store_url),
                registrants=state.registrants,
                listen=settings.schemas_listen,
                operator=settings.operator,
                clock=self._clock,
                name=settings.instance,
                ledger=ledger,
                limits=Limits(processes=1, eager=False),
                shelf=await asyncio.to_thread(open_shelf, state.ledger),
            )
        )

    async def _start_usages(self, ledger: StoredLedger, worker: HubWorker) -> None:
        issuer = IssuerFiles(self.state.folder)
        await asyncio.to_thread(issuer.prepare)
        self._usages = await Usages.start(
            UsagesParts(
                ledger=ledger,
                ledger_files=self.state.ledger,
                files=self.state.audit,
                snapshot=lambda: worker.directory.snapshot,
                clock=self._clock,
                operator=self._settings.operator,
                settings=issuer.settings(self._settings.usages_listen),
                allow_development=self._settings.trust.allow_development_pki,
            )
        )

    async def _start_hub(self, ledger: StoredLedger) -> HubWorker:
        settings, state = self._settings, self.state
        registry = await HubRegistry.start(
            state.repository, state.folder / "hub" / "registry", settings.instance, self._clock, REFRESH_S
        )
        listener = listen_on(settings.hub_listen)
        host = settings.hub_listen.rpartition(":")[0]
        keys = state.keys
        tls = net.server_context(keys.link_certificate("hub"), keys.link_key("hub"), keys.root.read_text("ascii"))
        online = load_role_keys(state.role_keys).online
        self._tasks.append(lasting(lambda: freshen(state.repository, online), "freshen"))
        return await HubWorker.start(
            WorkerParts(
                listener=listener,
                tls=tls,
                link=HubSettings(settings.instance, "w0", bodies=f"https://{host}:{port_of(listener)}"),
                registry=registry,
                signer=open_key(keys.seal_address(settings.operator)),
                ledger=ledger,
                clock=self._clock,
                limits=IN_FLIGHT,
                tiles=state.ledger.tiles_folder,
                spool=Spool(state.folder / "hub" / "spool", SpoolLimits(), time.monotonic),
            )
        )

    async def _start_nodes(self, worker: HubWorker) -> None:
        snapshot = worker.directory.snapshot
        hosts: defaultdict[str, list[str]] = defaultdict(list)
        for agency_id in dict.fromkeys([CONSUMER, *(system.service.partition("/")[0] for system in SYSTEMS)]):
            agency = snapshot.agency(agency_id)
            hosts[(agency.hosted_by if agency else None) or agency_id].append(agency_id)
        for agency_id in (agency for agencies in hosts.values() for agency in agencies):
            # One after another: migrations of two stores at once would meet in Alembic's one context.
            await asyncio.to_thread(prepare.prepare_agency, self.state, agency_id)
        host = self._settings.hub_listen.rpartition(":")[0]
        address = f"wss://{host}:{worker.port}/link"
        self._nodes = list(
            await asyncio.gather(*(self._node(name, agencies, address) for name, agencies in hosts.items()))
        )
        for node in self._nodes:
            self.desks.update(node.desks)

    async def _node(self, name: str, agencies: Iterable[str], address: str) -> Node:
        state, keys = self.state, self.state.keys
        root = (state.repository / metadata_path("root", 1)).read_bytes()
        follower = Follower(state.folder / "node" / name / "registry", root, self._settings.instance)
        tls = net.client_context(keys.link_certificate(name), keys.link_key(name), keys.root.read_text("ascii"))
        parts = [await self._agency(agency) for agency in dict.fromkeys([*agencies])]
        return await Node.start(
            NodeParts(
                instance=self._settings.instance,
                hub=(address,),
                tls=tls,
                registry=NodeRegistry(follower, self._clock),
                agencies=tuple(parts),
                clock=self._clock,
                max_body_bytes=MAX_BODY_BYTES,
                ledger=WatchParts(
                    Policy(logs=verifiers_of(state.ledger)), state.folder / "node" / name / "ledger-watch.json"
                ),
            )
        )

    async def _agency(self, agency: str) -> AgencyParts:
        state = self.state
        archive = await SqlArchive.open(state.archive(agency), state.archive_key(agency), self._clock)
        signer = open_key(state.keys.seal_address(agency))
        return AgencyParts(agency, signer, archive, self._adapters(agency))

    def _adapters(self, agency: str) -> dict[str, Adapter]:
        urls = self._systems.urls if self._systems else {}
        found = {}
        for system in SYSTEMS:
            if system.service.partition("/")[0] != agency:
                continue
            found[system.service] = build_adapter(
                system.kind,
                settings_for(system, self.state.sample, urls),
                _secrets(secret_files(system, self.state.sample)),
                place=system.file,
            )
        return found

    async def _start_face(self) -> None:
        prepare.prepare_api_key(self.state, CONSUMER, CONSUMER_SYSTEM, prepare.today())
        keys = KeyFiles({CONSUMER: self.state.api_keys(CONSUMER)})
        self._tasks.append(lasting(keys.watch, "api-keys-watch"))
        self.grants = keys.grants
        face = AgencyFace(keys.grants, self.desks, max_body_bytes=MAX_BODY_BYTES)
        self._face = web.AppRunner(face.application(), access_log=None)
        await self._face.setup()
        host, _, port = self._settings.node_listen.rpartition(":")
        await web.TCPSite(self._face, host, int(port)).start()
        xroad = XRoadSettings(listen=self._settings.xroad_listen)
        signers = {CONSUMER: open_key(self.state.keys.seal_address(CONSUMER))}
        self._xroad = await start_xroad(
            xroad, {CONSUMER: self.desks[CONSUMER]}, keys.grants, self._clock, lambda: signers
        )


def _secrets(paths: Mapping[str, Path]) -> Callable[[str], str]:
    return lambda name: read_secret(paths[name]).decode()


def _names(settings: EmbeddedSettings) -> tuple[str, ...]:
    host = settings.hub_listen.rpartition(":")[0].strip("[]")
    return tuple(dict.fromkeys(("localhost", "127.0.0.1", "::1", host)))
