"""Policies on top of inclusion, and references: by name, by anchor, by the dynamic scope."""

from __future__ import annotations

import json
from typing import Any

import pytest

from registry.evolution.budget import Budget
from registry.evolution.json.format import JsonFormat
from registry.evolution.limits import COMPARE_STEPS, PARSE_STEPS
from registry.evolution.port import Policy, Strictness
from registry.evolution.verdict import Compatible, Incompatible, Unknown, Verdict

FORMAT = JsonFormat()
LENIENT, STRICT = Policy(Strictness.LENIENT), Policy()
FILLED = Policy(required_with_default=True)
STRING, INTEGER = {"type": "string"}, {"type": "integer"}
NEW, OLDER = "https://json-schema.org/draft/2020-12/schema", "https://json-schema.org/draft/2019-09/schema"
Schema = Any


def compare(
    writer: Schema, reader: Schema, policy: Policy = STRICT, references: dict[str, Schema] | None = None
) -> Verdict:
    given = {name: json.dumps(schema) for name, schema in (references or {}).items()}
    one, other = (FORMAT.parse(json.dumps(schema), given, Budget(PARSE_STEPS)) for schema in (writer, reader))
    return FORMAT.included(one, other, policy, Budget(COMPARE_STEPS))


def rules(verdict: Verdict) -> set[str]:
    assert isinstance(verdict, Incompatible), verdict
    return {finding.rule for finding in verdict.findings}


def objects(**properties: Schema) -> Schema:
    return {"type": "object", "properties": properties}


A, AB = objects(a=STRING), objects(a=STRING, b=INTEGER)
CLOSED = {"additionalProperties": False}


# LENIENT


@pytest.mark.parametrize(
    ("writer", "reader"),
    [
        (A, AB),
        (A, {**A, **CLOSED}),
        (A, {**AB, **CLOSED}),
        (A, {**A, "additionalProperties": INTEGER}),
        (objects(inner=A), objects(inner=AB)),
        ({"type": "array", "items": A}, {"type": "array", "items": AB}),
        ({"allOf": [A, objects(c=STRING)]}, {"allOf": [AB, objects(c=STRING)]}),
        ({"anyOf": [A, INTEGER]}, {"anyOf": [AB, INTEGER]}),
        ({"oneOf": [A, INTEGER]}, {"oneOf": [AB, INTEGER]}),
        ({"$ref": "#/definitions/x", "definitions": {"x": A}}, AB),
        ({"if": {"required": ["a"]}, "then": A, "else": A}, AB),
        ({**A, "patternProperties": {"^x-": {}}}, AB),
        (AB, A),
    ],
)
def test_lenient_takes_writers_at_their_word(writer: Schema, reader: Schema):
    assert compare(writer, reader, LENIENT) == Compatible()


@pytest.mark.parametrize(
    ("writer", "reader", "rule"),
    [
        (A, {**AB, "required": ["b"]}, "property-became-required"),
        (A, objects(a=INTEGER), "type-narrowed"),
        (AB, {**A, **CLOSED}, "property-removed"),
        ({"allOf": [A, objects(c=STRING)]}, {"allOf": [A, objects(c=INTEGER)]}, "type-narrowed"),
        ({"oneOf": [A, INTEGER]}, {"oneOf": [objects(a=INTEGER), INTEGER]}, "one-of-narrowed"),
        ({"type": "object"}, AB, "property-added-to-open"),
        ({}, AB, "type-added"),
        ({**A, "additionalProperties": True}, AB, "property-added-to-open"),
        ({**A, "patternProperties": {"^b": {}}}, AB, "type-added"),
        (objects(inner={"type": "object"}), objects(inner=A), "property-added-to-open"),
    ],
)
def test_lenient_still_sees_what_named_properties_break(writer: Schema, reader: Schema, rule: str):
    found = rules(compare(writer, reader, LENIENT))
    assert rule in found or (rule == "property-became-required" and "property-required-unknown" in found)


# required-with-default


def test_a_default_stands_in_for_a_property_that_became_required():
    reader = {**objects(a={"default": "x", **STRING}), "required": ["a"]}
    assert rules(compare(A, reader)) == {"property-became-required"}
    assert compare(A, reader, FILLED) == Compatible()
    assert compare(objects(inner=A), objects(inner=reader), FILLED) == Compatible()


@pytest.mark.parametrize("default", [1, None, []])
def test_a_default_that_the_schema_itself_refuses_stands_in_for_nothing(default: Schema):
    reader = {**objects(a={"default": default, **STRING}), "required": ["a"]}
    assert rules(compare(A, reader, FILLED)) == {"property-became-required"}


def test_a_default_that_changes_is_a_caution():
    verdict = compare(
        objects(a={"default": "x", **STRING}, b={"default": 1}), objects(a={"default": "y", **STRING}, b={})
    )
    assert isinstance(verdict, Compatible)
    assert [(one.rule, one.writer.pointer, one.reader.pointer) for one in verdict.cautions] == [
        ("default-changed", "/properties/a/default", "/properties/a/default"),
        ("default-changed", "/properties/b/default", "/properties/b"),
    ]


def test_a_default_elsewhere_does_not_count():
    assert rules(compare(A, {**A, "default": {"a": "x"}, "required": ["a"]}, FILLED)) == {"property-became-required"}
    assert isinstance(compare({}, {"not": {**objects(a={"default": 1}), "required": ["a"]}}, FILLED), Incompatible)


# References


def test_references_are_found_by_name_by_uri_and_by_their_own_id():
    person = {"$id": "https://example.org/person.json", "definitions": {"name": STRING}, **A}
    by_name = {"properties": {"p": {"$ref": "person.json#/definitions/name"}}}
    by_uri = {"properties": {"p": {"$ref": "https://example.org/person.json#/definitions/name"}}}
    by_base = {"$id": "https://example.org/root.json", **by_name}
    plain = {"properties": {"p": STRING}}
    for schema, name in (
        (by_name, "person.json"),
        (by_uri, "https://example.org/person.json"),
        (by_base, "person.json"),
    ):
        assert compare(schema, plain, references={name: person}) == Compatible()
        assert compare(plain, schema, references={name: person}) == Compatible()
        narrower = {name: {**person, "definitions": {"name": {**STRING, "maxLength": 1}}}}
        assert rules(compare(plain, schema, references=narrower)) == {"max-length-added"}


def test_references_may_refer_to_each_other_and_back():
    given = {
        "a.json": {"properties": {"b": {"$ref": "b.json"}}, "type": "object"},
        "b.json": {"properties": {"a": {"$ref": "a.json"}, "n": INTEGER}, "type": "object"},
    }
    wider = {**given, "b.json": {"properties": {"a": {"$ref": "a.json"}, "n": {"type": "number"}}, "type": "object"}}
    one, other = (
        FORMAT.parse(
            '{"$ref": "a.json"}', {name: json.dumps(text) for name, text in texts.items()}, Budget(PARSE_STEPS)
        )
        for texts in (given, wider)
    )
    assert FORMAT.included(one, other, STRICT, Budget(COMPARE_STEPS)) == Compatible()
    verdict = FORMAT.included(other, one, STRICT, Budget(COMPARE_STEPS))
    assert rules(verdict) == {"type-narrowed"}
    assert isinstance(verdict, Incompatible)
    assert {finding.writer.document for finding in verdict.findings} == {"b.json"}


def test_mutual_recursion_is_a_greatest_fixed_point():
    def nested(leaf: Schema) -> Schema:
        even = {"anyOf": [leaf, {"type": "array", "items": {"$ref": "#/definitions/odd"}}]}
        odd = {"type": "object", "additionalProperties": {"$ref": "#/definitions/even"}}
        return {"$ref": "#/definitions/even", "definitions": {"even": even, "odd": odd}}

    assert compare(nested(INTEGER), nested({"type": "number"})) == Compatible()
    assert rules(compare(nested({"type": "number"}), nested(INTEGER))) == {"any-of-narrowed"}
    assert compare(nested({"not": {}}), {"type": "array"}) == Compatible()
    assert (
        compare({"$ref": "#/definitions/n", "definitions": {"n": {"items": {"$ref": "#/definitions/n"}}}}, {})
        == Compatible()
    )


def tree(keyword: str, reference: str, anchor: dict[str, Any], **strict: Any) -> Schema:  # noqa: ANN401 - any keyword
    """A strict tree that extends a tree of the same document, as in the specification's own example."""
    node = {"$id": "tree", **anchor, **objects(data={}, children={"type": "array", "items": {keyword: reference}})}
    return {"$id": "https://example.org/strict", **anchor, "$ref": "tree", **strict, "$defs": {"tree": node}}


@pytest.mark.parametrize(
    ("draft", "keyword", "reference", "anchor"),
    [
        (NEW, "$dynamicRef", "#node", {"$dynamicAnchor": "node"}),
        (OLDER, "$recursiveRef", "#", {"$recursiveAnchor": True}),
    ],
)
def test_the_dynamic_scope_is_followed_where_the_root_has_the_anchor(
    draft: str, keyword: str, reference: str, anchor: dict[str, Any]
):
    strict = {"$schema": draft, **tree(keyword, reference, anchor, unevaluatedProperties=False)}
    loose = {"$schema": draft, **tree(keyword, reference, anchor)}
    assert compare(strict, loose) == Compatible()
    assert rules(compare(loose, strict)) == {"object-closed"}
    wrong = {"$schema": draft, "const": {"children": [{"daat": 1}]}}
    right = {"$schema": draft, "const": {"children": [{"data": 1}]}}
    assert isinstance(compare(wrong, strict), Incompatible)
    assert compare(right, strict) == Compatible()
    assert compare(wrong, loose) == Compatible()


def test_a_dynamic_reference_of_several_targets_is_unknown_but_equal_to_itself():
    def page(item: Schema) -> Schema:
        default = {"$id": "list", "items": {"$dynamicRef": "#item"}, "$defs": {"any": {"$dynamicAnchor": "item"}}}
        texts = {"$id": "texts", "$ref": "list", "$defs": {"one": {"$dynamicAnchor": "item", **item}}}
        return {"$schema": NEW, "$id": "https://example.org/r", "$ref": "texts", "$defs": {"l": default, "t": texts}}

    assert compare(page(STRING), page(STRING)) == Compatible()
    assert isinstance(compare({"$schema": NEW}, page(STRING)), Incompatible), "by a document that the validator judges"
    verdict = compare({"$schema": NEW, "type": "array", "items": STRING}, page(STRING))
    assert isinstance(verdict, Unknown)
    assert verdict.rule == "reference-dynamic"


@pytest.mark.parametrize("old", ["http://json-schema.org/draft-04/schema#", "http://json-schema.org/draft-07/schema#"])
def test_two_drafts_are_compared_by_what_they_say(old: str):
    listed = {"$schema": old, "type": "array", "items": [STRING], "additionalItems": INTEGER}
    prefixed = {"$schema": NEW, "type": "array", "prefixItems": [STRING], "items": {"type": "number"}}
    assert compare(listed, prefixed) == Compatible()
    assert rules(compare(prefixed, listed)) == {"type-narrowed"}
    ignored = {"$schema": old, "$ref": "#/definitions/a", "maxLength": 1, "definitions": {"a": STRING}}
    assert compare(STRING, ignored) == Compatible()
    heeded = {"$schema": NEW, "$ref": "#/$defs/a", "maxLength": 1, "$defs": {"a": STRING}}
    assert rules(compare(STRING, heeded)) == {"max-length-added"}
