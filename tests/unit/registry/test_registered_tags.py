"""Tags are put where they are asked for, and nothing else changes."""

from __future__ import annotations

import json

import pytest

from registry.evolution.port import FormatName
from registry.registered.tags import MEMBER, TagError, Tagged, retagged

RECORD = (
    '{"type":"record","name":"P","namespace":"vn.t","fields":[{"name":"name","type":"string","confluent:tags":["OLD"]},'
    '{"name":"home","type":["null",{"type":"record","name":"H","fields":[{"name":"ward","type":"string"}]}]}]}'
)
OBJECT = '{"type":"object","properties":{"a":{"type":"object","properties":{"b":{"type":"string"}}},"c":true}}'


def test_avro_records_and_fields_are_tagged():
    text = retagged(
        FormatName.AVRO,
        RECORD,
        [Tagged("P.name", ["PII", "OLD"]), Tagged("vn.t.P", ["ALL"]), Tagged("H.ward", ["PLACE"])],
        [Tagged("P.name", ["OLD"])],
    )
    found = json.loads(text)
    assert found["fields"][0][MEMBER] == ["PII"]
    assert found[MEMBER] == ["ALL"]
    assert found["fields"][1]["type"][1]["fields"][0][MEMBER] == ["PLACE"]
    assert retagged(FormatName.AVRO, text, [], [Tagged("P", ["ALL"]), Tagged("H.ward", ["PLACE"])]) == RECORD.replace(
        "OLD", "PII"
    )


def test_json_properties_are_tagged():
    found = json.loads(
        retagged(FormatName.JSON, OBJECT, [Tagged("object.a.object.b", ["PII"]), Tagged("a", ["X"])], [])
    )
    assert found["properties"]["a"]["properties"]["b"][MEMBER] == ["PII"]
    assert found["properties"]["a"][MEMBER] == ["X"]


@pytest.mark.parametrize(
    ("kind", "text", "path"),
    [
        (FormatName.JSON, OBJECT, "object.z"),
        (FormatName.JSON, OBJECT, "c"),
        (FormatName.JSON, "{", "a"),
        (FormatName.JSON, "[]", "a"),
        (FormatName.AVRO, RECORD, "P.none"),
        (FormatName.AVRO, '"string"', "P"),
        (FormatName.XSD, "<a/>", "a"),
    ],
)
def test_a_place_that_is_not_there_is_refused(kind: FormatName, text: str, path: str):
    with pytest.raises(TagError):
        retagged(kind, text, [Tagged(path, ["T"])], [])
