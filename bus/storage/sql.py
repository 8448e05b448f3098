"""The ledger's store on SQL: one set of statements for SQLite and PostgreSQL.

Promises: the port, in one transaction per append, guarded by compare-and-swap on the head row (size and term), so a
process that was overtaken writes nothing. Statements are built once and cached by SQLAlchemy.
Leaves out: threads. One thread appends; reads may come from others, each on a connection of the pool.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import sqlalchemy as sa

from bus.storage import formats
from bus.storage.engine import as_store_errors, open_engine, sqlite_file, writing
from bus.storage.formats import Format
from bus.storage.hold import Hold
from bus.storage.memory import QUOTA_KEPT_MS
from bus.storage.port import Batch, HeadMovedError, Known, OpenRow, Signed, StoredHead
from bus.storage.tables import ASKED, DETAILS, ENTRIES, HEAD, METADATA, QUOTAS, SIGNED, UNIQUE

if TYPE_CHECKING:
    from collections.abc import Sequence

LEDGER: Final = Format("ledger", METADATA)

_HEAD: Final = sa.select(HEAD.c.size, HEAD.c.term, HEAD.c.frontier)
_MOVE_HEAD: Final = (
    sa.update(HEAD)
    .where(HEAD.c.size == sa.bindparam("old_size"), HEAD.c.term == sa.bindparam("old_term"))
    .values(size=sa.bindparam("new_size"), frontier=sa.bindparam("new_frontier"))
)
_FIND_UNIQUE: Final = sa.select(UNIQUE.c.key, UNIQUE.c.idx).where(
    UNIQUE.c.key.in_(sa.bindparam("keys", expanding=True))
)
_FIND_QUOTAS: Final = sa.select(QUOTAS.c.bucket, QUOTAS.c.count).where(
    QUOTAS.c.bucket.in_(sa.bindparam("keys", expanding=True))
)
_FIND_ASKED: Final = sa.select(ASKED.c.idx, ASKED.c.settled_by).where(
    ASKED.c.idx.in_(sa.bindparam("keys", expanding=True))
)
_SETTLE: Final = sa.update(ASKED).where(ASKED.c.idx == sa.bindparam("asked")).values(settled_by=sa.bindparam("by"))
_READ: Final = (
    sa.select(ENTRIES.c.leaf)
    .where(ENTRIES.c.idx >= sa.bindparam("first"), ENTRIES.c.idx < sa.bindparam("end"))
    .order_by(ENTRIES.c.idx)
)
_OPEN: Final = (
    sa.select(ASKED.c.idx, ASKED.c.deadline_ms, ENTRIES.c.leaf)
    .join(ENTRIES, ENTRIES.c.idx == ASKED.c.idx)
    .where(ASKED.c.settled_by.is_(None), ASKED.c.deadline_ms < sa.bindparam("before"))
    .order_by(ASKED.c.deadline_ms, ASKED.c.idx)
    .limit(sa.bindparam("at_most"))
)


def create_store(url: str, origin: str) -> None:
    """Create an empty ledger store under `origin`, for ever.

    Raises:
        StoreExistsError: there is one already; it was not touched.
    """
    engine = open_engine(url, create=True)
    try:
        first = sa.insert(HEAD).values(id=1, origin=origin, size=0, term=0, frontier=b"")
        formats.create(engine, LEDGER, first)
    finally:
        engine.dispose()


class SqlStore:
    """A store opened for serving or for reading.

    Raises:
        MissingStoreError: there is no ledger store at this URL; nothing was created.
        FormatVersionError: its format is not this program's.
    """

    def __init__(self, url: str) -> None:
        self._engine = open_engine(url)
        self._hold = Hold()
        self._writer: sa.Connection | None = None
        try:
            formats.require_current(self._engine, LEDGER)
            with self._engine.connect() as connection:
                origin = connection.scalars(sa.select(HEAD.c.origin)).one()
        except BaseException:
            self.close()
            raise
        self._origin = str(origin)

    @property
    def origin(self) -> str:
        """See the port."""
        return self._origin

    def take_over(self, now_ms: int) -> StoredHead:
        """See the port."""
        connection = self._writing_connection()
        self._hold.take(connection, f"lienthong ledger {self._origin}")
        with writing(connection):
            connection.execute(sa.update(HEAD).values(term=HEAD.c.term + 1))
            connection.execute(sa.delete(QUOTAS).where(QUOTAS.c.touched_ms < now_ms - QUOTA_KEPT_MS))
            return _head(connection)

    def head(self) -> StoredHead:
        """See the port."""
        with as_store_errors(), self._engine.connect() as connection:
            return _head(connection)

    def known(self, unique: Sequence[bytes], buckets: Sequence[str], asked: Sequence[int]) -> Known:
        """See the port."""
        with as_store_errors(), self._writing_connection().begin():
            return Known(
                self._find(_FIND_UNIQUE, unique), self._find(_FIND_QUOTAS, buckets), self._find(_FIND_ASKED, asked)
            )

    def _find(self, statement: sa.Select[tuple[Any, Any]], keys: Sequence[object]) -> dict[Any, Any]:
        if not keys:
            return {}
        rows = self._writing_connection().execute(statement, {"keys": list(keys)})
        return {row[0]: row[1] for row in rows}

    def append(self, batch: Batch, expected: StoredHead) -> StoredHead:
        """See the port."""
        connection = self._writing_connection()
        head = StoredHead(expected.size + len(batch.entries), expected.term, batch.frontier)
        with writing(connection):
            _move_head(connection, expected, head)
            _insert_entries(connection, batch, expected.size)
            _count(connection, batch)
        return head

    def read(self, start: int, end: int) -> list[bytes]:
        """See the port."""
        with as_store_errors(), self._engine.connect() as connection:
            return list(connection.scalars(_READ, {"first": start, "end": end}))

    def details(self, index: int) -> bytes | None:
        """See the port."""
        with as_store_errors(), self._engine.connect() as connection:
            row = connection.execute(sa.select(DETAILS.c.sealed).where(DETAILS.c.idx == index)).one_or_none()
        if row is None:
            raise KeyError(index)
        return None if row.sealed is None else bytes(row.sealed)

    def erase(self, indexes: Sequence[int]) -> int:
        """See the port; on SQLite the write-ahead log is emptied too, so that the old bytes are gone from the files."""
        statement = (
            sa.update(DETAILS)
            .where(DETAILS.c.idx.in_(list(indexes)), DETAILS.c.sealed.is_not(None))
            .values(sealed=None)
        )
        with self._engine.connect() as connection:
            with writing(connection):
                erased = connection.execute(statement).rowcount
            if sqlite_file(self._engine) is not None and connection.connection.driver_connection is not None:
                connection.connection.driver_connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        return erased

    def open_asked(self, before_ms: int, limit: int) -> list[OpenRow]:
        """See the port."""
        with as_store_errors(), self._engine.connect() as connection:
            rows = connection.execute(_OPEN, {"before": before_ms, "at_most": limit})
            return [OpenRow(row.idx, row.deadline_ms, row.leaf) for row in rows]

    def save_signed(self, signed: Signed) -> None:
        """See the port."""
        with self._engine.connect() as connection, writing(connection):
            connection.execute(sa.delete(SIGNED).where(SIGNED.c.size == signed.size))
            connection.execute(sa.insert(SIGNED).values(signed._asdict()))

    def signed(self, up_to: int | None = None) -> Signed | None:
        """See the port."""
        statement = sa.select(SIGNED).order_by(SIGNED.c.size.desc()).limit(1)
        if up_to is not None:
            statement = statement.where(SIGNED.c.size <= up_to)
        with as_store_errors(), self._engine.connect() as connection:
            row = connection.execute(statement).one_or_none()
        return None if row is None else Signed(row.size, bytes(row.note), bytes(row.frontier))

    def close(self) -> None:
        """See the port."""
        if self._writer is not None:
            self._writer.invalidate()
            self._writer.close()
            self._writer = None
        self._engine.dispose()
        self._hold.release()

    def _writing_connection(self) -> sa.Connection:
        if self._writer is None:
            with as_store_errors():
                self._writer = self._engine.connect()
        return self._writer


def _head(connection: sa.Connection) -> StoredHead:
    row = connection.execute(_HEAD).one()
    return StoredHead(row.size, row.term, bytes(row.frontier))


def _move_head(connection: sa.Connection, expected: StoredHead, head: StoredHead) -> None:
    moved = connection.execute(
        _MOVE_HEAD,
        {
            "old_size": expected.size,
            "old_term": expected.term,
            "new_size": head.size,
            "new_frontier": head.frontier,
        },
    )
    if moved.rowcount != 1:
        raise HeadMovedError("storage: the head is not where this writer left it")


def _insert_entries(connection: sa.Connection, batch: Batch, first: int) -> None:
    numbered = list(enumerate(batch.entries, start=first))
    connection.execute(ENTRIES.insert(), [{"idx": i, "leaf": e.leaf} for i, e in numbered])
    connection.execute(DETAILS.insert(), [{"idx": i, "sealed": e.details} for i, e in numbered])
    if keys := [{"key": e.unique, "idx": i} for i, e in numbered if e.unique is not None]:
        connection.execute(UNIQUE.insert(), keys)
    if asked := [{"idx": i, "deadline_ms": e.deadline_ms} for i, e in numbered if e.deadline_ms is not None]:
        connection.execute(ASKED.insert(), asked)
    if settled := [{"asked": e.closes, "by": i} for i, e in numbered if e.closes is not None]:
        connection.execute(_SETTLE, settled)


def _count(connection: sa.Connection, batch: Batch) -> None:
    if not batch.quotas:
        return
    connection.execute(
        sa.delete(QUOTAS).where(QUOTAS.c.bucket.in_(sa.bindparam("keys", expanding=True))),
        {"keys": list(batch.quotas)},
    )
    connection.execute(
        QUOTAS.insert(),
        [{"bucket": b, "count": count, "touched_ms": batch.now_ms} for b, count in batch.quotas.items()],
    )
