"""The adapter's two pages in a real browser: the report of a check, and the workbench that follows its files."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from check_kit import ABOUT, Files
from chromium import CONTRAST, Tab, browser
from dev_kit import edit, workbench
from peer_systems import rest_app, serving
from wires import until

from bus.kit.check import report
from bus.kit.check.checklist import load
from bus.kit.check.judging import Line, Result
from bus.kit.check.verdicts import Judged, Verdict
from bus.kit.dev.page import Page
from bus.kit.dev.page import serving as serving_page
from bus.kit.dev.workbench import follow
from registry.model import Text

pytestmark = pytest.mark.asyncio(loop_scope="module")
WIDTHS = [320, 390, 1280]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def tab() -> AsyncIterator[Tab]:
    async with browser() as opened:
        yield opened


@pytest.fixture(scope="module")
def report_page(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A report in which every verdict occurs, with long words in it."""
    checklist = load()
    verdicts = [*Verdict] * len(checklist.row)
    said = Text("n 20: p50 3,0, p95 4,0; /rat/dai/duong/dan/khong/co/cho/ngat", "n 20: p50 3.0, p95 4.0; " + "x" * 80)
    lines = [Line(row, Judged(verdict, said)) for row, verdict in zip(checklist.row, verdicts, strict=False)]
    path = tmp_path_factory.mktemp("report") / "report.html"
    path.write_text(report.page(Result(checklist, tuple(lines)), ABOUT), encoding="utf-8")
    return path.as_uri()


@pytest.mark.parametrize("width", WIDTHS)
async def test_the_report_fits_stands_alone_and_its_policy_holds(report_page: str, tab: Tab, width: int):
    await tab.open(report_page, width)
    assert await tab.says("document.querySelectorAll('li').length") == len(load().row)
    assert await tab.says("document.documentElement.scrollWidth") <= width
    assert await tab.says("getComputedStyle(document.querySelector('li')).borderLeftStyle") == "solid"
    assert await tab.says("getComputedStyle(document.querySelector('li')).display") == (
        "grid" if width > 640 else "block"
    )
    assert await tab.fetched() == [report_page]
    assert tab.complaints() == []


async def test_the_report_is_read_aloud_and_seen(report_page: str, tab: Tab):
    await tab.open(report_page, 390)
    spoken = await tab.spoken()
    headings = [name for role, name in spoken if role == "heading"]
    assert headings[0].startswith("Tự kiểm tra bộ chuyển đổi")
    assert len(headings) == 6
    assert {"main", "list", "listitem", "time"} <= {role.lower() for role, _ in spoken}
    assert await tab.says("document.documentElement.lang") == "vi"
    assert await tab.says("[...document.querySelectorAll('.other')].every(one => one.lang === 'en')")
    assert await tab.says(CONTRAST) >= 4.5
    assert (await tab.pdf()).startswith(b"%PDF-")


@pytest_asyncio.fixture(loop_scope="module")
async def files(tmp_path: Path) -> AsyncIterator[Files]:
    async with serving(rest_app()) as url:
        yield Files(tmp_path / "kit").write(url)


@pytest.mark.parametrize("width", WIDTHS)
async def test_the_workbench_fits_and_its_policy_holds(files: Files, tab: Tab, width: int):
    async with workbench(files) as bench, serving_page(Page(bench)) as url:
        await tab.open(url, width)
        assert await tab.says("document.querySelectorAll('article').length") == 5
        assert await tab.says("document.documentElement.scrollWidth") <= width
        assert await tab.says("getComputedStyle(document.querySelector('.way')).display") == (
            "grid" if width > 640 else "block"
        )
        assert all(one.startswith(url.rpartition(":")[0]) for one in await tab.fetched())
        assert [said for said in tab.complaints() if "favicon" not in said and "404" not in said] == []
        assert await tab.says(CONTRAST) >= 4.5
        spoken = await tab.spoken()
        assert all(name for role, name in spoken if role in {"article", "heading", "button", "textbox", "combobox"})
        await tab.open("about:blank", width)


async def test_the_workbench_follows_its_files_and_asks_what_is_typed(files: Files, tab: Tab):
    async with workbench(files) as bench, serving_page(Page(bench)) as url:
        following = asyncio.create_task(follow(bench, every_s=0.05))
        try:
            await tab.open(url, 390)
            await seen(tab, "!document.getElementById('live').hidden")  # the script runs, and hears
            edit(files.adapter, 'as = "partial-date"', 'as = "date"')
            await seen(tab, "document.querySelector('.mistakes')?.textContent.includes('adapter.toml:')")
            assert await tab.says("document.querySelectorAll('article').length") == 5  # what worked still stands
            edit(files.adapter, 'as = "date"', 'as = "partial-date"')
            await seen(tab, "document.querySelector('.mistakes') === null")
            await tab.says("document.getElementById('question').value = '{\"number\": \"096177000004\"}'")
            await tab.says("document.querySelector('#form button').click()")
            await seen(tab, "document.querySelector('article .reason')?.textContent.includes('no-match')")
            assert await tab.says("document.getElementById('status').textContent.length") > 0
        finally:
            following.cancel()
            await asyncio.gather(following, return_exceptions=True)
            await tab.open("about:blank", 390)


async def seen(tab: Tab, expression: str) -> None:
    """Wait until the page says yes."""
    await until(lambda: tab.says(f"Boolean({expression})"))
