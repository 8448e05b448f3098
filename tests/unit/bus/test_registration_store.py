"""The tables of registered schemas on every database: ids stay, versions are counted without gaps or doubles."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from postgresql_kit import needs_postgresql, own_schema

from bus.registration.store import WHOLE, create_registration
from bus.registration.stored import ALL, DELETED, LATEST, LIVING, Content
from bus.registration.writer import Actor, Change, IdTakenError, MovedError, ReferencedError, Wanted, Writer
from bus.storage.port import MissingStoreError
from registry.evolution.levels import Level
from registry.evolution.port import FormatName
from registry.registered.identity import Reference, guid_of
from registry.registered.names import Subject
from registry.registered.settings import Config, Metadata, Mode

ORDERS = Subject(".", "orders")
ELSEWHERE = Subject(".pay", "orders")
CHANGE = Change(Actor("tester", "a100001"), "register", 1_700_000_000_000)


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=needs_postgresql)])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Writer]:
    if request.param == "sqlite":
        yield from opened(f"sqlite:///{tmp_path / 'schemas.sqlite3'}")
    else:
        with own_schema() as address:
            yield from opened(address)


def opened(url: str) -> Iterator[Writer]:
    with pytest.raises(MissingStoreError):
        Writer(url)
    create_registration(url)
    create_registration(url)
    writer = Writer(url)
    yield writer
    writer.close()


def content(text: str, **more: object) -> Content:
    return Content(FormatName.JSON, text, canonical=text, **more)


def add(store: Writer, subject: Subject, text: str, **more: object) -> tuple[int, int]:
    """Version and id of a schema that was added."""
    given = {name: more.pop(name) for name in ("references", "metadata") if name in more}
    found = store.add(Wanted(subject, content(text, **given), **more), store.seen(subject)[0], CHANGE)
    return found.version, found.id


def test_equal_schemas_have_equal_ids_in_a_context(store: Writer):
    assert add(store, ORDERS, "1") == (1, 1)
    assert add(store, ORDERS, "2") == (2, 2)
    assert add(store, Subject(".", "bills"), "1") == (1, 1)
    assert add(store, ELSEWHERE, "2") == (1, 1)
    assert store.subjects() == [ELSEWHERE, Subject(".", "bills"), ORDERS]
    assert store.subjects("or") == [ORDERS]
    assert store.subjects(":*:or") == [ELSEWHERE, ORDERS]
    assert store.contexts() == [".", ".pay"]
    assert [(one.subject, one.version) for one in store.having_id(".", 1)] == [(Subject(".", "bills"), 1), (ORDERS, 1)]
    guid, found = store.schema(".", 2)
    assert (found.text, guid_of(found.whole)) == ("2", guid)
    assert store.having_guid(guid) == [(".", 2), (".pay", 1)]
    assert (store.greatest_id("."), store.greatest_id(".none")) == (2, 0)


def test_a_version_is_found_by_number_and_as_the_latest(store: Writer):
    add(store, ORDERS, "1", metadata=Metadata(properties={"owner": "Bộ Tư pháp"}))
    add(store, ORDERS, "2")
    one = store.version(ORDERS, 1)
    assert one is not None
    assert one.content.metadata == Metadata(properties={"owner": "Bộ Tư pháp"})
    assert one.marks.whole == one.content.whole
    latest = store.version(ORDERS, LATEST)
    assert latest is not None
    assert (latest.version, latest.time_ms) == (2, CHANGE.time_ms)
    assert store.version(ORDERS, 3) is None
    assert store.version(Subject(".", "none"), LATEST) is None


def test_deleting_hides_first_and_then_removes_and_the_id_stays(store: Writer):
    add(store, ORDERS, "1")
    add(store, ORDERS, "2")
    store.hide(ORDERS, [1], CHANGE)
    assert (store.numbers(ORDERS), store.numbers(ORDERS, ALL), store.numbers(ORDERS, DELETED)) == ([2], [1, 2], [1])
    assert store.subjects(sought=DELETED) == []
    with pytest.raises(MovedError):
        store.hide(ORDERS, [1], CHANGE)
    with pytest.raises(MovedError):
        store.drop(ORDERS, [2], CHANGE)
    before = store.generation()
    store.drop(ORDERS, [1], CHANGE)
    assert store.generation() == before + 1
    assert store.numbers(ORDERS, ALL) == [2]
    assert store.schema(".", 1) is None
    assert add(store, ORDERS, "1") == (3, 1)
    store.hide(ORDERS, [2, 3], CHANGE)
    assert store.subjects(sought=DELETED) == [ORDERS]
    assert store.subjects() == []
    assert store.subjects(sought=ALL) == [ORDERS]


def test_what_others_refer_to_is_not_deleted(store: Writer):
    add(store, ORDERS, "1")
    refers = (Reference("order", "orders", 1),)
    add(store, Subject(".", "bills"), "b", references=refers, targets=[(ORDERS, 1)])
    assert store.referencing(ORDERS, 1) == [2]
    with pytest.raises(ReferencedError):
        store.hide(ORDERS, [1], CHANGE)
    store.hide(Subject(".", "bills"), [1], CHANGE)
    assert store.referencing(ORDERS, 1) == []
    store.hide(ORDERS, [1], CHANGE)
    store.drop(ORDERS, [1], CHANGE)
    with pytest.raises(MovedError):
        add(store, Subject(".", "bills"), "c", references=refers, targets=[(ORDERS, 1)])


def test_nothing_is_added_to_what_was_not_looked_at(store: Writer):
    seen, _ = store.seen(ORDERS)
    add(store, ORDERS, "1")
    with pytest.raises(MovedError):
        store.add(Wanted(ORDERS, content("2")), seen, CHANGE)
    seen, living = store.seen(ORDERS)
    assert [one.version for one in living] == [1]
    store.revise(WHOLE, lambda _config, mode: (Config(compatibility_level=Level.NONE), mode), CHANGE)
    with pytest.raises(MovedError):
        store.add(Wanted(ORDERS, content("2")), seen, CHANGE)
    assert store.numbers(ORDERS) == [1]


def test_racing_writers_never_make_two_versions_of_one_number(store: Writer):
    def race(number: int) -> tuple[int, int]:
        while True:
            try:
                return add(store, ORDERS, str(number % 6))
            except MovedError:
                continue

    with ThreadPoolExecutor(6) as threads:
        done = list(threads.map(race, range(12)))
    assert sorted(version for version, _ in done) == list(range(1, 13))
    assert {id_ for _, id_ in done} == set(range(1, 7))


def test_ids_and_versions_are_brought_along(store: Writer):
    assert add(store, ORDERS, "1", id=100, version=7) == (7, 100)
    assert add(store, ORDERS, "2") == (8, 101)
    with pytest.raises(IdTakenError):
        add(store, ORDERS, "3", id=100, version=9)
    assert add(store, ORDERS, "1", id=200, version=3) == (3, 200)
    assert add(store, ORDERS, "4", id=300, version=8) == (8, 300)
    assert [(one.version, one.id) for one in store.named(ORDERS)] == [(3, 200), (7, 100), (8, 300)]


def test_settings_are_kept_scope_by_scope(store: Writer):
    assert store.setting(WHOLE) == (None, None)
    store.revise(WHOLE, lambda config, _mode: (config, Mode.READONLY), CHANGE)
    context = Subject(".pay", "")
    store.revise(context, lambda _config, mode: (Config(compatibility_level=Level.FULL, normalize=True), mode), CHANGE)
    before = store.revise(ELSEWHERE, lambda _config, _mode: (Config(alias="orders"), Mode.READWRITE), CHANGE)
    assert before == (None, None)
    assert store.settings(ELSEWHERE) == (
        Config(alias="orders", normalize=True, compatibility_level=Level.FULL),
        Mode.READWRITE,
    )
    assert store.settings(ORDERS) == (Config(), Mode.READONLY)
    store.revise(ELSEWHERE, lambda _config, _mode: (None, None), CHANGE)
    assert store.setting(ELSEWHERE) == (None, None)


def test_an_empty_context_goes_and_its_ids_stay_taken(store: Writer):
    add(store, ELSEWHERE, "1")
    assert not store.drop_context(".pay", CHANGE)
    store.hide(ELSEWHERE, [1], CHANGE)
    store.drop(ELSEWHERE, [1], CHANGE)
    assert store.drop_context(".pay", CHANGE)
    assert store.contexts() == ["."]
    assert add(store, ELSEWHERE, "2") == (1, 2)
    assert store.contexts() == [".", ".pay"]
    assert store.numbers(ELSEWHERE, LIVING) == [1]
