"""Types back as JSON: the canonical text, and what a library is given to read and write with.

Promises: the canonical text has full names, sorted members and no spacing, and keeps what the author wrote about a type
(``doc``, logical types, own attributes); two texts with the same canonical one are the same schema.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Final

import msgspec

from registry.evolution.avro.model import (
    MISSING,
    Array,
    Enum,
    Field,
    Fixed,
    Map,
    Primitive,
    Ref,
    Union,
)

if TYPE_CHECKING:
    from registry.evolution.avro.model import Json, Named, Names, Type

_ENCODER: Final = msgspec.json.Encoder(decimal_format="number", order="sorted")
_DEEPEST: Final = 100


class TooDeepError(Exception):
    """The type, with everything that it names written in place, nests too deeply for a library's recursion."""


def canonical(type_: Type) -> str:
    """The canonical text of a schema; what it takes from elsewhere stays a name."""
    return _ENCODER.encode(_exact(_canonical(type_))).decode()


def _exact(value: Json) -> Json:
    """Integers beyond 64 bits as decimals, which the encoder writes digit by digit."""
    if isinstance(value, dict):
        return {name: _exact(item) for name, item in value.items()}
    if isinstance(value, list):
        return [_exact(item) for item in value]
    return Decimal(value) if isinstance(value, int) and value.bit_length() > 63 else value  # noqa: PLR2004 - 64 bits


def _canonical(type_: Type) -> Json:  # noqa: PLR0911 - one for each kind of type
    if isinstance(type_, Ref):
        return type_.name
    if isinstance(type_, Union):
        return [_canonical(branch) for branch in type_.branches]
    if isinstance(type_, Primitive):
        return {**type_.extras, "type": type_.kind} if type_.extras else type_.kind
    if isinstance(type_, Array):
        return {**type_.extras, "type": "array", "items": _canonical(type_.items)}
    if isinstance(type_, Map):
        return {**type_.extras, "type": "map", "values": _canonical(type_.values)}
    found = {**type_.extras, "name": type_.name}
    if type_.aliases:
        found["aliases"] = list(type_.aliases)
    if isinstance(type_, Fixed):
        return {**found, "type": "fixed", "size": type_.size}
    if isinstance(type_, Enum):
        default = {} if type_.default is None else {"default": type_.default}
        return {**found, "type": "enum", "symbols": list(type_.symbols), **default}
    return {**found, "type": "record", "fields": [_canonical_field(one) for one in type_.fields]}


def _canonical_field(field: Field) -> Json:
    found = {**field.extras, "name": field.name, "type": _canonical(field.type)}
    if field.aliases:
        found["aliases"] = list(field.aliases)
    return found if field.default is MISSING else {**found, "default": field.default}


def plain(type_: Type, names: Names) -> Json:
    """The schema for a library: everything in place at its first use, without logical types and remarks.

    Raises:
        TooDeepError: it would nest too deeply.
    """
    return _plain(type_, names, set(), 0)


def _plain(type_: Type, names: Names, written: set[str], depth: int) -> Json:
    if depth > _DEEPEST:
        raise TooDeepError
    deeper = depth + 1
    if isinstance(type_, Ref):
        return type_.name if type_.name in written else _plain(names[type_.name], names, written, depth)
    if isinstance(type_, Union):
        return [_plain(branch, names, written, deeper) for branch in type_.branches]
    if isinstance(type_, Primitive):
        return type_.kind
    if isinstance(type_, Array):
        return {"type": "array", "items": _plain(type_.items, names, written, deeper)}
    if isinstance(type_, Map):
        return {"type": "map", "values": _plain(type_.values, names, written, deeper)}
    return _plain_named(type_, names, written, deeper)


def _plain_named(type_: Named, names: Names, written: set[str], depth: int) -> Json:
    if type_.name in written:
        return type_.name
    written.add(type_.name)
    found: dict[str, Json] = {"name": type_.name, "aliases": list(type_.aliases)}
    if isinstance(type_, Fixed):
        return {**found, "type": "fixed", "size": type_.size}
    if isinstance(type_, Enum):
        default = {} if type_.default is None else {"default": type_.default}
        return {**found, "type": "enum", "symbols": list(type_.symbols), **default}
    return {**found, "type": "record", "fields": [_plain_field(one, names, written, depth) for one in type_.fields]}


def _plain_field(field: Field, names: Names, written: set[str], depth: int) -> Json:
    found = {"name": field.name, "aliases": list(field.aliases), "type": _plain(field.type, names, written, depth)}
    return found if field.default is MISSING else {**found, "default": _floats(field.default)}


def _floats(value: Json) -> Json:
    if isinstance(value, dict):
        return {name: _floats(item) for name, item in value.items()}
    if isinstance(value, list):
        return [_floats(item) for item in value]
    return float(value) if isinstance(value, Decimal) else value
