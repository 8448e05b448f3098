"""The types of an Avro schema, names resolved.

Promises: every name that a type refers to is in ``Names``; values, compared by identity. ``extras`` keeps what carries
no structure (``doc``, ``logicalType``, anything of the author's own), as it was read.
Source: Apache Avro 1.12 specification.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, TypeAlias

Json: TypeAlias = Any

PRIMITIVES: Final = frozenset({"null", "boolean", "int", "long", "float", "double", "bytes", "string"})


class _Missing:
    """There is no default (null may be one)."""

    def __repr__(self) -> str:
        return "MISSING"


MISSING: Final = _Missing()


@dataclass(frozen=True, slots=True)
class Spot:
    """Where a type or field stands.

    Attributes:
        dotted: for people: full name of the record, field, ``.items``, ``.values``, ``[branch]``.
        path: keys and indexes in the JSON text.
        document: name of the reference, ``""`` for the schema itself.
    """

    dotted: str
    path: tuple[str | int, ...]
    document: str


@dataclass(frozen=True, slots=True)
class Logical:
    """A logical type that is valid where it stands. Precision and scale are those of ``decimal``, otherwise 0."""

    name: str
    precision: int = 0
    scale: int = 0


@dataclass(frozen=True, slots=True, eq=False)
class Primitive:
    """One of the eight."""

    kind: str
    spot: Spot
    logical: Logical | None = None
    extras: Mapping[str, Json] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, eq=False)
class Array:
    """Items of one type."""

    items: Type
    spot: Spot
    extras: Mapping[str, Json] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, eq=False)
class Map:
    """Values of one type under any names."""

    values: Type
    spot: Spot
    extras: Mapping[str, Json] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, eq=False)
class Union:
    """One of some types."""

    branches: tuple[Type, ...]
    spot: Spot


@dataclass(frozen=True, slots=True, eq=False)
class Ref:
    """A type by its full name."""

    name: str
    spot: Spot


@dataclass(frozen=True, slots=True, eq=False)
class Field:
    """A field of a record. ``default`` is as JSON writes it."""

    name: str
    aliases: tuple[str, ...]
    type: Type
    default: Json
    spot: Spot
    extras: Mapping[str, Json] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, eq=False)
class Record:
    """Fields in order. ``aliases`` are full names."""

    name: str
    aliases: tuple[str, ...]
    fields: tuple[Field, ...]
    spot: Spot
    extras: Mapping[str, Json] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, eq=False)
class Enum:
    """Symbols in order; ``default`` is what a reader takes for a symbol it lacks."""

    name: str
    aliases: tuple[str, ...]
    symbols: tuple[str, ...]
    default: str | None
    spot: Spot
    extras: Mapping[str, Json] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, eq=False)
class Fixed:
    """So many bytes."""

    name: str
    aliases: tuple[str, ...]
    size: int
    spot: Spot
    logical: Logical | None = None
    extras: Mapping[str, Json] = field(default_factory=dict)


Named: TypeAlias = Record | Enum | Fixed
Type: TypeAlias = Primitive | Array | Map | Union | Ref | Record | Enum | Fixed
Whole: TypeAlias = Primitive | Array | Map | Union | Record | Enum | Fixed
"""A type that is no reference."""
Names: TypeAlias = Mapping[str, Named]


def whole(type_: Type, names: Names) -> Whole:
    """The type itself, where it is given by name."""
    return names[type_.name] if isinstance(type_, Ref) else type_


def short(name: str) -> str:
    """A full name without its namespace."""
    return name.rpartition(".")[2]


def word(type_: Whole) -> str:
    """What a type is, in one word of Avro's own."""
    if isinstance(type_, Primitive):
        return type_.kind
    return type(type_).__name__.lower()
