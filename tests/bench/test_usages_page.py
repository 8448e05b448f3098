"""A citizen's look, with about a thousand uses among many records; figures are printed, nothing is asserted by time.

LIENTHONG_BENCH_USAGES says how many records there are (20,000).
"""

from __future__ import annotations

import os
import statistics
import sys
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from audit_kit import Book
from token_kit import DEV, KEYS, NOW_S, POLICY, claims
from usages_kit import ME, ask, citizen, room

from bus.http.usages_page import Pages
from bus.usages.disclosure import DelayClass
from bus.usages.looks import Question, encoded
from signing.idtoken import check

RECORDS = int(os.environ.get("LIENTHONG_BENCH_USAGES", "20000"))
MINE = 1000
ROUNDS = 15


async def timed(what: str, work: Callable[[], Awaitable[object]]) -> None:
    """The median and the worst of some rounds, printed."""
    took = []
    for _ in range(ROUNDS):
        began = time.perf_counter()
        await work()
        took.append((time.perf_counter() - began) * 1000)
    sys.stdout.write(f"{what:<52} {statistics.median(took):8.1f} ms  (worst {max(took):.1f})\n")


@pytest.mark.timeout(1800)
async def test_figures_of_a_look(tmp_path: Path):
    book = Book(5)
    while len(book.entries) < RECORDS - 2 * MINE:
        book.some(len(book.entries) + RECORDS // MINE)
        ask(book, ME)
    found = await room(book, tmp_path, DelayClass(900, "X", purpose="statistics"))
    found.desk.indexer.catch_up()
    sys.stdout.write(
        f"\n{len(book.entries)} records, {len(book.entries) * MINE // RECORDS} or so of them about one person\n"
    )
    await timed("a page of 50 lines, with proofs", lambda: found.looks.page(citizen(), Question()))
    await timed("a page of 200", lambda: found.looks.page(citizen(), Question(limit=200)))
    await timed(
        "findUsage: all counted, 1000 shown", lambda: found.looks.everything(citizen(), Question(limit=1000), 0)
    )
    page = await found.looks.page(citizen(), Question())
    sys.stdout.write(f"a page of 50 lines is {len(encoded(page)) // 1024} KiB\n")
    pages = Pages()

    async def html() -> bytes:
        return pages.page(page, None, "vi")

    async def token() -> object:
        return check(text, KEYS, POLICY, NOW_S * 1000).must_pass()

    text = DEV.token(claims(), NOW_S)
    await timed("that page as HTML", html)
    await timed("a token judged (ES256)", token)
    found.desk.index.close()
