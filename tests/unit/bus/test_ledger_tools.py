"""Creating, showing, verifying, erasing, migrating: what an operator does, and what each refuses."""

from __future__ import annotations

import os
import sqlite3
import stat
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
import sqlalchemy as sa

from bus.ledger import tools
from bus.ledger.guard import Guard, GuardError, MissingGuardError
from bus.ledger.keys import LedgerKeyError, new_note_key
from bus.ledger.port import Append, Appended, Head, LedgerError
from bus.ledger.process import LedgerFiles, start_ledger
from bus.storage import formats
from bus.storage.engine import open_engine
from bus.storage.port import FormatVersionError, MissingStoreError, StoreError, StoreExistsError
from bus.storage.sql import LEDGER
from config.secrets import SecretError
from schemas.record import LeafType, Record, commit, encode_leaf
from signing.checkpoint import NoteVerifier, check
from signing.merkle import EMPTY_ROOT

if TYPE_CHECKING:
    from pathlib import Path

ORIGIN = "ledger.test/tools"


def real(number: int, **members: object) -> Append:
    """A record whose leaf commits to its details."""
    salt, details = os.urandom(32), b'{"officer":"%d"}' % number
    leaf = Record(
        v=1,
        type=LeafType.ASKED,
        time="2026-11-22T05:00:00.123Z",
        consumer="a100001",
        commit=commit(details, salt),
    )
    return Append(encode_leaf(leaf), details, salt, **members)


@pytest.fixture
def files(tmp_path: Path) -> LedgerFiles:
    return LedgerFiles(
        origin=ORIGIN,
        store_url=f"sqlite:///{tmp_path}/store/ledger.db",
        guard_file=tmp_path / "guard" / "ledger.json",
        note_key_file=tmp_path / "keys" / "note.key",
        vault_key_file=tmp_path / "keys" / "vault.key",
    )


@pytest.fixture
def made(files: LedgerFiles, tmp_path: Path) -> LedgerFiles:
    (tmp_path / "store").mkdir()
    tools.init(files)
    return files


async def filled(files: LedgerFiles, count: int = 5) -> None:
    ledger = await start_ledger(files, cadence_s=3600)
    for number in range(count):
        assert await ledger.append(real(number)) == Appended(number)
        if number % 2:
            await ledger.publish()
    await ledger.close()


def holding(files: LedgerFiles) -> dict[str, bool]:
    return {finding.step: finding.holds for finding in tools.verify(files).findings}


ALL_HOLD = {"leaves": True, "checkpoints": True, "guard": True, "details": True}


def database(files: LedgerFiles) -> sqlite3.Connection:
    return sqlite3.connect(files.store_url.removeprefix("sqlite:///"), isolation_level=None)


def change(files: LedgerFiles, statement: str) -> None:
    connection = database(files)
    connection.execute(statement)
    connection.close()


async def test_a_new_ledger_is_empty_and_signed(made: LedgerFiles):
    shown = tools.show(made)
    assert (shown.origin, shown.term, shown.head, shown.signed, shown.open_asked) == (
        ORIGIN,
        0,
        Head(0, EMPTY_ROOT),
        None,
        0,
    )
    assert shown.guarded == Head(0, EMPTY_ROOT)
    await filled(made, 3)
    shown = tools.show(made)
    assert shown.term == 1
    assert shown.signed is not None
    verdict, checkpoint = check(shown.signed, [NoteVerifier.from_text(shown.vkeys[0])])
    assert verdict.passed
    assert checkpoint is not None
    assert Head(checkpoint.size, checkpoint.root) == shown.head == shown.guarded
    assert shown.head.size == 3


def test_its_files_are_its_owners_alone(made: LedgerFiles):
    for path in (made.guard_file, made.note_key_file, made.vault_key_file):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_nothing_is_created_over_a_ledger(made: LedgerFiles):
    before = made.note_key_file.read_bytes()
    with pytest.raises(StoreExistsError):
        tools.init(made)
    assert made.note_key_file.read_bytes() == before


async def test_a_store_that_has_served_gets_no_new_guard(made: LedgerFiles):
    await filled(made)
    made.guard_file.unlink()
    with pytest.raises(StoreExistsError):
        tools.init(made)
    assert not made.guard_file.exists()


def test_a_creation_that_was_cut_short_is_finished(made: LedgerFiles):
    made.guard_file.unlink()
    tools.init(made)
    assert holding(made) == ALL_HOLD


async def test_serving_creates_nothing(files: LedgerFiles, tmp_path: Path):
    new_note_key(files.note_key_file, ORIGIN)
    with pytest.raises(SecretError):
        await start_ledger(files)
    tools.new_vault_key(files.vault_key_file)
    with pytest.raises(MissingStoreError):
        await start_ledger(files)
    assert names_in(tmp_path) == ["keys"]


def names_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


async def test_serving_under_another_origin_is_refused(made: LedgerFiles, tmp_path: Path):
    new_note_key(tmp_path / "other.key", "ledger.test/other")
    with pytest.raises(LedgerKeyError):
        await start_ledger(replace(made, origin="ledger.test/other"))
    with pytest.raises(LedgerError, match="origin"):
        await start_ledger(replace(made, origin="ledger.test/other", note_key_file=tmp_path / "other.key"))


async def test_a_sound_ledger_verifies_also_while_it_serves(made: LedgerFiles):
    await filled(made)
    ledger = await start_ledger(made)
    await ledger.append(real(5))
    told: list[tuple[int, int]] = []
    verified = tools.verify(made, lambda done, of: told.append((done, of)))
    await ledger.close()
    assert verified.holds
    assert verified.head.size == 6
    assert told == [(6, 6)]


@pytest.mark.parametrize(
    ("damage", "broken"),
    [
        ("UPDATE entries SET leaf = x'00' WHERE idx = 4", {"leaves", "checkpoints", "guard", "details"}),
        ("DELETE FROM entries WHERE idx = 2", {"leaves", "checkpoints", "guard", "details"}),
        ("UPDATE details SET sealed = x'00' WHERE idx = 1", {"details"}),
        ("UPDATE details SET sealed = (SELECT sealed FROM details WHERE idx = 2) WHERE idx = 1", {"details"}),
        ("DELETE FROM details WHERE idx = 1", {"details"}),
        ("UPDATE signed_checkpoints SET note = x'00' WHERE size = 2", {"checkpoints"}),
        ("UPDATE signed_checkpoints SET size = 3 WHERE size = 2", {"checkpoints"}),
        ("UPDATE signed_checkpoints SET size = 99 WHERE size = 5", {"checkpoints"}),
        ("UPDATE head SET frontier = (SELECT frontier FROM signed_checkpoints WHERE size = 4)", {"leaves"}),
        ("UPDATE head SET size = 6", {"leaves"}),
    ],
)
async def test_damage_is_found_where_it_is(made: LedgerFiles, damage: str, broken: set[str]):
    await filled(made)
    assert holding(made) == ALL_HOLD
    change(made, damage)
    assert {step for step, holds in holding(made).items() if not holds} == broken


async def test_a_guard_that_tells_another_root_is_found(made: LedgerFiles):
    await filled(made)
    made.guard_file.unlink()
    assert not holding(made)["guard"]
    Guard.create(made.guard_file, ORIGIN, Head(5, bytes(32)))
    assert not holding(made)["guard"]


async def test_erased_details_are_told_and_are_no_damage(made: LedgerFiles):
    await filled(made)
    assert tools.erase(made, [1, 3, 77]) == 2
    verified = tools.verify(made)
    assert verified.holds
    assert verified.findings[-1] == tools.Finding("details", holds=True, count=3, detail="2 erased")
    ledger = await start_ledger(made)
    assert await ledger.details(1) is None
    assert await ledger.details(0) is not None
    await ledger.close()


def at_format(files: LedgerFiles, version: str) -> None:
    change(files, f"UPDATE ledger_format SET version_num = '{version}'")  # noqa: S608 - a test's own words


async def test_a_newer_store_is_refused(made: LedgerFiles, tmp_path: Path):
    at_format(made, "0003")
    with pytest.raises(FormatVersionError, match="newer"):
        await start_ledger(made)
    with pytest.raises(FormatVersionError, match="newer"):
        tools.migrate(made, tmp_path / "backup.db")


async def test_an_older_store_is_upgraded_only_when_told_and_with_a_backup(
    made: LedgerFiles, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    await filled(made)
    migrations = next_format(tmp_path)
    monkeypatch.setattr(formats, "_MIGRATIONS", migrations)
    with pytest.raises(FormatVersionError, match="migrate"):
        await start_ledger(made)
    with pytest.raises(StoreError, match="backup"):
        tools.migrate(made, None)
    backup = tmp_path / "backup.db"
    assert tools.migrate(made, backup) == (2, 3)
    assert tools.migrate(made, backup) == (3, 3)
    assert tools.verify(made).holds
    with sqlite3.connect(backup) as kept:
        assert kept.execute("SELECT version_num FROM ledger_format").fetchone() == ("0002",)
        assert kept.execute("SELECT count(*) FROM entries").fetchone() == (5,)
    kept.close()


async def test_a_migration_that_fails_changes_nothing(
    made: LedgerFiles, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    await filled(made)
    with monkeypatch.context() as patched:
        patched.setattr(formats, "_MIGRATIONS", next_format(tmp_path, then="raise RuntimeError('no')"))
        with pytest.raises(RuntimeError):
            tools.migrate(made, tmp_path / "backup.db")
    assert holding(made) == ALL_HOLD


def next_format(tmp_path: Path, then: str = "pass") -> Path:
    """The real migrations with one more behind them."""
    versions = tmp_path / "migrations" / "ledger" / "versions"
    versions.mkdir(parents=True)
    for real in (formats._MIGRATIONS / "ledger" / "versions").glob("f*.py"):
        (versions / real.name).write_bytes(real.read_bytes())
    (versions / "f0003_next.py").write_text(
        "import sqlalchemy as sa\nfrom alembic import op\n"
        "revision = '0003'\ndown_revision = '0002'\nbranch_labels = None\ndepends_on = None\n"
        f"def upgrade():\n    op.add_column('entries', sa.Column('extra', sa.LargeBinary))\n    {then}\n"
    )
    return tmp_path / "migrations"


def test_the_tables_are_what_the_migrations_make(made: LedgerFiles):
    engine = open_engine(made.store_url)
    found = sa.MetaData()
    with engine.connect() as connection:
        found.reflect(connection)
    engine.dispose()
    assert {described(t) for t in found.tables.values() if t.name != LEDGER.version_table} == {
        described(t) for t in LEDGER.metadata.tables.values()
    }


def described(table: sa.Table) -> tuple[object, ...]:
    columns = frozenset((c.name, bool(c.nullable), c.primary_key) for c in table.columns)
    return table.name, columns, frozenset(index.name for index in table.indexes)


async def test_a_lost_guard_is_put_back_from_the_newest_checkpoint_only(made: LedgerFiles):
    await filled(made)
    newest = tools.show(made).signed
    assert newest is not None
    older = database(made).execute("SELECT note FROM signed_checkpoints WHERE size = 2").fetchone()[0]
    with pytest.raises(GuardError, match="is there"):
        tools.restore_guard(made, newest)
    made.guard_file.unlink()
    with pytest.raises(MissingGuardError):
        await start_ledger(made)
    with pytest.raises(GuardError, match="newer"):
        tools.restore_guard(made, older)
    with pytest.raises(GuardError, match="not a checkpoint"):
        tools.restore_guard(made, newest.replace(b"\n5\n", b"\n6\n"))
    assert tools.restore_guard(made, newest).size == 5
    await (await start_ledger(made)).close()
    assert tools.verify(made).holds


async def test_a_guard_is_not_put_back_over_a_store_that_lost_records(made: LedgerFiles):
    await filled(made)
    newest = tools.show(made).signed
    assert newest is not None
    made.guard_file.unlink()
    change(made, "DELETE FROM entries WHERE idx = 4")
    change(made, "DELETE FROM signed_checkpoints WHERE size = 5")
    with pytest.raises(GuardError, match="does not hold"):
        tools.restore_guard(made, newest)
