"""The page "who asked about me" in a real browser: its policy holds, it fits, it is read aloud, it prints."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from audit_kit import Book
from chromium import CONTRAST, Tab, browser
from usages_kit import ME, NOW_MS, Served, ask, room, served

from bus.usages.disclosure import DelayClass

pytestmark = pytest.mark.asyncio(loop_scope="module")
LINES = 6
NOTICE = DelayClass(30, "Luật X, Điều 9", purpose="investigation", announced=True)


@pytest_asyncio.fixture(loop_scope="module")
async def face(tmp_path: Path) -> AsyncIterator[Served]:
    book = Book()
    for _ in range(LINES - 1):
        ask(book, ME)
    book.exchange(person=ME, ends="refused")
    async with served(await room(book, tmp_path, NOTICE)) as running:
        yield running


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def tab() -> AsyncIterator[Tab]:
    """One browser for all: starting it is what takes time."""
    async with browser() as opened:
        yield opened


async def opened(tab: Tab, face: Served, width: int, query: str = "") -> None:
    """The page as a portal shows it, which adds the citizen's token."""
    headers = {"Authorization": f"Bearer {await face.token()}", "Accept-Language": "vi"}
    await tab.open(f"{face.url}/usages/view{query}", width, headers=headers)


@pytest.mark.parametrize("width", [320, 390, 1280])
async def test_it_fits_and_its_policy_holds(face: Served, tab: Tab, width: int):
    await opened(tab, face, width)
    assert await tab.says("document.querySelectorAll('article').length") == LINES
    # nothing stands out to the side, and the one style sheet was let through
    assert await tab.says("document.documentElement.scrollWidth") <= width
    assert await tab.says("getComputedStyle(document.querySelector('article')).borderLeftStyle") == "solid"
    columns = await tab.says("getComputedStyle(document.querySelector('dl')).display")
    assert columns == ("grid" if width > 640 else "block")
    assert [url for url in await tab.fetched() if not url.endswith(("/usages/view", "/favicon.ico"))] == []
    assert [said for said in tab.complaints() if "favicon" not in said and "404" not in said] == []
    # a script that got into the page would not run
    assert await tab.says(
        "(() => { const s = document.createElement('script'); s.textContent = 'window.ran = 1';"
        " document.body.append(s); return window.ran === undefined; })()"
    )


async def test_it_is_read_aloud_in_order_and_in_both_languages(face: Served, tab: Tab):
    await opened(tab, face, 390)
    spoken = await tab.spoken()
    roles = [role for role, _ in spoken]
    assert roles.count("article") == LINES
    assert all(name for role, name in spoken if role in {"article", "heading", "link", "button"})
    headings = [name for role, name in spoken if role == "heading"]
    assert headings[0].startswith("Ai đã hỏi về tôi")
    assert "Who asked about me" in headings[0]
    assert len(headings) == LINES + 1
    assert {"main", "list", "listitem", "time"} <= {role.lower() for role in roles}
    assert await tab.says("document.documentElement.lang") == "vi"
    assert await tab.says("[...document.querySelectorAll('.other')].every(one => one.lang === 'en')")
    await tab.says("document.querySelector('a.skip').focus()")
    assert await tab.says("document.querySelector('a.skip').getBoundingClientRect().left") >= 0  # seen by keyboard


async def test_words_stand_out_from_their_ground(face: Served, tab: Tab):
    await opened(tab, face, 390)
    least = await tab.says(CONTRAST)
    assert least >= 4.5  # WCAG 2.2, 1.4.3


async def test_the_next_page_is_a_link_away_and_it_prints(face: Served, tab: Tab):
    await opened(tab, face, 390, "?limit=4")
    assert await tab.says("document.querySelectorAll('article').length") == 4
    tab.events.clear()
    await tab.says("document.querySelector('a[rel=next]').click()")
    await tab.happened("Page.loadEventFired")
    assert await tab.says("document.querySelectorAll('article').length") == LINES - 4
    assert (await tab.pdf()).startswith(b"%PDF-")
    await tab.call("Emulation.setEmulatedMedia", media="print")
    assert await tab.says("getComputedStyle(document.querySelector('.skip')).display") == "none"
    await tab.call("Emulation.setEmulatedMedia", media="")


async def test_a_refusal_is_a_page_too(face: Served, tab: Tab):
    await tab.open(f"{face.url}/usages/view", 390)
    assert await tab.says("document.querySelector('[role=alert]').textContent.includes('821')")
    assert await tab.says("document.documentElement.scrollWidth") <= 390
    assert NOW_MS
