"""What a governed schema must say of itself, and the reasons when it does not."""

from __future__ import annotations

import orjson
import pytest

from registry.evolution.port import FormatName
from registry.registered.governance import missing

SAID = {"owner": "a100001", "basis": "278/2025/NĐ-CP", "effectiveDate": "2026-01-01"}
BOUND = {"type": "object", "properties": {"name": {"type": "string", "x-term": "person.name"}}}


def reasons(schema: object, **properties: str) -> list[str]:
    return missing(FormatName.JSON, orjson.dumps(schema).decode(), SAID | properties)


def test_a_complete_one_passes():
    assert reasons(BOUND) == []


@pytest.mark.parametrize(("name", "value"), [("owner", "ministry"), ("basis", ""), ("effectiveDate", "tomorrow")])
def test_each_property_is_asked_for_by_name(name: str, value: str):
    (reason,) = reasons(BOUND, **{name: value})
    assert reason.startswith(f"metadata.properties.{name}")


def test_every_field_without_a_term_is_named_by_its_place():
    schema = {
        "properties": {
            "a": {"type": "string"},
            "b": {"type": "object", "properties": {"c/d": {"type": "string"}, "e": True}},
            "f": {"type": "array", "items": {"properties": {"g": {}}}},
            "h": {"x-term": "some.term", "properties": {"free": {}}},
            "i": {"$ref": "#/$defs/i"},
        },
        "$defs": {"i": {"properties": {"j": {"type": "string"}}}},
        "default": {"properties": {"no": {}}},
        "allOf": [{"properties": {"k": {"type": "string"}}}],
    }
    assert [one.partition(":")[0] for one in reasons(schema)] == [
        "/properties/a",
        "/properties/b/properties/c~1d",
        "/properties/b/properties/e",
        "/properties/f/items/properties/g",
        "/$defs/i/properties/j",
        "/allOf/0/properties/k",
    ]


def test_a_sidecar_binds_what_the_text_does_not():
    schema = {"properties": {"a": {"type": "string"}}}
    assert reasons(schema, **{"term:/properties/a": "person.name"}) == []
    assert len(reasons(schema, **{"term:/properties/a": "no term!"})) == 1


XSD = """<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema" xmlns:t="urn:t">
<xs:element name="HoSo"><xs:complexType><xs:sequence>
  <xs:element name="So" type="xs:string"/>
  <xs:element name="Nguoi" type="t:Nguoi" maxOccurs="9"/>
  <xs:element ref="t:GhiChu"/>
  <xs:group ref="t:Them"/>
</xs:sequence><xs:attribute name="ma" type="xs:string"/><xs:attribute ref="xml:lang"/></xs:complexType></xs:element>
<xs:element name="GhiChu" type="xs:string"/>
<xs:complexType name="Goc"><xs:sequence><xs:element name="Ten" type="xs:string"/></xs:sequence></xs:complexType>
<xs:complexType name="Nguoi"><xs:complexContent><xs:extension base="t:Goc"><xs:choice>
  <xs:element name="Con" type="t:Nguoi"/>
  <xs:element name="Tien"><xs:complexType><xs:simpleContent><xs:extension base="xs:decimal">
    <xs:attribute name="loai"/></xs:extension></xs:simpleContent></xs:complexType></xs:element>
</xs:choice></xs:extension></xs:complexContent></xs:complexType>
<xs:group name="Them"><xs:all><xs:element name="Khac" type="k:La"/></xs:all></xs:group>
</xs:schema>"""
PLACES = [
    "HoSo/So",
    "HoSo/Nguoi/Ten",
    "HoSo/Nguoi/Tien",
    "HoSo/Nguoi/Tien/@loai",
    "HoSo/GhiChu",
    "HoSo/Khac",
    "HoSo/@ma",
    "HoSo/@lang",
    "GhiChu",
]


def test_in_xsd_the_sidecar_binds_every_place_of_a_value():
    assert [one.partition(":")[0] for one in missing(FormatName.XSD, XSD, SAID)] == PLACES
    assert missing(FormatName.XSD, XSD, SAID | {f"term:{place}": "person.name" for place in PLACES}) == []
    whole = {"term:HoSo/Nguoi": "person.whole"}
    left = [one.partition(":")[0] for one in missing(FormatName.XSD, XSD, SAID | whole)]
    assert left == [place for place in PLACES if not place.startswith("HoSo/Nguoi")]


def test_a_walk_through_types_that_hold_each_other_ends():
    kinds = "".join(
        f'<xs:complexType name="T{one}"><xs:sequence>'
        + "".join(f'<xs:element name="e{two}" type="T{two}"/>' for two in range(12))
        + "</xs:sequence></xs:complexType>"
        for one in range(12)
    )
    text = f'<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema">{kinds}<xs:element name="r" type="T0"/></xs:schema>'
    (reason,) = missing(FormatName.XSD, text, SAID)
    assert reason.startswith("too many places")
    assert missing(FormatName.XSD, text, SAID | {"term:r": "person.whole"}) == []


def test_other_types_bind_at_least_one_field_and_no_list_is_endless():
    assert len(missing(FormatName.AVRO, '"string"', SAID)) == 1
    assert missing(FormatName.AVRO, '"string"', SAID | {"term:name": "person.name"}) == []
    many = {"properties": {f"p{number}": {} for number in range(500)}}
    assert len(reasons(many)) == 50
