"""Keywords of objects, shown by pairs of schemas."""

from __future__ import annotations

from typing import Final

from json_keywords import AB, CASES, DRAFTS, EXACT, INTEGER, NEVER, NUMBER, STRING, A, Keyword, objects, since, until

OBJECTS: Final = (
    Keyword(
        "properties",
        DRAFTS,
        EXACT,
        wider=(
            (objects(properties=A), objects(), "property-added-to-open"),
            (objects(properties=AB), objects(properties=A), "property-added-to-open"),
            (objects(properties={"a": INTEGER}), objects(properties={"a": NUMBER}), "type-narrowed"),
            (
                objects(properties={"a": objects(properties=A)}),
                objects(properties={"a": objects()}),
                "property-added-to-open",
            ),
        ),
        equal=((objects(properties={"a": {}}), objects()), ({"properties": A}, {"properties": A, "description": "x"})),
    ),
    Keyword(
        "required",
        DRAFTS,
        EXACT,
        wider=(
            (objects(required=["a"]), objects(), "property-required-unknown"),
            (objects(properties=A, required=["a"]), objects(properties=A), "property-became-required"),
            (objects(required=["a", "b"]), objects(required=["a"]), "property-required-unknown"),
            (objects(required=["a", "b"]), objects(minProperties=2), "property-required-unknown"),
        ),
        equal=(
            (objects(required=["a", "b"]), objects(required=["b", "a"])),
            (objects(required=["a"], maxProperties=0), NEVER),
        ),
    ),
    Keyword(
        "additionalProperties",
        DRAFTS,
        EXACT,
        wider=(
            (objects(properties=A, additionalProperties=False), objects(properties=A), "object-closed"),
            (
                objects(properties=A, additionalProperties=False),
                objects(properties=AB, additionalProperties=False),
                "property-removed",
            ),
            (objects(additionalProperties=INTEGER), objects(additionalProperties=NUMBER), "type-narrowed"),
            (objects(properties=A, additionalProperties=False), objects(properties=AB), "property-removed"),
            (objects(additionalProperties=STRING), objects(properties=A), "property-added-to-open"),
        ),
        equal=(
            (objects(additionalProperties={}), objects()),
            (objects(additionalProperties=False), objects(maxProperties=0)),
        ),
    ),
    Keyword(
        "patternProperties",
        DRAFTS,
        EXACT,
        "Names are compared as regular languages.",
        wider=(
            (objects(patternProperties={"^a": STRING}), objects(properties=A), "property-added-to-open"),
            (objects(patternProperties={"a": INTEGER}), objects(patternProperties={"a": NUMBER}), "type-narrowed"),
            (
                objects(patternProperties={"a": STRING}),
                objects(patternProperties={"^ab": STRING}),
                "property-added-to-open",
            ),
            (
                objects(patternProperties={"^a": {}}, additionalProperties=False),
                objects(patternProperties={"a": {}}, additionalProperties=False),
                "object-closed",
            ),
        ),
        equal=(
            (objects(patternProperties={"": STRING}), objects(additionalProperties=STRING)),
            (objects(patternProperties={"^a$": STRING}), objects(properties=A)),
        ),
    ),
    Keyword(
        "minProperties",
        DRAFTS,
        EXACT,
        wider=(
            (objects(minProperties=2), objects(minProperties=1), "min-properties-narrowed"),
            (objects(minProperties=1), objects(), "min-properties-added"),
        ),
        equal=((objects(minProperties=2, properties={"a": {}}, additionalProperties=False), NEVER),),
    ),
    Keyword(
        "maxProperties",
        DRAFTS,
        EXACT,
        wider=(
            (objects(maxProperties=1), objects(maxProperties=2), "max-properties-narrowed"),
            (objects(maxProperties=1), objects(), "max-properties-added"),
        ),
        equal=(
            (
                objects(maxProperties=1, required=["a"]),
                objects(additionalProperties=False, properties={"a": {}}, required=["a"]),
            ),
        ),
    ),
    Keyword(
        "propertyNames",
        since(6),
        EXACT,
        wider=(
            (objects(propertyNames={"maxLength": 1}), objects(propertyNames={"maxLength": 2}), "max-length-added"),
            (objects(propertyNames={"pattern": "^a"}), objects(), "pattern-added"),
            (
                objects(propertyNames={"enum": ["a"]}),
                objects(properties={"a": {}, "b": {}}, additionalProperties=False),
                "enum-added",
            ),
        ),
        equal=(
            (objects(propertyNames={"enum": ["a"]}), objects(properties={"a": {}}, additionalProperties=False)),
            (objects(propertyNames={}), objects()),
        ),
    ),
    Keyword(
        "dependencies",
        until(7),
        EXACT,
        "Since 2019-09 it is in no vocabulary, but some validators assert it: unknown there unless it is the same.",
        wider=(
            (objects(dependencies={"a": ["b"]}), objects(), "property-required-unknown"),
            (objects(dependencies={"a": ["b", "c"]}), objects(dependencies={"a": ["b"]}), "property-required-unknown"),
            (objects(dependencies={"a": {"maxProperties": 1}}), objects(), "max-properties-added"),
            (objects(required=["b"]), objects(dependencies={"a": ["b"]}), "property-required-unknown"),
        ),
    ),
    Keyword(
        "dependentRequired",
        since(2019),
        EXACT,
        wider=(
            (objects(dependentRequired={"a": ["b"]}), objects(), "property-required-unknown"),
            (
                objects(dependentRequired={"a": ["b", "c"]}),
                objects(dependentRequired={"a": ["b"]}),
                "property-required-unknown",
            ),
        ),
        unknown=((objects(), objects(dependencies={"a": ["b"]}), "keyword-disputed"),),
    ),
    Keyword(
        "dependentSchemas",
        since(2019),
        EXACT,
        wider=(
            (objects(dependentSchemas={"a": {"maxProperties": 1}}), objects(), "max-properties-added"),
            (objects(dependentSchemas={"a": {"required": ["b"]}}), objects(), "property-required-unknown"),
        ),
        equal=((objects(dependentSchemas={"a": {"required": ["b"]}}), objects(dependentRequired={"a": ["b"]})),),
    ),
    Keyword(
        "unevaluatedProperties",
        since(2019),
        CASES,
        "Up to 6 subschemas that may or may not hold.",
        wider=(
            (objects(properties=A, unevaluatedProperties=False), objects(properties=A), "object-closed"),
            (
                objects(allOf=[{"properties": A}], unevaluatedProperties=False),
                objects(allOf=[{"properties": A}, {"properties": {"b": {}}}], unevaluatedProperties=False),
                "property-removed",
            ),
        ),
        equal=(
            (objects(properties=A, unevaluatedProperties=False), objects(properties=A, additionalProperties=False)),
            (
                objects(allOf=[{"properties": A}], unevaluatedProperties=False),
                objects(properties=A, additionalProperties=False),
            ),
            (
                objects(
                    **{"if": {"required": ["a"]}, "then": {"properties": {"a": {}}}, "unevaluatedProperties": False}
                ),
                objects(properties={"a": {}}, additionalProperties=False),
            ),
        ),
    ),
)
