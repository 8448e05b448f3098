"""Reading and comparing patterns, Avro, Protobuf. Figures are printed, nothing is asserted."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING

import avro.compatibility
import avro.schema
from bench_table import show

from registry.evolution.avro.format import AvroFormat
from registry.evolution.budget import Budget
from registry.evolution.limits import COMPARE_STEPS, PARSE_STEPS
from registry.evolution.port import Policy
from registry.evolution.protobuf.format import ProtobufFormat
from registry.evolution.regex.language import included, parse_ecma

if TYPE_CHECKING:
    from collections.abc import Callable

    from registry.evolution.port import Format, Parsed

ROUNDS = 30


def micros(work: Callable[[], object]) -> float:
    """The best of some rounds, in microseconds of processor time."""
    took = []
    for _ in range(ROUNDS):
        began = time.process_time_ns()
        work()
        took.append((time.process_time_ns() - began) / 1e3)
    return min(took)


def record(fields: int, *more: dict[str, object]) -> str:
    kinds = ["string", {"type": "int", "logicalType": "date"}, ["null", "string"], "long", "boolean"]
    items = [{"name": f"field{at}", "type": kinds[at % len(kinds)]} for at in range(fields)]
    return json.dumps({"type": "record", "name": "vn.Citizen", "fields": [*items, *more]})


def proto(fields: int) -> str:
    return f'syntax = "proto3"; message M {{ {" ".join(f"string f{at} = {at + 1};" for at in range(fields))} }}'


def test_pattern_figures():
    pairs = [
        ("^(0|\\+84)[0-9]{9}$", "^(0|\\+84)[0-9]{9,10}$"),
        ("^[A-Z]{2}\\d{4,6}$", "^[A-Z0-9]{1,20}$"),
        ("^[^@\\s]+@[^@\\s]+\\.[a-z]{2,}$", "^[^@]+@.+$"),
        ("^[\\p{L} .'-]{1,100}$", "^[\\p{L}\\p{M} .,'-]{1,200}$"),
        ("^(a+)+$", "^a+$"),
        ("^([^,]*,){100}[^,]*$", "^([^,]*,){99,101}[^,;]*$"),
    ]
    rows = []
    for one, other in pairs:
        left, right, spent = parse_ecma(one), parse_ecma(other), Budget(COMPARE_STEPS)
        included(left, right, spent)
        cost = micros(lambda left=left, right=right: included(left, right, Budget(COMPARE_STEPS)))
        rows.append((f"{one} in {other}", spent.spent, micros(lambda one=one: parse_ecma(one)), cost))
    show("Inclusion of patterns", ("", "steps", "read µs", "compare µs"), rows)


def test_format_figures():
    old, wider = record(26), record(26, {"name": "added", "type": "string", "default": ""})
    narrower = record(26, {"name": "added", "type": "string"})
    rows = [
        *_rows("Avro, 26 fields", AvroFormat(), old, wider, narrower),
        ("Avro, 26 fields: avro.compatibility", micros(lambda: _theirs(old, wider))),
        *_rows("Protobuf, 26 fields", ProtobufFormat(), proto(26), proto(27), proto(26).replace("string", "bool")),
    ]
    show("Avro and Protobuf", ("", "µs"), rows)


def _rows(name: str, kind: Format, old: str, wider: str, broken: str) -> list[tuple[str, float]]:
    def read(text: str) -> Parsed:
        return kind.parse(text, {}, Budget(PARSE_STEPS))

    one, other, third = map(read, (old, wider, broken))
    return [
        (f"{name}: read", micros(lambda: read(old))),
        (f"{name}: compare, compatible", micros(lambda: kind.included(one, other, Policy(), Budget(COMPARE_STEPS)))),
        (f"{name}: compare, incompatible", micros(lambda: kind.included(one, third, Policy(), Budget(COMPARE_STEPS)))),
    ]


def _theirs(old: str, new: str) -> object:
    checker = avro.compatibility.ReaderWriterCompatibilityChecker()
    return checker.get_compatibility(avro.schema.parse(new), avro.schema.parse(old))
