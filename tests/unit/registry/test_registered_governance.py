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


def test_in_xsd_the_sidecar_binds_elements_and_attributes_by_name():
    text = (
        '<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema"><xs:element name="HoTen" type="xs:string"/>'
        "<xs:attribute name='Ma' type='xs:string'/></xs:schema>"
    )
    assert [one.partition(":")[0] for one in missing(FormatName.XSD, text, SAID)] == ["HoTen", "Ma"]
    assert missing(FormatName.XSD, text, SAID | {"term:HoTen": "person.name", "term:Ma": "person.number"}) == []


def test_other_types_bind_at_least_one_field_and_no_list_is_endless():
    assert len(missing(FormatName.AVRO, '"string"', SAID)) == 1
    assert missing(FormatName.AVRO, '"string"', SAID | {"term:name": "person.name"}) == []
    many = {"properties": {f"p{number}": {} for number in range(500)}}
    assert len(reasons(many)) == 50
