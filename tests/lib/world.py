"""A small nation in memory: agencies with keys, a registry, hub workers with one ledger, and nodes; no sockets.

Promises: the parts are the real ones (seals, gate, exchange, answerer, archive, dossiers, the ledger's specification);
only the link is a direct call, and time is `world.now_ms`. Links can be cut, clocks put ahead, the ledger's disk
filled, workers and nodes killed and started again on what they had kept; `mend` makes all well.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime
from typing import Any

import msgspec
from memory_archive import MemoryArchive
from world_registry import BIRTH, CONSUMER, EXTRACT, JUSTICE, MARRIAGE, OPERATOR, PERSON, POPULATION, SCANS, Pki, made
from world_wire import Direct, InlineParts, Links

from adapters.port import Adapter, Bounds, Found, Query
from bus.directory import Directory
from bus.hub.declaration import Declarations
from bus.hub.desk import HubDesk, InFlight
from bus.hub.exchange import Exchange
from bus.hub.recovery import Recovery
from bus.hub.routes import Routes
from bus.ledger.memory import MemoryLedger
from bus.ledger.port import Append, LedgerStoppedError, Outcome
from bus.link.hello import Hello
from bus.node.answer import Answerer, Provider
from bus.node.ask import Ask, Asker
from bus.node.declare import Declarer
from bus.node.desk import NodeDesk
from bus.node.dossier import Dossiers
from bus.node.dossiers import DossierRecord
from bus.notary import Judge, Notary
from bus.topics import Topic
from registry.snapshot import Snapshot
from schemas.envelope import Officer, Subject
from schemas.record import Details, LeafType, Record, decode_details, decode_leaf

START_MS = 1_790_000_000_000
MOTHER, FATHER = "097195001234", "097093005678"
PERSON_BODY: dict[str, Any] = {
    "number": MOTHER,
    "name": "Nguyễn Thị Mẫu",
    "birth": "1995-03-02",
    "sex": "female",
    "homes": [{"address": "Xã Mẫu"}],
}
MARRIAGE_BODY: dict[str, Any] = {"exists": True, "date": "2019-05-04"}
BIRTH_BODY: dict[str, Any] = {"number": MOTHER, "exists": True}
EXTRACT_XML = (
    f'<TrichLuc NgayKetHon="2019-05-04"><SoDinhDanh>{MOTHER}</SoDinhDanh><NoiCuTru>Xã Mẫu</NoiCuTru>'
    "<KetHon>true</KetHon></TrichLuc>"
)
Reply = Callable[[Query], Awaitable[Found]]


class Told(Adapter):
    """An adapter that answers what the test tells it to, and remembers what it was asked."""

    kind = "told"

    def __init__(self, reply: Reply) -> None:
        super().__init__(Bounds())
        self.reply = reply
        self.queries: list[Query] = []

    @property
    def operations(self) -> frozenset[str]:
        return frozenset({"read", "verify", "extract", "fetch", "register"})

    async def _ask(self, query: Query) -> Found:
        self.queries.append(query)
        return await self.reply(query)


class FullDisk(MemoryLedger):
    """A ledger whose disk is full for the records that `refuses` picks; `before` writing them, or after."""

    def __init__(self) -> None:
        super().__init__()
        self.refuses: Callable[[Record], bool] | None = None
        self.after_writing = False

    async def append(self, item: Append) -> Outcome:
        hit = self.refuses is not None and self.refuses(decode_leaf(item.leaf))
        if hit and not self.after_writing:
            raise LedgerStoppedError("no space left on device")
        outcome = await super().append(item)
        if hit:
            raise LedgerStoppedError("no space left on device")
        return outcome


class MemoryDossiers:
    """Dossiers that live as long as their object."""

    def __init__(self) -> None:
        self.records: dict[str, DossierRecord] = {}

    async def keep(self, record: DossierRecord) -> None:
        self.records[record.dossier] = record

    async def get(self, dossier: str) -> DossierRecord | None:
        return self.records.get(dossier)


class Node:
    """One agency's node; made again on the same archive it is the node after a restart."""

    def __init__(self, world: World, agency: str, archive: MemoryArchive, store: MemoryDossiers) -> None:
        self.agency = agency
        self.archive = archive
        self.store = store
        self.ahead_ms = 0
        self._world = world
        self.directory = Directory(world.snapshot, now_ms=world.now_ms)
        self.notary = Notary(agency=agency, instance="VN-test", signer=world.pki.signer(agency), clock=self.clock)
        self.links = Links()
        self.adapters: dict[str, Adapter] = {}
        judge = Judge(self.directory, "VN-test")
        shared: dict[str, Any] = {"directory": self.directory, "judge": judge, "clock": self.clock}
        asking = shared | {"notary": self.notary, "link": self.links, "archive": archive}
        carried: dict[str, Any] = {"parts": InlineParts(), "max_body_bytes": 1 << 20}
        self.asker = Asker(**asking, **carried)
        self.declarer = Declarer(**asking)
        self.dossiers = Dossiers(
            asker=self.asker, declarer=self.declarer, store=store, directory=self.directory, clock=self.clock
        )
        self.answerer = Answerer(providers={agency: Provider(self.notary, archive, self.adapters)}, **shared, **carried)
        self.desk = NodeDesk(
            answerer=self.answerer, archives={agency: archive}, registry_changed=world.nothing, **shared
        )

    def clock(self) -> int:
        return self._world.now_ms + self.ahead_ms


class Worker:
    """One hub worker; made again on the same ledger it is the worker after a restart."""

    def __init__(self, world: World, workers: int) -> None:
        self.directory = Directory(world.snapshot, now_ms=world.now_ms)
        self.notary = world.notary(OPERATOR)
        self.routes = Routes(workers=workers)
        shared: dict[str, Any] = {
            "directory": self.directory,
            "judge": Judge(self.directory, "VN-test"),
            "notary": self.notary,
            "ledger": world.ledger,
            "clock": world.clock,
        }
        self.exchange = Exchange(routes=self.routes, **shared, max_body_bytes=1 << 20)
        self.declarations = Declarations(**shared)
        self.recovery = Recovery(ledger=world.ledger, notary=self.notary, clock=world.clock)
        self.desk = HubDesk(
            directory=self.directory,
            routes=self.routes,
            clock=world.clock,
            topics={Topic.EXCHANGE: self.exchange, Topic.DECLARE: self.declarations},
            limits=InFlight(worker=64, agency=32),
        )


class World:
    """The nation. Nodes: `world.consumer`, `world.population`, `world.justice`; workers: `world.workers`."""

    def __init__(self, *, workers: int = 1, ledger: Any = None, **registry: str) -> None:  # noqa: ANN401 - any ledger
        self.now_ms = START_MS
        self.pki = Pki(made(datetime.fromtimestamp(START_MS / 1000 - 86_400, UTC)))
        self.snapshot = self.pki.registry(1, **registry)
        self.ledger = ledger or FullDisk()
        self.workers = [Worker(self, workers) for _ in range(workers)]
        self.nodes: dict[str, Node] = {}
        self.ends: dict[tuple[str, int], tuple[Direct, Direct]] = {}
        self.asked: list[Query] = []
        for agency in (CONSUMER, POPULATION, JUSTICE):
            self._new_node(agency, MemoryArchive(), MemoryDossiers())
        self.answers_well()

    async def nothing(self) -> None:
        """Nobody changes the registry behind the world's back."""

    def clock(self) -> int:
        return self.now_ms

    def notary(self, agency: str) -> Notary:
        return Notary(agency=agency, instance="VN-test", signer=self.pki.signer(agency), clock=self.clock)

    @property
    def consumer(self) -> Node:
        return self.nodes[CONSUMER]

    @property
    def population(self) -> Node:
        return self.nodes[POPULATION]

    @property
    def justice(self) -> Node:
        return self.nodes[JUSTICE]

    # Registry

    def publish(self, **replaced: str) -> None:
        """A newer snapshot for everybody."""
        self.snapshot = self.pki.registry(self.snapshot.version + 1, **replaced)
        for one in [*self.workers, *self.nodes.values()]:
            one.directory.replace(self.snapshot, now_ms=self.now_ms)

    def publish_to(self, *ones: Worker | Node, **replaced: str) -> Snapshot:
        """A newer snapshot that only some have yet."""
        self.snapshot = self.pki.registry(self.snapshot.version + 1, **replaced)
        for one in ones:
            one.directory.replace(self.snapshot, now_ms=self.now_ms)
        return self.snapshot

    # Links, workers, nodes

    def connect(self, agency: str, number: int = 0, *, certificate_of: str | None = None) -> tuple[Direct, Direct]:
        """Link a node to a worker: two `Direct` ends that call each other's desk."""
        node, worker = self.nodes[agency], self.workers[number]
        peer = self.pki.peer(certificate_of or agency)
        hello = Hello((1,), "VN-test", (agency,), self.now_ms, 16, 1 << 22)
        at_node, at_hub = Direct(peer), Direct(peer, hello)
        at_node.far = lambda message: worker.desk.answer(at_hub, message, 0.0)  # type: ignore[arg-type]
        at_hub.far = lambda message: node.desk.answer(at_node, message, 0.0)  # type: ignore[arg-type]
        at_hub.far_notice = lambda message: node.desk.notice(at_node, message)  # type: ignore[arg-type]
        node.links.sessions.append(at_node)
        worker.desk.opened(at_hub)  # type: ignore[arg-type]
        self.ends[agency, number] = (at_node, at_hub)
        return at_node, at_hub

    def disconnect(self, agency: str, number: int = 0) -> None:
        """The link breaks; whoever waits on either end is told."""
        at_node, at_hub = self.ends.pop((agency, number))
        self.workers[number].desk.closed(at_hub)  # type: ignore[arg-type]
        self.nodes[agency].links.sessions.remove(at_node)
        at_node.close()
        at_hub.close()

    def kill_worker(self, number: int = 0) -> None:
        """The process dies in mid-work; a new one takes its place on the same ledger."""
        for task in list(self.workers[number].desk._tasks):
            task.cancel()
        linked = [agency for agency, at in self.ends if at == number]
        for agency in linked:
            self.disconnect(agency, number)
        self.workers[number] = Worker(self, len(self.workers))
        for agency in linked:
            self.connect(agency, number)

    def kill_node(self, agency: str) -> None:
        """The node's process dies in mid-work; a new one takes its place on the same archive."""
        node = self.nodes[agency]
        for task in list(node.answerer._running.values()):
            task.cancel()
        for number in [at for known, at in self.ends if known == agency]:
            self.disconnect(agency, number)
        self._new_node(agency, node.archive, node.store)
        self.nodes[agency].adapters.update(node.adapters)

    def _new_node(self, agency: str, archive: MemoryArchive, store: MemoryDossiers) -> None:
        self.nodes[agency] = Node(self, agency, archive, store)
        for number in range(len(self.workers)):
            self.connect(agency, number)

    def to_hub(self, agency: str = CONSUMER, number: int = 0) -> Direct:
        """The node's end: what the node sends, and what comes back to it."""
        return self.ends[agency, number][0]

    def to_node(self, agency: str = POPULATION, number: int = 0) -> Direct:
        """The hub's end: what the hub forwards, and what comes back to it."""
        return self.ends[agency, number][1]

    # Systems

    def answers(self, service: str, body: Mapping[str, object] | Exception | Reply) -> Told:
        """Make a service's system answer with `body`, fail, or do what the test says."""

        async def reply(query: Query) -> Found:
            self.asked.append(query)
            if isinstance(body, Exception):
                raise body
            return Found(dict(body)) if isinstance(body, Mapping) else await body(query)

        told = Told(reply)
        self.nodes[service.partition("/")[0]].adapters[service] = told
        return told

    def answers_well(self) -> None:
        """Every system answers as it should."""
        self.answers(PERSON, PERSON_BODY)
        self.answers(MARRIAGE, MARRIAGE_BODY)
        self.answers(BIRTH, BIRTH_BODY)
        self.answers(EXTRACT, {"xml": EXTRACT_XML})
        self.answers(SCANS, {"base64": "JVBERi0=", "media_type": "application/pdf"})

    def mend(self) -> None:
        """All is well again: links, clocks, disk, systems."""
        self.ledger.refuses = None
        for node in self.nodes.values():
            node.ahead_ms = 0
        for agency in self.nodes:
            for number in range(len(self.workers)):
                if (agency, number) in self.ends:
                    self.disconnect(agency, number)
                self.connect(agency, number)
        self.answers_well()

    # Records

    async def settle(self) -> None:
        """Much later: recovery has settled whatever was left open."""
        self.now_ms += 3_600_000
        await self.workers[0].recovery.settle()

    async def records(self, start: int = 0) -> list[tuple[Record, Details]]:
        """Every record from `start` on, opened."""
        leaves = await self.ledger.read(start, 4096)
        kept = [await self.ledger.details(start + number) for number in range(len(leaves))]
        return [(decode_leaf(leaf), decode_details(one.details)) for leaf, one in zip(leaves, kept, strict=True) if one]

    async def told(self, start: int = 0) -> tuple[str, ...]:
        """Every record in a word or two: `asked`, `answered`, `refused 201`, `opened`."""
        return tuple(word_of(record) for record, _ in await self.records(start))

    def executed(self) -> Counter[str]:
        """How often each system was asked, by the question's id."""
        return Counter(query.request_id for query in self.asked)


def word_of(record: Record) -> str:
    """One leaf in a word, and its number if it has one."""
    if record.type is LeafType.ASKED:
        return "asked"
    return f"{record.outcome} {record.code}" if record.code else str(record.outcome)


def mother(**changed: Any) -> Subject:  # noqa: ANN401 - any member
    """The mother, as the commune claims to know her."""
    known = Subject(scheme="citizen", id=MOTHER, asserted_by=CONSUMER, assurance="substantial")
    return msgspec.structs.replace(known, **changed)


def officer(**changed: Any) -> Officer:  # noqa: ANN401 - any member
    """The official at the counter."""
    return msgspec.structs.replace(Officer(id="CB-0001", unit="Một cửa", asserted_by=CONSUMER), **changed)


def ask(**changed: Any) -> Ask:  # noqa: ANN401 - any member
    """A question that everything agrees to: the commune asks where the mother lives, outside any dossier."""
    plain: dict[str, Any] = {
        "service": PERSON,
        "operation": "read",
        "purpose": "audit",
        "body": {"number": MOTHER, "name": "Nguyễn Thị Mẫu"},
        "officer": officer(),
        "subjects": (mother(),),
        "correlation": "counter-7",
        "timeout_ms": 5_000,
    }
    return Ask(**(plain | changed))


def ask_birth(**changed: Any) -> Ask:  # noqa: ANN401 - any member
    """A question that changes something: it may be carried out once, never twice."""
    return ask(**({"service": BIRTH, "operation": "register", "body": {"number": MOTHER}} | changed))
