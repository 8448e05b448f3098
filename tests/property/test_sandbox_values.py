"""Values that the sandbox makes: valid by validators that are not ours, the same for the same seed, of nobody real."""

from __future__ import annotations

import json
import os
from random import Random
from typing import TYPE_CHECKING, Any

import json_random
import profile_judges
import pytest
import xsd_pairs
import xsd_random
import xsd_written
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from bus.kit.sandbox.dice import dice_of
from bus.kit.sandbox.json_answers import JsonMaker
from bus.kit.sandbox.meanings import values_for
from bus.kit.sandbox.patterns import matching
from bus.kit.sandbox.people import PLACE, Somebody
from bus.kit.sandbox.refused import CannotMakeError
from bus.kit.sandbox.xml_answers import XmlMaker
from bus.registry.profiles import shipped
from registry.evolution.budget import Budget
from registry.evolution.json.compiled import Reading
from registry.evolution.json.format import JsonFormat
from registry.evolution.json.outcome import Found, goal
from registry.evolution.json.search import Search
from registry.evolution.port import SchemaError
from registry.model import Codelist, SchemaDocument, Term, Text
from registry.subjects import JsonSubject, compile_json
from registry.xsd import XsdSubject
from schemas.ids import CitizenNumber, TaxNumber
from schemas.xml import parse

if TYPE_CHECKING:
    from collections.abc import Sequence

PROFILES = shipped()
MANY = int(os.environ.get("LIENTHONG_SANDBOX_SCHEMAS", "300"))


def nothing(_term: str | None, _name: str, _at: tuple[int, ...]) -> Sequence[object]:
    return ()


def maker(document: dict[str, Any]) -> JsonMaker:
    return JsonMaker(JsonSubject(SchemaDocument("x", 1, document=document)))


def has_value(document: dict[str, Any]) -> bool:
    parsed = JsonFormat().parse(json.dumps(document), {}, Budget(400_000))
    return isinstance(Search(Budget(400_000)).find(goal([parsed.formula(Reading.PLAIN)])), Found)


def test_random_schemas_get_a_valid_value_or_are_refused_for_want_of_any():
    made = refused = 0
    for number in range(MANY):
        document = json_random.whole(Random(number), 2020)  # noqa: S311 - the same schemas every time
        try:
            judge = compile_json(document)
        except ValueError:  # no schema: it names an unknown format, or a pattern that is none
            continue
        try:
            value = maker(document).make(1, "q", nothing)
        except CannotMakeError:
            assert not has_value(document), document
            refused += 1
        else:
            assert judge.is_valid(value), document
            assert value == maker(document).make(1, "q", nothing)
            made += 1
    assert made > 10 * refused > 0


def test_random_xsd_schemas_get_a_valid_document():
    made = refused = 0
    for seed in range(MANY // 2):
        text = xsd_written.written(xsd_random.schema(Random(seed)))  # noqa: S311 - the same schemas every time
        try:
            known = xsd_pairs.read(text).validator
        except SchemaError:
            continue
        subject = XsdSubject(SchemaDocument("x", 1, main="x/1.xsd", files={"x/1.xsd": text.encode()}))
        try:
            document = XmlMaker(subject).make(1, "q", lambda *_: ("a", "1", "2026-11-22", "true"))
        except CannotMakeError:
            refused += 1
            continue
        assert known is not None
        assert not known.violations(document), (seed, text)
        assert not subject.violations(parse(etree.tostring(document))), (seed, text)
        made += 1
    assert made > 10 * refused


class Words:
    """The shipped dictionary as the sandbox asks for it."""

    def term(self, term_id: str) -> Term | None:
        row = PROFILES.terms.get(term_id)
        if row is None:
            return None
        name = Text(row.name.vi, row.name.en)
        return Term(term_id, name, None, row.type, row.codelist, row.sensitivity, identifier=False, basis=None)

    def codelist(self, codelist_id: str, version: int | None = None) -> Codelist | None:
        row = PROFILES.codelists.get(codelist_id)
        codes = {one.code: Text("", "") for one in row.code} if row else {}
        return Codelist(codelist_id, version or 1, Text("", ""), codes) if row else None


def made_of(ref: str, number: str, seed: int) -> bytes:
    profile, who = PROFILES.profiles[ref], Somebody(seed, number)

    def candidates(term: str | None, name: str, at: tuple[int, ...]) -> Sequence[object] | None:
        return values_for(Words(), term, name, who.kin(f"other {at}") if any(at) else who, seed)

    if profile.kind == "json":
        return json.dumps(JsonMaker(JsonSubject(profile.schema)).make(seed, number, candidates)).encode()
    return etree.tostring(XmlMaker(XsdSubject(profile.schema)).make(seed, number, candidates))


@pytest.mark.parametrize("ref", sorted(PROFILES.profiles))
def test_every_shipped_profile_is_filled_and_two_validators_take_it(ref: str):
    for seed, number in ((1, "990189000061"), (2, "989099123456")):
        data = made_of(ref, number, seed)
        assert profile_judges.broken(PROFILES.profiles[ref], data) == set()
        assert PROFILES.profiles[ref].violations(data) == []
        assert made_of(ref, number, seed) == data
        assert profile_judges.real_numbers(data) == set()


def test_what_is_optional_is_there_too():
    citizen = json.loads(made_of("citizen@1", "990189000061", 1))
    assert citizen["citizen_number"] == "990189000061"
    assert citizen["sex"] == "female"
    assert citizen["birth"].startswith("1989-")
    assert {"father_name", "permanent_address", "ethnicity", "marital_status"} <= citizen.keys()


@given(number=st.from_regex(r"[0-9]{12}", fullmatch=True), seed=st.integers(0, 1 << 31))
@settings(max_examples=60, deadline=None)
def test_people_agree_with_their_numbers_and_their_kin_is_invented(number: str, seed: int):
    who = Somebody(seed, number)
    parsed = CitizenNumber.parse(who.citizen_number)
    parsed.must_agree(sex=who.sex, birth_year=who.birth.year)
    for role in ("father", "mother", "spouse", "child", "other (0, 1)"):
        other = who.kin(role)
        CitizenNumber.parse(other.number).must_agree(sex=other.sex, birth_year=other.birth.year)
        assert int(other.number[:3]) == PLACE
        assert other.name
    if len(who.tax_number) == 10:
        TaxNumber.parse(who.tax_number)


@given(seed=st.integers(0, 1 << 31), low=st.integers(0, 6), more=st.integers(0, 30))
@settings(max_examples=40, deadline=None)
@pytest.mark.parametrize(
    "pattern",
    ["^[0-9]{10}$", "^(a|bc){2,5}$", "x", "^[A-ZĐ][a-zà-ỹ]+( [A-ZĐ][a-zà-ỹ]+)*$", "^\\S(.*\\S)?$", "^$", "[^ -~]"],
)
def test_a_text_drawn_from_a_pattern_matches_it(pattern: str, seed: int, low: int, more: int):
    text = matching(pattern, dice_of(seed, "p"), low, low + more)
    if text is not None:
        assert low <= len(text) <= low + more
        assert compile_json({"pattern": pattern}).is_valid(text)


@pytest.mark.parametrize("pattern", ["(?<=a)b", "(", "\\bword", "(a)\\1"])
def test_a_pattern_that_is_not_understood_has_no_text(pattern: str):
    assert matching(pattern, dice_of(1, "p"), 0, 10) is None
