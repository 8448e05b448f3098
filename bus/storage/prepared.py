"""The ledger's hot statements: look up what a batch names, append it.

Promises: a batch of one costs a quarter of what Core's own execution would. Look-ups take a fixed few numbers of keys
(padded with the last one), so that the drivers' statement caches hold them all.
Leaves out: connections, errors, everything that runs less than once per record (`bus.storage.sql`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from bus.storage.port import Batch, HeadMovedError, Known, Place, StoredHead, Wanted
from bus.storage.statements import Statements
from bus.storage.tables import ASKED, DETAILS, ENTRIES, FACTS, HEAD, QUOTAS, UNIQUE

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_WIDTHS: Final = (1, 4, 16, 64, 256)


class Prepared(Statements):
    """The ledger's statements on one connection."""

    def __init__(self, connection: sa.Connection) -> None:
        super().__init__(connection)
        still_open = sa.and_(ASKED.c.idx.is_not(None), ASKED.c.settled_by.is_(None))
        places = sa.select(UNIQUE.c.key, UNIQUE.c.idx, still_open).outerjoin(ASKED, ASKED.c.idx == UNIQUE.c.idx)
        self._find_unique = self._finders(places, UNIQUE.c.key)
        self._find_quotas = self._finders(sa.select(QUOTAS.c.bucket, QUOTAS.c.count), QUOTAS.c.bucket)
        self._find_asked = self._finders(sa.select(ASKED.c.idx, ASKED.c.settled_by), ASKED.c.idx)
        self._find_facts = self._finders(sa.select(FACTS.c.digest, FACTS.c.grp), FACTS.c.digest)
        self._move_head = self._compile(
            sa.update(HEAD)
            .values(size=sa.bindparam("to_size"), frontier=sa.bindparam("to_frontier"))
            .where(HEAD.c.size == sa.bindparam("from_size"), HEAD.c.term == sa.bindparam("in_term")),
            ["to_size", "to_frontier", "from_size", "in_term"],
        )
        self._insert_entry = self._insert(ENTRIES, ["idx", "leaf"])
        self._insert_details = self._insert(DETAILS, ["idx", "sealed"])
        self._insert_unique = self._insert(UNIQUE, ["key", "idx"])
        self._insert_asked = self._insert(ASKED, ["idx", "deadline_ms"])
        self._settle = self._for_rows(
            [ASKED.c.settled_by, ASKED.c.idx],
            lambda by, asked: sa.update(ASKED).values(settled_by=by).where(ASKED.c.idx == asked),
        )
        self._drop_facts = self._for_rows([FACTS.c.grp], lambda group: sa.delete(FACTS).where(FACTS.c.grp == group))
        self._insert_fact = self._insert(FACTS, ["digest", "grp", "idx"])
        self._count = self._upsert_quota()

    def known(self, wanted: Wanted) -> Known:
        """See the storage port."""
        with self._looking_up():
            return Known(
                {key: Place(idx, bool(is_open)) for key, idx, is_open in self._find(self._find_unique, wanted.unique)},
                dict(self._find(self._find_quotas, wanted.buckets)),
                dict(self._find(self._find_asked, wanted.asked)),
                dict(self._find(self._find_facts, wanted.facts)),
            )

    def append(self, batch: Batch, expected: StoredHead) -> StoredHead:
        """See the storage port."""
        head = StoredHead(expected.size + len(batch.entries), expected.term, batch.frontier)
        with self._transaction():
            self._cursor.execute(self._move_head, (head.size, head.frontier, expected.size, expected.term))
            if self._cursor.rowcount != 1:
                raise HeadMovedError("storage: the head is not where this writer left it")
            numbered = list(enumerate(batch.entries, start=expected.size))
            with self._together():
                self._many(self._insert_entry, [(i, e.leaf) for i, e in numbered])
                self._many(self._insert_details, [(i, e.details) for i, e in numbered])
                self._many(self._insert_unique, [(e.unique, i) for i, e in numbered if e.unique is not None])
                self._many(self._insert_asked, [(i, e.deadline_ms) for i, e in numbered if e.deadline_ms is not None])
                self._many(self._settle, [(i, e.closes) for i, e in numbered if e.closes is not None])
                self._many(self._drop_facts, [(group,) for group in batch.drops])
                self._many(self._insert_fact, list(batch.puts))
                self._many(self._count, [(b, count, batch.now_ms) for b, count in batch.quotas.items()])
        return head

    def _find(self, finders: dict[int, str], keys: Sequence[Any]) -> Iterator[Any]:
        """Rows of the keys, in slices of at most the widest look-up."""
        for start in range(0, len(keys), _WIDTHS[-1]):
            part = list(keys[start : start + _WIDTHS[-1]])
            width = next(width for width in _WIDTHS if width >= len(part))
            self._cursor.execute(finders[width], part + part[-1:] * (width - len(part)))
            yield from self._cursor.fetchall()

    def _finders(self, select: sa.Select[Any], key: sa.Column[Any]) -> dict[int, str]:
        return {width: self._finder(select, key, [f"k{i}" for i in range(width)]) for width in _WIDTHS}

    def _finder(self, select: sa.Select[Any], key: sa.Column[Any], names: list[str]) -> str:
        wanted = [sa.bindparam(name, type_=key.type) for name in names]
        return self._compile(select.where(key.in_(wanted)), names)

    def _upsert_quota(self) -> str:
        insert = sqlite.insert if self._is_sqlite else postgresql.insert
        names = ["bucket", "count", "touched_ms"]

        def one(*row: sa.ColumnElement[Any]) -> sa.Insert:
            # "WHERE true": without it SQLite reads ON CONFLICT as a join's condition (its manual, "UPSERT" §2.2)
            put = insert(QUOTAS).from_select(names, sa.select(*row).where(sa.true()))
            return put.on_conflict_do_update(
                index_elements=[QUOTAS.c.bucket],
                set_={"count": put.excluded.count, "touched_ms": put.excluded.touched_ms},
            )

        return self._for_rows([QUOTAS.c[name] for name in names], one)
