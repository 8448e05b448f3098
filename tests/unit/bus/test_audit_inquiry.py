"""A look is recorded or refused; scopes follow the registry; orders and retention keep what must be kept."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from pathlib import Path

import pytest
from audit_kit import PEOPLE, START_MS, Book, Desk
from registry_folder import folder

from bus.audit.erasure import ErasureRefusedError, Order, erase, expired, together
from bus.audit.inquiry import Inquiries
from bus.audit.query import Asked, asked_of, cursor_of, search_of
from bus.audit.scope import sight_of
from bus.ledger.memory import MemoryLedger
from bus.ledger.port import Append, LedgerUnreachableError, Outcome
from bus.ledger.tree import OwnTiles
from config.auditors import Auditor, Role, load_auditors, new_auditor, revoke_auditor
from config.keylines import ApiKeyError
from registry.snapshot import compile as compile_registry
from schemas.problems import Code, ProblemError
from schemas.record import LeafType, decode_leaf

NOW = datetime(2026, 11, 22, tzinfo=UTC)
MONTH_MS = 31 * 86_400_000


class DeafLedger(MemoryLedger):
    """A ledger that nobody reaches."""

    async def append(self, item: Append) -> Outcome:
        assert item.leaf
        raise LedgerUnreachableError("ledger: no answer within the patience")


def auditor(tmp_path: Path, scope: str = "nation") -> Auditor:
    _, line = new_auditor(
        tmp_path / "auditors.toml", name="kt", agency="a100000", scope=scope, role=Role.AUDITOR, days=1, now=NOW
    )
    return line


async def inquiries(desk: Desk, book: Book, *, deaf: bool = False) -> Inquiries:
    ledger = DeafLedger() if deaf else MemoryLedger()
    if not deaf:
        for item in book.entries:
            await ledger.append(item)
    snapshot = compile_registry(folder())
    return Inquiries(
        ledger=ledger,
        shelf=desk.shelf,
        index=desk.index,
        indexer=desk.indexer,
        names=desk.names,
        snapshot=lambda: snapshot,
        tiles=OwnTiles(ledger.read),
        clock=lambda: START_MS,
    )


async def test_a_look_that_cannot_be_recorded_is_refused(tmp_path: Path):
    book = Book().some(10)
    desk = Desk(book, f"sqlite:///{tmp_path / 'i.sqlite3'}", tmp_path)
    looking = await inquiries(desk, book, deaf=True)
    for look in (looking.page(auditor(tmp_path), Asked()), looking.report(auditor_again(tmp_path), "latency", Asked())):
        with pytest.raises(ProblemError) as refused:
            await look
        assert refused.value.problem.code is Code.RECORD_NOT_WRITTEN
    desk.index.close()


def auditor_again(tmp_path: Path) -> Auditor:
    return load_auditors(tmp_path / "auditors.toml")[0]


async def test_the_look_stands_before_the_answer_and_names_nobody_in_its_leaf(tmp_path: Path):
    book = Book(2).some(30)
    desk = Desk(book, f"sqlite:///{tmp_path / 'i.sqlite3'}", tmp_path)
    looking = await inquiries(desk, book)
    page = await looking.page(auditor(tmp_path), Asked(subject=f"citizen:{PEOPLE[0]}"))
    assert page.inquiry == len(book.entries)
    leaf = (await looking.ledger.read(page.inquiry, page.inquiry + 1))[0]
    assert decode_leaf(leaf).type is LeafType.INQUIRY
    assert PEOPLE[0].encode() not in leaf
    assert page.as_of == len(book.entries)
    desk.index.close()


@pytest.mark.parametrize(
    "given",
    [
        {"colour": "red"},
        {"since": "yesterday"},
        {"limit": "0"},
        {"limit": "501"},
        {"code": "7"},
        {"type": "gossip"},
        {"subject": "097195001234"},
        {"cursor": "!"},
    ],
)
def test_a_question_is_read_strictly_and_its_values_stay_out_of_errors(given: dict[str, str]):
    with pytest.raises(ProblemError) as refused:
        search_of(asked_of(given))
    found = refused.value.problem
    assert found.code is Code.REQUEST_MALFORMED
    assert found.place == f"/{next(iter(given))}"
    assert "097195001234" not in repr(found)


def test_a_cursor_belongs_to_its_question():
    one, other = Asked(purpose="dossier"), Asked(purpose="statistics")
    cursor = cursor_of(one, 10, START_MS, 3)
    place = search_of(Asked(purpose="dossier", cursor=cursor, limit="7")).after
    assert place is not None
    assert (place.size, place.idx) == (10, 3)
    with pytest.raises(ProblemError):
        search_of(Asked(purpose=other.purpose, cursor=cursor))


def test_a_ministry_sees_all_under_it():
    snapshot = compile_registry(folder())
    child = next(agency for agency in snapshot.agencies() if agency.parent is not None)
    assert child.parent is not None
    under = sight_of(f"ministry:{child.parent}", snapshot).agencies or ()
    assert {child.id, child.parent} <= set(under)
    assert sight_of(f"agency:{child.parent}", snapshot).agencies == (child.parent,)
    assert sight_of("nation", snapshot).agencies is None


def test_auditors_are_appointed_once_and_revoked_once(tmp_path: Path):
    line = auditor(tmp_path)
    with pytest.raises(ApiKeyError):
        auditor(tmp_path)
    assert line.valid(NOW)
    assert not revoke_auditor(tmp_path / "auditors.toml", "kt", NOW).valid(NOW)
    with pytest.raises(ApiKeyError):
        revoke_auditor(tmp_path / "auditors.toml", "kt", NOW)


async def test_orders_are_kept_for_ever_and_name_what_is_there(tmp_path: Path):
    book = Book(3).some(12)
    order = book.erasure((0, 2))
    desk = Desk(book, f"sqlite:///{tmp_path / 'i.sqlite3'}", tmp_path)
    ledger = MemoryLedger()
    for item in book.entries:
        await ledger.append(item)
    for ranges in ((), ((5, 5),), ((0, 10_000),), ((order, order + 1),)):
        with pytest.raises(ErasureRefusedError):
            await erase(ledger, desk.shelf, Order("a100000", "a court", "why", ranges), lambda: START_MS)
    done = await erase(ledger, desk.shelf, Order("a100000", "a court", "why", ((3, 5),)), lambda: START_MS)
    assert (done.details, done.order) == (2, len(book.entries))
    assert desk.store.details(3) is None
    desk.index.close()


def test_retention_counts_from_each_class_and_never_under_a_year(tmp_path: Path):
    book = Book(4).some(40)
    book.erasure((0, 1))
    desk = Desk(book, f"sqlite:///{tmp_path / 'i.sqlite3'}", tmp_path)
    desk.indexer.catch_up()
    later = START_MS + 14 * MONTH_MS
    due = expired(desk.shelf, {"exchanges": 12}, later)
    types = {decode_leaf(book.entries[idx].leaf).type for first, end in due for idx in range(first, end)}
    assert types == {LeafType.ASKED, LeafType.OUTCOME}
    assert expired(desk.shelf, {"exchanges": 12, "declarations": 12, "inquiries": 12}, START_MS) == ()
    with pytest.raises(ErasureRefusedError):
        expired(desk.shelf, {"exchanges": 11}, later)
    with pytest.raises(ErasureRefusedError):
        expired(desk.shelf, {"gossip": 12}, later)
    assert together([4, 1, 2, 2, 9]) == ((1, 3), (4, 5), (9, 10))
    desk.index.close()


async def test_a_feeder_that_is_behind_is_waited_for(tmp_path: Path):
    book = Book(5).some(50)
    desk = Desk(book, f"sqlite:///{tmp_path / 'i.sqlite3'}", tmp_path)
    assert await desk.indexer.reach(20, 5.0) >= 20
    running = asyncio.create_task(desk.indexer.run())
    assert await desk.indexer.reach(len(book.entries), 5.0) == len(book.entries)
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    desk.index.close()
