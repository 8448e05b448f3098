"""Keywords of any type, of numbers and of strings, shown by pairs of schemas."""

from __future__ import annotations

from typing import Final

from json_keywords import (
    DRAFTS,
    EXACT,
    INTEGER,
    LOOK,
    NOTHING,
    NUMBER,
    SAMPLES,
    STRING,
    A,
    Keyword,
    integers,
    numbers,
    objects,
    since,
    strings,
)

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
