"""A registry that changes while everything runs: an agreement revoked, one given back, a rollback offered."""

from __future__ import annotations

import asyncio
import shutil
from typing import TYPE_CHECKING

import orjson
import pytest
from processes import STRANGER
from wires import until

from bus import net
from bus.clock import SteadyClock
from bus.ids import new_id
from bus.link.dialler import NodeSettings
from bus.link.errors import StreamRefusedError
from bus.link.frames import ResetCode
from bus.link.messages import Message
from bus.link.node import NodeLink
from bus.link.ports import Handlers
from bus.registry.bundle import Bundle, Known
from bus.registry.follow import Follower
from bus.registry.travel import collect
from bus.topics import Topic

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from agency_system import Said
    from processes import Ended, Processes

    from bus.link.session import Session

BEFORE_THE_SECOND = '\n\n[[agreement]]\nid = "ag-0002"'
GENEROUS_S = 20.0
"""What is promised is a second; the bound is for a machine that is busy with everything else."""


@pytest.fixture
async def dossier(group: Processes) -> AsyncIterator[str]:
    """An open dossier; at the end the registry's source is as it was, and published."""
    await group.stands()
    source = agreements(group)
    before = source.read_text(encoding="utf-8")
    yield str((await group.counter.open("birth")).body["dossier"])
    source.write_text(before, encoding="utf-8")
    assert (await publish(group)).code == 0

    async def as_before() -> bool:
        opened = await group.counter.open("birth")
        return bool(opened.status == 201 and opened.body["lines"][0]["reason"] is None)

    await until(as_before, GENEROUS_S)


def agreements(group: Processes) -> Path:
    return group.state.source / "agreements" / "one-stop.toml"


def edit(group: Processes, old: str, new: str) -> None:
    file = agreements(group)
    text = file.read_text(encoding="utf-8")
    assert text.count(old) == 1
    file.write_text(text.replace(old, new), encoding="utf-8")


async def publish(group: Processes) -> Ended:
    state = group.state
    keys = ("--repository", str(state.repository), "--keys", str(state.role_keys))
    return await group.command("registry", "publish", str(state.source), *keys, "--json")


async def revoke(group: Processes) -> int:
    """Edit the authored folder as a registrar does, and publish it; the new version."""
    edit(group, BEFORE_THE_SECOND, '\nstate = "revoked"' + BEFORE_THE_SECOND)
    ended = await publish(group)
    assert (ended.code, ended.json["changed"]) == (0, ["agreements"])
    return int(ended.json["version"])


async def refused_with(group: Processes, dossier: str, number: int) -> Said:
    async def asked() -> Said | None:
        said = await group.counter.ask("confirm", dossier=dossier)
        assert said.number in {None, number}, said.body
        return said if said.number == number else None

    return await until(asked, GENEROUS_S, every_s=0.1)


async def test_a_revoked_agreement_acts_without_a_restart(group: Processes, dossier: str):
    assert (await group.counter.ask("confirm", dossier=dossier)).status == 200
    before = {name: child.process.pid for name, child in group.children.items()}
    await revoke(group)
    said = await refused_with(group, dossier, 211)
    assert (said.status, said.body["params"]) == (403, {"agreement": "ag-0001"})
    asked = len(group.taps["population"].seen)

    async def planned_without() -> bool:
        opened = await group.counter.open("birth")
        reason = next(line["reason"] for line in opened.body["lines"] if line["requirement"] == "identity-of-mother")
        assert reason in {"refused", "no-agreement"}  # the hub refuses already while the node still plans by the old
        return reason == "no-agreement"

    await until(planned_without, GENEROUS_S)
    assert len(group.taps["population"].seen) == asked
    assert {name: child.process.pid for name, child in group.children.items()} == before


async def test_every_node_follows_and_what_did_not_change_is_not_sent(group: Processes, dossier: str, tmp_path: Path):
    held = {agency: sections(group, agency) for agency in ("a100001", "a100010")}
    known = Follower(shutil.copytree(trusted(group, "a100001"), tmp_path / "trusted"), b"").known()
    await revoke(group)
    await refused_with(group, dossier, 211)
    for agency, before in held.items():
        # Every section but one stays the very file that it was.
        await until(lambda agency=agency, before=before: replaced(sections(group, agency), before) == 1, GENEROUS_S)
    sent = await brought_to(group, known)
    assert [name.partition(".")[2] for name in sent if name.startswith("targets/")] == ["agreements.json"]
    assert sum(map(len, sent.values())) < sum(map(len, (await brought_to(group, Known())).values())) / 2


async def test_what_a_mistake_publishes_is_nothing(group: Processes, dossier: str):
    edit(group, 'id = "ag-0001"', 'id = "ag-0001"\nunheard_of = 1')
    ended = await publish(group)
    assert ended.code == 3
    (mistake,) = ended.json["error"]["mistakes"]
    assert (mistake["file"], mistake["line"] > 1) == ("agreements/one-stop.toml", True)
    assert (await group.counter.ask("confirm", dossier=dossier)).status == 200


async def test_an_operation_that_is_not_safe_is_never_asked_twice(group: Processes, dossier: str):
    population, tap = group.state.source / "services" / "population.toml", group.taps["population"]
    text = population.read_text(encoding="utf-8")
    population.write_text(text.replace('name = "confirm"\n', 'name = "confirm"\nsafe = false\n'), encoding="utf-8")
    try:
        version = (await publish(group)).json["version"]
        await follow(group, version)
        before = len(tap.seen)
        tap.hold()
        asking = asyncio.create_task(group.counter.ask("confirm", dossier=dossier))
        await until(lambda: len(tap.seen) > before or asking.done())
        assert not asking.done(), asking.result()
        await group.kill("node-a100001.toml")
        said = await asking
        assert (said.status, said.number, said.body["retry"]) == (504, 407, False), said.body
        assert len(tap.seen) == before + 1
        assert (await group.ledger()).open_asked == 0
    finally:
        tap.release()
        population.write_text(text, encoding="utf-8")
        group.node("a100001")
        await group.stands()


async def test_a_registry_rolled_back_is_refused_by_hub_and_nodes(group: Processes, dossier: str, tmp_path: Path):
    old, repository = tmp_path / "old", group.state.repository
    shutil.copytree(repository, old)
    await follow(group, await revoke(group))
    newest = tmp_path / "newest"
    shutil.copytree(repository, newest)
    # Whoever holds the hub's disk puts the registry of yesterday back, under which the agreement stood.
    put_back(old, repository)
    hub = group.children["hub"]
    await until(
        lambda: [line for line in hub.logged("registry-refused") if "rolled-back" in line["reason"]], GENEROUS_S
    )
    assert (await group.counter.ask("confirm", dossier=dossier)).number == 211
    # A node that starts now asks that hub for the newest, gets the old, and keeps what it trusted.
    node = group.children["node-a100010"]
    node.process.terminate()
    await node.ended()
    node = group.node("a100010")
    await until(
        lambda: [line for line in node.logged("registry-not-fetched") if "rolled-back" in line["reason"]], GENEROUS_S
    )
    await group.stands()
    assert (await group.counter.ask("confirm", dossier=dossier)).number == 211
    put_back(newest, repository)


def put_back(kept: Path, repository: Path) -> None:
    """Replace a repository's files, the timestamp last."""
    shutil.rmtree(repository / "metadata")
    shutil.copytree(kept, repository, dirs_exist_ok=True)
    (repository / "metadata" / "timestamp.json").touch()


async def follow(group: Processes, version: int) -> None:
    """Wait until every worker and the two nodes have this version."""

    async def followed() -> bool:
        workers = [(await group.health(worker)).get("registry") for worker in range(group.plan.workers)]
        return {*workers, *(held_version(group, agency) for agency in ("a100001", "a100010"))} == {version}

    await until(followed, GENEROUS_S)


def trusted(group: Processes, agency: str) -> Path:
    """The registry as a node trusts it."""
    return group.state.folder / "node" / agency / "registry"


def sections(group: Processes, agency: str) -> dict[str, int]:
    """The sections that a node keeps: digest and inode."""
    return {path.name: path.stat().st_ino for path in (trusted(group, agency) / "sections").iterdir()}


def replaced(after: dict[str, int], before: dict[str, int]) -> int:
    """How many sections are other files than before; nothing while an update is under way."""
    return len(before.items() - after.items()) if len(after) == len(before) else 0


def held_version(group: Processes, agency: str) -> int:
    """The registry version that a node follows."""
    folder = trusted(group, agency)
    generation = int((folder / "current").read_bytes())
    snapshot = orjson.loads((folder / f"generation-{generation:06d}" / "metadata" / "snapshot.json").read_bytes())
    return int(snapshot["signed"]["version"])


async def brought_to(group: Processes, known: Known) -> Bundle:
    """What the hub sends over the link to a node that holds this much already."""
    keys = group.state.keys
    tls = net.client_context(keys.link_certificate(STRANGER), keys.link_key(STRANGER), keys.root.read_text("ascii"))
    settings = NodeSettings(
        seeds=(f"wss://127.0.0.1:{group.plan.hub_port}/link",),
        instance="VN-test",
        agencies=tuple,
        tls=lambda: tls,
        now_ms=SteadyClock(),
        process=new_id(),
    )
    link = NodeLink(settings, Handlers(_asked_nothing))
    link.start()
    try:
        await link.ready(GENEROUS_S)

        async def call(question: bytes) -> bytes:
            return (await link.call(Message(Topic.REGISTRY, question), GENEROUS_S)).parts[0]

        return await collect(known, call)
    finally:
        await link.close()


async def _asked_nothing(_session: Session, _message: Message, _deadline: float) -> Message:
    raise StreamRefusedError(ResetCode.UNKNOWN_TOPIC)
