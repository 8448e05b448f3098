"""The node's evidence archive: what was answered is answered again, what was started is started once."""

from __future__ import annotations

import asyncio
import os
import stat
import subprocess
import sys
import textwrap
from typing import TYPE_CHECKING

import pytest
import sqlalchemy as sa

from bus.ledger.vault import DetailsUnreadableError
from bus.node.archive import ArchiveStoppedError, Evidence, Kept, SqlArchive, create_archive
from bus.storage.archive_tables import ARCHIVE
from bus.storage.engine import open_engine
from bus.storage.port import MissingStoreError, StoreExistsError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

KEY = b"a" * 32
NOW_MS = 1_800_000_000_000


async def opened(folder: Path, now_ms: int = NOW_MS, key: bytes = KEY) -> SqlArchive:
    return await SqlArchive.open(folder, key, lambda: now_ms)


@pytest.fixture
async def archive(tmp_path: Path) -> AsyncIterator[SqlArchive]:
    create_archive(tmp_path / "a100001")
    made = await opened(tmp_path / "a100001")
    yield made
    await made.close()


async def test_an_answer_is_given_back_byte_for_byte_also_after_a_restart(archive: SqlArchive, tmp_path: Path):
    assert await archive.answer_for("a100002", "e1") is None
    await archive.keep_answer("a100002", "e1", b"sealed", (b"part", b""))
    await archive.close()
    again = await opened(tmp_path / "a100001")
    assert await again.answer_for("a100002", "e1") == Kept(b"sealed", (b"part", b""))
    assert await again.answer_for("a100003", "e1") is None
    await again.close()


async def test_an_answer_that_stands_is_never_replaced(archive: SqlArchive):
    await archive.keep_answer("a100002", "e1", b"first", ())
    await archive.keep_answer("a100002", "e1", b"second", ())
    assert await archive.answer_for("a100002", "e1") == Kept(b"first", ())


async def test_an_operation_is_started_once_however_many_try_also_after_a_restart(archive: SqlArchive, tmp_path: Path):
    tries = await asyncio.gather(*(archive.start("a100002", "e1") for _ in range(30)))
    assert tries.count(True) == 1
    await archive.close()
    again = await opened(tmp_path / "a100001")
    assert not await again.start("a100002", "e1")
    assert await again.start("a100002", "e2")
    await again.close()


async def test_evidence_is_kept_once_per_bytes_and_never_overwritten(archive: SqlArchive):
    for sealed in (b"q", b"q", b"other"):
        await archive.keep("e1", "question", sealed, (b"p",))
    await archive.keep("e1", "reply", b"r", ())
    found = await archive.evidence("e1")
    assert sorted((piece.kind, piece.kept.sealed) for piece in found) == [
        ("question", b"other"),
        ("question", b"q"),
        ("reply", b"r"),
    ]
    assert Evidence("reply", Kept(b"r", ()), NOW_MS) in found
    assert await archive.evidence("e2") == []


async def test_nothing_stands_in_the_files_in_clear(archive: SqlArchive, tmp_path: Path):
    await archive.keep_answer("a100002", "e1", b"personal-answer", (b"personal-part",))
    await archive.keep("e1", "question", b"personal-question", ())
    assert not any(b"personal" in path.read_bytes() for path in (tmp_path / "a100001").iterdir())
    assert stat.S_IMODE((tmp_path / "a100001").stat().st_mode) == 0o700


async def test_another_key_opens_nothing(archive: SqlArchive, tmp_path: Path):
    await archive.keep_answer("a100002", "e1", b"s", ())
    with pytest.raises(DetailsUnreadableError, match="this key does not open it"):
        await opened(tmp_path / "a100001", key=b"b" * 32)


async def test_what_is_older_than_asked_is_forgotten(archive: SqlArchive, tmp_path: Path):
    await archive.keep_answer("a100002", "old", b"s", ())
    await archive.keep("old", "reply", b"s", ())
    later = await opened(tmp_path / "a100001", now_ms=NOW_MS + 10)
    await later.keep_answer("a100002", "young", b"s", ())
    assert await later.forget(NOW_MS + 10) == 2
    assert await later.answer_for("a100002", "old") is None
    assert await later.answer_for("a100002", "young") is not None
    await later.close()


async def test_a_missing_archive_is_refused_and_not_created(tmp_path: Path):
    with pytest.raises(MissingStoreError):
        await opened(tmp_path)
    assert not holds_anything(tmp_path)


def holds_anything(folder: Path) -> bool:
    return any(folder.iterdir())


def test_an_archive_is_never_created_over_another(tmp_path: Path):
    create_archive(tmp_path)
    with pytest.raises(StoreExistsError):
        create_archive(tmp_path)


async def test_after_a_failed_write_nothing_is_taken_until_the_restart(archive: SqlArchive):
    archive._statements._cursor.execute("DROP TABLE started")
    with pytest.raises(ArchiveStoppedError):
        await archive.start("a100002", "e1")
    with pytest.raises(ArchiveStoppedError):
        await archive.keep_answer("a100002", "e1", b"s", ())
    assert await archive.answer_for("a100002", "e1") is None


def test_the_tables_are_what_the_migrations_make(tmp_path: Path):
    create_archive(tmp_path)
    engine = open_engine(f"sqlite:///{tmp_path}/evidence.db")
    with engine.connect() as connection:
        made = sa.MetaData()
        made.reflect(connection)
    engine.dispose()
    expected = {t.name: {c.name for c in t.columns} for t in ARCHIVE.metadata.tables.values()}
    found = {t.name: {c.name for c in t.columns} for t in made.tables.values() if t.name != ARCHIVE.version_table}
    assert found == expected


def test_what_was_started_survives_kill_9(tmp_path: Path):
    create_archive(tmp_path)
    program = textwrap.dedent("""
        import asyncio, os, pathlib, signal, sys
        from bus.node.archive import SqlArchive
        async def main():
            archive = await SqlArchive.open(pathlib.Path(sys.argv[1]), b"a" * 32, lambda: 1)
            assert await archive.start("a100002", "e1")
            await archive.keep_answer("a100002", "e1", b"sealed", ())
            os.kill(os.getpid(), signal.SIGKILL)
        asyncio.run(main())
    """)
    done = subprocess.run(
        [sys.executable, "-c", program, str(tmp_path)], env={**os.environ, "PYTHONPATH": "."}, check=False
    )
    assert done.returncode == -9

    async def look() -> tuple[bool, Kept | None]:
        archive = await opened(tmp_path)
        try:
            return await archive.start("a100002", "e1"), await archive.answer_for("a100002", "e1")
        finally:
            await archive.close()

    assert asyncio.run(look()) == (False, Kept(b"sealed", ()))
