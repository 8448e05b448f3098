"""Keywords that join schemas or refer to them, and annotations; the chapters of the manual."""

from __future__ import annotations

from typing import Any, Final

from json_keywords import (
    CASES,
    DRAFTS,
    EXACT,
    INTEGER,
    NEVER,
    NOTHING,
    NUMBER,
    STRING,
    A,
    Keyword,
    Schema,
    numbers,
    objects,
    since,
    strings,
)
from json_keywords_arrays import ARRAYS, ITEMS_LISTED
from json_keywords_objects import OBJECTS
from json_keywords_values import ANY_TYPE, NUMBERS, STRINGS

SEVERAL: Final = (
    Keyword(
        "allOf",
        DRAFTS,
        EXACT,
        wider=(
            ({"allOf": [STRING, {"maxLength": 1}]}, STRING, "max-length-added"),
            ({"allOf": [{"minimum": 1}, {"maximum": 2}]}, {"allOf": [{"minimum": 1}]}, "maximum-added"),
            (objects(allOf=[{"required": ["a"]}]), objects(), "property-required-unknown"),
        ),
        equal=(
            ({"allOf": [STRING, INTEGER]}, NEVER),
            (objects(allOf=[{"properties": A}, {"required": ["a"]}]), objects(properties=A, required=["a"])),
        ),
    ),
    Keyword(
        "anyOf",
        DRAFTS,
        EXACT,
        "A union that needs more cases than the budget has steps is unknown.",
        wider=(
            ({"anyOf": [STRING]}, {"anyOf": [STRING, INTEGER]}, "any-of-narrowed"),
            ({"anyOf": [STRING, INTEGER]}, {"anyOf": [STRING, NUMBER]}, "any-of-narrowed"),
            ({"anyOf": [numbers(minimum=5), numbers(maximum=1)]}, NUMBER, "any-of-added"),
            (
                objects(required=["a"], properties={"a": {"enum": [1, 2]}}),
                objects(required=["a"], anyOf=[{"properties": {"a": {"enum": [n]}}} for n in (1, 2, 3)]),
                "enum-narrowed",
            ),
        ),
        equal=(
            ({"anyOf": [STRING, NUMBER]}, {"type": ["string", "number"]}),
            ({"anyOf": [numbers(maximum=5), numbers(minimum=3)]}, NUMBER),
            ({"anyOf": [{"enum": [1]}, {"enum": [2]}]}, {"enum": [1, 2]}),
        ),
    ),
    Keyword(
        "oneOf",
        DRAFTS,
        EXACT,
        "As anyOf where the branches exclude each other; an overlap is told.",
        wider=(
            ({"oneOf": [STRING]}, {"oneOf": [STRING, INTEGER]}, "one-of-narrowed"),
            ({"oneOf": [INTEGER, NUMBER]}, NUMBER, "one-of-overlaps"),
            ({"oneOf": [STRING, INTEGER]}, {"anyOf": [STRING, INTEGER, {"type": "null"}]}, "one-of-added"),
        ),
        equal=(
            ({"oneOf": [STRING, NUMBER]}, {"anyOf": [STRING, NUMBER]}),
            (
                {"oneOf": [numbers(minimum=2), numbers(minimum=1)]},
                numbers(allOf=[{"minimum": 1}, {"not": {"minimum": 2}}]),
            ),
            ({"oneOf": [STRING, STRING]}, NEVER),
        ),
    ),
    Keyword(
        "not",
        DRAFTS,
        EXACT,
        wider=(
            ({"not": {"type": ["string", "null"]}}, {"not": STRING}, "not-narrowed"),
            (INTEGER, {"not": STRING}, "type-added"),
            (strings(**{"not": {"enum": ["a"]}}), STRING, "not-added"),
        ),
        equal=(({"not": NEVER}, {}), ({"not": {"type": ["null", "boolean", "number", "array", "object"]}}, STRING)),
    ),
    Keyword(
        "if / then / else",
        since(7),
        EXACT,
        wider=(
            (
                {"if": STRING, "then": {"maxLength": 1}},
                {"if": STRING, "then": {"maxLength": 2}},
                "max-length-narrowed",
            ),
            (
                {"if": STRING, "then": {"maxLength": 1}, "else": {"maximum": 1}},
                {"if": STRING, "then": {"maxLength": 1}},
                "maximum-added",
            ),
        ),
        equal=(
            ({"if": STRING, "then": {"maxLength": 1}}, {"maxLength": 1}),
            ({"if": STRING}, {}),
            ({"then": False}, {}),
            ({"if": STRING, "then": True, "else": False}, STRING),
        ),
    ),
)


def _defs(**schemas: Schema) -> dict[str, Any]:
    return {"definitions": schemas}


def tree(leaf: Schema) -> Schema:
    node = {
        "type": "object",
        "properties": {"leaf": leaf, "down": {"type": "array", "items": {"$ref": "#/definitions/node"}}},
    }
    return {"allOf": [{"$ref": "#/definitions/node"}], **_defs(node=node)}


REFERENCES: Final = (
    Keyword(
        "$ref",
        DRAFTS,
        EXACT,
        "Into the schema itself or a reference that came with it; up to draft 7 it hides its neighbours. Schemas may "
        "refer to themselves, but not without going into a part of the document.",
        wider=(
            ({"$ref": "#/definitions/a", **_defs(a=INTEGER)}, NUMBER, "type-narrowed"),
            (
                objects(properties={"a": {"$ref": "#/definitions/a"}}, **_defs(a=INTEGER)),
                objects(properties={"a": NUMBER}),
                "type-narrowed",
            ),
            (tree(INTEGER), tree(NUMBER), "type-narrowed"),
            (tree({"enum": ["a"]}), tree({"enum": ["a", "b"]}), "enum-narrowed"),
        ),
        equal=((tree(STRING), tree({"anyOf": [STRING]})), ({"$ref": "#/definitions/a", **_defs(a=STRING)}, STRING)),
    ),
    Keyword("definitions", DRAFTS, NOTHING, "Read where a reference leads there.", equal=((_defs(a=STRING), {}),)),
    Keyword("$defs", since(2019), NOTHING, "The same.", equal=(({"$defs": {"a": STRING}}, {}),)),
    Keyword(
        "$anchor",
        since(2019),
        EXACT,
        "A name for references.",
        wider=(
            (
                objects(properties={"a": {"$ref": "#n"}}, **{"$defs": {"n": {"$anchor": "n", **INTEGER}}}),
                objects(properties={"a": NUMBER}),
                "type-narrowed",
            ),
        ),
    ),
    Keyword("id", (4,), EXACT, "A base for references.", equal=(({"id": "http://example.org/a", **STRING}, STRING),)),
    Keyword(
        "$id", since(6), EXACT, "A base for references.", equal=(({"$id": "http://example.org/a", **STRING}, STRING),)
    ),
    Keyword(
        "$recursiveRef",
        (2019,),
        CASES,
        "Followed where one target is possible; otherwise unknown.",
        wider=(
            (
                objects(properties={"a": {"$recursiveRef": "#"}, "b": INTEGER}),
                objects(properties={"a": {"$recursiveRef": "#"}, "b": NUMBER}),
                "type-narrowed",
            ),
        ),
    ),
    Keyword("$recursiveAnchor", (2019,), CASES, "The same."),
    Keyword(
        "$dynamicRef",
        (2020,),
        CASES,
        "Followed where one target is possible: the root's anchor, or the only one there is; otherwise unknown.",
        wider=(
            (
                {"$dynamicAnchor": "n", **objects(properties={"a": {"$dynamicRef": "#n"}, "b": INTEGER})},  # type: ignore[dict-item]
                {"$dynamicAnchor": "n", **objects(properties={"a": {"$dynamicRef": "#n"}, "b": NUMBER})},  # type: ignore[dict-item]
                "type-narrowed",
            ),
        ),
    ),
    Keyword("$dynamicAnchor", (2020,), CASES, "The same."),
    Keyword("$schema", DRAFTS, EXACT, "Names the draft; draft 7 without it, as stock clients do. Others are refused."),
    Keyword("$vocabulary", since(2019), NOTHING, "Dialects of one's own are refused by their $schema."),
)
ANNOTATIONS: Final = tuple(
    Keyword(name, drafts, NOTHING, remark, equal=(({name: value, **STRING}, STRING),))
    for name, drafts, value, remark in (
        ("title", DRAFTS, "x", ""),
        ("description", DRAFTS, "x", ""),
        ("default", DRAFTS, "x", "Read by the policy required-with-default."),
        ("examples", since(6), ["x"], ""),
        ("readOnly", since(7), True, ""),
        ("writeOnly", since(7), True, ""),
        ("deprecated", since(2019), True, ""),
        ("$comment", since(7), "x", ""),
    )
)
CHAPTERS: Final = {
    "Any type": ANY_TYPE,
    "Numbers": NUMBERS,
    "Strings": STRINGS,
    "Arrays": (*ARRAYS, *ITEMS_LISTED),
    "Objects": OBJECTS,
    "Several schemas for one value": SEVERAL,
    "References": REFERENCES,
    "Annotations": ANNOTATIONS,
}
