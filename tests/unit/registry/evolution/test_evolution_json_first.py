"""What a comparison of two JSON Schemas gives back: verdicts, places, words, and refusals of what is no schema."""

from __future__ import annotations

import json

import pytest

from registry.evolution.budget import Budget
from registry.evolution.json.format import JsonFormat, JsonSchema
from registry.evolution.limits import COMPARE_STEPS, PARSE_STEPS
from registry.evolution.port import Policy, SchemaError
from registry.evolution.verdict import Compatible, Incompatible, Verdict

FORMAT = JsonFormat()
OLD = """{
  "type": "object",
  "required": ["id"],
  "properties": {
    "id": {"type": "string", "maxLength": 12},
    "name": {"type": "string"}
  }
}"""


def parse(text: str, **references: str) -> JsonSchema:
    return FORMAT.parse(text, references, Budget(PARSE_STEPS))


def compare(writer: str, reader: str, policy: Policy | None = None) -> Verdict:
    return FORMAT.included(parse(writer), parse(reader), policy or Policy(), Budget(COMPARE_STEPS))


def test_the_same_schema_takes_its_own_documents():
    assert compare(OLD, OLD) == Compatible()


def test_a_shorter_text_is_told_with_both_places_and_a_document():
    verdict = compare(OLD, OLD.replace("12", "9"))
    assert isinstance(verdict, Incompatible)
    (finding,) = verdict.findings
    assert (finding.rule, finding.reader.pointer, finding.writer.pointer) == (
        "max-length-narrowed",
        "/properties/id/maxLength",
        "/properties/id/maxLength",
    )
    assert (finding.reader.line, finding.writer.line) == (5, 5)
    assert verdict.witness is not None
    assert json.loads(verdict.witness.text) == {"id": "aaaaaaaaaa"}


def test_every_change_is_told_and_not_only_the_first():
    new = OLD.replace("12", "9").replace('"name": {"type": "string"}', '"name": {"type": "integer"}')
    verdict = compare(OLD, new)
    assert isinstance(verdict, Incompatible)
    assert {finding.reader.pointer for finding in verdict.findings} == {
        "/properties/id/maxLength",
        "/properties/name/type",
    }


def test_an_optional_property_that_became_required():
    verdict = compare(OLD, OLD.replace('"id"]', '"id", "name"]'))
    assert isinstance(verdict, Incompatible)
    assert [finding.rule for finding in verdict.findings] == ["property-became-required"]
    assert "name" in verdict.findings[0].said.vi


def test_a_required_property_with_a_default_is_the_policys_affair():
    new = OLD.replace('"id"]', '"id", "name"]').replace('"name": {', '"name": {"default": "", ')
    assert isinstance(compare(OLD, new), Incompatible)
    assert compare(OLD, new, Policy(required_with_default=True)) == Compatible()


def test_a_property_added_to_an_open_object_is_the_policys_affair():
    new = OLD.replace('"name": {', '"age": {"type": "integer"}, "name": {')
    verdict = compare(OLD, new)
    assert isinstance(verdict, Incompatible)
    assert [finding.rule for finding in verdict.findings] == ["property-added-to-open"]


@pytest.mark.parametrize(
    ("text", "rule", "line"),
    [
        ("{", "not-json", 1),
        ('{\n"a": NaN}', "not-json", 2),
        ('{\n"type": "string",\n"type": "integer"}', "repeated-member", 3),
        ('{"minimum":\n1e999999999}', "number-range", 2),
        ('{"minimum": ' + "9" * 500 + "}", "number-range", None),
        ("[" * 5000 + "]" * 5000, "too-deep", None),
        ('{"not":' * 101 + "{}" + "}" * 101, "too-deep", None),
        ("[]", "no-schema", None),
        ('"text"', "no-schema", None),
        ('{"title": "\\ud800"}', "not-text", None),
        ('{"type": "strin"}', "metaschema", None),
        ('{"pattern": "("}', "metaschema", None),
        ('{"$schema": "https://example.org/own"}', "draft-unknown", None),
        ('{"$ref": "#"}', "reference-cycle", None),
        ('{"allOf": [{"anyOf": [{"$ref": "#/allOf/0"}]}]}', "reference-cycle", None),
        ('{"$ref": "#/nowhere"}', "reference-unknown", None),
        ('{"$ref": "file:///etc/passwd"}', "reference-unknown", None),
        ('{"properties": {"a": {"$ref": "http://169.254.169.254/"}}}', "reference-unknown", None),
        ('{"$ref": "#/title", "title": "a"}', "reference-no-schema", None),
        ('{"$ref": "#/x", "x": {"maxLength": "a"}}', "metaschema", None),
        ('{"$schema": "http://json-schema.org/draft-04/schema#", "$ref": "http://[/"}', "reference-invalid", None),
    ],
)
def test_what_is_no_schema_is_refused_with_a_rule(text: str, rule: str, line: int | None):
    with pytest.raises(SchemaError) as caught:
        parse(text)
    assert caught.value.rule == rule
    assert line is None or caught.value.place.line == line
    assert caught.value.said.vi
    assert caught.value.said.en


def test_a_reference_is_found_among_those_given():
    text = '{"properties": {"a": {"$ref": "name.json#/definitions/short"}}}'
    short = '{"definitions": {"short": {"maxLength": 3}}}'
    old, new = parse(text, **{"name.json": short}), parse(text, **{"name.json": short.replace("3", "2")})
    assert FORMAT.included(new, old, Policy(), Budget(COMPARE_STEPS)) == Compatible()
    verdict = FORMAT.included(old, new, Policy(), Budget(COMPARE_STEPS))
    assert isinstance(verdict, Incompatible)
    assert verdict.findings[0].reader.document == "name.json"
    assert verdict.findings[0].reader.pointer == "/definitions/short/maxLength"


def test_the_canonical_text_knows_neither_order_nor_spaces():
    assert parse('{"b": 1.0, "a": [2, 0.10]}').canonical == '{"a":[2,0.1],"b":1}'
