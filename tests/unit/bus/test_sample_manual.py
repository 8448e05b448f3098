"""The manual's tables are the code's: whoever changes one regenerates the other."""

from __future__ import annotations

from pathlib import Path

from bus.sample import manual
from bus.sample.procedures import CASES, DEMO
from bus.sample.systems import SYSTEMS

PAGE = (Path(__file__).parents[3] / "docs" / "sample-nation.md").read_text(encoding="utf-8")


def test_the_manual_holds_every_line_of_both_tables() -> None:
    assert "\n".join(manual.people()) in PAGE
    assert "\n".join(manual.outcomes()) in PAGE


def test_the_manual_names_every_system() -> None:
    for system in SYSTEMS:
        assert f"`{system.service}`" in PAGE
        assert f"`{system.file}`" in PAGE


def test_the_demo_shows_one_case_of_each_procedure() -> None:
    shown = {case.key: case.procedure for case in CASES if case.key in DEMO}
    assert tuple(shown) == DEMO
    assert len(set(shown.values())) == len(DEMO)
