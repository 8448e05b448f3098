"""Schemas that are made to hurt: an answer or a refusal within the budget, in little memory, and never an exception."""

from __future__ import annotations

import json
import tracemalloc
from collections.abc import Callable
from typing import Any

import pytest

from registry.evolution.budget import Budget
from registry.evolution.json.format import JsonFormat
from registry.evolution.limits import PARSE_STEPS
from registry.evolution.port import Policy, SchemaError
from registry.evolution.verdict import Compatible, Incompatible, Unknown, Verdict

FORMAT = JsonFormat()
STEPS = 20_000
"""A small budget keeps the tests short; what ends within it ends within any."""
NEW = "https://json-schema.org/draft/2020-12/schema"
STRING, OBJECT = {"type": "string"}, {"type": "object"}


def compare(writer: Any, reader: Any) -> Verdict:  # noqa: ANN401 - any JSON
    one, other = (FORMAT.parse(json.dumps(schema), {}, Budget(PARSE_STEPS)) for schema in (writer, reader))
    return FORMAT.included(one, other, Policy(), Budget(STEPS))


def chain(length: int, last: Any, step: Callable[[dict[str, Any]], Any]) -> dict[str, Any]:  # noqa: ANN401 - any JSON
    links = {f"d{number}": step({"$ref": f"#/definitions/d{number + 1}"}) for number in range(length)}
    return {"$ref": "#/definitions/d0", "definitions": {**links, f"d{length}": last}}


def below(ref: dict[str, Any]) -> dict[str, Any]:
    return {"type": "object", "properties": {"a": ref}, "required": ["a"]}


def twice(ref: dict[str, Any]) -> dict[str, Any]:
    return {"type": "object", "properties": {"a": ref, "b": ref}, "required": ["a", "b"]}


def doubled(ref: dict[str, Any]) -> dict[str, Any]:
    return {"anyOf": [{"allOf": [ref]}, {"anyOf": [ref]}]}


def ladder() -> dict[str, Any]:
    """Two ways at every step of a document."""
    ways = [{"type": "object", "properties": {"a": {"$ref": "#/definitions/n"}}, "maxProperties": n} for n in (1, 2)]
    return {"$ref": "#/definitions/n", "definitions": {"n": {"anyOf": [*ways, {"type": "null"}]}}}


def nested(depth: int) -> Any:  # noqa: ANN401 - any JSON
    schema: Any = {"type": "integer"}
    for _ in range(depth):
        schema = {"type": "object", "properties": {"a": schema}, "required": ["a"], "additionalProperties": False}
    return schema


def unions(width: int) -> dict[str, Any]:
    """Clauses of three, as in the satisfiability problem."""
    clauses = [[(number * k) % 31 - 15 for k in (1, 3, 7)] for number in range(1, width)]
    literal = lambda n: {"properties": {f"x{abs(n)}": {"enum": [n > 0]}}, "required": [f"x{abs(n)}"]}  # noqa: E731 - one line, beside its only use
    return {**OBJECT, "allOf": [{"anyOf": [literal(n) for n in clause]} for clause in clauses]}


def conditionals(width: int, most: int) -> dict[str, Any]:
    return {
        "allOf": [
            {
                "if": {"properties": {f"a{n}": {"const": n}}},
                "then": {"required": [f"b{n}"]},
                "else": {"maxProperties": most - n},
            }
            for n in range(width)
        ]
    }


ANSWERED = {
    "a chain of references": (chain(1000, STRING, lambda ref: ref), STRING, Compatible),
    "a chain of references that ends otherwise": (chain(1000, STRING, lambda ref: ref), {"type": "null"}, Incompatible),
    "two ways at every reference": ({"type": "integer"}, chain(14, STRING, doubled), Incompatible),
    "two ways at every step down": (nested(40), ladder(), Unknown),
    "deep values": (chain(500, STRING, below), OBJECT, Compatible),
    "values too deep to be shown": (chain(500, STRING, below), chain(500, {"type": "null"}, below), Unknown),
    "values too large to be shown": (chain(60, STRING, twice), chain(60, {"type": "null"}, twice), Unknown),
    "a value that has no end": (
        {
            "$ref": "#/definitions/n",
            "definitions": {"n": {**OBJECT, "required": ["n"], "properties": {"n": {"$ref": "#/definitions/n"}}}},
        },
        STRING,
        Compatible,
    ),
    "clauses": (unions(90), {"not": {}}, (Incompatible, Unknown)),
    "conditionals": (conditionals(25, 40), conditionals(25, 41), Unknown),
    "many properties": (
        {**OBJECT, "properties": {f"p{n}": STRING for n in range(2000)}, "required": [f"p{n}" for n in range(2000)]},
        {"properties": {f"p{n}": {"maxLength": 5} for n in range(2000)}},
        (Incompatible, Unknown),
    ),
    "many values": ({"enum": list(range(15_000))}, {"enum": list(range(1, 15_000))}, Incompatible),
    "a pattern that backtracks": ({"pattern": "^(a+)+$"}, {"pattern": "^(a|aa)+$"}, Compatible),
    "patterns with a long memory": (
        {"pattern": "(a|b)*a(a|b){30}$"},
        {"pattern": "(a|b)*b(a|b){30}$"},
        (Incompatible, Unknown),
    ),
    "a pattern that counts far": ({"pattern": "^.{50000}$"}, {"pattern": "^a{60000}"}, Unknown),
    "nested groups": ({"pattern": "(" * 2000 + ")" * 2000}, STRING, (Incompatible, Unknown)),
    "a pattern that looks around": (STRING, {"pattern": "^(?=a)(?!b)"}, (Incompatible, Unknown)),
    "a long text": ({**STRING, "minLength": 10**15}, {"minLength": 10**15 + 1}, Unknown),
    "a long array": ({"type": "array", "minItems": 10**15}, {"minItems": 10**16}, Unknown),
    "a long array of different truths": (
        {"type": "array", "minItems": 10**15, "uniqueItems": True, "items": {"type": "boolean"}},
        {"not": {}},
        Unknown,
    ),
    "many properties wanted": ({**OBJECT, "minProperties": 10**9}, {"minProperties": 10**9 + 1}, Unknown),
    "large numbers": ({"type": "integer", "minimum": 10**390}, {"maximum": 10**391}, Incompatible),
    "small steps": ({"type": "number", "multipleOf": 1e-300}, {"multipleOf": 1e300}, Incompatible),
    "long common multiples": (
        {"allOf": [{"type": "integer"}, *({"multipleOf": 10**300 + n} for n in (1, 3, 7, 9, 13, 21))]},
        {"const": 0},
        Unknown,
    ),
    "many different items": (
        {"type": "array", "items": {"type": "integer"}, "minItems": 2000, "uniqueItems": True},
        {"maxItems": 10},
        Unknown,
    ),
    "many counts": (
        {"type": "array", "allOf": [{"contains": {"const": n}} for n in range(10)]},
        {"minItems": 10},
        Unknown,
    ),
    "a high count": (
        {"$schema": NEW, "type": "array", "contains": {"const": 1}, "minContains": 5000},
        {"maxItems": 4000},
        Unknown,
    ),
    "classes of names": (
        {"patternProperties": {f"^{char}.*x": {"minimum": n} for n, char in enumerate("abcdefghij")}},
        {"patternProperties": {f"^{char}": {"minimum": n} for n, char in enumerate("abcdefghij")}},
        Incompatible,
    ),
    "many cases": (
        {"$schema": NEW, "anyOf": [{"properties": {f"p{n}": {}}} for n in range(30)], "unevaluatedProperties": False},
        {"maxProperties": 3},
        Unknown,
    ),
}


@pytest.mark.parametrize("name", ANSWERED)
def test_every_schema_is_answered_within_the_budget(name: str):
    writer, reader, expected = ANSWERED[name]
    verdict = compare(writer, reader)
    assert isinstance(verdict, expected), verdict
    if isinstance(verdict, Unknown):
        assert verdict.said.vi != verdict.said.en


@pytest.mark.parametrize("name", ["many properties", "clauses", "a pattern that counts far"])
def test_an_answer_takes_little_memory(name: str):
    writer, reader, _ = ANSWERED[name]
    tracemalloc.start()
    try:
        compare(writer, reader)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 60 << 20


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("[" * 500_000, "too-deep"),
        ('"\\' * 400_000, "not-json"),
        ('{"a":' * 200_000, "too-deep"),
        ('{"title": "' + "a" * (1 << 20) + '"}', "too-long"),
        (json.dumps({"enum": [[]] * 60_000}), "too-many-nodes"),
        ('{"enum": [' + "1," * 100_000 + "NaN]}", "not-json"),
        ('{"properties": {' + ",".join(f'"a{n % 9999}": {{}}' for n in range(10_000)) + "}}", "repeated-member"),
        (json.dumps({"properties": {"a": {"$ref": "https://example.org/" + "a" * 9999}}}), "reference-unknown"),
        (json.dumps({"$ref": "#/" + "/".join(["a"] * 9999)}), "reference-unknown"),
        (json.dumps({"$ref": "#/items/" + "9" * 5000, "items": [{}]}), "reference-unknown"),
        (json.dumps(chain(3000, {"$ref": "#/definitions/d0"}, lambda ref: ref)), "reference-cycle"),
        (json.dumps(chain(60, STRING, doubled)), "too-costly"),
        (json.dumps({"$schema": NEW, "$dynamicRef": "#"}), "reference-cycle"),
        (json.dumps({"$schema": NEW.replace("2020-12", "2019-09"), "$recursiveRef": "#"}), "reference-cycle"),
        (
            json.dumps(
                {"$schema": NEW, "$defs": {"a": {"$id": "a", "$schema": "http://json-schema.org/draft-07/schema#"}}}
            ),
            "draft-mixed",
        ),
        ("\ufeff{}", "not-json"),
        ("", "not-json"),
    ],
)
def test_a_text_beyond_the_limits_is_refused(text: str, rule: str):
    with pytest.raises(SchemaError) as caught:
        FORMAT.parse(text, {}, Budget(PARSE_STEPS))
    assert caught.value.rule == rule


def test_too_many_references_are_refused():
    with pytest.raises(SchemaError) as caught:
        FORMAT.parse("{}", {f"r{number}": "{}" for number in range(101)}, Budget(PARSE_STEPS))
    assert caught.value.rule == "too-many-references"


def test_a_budget_that_is_too_small_is_an_answer_too():
    with pytest.raises(SchemaError) as caught:
        FORMAT.parse(json.dumps({"enum": list(range(100))}), {}, Budget(50))
    assert caught.value.rule == "too-costly"
    one, other = (
        FORMAT.parse(json.dumps(schema), {}, Budget(PARSE_STEPS)) for schema in (unions(30), conditionals(9, 9))
    )
    for steps in (1, 2, 5, 10, 20, 50, 100, 200, 500):
        budget = Budget(steps)
        verdict = FORMAT.included(one, other, Policy(), budget)
        assert isinstance(verdict, Incompatible) or (isinstance(verdict, Unknown) and verdict.rule == "budget-spent")


def test_a_reference_that_is_broken_is_told_with_its_name():
    with pytest.raises(SchemaError) as caught:
        FORMAT.parse('{"$ref": "a.json"}', {"a.json": "{"}, Budget(PARSE_STEPS))
    assert (caught.value.rule, caught.value.place.document) == ("not-json", "a.json")
