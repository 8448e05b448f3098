"""The text of a schema as values: one reading, exact numbers, bounded depth and size.

Promises that a member never repeats, that an integral number is an ``int`` and any other a ``Decimal`` (never a rounded
float), that nothing nests deeper than ``limits.DEPTH``; what is wrong is said with its line where that is known.
Leaves out what the members mean.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from decimal import Decimal, InvalidOperation
from typing import Final, Never

from registry.evolution import limits
from registry.evolution.budget import Budget
from registry.evolution.json.lines import line_of_repeated, line_of_word
from registry.evolution.port import SchemaError
from registry.evolution.verdict import Place
from registry.model import Text

Value = dict[str, "Value"] | list["Value"] | str | int | Decimal | bool | None

DIGITS: Final = 400
"""Digits that a number may have, on either side of its point."""


def read(text: str, document: str, budget: Budget) -> Value:
    """The value of a JSON text.

    Args:
        text: the text.
        document: the name of the reference that it is, ``""`` for the schema itself.
        budget: a step is spent for each value.

    Raises:
        SchemaError: ``too-long``, ``not-json``, ``repeated-member``, ``number-range``, ``not-text``, ``too-deep`` or
            ``too-many-nodes``.
    """
    if len(text) > limits.TEXT:
        raise SchemaError(
            "too-long",
            Text(
                vi=f"Lược đồ dài hơn {limits.TEXT} ký tự.",
                en=f"The schema is longer than {limits.TEXT} characters.",
            ),
            Place(document=document),
        )
    try:
        value: Value = json.loads(
            text, object_pairs_hook=_once, parse_int=_integer, parse_float=_number, parse_constant=_no_number
        )
    except RecursionError:
        raise _too_deep(document) from None
    except _RefusedError as refused:
        place = Place(line=_line(text, refused.rule), document=document)
        raise SchemaError(refused.rule, refused.said, place) from None
    except json.JSONDecodeError as error:
        said = Text(vi=f"Không phải JSON: {error.msg}.", en=f"This is no JSON: {error.msg}.")
        raise SchemaError("not-json", said, Place(line=error.lineno, document=document)) from None
    _measure(value, document, budget)
    return value


class _RefusedError(Exception):
    def __init__(self, rule: str, said: Text) -> None:
        super().__init__(rule)
        self.rule: Final = rule
        self.said: Final = said


def _once(pairs: list[tuple[str, Value]]) -> dict[str, Value]:
    value = dict(pairs)
    if len(value) != len(pairs):
        said = Text(vi="Một tên lặp lại trong cùng một đối tượng.", en="A name repeats in one object.")
        raise _RefusedError("repeated-member", said)
    return value


def _integer(digits: str) -> int:
    if len(digits) > DIGITS:
        raise _range()
    return int(digits)


def _number(digits: str) -> int | Decimal:
    try:
        value = Decimal(digits) if len(digits) <= DIGITS else None
    except InvalidOperation:
        value = None
    if value is None or not value.is_finite() or abs(value.adjusted()) > DIGITS:
        raise _range()
    return int(value) if value == value.to_integral_value() else value.normalize()


def _no_number(_word: str) -> Never:
    said = Text(vi="NaN và Infinity không phải số JSON.", en="NaN and Infinity are no JSON numbers.")
    raise _RefusedError("not-json", said)


def _range() -> _RefusedError:
    said = Text(vi=f"Một số có hơn {DIGITS} chữ số.", en=f"A number has more than {DIGITS} digits.")
    return _RefusedError("number-range", said)


def _too_deep(document: str) -> SchemaError:
    said = Text(
        vi=f"Lược đồ lồng nhau quá {limits.DEPTH} tầng.", en=f"The schema nests deeper than {limits.DEPTH} levels."
    )
    return SchemaError("too-deep", said, Place(document=document))


def _line(text: str, rule: str) -> int | None:
    """Where a text that is JSON but for this rule breaks it."""
    if rule == "repeated-member":
        return line_of_repeated(text)
    return line_of_word(text, _is_refused)


def _is_refused(word: str) -> bool:
    if word in {"true", "false", "null"}:
        return False
    try:
        return _number(word) is None
    except _RefusedError:
        return True


def _measure(value: Value, document: str, budget: Budget) -> None:
    """Depth, number and characters of the values."""
    waiting: list[tuple[int, Value]] = [(1, value)]
    count = 0
    while waiting:
        depth, node = waiting.pop()
        count += 1
        if depth > limits.DEPTH:
            raise _too_deep(document)
        if count > limits.NODES:
            said = Text(
                vi=f"Lược đồ có hơn {limits.NODES} giá trị.", en=f"The schema has more than {limits.NODES} values."
            )
            raise SchemaError("too-many-nodes", said, Place(document=document))
        for text in _texts(node):
            if not text.isascii() and any("\ud800" <= char <= "\udfff" for char in text):
                said = Text(vi="Một chuỗi chứa nửa cặp thay thế Unicode.", en="A string holds half a surrogate pair.")
                raise SchemaError("not-text", said, Place(document=document))
        if isinstance(node, dict):
            waiting.extend((depth + 1, child) for child in node.values())
        elif isinstance(node, list):
            waiting.extend((depth + 1, child) for child in node)
    budget.spend(count, "reading")


def _texts(node: Value) -> Iterator[str]:
    if isinstance(node, str):
        yield node
    elif isinstance(node, dict):
        yield from node


def written(value: Value) -> str:
    """JSON with sorted names and no spaces; numbers keep every digit. Recursion ends with ``limits.DEPTH``."""
    if isinstance(value, dict):
        inner = ",".join(f"{json.dumps(name, ensure_ascii=False)}:{written(value[name])}" for name in sorted(value))
        return "{" + inner + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(written, value)) + "]"
    if isinstance(value, Decimal):
        return str(value)
    return json.dumps(value, ensure_ascii=False)
