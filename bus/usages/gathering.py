"""Which records make lines: read from the search tables by the person's pseudonyms, newest first.

Promises: a question and its outcome are one line, at the place of the question where that names the person, else at the
outcome's; a use that is held back is passed over as if it were not there, and a page is filled all the same.
Leaves out: words (`bus.usages.lines`), who may look (`bus.usages.admission`). Calls block.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final, NamedTuple

from bus.audit.index import IndexStore, Keys
from bus.audit.indexer import Shelf
from bus.audit.inquiry import read_many
from bus.audit.query import Person, Place, Search
from bus.audit.rows import Row, read_leaf
from bus.ledger.port import Details as Opened
from bus.usages.disclosure import Disclosure
from bus.usages.lines import Entry, Found, kind_of
from schemas.inquiry import decode_inquiry
from schemas.record import LeafType, RecordFormatError, decode_details

STRIDE: Final = 256
_LINES: Final = frozenset({LeafType.ASKED, LeafType.INQUIRY, LeafType.DELIVERED})


class Wanted(NamedTuple):
    """Whose uses, of which time, from where on.

    Attributes:
        size: records below it count.
        now_ms: what is to be shown from later on is passed over.
    """

    me: Person
    size: int
    now_ms: int
    since_ms: int | None = None
    until_ms: int | None = None
    after: tuple[int, int] | None = None


class Gathering:
    """Reads the uses of one person's data."""

    def __init__(self, shelf: Shelf, index: IndexStore, pseudonyms: tuple[bytes, ...], disclosure: Disclosure) -> None:
        self._shelf = shelf
        self._index = index
        self._pseudonyms = pseudonyms
        self._disclosure = disclosure

    def lines(self, wanted: Wanted, stride: int = STRIDE) -> Iterator[tuple[Row, Found]]:
        """What there is to show, newest first, each with the row at whose place it stands.

        Args:
            wanted: whose, and from where on.
            stride: how many records are read at once.
        """
        search = Search(
            subject=wanted.me,
            since_ms=wanted.since_ms,
            until_ms=wanted.until_ms,
            limit=stride,
            after=Place(wanted.size, *wanted.after, b"") if wanted.after else None,
        )
        keys = Keys(subject=self._pseudonyms)
        while True:
            rows = self._index.search(search, wanted.size, keys=keys)
            yield from self._shown(rows, wanted)
            if len(rows) < stride:
                return
            search = search._replace(after=Place(wanted.size, rows[-1].time_ms, rows[-1].idx, b""))

    def _shown(self, rows: Sequence[Row], wanted: Wanted) -> Iterator[tuple[Row, Found]]:
        mine = self._mine(rows)
        settled = self._index.settling([row.idx for row in rows if row.type == LeafType.ASKED], wanted.size)
        placed = [row for row in rows if _makes_a_line(row, mine)]
        needed = {row.idx for row in placed} | set(settled.values())
        needed |= {row.asked for row in placed if row.asked is not None}
        entries = _entries(read_many(self._shelf, sorted(needed)))
        for row in placed:
            found = _found(row, settled, entries)
            if found is None:
                continue
            release = self._disclosure.of(found.main.record, found.main.details) if _may_wait(found) else None
            if release is None:
                yield row, found
            elif release.from_ms <= wanted.now_ms:
                yield row, found._replace(release=release)

    def _mine(self, rows: Sequence[Row]) -> frozenset[int]:
        """The questions behind these outcomes that name the person themselves."""
        asked = {row.asked for row in rows if row.asked is not None}
        known = set(self._pseudonyms)
        links = self._index.links_from(asked)
        return frozenset(link.idx for link in links if link.idx == link.source and link.pseudonym in known)


def _makes_a_line(row: Row, mine: frozenset[int]) -> bool:
    if row.type == LeafType.OUTCOME:
        return row.asked is None or row.asked not in mine
    if row.type == LeafType.DECLARED:
        return row.outcome == "opened"
    return row.type in _LINES


def _found(row: Row, settled: Mapping[int, int], entries: Mapping[int, Entry]) -> Found | None:
    here = entries.get(row.idx)
    if here is None:
        return None
    if row.type == LeafType.OUTCOME and row.asked is not None:
        asked = entries.get(row.asked)
        return Found(asked, here, asked_about=False) if asked is not None else None
    outcome = settled.get(row.idx)
    return Found(here, entries.get(outcome) if outcome is not None else None)


def _may_wait(found: Found) -> bool:
    return kind_of(found.main) != "own-look"


def _entries(found: Mapping[int, tuple[bytes, Opened | None]]) -> dict[int, Entry]:
    entries = (_entry(idx, leaf, opened) for idx, (leaf, opened) in found.items())
    return {entry.idx: entry for entry in entries if entry is not None}


def _entry(idx: int, leaf: bytes, opened: Opened | None) -> Entry | None:
    record = read_leaf(leaf)
    if record is None:
        return None
    if opened is None:
        return Entry(idx, record)
    try:
        if record.type is LeafType.INQUIRY:
            return Entry(idx, record, inquiry=decode_inquiry(opened.details))
        return Entry(idx, record, decode_details(opened.details))
    except RecordFormatError:
        return Entry(idx, record)


def first(lines: Iterable[tuple[Row, Found]], limit: int) -> tuple[list[tuple[Row, Found]], bool]:
    """The first lines, and whether there are more."""
    taken: list[tuple[Row, Found]] = []
    for one in lines:
        if len(taken) == limit:
            return taken, True
        taken.append(one)
    return taken, False
