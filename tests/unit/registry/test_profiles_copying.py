"""An authored folder started from profiles: whole, checked by the registry's own rules, never changed behind a back."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from registry_folder import INSTANCE

from bus.registry.files import FolderError, read_folder
from bus.registry.profiles import copy_profiles, shipped
from registry.authored.compiling import check
from registry.profiles.copying import conflicts_with, plan

if TYPE_CHECKING:
    from registry.profiles.model import Profile

PROFILES = shipped()
ALL = sorted(PROFILES.profiles.values(), key=lambda profile: profile.ref)
SAMPLE = Path(__file__).parents[3] / "config/sample/registry"
AGENCY = """
[[agency]]
id = "a100000"
name = { vi = "Đơn vị vận hành", en = "Operator" }
kind = "operator"
valid_from = 2020-01-01
security_level = 4

[[agency.system]]
id = "all"
name = { vi = "Tất cả", en = "All" }
"""
BASIS = """
[[codelist]]
id = "basis"
version = 1
name = { vi = "Căn cứ", en = "Bases" }
code = [{ code = "any", name = { vi = "Bất kỳ", en = "Any" } }]
"""
SERVICE = """
[[service]]
id = "a100000/all/everything"
name = { vi = "Tất cả", en = "Everything" }
shape = "shaped"
basis = "any"
subject_scheme = "citizen"
"""
OPERATION = """
[[service.operation]]
name = "{name}"
assurance = "low"
question = "{ref}"
answer = "{ref}"
"""


def around(profiles: list[Profile]) -> dict[str, bytes]:
    """The rest of a registry in which a shaped service answers by each of these profiles."""
    operations = "".join(OPERATION.format(name=profile.subject, ref=profile.ref) for profile in profiles)
    return {
        "instance.toml": INSTANCE.encode(),
        "agencies/one.toml": AGENCY.encode(),
        "codelists/basis.toml": BASIS.encode(),
        "services/one.toml": (SERVICE + operations).encode(),
    }


@pytest.mark.parametrize("chosen", [ALL, ALL[:1], ALL[-2:]], ids=["all", "first", "last"])
def test_a_copy_passes_every_rule_of_the_registry_at_the_hands_of_a_shaped_service(chosen: list[Profile]):
    planned = plan(PROFILES, chosen, {})
    assert planned.conflicts == ()
    assert [str(mistake) for mistake in check({**planned.files, **around(chosen)})] == []


def test_terms_shared_by_two_subjects_are_written_once(tmp_path: Path):
    chosen = [profile for profile in ALL if profile.subject in {"citizen", "household"}]
    first = copy_profiles(chosen[:1], tmp_path / "folder")
    second = copy_profiles(chosen, tmp_path / "folder")
    assert first.files.keys().isdisjoint(second.files)
    assert copy_profiles(chosen, tmp_path / "folder").files == {}
    assert check({**read_folder(tmp_path / "folder"), **around(chosen)}) == ()


def test_the_owner_of_a_term_is_told_in_the_copied_file():
    planned = plan(PROFILES, ALL[:1], {})
    dictionary = next(data.decode() for name, data in planned.files.items() if name.startswith("dictionary/"))
    assert dictionary.count("# chủ quản / owner: ") == dictionary.count("[[term]]")


def test_a_folder_that_means_something_else_is_left_as_it_is(tmp_path: Path):
    mine = tmp_path / "dictionary" / "mine.toml"
    mine.parent.mkdir()
    mine.write_text(
        '[[term]]\nid = "person.birth"\nname = { vi = "Sinh", en = "Birth" }\ntype = "date"\nsensitivity = "open"\n',
        encoding="utf-8",
    )
    before = read_folder(tmp_path)
    planned = copy_profiles(PROFILES.profiles.values(), tmp_path)
    assert [(found.what, found.name, found.place) for found in planned.conflicts] == [
        ("term", "person.birth", "dictionary/mine.toml:1")
    ]
    assert planned.conflicts[0].keys == ("type", "sensitivity", "identifier", "name")
    assert read_folder(tmp_path) == before


def test_another_schema_of_the_same_name_and_another_list_of_codes_are_conflicts():
    citizen = PROFILES.profiles["citizen@1"]
    there = {
        "schemas/citizen/1.json": b'{"type": "object"}',
        "codelists/sex.toml": '[[codelist]]\nid = "sex"\nversion = 1\nname = { vi = "Giới", en = "Sex" }\n'
        'code = [{ code = "m", name = { vi = "Nam", en = "Male" } }]\n'.encode(),
    }
    conflicts = plan(PROFILES, [citizen], there).conflicts
    assert [(found.what, found.name) for found in conflicts] == [
        ("codelist", "sex"),
        ("file", "schemas/citizen/1.json"),
    ]


def test_a_link_in_the_folder_is_not_followed(tmp_path: Path):
    (tmp_path / "schemas").symlink_to(tmp_path.parent)
    with pytest.raises(FolderError):
        copy_profiles(ALL, tmp_path)


def test_the_sample_nation_and_the_profiles_mean_the_same_by_the_same_names():
    assert conflicts_with(PROFILES, read_folder(SAMPLE)) == ()


def test_all_profiles_can_be_added_to_the_sample_nation():
    folder = read_folder(SAMPLE)
    planned = plan(PROFILES, ALL, folder)
    assert planned.conflicts == ()
    assert {str(mistake) for mistake in check({**folder, **planned.files})} == {
        str(mistake) for mistake in check(folder)
    }
