"""A small nation in memory: agencies with keys, a registry, a hub with a ledger, and nodes, without sockets or clocks.

Promises: the parts are the real ones (seals, gate, exchange, answerer, archive, ledger in memory); only the link is a
direct call, and time is `world.now_ms`. A session can be cut (`cut`), before or after the other side has acted.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

from memory_archive import MemoryArchive
from registry_folder import AGREEMENTS, folder

from adapters.port import Adapter, Bounds, Found, Query
from bus.directory import Directory
from bus.hub.declaration import Declarations
from bus.hub.desk import HubDesk, InFlight
from bus.hub.exchange import Exchange
from bus.hub.recovery import Recovery
from bus.hub.routes import Routes
from bus.ledger.memory import MemoryLedger
from bus.ledger.port import Ledger
from bus.link.errors import LinkClosedError, LinkResetError, StreamRefusedError
from bus.link.hello import Hello
from bus.link.messages import Message
from bus.link.ports import Peer
from bus.node.answer import Answerer, Provider
from bus.node.ask import Ask, Asker
from bus.node.desk import NodeDesk
from bus.notary import Judge, Notary
from bus.topics import Topic
from registry.snapshot import Snapshot
from registry.snapshot import compile as compile_registry
from schemas.envelope import Officer, Subject
from signing.devpki import DevPki
from signing.keys import load_signer, thumbprint

START_MS = 1_790_000_000_000
CONSUMER, POPULATION, JUSTICE, OPERATOR = "a200003", "a100001", "a100002", "a100000"
AGENCIES = (OPERATOR, POPULATION, JUSTICE, "a200001", CONSUMER)
BASIS = "278/2025/NĐ-CP"
PERSON = "a100001/population/person"
MARRIAGE = "a100002/civil-status/marriage"
MOTHER = "097195001234"
AUDITED = (
    AGREEMENTS
    + f"""
[[agreement]]
id = "ag-0100"
consumer = "{CONSUMER}"
service = "{PERSON}"
operations = ["read"]
purposes = ["audit"]
basis = "{BASIS}"
terms = ["person.number", "person.full-name", "person.residence", "person.birth"]
assurance = "substantial"
valid_from = 2025-07-01
"""
)
"""The sample's agreements, and one that lets the commune inspect outside a dossier."""
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


class Direct:
    """One end of a link that is a function call; `cut` breaks it before or after the far side has acted."""

    def __init__(self, peer: Peer, hello: Hello | None = None) -> None:
        self.peer = peer
        self.hello = hello
        self.closed = False
        self.usable = True
        self.open_streams = (0, 0)
        self.far: Callable[[Message], Awaitable[Message]] | None = None
        self.far_notice: Callable[[Message], Awaitable[None]] | None = None
        self.cut: Literal["before", "after"] | None = None
        self.tamper: Callable[[Message], Message] | None = None
        self.carried: list[Message] = []
        self._notices: set[asyncio.Task[None]] = set()

    async def call(self, message: Message, timeout_s: float) -> Message:
        self.carried.append(message)
        if self.closed or self.cut == "before" or self.far is None:
            raise LinkClosedError("cut", sent=False)
        try:
            async with asyncio.timeout(timeout_s):
                answer = await self.far(message)
        except StreamRefusedError as error:
            raise LinkResetError(error.code, error.retry_after_ms) from error
        if self.cut == "after":
            raise LinkClosedError("cut", sent=True)
        return self.tamper(answer) if self.tamper else answer

    def notify(self, message: Message) -> None:
        if self.far_notice is not None:
            task = asyncio.ensure_future(self.far_notice(message))
            self._notices.add(task)
            task.add_done_callback(self._notices.discard)

    async def settled(self) -> None:
        """Wait until every notice has been taken."""
        while self._notices:
            await asyncio.gather(*self._notices)


class InlineParts:
    """Everything travels inside the message: the world has no spool."""

    async def put(self, _session: object, _exchange: str, _parts: object, data: Sequence[bytes]) -> tuple[bytes, ...]:
        return tuple(data)

    async def fetch(
        self, _session: object, _exchange: str, _envelope: object, data: Sequence[bytes], _max_bytes: int
    ) -> tuple[bytes, ...]:
        return tuple(data)


class Links:
    """What an asker sees of its links: a list of sessions."""

    def __init__(self) -> None:
        self.sessions: list[Any] = []


class Pki:
    """Keys and certificates of every agency, and the registry's files that name them."""

    def __init__(self, now: datetime) -> None:
        self.dev = DevPki.create(now)
        self.seals = {agency: self.dev.seal(agency, now) for agency in AGENCIES}
        self.links = {agency: self.dev.link_client(f"{agency}.test", now) for agency in AGENCIES}

    def files(self) -> dict[str, bytes]:
        entries = ['anchors = ["certificates/root.pem", "certificates/issuing.pem"]\n']
        files = {"certificates/root.pem": self.dev.root, "certificates/issuing.pem": self.dev.issuing}
        for use, issued in (("seal", self.seals), ("link", self.links)):
            for agency, one in issued.items():
                path = f"certificates/{agency}-{use}.pem"
                files[path] = one.certificate
                entries.append(f'[[certificate]]\nagency = "{agency}"\nuse = "{use}"\nfile = "{path}"\n')
        return files | {"certificates.toml": "\n".join(entries).encode()}

    def peer(self, agency: str) -> Peer:
        der = self.links[agency].der
        return Peer(der, thumbprint(der), "test")


class Node:
    """One agency's node in the world."""

    def __init__(self, world: World, agency: str, archive: MemoryArchive) -> None:
        self.world = world
        self.agency = agency
        self.archive = archive
        self.directory = Directory(world.snapshot, now_ms=world.now_ms)
        self.judge = Judge(self.directory, "VN-test")
        self.notary = world.notary(agency)
        self.links = Links()
        self.adapters: dict[str, Adapter] = {}
        self.asker = Asker(
            notary=self.notary,
            directory=self.directory,
            judge=self.judge,
            link=self.links,  # type: ignore[arg-type] # the asker sees sessions only
            archive=archive,
            parts=InlineParts(),
            clock=world.clock,
            max_body_bytes=1 << 20,
        )
        self.answerer = Answerer(
            providers={agency: Provider(self.notary, archive, self.adapters)},
            directory=self.directory,
            judge=self.judge,
            parts=InlineParts(),
            clock=world.clock,
            max_body_bytes=1 << 20,
        )
        self.desk = NodeDesk(
            answerer=self.answerer,
            archives={agency: archive},
            judge=self.judge,
            directory=self.directory,
            clock=world.clock,
            registry_changed=world.nothing,
        )


class Worker:
    """One hub worker in the world."""

    def __init__(self, world: World, workers: int) -> None:
        self.directory = Directory(world.snapshot, now_ms=world.now_ms)
        self.judge = Judge(self.directory, "VN-test")
        self.notary = world.notary(OPERATOR)
        self.routes = Routes(workers=workers)
        shared: dict[str, Any] = {
            "directory": self.directory,
            "judge": self.judge,
            "notary": self.notary,
            "ledger": world.ledger,
            "clock": world.clock,
        }
        self.exchange = Exchange(routes=self.routes, **shared)
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

    def __init__(self, folder_path: Path, *, workers: int = 1, ledger: Ledger | None = None, **registry: str) -> None:
        self.now_ms = START_MS
        self.folder = folder_path
        self.pki = Pki(datetime.fromtimestamp(START_MS / 1000 - 86_400, UTC))
        self.snapshot = self.registry(1, **registry)
        self.ledger: Any = ledger or MemoryLedger()
        self.workers = [Worker(self, workers) for _ in range(workers)]
        self.nodes: dict[str, Node] = {}
        self.ends: dict[tuple[str, int], tuple[Direct, Direct]] = {}

    async def start(self) -> World:
        """Open the archives and connect every node to every worker."""
        for agency in (CONSUMER, POPULATION, JUSTICE):
            archive = MemoryArchive()
            self.nodes[agency] = Node(self, agency, archive)
            for number in range(len(self.workers)):
                self.connect(agency, number)
        return self

    async def close(self) -> None:
        for node in self.nodes.values():
            await node.archive.close()

    def clock(self) -> int:
        return self.now_ms

    async def nothing(self) -> None:
        """Nobody changes the registry behind the world's back."""

    def registry(self, version: int, **replaced: str) -> Snapshot:
        """Compile the folder with families replaced."""
        return compile_registry(folder(**{"agreements": AUDITED, **replaced}) | self.pki.files(), version)

    def publish(self, **replaced: str) -> None:
        """A newer snapshot for everybody."""
        self.snapshot = self.registry(self.snapshot.version + 1, **replaced)
        for one in [*self.workers, *self.nodes.values()]:
            one.directory.replace(self.snapshot, now_ms=self.now_ms)

    def notary(self, agency: str) -> Notary:
        issued = self.pki.seals[agency]
        signer = load_signer(issued.key, issued.certificate)
        return Notary(agency=agency, instance="VN-test", signer=signer, clock=self.clock)

    def connect(self, agency: str, number: int = 0, *, certificate_of: str | None = None) -> None:
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

    def disconnect(self, agency: str, number: int = 0) -> None:
        at_node, at_hub = self.ends.pop((agency, number))
        at_node.closed = at_hub.closed = True
        at_node.usable = at_hub.usable = False
        self.nodes[agency].links.sessions.remove(at_node)
        self.workers[number].desk.closed(at_hub)  # type: ignore[arg-type]

    @property
    def consumer(self) -> Node:
        return self.nodes[CONSUMER]

    @property
    def population(self) -> Node:
        return self.nodes[POPULATION]

    @property
    def justice(self) -> Node:
        return self.nodes[JUSTICE]

    def answers(self, service: str, body: Mapping[str, object] | Exception) -> Told:
        """Make a service answer with `body`, or fail."""

        async def reply(_query: Query) -> Found:
            if isinstance(body, Exception):
                raise body
            return Found(dict(body))

        told = Told(reply)
        self.nodes[service.partition("/")[0]].adapters[service] = told
        return told


def ask(**changed: Any) -> Ask:
    """A question that everything agrees to: the commune asks where the mother lives, outside any dossier."""
    plain: dict[str, Any] = {
        "service": PERSON,
        "operation": "read",
        "purpose": "audit",
        "body": {"number": MOTHER, "name": "Nguyễn Thị Mẫu"},
        "officer": Officer(id="CB-0001", unit="Một cửa", asserted_by=CONSUMER),
        "subjects": (Subject(scheme="citizen", id=MOTHER, asserted_by=CONSUMER, assurance="substantial"),),
        "correlation": "counter-7",
    }
    return Ask(**(plain | changed))


PERSON_BODY = {
    "number": MOTHER,
    "name": "Nguyễn Thị Mẫu",
    "birth": "1995-03-02",
    "sex": "female",
    "homes": [{"address": "Xã Mẫu"}],
}
