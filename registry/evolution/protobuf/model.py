"""What a Protobuf file declares, names as they are written. ``registry.evolution.protobuf.linking`` resolves them."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass, field
from itertools import accumulate
from typing import Final

SCALARS: Final = frozenset(
    {
        "double", "float", "int32", "int64", "uint32", "uint64", "sint32", "sint64", "fixed32", "fixed64", "sfixed32",
        "sfixed64", "bool", "string", "bytes",
    }
)  # fmt: skip
LARGEST: Final = (1 << 29) - 1
"""Of the numbers of fields."""
INT32: Final = 1 << 31


@dataclass(frozen=True, slots=True)
class Option:
    """An option: its name and its value, word by word."""

    name: str
    value: str


@dataclass(frozen=True, slots=True, eq=False)
class Field:
    """A field.

    Attributes:
        label: ``""``, ``optional``, ``required`` or ``repeated``; a map is ``repeated``.
        type: as written; of a map the type of its values.
        key: of a map the type of its keys; ``""`` for other fields.
        oneof: the oneof that it is in, or ``""``.
        group: whether it is written between a start and an end tag.
    """

    name: str
    number: int
    label: str
    type: str
    line: int
    key: str = ""
    oneof: str = ""
    group: bool = False
    options: tuple[Option, ...] = ()

    def option(self, name: str) -> str:
        """The value of an option, or ``""``."""
        return next((option.value for option in self.options if option.name == name), "")


class Held:
    """What is reserved, for many questions."""

    def __init__(self, reserved: Reserved) -> None:
        ranges = sorted(reserved.numbers)
        self._firsts: Final = [first for first, _ in ranges]
        self._lasts: Final = list(accumulate((last for _, last in ranges), max))
        self._names: Final = frozenset(reserved.names)

    def has(self, number: int, name: str) -> bool:
        """Whether the number or the name is reserved."""
        at = bisect_right(self._firsts, number)
        return name in self._names or (at > 0 and number <= self._lasts[at - 1])


@dataclass(slots=True, eq=False)
class Reserved:
    """Numbers (first and last) and names that may not be used."""

    numbers: list[tuple[int, int]] = field(default_factory=list)
    names: list[str] = field(default_factory=list)

    def held(self) -> Held:
        """To ask of many numbers and names."""
        return Held(self)


@dataclass(slots=True, eq=False)
class Value:
    """A value of an enum."""

    name: str
    number: int
    line: int
    options: tuple[Option, ...] = ()


@dataclass(slots=True, eq=False)
class Enum:
    """An enum; ``name`` is its full name."""

    name: str
    line: int
    values: list[Value] = field(default_factory=list)
    reserved: Reserved = field(default_factory=Reserved)
    options: list[Option] = field(default_factory=list)


@dataclass(slots=True, eq=False)
class Extend:
    """Fields for another message."""

    target: str
    scope: str
    line: int
    fields: list[Field] = field(default_factory=list)


@dataclass(slots=True, eq=False)
class Message:
    """A message; ``name`` is its full name. ``oneofs`` are by name, with their options."""

    name: str
    line: int
    fields: list[Field] = field(default_factory=list)
    oneofs: dict[str, list[Option]] = field(default_factory=dict)
    messages: list[Message] = field(default_factory=list)
    enums: list[Enum] = field(default_factory=list)
    reserved: Reserved = field(default_factory=Reserved)
    extensions: list[tuple[int, int]] = field(default_factory=list)
    extends: list[Extend] = field(default_factory=list)
    options: list[Option] = field(default_factory=list)


@dataclass(slots=True, eq=False)
class Service:
    """A service: its methods word by word, by name."""

    name: str
    line: int
    methods: dict[str, str] = field(default_factory=dict)
    options: list[Option] = field(default_factory=list)


@dataclass(slots=True, eq=False)
class File:
    """A file. ``syntax`` is ``proto2``, ``proto3`` or ``edition …``; imports by name, with ``public`` or ``weak``."""

    document: str
    syntax: str = "proto2"
    package: str = ""
    imports: dict[str, str] = field(default_factory=dict)
    messages: list[Message] = field(default_factory=list)
    enums: list[Enum] = field(default_factory=list)
    services: list[Service] = field(default_factory=list)
    extends: list[Extend] = field(default_factory=list)
    options: list[Option] = field(default_factory=list)
