"""The search tables at work: rows in, searches out, people forgotten.

Promises: records go in batch by batch, each batch whole and only at the place where the tables stand (compare-and-swap
on `next`), so two indexers never mix; a search reads along one index, newest first, and stops at its limit.
Leaves out: what a row says (`bus.audit.rows`), who may ask (`bus.audit.inquiry`), threads (calls block).
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from heapq import merge
from itertools import islice
from types import TracebackType
from typing import Any, Final, NamedTuple

import sqlalchemy as sa
from sqlalchemy.sql.elements import UnaryExpression
from sqlalchemy.sql.operators import custom_op

from bus.audit.query import Search
from bus.audit.rows import Row
from bus.audit.tables import INDEX, OVERRIDES, PAIRS, RECORDS, SEARCHED, STATE, SUBJECTS
from bus.storage import formats
from bus.storage.engine import as_store_errors, open_engine, sqlite_file, writing
from bus.storage.port import StoreError, StoreExistsError

_CHUNK: Final = 500
_NARROW: Final = 4
_PROBED: Final = 10_000
_COLUMNS: Final = [RECORDS.c[name] for name in Row._fields]
_INHERITED: Final = ("basis", "procedure", "dossier", "officer")
_GONE: Final = dict.fromkeys(_INHERITED)


class IndexMovedError(StoreError):
    """Another process has fed the tables meanwhile; nothing was written."""


class Linked(NamedTuple):
    """A row of `subjects`."""

    pseudonym: bytes
    time_ms: int
    idx: int
    source: int


class Override(NamedTuple):
    """A row of `overrides`."""

    idx: int
    place: int
    field: str
    reason: str


class Batch(NamedTuple):
    """What one step adds: every row of [start, end), who they are about, what passed the guard."""

    start: int
    end: int
    rows: Sequence[Row]
    links: Sequence[Linked] = ()
    overrides: Sequence[Override] = ()


class Sight(NamedTuple):
    """What one who asks may see: everything, or what has one of these agencies on either side."""

    agencies: tuple[str, ...] | None = None


class Keys(NamedTuple):
    """The pseudonyms that a search goes by."""

    subject: tuple[bytes, ...] | None = None
    officer: tuple[bytes, ...] | None = None


EVERYTHING: Final = Sight()
NO_KEYS: Final = Keys()


def create_index(url: str) -> None:
    """Create empty search tables; those that stand stay as they are."""
    engine = open_engine(url, create=True)
    try:
        with suppress(StoreExistsError):
            formats.create(engine, INDEX, sa.insert(STATE).values(id=1, next=0))
    finally:
        engine.dispose()


class IndexStore:
    """Search tables opened for feeding and searching.

    Raises:
        MissingStoreError: there are none at this URL.
        FormatVersionError: their format is not this program's.
    """

    def __init__(self, url: str) -> None:
        self.engine = open_engine(url)
        try:
            formats.require_current(self.engine, INDEX)
        except BaseException:
            self.engine.dispose()
            raise
        self._lite = sqlite_file(self.engine) is not None

    def close(self) -> None:
        """Let go of every connection."""
        self.engine.dispose()

    def next(self) -> int:
        """Records below it are searchable."""
        with self._reading() as connection:
            return int(connection.scalars(sa.select(STATE.c.next)).one())

    def add(self, batch: Batch) -> None:
        """Write a batch whole.

        Raises:
            IndexMovedError: the tables stand elsewhere than at `batch.start`.
        """
        with self.engine.connect() as connection, writing(connection):
            self._move(connection, batch.start, batch.end)
            connection.execute(sa.insert(RECORDS), [row._asdict() for row in batch.rows])
            if batch.links:
                connection.execute(sa.insert(SUBJECTS), [link._asdict() for link in batch.links])
            if batch.overrides:
                connection.execute(sa.insert(OVERRIDES), [one._asdict() for one in batch.overrides])

    def rows(self, indexes: Iterable[int]) -> dict[int, Row]:
        """These rows, those that there are."""
        found: dict[int, Row] = {}
        with self._reading() as connection:
            for chunk in _chunks(indexes):
                rows = connection.execute(sa.select(*_COLUMNS).where(RECORDS.c.idx.in_(chunk)))
                found |= {row.idx: _row(row) for row in rows}
        return found

    def settling(self, asked: Iterable[int], size: int) -> dict[int, int]:
        """The outcomes below `size` that settle these questions: question to outcome."""
        found: dict[int, int] = {}
        with self._reading() as connection:
            for chunk in _chunks(asked):
                statement = sa.select(RECORDS.c.asked, RECORDS.c.idx).where(RECORDS.c.asked.in_(chunk))
                found |= {
                    int(row.asked): int(row.idx) for row in connection.execute(statement.where(RECORDS.c.idx < size))
                }
        return found

    def links_from(self, indexes: Iterable[int]) -> list[Linked]:
        """Whom the details of these records name."""
        found: list[Linked] = []
        with self._reading() as connection:
            for chunk in _chunks(indexes):
                rows = connection.execute(sa.select(SUBJECTS).where(SUBJECTS.c.source.in_(chunk)))
                found += [Linked(bytes(row.pseudonym), row.time_ms, row.idx, row.source) for row in rows]
        return found

    def forget(self, ranges: Iterable[tuple[int, int]]) -> None:
        """Blank what the details of these records told, here and in the outcomes that had it from them."""
        with self.engine.connect() as connection, writing(connection):
            for first, end in ranges:
                own = (RECORDS.c.idx >= first, RECORDS.c.idx < end)
                connection.execute(sa.update(RECORDS).where(*own).values(erased=True))
                connection.execute(sa.update(RECORDS).where(*own, RECORDS.c.asked.is_(None)).values(_GONE))
                connection.execute(sa.update(RECORDS).where(*_between(RECORDS.c.asked, first, end)).values(_GONE))
                connection.execute(sa.delete(SUBJECTS).where(*_between(SUBJECTS.c.source, first, end)))
                connection.execute(sa.delete(OVERRIDES).where(*_between(OVERRIDES.c.idx, first, end)))

    def prune(self, minimum: int, kept: Sequence[int]) -> None:
        """Drop the rows below a minimum index, but those of the kept types, and what later rows had from them."""
        gone = (RECORDS.c.idx < minimum, RECORDS.c.type.not_in(kept))
        with self.engine.connect() as connection, writing(connection):
            connection.execute(sa.delete(RECORDS).where(*gone))
            settled = (RECORDS.c.asked < minimum, RECORDS.c.idx >= minimum)
            connection.execute(sa.update(RECORDS).where(*settled).values(latency_ms=None))
            connection.execute(sa.delete(SUBJECTS).where(SUBJECTS.c.idx < minimum))
            connection.execute(sa.delete(OVERRIDES).where(OVERRIDES.c.idx < minimum))

    def clear(self) -> None:
        """Empty the tables, to be filled again from the ledger."""
        with self.engine.connect() as connection, writing(connection):
            for table in (RECORDS, SUBJECTS, OVERRIDES):
                connection.execute(sa.delete(table))
            connection.execute(sa.update(STATE).values(next=0))

    def fingerprint(self) -> str:
        """SHA-256 over every row of every table, in order: equal answers to every search have equal ones."""
        digest = hashlib.sha256()
        with self._reading() as connection:
            for table in (RECORDS, SUBJECTS, OVERRIDES):
                ordered = sa.select(table).order_by(*table.primary_key.columns)
                for row in connection.execution_options(yield_per=5000).execute(ordered):
                    digest.update(repr(tuple(row)).encode())
        return digest.hexdigest()

    def erased(self) -> list[tuple[int, int]]:
        """Records without details, as ranges from, to (half-open)."""
        ranges: list[tuple[int, int]] = []
        with self._reading() as connection:
            for idx in connection.scalars(sa.select(RECORDS.c.idx).where(RECORDS.c.erased).order_by(RECORDS.c.idx)):
                if ranges and ranges[-1][1] == idx:
                    ranges[-1] = (ranges[-1][0], idx + 1)
                else:
                    ranges.append((idx, idx + 1))
        return ranges

    def search(self, search: Search, size: int, sight: Sight = EVERYTHING, keys: Keys = NO_KEYS) -> list[Row]:
        """Records below `size`, newest first, at most `search.limit`."""
        if keys == NO_KEYS and search.agency is None and len(sight.agencies or ()) > _NARROW:
            found = self._newest(search, size, sight)
            if len(found) == search.limit:
                return found
        at_most = search.limit if keys.subject is None else 2 * search.limit  # its own word and its asked's
        with self._reading() as connection:
            branches = [
                [_row(found) for found in connection.execute(statement.limit(at_most))]
                for statement in self._branches(search, size, sight, keys)
            ]
        ordered = merge(*branches, key=_order)
        return list(islice(_once(ordered), search.limit))

    def count(self, search: Search, size: int, sight: Sight = EVERYTHING, keys: Keys = NO_KEYS) -> int:
        """How many records a search would give in all."""
        with self._reading() as connection:
            parts = [
                statement.with_only_columns(RECORDS.c.idx).order_by(None)
                for statement in self._branches(search, size, sight, keys)
            ]
            if not parts:
                return 0
            if len(parts) == 1 and keys.subject is None:
                return int(connection.scalar(sa.select(sa.func.count()).select_from(parts[0].subquery())) or 0)
            # A record stands under a pseudonym twice where outcome and asked both name the person: counted once.
            together = sa.union(*(part.distinct() for part in parts)).subquery()
            return int(connection.scalar(sa.select(sa.func.count()).select_from(together)) or 0)

    def _newest(self, search: Search, size: int, sight: Sight) -> list[Row]:
        """What a wide sight holds among the newest few thousand records: mostly that fills the page."""
        equal = dict(search.equal)
        drive = next((name for name in SEARCHED if name in equal), None)
        first = search._replace(equal=((drive, equal.pop(drive)),) if drive else ())
        looked = self._limited(sa.select(*_COLUMNS), RECORDS, first, size, EVERYTHING, None, drive=drive)
        newest = looked.limit(_PROBED).subquery()
        agencies = sight.agencies or ()
        statement = sa.select(newest).where(
            sa.or_(newest.c.consumer.in_(agencies), newest.c.provider.in_(agencies)),
            *(newest.c[name] == value for name, value in equal.items()),
        )
        ordered = statement.order_by(newest.c.time_ms.desc(), newest.c.idx.desc()).limit(search.limit)
        with self._reading() as connection:
            return [_row(found) for found in connection.execute(ordered)]

    def _branches(self, search: Search, size: int, sight: Sight, keys: Keys) -> Iterator[sa.Select[Any]]:
        """Statements whose merged results are the search's: each runs along one index in the order wanted."""
        equal = dict(search.equal)
        if keys.subject is not None:
            for pseudonym in keys.subject:
                joined = sa.join(SUBJECTS, RECORDS, SUBJECTS.c.idx == RECORDS.c.idx)
                statement = sa.select(*_COLUMNS).select_from(joined).where(SUBJECTS.c.pseudonym == pseudonym)
                yield self._limited(statement, SUBJECTS, search, size, sight, keys.officer, drive=None)
            return
        if keys.officer is not None:
            for officer in keys.officer:
                statement = sa.select(*_COLUMNS).where(RECORDS.c.officer == officer)
                yield self._limited(statement, RECORDS, search, size, sight, None, drive="officer")
            return
        wanted = (search.agency,) if search.agency else sight.agencies
        drive = next((name for name in SEARCHED if name in equal), None)
        if wanted is None or (drive is not None and SEARCHED.index(drive) < SEARCHED.index("service")):
            yield self._limited(sa.select(*_COLUMNS), RECORDS, search, size, sight, None, drive=drive)
            return
        for agency in wanted:
            for side in ("consumer", "provider"):
                if equal.get(side, agency) == agency:
                    statement = sa.select(*_COLUMNS).where(RECORDS.c[side] == agency)
                    within = sight if search.agency else EVERYTHING  # what it goes by lies within sight already
                    mine = search._replace(agency=None)
                    yield self._limited(statement, RECORDS, mine, size, within, None, drive=side)

    def _limited(
        self,
        statement: sa.Select[Any],
        order: sa.Table,
        search: Search,
        size: int,
        sight: Sight,
        officer: tuple[bytes, ...] | None,
        *,
        drive: str | None,
    ) -> sa.Select[Any]:
        beside = self._beside
        for name, value in search.equal:
            column = RECORDS.c[name]
            along = name in (drive, PAIRS.get(drive or ""))
            statement = statement.where((column if along else beside(column)) == value)
        if officer is not None:
            statement = statement.where(beside(RECORDS.c.officer).in_(officer))
        for agencies in ((search.agency,) if search.agency else None, sight.agencies):
            if agencies is not None:
                sides = (beside(RECORDS.c.consumer).in_(agencies), beside(RECORDS.c.provider).in_(agencies))
                statement = statement.where(sa.or_(*sides))
        time_ms, idx = order.c.time_ms, order.c.idx
        if search.since_ms is not None:
            statement = statement.where(time_ms >= search.since_ms)
        if search.until_ms is not None:
            statement = statement.where(time_ms < search.until_ms)
        if search.after is not None:
            here = (search.after.time_ms, search.after.idx)
            statement = statement.where(sa.tuple_(time_ms, idx) < sa.tuple_(*here))
        return statement.where(idx < size).order_by(time_ms.desc(), idx.desc())

    def _beside(self, column: sa.Column[Any]) -> sa.ColumnElement[Any]:
        """A column that SQLite shall not choose an index by: it has no statistics to choose well with."""
        if not self._lite:
            return column
        return UnaryExpression(column, operator=custom_op("+"), type_=column.type)

    def _move(self, connection: sa.Connection, start: int, end: int) -> None:
        moved = connection.execute(sa.update(STATE).where(STATE.c.next == start).values(next=end))
        if moved.rowcount != 1:
            raise IndexMovedError("index: another process has fed it meanwhile")

    def _reading(self) -> _Reading:
        return _Reading(self.engine)


class _Reading:
    """A connection for reading, its errors as `StoreError`."""

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine
        self._errors = as_store_errors(engine)

    def __enter__(self) -> sa.Connection:
        self._errors.__enter__()
        self._connection = self._engine.connect()
        return self._connection

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> bool | None:
        self._connection.close()
        return self._errors.__exit__(kind, error, trace)


def _between(column: sa.Column[Any], first: int, end: int) -> tuple[sa.ColumnElement[bool], ...]:
    return column >= first, column < end


def _row(found: Any) -> Row:  # noqa: ANN401 - SQLAlchemy's rows have no static names
    row = Row(*found)
    return row._replace(officer=bytes(row.officer)) if row.officer is not None else row


def _order(row: Row) -> tuple[int, int]:
    return -row.time_ms, -row.idx


def _once(rows: Iterable[Row]) -> Iterator[Row]:
    last = -1
    for row in rows:
        if row.idx != last:
            yield row
        last = row.idx


def _chunks(indexes: Iterable[int]) -> Iterator[list[int]]:
    waiting = iter(sorted(set(indexes)))
    while chunk := list(islice(waiting, _CHUNK)):
        yield chunk
