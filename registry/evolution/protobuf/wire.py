"""Fields of a Protobuf message in its bytes.

Promises an end for every input; groups are refused. Source: Protocol Buffers guide "Encoding".
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, TypeAlias

if TYPE_CHECKING:
    from registry.evolution.budget import Budget

Value: TypeAlias = "int | bytes"

_VARINT: Final = 0
_FIXED_64: Final = 1
_LENGTH: Final = 2
_FIXED_32: Final = 5
_SIZES: Final = {_FIXED_64: 8, _FIXED_32: 4}
_LONGEST: Final = 10
"""Bytes of a varint."""


class WireError(ValueError):
    """The bytes are no message."""


def fields(data: bytes, budget: Budget) -> dict[int, list[Value]]:
    """Values by field number, in order: integers, or the bytes of texts and messages.

    Raises:
        WireError: they are none.
    """
    found: dict[int, list[Value]] = {}
    at = 0
    while at < len(data):
        budget.spend(1, "schema")
        tag, at = _varint(data, at)
        kind, value = tag & 7, 0
        if kind == _VARINT:
            value, at = _varint(data, at)
            found.setdefault(tag >> 3, []).append(value)
            continue
        size = _SIZES.get(kind)
        if kind == _LENGTH:
            size, at = _varint(data, at)
        if size is None or at + size > len(data):
            raise WireError("length")
        found.setdefault(tag >> 3, []).append(data[at : at + size])
        at += size
    return found


def _varint(data: bytes, at: int) -> tuple[int, int]:
    value = 0
    for index in range(_LONGEST):
        if at + index >= len(data):
            break
        byte = data[at + index]
        value |= (byte & 0x7F) << (7 * index)
        if byte < 0x80:  # noqa: PLR2004 - the highest bit says that another byte follows
            return value, at + index + 1
    raise WireError("varint")
