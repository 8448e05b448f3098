"""An archive looked at from outside: how much of what is there, how fast it grows, whether it opens, what may go.

Promises: works beside a running node. `forget` deletes nothing that is younger than its class allows, whatever it is
asked, and nothing of a class that it does not know; each piece is on the deletion list before it is gone. `verify`
opens every box and holds it against its digest. Leaves out: backups (`bus.node.backup`).
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Final, NamedTuple

import msgspec
import sqlalchemy as sa

from bus.ledger.vault import DetailsUnreadableError, Vault
from bus.node import deletions
from bus.node.archive import DATABASE, Kept, bound_to
from bus.node.deletions import DeletionListError, Gone
from bus.storage import formats
from bus.storage.archive_tables import ANSWERS, ARCHIVE, EVIDENCE, STARTED
from bus.storage.engine import as_store_errors, open_engine, writing
from bus.storage.port import StoreError

DAY_MS: Final = 24 * 3600 * 1000
CLASSES: Final = ("question", "reply", "receipt", "dossier", "declaration")
OTHER: Final = "other"
ORDERED: Final = "order"
"""On the deletion list: gone by an order of erasure, whatever its class."""
_KINDS: Final = {"reply": ("reply", "reply-refused"), "receipt": ("receipt", "receipt-refused")}
"""Kinds of a class beside its own: what did not hold is kept as long, as evidence against whoever sent it."""
_ALL: Final = tuple(kind for name in CLASSES for kind in _KINDS.get(name, (name,)))
_BATCH: Final = 500


@dataclass(frozen=True, slots=True)
class Kind:
    """How much of one class is kept; times in ms since the epoch, None where there is nothing."""

    count: int
    bytes: int
    oldest_ms: int | None
    newest_ms: int | None


@dataclass(frozen=True, slots=True)
class Shown:
    """An archive at a glance.

    Attributes:
        classes: by name; `other` is what no class covers and nothing ever forgets.
        file_bytes: database with its log.
        growth_bytes_per_day: mean of the window, in bytes of the file.
        free_bytes: of the disk.
        days_left: until the limit, or until the disk is full; None where nothing grows.
        deletions: lines of the deletion list; `head` is the digest of its last, empty where the list does not hold.
    """

    classes: Mapping[str, Kind]
    file_bytes: int
    growth_bytes_per_day: int
    free_bytes: int
    limit_bytes: int
    days_left: float | None
    deletions: int
    head: str


class Fault(NamedTuple):
    """A piece that does not hold."""

    kind: str
    exchange: str
    rule: str


@dataclass(frozen=True, slots=True)
class Verified:
    """The outcome of `verify`."""

    boxes: int
    deletions: int
    head: str
    faults: tuple[Fault, ...]

    @property
    def holds(self) -> bool:
        """Whether nothing is wrong."""
        return not self.faults


@dataclass(frozen=True, slots=True)
class Forgotten:
    """What `forget` deleted, or would: pieces by class; `head` is the deletion list's."""

    counts: Mapping[str, int]
    head: str


@contextmanager
def opened(folder: Path) -> Iterator[sa.Engine]:
    """An existing archive's engine.

    Raises:
        MissingStoreError, FormatVersionError: none here, or of another format.
    """
    engine = open_engine(f"sqlite:///{folder / DATABASE}")
    try:
        formats.require_current(engine, ARCHIVE)
        yield engine
    finally:
        engine.dispose()


def show(folder: Path, now_ms: int, *, window_days: int = 7, limit_bytes: int | None = None) -> Shown:
    """Count, measure, and say how long the disk lasts.

    Args:
        folder: the archive.
        now_ms: the end of the window.
        window_days: over how many days growth is measured; less where the archive is younger.
        limit_bytes: the most that the archive may take; None is what it takes now and what the disk has left.
    """
    since = now_ms - window_days * DAY_MS
    with opened(folder) as engine, as_store_errors(engine), engine.connect() as connection:
        classes = {name: _kind(connection, name, None) for name in (*CLASSES, OTHER)}
        recent = sum(_kind(connection, name, since).bytes for name in (*CLASSES, OTHER))
    lines, head = _listed(folder)
    size = sum(path.stat().st_size for path in folder.glob(f"{DATABASE}*"))
    boxes = sum(one.bytes for one in classes.values())
    oldest = min((one.oldest_ms for one in classes.values() if one.oldest_ms is not None), default=now_ms)
    days = max(1.0, min(float(window_days), (now_ms - oldest) / DAY_MS))
    growth = round(recent / days * (size / boxes if boxes else 1))
    free = shutil.disk_usage(folder).free
    limit = size + free if limit_bytes is None else min(limit_bytes, size + free)
    left = max(0.0, (limit - size) / growth) if growth else None
    return Shown(classes, size, growth, free, limit, left, lines, head)


def _listed(folder: Path) -> tuple[int, str]:
    try:
        lines, head = deletions.read_list(folder)
    except DeletionListError:
        return 0, ""
    return len(lines), head


def verify(folder: Path, key: bytes, told: Callable[[int, int], None] = lambda _done, _all: None) -> Verified:
    """Check the file, open every box, hold each against its digest, follow the deletion list.

    Raises:
        StoreError: the database itself is damaged.
    """
    vault, faults, done = Vault.under(key), list[Fault](), 0
    with opened(folder) as engine, as_store_errors(engine), engine.connect() as connection:
        if connection.exec_driver_sql("PRAGMA integrity_check").scalar() != "ok":
            raise StoreError("storage: the archive's database is damaged")
        total = sum(connection.scalar(sa.select(sa.func.count()).select_from(t)) or 0 for t in (ANSWERS, EVIDENCE))
        for done, row in enumerate(_boxes(connection), start=1):
            rule = _fault(vault, row)
            if rule:
                faults.append(Fault(row.kind, deletions.named(row.exchange), rule))
            told(done, total)
    lines, head = 0, ""
    try:
        read, head = deletions.read_list(folder)
        lines = len(read)
    except DeletionListError as error:
        faults.append(Fault("deletions", "", str(error)))
    return Verified(done, lines, head, tuple(faults))


def forget(folder: Path, days: Mapping[str, int], now_ms: int, *, dry_run: bool = False) -> Forgotten:
    """Delete what is older than its class allows.

    Args:
        folder: the archive.
        days: per class, how long it must be kept; a class that is missing is kept for ever.
        now_ms: the moment of deletion.
        dry_run: only count.

    Raises:
        DeletionListError: the list does not hold; nothing is deleted.
    """
    counts = dict.fromkeys(days, 0)
    deletions.mend(folder)
    _, head = deletions.read_list(folder)
    with opened(folder) as engine, engine.connect() as connection:
        for name, keep in days.items():
            before = now_ms - keep * DAY_MS
            if dry_run:
                counts[name] = _kind(connection, name, None, before).count
                continue
            while gone := _old(connection, name, before):
                head = deletions.append(folder, [_gone(name, row) for row in gone], now_ms)
                _delete(connection, gone)
                counts[name] += len(gone)
        if not dry_run and "reply" in days:
            _forget_marks(connection, now_ms - days["reply"] * DAY_MS)
    return Forgotten(counts, head)


class Erased(NamedTuple):
    """What an order erased: how many pieces, and the deletion list's head after it."""

    pieces: int
    head: str


def erase(folder: Path, exchanges: Sequence[str], now_ms: int) -> Erased:
    """Erase everything kept of these exchanges, whatever its class allows: for an order that was judged.

    Raises:
        DeletionListError: the list does not hold; nothing is erased.
        StoreError: the archive cannot be changed.
    """
    pieces = 0
    deletions.mend(folder)
    _, head = deletions.read_list(folder)
    with opened(folder) as engine, as_store_errors(engine), engine.connect() as connection:
        for start in range(0, len(exchanges), _BATCH):
            among = exchanges[start : start + _BATCH]
            gone = _among(connection, among)
            if gone:
                head = deletions.append(folder, [_gone(ORDERED, row) for row in gone], now_ms)
                _delete(connection, gone)
                pieces += len(gone)
        driver = connection.connection.driver_connection
        if pieces and driver is not None:
            driver.execute("PRAGMA wal_checkpoint(TRUNCATE)")  # erased bytes leave the write-ahead log, too
    return Erased(pieces, head)


class _Row(NamedTuple):
    """One piece; `sealer` is empty but for answers."""

    kind: str
    sealer: str
    exchange: str
    digest: bytes
    box: bytes
    kept_ms: int


def _kind(connection: sa.Connection, name: str, since_ms: int | None, before_ms: int | None = None) -> Kind:
    found = []
    for table, condition in _tables(name):
        query = sa.select(
            sa.func.count(),
            sa.func.coalesce(sa.func.sum(sa.func.length(table.c.box)), 0),
            sa.func.min(table.c.kept_ms),
            sa.func.max(table.c.kept_ms),
        ).where(condition)
        if since_ms is not None:
            query = query.where(table.c.kept_ms >= since_ms)
        if before_ms is not None:
            query = query.where(table.c.kept_ms < before_ms)
        found.append(connection.execute(query).one())
    connection.rollback()
    return Kind(
        sum(row[0] for row in found),
        sum(row[1] for row in found),
        min((row[2] for row in found if row[2] is not None), default=None),
        max((row[3] for row in found if row[3] is not None), default=None),
    )


def _tables(name: str) -> list[tuple[sa.Table, sa.ColumnElement[bool]]]:
    """Where a class lies: answers that this agency gave are replies too."""
    if name == OTHER:
        return [(EVIDENCE, EVIDENCE.c.kind.not_in(_ALL))]
    own = [(ANSWERS, sa.true())] if name == "reply" else []
    return [(EVIDENCE, EVIDENCE.c.kind.in_(_KINDS.get(name, (name,)))), *own]


def _old(connection: sa.Connection, name: str, before_ms: int) -> list[_Row]:
    """Some of the class's pieces that are older than `before_ms`, without their boxes."""
    found: list[_Row] = []
    for table, condition in _tables(name):
        kind = table.c.kind if table is EVIDENCE else sa.literal("answer")
        sealer = sa.literal("") if table is EVIDENCE else table.c.sealer
        digest = table.c.digest if table is EVIDENCE else table.c.box
        query = sa.select(kind, sealer, table.c.exchange, digest, table.c.kept_ms).where(
            condition, table.c.kept_ms < before_ms
        )
        for row in connection.execute(query.limit(_BATCH)):
            # An answer has no digest of its own: its box names it.
            known = row[3] if table is EVIDENCE else sha256(row[3]).digest()
            found.append(_Row(row[0], row[1], row[2], known, b"", row[4]))
    connection.rollback()
    return found


def _among(connection: sa.Connection, exchanges: Sequence[str]) -> list[_Row]:
    """Every piece of these exchanges, without their boxes."""
    pieces = sa.select(EVIDENCE).where(EVIDENCE.c.exchange.in_(exchanges))
    answers = sa.select(ANSWERS).where(ANSWERS.c.exchange.in_(exchanges))
    found = [_Row(row.kind, "", row.exchange, row.digest, b"", row.kept_ms) for row in connection.execute(pieces)]
    found += [
        _Row("answer", row.sealer, row.exchange, sha256(row.box).digest(), b"", row.kept_ms)
        for row in connection.execute(answers)
    ]
    connection.rollback()
    return found


def _gone(name: str, row: _Row) -> Gone:
    return Gone(name, row.kind, row.exchange, row.digest, row.kept_ms)


def _delete(connection: sa.Connection, rows: list[_Row]) -> None:
    with writing(connection):
        for row in rows:
            if row.kind == "answer":
                key = (ANSWERS.c.sealer == row.sealer, ANSWERS.c.exchange == row.exchange)
                connection.execute(sa.delete(ANSWERS).where(*key, ANSWERS.c.kept_ms == row.kept_ms))
            else:
                key = (EVIDENCE.c.exchange == row.exchange, EVIDENCE.c.kind == row.kind)
                connection.execute(sa.delete(EVIDENCE).where(*key, EVIDENCE.c.digest == row.digest))


def _forget_marks(connection: sa.Connection, before_ms: int) -> None:
    """Marks of started operations hold nothing but numbers, and no deletion needs proof of them."""
    with writing(connection):
        connection.execute(sa.delete(STARTED).where(STARTED.c.kept_ms < before_ms))


def _boxes(connection: sa.Connection) -> Iterator[_Row]:
    streamed = connection.execution_options(yield_per=64)
    for row in streamed.execute(sa.select(EVIDENCE)):
        yield _Row(row.kind, "", row.exchange, row.digest, row.box, row.kept_ms)
    for row in streamed.execute(sa.select(ANSWERS)):
        yield _Row("answer", row.sealer, row.exchange, b"", row.box, row.kept_ms)


def _fault(vault: Vault, row: _Row) -> str:
    """Why a box does not hold; empty where it does."""
    context = ("answer", row.sealer, row.exchange) if row.kind == "answer" else ("evidence", row.exchange, row.kind)
    try:
        plain = vault.open(row.box, bound_to(*context))
        msgspec.msgpack.decode(plain, type=Kept)
    except DetailsUnreadableError:
        return "does not open: another key, or altered"
    except msgspec.DecodeError:
        return "opens to something else"
    return "" if row.kind == "answer" or sha256(plain).digest() == row.digest else "has another digest"
