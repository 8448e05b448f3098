"""An agency's systems behind its node: what must agree with the registry, and circuits as doctor tells them."""

import asyncio
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

import pytest
from link_world import Authority
from world import World
from world_registry import BIRTH, EXTRACT

from adapters.breaker import BreakerLimits
from adapters.fault import PeerError, PeerFault
from adapters.guard import GuardLimits
from adapters.memory import CallableAdapter
from adapters.port import Bounds, DeclarationError, Found, Query
from adapters.retry import RetryLimits
from bus.app.node import AgencyParts, Node, NodeParts
from bus.app.node_process import circuits_file
from bus.app.registry import NodeRegistry
from bus.doctor.finding import Health
from bus.doctor.stores import stores
from bus.node.archive import SqlArchive, create_archive
from bus.node.systems import Circuits, must_agree, read_circuits, systems_of
from config.load import parse
from config.node import NodeSettings
from registry.snapshot import Snapshot

NOW = datetime(2026, 11, 22, 5, tzinfo=UTC)
TAX = "a100006/tax/taxpayer"
NODE = """
instance = "VN-test"
name = "capital-node"
state_folder = "state"
link = { certificate = "l.pem", key = "l.key", anchors = ["r.pem"], hub = ["127.0.0.1:8441"] }
registry = { trusted_root = "root.json", folder = "state/registry" }
agencies = [{ id = "a100006", seal = "memory:one", archive = "state/a100006", archive_key = "archive.key" }]
"""


class System:
    """A system that is away until told otherwise."""

    def __init__(self, operation: str, *, attempts: int = 1) -> None:
        self.away = True
        guard = GuardLimits(
            breaker=BreakerLimits(2, 0.5, 3600, 0.01, 1), retry=RetryLimits(attempts), safe=frozenset({operation})
        )
        self.adapter = CallableAdapter({operation: self._answer}, Bounds(guard=guard))

    async def _answer(self, _: Query) -> Found:
        if self.away:
            raise PeerError(PeerFault.UNREACHABLE)
        return Found({})


def test_an_operation_that_the_registry_does_not_call_safe_is_not_retried():
    snapshot = World().consumer.directory.snapshot
    retrying, resting = System("register", attempts=2).adapter, System("register").adapter
    with pytest.raises(DeclarationError) as caught:
        must_agree(snapshot, {BIRTH: retrying})
    assert caught.value.mistakes == (
        f"{BIRTH}: register: retried here, but the registry does not call it safe [unsafe-retry]",
    )
    must_agree(snapshot, {BIRTH: resting, EXTRACT: System("fetch", attempts=2).adapter, TAX: retrying})


async def test_circuits_that_are_not_closed_are_kept_for_doctor(tmp_path: Path):
    settings = parse(NODE.encode(), NodeSettings, file="node.toml", folder=tmp_path).settings
    (tmp_path / "state").mkdir()
    file = circuits_file(settings)
    system = System("ask")
    Circuits(file, lambda: round(NOW.timestamp() * 1000)).watch({TAX: system.adapter})
    assert read_circuits(file) == ()
    for _ in range(2):
        with pytest.raises(PeerError):
            await system.adapter.ask(Query("ask", {}))
    (found,) = [one for one in stores(settings, NOW) if one.check == f"circuit {TAX}"]
    assert found.health is Health.BAD
    assert "open since 2026-11-22T05:00:00.000Z" in found.text
    (view,) = systems_of({TAX: system.adapter})
    assert (view.service, view.circuit, view.outcomes, view.inside) == (TAX, "open", {"unreachable": 2}, 0)
    system.away = False
    while read_circuits(file):
        with suppress(PeerError):
            await system.adapter.ask(Query("ask", {}))
        await asyncio.sleep(0.002)
    assert [one for one in stores(settings, NOW) if one.check.startswith("circuit")] == []
    file.write_bytes(b"[{}]")
    assert read_circuits(file) is None


class Kept:
    """A trusted registry from before."""

    def __init__(self, snapshot: Snapshot) -> None:
        self.snapshot = snapshot

    def load(self) -> Snapshot:
        return self.snapshot


async def test_a_node_whose_adapter_retries_what_is_not_safe_does_not_start(tmp_path: Path):
    world, agency = World(), BIRTH.partition("/")[0]
    create_archive(tmp_path / "archive")
    archive = await SqlArchive.open(tmp_path / "archive", bytes(32), world.clock)
    signer = world.notary(agency).signer
    system = System("register", attempts=2)
    parts = NodeParts(
        instance="VN-test",
        hub=("wss://127.0.0.1:1/link",),
        tls=Authority(tmp_path).client(),
        registry=NodeRegistry(Kept(world.consumer.directory.snapshot), world.clock),
        agencies=(AgencyParts(agency, signer, archive, {BIRTH: system.adapter}),),
        clock=world.clock,
    )
    with pytest.raises(DeclarationError, match=r"register: retried here, but the registry does not call it safe"):
        await Node.start(parts)


FILES = """
[[adapters]]
service = "a100006/tax/taxpayer"
kind = "files"
[adapters.settings]
folder = "{folder}"
[adapters.settings.operations.status]
keys = {{ so = "n" }}
question = [{{ to = "n", from = "body.n" }}]
answer = {{ exists = true }}
"""


def test_refused_files_wait_for_somebody_to_look(tmp_path: Path):
    text = NODE + FILES.format(folder=tmp_path)
    settings = parse(text.encode(), NodeSettings, file="node.toml", folder=tmp_path).settings

    def found() -> list[tuple[Health, str]]:
        return [(one.health, one.text) for one in stores(settings, NOW) if one.check == "adapters[0]"]

    assert found() == [(Health.GOOD, f"{TAX} by files")]
    (tmp_path / "quarantine" / "a").mkdir(parents=True)
    (tmp_path / "quarantine" / "a.reason.json").write_bytes(b"{}")
    assert found()[1:] == [
        (Health.WARNING, f"1 refused sets in {tmp_path}/quarantine, each with its .reason.json"),
    ]
