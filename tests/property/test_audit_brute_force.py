"""The search tables answer as one who reads every entry and its details anew for each question."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import msgspec
from audit_kit import CONSUMERS, OFFICERS, PEOPLE, PROCEDURES, SERVICES, START_MS, Book, Desk
from hypothesis import given, settings
from hypothesis import strategies as st

from bus.audit import reports
from bus.audit.index import Keys, Sight
from bus.audit.query import Person, Place, Search
from schemas.text import moment_ms

AGENCIES = (*CONSUMERS, *(service.partition("/")[0] for service in SERVICES))
FILTERS: dict[str, tuple[Any, ...]] = {
    "consumer": CONSUMERS,
    "service": SERVICES,
    "purpose": ("dossier", "statistics"),
    "procedure": tuple(filter(None, PROCEDURES)),
    "basis": ("278/2025/NĐ-CP", "59/2020/QH14"),
    "dossier": ("H56-1", "H56-2", "H56-3"),
    "outcome": ("answered", "fault", "refused", "override"),
    "code": (201, 206, 507, 407),
    "type": (1, 2, 3, 7, 8),
}


@st.composite
def searches(draw: st.DrawFn) -> tuple[Search, Sight]:
    names = draw(st.sets(st.sampled_from(sorted(FILTERS)), max_size=3))
    since = draw(st.none() | st.integers(0, 10**9).map(lambda more: START_MS + more))
    search = Search(
        equal=tuple((name, draw(st.sampled_from(FILTERS[name]))) for name in sorted(names)),
        agency=draw(st.none() | st.sampled_from(AGENCIES)),
        officer=draw(st.none() | st.sampled_from((*OFFICERS, "nobody"))),
        subject=draw(st.none() | st.sampled_from(PEOPLE).map(lambda number: Person("citizen", number))),
        since_ms=since,
        until_ms=draw(st.none() | st.integers(0, 10**10).map(lambda more: START_MS + more)),
        limit=draw(st.integers(1, 40)),
    )
    seen = draw(st.none() | st.sets(st.sampled_from(AGENCIES), max_size=6).map(lambda some: tuple(sorted(some))))
    return search, Sight(seen)


class Reader:
    """Reads entries and details each time, in plain Python and plain JSON."""

    def __init__(self, book: Book, erased: frozenset[int]) -> None:
        self.leaves = [msgspec.json.decode(entry.leaf) for entry in book.entries]
        self.told = [
            {} if idx in erased else msgspec.json.decode(entry.details) for idx, entry in enumerate(book.entries)
        ]

    def value(self, idx: int, name: str) -> object:
        if name in {"procedure", "basis", "dossier"}:
            return self.told[self.leaves[idx].get("asked", idx)].get(name)
        return self.leaves[idx].get(name)

    def officer(self, idx: int) -> object:
        told = self.told[self.leaves[idx].get("asked", idx)]
        return told.get("by") or (told.get("officer") or {}).get("id")

    def people(self, idx: int) -> set[str]:
        both = {idx, self.leaves[idx].get("asked", idx)}
        return {who["id"] for one in both for who in self.told[one].get("subjects", ())}

    def fits(self, idx: int, search: Search, sight: Sight) -> bool:
        leaf = self.leaves[idx]
        at_ms, sides = moment_ms(leaf["time"]), {leaf.get("consumer"), leaf.get("provider")}
        return (
            all(self.value(idx, name) == value for name, value in search.equal)
            and (search.agency is None or search.agency in sides)
            and (sight.agencies is None or bool(sides & set(sight.agencies)))
            and (search.officer is None or self.officer(idx) == search.officer)
            and (search.subject is None or search.subject.number in self.people(idx))
            and (search.since_ms is None or at_ms >= search.since_ms)
            and (search.until_ms is None or at_ms < search.until_ms)
        )

    def search(self, search: Search, sight: Sight, size: int) -> list[int]:
        found = [idx for idx in range(size) if self.fits(idx, search, sight)]
        return sorted(found, key=lambda idx: (-moment_ms(self.leaves[idx]["time"]), -idx))


@given(seed=st.integers(0, 2**16), wanted=st.lists(searches(), min_size=20, max_size=20), cut=st.integers(0, 30))
@settings(max_examples=12)
def test_searches_answer_as_reading_every_entry_would(seed: int, wanted: list[tuple[Search, Sight]], cut: int):
    book = Book(seed).some(70)
    book.erasure((cut, cut + 6))
    book.some(110)
    reader = Reader(book, frozenset(range(cut, cut + 6)))
    with tempfile.TemporaryDirectory() as name:
        desk = Desk(book, f"sqlite:///{name}/index.sqlite3", Path(name))
        size = desk.indexer.catch_up()
        for search, sight in wanted:
            expected = reader.search(search, sight, size - 1)
            assert every_page(desk, search, sight, size - 1) == expected
            assert desk.index.count(search, size - 1, sight, keys_of(desk, search)) == len(expected)
        overrides = [
            (told.rpartition(":")[2])
            for idx in range(size)
            for told in reader.told[idx].get("overrides", ())
            if reader.leaves[idx]["type"] == 3
        ]
        report = reports.make("overrides", desk.index, reports.Span(size, START_MS))
        assert sum(row["count"] for row in report.rows) == len(overrides)
        outside = reports.make("outside-dossier", desk.index, reports.Span(size, START_MS))
        asked = [idx for idx in range(size) if reader.leaves[idx]["type"] == 1]
        assert sum(row["count"] for row in outside.rows) == sum("dossier" not in reader.told[idx] for idx in asked)
        unanswered = reports.make("unanswered", desk.index, reports.Span(size, START_MS))
        settled = {leaf.get("asked") for leaf in reader.leaves}
        waiting = sum(row["count"] for row in unanswered.rows if row["outcome"] == "none-yet")
        assert waiting == len(set(asked) - settled)
        desk.index.close()


def keys_of(desk: Desk, search: Search) -> Keys:
    return Keys(
        desk.names.of_person(*search.subject) if search.subject else None,
        desk.names.of_officer(search.officer) if search.officer else None,
    )


def every_page(desk: Desk, search: Search, sight: Sight, size: int) -> list[int]:
    found: list[int] = []
    while True:
        rows = desk.index.search(search, size, sight, keys_of(desk, search))
        found += [row.idx for row in rows]
        if len(rows) < search.limit:
            return found
        search = search._replace(after=Place(size, rows[-1].time_ms, rows[-1].idx, b""))
