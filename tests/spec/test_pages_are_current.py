"""The manual's printed pages are what the code prints now; `python tests/spec/write_pages.py` writes them anew."""

from __future__ import annotations

import runpy
from pathlib import Path

import pytest

HERE = Path(__file__).parent
PAGES = runpy.run_path(str(HERE / "write_pages.py"))["pages"]()


@pytest.mark.parametrize("name", PAGES)
def test_a_printed_page_is_current(name: str):
    page = HERE.parents[1] / "docs" / name
    assert page.read_text(encoding="utf-8") == PAGES[name], "run: python tests/spec/write_pages.py"


def test_every_input_is_played_once():
    chapters = PAGES["bad-input.md"].split("\n## ")[1:]
    rows = [[line for line in chapter.splitlines() if line.startswith("| ")] for chapter in chapters]
    assert all(len(lines) == len(set(lines)) for lines in rows)
    assert sum(map(len, rows)) > 200
