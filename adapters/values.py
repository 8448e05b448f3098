"""Reading one value: from a place in a peer's data, into one strict type. No value is ever guessed.

A place is a dotted path: `HoVaTen.Ten`, `items.0.code`. A step that ends in `!` opens a string that
holds JSON: `data!.nksHoTen`. What is not there is `ABSENT`; what is there in a wrong form raises
`ValueRuleError`, which holds the rule and never the value.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from datetime import time as clock
from decimal import Decimal
from enum import Enum
from typing import Final, TypeAlias

import orjson

from adapters.port import DeclarationError


class Absence(Enum):
    """The type of `ABSENT`: nothing stands at that place."""

    ABSENT = "absent"


ABSENT: Final = Absence.ABSENT
Steps: TypeAlias = tuple[tuple[str, bool], ...]
"""Each step with whether it opens a JSON string."""

_STEP: Final = re.compile(r"^[^.!\s\x00-\x1f]{1,128}\Z")
_INTEGER: Final = re.compile(r"-?(0|[1-9]\d{0,17})", re.ASCII)
_NUMBER: Final = re.compile(r"-?(0|[1-9]\d{0,17})(\.\d{1,9})?", re.ASCII)
_TRUE: Final = frozenset({"true", "1"})
_FALSE: Final = frozenset({"false", "0"})


class ValueRuleError(ValueError):
    """A value broke a rule. `rule` is a fixed word."""

    def __init__(self, rule: str) -> None:
        super().__init__(rule)
        self.rule = rule


def path(text: str) -> Steps:
    """Read a dotted path, or raise `DeclarationError`."""
    steps = tuple((step.removesuffix("!"), step.endswith("!")) for step in text.split("."))
    if not all(_STEP.match(name) for name, _ in steps):
        raise DeclarationError("a path is names joined by dots, each with ! when it holds JSON text")
    return steps


def at(source: object, steps: Steps) -> object:
    """The value at a place, or `ABSENT`. A step into a plain value raises "not-an-object"."""
    value = source
    for name, opens in steps:
        value = _child(value, name)
        if opens and value is not ABSENT and value is not None:
            value = _opened(value)
        if value is ABSENT or value is None:
            return ABSENT
    return value


def plain(value: object) -> object:
    """What databases and SOAP decoders hand over, as JSON has it: dates as ISO text, exact numbers as text."""
    if isinstance(value, Mapping):
        return {str(name): plain(inner) for name, inner in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    if isinstance(value, date | datetime | clock):
        return value.isoformat()
    if isinstance(value, Decimal):
        return str(value)
    return value


def _child(value: object, name: str) -> object:
    if isinstance(value, Mapping):
        return value.get(name, ABSENT)
    if isinstance(value, Sequence) and not isinstance(value, str | bytes) and name.isdigit():
        return value[int(name)] if int(name) < len(value) else ABSENT
    raise ValueRuleError("not-an-object")


def _opened(value: object) -> object:
    """JSON inside a JSON string, as real portals send it; an empty string holds nothing."""
    if not isinstance(value, str):
        raise ValueRuleError("not-json-text")
    if not value.strip():
        return ABSENT
    try:
        return orjson.loads(value)
    except orjson.JSONDecodeError:
        raise ValueRuleError("not-json-text") from None


def text(value: object) -> str:
    """A string, stripped. A number is refused: identifiers lose their zeros as numbers."""
    if not isinstance(value, str):
        raise ValueRuleError("not-text")
    return value.strip()


def integer(value: object) -> int:
    """A whole number, or its plain decimal text."""
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    if isinstance(value, str) and _INTEGER.fullmatch(value.strip()):
        return int(value)
    raise ValueRuleError("not-an-integer")


def number(value: object) -> int | float:
    """A finite number, or its plain decimal text with a point."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        return value
    if isinstance(value, str) and _NUMBER.fullmatch(value.strip()):
        return float(value) if "." in value else int(value)
    raise ValueRuleError("not-a-number")


def boolean(value: object) -> bool:
    """True or false: a JSON boolean, 1/0, or the texts true/false/1/0 (XML Schema's four)."""
    if isinstance(value, bool):
        return value
    plain = str(value).strip() if isinstance(value, str | int) else ""
    if plain in _TRUE:
        return True
    if plain in _FALSE:
        return False
    raise ValueRuleError("not-a-boolean")
