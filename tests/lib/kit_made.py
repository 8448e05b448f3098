"""Runs of `lienthong adapter new` for tests, against the sample nation's dictionary."""

from __future__ import annotations

from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

from bus.kit.new.dictionary import Dictionary, read_dictionary
from bus.kit.new.make import Made
from bus.kit.new.options import Options
from bus.kit.new.run import Silent, run

SAMPLE = Path("config/sample/registry")
TODAY = date(2026, 11, 22)
SETTINGS = "the adapter's settings"
KNOWN: dict[str, Any] = {
    "service": "a100003/social-insurance/stranger",
    "basis": "LBHXH2024.2",
    "purposes": ("verification",),
    "consumer": "a100010",
    "consumer_system": "one-stop",
}


@cache
def dictionary() -> Dictionary:
    """The sample nation's, read once."""
    return read_dictionary(SAMPLE)


def made(folder: Path, **options: Any) -> Made:  # noqa: ANN401 - each option has its own type
    """One run with what a script would say; nothing is written."""
    return run(Options(folder=folder, **{**KNOWN, **options}), dictionary(), TODAY, Silent())


def text(run_: Made, name: str) -> str:
    """A file that would be written; `name` is the end of its path."""
    if name == SETTINGS:
        return run_.files[f"adapter/{run_.plan.service.file_name}.toml"].decode()
    (found,) = [data for path, data in run_.files.items() if path.endswith(name)]
    return found.decode()
