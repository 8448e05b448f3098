"""SQLite files of the sample nation: one per agency system, written in one stream, read by that system only.

Promises: building streams (memory does not grow with the population) and is all or nothing: the manifest is written
last, and a server refuses a folder without one or of another format. Leaves out how each agency shapes its tables
(``*_store`` modules).
"""

from __future__ import annotations

import json
import secrets
import sqlite3
from typing import TYPE_CHECKING, Final, NamedTuple, Protocol

from bus.sample import business_store, civil_status_store, land_store, population_store, social_insurance_store
from bus.sample.population import TODAY, households

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from bus.sample.people import Household

FORMAT: Final = 1
MANIFEST: Final = "manifest.json"
KEYS: Final = "secrets"
CIVIL_STATUS_KEY: Final = "civil-status-key"
BUSINESS_REGISTRY_KEY: Final = "business-registry-key"
_BATCH: Final = 5_000

Row = tuple[str, tuple[object, ...]]


class StoreError(Exception):
    """The data folder is missing, half built, or of another format; the message says which and what to run."""


class Layout(Protocol):
    """What an agency's store module offers: tables, indexes made after loading, rows of one household."""

    FILE: str
    TABLES: dict[str, str]
    INDEXES: tuple[str, ...]

    def rows(self, household: Household) -> Iterator[Row]:
        """The table name and the values of each row that this household causes."""

    def fixed_rows(self) -> Iterator[Row]:
        """Rows that do not depend on the population."""


LAYOUTS: Final[tuple[Layout, ...]] = (
    population_store,
    civil_status_store,
    social_insurance_store,
    land_store,
    business_store,
)


class Manifest(NamedTuple):
    """What a data folder holds: `rows` counts by file and table."""

    format: int
    size: int
    seed: int
    as_of: str
    rows: dict[str, int]


class _Writer:
    """One file being filled: rows wait by table until there are enough for one statement."""

    def __init__(self, layout: Layout, folder: Path) -> None:
        self.layout = layout
        path = folder / layout.FILE
        path.unlink(missing_ok=True)
        self._db = sqlite3.connect(path, isolation_level=None)
        # Nothing is lost that cannot be made again: speed over durability while building.
        for pragma in ("journal_mode=OFF", "synchronous=OFF", "locking_mode=EXCLUSIVE"):
            self._db.execute(f"PRAGMA {pragma}")
        self._waiting: dict[str, list[tuple[object, ...]]] = {table: [] for table in layout.TABLES}
        self.counts = dict.fromkeys(layout.TABLES, 0)
        for table, columns in layout.TABLES.items():
            self._db.execute(f"CREATE TABLE {table} ({columns})")
        self._db.execute("BEGIN")

    def add(self, rows: Iterator[Row]) -> None:
        for table, values in rows:
            waiting = self._waiting[table]
            waiting.append(values)
            if len(waiting) >= _BATCH:
                self._flush(table)

    def _flush(self, table: str) -> None:
        waiting = self._waiting[table]
        if waiting:
            marks = ",".join("?" * len(waiting[0]))
            self._db.executemany(f"INSERT INTO {table} VALUES ({marks})", waiting)  # noqa: S608 - our own table names
            self.counts[table] += len(waiting)
            waiting.clear()

    def finish(self) -> None:
        for table in self._waiting:
            self._flush(table)
        for index in self.layout.INDEXES:
            self._db.execute(f"CREATE INDEX {index}")
        self._db.execute("COMMIT")
        self.close()

    def close(self) -> None:
        self._db.close()


def build(
    folder: Path,
    size: int = 10_000,
    seed: int = 7,
    progress: Callable[[int], None] | None = None,
) -> Manifest:
    """Make the five files and the manifest; what stood in the folder under these names is replaced.

    Args:
        folder: created where missing.
        size: number of people, the named ones included.
        seed: any whole number; the same one gives the same nation.
        progress: called with the number of people written since the last call.
    """
    folder.mkdir(parents=True, exist_ok=True)
    (folder / MANIFEST).unlink(missing_ok=True)
    writers = [_Writer(layout, folder) for layout in LAYOUTS]
    try:
        for writer in writers:
            writer.add(writer.layout.fixed_rows())
        for household in households(size, seed):
            for writer in writers:
                writer.add(writer.layout.rows(household))
            if progress is not None:
                progress(len(household.people))
        for writer in writers:
            writer.finish()
    finally:
        for writer in writers:
            writer.close()
    _make_keys(folder / KEYS)
    counts = {f"{one.layout.FILE}/{table}": count for one in writers for table, count in one.counts.items()}
    manifest = Manifest(FORMAT, size, seed, TODAY.isoformat(), counts)
    (folder / MANIFEST).write_text(json.dumps(manifest._asdict(), indent=1), encoding="utf-8")
    return manifest


def _make_keys(folder: Path) -> None:
    """The keys that two of the systems ask of their callers: made once, readable by their owner only."""
    folder.mkdir(mode=0o700, exist_ok=True)
    for name in (CIVIL_STATUS_KEY, BUSINESS_REGISTRY_KEY):
        path = folder / name
        if not path.exists():
            path.touch(mode=0o600)
            path.write_text(secrets.token_urlsafe(32), encoding="ascii")


def read_key(folder: Path, name: str) -> str:
    """The key a caller must know.

    Raises:
        StoreError: as `read_manifest`.
    """
    read_manifest(folder)
    return (folder / KEYS / name).read_text(encoding="ascii").strip()


def read_manifest(folder: Path) -> Manifest:
    """What the folder holds.

    Raises:
        StoreError: no manifest (never built, or the build was cut short), or another format.
    """
    path = folder / MANIFEST
    if not path.is_file():
        message = f"no sample data in {folder}: run `python -P -m bus.sample build --data {folder}`"
        raise StoreError(message)
    manifest = Manifest(**json.loads(path.read_text(encoding="utf-8")))
    if manifest.format != FORMAT:
        message = f"sample data in {folder} is of format {manifest.format}, this program reads {FORMAT}: build it again"
        raise StoreError(message)
    return manifest


def open_store(folder: Path, file: str) -> sqlite3.Connection:
    """A read-only connection to one agency's file, rows by column name.

    Raises:
        StoreError: as `read_manifest`.
    """
    read_manifest(folder)
    db = sqlite3.connect(f"file:{folder / file}?mode=ro", uri=True, check_same_thread=False)
    db.row_factory = sqlite3.Row
    return db
