"""An auditor's look into the ledger: admitted, recorded, then answered with proofs.

Promises: the look stands in the ledger before anything is read, and without that record there is no answer; what comes
back lies within the auditor's scope, is as of one size of the ledger on every page, and each record is provable from
the page alone. Leaves out: HTTP (`bus.http.audit`).
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Final, NamedTuple

import msgspec

from bus.audit import reports
from bus.audit.index import IndexStore, Keys, Sight
from bus.audit.indexer import Indexer, Shelf
from bus.audit.proofs import Proofs
from bus.audit.pseudonyms import Pseudonyms
from bus.audit.query import Asked, Place, Search, cursor_of, filters_of, search_of
from bus.audit.rows import Row
from bus.audit.scope import sight_of
from bus.clock import Clock
from bus.ids import new_id
from bus.ledger.port import Append, Appended, Details, Ledger, LedgerError, PrunedRecordError
from bus.ledger.tree import TileSource
from config.auditors import Auditor
from registry.snapshot import Snapshot
from schemas.envelope import Subject
from schemas.inquiry import Inquiry, encode
from schemas.problems import Code, FaultAt, problem
from schemas.record import SALT_BYTES, LeafType, Record, commit, encode_leaf
from schemas.text import b64url_encode, moment
from signing.page import Page, PageRecord

PATIENCE_S: Final = 2.0
EXPORT_STRIDE: Final = 1000
_PURPOSE: Final = "audit"


class View(NamedTuple):
    """What one recorded look may read.

    Attributes:
        size: records below it count.
        checkpoint: the newest signed note, and how many records it covers.
        inquiry: where the look stands in the ledger.
    """

    search: Search
    sight: Sight
    keys: Keys
    size: int
    note: bytes
    covered: int
    inquiry: int


@dataclass(frozen=True, slots=True)
class Inquiries:
    """What an auditor's question needs.

    Attributes:
        ledger: where looks are recorded and checkpoints come from.
        shelf: the records themselves.
        snapshot: the registry now.
        tiles: for proofs.
    """

    ledger: Ledger
    shelf: Shelf
    index: IndexStore
    indexer: Indexer
    names: Pseudonyms
    snapshot: Callable[[], Snapshot]
    tiles: TileSource
    clock: Clock

    async def page(self, auditor: Auditor, asked: Asked) -> Page:
        """One page of records, newest first.

        Raises:
            ProblemError: 804 the question is malformed; 601 the look could not be recorded.
        """
        view = await self._look(auditor, asked, "records")
        rows = await asyncio.to_thread(self.index.search, view.search, view.size, view.sight, view.keys)
        more = len(rows) == view.search.limit
        return Page(
            v=1,
            kind="lienthong-page",
            checkpoint=view.note.decode(),
            as_of=view.size,
            inquiry=view.inquiry,
            next=cursor_of(asked, view.size, rows[-1].time_ms, rows[-1].idx) if more else None,
            records=tuple(await self._proved(rows, Proofs(self.tiles, view.covered))),
        )

    async def export(self, auditor: Auditor, asked: Asked) -> tuple[View, int]:
        """Record an export; what it covers and how many records that is. `rows_of` then reads them."""
        view = await self._look(auditor, asked, "export")
        count = await asyncio.to_thread(self.index.count, view.search, view.size, view.sight, view.keys)
        return view, count

    async def rows_of(self, view: View) -> AsyncIterator[list[Row]]:
        """Every row of an export, newest first, some at a time."""
        search = view.search._replace(limit=EXPORT_STRIDE)
        while True:
            rows = await asyncio.to_thread(self.index.search, search, view.size, view.sight, view.keys)
            if rows:
                yield rows
            if len(rows) < EXPORT_STRIDE:
                return
            search = search._replace(after=Place(view.size, rows[-1].time_ms, rows[-1].idx, b""))

    async def records_of(self, view: View) -> AsyncIterator[list[PageRecord]]:
        """The same as records with their proofs."""
        proofs = Proofs(self.tiles, view.covered)
        async for rows in self.rows_of(view):
            yield await self._proved(rows, proofs)

    async def report(self, auditor: Auditor, name: str, asked: Asked) -> reports.Report:
        """A report over the auditor's scope.

        Raises:
            ProblemError: 808 there is no such report; 804; 601.
        """
        if name not in reports.REPORTS:
            raise problem(Code.REPORT_UNKNOWN, fault_at=FaultAt.CONSUMER_SYSTEM)
        view = await self._look(auditor, asked, "report", {"report": name})
        span = reports.Span(view.size, self.clock(), view.search.since_ms, view.search.until_ms, view.sight)
        return await asyncio.to_thread(reports.make, name, self.index, span)

    async def _look(self, auditor: Auditor, asked: Asked, kind: str, more: dict[str, str] | None = None) -> View:
        """1 read the question 2 record it 3 say what may be read."""
        search = self._resolved(search_of(asked))
        index = await self._record(auditor, asked, search, kind, more or {})
        note = await self.ledger.checkpoint()
        covered = int(note.split(b"\n")[1]) if note else 0
        size = min(covered, await self.indexer.reach(covered, PATIENCE_S))
        if search.after is not None:
            size = min(size, search.after.size)
        keys = await asyncio.to_thread(self._keys, search)
        return View(search, sight_of(auditor.scope, self.snapshot()), keys, size, note, covered, index)

    async def _record(self, auditor: Auditor, asked: Asked, search: Search, kind: str, more: dict[str, str]) -> int:
        who = search.subject
        subjects: tuple[Subject, ...] = ()
        if who is not None:
            subjects = (Subject(scheme=who.scheme, id=who.number, asserted_by=auditor.agency),)
        details = encode(
            Inquiry(
                inquiry=new_id(),
                by=auditor.id,
                agency=auditor.agency,
                scope=auditor.scope,
                kind=kind,
                asked=filters_of(asked) | more,
                subjects=subjects,
            )
        )
        try:
            outcome = await self.ledger.append(own_record(LeafType.INQUIRY, auditor.agency, details, self.clock()))
        except LedgerError as error:
            raise problem(Code.RECORD_NOT_WRITTEN, fault_at=FaultAt.HUB) from error
        if not isinstance(outcome, Appended):
            raise problem(Code.RECORD_NOT_WRITTEN, fault_at=FaultAt.HUB)
        return outcome.index

    def _resolved(self, search: Search) -> Search:
        """Agencies' codes as ids."""

        def id_of(text: str) -> str:
            found = self.snapshot().resolve(text, self.clock())
            return found.id if found else text

        equal = tuple(
            (name, id_of(str(value)) if name in {"consumer", "provider"} else value) for name, value in search.equal
        )
        return search._replace(equal=equal, agency=id_of(search.agency) if search.agency else None)

    def _keys(self, search: Search) -> Keys:
        return Keys(
            self.names.of_person(*search.subject) if search.subject else None,
            self.names.of_officer(search.officer) if search.officer else None,
        )

    async def _proved(self, rows: Sequence[Row], proofs: Proofs) -> list[PageRecord]:
        found = await asyncio.to_thread(read_many, self.shelf, [row.idx for row in rows])
        shown = []
        for row in rows:
            leaf, details = found[row.idx]
            path = tuple(map(b64url_encode, await proofs.path(row.idx)))
            shown.append(_record_of(row.idx, leaf, path, details))
        return shown


def own_record(kind: LeafType, agency: str, details: bytes, now_ms: int, purpose: str = _PURPOSE) -> Append:
    """A record that the hub writes of its own accord, for an agency or a person that looked, or one that ordered."""
    salt = os.urandom(SALT_BYTES)
    record = Record(
        v=1,
        type=kind,
        time=moment(now_ms),
        consumer=agency,
        commit=commit(details, salt),
        purpose=purpose if kind is LeafType.INQUIRY else None,
    )
    return Append(encode_leaf(record), details, salt)


def read_many(shelf: Shelf, indexes: Sequence[int]) -> dict[int, tuple[bytes, Details | None]]:
    """Leaves and details of these records; neighbours are read together."""
    found: dict[int, tuple[bytes, Details | None]] = {}
    for run in _runs(sorted(indexes)):
        first, end = run[0], run[-1] + 1
        kept, boxes = shelf.store.kept(first, end), shelf.store.details_range(first, end)
        for idx in run:
            leaf = kept[idx - first].leaf
            if leaf is None:
                raise PrunedRecordError("inquiry: a record was pruned meanwhile")
            found[idx] = (leaf, shelf.opened(leaf, boxes.get(idx)))
    return found


def _runs(indexes: Sequence[int], gap: int = 8) -> Iterator[list[int]]:
    run: list[int] = []
    for idx in indexes:
        if run and idx - run[-1] > gap:
            yield run
            run = []
        run.append(idx)
    if run:
        yield run


def _record_of(idx: int, leaf: bytes, path: tuple[str, ...], details: Details | None) -> PageRecord:
    if details is not None:
        with suppress(UnicodeDecodeError):
            return PageRecord(idx, leaf.decode(), path, details.details.decode(), b64url_encode(details.salt))
    return PageRecord(idx, leaf.decode(), path)


def encoded(value: Page | PageRecord) -> bytes:
    """JSON, one line."""
    return msgspec.json.encode(value)
