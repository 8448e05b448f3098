"""The search tables on every database: what is fed is found, what is erased is gone, a rebuild gives the same."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from audit_kit import CONSUMERS, OFFICERS, PEOPLE, SERVICES, Book, Desk
from postgresql_kit import needs_postgresql, own_schema

from bus.audit.index import EVERYTHING, Batch, IndexMovedError, IndexStore, Keys, Sight
from bus.audit.query import Person, Place, Search
from bus.storage.port import MissingStoreError


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=needs_postgresql)])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'index.sqlite3'}"
    else:
        with own_schema() as address:
            yield address


def indexes(desk: Desk, search: Search, sight: Sight = EVERYTHING, *, size: int = 10**9) -> list[int]:
    keys = Keys(
        desk.names.of_person(*search.subject) if search.subject else None,
        desk.names.of_officer(search.officer) if search.officer else None,
    )
    return [row.idx for row in desk.index.search(search, size, sight, keys)]


def test_an_exchange_is_found_by_all_that_its_question_said(url: str, tmp_path: Path):
    book = Book()
    asked = book.exchange(person=PEOPLE[3], dossier="H56-9")
    book.exchange(person=PEOPLE[4], dossier="H56-8")
    desk = Desk(book, url, tmp_path)
    assert desk.indexer.catch_up() == len(book.entries)
    found = indexes(desk, Search(equal=(("dossier", "H56-9"),)))
    outcome = next(idx for idx in found if idx != asked)
    assert asked in found
    rows = desk.index.rows([asked, outcome])
    assert rows[outcome].asked == asked
    assert rows[outcome].latency_ms == rows[outcome].time_ms - rows[asked].time_ms
    assert rows[outcome].officer == rows[asked].officer
    about = Search(subject=Person("citizen", PEOPLE[3]))
    assert {asked, outcome} <= set(indexes(desk, about))
    keys = Keys(desk.names.of_person("citizen", PEOPLE[3]))
    assert desk.index.count(about, 10**9, keys=keys) == len(indexes(desk, about))
    assert indexes(desk, Search(subject=Person("citizen", "001099000001"))) == []
    desk.index.close()


def test_pages_follow_on_and_a_growing_ledger_does_not_shift_them(url: str, tmp_path: Path):
    book = Book(2).some(60)
    desk = Desk(book, url, tmp_path)
    size = desk.indexer.catch_up()
    seen: list[int] = []
    place = None
    while True:
        search = Search(limit=7, after=place)
        rows = desk.index.search(search, size)
        seen += [row.idx for row in rows]
        if len(rows) < 7:
            break
        place = Place(size, rows[-1].time_ms, rows[-1].idx, b"")
        book.exchange()
        book.stored(desk.store)
        desk.indexer.catch_up()
    assert sorted(seen) == list(range(size))
    assert len(seen) == size
    desk.index.close()


def test_erasure_leaves_the_leaf_and_takes_the_rest(url: str, tmp_path: Path):
    book = Book(3)
    asked = book.exchange(person=PEOPLE[0], dossier="H56-7")
    kept = book.exchange(person=PEOPLE[0], dossier="H56-6")
    book.erasure((asked, asked + 1))
    desk = Desk(book, url, tmp_path)
    desk.indexer.catch_up()
    assert desk.store.details(asked) is None
    assert indexes(desk, Search(equal=(("dossier", "H56-7"),))) == []
    people = indexes(desk, Search(subject=Person("citizen", PEOPLE[0])))
    assert kept in people
    assert asked not in people
    row = desk.index.rows([asked])[asked]
    assert (row.erased, row.dossier, row.officer, row.service in SERVICES) == (True, None, None, True)
    assert desk.index.erased() == [(asked, asked + 1)]
    desk.index.close()


def test_a_rebuild_gives_the_same_and_names_what_was_erased(url: str, tmp_path: Path):
    book = Book(4).some(80)
    book.erasure((3, 9), (20, 21))
    book.some(120)
    desk = Desk(book, url, tmp_path)
    desk.indexer.catch_up()
    before = desk.index.fingerprint()
    assert desk.indexer.rebuild() == len(book.entries)
    assert desk.index.fingerprint() == before
    assert desk.index.erased() == [(3, 9), (20, 21)]
    desk.index.close()


def test_an_order_that_a_crash_cut_short_is_finished(url: str, tmp_path: Path):
    book = Book(5).some(20)
    desk = Desk(book, url, tmp_path)
    desk.indexer.catch_up()
    book.erasure((0, 5))  # recorded, and then the power went
    book.stored(desk.store)
    assert desk.store.details(0) is not None
    desk.indexer.catch_up()
    assert [desk.store.details(idx) for idx in range(5)] == [None] * 5
    assert desk.index.erased() == [(0, 5)]
    desk.index.close()


def test_two_feeders_never_mix(url: str, tmp_path: Path):
    desk = Desk(Book(6).some(10), url, tmp_path)
    desk.indexer.catch_up()
    rows = list(desk.index.rows([0]).values())
    with pytest.raises(IndexMovedError):
        desk.index.add(Batch(0, 1, rows))
    desk.index.close()


def test_scope_and_filters_cut_together(url: str, tmp_path: Path):
    desk = Desk(Book(7).some(150), url, tmp_path)
    size = desk.indexer.catch_up()
    every = desk.index.rows(range(size))
    sight = Sight((CONSUMERS[0], "a100001"))
    search = Search(equal=(("purpose", "dossier"),), limit=500)
    wanted = {
        idx
        for idx, row in every.items()
        if row.purpose == "dossier" and {row.consumer, row.provider} & {*sight.agencies}
    }
    found = indexes(desk, search, sight)
    assert set(found) == wanted
    assert len(found) == len(wanted) == desk.index.count(search, size, sight)
    officer = indexes(desk, Search(officer=OFFICERS[0], limit=500), sight)
    assert 0 < len(officer) < size
    assert all(every[idx].officer is not None for idx in officer)
    desk.index.close()


def test_nothing_is_opened_that_was_not_made(tmp_path: Path):
    with pytest.raises(MissingStoreError):
        IndexStore(f"sqlite:///{tmp_path / 'none.sqlite3'}")
