"""An archive's upkeep: what is shown, backed up, restored, verified, and what may be forgotten."""

from __future__ import annotations

import asyncio
import json
from hashlib import sha256
from pathlib import Path

import pytest
import sqlalchemy as sa

from bus.node import deletions
from bus.node.archive import ArchiveKeyError, SqlArchive, create_archive
from bus.node.backup import BackupError, back_up, restore
from bus.node.deletions import DeletionListError
from bus.node.keeping import CLASSES, DAY_MS, forget, show, verify
from bus.storage.archive_tables import EVIDENCE
from bus.storage.engine import open_engine, writing
from bus.storage.port import MissingStoreError, StoreExistsError

KEY = b"a" * 32
NOW_MS = 1_800_000_000_000
AGENCY = "a100001"
EXCHANGE = "01934567-89ab-7cde-8f01-00000000000{}"
MARKER = b"0971950012345-marker"
KEPT_DAYS = {"question": 365, "reply": 365, "receipt": 3_650, "dossier": 1_825, "declaration": 3_650}


async def filled(folder: Path, *ages_days: int) -> SqlArchive:
    """An archive with one piece of each class per age; given back open, as its node has it."""
    create_archive(folder)
    now = [0]
    archive = await SqlArchive.open(folder, KEY, lambda: now[0])
    for number, age in enumerate(ages_days):
        now[0] = NOW_MS - age * DAY_MS
        exchange = EXCHANGE.format(number)
        for kind in ("question", "reply", "receipt", "declaration"):
            await archive.keep(exchange, kind, kind.encode() + MARKER, (MARKER,))
        await archive.keep(f"dossier:H56-{number}", "dossier", MARKER, ())
        await archive.keep(exchange, "something-else", MARKER, ())
        await archive.keep_answer("a100002", exchange, MARKER, (MARKER * 100,))
        await archive.start("a100002", exchange)
    now[0] = NOW_MS
    return archive


def counts(folder: Path) -> dict[str, int]:
    return {name: kind.count for name, kind in show(folder, NOW_MS).classes.items()}


async def test_show_counts_by_class_and_foresees_the_limit(tmp_path: Path):
    archive = await filled(tmp_path / "a", 400, 3, 1)
    shown = show(tmp_path / "a", NOW_MS, window_days=10, limit_bytes=shown_limit(tmp_path / "a", 100))
    assert counts(tmp_path / "a") == {**dict.fromkeys(CLASSES, 3), "reply": 6, "other": 3}
    assert shown.classes["question"].oldest_ms == NOW_MS - 400 * DAY_MS
    assert shown.classes["question"].newest_ms == NOW_MS - DAY_MS
    assert 0 < shown.growth_bytes_per_day * 10 < shown.file_bytes
    assert shown.days_left == pytest.approx(100 / shown.growth_bytes_per_day)
    assert show(tmp_path / "a", NOW_MS, limit_bytes=1).days_left == 0
    assert show(tmp_path / "a", NOW_MS + 90 * DAY_MS).days_left is None
    await archive.close()


def shown_limit(folder: Path, more: int) -> int:
    return show(folder, NOW_MS).file_bytes + more


async def test_nothing_younger_than_its_class_allows_is_ever_forgotten(tmp_path: Path):
    archive = await filled(tmp_path / "a", 4_000, 2_000, 400, 364, 0)
    before = counts(tmp_path / "a")
    assert forget(tmp_path / "a", KEPT_DAYS, NOW_MS, dry_run=True).counts == {
        "question": 3,
        "reply": 6,
        "receipt": 1,
        "dossier": 2,
        "declaration": 1,
    }
    assert counts(tmp_path / "a") == before
    done = forget(tmp_path / "a", KEPT_DAYS, NOW_MS)
    assert counts(tmp_path / "a") == {
        "question": 2,
        "reply": 4,
        "receipt": 4,
        "dossier": 3,
        "declaration": 4,
        "other": 5,
    }
    assert sum(forget(tmp_path / "a", KEPT_DAYS, NOW_MS).counts.values()) == 0
    assert verify(tmp_path / "a", KEY).holds
    assert (await archive.evidence(EXCHANGE.format(2)))[0].kind in {"receipt", "declaration", "something-else"}
    await archive.close()  # what was just kept is at hand for a moment; the files are what counts
    archive = await SqlArchive.open(tmp_path / "a", KEY, lambda: NOW_MS)
    assert await archive.answer_for("a100002", EXCHANGE.format(2)) is None
    assert await archive.answer_for("a100002", EXCHANGE.format(3)) is not None
    assert not await archive.start("a100002", EXCHANGE.format(3))
    assert done.head == deletions.read_list(tmp_path / "a")[1]
    await archive.close()


async def test_what_did_not_hold_is_kept_as_long_as_what_did(tmp_path: Path):
    archive = await filled(tmp_path / "a")
    for kind in ("reply-refused", "receipt-refused"):
        await archive.keep(EXCHANGE.format(0), kind, MARKER, ())
    assert counts(tmp_path / "a") == {**dict.fromkeys(CLASSES, 0), "reply": 1, "receipt": 1, "other": 0}
    assert forget(tmp_path / "a", KEPT_DAYS, NOW_MS + 400 * DAY_MS).counts["reply"] == 1
    assert counts(tmp_path / "a")["receipt"] == 1
    await archive.close()


async def test_a_class_without_a_rule_is_kept_for_ever(tmp_path: Path):
    archive = await filled(tmp_path / "a", 30_000)
    forget(tmp_path / "a", {"question": 30}, NOW_MS)
    assert counts(tmp_path / "a") == {**dict.fromkeys(CLASSES, 1), "question": 0, "reply": 2, "other": 1}
    await archive.close()


async def test_every_deletion_is_listed_before_it_happens_and_names_nobody(tmp_path: Path):
    archive = await filled(tmp_path / "a", 400, 1)
    forget(tmp_path / "a", KEPT_DAYS, NOW_MS)
    lines, _ = deletions.read_list(tmp_path / "a")
    assert {line.kind for line in lines} == {"question", "reply", "answer"}
    assert [line.n for line in lines] == [0, 1, 2]
    assert all(line.exchange == EXCHANGE.format(0) for line in lines)
    assert MARKER not in (tmp_path / "a" / deletions.FILE).read_bytes()
    assert deletions.named("dossier:H56-1").startswith("sha256:")
    await archive.close()


async def test_a_deletion_list_that_was_tampered_with_is_found_and_stops_deletions(tmp_path: Path):
    archive = await filled(tmp_path / "a", 400, 400)
    forget(tmp_path / "a", {"question": 365}, NOW_MS)
    path = tmp_path / "a" / deletions.FILE
    whole = path.read_bytes()
    first, second, _ = whole.split(b"\n")
    for torn in (second + b"\n", whole.replace(b'"question"', b'"receipt"', 1), b"\n", first[:40] + b"\n"):
        path.write_bytes(torn)
        with pytest.raises(DeletionListError):
            deletions.read_list(tmp_path / "a")
        assert [fault.kind for fault in verify(tmp_path / "a", KEY).faults] == ["deletions"]
        before = counts(tmp_path / "a")
        with pytest.raises(DeletionListError):
            forget(tmp_path / "a", KEPT_DAYS, NOW_MS)
        assert counts(tmp_path / "a") == before
    await archive.close()


async def test_a_line_that_a_power_loss_cut_short_is_dropped_by_the_next_deletion(tmp_path: Path):
    archive = await filled(tmp_path / "a", 400)
    forget(tmp_path / "a", {"question": 365}, NOW_MS)
    path = tmp_path / "a" / deletions.FILE
    whole = path.read_bytes()
    path.write_bytes(whole + b'{"n":1,')
    assert not verify(tmp_path / "a", KEY).holds
    forget(tmp_path / "a", KEPT_DAYS, NOW_MS)
    assert path.read_bytes().startswith(whole)
    assert verify(tmp_path / "a", KEY).deletions == 3
    await archive.close()


async def test_a_backup_taken_while_the_node_writes_restores_and_verifies(tmp_path: Path):
    archive = await filled(tmp_path / "a", 5)
    stop = asyncio.Event()

    async def busy() -> int:
        number = 0
        while not stop.is_set():
            number += 1
            await archive.keep(f"busy-{number}", "question", MARKER + str(number).encode(), (MARKER,))
        return number

    writing_on = asyncio.create_task(busy())
    await asyncio.sleep(0.05)
    await asyncio.to_thread(back_up, tmp_path / "a", tmp_path / "backup", AGENCY, NOW_MS)
    stop.set()
    assert await writing_on > 1
    verified = restore(tmp_path / "backup", tmp_path / "b", KEY, agency=AGENCY)
    assert verified.holds
    assert verified.boxes >= 7
    again = await SqlArchive.open(tmp_path / "b", KEY, lambda: NOW_MS)
    assert await again.evidence(EXCHANGE.format(0)) == await archive.evidence(EXCHANGE.format(0))
    assert not await again.start("a100002", EXCHANGE.format(0))
    for one in (again, archive):
        await one.close()
    for path in [*(tmp_path / "a").iterdir(), *(tmp_path / "backup").iterdir(), *(tmp_path / "b").iterdir()]:
        assert MARKER not in path.read_bytes(), path
        assert path.stat().st_mode & 0o077 == 0, path


async def test_a_restore_touches_no_archive_and_takes_no_altered_backup(tmp_path: Path):
    archive = await filled(tmp_path / "a", 5)
    await archive.close()
    back_up(tmp_path / "a", tmp_path / "backup", AGENCY, NOW_MS)
    with pytest.raises(StoreExistsError):
        restore(tmp_path / "backup", tmp_path / "a", KEY, agency=AGENCY)
    with pytest.raises(BackupError):
        back_up(tmp_path / "a", tmp_path / "backup", AGENCY, NOW_MS)
    with pytest.raises(BackupError, match="a100001"):
        restore(tmp_path / "backup", tmp_path / "b", KEY, agency="a100002")
    (tmp_path / "backup" / "more").write_bytes(b"")
    with pytest.raises(BackupError):
        restore(tmp_path / "backup", tmp_path / "b", KEY, agency=AGENCY)
    (tmp_path / "backup" / "more").unlink()
    database = tmp_path / "backup" / "evidence.db"
    data = bytearray(database.read_bytes())
    data[-1] ^= 1
    database.write_bytes(data)
    with pytest.raises(BackupError, match="digest"):
        restore(tmp_path / "backup", tmp_path / "b", KEY, agency=AGENCY)
    assert not (tmp_path / "b").exists()
    with pytest.raises(BackupError):
        restore(tmp_path / "nowhere", tmp_path / "b", KEY, agency=AGENCY)
    with pytest.raises(MissingStoreError):
        show(tmp_path / "b", NOW_MS)


async def test_a_restore_forgets_again_what_was_forgotten_since(tmp_path: Path):
    archive = await filled(tmp_path / "a", 400, 5)
    await archive.close()
    back_up(tmp_path / "a", tmp_path / "backup", AGENCY, NOW_MS)
    forget(tmp_path / "a", KEPT_DAYS, NOW_MS)
    newer = (tmp_path / "a" / deletions.FILE).read_bytes()
    assert restore(tmp_path / "backup", tmp_path / "b", KEY, agency=AGENCY, newer=newer).holds
    assert counts(tmp_path / "b") == counts(tmp_path / "a")
    assert deletions.read_list(tmp_path / "b") == deletions.read_list(tmp_path / "a")
    back_up(tmp_path / "a", tmp_path / "later", AGENCY, NOW_MS)
    with pytest.raises(BackupError, match="continue"):
        restore(tmp_path / "later", tmp_path / "c", KEY, agency=AGENCY, newer=b"")


async def test_another_key_is_refused_with_the_reason(tmp_path: Path):
    archive = await filled(tmp_path / "a", 5)
    await archive.close()
    with pytest.raises(ArchiveKeyError, match="this key does not open it"):
        await SqlArchive.open(tmp_path / "a", b"b" * 32, lambda: NOW_MS)
    verified = verify(tmp_path / "a", b"b" * 32)
    assert len(verified.faults) == verified.boxes == 7
    assert {fault.rule for fault in verified.faults} == {"does not open: another key, or altered"}


async def test_a_box_that_was_altered_or_moved_is_named(tmp_path: Path):
    archive = await filled(tmp_path / "a", 5)
    await archive.close()
    engine = open_engine(f"sqlite:///{tmp_path / 'a' / 'evidence.db'}")
    with engine.connect() as connection, writing(connection):
        box = connection.scalar(sa.select(EVIDENCE.c.box).where(EVIDENCE.c.kind == "question")) or b""
        connection.execute(sa.update(EVIDENCE).where(EVIDENCE.c.kind == "reply").values(box=box))
        flip = bytes([box[-1] ^ 1])
        connection.execute(sa.update(EVIDENCE).where(EVIDENCE.c.kind == "receipt").values(box=box[:-1] + flip))
    engine.dispose()
    faults = verify(tmp_path / "a", KEY).faults
    assert sorted(fault.kind for fault in faults) == ["receipt", "reply"]


def test_the_chain_is_what_the_document_says():
    gone = deletions.Gone("reply", "reply", EXCHANGE.format(1), b"\x01" * 32, NOW_MS)
    raw = list(deletions._lines([gone, replace_kind(gone)], 0, deletions.FIRST, NOW_MS))
    first, second = map(json.loads, raw)
    assert first["prev"] == "0" * 64
    assert second["prev"] == sha256(raw[0]).hexdigest()
    assert first["digest"] == "01" * 32


def replace_kind(gone: deletions.Gone) -> deletions.Gone:
    return deletions.Gone(gone.class_, "answer", gone.exchange, gone.digest, gone.kept_ms)
