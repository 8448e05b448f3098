"""Back an archive up while its node runs, and put a backup back so that it still verifies.

Promises: a backup is one consistent state of the database with its deletion list and a manifest of digests, still
encrypted: the key is not in it and is needed to use it. A restore never overwrites an archive, takes only a backup
whose digests hold, and forgets again what a newer deletion list names.
Leaves out: carrying the backup elsewhere, and keeping the key.

    evidence.db   deletions.jsonl   sealed-DAY…   backup.json {"v": 1, "agency", "at", "files": {name: sha256}}
"""

from __future__ import annotations

import hashlib
import os
import shutil
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Final, Literal

import msgspec
import sqlalchemy as sa

from bus.batches import SEALED
from bus.node import deletions, seals
from bus.node.archive import DATABASE
from bus.node.keeping import Verified, opened, verify
from bus.storage.archive_tables import ANSWERS, EVIDENCE
from bus.storage.engine import as_store_errors, writing
from bus.storage.port import StoreError, StoreExistsError
from schemas.text import moment

MANIFEST: Final = "backup.json"
_CHUNK_BYTES: Final = 1 << 20


class BackupError(Exception):
    """A backup cannot be made or used; the message names the rule."""


class Manifest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a backup says of itself."""

    v: Literal[1]
    agency: str
    at: str
    files: dict[str, str]


def back_up(folder: Path, target: Path, agency: str, now_ms: int) -> Manifest:
    """Write a backup into a new folder.

    Raises:
        BackupError: the folder exists.
        StoreError: the archive cannot be read, or the target not written.
    """
    if target.exists():
        raise BackupError(f"backup: {target} is there already: name a new folder")
    with opened(folder) as engine:
        target.mkdir(parents=True, mode=0o700)
        _vacuum(engine, target / DATABASE)
        # The list afterwards: a line is written before its piece goes, so what this copy lacks is on the list.
        if (folder / deletions.FILE).exists():
            shutil.copyfile(folder / deletions.FILE, target / deletions.FILE)
        for path in sorted((folder / seals.FOLDER).glob("sealed-*")):
            shutil.copyfile(path, target / path.name)
    files = {path.name: _digest(path) for path in sorted(target.iterdir())}
    manifest = Manifest(1, agency, moment(now_ms), files)
    (target / MANIFEST).write_bytes(msgspec.json.format(msgspec.json.encode(manifest), indent=2) + b"\n")
    for path in target.iterdir():
        path.chmod(0o600)
        _sync(path)
    _sync(target)
    return manifest


def restore(
    source: Path,
    folder: Path,
    key: bytes,
    *,
    agency: str,
    newer: bytes | None = None,
    told: Callable[[int, int], None] = lambda _done, _all: None,
) -> Verified:
    """Put a backup where no archive is, and open every box of it.

    Args:
        source: the backup's folder.
        folder: where the archive shall be.
        key: the archive's key.
        agency: whose it must be.
        newer: the newest deletion list that was kept elsewhere; what it names beyond the backup's is forgotten again.
        told: (boxes opened, boxes in all).

    Raises:
        StoreExistsError: an archive is there; nothing was touched.
        BackupError: not a backup, of another agency, altered, or the newer list does not continue the backup's.
    """
    if (folder / DATABASE).exists():
        raise StoreExistsError(f"storage: an archive is in {folder} already")
    manifest = read_manifest(source)
    if manifest.agency != agency:
        raise BackupError(f"backup: of {manifest.agency}, not of {agency}")
    _continued(source, newer)
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    for name in sorted(manifest.files, reverse=True):
        place = folder / seals.FOLDER / name if SEALED.fullmatch(name) else folder / name
        place.parent.mkdir(exist_ok=True, mode=0o700)
        shutil.copyfile(source / name, place)
        place.chmod(0o600)
        _sync(place)
        _sync(place.parent)
    if newer is not None:
        _forget_again(folder, newer)
    return verify(folder, key, told)


def read_manifest(source: Path) -> Manifest:
    """A backup's manifest, once every file has the digest that it names.

    Raises:
        BackupError: it is none, or a file is missing, strange or altered.
    """
    try:
        manifest = msgspec.json.decode((source / MANIFEST).read_bytes(), type=Manifest)
        there = {path.name for path in source.iterdir()} - {MANIFEST}
    except (OSError, msgspec.DecodeError) as error:
        raise BackupError(f"backup: {source} holds no readable {MANIFEST}") from error
    plain = {name for name in there if not SEALED.fullmatch(name)}
    if there != manifest.files.keys() or not {DATABASE} <= plain <= {DATABASE, deletions.FILE}:
        raise BackupError("backup: its files are not those of its manifest")
    for name, digest in manifest.files.items():
        if _digest(source / name) != digest:
            raise BackupError(f"backup: {name} has another digest than its manifest names")
    return manifest


def _continued(source: Path, newer: bytes | None) -> None:
    if newer is None:
        return
    lines, _ = deletions.read(newer)
    before, _ = deletions.read_list(source)
    if lines[: len(before)] != before:
        raise BackupError("backup: the newer deletion list does not continue the backup's")


def _forget_again(folder: Path, newer: bytes) -> None:
    lines, _ = deletions.read(newer)
    before, _ = deletions.read_list(folder)
    wanted = {(line.exchange, line.digest) for line in lines[len(before) :]}
    with opened(folder) as engine, engine.connect() as connection:
        gone = [
            (table, row.rowid)
            for table in (EVIDENCE, ANSWERS)
            for row in connection.execute(sa.select(sa.literal_column("rowid"), table))
            if (deletions.named(row.exchange), _named_digest(row)) in wanted
        ]
        connection.rollback()
        with writing(connection):
            for table, rowid in gone:
                connection.execute(sa.delete(table).where(sa.literal_column("rowid") == rowid))
    (folder / deletions.FILE).write_bytes(newer)
    (folder / deletions.FILE).chmod(0o600)
    _sync(folder / deletions.FILE)


def _named_digest(row: sa.Row[tuple[object, ...]]) -> str:
    digest = getattr(row, "digest", None)
    return bytes(digest if digest is not None else hashlib.sha256(row.box).digest()).hex()


def _vacuum(engine: sa.Engine, target: Path) -> None:
    """A consistent copy of one moment, while others write (SQLite: VACUUM INTO)."""
    with as_store_errors(engine), engine.connect() as connection:
        driver = connection.connection.driver_connection
        if not isinstance(driver, sqlite3.Connection):
            raise StoreError("storage: an archive is a SQLite store")
        driver.execute("VACUUM INTO ?", (str(target),))


def _digest(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while piece := file.read(_CHUNK_BYTES):
            digest.update(piece)
    return digest.hexdigest()


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
