"""Judging and cutting data: rules and places without values, agreed terms only, JSON and XSD alike."""

from __future__ import annotations

import copy

import pytest

from registry.model import SchemaDocument
from registry.shapes import frame_of, narrow
from registry.subjects import JsonSubject, Violation
from registry.xsd import XsdSubject
from schemas.xml import parse

NAME, BIRTH, NUMBER = "person.full-name", "person.birth", "person.number"


def leaf(kind: str, term: str, **more: object) -> dict[str, object]:
    return {"type": kind, "x-term": term, **more}


PERSON: dict[str, object] = {
    "type": "object",
    "properties": {
        "number": leaf("string", NUMBER, pattern="^[0-9]{12}$"),
        "name": leaf("string", NAME, maxLength=10),
        "birth": leaf("string", BIRTH, format="date"),
        "tags": leaf("object", "person.tags", additionalProperties={"type": "integer"}),
        "spouse": {"type": ["object", "null"], "properties": {"name": leaf("string", NAME)}, "required": ["name"]},
        "children": {"type": "array", "items": {"$ref": "#/$defs/child"}, "maxItems": 3},
    },
    "required": ["number", "name"],
    "anyOf": [{"required": ["birth"]}, {"required": ["spouse"]}],
    "$defs": {
        "child": {
            "type": "object",
            "properties": {
                "name": {"$ref": "#/$defs/name"},
                "birth": leaf("string", BIRTH, format="date"),
                "children": {"type": "array", "items": {"$ref": "#/$defs/child"}},
            },
            "required": ["name", "birth"],
        },
        "name": leaf("string", NAME),
    },
}
GOOD: dict[str, object] = {
    "number": "900199000001",
    "name": "Bình",
    "birth": "1999-02-01",
    "spouse": None,
    "children": [{"name": "Chi", "birth": "2021-01-01", "children": [{"name": "Dũng", "birth": "2026-01-01"}]}],
}


@pytest.fixture(scope="module")
def person() -> JsonSubject:
    return JsonSubject(SchemaDocument("person", 1, document=PERSON))


def without(key: str) -> dict[str, object]:
    return {name: value for name, value in GOOD.items() if name != key}


@pytest.mark.parametrize(
    ("data", "violation"),
    [
        (without("name"), Violation("required", "/name")),
        ({**GOOD, "name": "x" * 11}, Violation("maxLength", "/name")),
        ({**GOOD, "number": "12"}, Violation("pattern", "/number")),
        ({**GOOD, "birth": "2021-02-30"}, Violation("format", "/birth")),
        ({**GOOD, "birth": 5}, Violation("type", "/birth")),
        ({**GOOD, "extra": 1}, Violation("additionalProperties", "")),
        ({**GOOD, "spouse": {}}, Violation("required", "/spouse/name")),
        ({**GOOD, "children": [{"name": "A"}]}, Violation("required", "/children/0/birth")),
        (
            {**GOOD, "children": [{"name": "A", "birth": "2021-01-01", "x": 1}]},
            Violation("additionalProperties", "/children/0"),
        ),
        (without("birth") | {"spouse": None}, None),
        ({k: v for k, v in without("birth").items() if k != "spouse"}, Violation("anyOf", "")),
        ([], Violation("type", "")),
        (None, Violation("type", "")),
    ],
)
def test_a_violation_names_rule_and_place(person: JsonSubject, data: object, violation: Violation | None):
    assert person.violations(data) == ([violation] if violation else [])


def test_a_place_never_quotes_a_name_that_is_data(person: JsonSubject):
    # Below a leaf of type object anything may be a key, a citizen's number too.
    for key in ("900199000001", "007", "Bình", "a/b"):
        assert person.violations({**GOOD, "tags": {key: "x"}}) == [Violation("type", "/tags/*")]


def test_a_violation_never_holds_a_value(person: JsonSubject):
    data = {**GOOD, "number": "SECRET", "name": "SECRET" * 5, "birth": "SECRET", "SECRET": "SECRET"}
    assert "SECRET" not in repr(person.violations(data))


def test_at_most_fifty_violations_are_told():
    rows = JsonSubject(SchemaDocument("rows", 1, document={"type": "array", "items": leaf("integer", "a.b")}))
    assert len(rows.violations(["x"] * 500)) == 50


def test_data_that_no_validator_reads_is_a_violation_too(person: JsonSubject):
    assert person.violations({**GOOD, "name": object()}) == [Violation("unreadable", "")]
    assert person.violations({**GOOD, 7: "x"}) == [Violation("unreadable", "")]


def test_data_too_deep_to_walk_gives_nothing_away(person: JsonSubject):
    deep: dict[str, object] = {"name": "x", "birth": "2021-01-01"}
    for _ in range(1000):
        deep = {"name": "x", "birth": "2021-01-01", "children": [deep]}
    assert person.violations({**GOOD, "children": [deep]}) == []
    assert person.project({**GOOD, "children": [deep]}, frozenset({NAME})) == {}


def test_a_hostile_pattern_takes_linear_time():
    document = {"type": "object", "properties": {"a": leaf("string", "a.b", pattern="^(a+)+$")}}
    subject = JsonSubject(SchemaDocument("hostile", 1, document=document))
    assert subject.violations({"a": "a" * 5000 + "!"}) == [Violation("pattern", "/a")]


def test_with_agreed_terms_anything_else_is_a_violation(person: JsonSubject):
    agreed = frozenset({NUMBER, NAME})
    assert person.violations({"number": "900199000001", "name": "Bình"}, agreed) == []
    assert person.violations(without("children"), agreed) == [Violation("additionalProperties", "")]
    assert person.violations({"number": "900199000001", "name": "Bình", "children": [{"name": "Chi"}]}, agreed) == []
    assert person.violations({"name": "Bình"}, agreed) == [Violation("required", "/number")]
    nested = {"number": "900199000001", "name": "B", "children": [{"name": "C", "birth": "2021-01-01"}]}
    assert person.violations(nested, agreed) == [Violation("additionalProperties", "/children/0")]


def test_no_agreed_terms_leave_an_empty_object(person: JsonSubject):
    assert person.violations({}, frozenset()) == []
    assert person.violations({"number": "900199000001"}, frozenset()) == [Violation("additionalProperties", "")]
    assert person.project(GOOD, frozenset()) == {}


def test_projecting_keeps_agreed_terms_only_and_leaves_the_original(person: JsonSubject):
    before = copy.deepcopy(GOOD)
    assert person.project(GOOD, frozenset({NAME})) == {
        "name": "Bình",
        "spouse": None,
        "children": [{"name": "Chi", "children": [{"name": "Dũng"}]}],
    }
    assert person.project(GOOD, frozenset({NUMBER})) == {"number": "900199000001"}
    assert before == GOOD


def test_projecting_never_passes_on_what_does_not_fit(person: JsonSubject):
    agreed = frozenset({NAME, BIRTH})
    assert person.project({**GOOD, "extra": "x", "spouse": "a secret", "children": {"name": "x"}}, agreed) == {
        "name": "Bình",
        "birth": "1999-02-01",
    }
    assert person.project("a secret", agreed) is None
    assert person.project({"children": ["a secret", {"name": "C", "x": 1}]}, agreed) == {
        "children": [None, {"name": "C"}]
    }


def test_terms_are_those_of_every_leaf(person: JsonSubject):
    assert person.terms == {NAME, BIRTH, NUMBER, "person.tags"}
    assert repr(person) == "<person@1>"


def test_validators_are_bounded_however_many_subsets_are_asked(person: JsonSubject):
    for number in range(300):
        person.violations({}, frozenset({NAME, f"x.{number}"}))
        person.project({}, frozenset({NAME, f"x.{number}"}))
    assert len(person._validators) <= 128
    assert len(person._cuts) <= 128


def test_an_opaque_version_is_judged_and_gives_nothing_away():
    document = {"type": "object", "properties": {"a": {"type": "integer"}}}
    subject = JsonSubject(SchemaDocument("opaque", 1, document=document))
    assert subject.violations({"a": "x"}) == [Violation("type", "/a")]
    assert subject.project({"a": 1}, frozenset({NAME})) == {}


def test_a_definition_that_bears_the_narrowed_ones_name_is_kept():
    document = {
        "type": "object",
        "properties": {"child": {"$ref": "#/$defs/child"}, "a": {"x-term": "a.b", "$ref": "#/$defs/agreed:child"}},
        "$defs": {
            "child": {"type": "object", "properties": {"name": leaf("string", NAME)}},
            "agreed:child": {"type": "integer"},
        },
    }
    frame = frame_of(document)
    assert frame.faults == []
    narrowed = narrow(document, frame.root, frozenset({NAME, "a.b"}))
    subject = JsonSubject(SchemaDocument("clash", 1, document=document))
    assert narrowed["$defs"].keys() == {"child", "agreed:child", "agreed:child:"}
    assert subject.violations({"child": {"name": "x"}, "a": 1}) == []
    assert subject.violations({"child": {"name": "x"}, "a": "x"}) == [Violation("type", "/a")]


XSD = b"""<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema" targetNamespace="urn:t" elementFormDefault="qualified">
  <xs:element name="CongDan"><xs:complexType>
    <xs:sequence>
      <xs:element name="SoDinhDanh"><xs:simpleType><xs:restriction base="xs:string">
        <xs:pattern value="[0-9]{12}"/></xs:restriction></xs:simpleType></xs:element>
      <xs:element name="HoVaTen" minOccurs="0"><xs:complexType><xs:sequence>
        <xs:element name="Ho" type="xs:string"/><xs:element name="Ten" type="xs:string"/>
      </xs:sequence></xs:complexType></xs:element>
      <xs:element name="Sinh" minOccurs="0"><xs:complexType><xs:sequence>
        <xs:element name="Nam" type="xs:gYear"/></xs:sequence></xs:complexType></xs:element>
    </xs:sequence>
    <xs:attribute name="ThoiDiem" type="xs:string"/>
  </xs:complexType></xs:element>
</xs:schema>"""
FIELDS = {
    "CongDan/SoDinhDanh": NUMBER,
    "CongDan/HoVaTen": NAME,
    "CongDan/Sinh/Nam": BIRTH,
    "CongDan/@ThoiDiem": "record.as-of",
}
CITIZEN = b"""<CongDan xmlns="urn:t" ThoiDiem="2026"><SoDinhDanh>900199000001</SoDinhDanh>
<HoVaTen><Ho>Le</Ho><Ten>Binh</Ten></HoVaTen><Sinh><Nam>1999</Nam></Sinh></CongDan>"""


@pytest.fixture(scope="module")
def citizen() -> XsdSubject:
    return XsdSubject(SchemaDocument("citizen", 1, main="c.xsd", files={"c.xsd": XSD}, fields=FIELDS))


def test_xml_is_judged_by_its_schema_without_values(citizen: XsdSubject):
    assert citizen.terms == {NUMBER, NAME, BIRTH, "record.as-of"}
    assert citizen.violations(parse(CITIZEN)) == []
    (first, *_) = citizen.violations(parse(CITIZEN.replace(b"900199000001", b"SECRET")))
    assert first.pointer.endswith("/SoDinhDanh")
    assert "SECRET" not in repr(first)
    assert citizen.violations({"not": "xml"}) == [Violation("unreadable", "")]


def test_xml_with_agreed_terms_only(citizen: XsdSubject):
    agreed = frozenset({NUMBER, NAME})
    assert citizen.violations(parse(CITIZEN), agreed) == [
        Violation("not-agreed", "/CongDan/@ThoiDiem"),
        Violation("not-agreed", "/CongDan/Sinh/Nam"),
    ]
    cut = citizen.project(parse(CITIZEN), agreed)
    assert citizen.violations(cut, agreed) == []
    assert [element.tag.rpartition("}")[2] for element in cut.iter()] == [
        "CongDan",
        "SoDinhDanh",
        "HoVaTen",
        "Ho",
        "Ten",
    ]
    assert "".join(cut.itertext()) == "900199000001LeBinh"
    assert citizen.project({"not": "xml"}, agreed) is None
    assert repr(citizen) == "<citizen@1>"


def test_an_element_bound_to_no_term_is_never_agreed():
    fields = {"CongDan/SoDinhDanh": NUMBER}
    subject = XsdSubject(SchemaDocument("citizen", 2, main="c.xsd", files={"c.xsd": XSD}, fields=fields))
    told = {violation.pointer for violation in subject.violations(parse(CITIZEN))}
    assert told == {"/CongDan/@ThoiDiem", "/CongDan/HoVaTen/Ho", "/CongDan/HoVaTen/Ten", "/CongDan/Sinh/Nam"}


def test_an_xsd_without_bindings_is_judged_by_its_schema_alone():
    subject = XsdSubject(SchemaDocument("opaque", 1, main="c.xsd", files={"c.xsd": XSD}))
    assert subject.violations(parse(CITIZEN)) == []
