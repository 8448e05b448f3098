"""A tiny format in place of the real ones: JSON objects of which only `required` counts, and ways to misbehave."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import orjson

from registry.evolution.budget import Budget
from registry.evolution.port import FormatName, Policy, SchemaError
from registry.evolution.verdict import Compatible, Finding, Incompatible, Place, Unknown, Verdict, Witness
from registry.model import Text


def both(text: str) -> Text:
    return Text(text, text)


@dataclass(frozen=True)
class Tiny:
    text: str
    value: Any

    @property
    def canonical(self) -> str:
        return orjson.dumps(self.value, option=orjson.OPT_SORT_KEYS).decode()

    @property
    def required(self) -> set[str]:
        return set(self.value.get("required", [])) if isinstance(self.value, dict) else set()


@dataclass(frozen=True)
class TinyFormat:
    """Every property is optional and of any value; a schema may ask for trouble by `x-trouble`."""

    name: FormatName

    def parse(self, text: str, references: Mapping[str, str], budget: Budget) -> Tiny:
        budget.spend(1, "parse")
        try:
            value = orjson.loads(text)
        except orjson.JSONDecodeError as error:
            raise SchemaError("not-json", both("this is no JSON"), Place(line=error.lineno)) from None
        if isinstance(value, int | list):
            raise SchemaError("no-schema", both("a schema is an object, a text or a boolean"))
        wanted = value.get("$ref") if isinstance(value, dict) else None
        if wanted is not None and wanted not in references:
            raise SchemaError("reference-unknown", both(f"there is no {wanted}"), Place("/$ref"))
        trouble(value, "parse")
        return Tiny(text, value)

    def included(self, writer: Tiny, reader: Tiny, policy: Policy, budget: Budget) -> Verdict:
        budget.spend(1, "compare")
        trouble(reader.value, "compare")
        if isinstance(reader.value, dict) and reader.value.get("x-unknown"):
            return Unknown("pattern-lookahead", Place(), Place("/x-unknown"), both("not decided"), budget.spent)
        missing = sorted(reader.required - writer.required)
        if missing and not policy.required_with_default:
            place = Place("/required")
            said, mend = both(f"{missing[0]} became required"), both("give it a default, or keep it optional")
            return Incompatible((Finding("property-became-required", Place(), place, said, mend),), Witness("{}"))
        return Compatible()


def trouble(value: object, when: str) -> None:
    wish = value.get("x-trouble") if isinstance(value, dict) else None
    if wish == f"{when}-hang":
        time.sleep(600)
    elif wish == f"{when}-die":
        os._exit(9)
    elif wish == f"{when}-memory":
        raise MemoryError(bytearray(8 << 30))
    elif wish == f"{when}-deep":
        deeper(0)
    elif wish == f"{when}-fault":
        raise KeyError("a fault of the engine")


def deeper(number: int) -> int:
    return deeper(number + 1) + 1


def format_of(name: FormatName) -> TinyFormat:
    return TinyFormat(name)
