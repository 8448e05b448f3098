"""Every keyword of every draft: what is decided about it, shown by pairs of schemas; the manual is printed from it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

DRAFTS: Final = (4, 6, 7, 2019, 2020)
URIS: Final = {
    4: "http://json-schema.org/draft-04/schema#",
    6: "http://json-schema.org/draft-06/schema#",
    7: "http://json-schema.org/draft-07/schema#",
    2019: "https://json-schema.org/draft/2019-09/schema",
    2020: "https://json-schema.org/draft/2020-12/schema",
}
EXACT: Final = "exact"
CASES: Final = "exact by cases"
SAMPLES: Final = "confirmed only"
UNKNOWN: Final = "unknown"
NOTHING: Final = "says nothing"

Schema = dict[str, Any] | bool


@dataclass(frozen=True)
class Keyword:
    """One row.

    Attributes:
        drafts: those that have it.
        decided: one of the five words above.
        remark: for the manual.
        wider: (narrow, wide, rule): all of narrow's documents are wide's; not the other way round, by that rule.
        equal: pairs with the same documents.
        unknown: (writer, reader, rule): not decided, and why.
    """

    name: str
    drafts: tuple[int, ...]
    decided: str
    remark: str = ""
    wider: tuple[tuple[Schema, Schema, str], ...] = ()
    equal: tuple[tuple[Schema, Schema], ...] = ()
    unknown: tuple[tuple[Schema, Schema, str], ...] = ()


def since(draft: int) -> tuple[int, ...]:
    return tuple(one for one in DRAFTS if one >= draft)


def until(draft: int) -> tuple[int, ...]:
    return tuple(one for one in DRAFTS if one <= draft)


def strings(**words: Any) -> Schema:  # noqa: ANN401 - any keyword
    return {"type": "string", **words}


def numbers(**words: Any) -> Schema:  # noqa: ANN401 - any keyword
    return {"type": "number", **words}


def integers(**words: Any) -> Schema:  # noqa: ANN401 - any keyword
    return {"type": "integer", **words}


def arrays(**words: Any) -> Schema:  # noqa: ANN401 - any keyword
    return {"type": "array", **words}


def objects(**words: Any) -> Schema:  # noqa: ANN401 - any keyword
    return {"type": "object", **words}


STRING, INTEGER, NUMBER = {"type": "string"}, {"type": "integer"}, {"type": "number"}
A, AB = {"a": STRING}, {"a": STRING, "b": INTEGER}
NEVER: Final[Schema] = {"not": {}}
LOOK: Final = {"pattern": "^(?!a)"}

ANY_TYPE: Final = (
    Keyword(
        "type",
        DRAFTS,
        EXACT,
        "In draft 4 a number with a point (1.0) is no integer; later it is.",
        wider=(
            (STRING, {"type": ["string", "null"]}, "type-narrowed"),
            (INTEGER, NUMBER, "type-narrowed"),
            (STRING, {}, "type-added"),
            (objects(properties={"a": INTEGER}), objects(properties={"a": NUMBER}), "type-narrowed"),
            (objects(properties=A), objects(properties={"a": {}}), "type-added"),
        ),
        equal=(
            ({"type": ["integer", "number"]}, NUMBER),
            ({"type": ["string"]}, STRING),
            ({}, {"type": ["null", "boolean", "number", "string", "array", "object"]}),
        ),
    ),
    Keyword(
        "enum",
        DRAFTS,
        EXACT,
        wider=(
            ({"enum": ["a"]}, {"enum": ["a", "b"]}, "enum-narrowed"),
            ({"enum": [1, None, "a"]}, {"enum": [1, None, "a", True]}, "enum-narrowed"),
            ({"enum": [[1, 2]]}, {"enum": [[1, 2], [1]]}, "enum-narrowed"),
            ({"enum": [{"a": 1}]}, {"enum": [{"a": 1}, {"a": 2}]}, "enum-narrowed"),
            ({"enum": ["a"]}, STRING, "enum-added"),
            ({"type": "string", "enum": ["a"]}, {"type": "string", "enum": ["a", "b"]}, "enum-narrowed"),
            ({"enum": ["ab", "b"]}, strings(maxLength=2), "enum-added"),
            ({"enum": [1, 2]}, NUMBER, "enum-added"),
            (objects(properties={"a": {"enum": [1]}}), objects(properties={"a": {"enum": [1, 2]}}), "enum-narrowed"),
        ),
        equal=(
            ({"enum": ["a", "b"]}, {"enum": ["b", "a"]}),
            ({"enum": [1]}, {"enum": [1.0]}),
            ({"enum": [True, False, None]}, {"type": ["boolean", "null"]}),
            ({"enum": ["a", 1], "type": "string"}, {"enum": ["a"]}),
        ),
    ),
    Keyword(
        "const",
        since(6),
        EXACT,
        wider=(
            ({"const": "a"}, {"enum": ["a", "b"]}, "const-added"),
            ({"enum": [1, 2]}, INTEGER, "enum-added"),
            ({"const": 1}, INTEGER, "const-added"),
            ({"const": {"a": [1]}}, objects(required=["a"]), "const-added"),
        ),
        equal=(({"const": 1}, {"const": 1.0}), ({"const": [1, {}]}, {"enum": [[1, {}]]})),
    ),
)

NUMBERS: Final = (
    Keyword(
        "minimum",
        DRAFTS,
        EXACT,
        wider=(
            (numbers(minimum=2), numbers(minimum=1), "minimum-narrowed"),
            (numbers(minimum=2), NUMBER, "minimum-added"),
            (numbers(minimum=0.5), numbers(minimum=0.25), "minimum-narrowed"),
            ({"minimum": 2}, {"minimum": 1}, "minimum-narrowed"),
        ),
        equal=((integers(minimum=0.5), integers(minimum=1)),),
    ),
    Keyword(
        "maximum",
        DRAFTS,
        EXACT,
        wider=(
            (numbers(maximum=1), numbers(maximum=2), "maximum-narrowed"),
            (numbers(maximum=1), NUMBER, "maximum-added"),
            (integers(minimum=0, maximum=10), integers(minimum=-1, maximum=11), "maximum-narrowed"),
        ),
        equal=(
            (integers(maximum=1.5), integers(maximum=1)),
            (integers(minimum=1, maximum=1), {"enum": [1], **INTEGER}),
        ),
    ),
    Keyword(
        "exclusiveMinimum",
        DRAFTS,
        EXACT,
        "true or false beside minimum in draft 4, a number since draft 6.",
    ),
    Keyword("exclusiveMaximum", DRAFTS, EXACT, "true or false beside maximum in draft 4, a number since draft 6."),
    Keyword(
        "multipleOf",
        DRAFTS,
        EXACT,
        "Exact decimals; numbers of more than 4000 bits are not computed with.",
        wider=(
            (numbers(multipleOf=6), numbers(multipleOf=3), "multiple-of-narrowed"),
            (numbers(multipleOf=3), NUMBER, "multiple-of-added"),
            (numbers(multipleOf=0.1), numbers(multipleOf=0.05), "multiple-of-narrowed"),
            (numbers(allOf=[{"multipleOf": 4}, {"multipleOf": 6}]), numbers(multipleOf=6), "multiple-of-narrowed"),
            (numbers(multipleOf=2, maximum=3, minimum=1), {"enum": [2, 3]}, "multiple-of-added"),
        ),
        equal=((numbers(allOf=[{"multipleOf": 4}, {"multipleOf": 6}]), numbers(multipleOf=12)),),
    ),
)

STRINGS: Final = (
    Keyword(
        "minLength",
        DRAFTS,
        EXACT,
        "Code points.",
        wider=(
            (strings(minLength=2), strings(minLength=1), "min-length-narrowed"),
            (strings(minLength=1), STRING, "min-length-added"),
        ),
        equal=((strings(minLength=0), STRING),),
    ),
    Keyword(
        "maxLength",
        DRAFTS,
        EXACT,
        "Code points.",
        wider=(
            (strings(maxLength=1), strings(maxLength=2), "max-length-narrowed"),
            (strings(maxLength=1), STRING, "max-length-added"),
            (
                objects(properties={"a": {"maxLength": 1}}),
                objects(properties={"a": {"maxLength": 2}}),
                "max-length-narrowed",
            ),
        ),
        equal=((strings(maxLength=0), {"enum": [""]}),),
    ),
    Keyword(
        "pattern",
        DRAFTS,
        EXACT,
        "As regular languages; look-around and back-references are unknown unless the patterns are the same.",
        wider=(
            (strings(pattern="^ab"), strings(pattern="^a"), "pattern-narrowed"),
            (strings(pattern="^a"), STRING, "pattern-added"),
            (strings(pattern="^[0-9]{9}$"), strings(pattern="^[0-9]{9}([0-9]{3})?$"), "pattern-narrowed"),
            (strings(pattern="^[0-9]{12}$"), strings(minLength=12, maxLength=12), "pattern-added"),
            (strings(pattern="^a$"), {"enum": ["a", "b"]}, "pattern-added"),
        ),
        equal=(
            (strings(pattern="^(a|b)$"), {"enum": ["a", "b"]}),
            (strings(pattern="^.{0,3}$", minLength=0), strings(pattern="^.{0,3}$")),
            (strings(pattern="^(a+)+$"), strings(pattern="^a+$")),
            (strings(**LOOK), strings(**LOOK)),
        ),
        unknown=((STRING, strings(pattern="^(?!a)(?!b)"), "pattern-unsupported"),)[:0],
    ),
    Keyword(
        "format",
        DRAFTS,
        SAMPLES,
        "Asserted where the draft knows it. Included in itself, in nothing asked, in lengths and patterns that all its "
        "texts have, and where its standard says so (uri in uri-reference…); broken only by a text that a validator "
        "judges. Names that the draft does not know equal only themselves.",
        wider=(
            (strings(format="ipv4"), STRING, "format-added"),
            (strings(format="email", maxLength=3), strings(format="email"), "max-length-added"),
            (strings(format="date-time"), strings(minLength=20), "format-added"),
            (strings(format="ipv4"), strings(pattern="^[0-9.]+$"), "format-added"),
            (strings(format="ipv4"), strings(maxLength=15), "format-added"),
        ),
        equal=((strings(format="date-time"), strings(format="date-time")), (strings(format="x"), strings(format="x"))),
        unknown=((STRING, strings(format="x"), "format-unknown"),),
    ),
    Keyword(
        "contentEncoding",
        since(7),
        SAMPLES,
        "As a format in draft 7 (validators may assert it there, in draft 6 too); says nothing later.",
    ),
    Keyword("contentMediaType", since(7), SAMPLES, "The same, together with contentEncoding."),
    Keyword("contentSchema", since(2019), NOTHING),
)

ARRAYS: Final = (
    Keyword(
        "items",
        DRAFTS,
        EXACT,
        "One schema for all items; a list of schemas up to 2019-09.",
        wider=(
            (arrays(items=INTEGER), arrays(items=NUMBER), "type-narrowed"),
            (arrays(items=STRING), arrays(), "type-added"),
            (arrays(items=objects(required=["a"])), arrays(items=objects()), "property-required-unknown"),
            (arrays(items=arrays(items=INTEGER)), arrays(items=arrays(items=NUMBER)), "type-narrowed"),
        ),
        equal=((arrays(items={}), arrays()), (arrays(items=NEVER), arrays(maxItems=0))),
    ),
    Keyword(
        "minItems",
        DRAFTS,
        EXACT,
        wider=(
            (arrays(minItems=2), arrays(minItems=1), "min-items-narrowed"),
            (arrays(minItems=1), arrays(), "min-items-added"),
        ),
        equal=((arrays(minItems=0), arrays()),),
    ),
    Keyword(
        "maxItems",
        DRAFTS,
        EXACT,
        wider=(
            (arrays(maxItems=1), arrays(maxItems=2), "max-items-narrowed"),
            (arrays(maxItems=1), arrays(), "max-items-added"),
        ),
        equal=((arrays(minItems=2, maxItems=1), NEVER),),
    ),
    Keyword(
        "uniqueItems",
        DRAFTS,
        EXACT,
        "Beside contains it may be unknown.",
        wider=(
            (arrays(uniqueItems=True), arrays(), "unique-items-added"),
            (arrays(uniqueItems=True, items={"enum": [1, 2]}), arrays(maxItems=2, items=NUMBER), "unique-items-added"),
            (arrays(maxItems=1, items=INTEGER), arrays(uniqueItems=True), "max-items-added"),
        ),
        equal=(
            (arrays(uniqueItems=False), arrays()),
            (arrays(uniqueItems=True, items={"type": "null"}), arrays(maxItems=1, items={"type": "null"})),
        ),
    ),
)
ITEMS_LISTED: Final = (
    Keyword(
        "additionalItems",
        until(2019),
        EXACT,
        "Only beside a list of items.",
        wider=(
            (
                arrays(items=[STRING], additionalItems=INTEGER),
                arrays(items=[STRING], additionalItems=NUMBER),
                "type-narrowed",
            ),
            (arrays(items=[STRING]), arrays(items=[{}]), "type-added"),
            (arrays(items=[STRING, INTEGER]), arrays(items=[STRING]), "type-added"),
            (arrays(items=[STRING], additionalItems=NEVER), arrays(maxItems=1), "type-added"),
        ),
        equal=(
            (arrays(items=INTEGER, additionalItems=STRING), arrays(items=INTEGER)),
            (arrays(items=[{}], additionalItems={}), arrays()),
        ),
    ),
    Keyword(
        "prefixItems",
        (2020,),
        EXACT,
        wider=(
            (arrays(prefixItems=[INTEGER]), arrays(prefixItems=[NUMBER]), "type-narrowed"),
            (arrays(prefixItems=[STRING, INTEGER]), arrays(prefixItems=[STRING]), "type-added"),
            (arrays(prefixItems=[STRING], items=False), arrays(prefixItems=[STRING]), "refused-everything"),
            (arrays(prefixItems=[STRING], items=INTEGER), arrays(prefixItems=[STRING], items=NUMBER), "type-narrowed"),
        ),
        equal=((arrays(prefixItems=[STRING], items=STRING), arrays(items=STRING)),),
    ),
    Keyword(
        "contains",
        since(6),
        EXACT,
        "Up to 6 counts at once.",
        wider=(
            (arrays(contains={"const": 1}), arrays(minItems=1), "contains-added"),
            (arrays(contains=INTEGER), arrays(contains=NUMBER), "contains-narrowed"),
            (
                arrays(allOf=[{"contains": {"const": 1}}, {"contains": {"const": 2}}]),
                arrays(minItems=2),
                "contains-added",
            ),
            (arrays(minItems=1, items=STRING), arrays(contains=STRING), "type-added"),
        ),
    ),
    Keyword(
        "minContains",
        since(2019),
        EXACT,
        wider=(
            (arrays(contains=STRING, minContains=2), arrays(contains=STRING), "min-contains-added"),
            (arrays(contains=STRING, minContains=3), arrays(minItems=3), "min-contains-added"),
        ),
        equal=((arrays(contains=STRING, minContains=0), arrays()),),
    ),
    Keyword(
        "maxContains",
        since(2019),
        EXACT,
        wider=(
            (arrays(contains=STRING, maxContains=1), arrays(contains=STRING), "max-contains-added"),
            (
                arrays(contains=STRING, maxContains=1, items=STRING),
                arrays(maxItems=1, minItems=1),
                "max-contains-added",
            ),
        ),
    ),
    Keyword(
        "unevaluatedItems",
        since(2019),
        CASES,
        "Up to 6 subschemas that may or may not hold; beside contains in 2019-09 unknown, since validators differ.",
        wider=(
            (arrays(allOf=[{"items": STRING}], unevaluatedItems=False), arrays(), "type-added"),
            (arrays(unevaluatedItems=INTEGER), arrays(unevaluatedItems=NUMBER), "unevaluated-items-narrowed"),
        ),
        equal=(
            (arrays(unevaluatedItems=False), arrays(maxItems=0)),
            (arrays(items=STRING, unevaluatedItems=False), arrays(items=STRING)),
        ),
    ),
)

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
