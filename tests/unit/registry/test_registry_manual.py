"""The manual names every key, every rule, every finding and every refusal, and none that does not exist."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from bus.registry.follow import Refusal
from registry.authored import tables
from registry.authored.fields import Authored
from registry.authored.texts import RULES
from registry.guard import Finding, OverrideReason

MANUAL = (Path(__file__).parents[3] / "docs" / "registry.md").read_text()
TABLES = [kind for kind in vars(tables).values() if isinstance(kind, type) and issubclass(kind, Authored)]


@pytest.mark.parametrize("kind", TABLES, ids=lambda kind: kind.__name__)
def test_every_key_of_every_table_is_in_the_manual(kind: type[Authored]):
    keys = {field.alias or name for name, field in kind.model_fields.items()}
    quoted = " ".join(re.findall(r"`[^`]+`", re.sub(r"```.*?```", "", MANUAL, flags=re.DOTALL)))
    assert {key for key in keys if not re.search(rf"\b{key}\b", quoted)} == set()


@pytest.mark.parametrize("rule", sorted(RULES))
def test_every_rule_stands_there_as_the_software_words_it(rule: str):
    vi, en = RULES[rule]
    assert f"| `{rule}` | {en} | {vi} |" in MANUAL


def test_no_rule_stands_there_that_does_not_exist():
    listed = re.findall(r"^\| `([a-z-]+)` \|", MANUAL.partition("## 5.")[2], re.MULTILINE)
    assert sorted(listed) == sorted(RULES)


@pytest.mark.parametrize("word", [*Refusal, *Finding, *OverrideReason])
def test_every_verdict_is_explained(word: str):
    assert f"`{word}`" in MANUAL
