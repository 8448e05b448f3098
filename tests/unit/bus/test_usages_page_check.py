"""A citizen's page under the offline check: a line that says other than its records is seen."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest
from audit_kit import Book
from usages_kit import ME, ask, citizen, room

from bus.ledger.memory import MemoryLedger
from bus.usages.disclosure import DelayClass
from bus.usages.looks import Question
from schemas.usage import Named, Usage, Words
from signing import checkpoint
from signing import page as pages
from signing.page import Page
from signing.verdict import Status

KEY = checkpoint.NoteKey.generate("ledger.test")
PASSED, FAILED, UNKNOWN = Status.PASSED, Status.FAILED, Status.INDETERMINATE


async def signed(tmp_path: Path) -> Page:
    """A page of two questions and a look, under a signed checkpoint."""
    book = Book()
    ask(book, ME)
    ask(book, ME)
    book.inquiry(ME)
    ledger = MemoryLedger(sign=lambda origin, size, root: checkpoint.seal(origin, size, root, KEY))
    found = await room(book, tmp_path, DelayClass(1, "X", purpose="dossier", announced=True), ledger=ledger)
    return await found.looks.page(citizen(), Question())


def steps(page: Page) -> dict[int, set[Status]]:
    found: dict[int, set[Status]] = {}
    for finding in pages.examine(msgspec.json.encode(page), [KEY.verifier]):
        found.setdefault(finding.step, set()).add(finding.verdict.status)
    return found


def changed(page: Page, change: Callable[[Usage], Usage]) -> Page:
    """The page with its second line changed."""
    first, second, *rest = page.usages
    return msgspec.structs.replace(page, usages=(first, change(second), *rest))


def replaced(**members: object) -> Callable[[Usage], Usage]:
    return lambda line: msgspec.structs.replace(line, **members)


async def test_a_page_as_it_came_holds(tmp_path: Path):
    page = await signed(tmp_path)
    assert len(page.usages) == 3
    assert steps(page) == {step: {PASSED} for step in range(1, 7)}
    about = [one.about for one in pages.examine(msgspec.json.encode(page), [KEY.verifier])]
    assert "record 0: details shielded" in about


@pytest.mark.parametrize(
    ("change", "status"),
    [
        (replaced(time="2026-11-22T05:00:00.000Z"), FAILED),
        (replaced(consumer=Named("a100011")), FAILED),
        (replaced(provider=Named("a100002")), FAILED),
        (replaced(provider=None), FAILED),
        (replaced(service=Named("a100001/population/other")), FAILED),
        (replaced(purpose=Named("statistics")), FAILED),
        (replaced(purpose=None), FAILED),
        (replaced(outcome="fault"), FAILED),
        (replaced(outcome=None), FAILED),
        (replaced(code=507), FAILED),
        (replaced(records=(2,)), FAILED),  # the question without its outcome, and yet answered
        (replaced(records=(2, 1)), FAILED),  # the outcome of another question
        (replaced(records=(2, 3, 1)), FAILED),
        (replaced(records=()), FAILED),
        (replaced(records=(99,)), UNKNOWN),
    ],
)
async def test_a_line_that_says_other_than_its_records_is_seen(
    tmp_path: Path, change: Callable[[Usage], Usage], status: Status
):
    page = await signed(tmp_path)
    assert page.usages[1].records == (2, 3)
    assert steps(changed(page, change))[5] == {PASSED, status}


async def test_what_the_leaf_does_not_say_was_recorded_with_the_look(tmp_path: Path):
    page = await signed(tmp_path)
    other = changed(page, replaced(text=Words("khác", "other"), dossier="H26-9", unit="elsewhere"))
    assert steps(other)[5] == {PASSED}
    assert steps(other)[6] == {FAILED}
    dropped = msgspec.structs.replace(page, usages=page.usages[1:])
    assert steps(dropped)[6] == {FAILED}
    assert steps(msgspec.structs.replace(page, inquiry=page.inquiry + 1))[6] == {FAILED}
    assert steps(msgspec.structs.replace(page, look=None))[6] == {UNKNOWN}
    look = page.look
    assert look is not None
    assert look.details is not None
    for broken in (
        msgspec.structs.replace(look, details=None),
        msgspec.structs.replace(look, details=look.details.replace("usages", "usagez")),
        msgspec.structs.replace(look, salt="A" * 43),
    ):
        assert steps(msgspec.structs.replace(page, look=broken))[6] <= {FAILED, UNKNOWN}
