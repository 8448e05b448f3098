"""Pruning by a minimum index: what is refused, what goes, and that every proof, root and answer still stands."""

from __future__ import annotations

import asyncio
import json
import os
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import aiohttp
import pytest
from aiohttp import web
from hub_settings import AUDIT, hub_settings
from typer.testing import CliRunner

from bus.access import Grants, Principal
from bus.app.audit import open_audit
from bus.app.orders import Records, audit_of, plan_pruning, prune, records_at
from bus.audit.pruning import Plan, PruningRefusedError
from bus.cli.app import build
from bus.http.log import LogFace
from bus.http.readers import by_key
from bus.ledger import tools
from bus.ledger.archives import make_due
from bus.ledger.files import verifiers_of
from bus.ledger.port import Append
from bus.ledger.process import start_ledger
from bus.ledger.published import PublishedLog
from bus.storage.kinds import open_store
from config.keylines import digest
from schemas.record import LeafType, Record, commit, encode_leaf
from schemas.text import moment
from signing.__main__ import main
from signing.checkpoint import parse
from signing.merkle import leaf_hash, verify_consistency, verify_inclusion

OLD = datetime(2024, 3, 1, 23, tzinfo=UTC)
NEW = datetime(2026, 11, 20, 5, tzinfo=UTC)
COUNT = 700
KEEPS = 100
"""The record that is an order of erasure and stays."""
HUB = hub_settings("ledger.test/prune", AUDIT)


def item(number: int, at: datetime, kind: LeafType = LeafType.OUTCOME) -> Append:
    details, salt = b'{"n":%d}' % number, os.urandom(32)
    if kind is LeafType.ERASURE:
        details = b'{"erasure":"018f0000-0000-7000-8000-000000000001","by":"x","reason":"y","ranges":[[0,1]]}'
    time = moment(round(at.timestamp() * 1000))
    record = Record(
        v=1,
        type=kind,
        time=time,
        consumer="a100001",
        provider="a100002",
        outcome="refused",
        commit=commit(details, salt),
    )
    return Append(encode_leaf(record), details, salt)


async def filled(records: Records) -> list[bytes]:
    """An hour before and hours after a midnight in 2024, then a day of 2026; returns the leaves."""
    ledger = await start_ledger(records.ledger, cadence_s=3600)
    made = [
        item(
            number,
            (OLD if number < COUNT - 50 else NEW) + timedelta(minutes=number),
            LeafType.ERASURE if number == KEEPS else LeafType.OUTCOME,
        )
        for number in range(COUNT)
    ]
    for first, end in pairwise((0, 60, 300, 521, COUNT - 50, COUNT)):
        await asyncio.gather(*(ledger.append(one) for one in made[first:end]))
        await ledger.publish()
    await ledger.close()
    return [one.leaf for one in made]


@pytest.fixture
def place(tmp_path: Path) -> Path:
    (tmp_path / "hub.toml").write_text(HUB, encoding="utf-8")
    return tmp_path / "hub.toml"


def ready(place: Path, *, archived: bool = True, erased: bool = True) -> tuple[Records, list[bytes]]:
    records = records_at(place)
    tools.init(records.ledger)
    leaves = asyncio.run(filled(records))
    if archived:
        make_due(records.ledger, NEW + timedelta(days=5))
    if erased:
        tools.erase(records.ledger, [number for number in range(COUNT - 60) if number != KEEPS])
    return records, leaves


def pruned(place: Path) -> tuple[Records, list[bytes], Plan]:
    records, leaves = ready(place)
    opened = open_audit(records.ledger, audit_of(records))
    opened.indexer().catch_up()
    opened.close()
    plan = plan_pruning(records, 600)
    assert asyncio.run(prune(records, plan, "the archivist", "twelve months are over")) == plan.records
    return records, leaves, plan


def test_a_plan_changes_nothing_and_tells_what_would_go(place: Path):
    records, leaves = ready(place)
    plan = plan_pruning(records, 600)
    assert (plan.minimum, plan.new_minimum, plan.kept, plan.records) == (0, 512, 1, 511)
    assert plan.bytes == sum(len(leaf) for leaf in leaves[:512]) - len(leaves[KEEPS])
    assert (plan.first, plan.last) == ("2024-03-01T23:00:00.000Z", "2024-03-02T07:31:00.000Z")
    store = open_store(records.ledger.store_url)
    assert store.minimum() == 0
    assert store.read(0, 999) == leaves
    store.close()


def test_by_a_day_it_goes_to_the_last_full_bundle_before_it(place: Path):
    records, _ = ready(place)
    assert plan_pruning(records, NEW.date()).new_minimum == 512
    with pytest.raises(PruningRefusedError, match="nothing to prune"):
        plan_pruning(records, OLD.date() + timedelta(days=1))


@pytest.mark.parametrize(
    ("why", "archived", "erased", "before"),
    [
        ("nothing to prune", True, True, 255),
        ("nothing to prune", True, True, 0),
        ("days' archives reach to record 0", False, True, 600),
        ("record 0 still has its details", True, False, 600),
        ("under a published checkpoint", True, True, 99_999),
    ],
)
def test_what_must_stay_is_refused(place: Path, *, why: str, archived: bool, erased: bool, before: int):
    records, _ = ready(place, archived=archived, erased=erased)
    with pytest.raises(PruningRefusedError, match=why):
        plan_pruning(records, before)


def test_what_is_young_or_open_is_refused(place: Path):
    records = records_at(place)
    tools.init(records.ledger)

    async def young() -> None:
        ledger = await start_ledger(records.ledger, cadence_s=3600)
        made = [item(number, NEW + timedelta(seconds=number)) for number in range(300)]
        made[7] = replace_deadline(made[7])
        await asyncio.gather(*(ledger.append(one) for one in made))
        await ledger.close()

    asyncio.run(young())
    make_due(records.ledger, NEW + timedelta(days=5))
    tools.erase(records.ledger, range(300))
    with pytest.raises(PruningRefusedError, match="record 7 waits"):
        plan_pruning(records, 300)
    store = open_store(records.ledger.store_url)
    with store._engine.begin() as connection:
        connection.exec_driver_sql("DELETE FROM asked")
    store.close()
    with pytest.raises(PruningRefusedError, match="younger than 12 months"):
        plan_pruning(records, 300)


def replace_deadline(item: Append) -> Append:
    return Append(item.leaf, item.details, item.salt, deadline_ms=1)


def test_after_it_the_ledger_verifies_and_names_what_was_pruned(place: Path):
    records, leaves, plan = pruned(place)
    findings = {one.step: one for one in tools.verify(records.ledger).findings}
    assert all(one.holds for one in findings.values())
    assert (findings["pruned"].count, findings["leaves"].count) == (plan.records, COUNT + 1)
    store = open_store(records.ledger.store_url)
    assert store.minimum() == 512
    assert store.kept(KEEPS, KEEPS + 1)[0].leaf == leaves[KEEPS], "an order of erasure stays"
    assert store.read(512, COUNT) == leaves[512:]
    store.close()
    with store_with(records) as connection:
        connection.exec_driver_sql("UPDATE entries SET hash = zeroblob(32) WHERE idx = 5")
    assert not tools.verify(records.ledger).holds, "an altered hash is found"


def store_with(records: Records):
    store = open_store(records.ledger.store_url)
    return store._engine.begin()


def test_a_leaf_missing_above_the_minimum_index_is_lost_not_pruned(place: Path):
    records, leaves, _ = pruned(place)
    hashed = leaf_hash(leaves[600])
    with store_with(records) as connection:
        connection.exec_driver_sql("UPDATE entries SET leaf = x'', hash = ? WHERE idx = 600", (hashed,))
    findings = {one.step: one for one in tools.verify(records.ledger).findings}
    assert not findings["pruned"].holds
    assert "600" in findings["pruned"].detail


async def serve_and_look(records: Records, leaves: list[bytes]) -> None:
    ledger = await start_ledger(records.ledger, cadence_s=3600)
    published = PublishedLog(ledger, records.ledger.tiles_folder)
    face = LogFace(published, by_key(Grants([(digest("lt_auditor"), Principal("auditor", "auditor"))])))
    runner = web.AppRunner(face.application(), access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    try:
        async with aiohttp.ClientSession(headers={"X-Api-Key": "lt_auditor"}) as session:

            async def status(path: str) -> int:
                async with session.get(f"{url}/{path}") as answer:
                    return answer.status

            async with session.get(f"{url}/minimum-index") as answer:
                assert await answer.text() == "512\n"
            paths = ("tile/entries/000", "tile/entries/001", "tile/entries/002.p/100", "tile/0/000", "tile/1/000.p/2")
            assert [await status(path) for path in paths] == [410, 410, 200, 200, 200]
            assert await status("proof/5.tlog-proof") == 200
            assert await status("proof/5.tlog-proof?record=1") == 410
            assert await status(f"proof/{COUNT - 1}.tlog-proof?record=1") == 200
        head = parse(await published.checkpoint())[0]
        for index in (0, 5, 255, 511, 512, COUNT - 1):
            size, path = await published.inclusion(index)
            assert verify_inclusion(leaf_hash(leaves[index]), index, size, path, head.root)
        earlier = parse(store_note(records, 300))[0]
        _, path = await published.consistency(300)
        assert verify_consistency(300, head.size, earlier.root, head.root, path)
        await ledger.append(item(9999, NEW + timedelta(days=1)))
        await ledger.publish()
    finally:
        await runner.cleanup()
        await ledger.close()


def store_note(records: Records, size: int) -> bytes:
    store = open_store(records.ledger.store_url)
    try:
        signed = store.signed(size)
        assert signed is not None
        return signed.note
    finally:
        store.close()


def test_proofs_of_what_was_pruned_still_hold_and_its_bytes_are_gone_over_http(place: Path):
    records, leaves, _ = pruned(place)
    asyncio.run(serve_and_look(records, leaves))
    assert tools.verify(records.ledger).holds
    assert records.ledger.archives is not None
    keys = [word for key in verifiers_of(records.ledger) for word in ("--log-key", key.text)]
    assert main([*map(str, sorted(records.ledger.archives.iterdir())), *keys]) == 0


def test_the_search_answers_the_same_when_it_is_rebuilt(place: Path):
    records, _, plan = pruned(place)
    opened = open_audit(records.ledger, audit_of(records))
    before = opened.index.fingerprint()
    assert len(opened.index.rows(range(COUNT + 1))) == COUNT + 1 - plan.records
    opened.indexer().rebuild()
    assert opened.index.fingerprint() == before
    opened.close()


def test_an_order_that_a_crash_cut_short_is_finished_by_the_feeder(place: Path, monkeypatch: pytest.MonkeyPatch):
    records, _ = ready(place)
    plan = plan_pruning(records, 600)

    def dies(*_: object) -> int:
        raise KeyboardInterrupt

    monkeypatch.setattr("bus.app.orders.prune_below", dies)
    with pytest.raises(KeyboardInterrupt):
        asyncio.run(prune(records, plan, "the archivist", "twelve months are over"))
    monkeypatch.undo()
    opened = open_audit(records.ledger, audit_of(records))
    opened.indexer().catch_up()
    opened.close()
    found = {one.step: one for one in tools.verify(records.ledger).findings}
    assert found["pruned"].holds
    assert found["pruned"].count == plan.records


def test_the_command_shows_the_plan_first_and_wants_it_named(place: Path):
    ready(place)
    run, app = CliRunner().invoke, build()
    words = ["ledger", "prune", str(place), "--before", "600"]
    shown = json.loads(run(app, [*words, "--json"]).stdout)
    assert shown["records"] == 511
    order = ["--by", "the archivist", "--reason", "over"]
    assert run(app, [*words, "--plan", "another", *order]).exit_code != 0
    assert run(app, [*words, "--plan", shown["plan"]]).exit_code != 0
    done = run(app, [*words, "--plan", shown["plan"], *order, "--json"]).stdout
    assert json.loads(done[done.index("{") :])["pruned"] == 511
    assert run(app, ["ledger", "verify", str(place)]).exit_code == 0
    assert run(app, [*words, "--plan", shown["plan"], *order]).exit_code != 0, "nothing is left to prune"
    assert run(app, ["ledger", "prune", str(place), "--before", "soon"]).exit_code != 0
