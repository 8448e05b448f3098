"""The ledger's store on SQL: one set of statements for SQLite and PostgreSQL.

Promises: the port, in one transaction per append, guarded by compare-and-swap on the head row (size and term), so a
process that was overtaken writes nothing.
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
from bus.storage.port import Kept, OpenRow, PrunedEntryError, Signed, StoredHead, must_lie_below
from bus.storage.prepared import Prepared
from bus.storage.tables import ASKED, DETAILS, ENTRIES, HEAD, METADATA, QUOTAS, SIGNED

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from bus.storage.port import Batch, Known, Wanted

LEDGER: Final = Format("ledger", METADATA)

_HEAD: Final = sa.select(HEAD.c.size, HEAD.c.term, HEAD.c.frontier)
_PRUNED: Final = b""
"""What stands for a leaf that was pruned: no leaf is empty."""
_READ: Final = (
    sa.select(ENTRIES.c.leaf)
    .where(ENTRIES.c.idx >= sa.bindparam("first"), ENTRIES.c.idx < sa.bindparam("end"))
    .order_by(ENTRIES.c.idx)
)
_KEPT: Final = (
    sa.select(ENTRIES.c.leaf, ENTRIES.c.hash)
    .where(ENTRIES.c.idx >= sa.bindparam("first"), ENTRIES.c.idx < sa.bindparam("end"))
    .order_by(ENTRIES.c.idx)
)
_PRUNE: Final = (
    sa.update(ENTRIES)
    .where(ENTRIES.c.idx == sa.bindparam("at"), ENTRIES.c.leaf != _PRUNED)
    .values(leaf=_PRUNED, hash=sa.bindparam("its"))
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
        self._hot: Prepared | None = None
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
        with as_store_errors(self._engine), self._engine.connect() as connection:
            return _head(connection)

    def known(self, wanted: Wanted) -> Known:
        """See the port."""
        with as_store_errors(self._engine):
            return self._prepared().known(wanted)

    def append(self, batch: Batch, expected: StoredHead) -> StoredHead:
        """See the port."""
        with as_store_errors(self._engine):
            return self._prepared().append(batch, expected)

    def read(self, start: int, end: int) -> list[bytes]:
        """See the port."""
        with as_store_errors(self._engine), self._engine.connect() as connection:
            leaves = list(connection.scalars(_READ, {"first": start, "end": end}))
        if _PRUNED in leaves:
            raise PrunedEntryError("storage: an entry was pruned")
        return leaves

    def kept(self, start: int, end: int) -> list[Kept]:
        """See the port."""
        with as_store_errors(self._engine), self._engine.connect() as connection:
            rows = connection.execute(_KEPT, {"first": start, "end": end})
            return [Kept(row.leaf) if row.hash is None else Kept(None, bytes(row.hash)) for row in rows]

    def minimum(self) -> int:
        """See the port."""
        with as_store_errors(self._engine), self._engine.connect() as connection:
            return int(connection.scalars(sa.select(HEAD.c.minimum)).one())

    def prune(self, minimum: int, hashes: Mapping[int, bytes]) -> int:
        """See the port; on SQLite the write-ahead log is emptied too."""
        must_lie_below(minimum, hashes, self.head().size)
        connection = self._writing_connection()
        with writing(connection):
            raised = sa.update(HEAD).where(HEAD.c.minimum < minimum).values(minimum=minimum)
            connection.execute(raised)
            pruned = 0
            for index, hashed in hashes.items():
                pruned += connection.execute(_PRUNE, {"at": index, "its": hashed}).rowcount
        self._empty_log(connection)
        return pruned

    def details(self, index: int) -> bytes | None:
        """See the port."""
        with as_store_errors(self._engine), self._engine.connect() as connection:
            row = connection.execute(sa.select(DETAILS.c.sealed).where(DETAILS.c.idx == index)).one_or_none()
        if row is None:
            raise KeyError(index)
        return None if row.sealed is None else bytes(row.sealed)

    def details_range(self, start: int, end: int) -> dict[int, bytes | None]:
        """See the port."""
        statement = sa.select(DETAILS).where(DETAILS.c.idx >= start, DETAILS.c.idx < end)
        with as_store_errors(self._engine), self._engine.connect() as connection:
            return {row.idx: row.sealed for row in connection.execute(statement)}

    def erase(self, indexes: Sequence[int]) -> int:
        """See the port; on SQLite the write-ahead log is emptied too, so that the old bytes are gone from the files."""
        statement = (
            sa.update(DETAILS)
            .where(DETAILS.c.idx.in_(list(indexes)), DETAILS.c.sealed.is_not(None))
            .values(sealed=None)
        )
        connection = self._writing_connection()
        with writing(connection):
            erased = connection.execute(statement).rowcount
        self._empty_log(connection)
        return erased

    def _empty_log(self, connection: sa.Connection) -> None:
        driver = connection.connection.driver_connection
        if sqlite_file(self._engine) is not None and driver is not None:
            with as_store_errors(self._engine):
                driver.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def open_asked(self, before_ms: int, limit: int) -> list[OpenRow]:
        """See the port."""
        with as_store_errors(self._engine), self._engine.connect() as connection:
            rows = connection.execute(_OPEN, {"before": before_ms, "at_most": limit})
            return [OpenRow(row.idx, row.deadline_ms, row.leaf) for row in rows]

    def save_signed(self, signed: Signed) -> None:
        """See the port."""
        with writing(self._writing_connection()) as connection:
            connection.execute(sa.delete(SIGNED).where(SIGNED.c.size == signed.size))
            connection.execute(sa.insert(SIGNED).values(signed._asdict()))

    def signed(self, up_to: int | None = None) -> Signed | None:
        """See the port."""
        statement = sa.select(SIGNED).order_by(SIGNED.c.size.desc())
        return self._one_signed(statement if up_to is None else statement.where(SIGNED.c.size <= up_to))

    def signed_after(self, size: int) -> Signed | None:
        """See the port."""
        return self._one_signed(sa.select(SIGNED).where(SIGNED.c.size > size).order_by(SIGNED.c.size))

    def _one_signed(self, statement: sa.Select[Any]) -> Signed | None:
        with as_store_errors(self._engine), self._engine.connect() as connection:
            row = connection.execute(statement.limit(1)).one_or_none()
        return None if row is None else Signed(row.size, bytes(row.note), bytes(row.frontier))

    def close(self) -> None:
        """See the port."""
        if self._writer is not None:
            self._writer.invalidate()
            self._writer.close()
            self._writer = self._hot = None
        self._engine.dispose()
        self._hold.release()

    def _prepared(self) -> Prepared:
        if self._hot is None:
            self._hot = Prepared(self._writing_connection())
        return self._hot

    def _writing_connection(self) -> sa.Connection:
        if self._writer is None:
            with as_store_errors(self._engine):
                self._writer = self._engine.connect()
        return self._writer


def _head(connection: sa.Connection) -> StoredHead:
    row = connection.execute(_HEAD).one()
    return StoredHead(row.size, row.term, bytes(row.frontier))
