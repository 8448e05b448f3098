"""Every person's lines, on every database, are those that a reading of all records gives, one by one."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from audit_kit import PEOPLE, Book, Desk
from postgresql_kit import needs_postgresql, own_schema
from usages_kit import NOW_MS

from bus.audit.query import Person
from bus.usages.disclosure import Disclosure
from bus.usages.gathering import Gathering, Wanted, first
from schemas.inquiry import decode_inquiry
from schemas.record import LeafType, decode_details, decode_leaf
from schemas.text import moment_ms

Line = tuple[int, int | None, bool]
"""Question (or look), outcome, whether the question itself names the person."""


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=needs_postgresql)])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'index.sqlite3'}"
    else:
        with own_schema() as address:
            yield address


def by_reading(book: Book, number: str) -> list[Line]:
    """The lines of a person, newest first, from leaves and details alone."""
    records = [decode_leaf(entry.leaf) for entry in book.entries]
    named = []
    for record, entry in zip(records, book.entries, strict=True):
        inquiry = record.type is LeafType.INQUIRY
        subjects = (decode_inquiry if inquiry else decode_details)(entry.details).subjects
        named.append(number in {one.id for one in subjects})
    settled = {record.asked: idx for idx, record in enumerate(records) if record.asked is not None}
    placed: list[tuple[int, int, Line]] = []
    for idx, record in enumerate(records):
        if not named[idx]:
            continue
        at_ms = moment_ms(record.time)
        if record.type is LeafType.ASKED:
            placed.append((at_ms, idx, (idx, settled.get(idx), True)))
        elif record.type is LeafType.INQUIRY or (record.type is LeafType.OUTCOME and record.asked is None):
            placed.append((at_ms, idx, (idx, None, True)))
        elif record.type is LeafType.OUTCOME and record.asked is not None and not named[record.asked]:
            placed.append((at_ms, idx, (record.asked, idx, False)))
    return [line for _, _, line in sorted(placed, reverse=True)]


def test_lines_are_those_of_the_records(url: str, tmp_path: Path):
    book = Book(7).some(900)
    desk = Desk(book, url, tmp_path)
    size = desk.indexer.catch_up()
    for number in PEOPLE:
        me = Person("citizen", number)
        gathering = Gathering(desk.shelf, desk.index, desk.names.of_person(*me), Disclosure())
        found = [
            (one.main.idx, one.outcome.idx if one.outcome else None, one.asked_about)
            for _, one in gathering.lines(Wanted(me, size, NOW_MS))
        ]
        assert found == by_reading(book, number)
        assert len(found) > 20
        # page by page it is the same, wherever a page ends
        seen, after = [], None
        while True:
            page, more = first(gathering.lines(Wanted(me, size, NOW_MS, after=after)), 7)
            seen += [one.main.idx for _, one in page]
            if not more:
                break
            after = (page[-1][0].time_ms, page[-1][0].idx)
        assert seen == [line[0] for line in found]
    desk.index.close()
