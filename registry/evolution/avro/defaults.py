"""Whether a default is a value of its type, as JSON writes defaults.

Promises the rules of the specification's table "field default values"; bytes and fixed are texts of code points 0
to 255.
A union takes a default of any branch (Avro 1.12; before, of the first only).
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Final

from registry.evolution.avro.model import MISSING, Array, Enum, Fixed, Json, Map, Primitive, Record, Union, whole

if TYPE_CHECKING:
    from registry.evolution.avro.model import Names, Type
    from registry.evolution.budget import Budget

_BITS: Final = {"int": 32, "long": 64}
_NO_NUMBERS: Final = frozenset({"NaN", "Infinity", "-Infinity"})
_LAST_BYTE: Final = "\xff"


def fits(value: Json, type_: Type, names: Names, budget: Budget) -> bool:  # noqa: PLR0911 - one for each kind of type
    """Whether a default may stand for the type; the recursion is as deep as the value."""
    budget.spend(1, "default")
    of = whole(type_, names)
    if isinstance(of, Primitive):
        return _fits_primitive(value, of.kind)
    if isinstance(of, Union):
        return any(fits(value, branch, names, budget) for branch in of.branches)
    if isinstance(of, Array):
        return isinstance(value, list) and all(fits(item, of.items, names, budget) for item in value)
    if isinstance(of, Map):
        return isinstance(value, dict) and all(fits(item, of.values, names, budget) for item in value.values())
    if isinstance(of, Enum):
        return isinstance(value, str) and value in of.symbols
    if isinstance(of, Fixed):
        return _is_bytes(value) and len(value) == of.size
    return _fits_record(value, of, names, budget)


def _fits_record(value: Json, of: Record, names: Names, budget: Budget) -> bool:
    if not isinstance(value, dict):
        return False
    for one in of.fields:
        item = value.get(one.name, one.default)
        if item is MISSING or (one.name in value and not fits(item, one.type, names, budget)):
            return False
    return True


def _fits_primitive(value: Json, kind: str) -> bool:  # noqa: PLR0911 - one for each primitive type
    if kind == "null":
        return value is None
    if kind == "boolean":
        return isinstance(value, bool)
    if kind == "string":
        return isinstance(value, str)
    if kind == "bytes":
        return _is_bytes(value)
    if kind in _BITS:
        half = 1 << (_BITS[kind] - 1)
        return isinstance(value, int) and not isinstance(value, bool) and -half <= value < half
    if isinstance(value, str):
        return value in _NO_NUMBERS
    return isinstance(value, int | Decimal) and not isinstance(value, bool)


def _is_bytes(value: Json) -> bool:
    return isinstance(value, str) and all(char <= _LAST_BYTE for char in value)
