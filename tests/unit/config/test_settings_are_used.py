"""A setting that nothing reads is a lie: each field's name must stand, as an attribute, in the code that composes."""

import re
from pathlib import Path

import pytest

from config.explain import describe
from config.load import KINDS

BUS = Path(__file__).parents[3] / "bus"
READERS = [path for folder in ("app", "cli") for path in (BUS / folder).glob("*.py")] + [BUS / "logs.py"]
CODE = "\n".join(path.read_text(encoding="utf-8") for path in READERS)

# Judged by the settings themselves (production is strict), or by `doctor` alone.
ELSEWHERE = {"environment", "certificate_warning_days", "warn_after_hours"}
FIELDS = {line.name.rpartition(".")[2] for kind in KINDS.values() for line in describe(kind)} - ELSEWHERE


@pytest.mark.parametrize("name", sorted(FIELDS))
def test_something_reads_it(name: str):
    assert re.search(rf"\.{name}\b", CODE)
