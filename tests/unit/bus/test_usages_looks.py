"""What a citizen is shown: their own uses, others' names left out, some held back, the look recorded first."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest
from audit_kit import START_MS, Book, subject
from usages_kit import ME, NONCE, NOW_MS, OTHER, ask, citizen, opened, room

from bus.ledger.memory import MemoryLedger
from bus.ledger.port import Append, LedgerUnreachableError, Outcome
from bus.usages.disclosure import DAY_MS, DelayClass
from bus.usages.lines import Shown
from bus.usages.looks import Question, encoded
from schemas.inquiry import decode_inquiry
from schemas.problems import Code, ProblemError
from schemas.record import LeafType, decode_leaf
from signing.page import Page, PageRecord

LATE = DelayClass(days=500, basis="Luật X, Điều 9", purpose="investigation")


class DeafLedger(MemoryLedger):
    """A ledger that takes nothing."""

    async def append(self, item: Append) -> Outcome:
        assert item.leaf
        raise LedgerUnreachableError("ledger: no answer within the patience")


def by_index(page: Page) -> dict[int, PageRecord]:
    return {record.index: record for record in page.records}


async def test_a_question_and_its_outcome_are_one_line(tmp_path: Path):
    book = Book()
    asked = ask(book, ME)
    ask(book, OTHER)
    found = await room(book, tmp_path)
    page = await found.looks.page(citizen(), Question())
    (line,) = page.usages
    assert (line.kind, line.records, line.outcome) == ("question", (asked, asked + 1), "answered")
    assert (line.consumer.id, line.service.id if line.service else "") == ("a100010", "a100001/population/person")
    assert (line.dossier, line.operation, [field.id for field in line.fields]) == (
        "H26-1",
        "read",
        ["person.full-name"],
    )
    assert line.provider is not None
    assert line.provider.name is not None
    assert "Bộ Công an" in line.text.vi
    assert "Ministry of Public Security" in line.text.en
    assert sorted(by_index(page)) == [asked, asked + 1]


async def test_the_look_is_recorded_first_and_found_by_the_next_look(tmp_path: Path):
    book = Book()
    ask(book, ME)
    found = await room(book, tmp_path)
    page = await found.looks.page(citizen(), Question(since="2026-01-01", face="view"))
    leaf = (await found.ledger.read(page.inquiry, page.inquiry + 1))[0]
    record, kept = decode_leaf(leaf), await found.ledger.details(page.inquiry)
    assert (record.type, record.purpose, record.consumer) == (LeafType.INQUIRY, "own-look", "a100000")
    assert ME.encode() not in leaf
    assert kept is not None
    told = decode_inquiry(kept.details)
    assert (told.kind, told.by, told.subjects[0].id, told.subjects[0].assurance) == (
        "usages",
        "self",
        ME,
        "substantial",
    )
    assert told.asked == {"since": "2026-01-01", "face": "view", "portal": "portal"}
    # the record is a part of the next look's book
    book.entries.append(Append(leaf, kept.details, kept.salt))
    again = await room(book, tmp_path / "again")
    line = (await again.looks.page(citizen(), Question())).usages[0]
    assert (line.kind, line.whole, line.system) == ("own-look", True, "portal")


async def test_a_look_that_cannot_be_recorded_is_refused(tmp_path: Path):
    found = await room(Book(), tmp_path, ledger=DeafLedger())
    with pytest.raises(ProblemError) as refused:
        await found.looks.page(citizen(), Question())
    assert refused.value.problem.code is Code.RECORD_NOT_WRITTEN


async def test_a_malformed_question_is_refused_before_it_is_recorded(tmp_path: Path):
    found = await room(Book(), tmp_path)
    with pytest.raises(ProblemError) as refused:
        await found.looks.page(citizen(), Question(since="yesterday"))
    assert refused.value.problem.place == "/since"
    assert (await found.ledger.head()).size == 0


@pytest.mark.parametrize("officers", list(Shown))
async def test_others_are_shielded(tmp_path: Path, officers: Shown):
    book = Book()
    together, alone, in_answer = ask(book, ME, OTHER), ask(book, ME), ask(book, OTHER, about=(ME, OTHER))
    parties = opened(book, subject(ME), subject(OTHER))
    look = book.inquiry(ME)
    found = await room(book, tmp_path, officers=officers)
    page = await found.looks.page(citizen(), Question())
    text = encoded(page).decode()
    assert OTHER not in text
    assert ("can-bo-01" in text) == ("kt-01" in text) == (officers is Shown.ID)
    assert ("mot-cua" in text) == (officers is not Shown.AGENCY)
    lines = {line.records[0]: line for line in page.usages}
    assert list(lines) == sorted(lines, reverse=True)
    assert set(lines) == {together, alone, in_answer, parties, look}
    # a question about somebody else, whose answer named me: who, whom, when, why, and no more
    shielded = lines[in_answer]
    assert (shielded.dossier, shielded.procedure, shielded.fields, shielded.unit) == (None, None, (), None)
    # what names others is proved by its leaf alone
    opened_ones = {index for index, record in by_index(page).items() if record.details is not None}
    assert opened_ones == ({alone, look} if officers is Shown.ID else set())
    assert all(record.shielded for index, record in by_index(page).items() if index not in opened_ones)


async def test_a_use_is_held_back_until_its_date_and_then_shown_with_the_law(tmp_path: Path):
    book = Book()
    ask(book, ME)
    late = ask(book, ME, purpose="investigation")
    before = await room(book, tmp_path / "before", LATE)
    page = await before.looks.page(citizen(), Question())
    assert late not in {index for line in page.usages for index in line.records}
    assert late not in by_index(page)
    asked_ms = START_MS + 500 * DAY_MS
    after = await room(book, tmp_path / "after", LATE, now_ms=asked_ms + 100 * DAY_MS)
    (first, second) = (await after.looks.page(citizen(), Question())).usages
    assert (first.records[0], first.delay.basis if first.delay else None) == (late, "Luật X, Điều 9")
    assert second.delay is None


async def test_nobody_can_tell_that_something_is_held_back(tmp_path: Path):
    """Two books, of which one holds two uses more that are held back: page by page the answers say the same."""
    answers = []
    for name, hidden in (("with", True), ("without", False)):
        book = Book(3)
        shown = []
        for number in range(5):
            shown.append(ask(book, ME))
            if number in {1, 3}:  # in the other book the very same use is somebody else's
                ask(book, ME if hidden else OTHER, purpose="investigation")
        found = await room(book, tmp_path / name, LATE)
        who, pages = citizen(), []
        while True:
            page = await found.looks.page(who, Question(limit=2))
            pages.append((page.usages, page.as_of, page.inquiry, page.next is None, page.delays))
            if page.next is None:
                break
            resume = found.looks.tickets.resumed(page.next, NONCE, Question().digest)
            who = citizen()
            who = type(who)(who.number, who.level, who.portal, who.nonce, resume)
        total, _ = await found.looks.everything(citizen(), Question(limit=1000), 0)
        answers.append((pages, total))
        assert [line.records[0] for lines, *_ in pages for line in lines] == shown[::-1]
    assert answers[0] == answers[1]
    assert answers[0][1] == 5


@pytest.mark.parametrize(
    ("delay", "held"),
    [
        (DelayClass(900, "X", consumer="a100010"), True),
        (DelayClass(900, "X", consumer="a100011"), False),
        (DelayClass(900, "X", service="a100001/population/person", purpose="dossier"), True),
        (DelayClass(900, "X", service="a100001/population/person", purpose="statistics"), False),
        (DelayClass(900, "X", agreement="ag-0001"), True),
        (DelayClass(900, "X", agreement="ag-0002"), False),
        (DelayClass(1, "X", agreement="ag-0001"), False),
        (DelayClass(900, "X", looks=True), False),
    ],
)
async def test_classes_fit_what_they_name(tmp_path: Path, delay: DelayClass, *, held: bool):
    book = Book()
    ask(book, ME)
    look = book.inquiry(ME)
    found = await room(book, tmp_path, delay, DelayClass(2, "Y", agreement="ag-0001"))
    page = await found.looks.page(citizen(), Question())
    kinds = [line.kind for line in page.usages]
    assert ("question" not in kinds) == held
    assert (look in by_index(page)) == (not delay.looks)


async def test_where_details_are_gone_a_class_by_agreement_counts_as_fitting(tmp_path: Path):
    book = Book()
    asked = ask(book, OTHER, about=(ME,), agreement="ag-0009")
    found = await room(book, tmp_path, DelayClass(900, "X", agreement="ag-0001"))
    assert len((await found.looks.page(citizen(), Question())).usages) == 1
    found.desk.store.erase([asked])
    assert (await found.looks.page(citizen(), Question())).usages == ()


async def test_a_general_notice_is_everybody_s(tmp_path: Path):
    notice = DelayClass(30, "Luật X, Điều 9", purpose="investigation", announced=True)
    found = await room(Book(), tmp_path, notice, LATE)
    (one,) = (await found.looks.page(citizen(), Question())).delays
    assert msgspec.to_builtins(one) == {"days": 30, "basis": "Luật X, Điều 9"}


async def test_refusals_are_told_and_the_period_counts(tmp_path: Path):
    book = Book()
    refused = book.exchange(person=ME, ends="refused")
    waiting = book.exchange(person=ME, ends=None)
    found = await room(book, tmp_path)
    lines = (await found.looks.page(citizen(), Question())).usages
    assert [(line.records, line.kind, line.outcome) for line in lines] == [
        ((waiting,), "question", None),
        ((refused,), "refused", "refused"),
    ]
    assert (await found.looks.page(citizen(), Question(until="2020-01-01"))).usages == ()
    assert NOW_MS > START_MS


async def test_what_was_erased_names_nobody_any_more(tmp_path: Path):
    book = Book()
    gone, kept = ask(book, ME), ask(book, ME)
    book.erasure((gone, gone + 1))
    found = await room(book, tmp_path)
    page = await found.looks.page(citizen(), Question())
    assert [line.records[0] for line in page.usages] == [kept]
    assert sorted(by_index(page)) == [kept, kept + 1]
