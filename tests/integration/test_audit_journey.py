"""An auditor at the embedded bus, over real HTTP: look, prove offline, export, report, erase; each look is recorded."""

from __future__ import annotations

import asyncio
import csv
import io
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import aiohttp
import msgspec
import pytest
from typer.testing import CliRunner

from bus.app.auditor import Auditor, AuditRefusedError
from bus.app.counter import Counter
from bus.app.embedded import Embedded
from bus.app.orders import give, records_at
from bus.audit.rows import read_leaf
from bus.cli.app import build
from bus.ledger.tools import show
from bus.sample.personas import PERSONAS
from bus.sample.procedures import CASES, CONSUMER, CONSUMER_SYSTEM
from config.auditors import Role, new_auditor
from config.embedded import EmbeddedSettings, SampleSettings
from config.secrets import read_secret
from schemas.inquiry import decode_inquiry
from schemas.record import LeafType
from signing.__main__ import main as check
from signing.page import Page, read

ANY = "127.0.0.1:0"


def settings_in(folder: Path) -> EmbeddedSettings:
    return EmbeddedSettings(
        state_folder=folder,
        hub_listen=ANY,
        node_listen=ANY,
        ledger_listen=ANY,
        audit_listen=ANY,
        usages_listen=ANY,
        schemas_listen=ANY,
        xroad_listen=ANY,
        sample=SampleSettings(people=200),
    )


@pytest.fixture
async def bus(tmp_path: Path) -> AsyncIterator[Embedded]:
    running = await Embedded.start(settings_in(tmp_path))
    try:
        async with aiohttp.ClientSession() as session:
            key = running.state.api_key(CONSUMER, CONSUMER_SYSTEM)
            counter = Counter(running.addresses.node, key, session)
            resolved = await counter.sample(CASES[0])
            assert resolved.done
        await running.ledger.publish()
        yield running
    finally:
        await running.close()


def national(bus: Embedded) -> Auditor:
    key = read_secret(bus.state.folder / "audit" / "auditor.key").decode()
    return Auditor(bus.addresses.audit, key)


def appointed(bus: Embedded, scope: str, role: Role = Role.AUDITOR) -> Auditor:
    """An auditor whom the running bus takes within a second."""
    file = bus.state.audit.auditors
    name, now = "kt-" + scope.replace(":", "-"), datetime.now(UTC)
    key, _ = new_auditor(file, name=name, agency="a100000", scope=scope, role=role, days=1, now=now)
    return Auditor(bus.addresses.audit, key)


async def fresh(bus: Embedded, auditor: Auditor, filters: dict[str, str]) -> tuple[Page, bytes]:
    await bus.ledger.publish()
    return await auditor.page(filters)


def exit_of(bus: Embedded, file: Path, *more: str) -> int:
    return check(["--log-key", show(bus.state.ledger).vkeys[0], *more, str(file)])


async def test_a_page_is_proved_offline_and_the_look_is_itself_a_record(bus: Embedded, tmp_path: Path):
    auditor = national(bus)
    mother = PERSONAS["mother"].number
    page, data = await fresh(bus, auditor, {"subject": f"citizen:{mother}"})
    assert page.records
    assert all(mother in (record.details or "") or record.leaf.count('"asked":') for record in page.records)
    file = tmp_path / "page.json"
    file.write_bytes(data)
    assert exit_of(bus, file) == 0
    assert check([str(file)]) == 2  # without the reader's own key nobody can tell
    # one changed byte in a leaf, or in the details, is seen
    file.write_bytes(data.replace(b"a1000", b"a1001", 1))
    assert exit_of(bus, file) == 1
    # who looked, about whom, stands in the ledger
    leaf = (await bus.ledger.read(page.inquiry, page.inquiry + 1))[0]
    record = read_leaf(leaf)
    assert record is not None
    assert record.type is LeafType.INQUIRY
    assert mother.encode() not in leaf
    kept = await bus.ledger.details(page.inquiry)
    assert kept is not None
    inquiry = decode_inquiry(kept.details)
    assert (inquiry.by, inquiry.kind, inquiry.subjects[0].id) == ("national-auditor", "records", mother)
    # and the next look finds the one before
    looks, _ = await fresh(bus, auditor, {"subject": f"citizen:{mother}", "type": "inquiry"})
    assert page.inquiry in {found.index for found in looks.records}


async def test_pages_go_on_by_cursor_and_exports_hold_everything(bus: Embedded, tmp_path: Path):
    auditor = national(bus)
    seen: list[int] = []
    cursor: dict[str, str] = {}
    await bus.ledger.publish()
    while True:
        page, _ = await auditor.page({"limit": "4", "type": "asked", **cursor})
        seen += [record.index for record in page.records]
        if page.next is None:
            break
        cursor = {"cursor": page.next}
    assert seen == sorted(set(seen), reverse=True)
    out = io.BytesIO()
    counted: list[tuple[int, int]] = []
    await auditor.export({"type": "asked"}, "csv", out, lambda done, total: counted.append((done, total)))
    rows = list(csv.DictReader(io.StringIO(out.getvalue().decode())))
    assert [int(row["index"]) for row in rows] == seen
    assert counted[-1] == (len(seen), len(seen))
    lines = io.BytesIO()
    await auditor.export({}, "jsonl", lines, lambda _done, _total: None)
    file = tmp_path / "all.jsonl"
    file.write_bytes(lines.getvalue())
    assert exit_of(bus, file) == 0
    assert len(read(lines.getvalue()).records) >= len(seen)


async def test_scope_and_role_hold(bus: Embedded):
    national_page, _ = await fresh(bus, national(bus), {"type": "asked"})
    one = appointed(bus, "agency:a100001")
    counts = appointed(bus, "nation", Role.REPORTS)
    await _taken(one)
    page, _ = await one.page({"type": "asked", "limit": "500"})
    assert 0 < len(page.records) < len(national_page.records)
    assert all('"provider":"a100001"' in record.leaf for record in page.records)
    with pytest.raises(AuditRefusedError, match="807"):
        await counts.page({})
    with pytest.raises(AuditRefusedError, match="804"):
        await one.page({"colour": "red"})
    with pytest.raises(AuditRefusedError, match="804"):
        await one.page({"cursor": "AAAA"})
    with pytest.raises(AuditRefusedError, match="802"):
        await Auditor(bus.addresses.audit, "lt_nobody").page({})


async def test_reports_are_reproducible_from_raw_entries(bus: Embedded):
    auditor = national(bus)
    await bus.ledger.publish()
    latency = await auditor.report("latency", {})
    assert {"provider", "p95_ms", "over_250_ms", "slow"} <= set(latency["rows"][0])
    assert (await auditor.report("outside-dossier", {}))["rows"] == []
    with pytest.raises(AuditRefusedError, match="808"):
        await auditor.report("weather", {})
    await bus.close()
    own = _reproduced(bus.state.folder)
    assert own["rows"] == latency["rows"]


async def test_an_order_of_erasure_takes_the_person_and_leaves_the_proof(bus: Embedded, tmp_path: Path):
    mother = PERSONAS["mother"].number
    found, _ = await fresh(bus, national(bus), {"subject": f"citizen:{mother}", "type": "asked"})
    gone = found.records[0].index
    await bus.close()
    done = await give(records_at(bus.state.folder), "a court", "it was asked by mistake", ((gone, gone + 1),))
    assert done.details == 1
    again = await Embedded.start(settings_in(tmp_path))
    try:
        auditor = national(again)
        left, _ = await fresh(again, auditor, {"subject": f"citizen:{mother}", "type": "asked"})
        assert gone not in {record.index for record in left.records}
        page, data = await auditor.page({"limit": "500"})
        erased = next(record for record in page.records if record.index == gone)
        assert (erased.details, erased.salt) == (None, None)
        file = tmp_path / "after.json"
        file.write_bytes(data)
        assert exit_of(again, file) == 0
    finally:
        await again.close()


def _reproduced(folder: Path) -> dict[str, object]:
    result = CliRunner().invoke(build(), ["audit", "report", "latency", "--from", str(folder), "--json"])
    assert result.exception is None, result.exception
    return dict(msgspec.json.decode(result.stdout))


async def _taken(auditor: Auditor) -> None:
    """Wait until the search has read the auditors' file again."""
    for _ in range(100):
        try:
            await auditor.report("overrides", {})
        except AuditRefusedError:
            await asyncio.sleep(0.05)
        else:
            return
    raise AssertionError("the new auditor was not taken")
