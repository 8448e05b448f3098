"""Logical types that are valid where they stand; the others count as absent, as the specification says.

Source: Apache Avro 1.12 specification, "Logical Types".
"""

from __future__ import annotations

from math import floor, log10
from typing import TYPE_CHECKING, Final

from registry.evolution.avro.model import Logical

if TYPE_CHECKING:
    from registry.evolution.avro.model import Json

_ON: Final = {
    "date": ("int",),
    "time-millis": ("int",),
    "time-micros": ("long",),
    "timestamp-millis": ("long",),
    "timestamp-micros": ("long",),
    "timestamp-nanos": ("long",),
    "local-timestamp-millis": ("long",),
    "local-timestamp-micros": ("long",),
    "local-timestamp-nanos": ("long",),
    "decimal": ("bytes", "fixed"),
    "big-decimal": ("bytes",),
    "uuid": ("string", "fixed"),
    "duration": ("fixed",),
}
_SIZES: Final = {"uuid": 16, "duration": 12}


def logical_of(value: dict[str, Json], kind: str, size: int) -> Logical | None:
    """The logical type of a type.

    Args:
        value: the type in JSON.
        kind: the Avro type that it annotates.
        size: of a fixed, in bytes.
    """
    name = value.get("logicalType")
    if not isinstance(name, str) or kind not in _ON.get(name, ()):
        return None
    if name == "decimal":
        return _decimal(value, kind, size)
    return None if kind == "fixed" and size != _SIZES[name] else Logical(name)


def _decimal(value: dict[str, Json], kind: str, size: int) -> Logical | None:
    precision, scale = _count(value.get("precision")), _count(value.get("scale", 0))
    if not precision or scale is None or scale > precision:
        return None
    if kind == "fixed" and precision > floor(log10(2) * max(8 * size - 1, 0)):
        return None
    return Logical("decimal", precision, scale)


def _count(value: Json) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else None
