"""Conditions on values of one type: numbers, strings, arrays, objects.

Promises that a condition on one type says nothing about values of other types, as in JSON Schema (``maxLength`` holds
of the number 5), and that each knows its opposite. Names of properties are strings, so that a class of names is a
formula like any other.
"""

# ruff: noqa: D102 - what opened, refused, opposite and mask promise stands once, on the base class

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import ClassVar, Final

from registry.evolution.json.formula import (
    ARRAY,
    EVERY,
    NUMBER,
    OBJECT,
    STRING,
    Formula,
    Types,
    all_of,
    negation,
    one,
)

Exact = int | Fraction
"""A number without rounding; an integral one is an ``int``."""
HOLDS: Final = True
NOT: Final = False


@dataclass(slots=True, eq=False)
class Literal(Formula):
    """A condition on values of the types ``about``; it holds of all others."""

    about: ClassVar[int] = EVERY

    def opposite(self) -> Formula:
        """The opposite among values of those types."""
        raise NotImplementedError

    def refused(self) -> Formula:
        return all_of([one(Types, self.about), self.opposite()])

    def mask_refused(self) -> int:
        return self.about


# Numbers


@dataclass(slots=True, eq=False)
class Low(Literal):
    """At least ``bound``; more than it where ``strict``."""

    about = NUMBER
    bound: Exact
    strict: bool

    def opposite(self) -> Formula:
        return one(High, self.bound, not self.strict)


@dataclass(slots=True, eq=False)
class High(Literal):
    """At most ``bound``; less than it where ``strict``."""

    about = NUMBER
    bound: Exact
    strict: bool

    def opposite(self) -> Formula:
        return one(Low, self.bound, not self.strict)


@dataclass(slots=True, eq=False)
class Multiple(Literal):
    """A multiple of ``step`` (positive), or none where not ``holds``."""

    about = NUMBER
    step: Exact
    holds: bool

    def opposite(self) -> Formula:
        return one(Multiple, self.step, not self.holds)


@dataclass(slots=True, eq=False)
class NumberIn(Literal):
    """One of these numbers, or none of them where not ``holds``."""

    about = NUMBER
    values: frozenset[Exact]
    holds: bool

    def opposite(self) -> Formula:
        return one(NumberIn, self.values, not self.holds)


# Strings


@dataclass(slots=True, eq=False)
class TextIn(Literal):
    """One of these strings, or none of them where not ``holds``."""

    about = STRING
    values: frozenset[str]
    holds: bool

    def opposite(self) -> Formula:
        return one(TextIn, self.values, not self.holds)


@dataclass(slots=True, eq=False)
class Longest(Literal):
    """At most ``length`` characters (code points), or more where not ``holds``."""

    about = STRING
    length: int
    holds: bool

    def opposite(self) -> Formula:
        return one(Longest, self.length, not self.holds)


@dataclass(slots=True, eq=False)
class Matches(Literal):
    """Contains a match of an ECMA-262 pattern, or none where not ``holds``."""

    about = STRING
    pattern: str
    holds: bool

    def opposite(self) -> Formula:
        return one(Matches, self.pattern, not self.holds)


@dataclass(slots=True, eq=False)
class Formatted(Literal):
    """Of that format (or content encoding), or not where not ``holds``."""

    about = STRING
    name: str
    holds: bool

    def opposite(self) -> Formula:
        return one(Formatted, self.name, not self.holds)


# Arrays


@dataclass(slots=True, eq=False)
class MostItems(Literal):
    """At most ``count`` items, or more where not ``holds``."""

    about = ARRAY
    count: int
    holds: bool

    def opposite(self) -> Formula:
        return one(MostItems, self.count, not self.holds)


@dataclass(slots=True, eq=False)
class ItemAt(Literal):
    """The item at ``index``, if there is one, satisfies ``item``."""

    about = ARRAY
    index: int
    item: Formula

    def opposite(self) -> Formula:
        return all_of([one(MostItems, self.index, NOT), one(ItemAt, self.index, negation(self.item))])


@dataclass(slots=True, eq=False)
class AtMostOf(Literal):
    """At most ``count`` items from index ``start`` on satisfy ``item``, or more where not ``holds``."""

    about = ARRAY
    start: int
    item: Formula
    count: int
    holds: bool

    def opposite(self) -> Formula:
        return one(AtMostOf, self.start, self.item, self.count, not self.holds)


@dataclass(slots=True, eq=False)
class Unique(Literal):
    """No two items are equal, or two are where not ``holds``."""

    about = ARRAY
    holds: bool

    def opposite(self) -> Formula:
        return one(Unique, not self.holds)


# Objects


@dataclass(slots=True, eq=False)
class Has(Literal):
    """The property is there, or is not where not ``holds``."""

    about = OBJECT
    name: str
    holds: bool

    def opposite(self) -> Formula:
        return one(Has, self.name, not self.holds)


@dataclass(slots=True, eq=False)
class ValueAt(Literal):
    """The value of the property, if it is there, satisfies ``value``."""

    about = OBJECT
    name: str
    value: Formula

    def opposite(self) -> Formula:
        return all_of([one(Has, self.name, HOLDS), one(ValueAt, self.name, negation(self.value))])


@dataclass(slots=True, eq=False)
class ValuesWhere(Literal):
    """The value of every property whose name satisfies ``names`` satisfies ``value``."""

    about = OBJECT
    names: Formula
    value: Formula

    def opposite(self) -> Formula:
        return one(ValueSome, self.names, negation(self.value))


@dataclass(slots=True, eq=False)
class ValueSome(Literal):
    """There is a property whose name satisfies ``names`` and whose value satisfies ``value``."""

    about = OBJECT
    names: Formula
    value: Formula

    def opposite(self) -> Formula:
        return one(ValuesWhere, self.names, negation(self.value))


@dataclass(slots=True, eq=False)
class MostProperties(Literal):
    """At most ``count`` properties, or more where not ``holds``."""

    about = OBJECT
    count: int
    holds: bool

    def opposite(self) -> Formula:
        return one(MostProperties, self.count, not self.holds)


# What is not understood


@dataclass(slots=True, eq=False)
class Opaque(Literal):
    """A condition of which nothing is known but that it equals itself; ``reason`` says why."""

    key: str
    reason: str
    holds: bool

    def opposite(self) -> Formula:
        return one(Opaque, self.key, self.reason, not self.holds)
