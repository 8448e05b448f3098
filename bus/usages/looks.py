"""A citizen's look: recorded, then answered with lines and their proofs.

Promises: the look stands in the ledger before anything is shown, with a digest of what then is, and without that record
there is no answer; it is found by the next look; what comes back is about this citizen alone, as of one size of the
ledger on every page of a look, and provable from the page (`signing.page`).
Leaves out: tokens (`bus.usages.admission`), HTTP (`bus.http.usages`).
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

import msgspec

from bus.audit.index import IndexStore
from bus.audit.indexer import Indexer, Shelf
from bus.audit.inquiry import PATIENCE_S, own_record, read_many
from bus.audit.proofs import Proofs
from bus.audit.pseudonyms import Pseudonyms
from bus.audit.query import Person, Search, asked_of, search_of
from bus.audit.rows import Row, read_leaf
from bus.clock import Clock
from bus.ids import new_id
from bus.ledger.port import Appended, Details, Ledger, LedgerError
from bus.ledger.tree import TileSource
from bus.usages.admission import Citizen
from bus.usages.disclosure import Disclosure
from bus.usages.gathering import Gathering, Wanted, first
from bus.usages.lines import OWN, PORTAL, Found, Reader, Shown, line
from bus.usages.tickets import Resume, Tickets
from registry.snapshot import Snapshot
from schemas.envelope import Subject
from schemas.inquiry import Inquiry, encode
from schemas.problems import Code, FaultAt, problem
from schemas.record import LeafType
from schemas.text import b64url_encode, moment_ms
from signing.page import DelayNotice, Page, PageRecord, digest_of

MAX_LIMIT: Final = 200
DEFAULT_LIMIT: Final = 50
PURPOSE: Final = "own-look"
"""What the leaf of a citizen's look has for a purpose."""
_BY: Final = "self"


class Question(NamedTuple):
    """What of their usages a citizen asks for.

    Attributes:
        since, until: days or moments, as texts.
        limit: lines a page.
        face: how it was asked (`page`, `view`, `find-usage`), for the record.
    """

    since: str | None = None
    until: str | None = None
    limit: int = DEFAULT_LIMIT
    face: str = "page"

    @property
    def period(self) -> dict[str, str]:
        """The period as filters of a search."""
        return {name: value for name in ("since", "until") if (value := getattr(self, name)) is not None}

    @property
    def search(self) -> Search:
        """The period, read.

        Raises:
            ProblemError: 804 a day or moment of another form.
        """
        return search_of(asked_of(self.period))

    @property
    def digest(self) -> bytes:
        """What a cursor is bound to: the period."""
        return hashlib.sha256(f"{self.since}|{self.until}".encode()).digest()[:8]


class View(NamedTuple):
    """What one look may read."""

    wanted: Wanted
    pseudonyms: tuple[bytes, ...]
    note: bytes
    covered: int


@dataclass(frozen=True, slots=True)
class Looks:
    """What a citizen's look needs.

    Attributes:
        operator: the agency that answers: its hub's.
        scheme: which register numbers citizens.
    """

    ledger: Ledger
    shelf: Shelf
    index: IndexStore
    indexer: Indexer
    names: Pseudonyms
    snapshot: Callable[[], Snapshot]
    tiles: TileSource
    clock: Clock
    tickets: Tickets
    disclosure: Disclosure
    officers: Shown
    operator: str
    scheme: str = "citizen"

    async def page(self, citizen: Citizen, question: Question) -> Page:
        """One page of lines, newest first.

        Raises:
            ProblemError: 804 the question is malformed; 601 the look could not be recorded.
        """
        # 1. read the question
        view = await self._view(citizen, question)
        # 2. gather what is shown by now, and put it into words
        found, more = await asyncio.to_thread(self._gather, view, question.limit)
        snapshot, reader = self.snapshot(), Reader(view.wanted.me, self.officers)
        lines = tuple(line(one, snapshot, reader) for _, one in found)
        # 3. record the look
        look = await self._record(citizen, question, digest_of(lines))
        # 4. answer with proofs
        whole = {one.records[0] for one in lines if one.whole}
        last = found[-1][0] if more else None
        return Page(
            v=1,
            kind="lienthong-page",
            checkpoint=view.note.decode(),
            as_of=view.wanted.size,
            inquiry=look.index,
            next=self._cursor(citizen, question, view, (last.time_ms, last.idx)) if last else None,
            records=tuple(await self._proved([one for _, one in found], whole, view)),
            usages=lines,
            delays=tuple(DelayNotice(days, basis) for days, basis in self.disclosure.announced),
            look=look,
        )

    async def everything(self, citizen: Citizen, question: Question, offset: int) -> tuple[int, tuple[Found, ...]]:
        """How many lines there are, and `limit` of them from `offset` on; without proofs.

        Raises:
            ProblemError: as `page`.
        """
        view = await self._view(citizen, question)
        await self._record(citizen, question)
        found, _ = await asyncio.to_thread(self._gather, view, None)
        return len(found), tuple(one for _, one in found[offset : offset + question.limit])

    async def period(self) -> tuple[int, int]:
        """The times of the first record and of now, in milliseconds since the epoch."""
        now = self.clock()
        leaves = await asyncio.to_thread(self.shelf.store.read, 0, 1)
        first = read_leaf(leaves[0]) if leaves else None
        return (moment_ms(first.time) if first else now), now

    def reader(self, citizen: Citizen) -> Reader:
        """For whom lines are put into words."""
        return Reader(Person(self.scheme, citizen.number), self.officers)

    async def _view(self, citizen: Citizen, question: Question) -> View:
        search = question.search
        note = await self.ledger.checkpoint()
        covered = int(note.split(b"\n")[1]) if note else 0
        size = min(covered, await self.indexer.reach(covered, PATIENCE_S))
        resume = citizen.resume
        if resume is not None:
            size = min(size, resume.size)
        me = Person(self.scheme, citizen.number)
        pseudonyms = await asyncio.to_thread(self.names.of_person, *me)
        after = (resume.time_ms, resume.idx) if resume else None
        wanted = Wanted(me, size, self.clock(), search.since_ms, search.until_ms, after)
        return View(wanted, pseudonyms, note, covered)

    async def _record(self, citizen: Citizen, question: Question, shown: str | None = None) -> PageRecord:
        me = Subject(scheme=self.scheme, id=citizen.number, assurance=citizen.level, asserted_by=self.operator)
        asked = question.period | {"face": question.face} | ({PORTAL: citizen.portal} if citizen.portal else {})
        details = encode(
            Inquiry(
                inquiry=new_id(),
                by=_BY,
                agency=self.operator,
                scope=_BY,
                kind=OWN,
                asked=asked,
                subjects=(me,),
                shown=shown,
            )
        )
        record = own_record(LeafType.INQUIRY, self.operator, details, self.clock(), PURPOSE)
        try:
            outcome = await self.ledger.append(record)
        except LedgerError as error:
            raise problem(Code.RECORD_NOT_WRITTEN, fault_at=FaultAt.HUB) from error
        if not isinstance(outcome, Appended):
            raise problem(Code.RECORD_NOT_WRITTEN, fault_at=FaultAt.HUB)
        return _record(outcome.index, record.leaf, (), Details(details, record.salt), opened=True)

    def _gather(self, view: View, limit: int | None) -> tuple[list[tuple[Row, Found]], bool]:
        gathering = Gathering(self.shelf, self.index, view.pseudonyms, self.disclosure)
        if limit is None:
            return list(gathering.lines(view.wanted)), False
        return first(gathering.lines(view.wanted, stride=2 * limit + 2), limit)  # a question and its outcome each

    def _cursor(self, citizen: Citizen, question: Question, view: View, last: tuple[int, int]) -> str:
        return self.tickets.cursor(Resume(view.wanted.size, *last, nonce=citizen.nonce, question=question.digest))

    async def _proved(self, found: Sequence[Found], whole: set[int], view: View) -> list[PageRecord]:
        """The records behind the lines, newest first, opened as far as they may be."""
        indexes = {one.idx for line_ in found for one in (line_.main, line_.outcome) if one is not None}
        read = await asyncio.to_thread(read_many, self.shelf, sorted(indexes))
        proofs = Proofs(self.tiles, view.covered)
        records = []
        for idx in sorted(indexes, reverse=True):
            leaf, details = read[idx]
            path = tuple(map(b64url_encode, await proofs.path(idx)))
            records.append(_record(idx, leaf, path, details, opened=idx in whole))
        return records


def _record(idx: int, leaf: bytes, path: tuple[str, ...], details: Details | None, *, opened: bool) -> PageRecord:
    if details is None:
        return PageRecord(idx, leaf.decode(), path)
    if not opened:
        return PageRecord(idx, leaf.decode(), path, shielded=True)
    return PageRecord(idx, leaf.decode(), path, details.details.decode(), b64url_encode(details.salt))


def encoded(page: Page) -> bytes:
    """JSON, one line."""
    return msgspec.json.encode(page)
