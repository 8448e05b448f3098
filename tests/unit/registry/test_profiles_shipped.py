"""Every shipped profile: its schema is one, its fields are terms, two readers judge its examples as stated."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING

import jsonschema
import profile_judges
import pytest

from bus.registry.profiles import shipped, shipped_files
from registry.evolution.port import FormatName
from registry.registered.governance import missing
from schemas.xml import parse

if TYPE_CHECKING:
    from registry.profiles.model import Profile

ROOT = Path(__file__).parents[3]
PROFILES = shipped()
FILES = shipped_files()
ALL = sorted(PROFILES.profiles.values(), key=lambda profile: profile.ref)
JSON = [profile for profile in ALL if profile.kind == "json"]
GOOD = [(profile, name) for profile in ALL for name in profile.good]
BAD = [(profile, name) for profile in ALL for name in profile.bad]
XS = "{http://www.w3.org/2001/XMLSchema}"
MARK = "Profile derived from public samples, not an official schema"


def named(value: object) -> str:
    return getattr(value, "ref", str(value))


@pytest.mark.parametrize("profile", JSON, ids=named)
def test_a_schema_is_one_by_its_metaschema(profile: Profile):
    document = profile.schema.document
    assert document is not None
    assert document["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    jsonschema.Draft202012Validator.check_schema(document)


@pytest.mark.parametrize("profile", [profile for profile in ALL if profile.kind == "xsd"], ids=named)
def test_every_element_and_attribute_that_holds_a_value_is_bound(profile: Profile):
    assert profile_judges.unbound(profile) == set()


@pytest.mark.parametrize("profile", ALL, ids=named)
def test_a_profile_may_stand_in_a_governed_context(profile: Profile):
    main = next(data for name, data in profile.files.items() if name.endswith((".json", ".xsd")))
    kind = {"json": FormatName.JSON, "xsd": FormatName.XSD}[profile.kind]
    assert missing(kind, main.decode(), profile.properties("a100001")) == []
    assert missing(kind, main.decode(), profile.properties("G01")) != []


@pytest.mark.parametrize("profile", ALL, ids=named)
def test_a_profile_says_that_it_is_no_official_schema(profile: Profile):
    main = next(data for name, data in profile.files.items() if name.endswith((".json", ".xsd")))
    assert MARK in main.decode()
    assert profile.about.official.status == "awaited"


@pytest.mark.parametrize("profile", ALL, ids=named)
def test_a_profile_has_examples_enough(profile: Profile):
    assert len(profile.good) >= 3
    assert len(profile.bad) >= 6
    assert len({(bad.rule, bad.pointer) for bad, _ in profile.bad.values()}) >= 5


@pytest.mark.parametrize(("profile", "name"), GOOD, ids=named)
def test_a_good_example_is_taken_by_both_readers(profile: Profile, name: str):
    assert profile.violations(profile.good[name]) == []
    assert profile_judges.broken(profile, profile.good[name]) == set()


@pytest.mark.parametrize(("profile", "name"), BAD, ids=named)
def test_a_bad_example_is_refused_for_its_rule_at_its_place(profile: Profile, name: str):
    expected, data = profile.bad[name]
    found = {(violation.rule, violation.pointer) for violation in profile.violations(data)}
    assert (expected.rule, expected.pointer) in found
    other = profile_judges.broken(profile, data)
    assert other
    if profile.kind == "json":
        assert {place for _, place in found} == {expected.pointer}
        assert (expected.rule, expected.pointer) in other


@pytest.mark.parametrize(("profile", "name"), [*GOOD, *BAD], ids=named)
def test_an_example_holds_nobody_real(profile: Profile, name: str):
    data = profile.good[name] if name in profile.good else profile.bad[name][1]
    assert profile_judges.real_numbers(data) == set()


def test_every_file_belongs_to_something():
    known = {"owners.toml"}
    for profile in ALL:
        home = f"examples/{profile.subject}/{profile.version}/"
        known |= {f"{home}{name}" for name in (*profile.good, *profile.bad, "bad.toml")} | profile.files.keys()
        known.add(f"schemas/{profile.subject}/{profile.version}.profile.toml")
    known |= {name for name in FILES if name.startswith(("dictionary/", "codelists/"))}
    assert FILES.keys() == known


@pytest.mark.parametrize("profile", [profile for profile in ALL if profile.kind == "xsd"], ids=named)
def test_every_text_and_list_of_an_xsd_has_its_limit(profile: Profile):
    root = parse(next(data for name, data in profile.files.items() if name.endswith(".xsd")))
    for node in root.iter(f"{XS}simpleType"):
        assert node.find(f".//{XS}maxLength") is not None or node.find(f".//{XS}enumeration") is not None
    for node in root.iter(f"{XS}element"):
        assert node.get("maxOccurs") != "unbounded"
        assert node.get("type") not in {"xs:string", "xs:token", "xs:anyType"}


def test_the_wheel_takes_every_file():
    pyproject = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    patterns = pyproject["tool"]["setuptools"]["package-data"]["schemas"]
    taken = {path.relative_to(ROOT / "schemas/profiles") for p in patterns for path in (ROOT / "schemas").glob(p)}
    assert {name for name in FILES if Path(name) not in taken} == set()


def test_no_term_owner_or_code_list_is_idle():
    used = {term for profile in ALL for term in profile.terms}
    assert used == PROFILES.terms.keys()
    lists = {term.codelist for term in PROFILES.terms.values() if term.codelist}
    assert lists | {"basis"} == PROFILES.codelists.keys()
    owners = {term.owner for term in PROFILES.terms.values()} | {profile.about.owner for profile in ALL}
    assert owners == PROFILES.owners.keys()


def test_json_examples_are_json_and_xml_examples_xml():
    for profile in ALL:
        for data in [*profile.good.values(), *(data for _, data in profile.bad.values())]:
            assert json.loads(data) if profile.kind == "json" else parse(data) is not None
