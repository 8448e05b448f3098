"""Hunts for documents that contradict an answer about two JSON Schemas, with validators that share no code with it."""

from __future__ import annotations

import json
import os
from collections import Counter
from random import Random
from typing import Any

import json_random
import jsonschema
import jsonschema_rs
import pytest

from registry.evolution.budget import Budget
from registry.evolution.json.dialect import VALIDATORS, Draft, draft_of
from registry.evolution.json.format import JsonFormat, JsonSchema
from registry.evolution.limits import PARSE_STEPS
from registry.evolution.port import Policy, SchemaError
from registry.evolution.verdict import Compatible, Incompatible, Unknown, Verdict

FORMAT = JsonFormat()
STEPS = 50_000
PAIRS = int(os.environ.get("EVOLUTION_PAIRS", "25"))
"""Pairs of schemas for each of a row of seeds."""


def parsed(schema: Any, end: str = "") -> JsonSchema | None:  # noqa: ANN401 - any JSON
    """Random changes make some that are no schemas."""
    try:
        return FORMAT.parse(json.dumps(schema) + end, {}, Budget(PARSE_STEPS))
    except SchemaError:
        return None


def compare(writer: JsonSchema, reader: JsonSchema) -> Verdict:
    return FORMAT.included(writer, reader, Policy(), Budget(STEPS))


def validator(schema: dict[str, Any]) -> jsonschema_rs.Validator:
    return VALIDATORS[draft_of(schema, Draft.D7, "")](schema, validate_formats=True, offline=True)


@pytest.mark.parametrize("seed", range(16))
def test_no_document_contradicts_compatible_and_a_second_validator_sees_every_witness(seed: int):
    random = Random(seed)  # noqa: S311 - a test's dice
    documents = [json_random.document(random) for _ in range(600)]
    included: list[tuple[dict[str, Any], dict[str, Any]]] = []
    seen = Counter[str]()
    for _ in range(PAIRS):
        one, other = json_random.pair(random)
        writer, reader = parsed(one), parsed(other)
        if writer is None or reader is None:
            continue
        verdict = compare(writer, reader)
        seen[type(verdict).__name__] += 1
        if isinstance(verdict, Compatible):
            included.append((one, other))
        elif isinstance(verdict, Incompatible):
            assert verdict.witness is not None
            # What breaks one pair may break another: witnesses are made to lie on edges.
            documents.append(json.loads(verdict.witness.text))
            assert_seen(documents[-1], one, other)
    for one, other in included:
        accepts, refuses = validator(one), validator(other)
        broken = [value for value in documents if accepts.is_valid(value) and not refuses.is_valid(value)]
        assert not broken, (one, other, broken[0])
    assert seen["Compatible"] > PAIRS // 8
    assert seen["Incompatible"] > PAIRS // 8
    assert seen["Unknown"] <= PAIRS // 20


def assert_seen(value: Any, writer: dict[str, Any], reader: dict[str, Any]) -> None:  # noqa: ANN401 - any JSON
    """By the Python validator, where no known difference plays a part: formats, and a line end before its ``$``."""
    if any(word in json.dumps([writer, reader, value]) for word in ('"format"', "unevaluated", "\\n")):
        return
    accepts, refuses = (jsonschema.validators.validator_for(one)(one) for one in (writer, reader))
    assert accepts.is_valid(value), (value, writer)
    assert not refuses.is_valid(value), (value, reader)


@pytest.mark.parametrize("seed", range(8))
def test_every_schema_includes_itself(seed: int):
    random = Random(1000 + seed)  # noqa: S311 - a test's dice
    for _ in range(PAIRS):
        schema = json_random.whole(random, random.choice((4, 6, 7, 2019, 2020)))
        one, other = parsed(schema), parsed(schema, "\n")
        if one is None or other is None:
            continue
        assert compare(one, other) == Compatible()
        # The same, said once more around it, so that no digest is the same.
        draft = {"$schema": schema.pop("$schema")}
        more = {word: schema.pop(word) for word in ("definitions",) if word in schema}
        around = parsed({**draft, "allOf": [schema], **more})
        if around is not None and "$ref" not in schema:
            assert compare(one, around) == Compatible()
            assert compare(around, one) == Compatible()


@pytest.mark.parametrize("seed", range(8))
def test_one_document_is_included_exactly_where_a_validator_accepts_it(seed: int):
    random = Random(2000 + seed)  # noqa: S311 - a test's dice
    for _ in range(PAIRS):
        # Not draft 4: there 1 and 1.0 are one number of two types, and a schema cannot ask for one of them.
        draft = random.choice((6, 7, 2019, 2020))
        schema, value = json_random.whole(random, draft), json_random.document(random)
        reader, writer = parsed(schema), parsed({"$schema": schema["$schema"], "enum": [value]})
        if reader is None or writer is None:
            continue
        verdict = compare(writer, reader)
        if not isinstance(verdict, Unknown):
            assert isinstance(verdict, Compatible) == validator(schema).is_valid(value), (schema, value)
