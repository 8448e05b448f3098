"""The one door through which foreign JSON enters: a text has one reading, or it is refused.

Promises: what `read` returns, every conforming reader reads alike: no member is repeated (RFC 7493 §2.3; two readers
would see two documents), text is UTF-8 without lone surrogates, an integer is one that 64 bits hold exactly, nothing
nests deeper than `MAX_DEPTH`. A message names rule and line, never a value.
Leaves out: what the members mean.
"""

from __future__ import annotations

import json
from typing import Final, Never

import orjson

MAX_DEPTH: Final = 254
"""Deeper texts are refused: it is where orjson itself stops writing."""
_LEAST: Final = -(2**63)
_MOST: Final = 2**64 - 1


class JsonError(ValueError):
    """The text was refused. `rule` is a fixed word, `line` counts from 1 (0: not known)."""

    def __init__(self, rule: str, line: int = 0) -> None:
        super().__init__(f"JSON refused: {rule} at line {line}")
        self.rule = rule
        self.line = line


def read(data: bytes) -> object:
    """Parse, and refuse what two readers could read differently.

    What is spelled as we would spell it ourselves needs no second look: there a member cannot repeat.

    Raises:
        JsonError: `json`, `too-deep`, `repeated-member` or `number-range`.
    """
    try:
        value: object = orjson.loads(data)
    except orjson.JSONDecodeError as error:
        raise JsonError("json", error.lineno) from None
    try:
        plain = orjson.dumps(value) == data
    except TypeError:
        raise JsonError("too-deep") from None
    if not plain:
        json.loads(data, object_pairs_hook=_once, parse_int=_in_range, parse_constant=_refuse)
    return value


def _once(pairs: list[tuple[str, object]]) -> None:
    if len({name for name, _ in pairs}) != len(pairs):
        raise JsonError("repeated-member")


def _in_range(text: str) -> None:
    """Beyond 64 bits one reader keeps every digit and another rounds; 20 digits and a sign suffice for those within."""
    if len(text) > len(str(_LEAST)) or not _LEAST <= int(text) <= _MOST:
        raise JsonError("number-range")


def _refuse(_word: str) -> Never:
    raise JsonError("json")
