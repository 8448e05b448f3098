"""Print the manual's pages that are made from code: `python tests/spec/write_pages.py` writes them, a test compares."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "tests" / "lib"), str(Path(__file__).parent)]

import problem_page  # noqa: E402 - found by the path above
import spec_rows  # noqa: E402 - the same

CHAPTERS = (
    ("test_bad_envelopes", "TABLE"),
    ("test_bad_replays", "TABLE"),
    ("test_bad_bodies", "TABLE"),
    ("test_bad_grounds", "TABLE"),
    ("test_bad_systems", "TABLE"),
    ("test_bad_answers", "TO_HUB"),
    ("test_bad_answers", "FALSE_HUB"),
    ("test_bad_times", "TABLE"),
)


def pages() -> dict[str, str]:
    """File name under docs/ → its whole text."""
    tables = [getattr(importlib.import_module(module), name) for module, name in CHAPTERS]
    return {
        "bad-input.md": "\n".join(spec_rows.page(tables)) + "\n",
        "problems.md": "\n".join(problem_page.page()) + "\n",
    }


if __name__ == "__main__":
    for name, text in pages().items():
        (ROOT / "docs" / name).write_text(text, encoding="utf-8")
