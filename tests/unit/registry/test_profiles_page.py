"""docs/profiles.md names every key, every profile, every term and every code list, and nothing else."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from bus.registry.profiles import shipped
from registry.authored.fields import Authored
from registry.profiles import tables

PAGE = (Path(__file__).parents[3] / "docs" / "profiles.md").read_text(encoding="utf-8")
OWN = [tables.BadTable, tables.OfficialTable, tables.OwnerTable, tables.ProfileTable]
ADDED = {"owner", "origin", "source"}
PROFILES = shipped()


@pytest.mark.parametrize("kind", OWN, ids=lambda kind: kind.__name__)
def test_every_key_of_every_table_is_on_the_page(kind: type[Authored]):
    keys = {field.alias or name for name, field in kind.model_fields.items()}
    said = re.sub(r"```.*?```", "", PAGE.partition("## All profiles")[0], flags=re.DOTALL)
    quoted = " ".join(re.findall(r"`[^`]+`", said))
    assert {key for key in keys | ADDED if not re.search(rf"\b{key}\b", quoted)} == set()


def test_every_profile_has_its_chapter():
    chapters = re.findall(r"^## ([a-z-]+@[0-9]+)$", PAGE, re.MULTILINE)
    assert chapters == sorted(PROFILES.profiles)


def test_every_term_and_code_list_is_on_the_page():
    assert {term for term in PROFILES.terms if f"`{term}`" not in PAGE} == set()
    assert re.findall(r"^### (.+)$", PAGE, re.MULTILINE) == sorted(PROFILES.codelists)


def test_no_profile_passes_for_an_official_schema():
    awaited = sum(profile.about.official.status == "awaited" for profile in PROFILES.profiles.values())
    assert PAGE.count("- Official schema: *awaited*") == awaited
