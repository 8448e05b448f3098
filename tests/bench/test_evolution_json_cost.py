"""Processor time of reading and comparing JSON Schemas of 26 fields. Figures are printed, nothing is asserted."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from typing import Any

from bench_table import show

from registry.evolution.budget import Budget
from registry.evolution.json.format import JsonFormat, JsonSchema
from registry.evolution.limits import COMPARE_STEPS, PARSE_STEPS
from registry.evolution.port import Policy
from registry.evolution.verdict import Verdict

FORMAT = JsonFormat()
ROUNDS, TIMES = 5, 20
KINDS: list[dict[str, Any]] = [
    {"type": "string", "maxLength": 50, "description": "Họ và tên"},
    {"type": "string", "pattern": "^[0-9]{12}$", "description": "Số định danh"},
    {"type": "integer", "minimum": 0},
    {"type": "string", "format": "date"},
    {"enum": ["nam", "nữ", "khác"]},
    {"type": "array", "items": {"type": "object", "properties": {"code": {"type": "string"}}, "required": ["code"]}},
]


def citizen(fields: int = 26, **changed: dict[str, Any]) -> str:
    properties = {f"field{number}": KINDS[number % len(KINDS)] for number in range(fields)} | changed
    required = [f"field{number}" for number in range(0, 26, 2)]
    schema = {"type": "object", "properties": properties, "required": required, "additionalProperties": False}
    return json.dumps({"$schema": "http://json-schema.org/draft-07/schema#", **schema}, ensure_ascii=False)


def parse(text: str) -> JsonSchema:
    return FORMAT.parse(text, {}, Budget(PARSE_STEPS))


def compare(writer: JsonSchema, reader: JsonSchema) -> Verdict:
    return FORMAT.included(writer, reader, Policy(), Budget(COMPARE_STEPS))


def millis(work: Callable[[], object], times: int = TIMES) -> float:
    """The best of some rounds, in milliseconds of this process' own processor time."""
    best = float("inf")
    for _ in range(ROUNDS):
        start = time.process_time_ns()
        for _ in range(times):
            work()
        best = min(best, (time.process_time_ns() - start) / times / 1e6)
    return best


def test_evolution_json_cost():
    old = citizen()
    changes = {
        "nothing": old,
        "a text may be longer": citizen(field0={"type": "string", "maxLength": 60}),
        "a text must be shorter": citizen(field0={"type": "string", "maxLength": 40}),
        "another pattern": citizen(field1={"type": "string", "pattern": "^[0-9]{9}([0-9]{3})?$"}),
        "another format": citizen(field3={"type": "string", "format": "date-time"}),
        "an optional field more": citizen(27),
        "a field less": citizen(25),
    }
    rows = []
    for name, text in changes.items():
        one, other = parse(old), parse(text)
        cold = millis(lambda text=text: compare(parse(old), parse(text)))
        rows.append((name, type(compare(one, other)).__name__, cold, millis(lambda a=one, b=other: compare(a, b))))
    show("a schema of 26 fields, one change", ("change", "answer", "cold ms", "warm ms"), rows)

    versions = [citizen(26 + number) for number in range(30)]
    kept = [parse(text) for text in versions[:-1]]
    whole = millis(lambda: [compare(parse(text), parse(versions[-1])) for text in versions[:-1]], 1)
    show(
        "version 30 under BACKWARD_TRANSITIVE",
        ("what", "ms"),
        [
            ("read one", millis(lambda: parse(versions[-1]))),
            ("read it and compare with 29 that are kept", millis(lambda: _against(kept, versions[-1]), 1)),
            ("nothing kept: each pair read anew", whole),
        ],
    )


def _against(kept: list[JsonSchema], text: str) -> None:
    new = parse(text)
    for old in kept:
        compare(old, new)
