"""The algebra into which every draft is read: conditions on one JSON value, joined by and, or, not.

Promises that equal formulas are one object (they are interned), so that "the same" is a comparison of identities, also
between two schemas; that a formula is opened one step at a time, so that nothing here recurses.
Leaves out the conditions themselves (``literals``) and how keywords become formulas (``compiled``).
"""

# ruff: noqa: D102 - what opened, refused, opposite and mask promise stands once, on the base class

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final, TypeVar
from weakref import WeakValueDictionary

NULL: Final = 1
FALSE_VALUE: Final = 2
TRUE_VALUE: Final = 4
INTEGER: Final = 8
POINTED: Final = 16
"""An integer written with a point, such as 1.0: an integer since draft 6, none in draft 4."""
FRACTION: Final = 32
STRING: Final = 64
ARRAY: Final = 128
OBJECT: Final = 256
NUMBER: Final = INTEGER | POINTED | FRACTION
EVERY: Final = 511


class Formula:
    """A condition on one value."""

    __slots__ = ("__weakref__", "_against")
    _against: Formula | None

    def opened(self) -> Formula:
        """The same condition, one step plainer; itself when it is as plain as can be."""
        return self

    def refused(self) -> Formula:
        """The opposite condition, one step plainer."""
        return one(Not, self)

    def mask(self) -> int:
        """Types outside of which it certainly never holds: a cheap bound, from above."""
        return EVERY

    def mask_refused(self) -> int:
        """The same bound for its opposite."""
        return EVERY


F = TypeVar("F", bound=Formula)
_POOL: Final[WeakValueDictionary[tuple[object, ...], Formula]] = WeakValueDictionary()


def one(make: type[F], *fields: object) -> F:
    """The only formula of that class with those fields."""
    return interned((make, *fields), lambda: make(*fields))


def interned(key: tuple[type[F], *tuple[object, ...]], make: Callable[[], F]) -> F:
    """The only formula of that key; ``make`` makes it the first time."""
    found = _POOL.get(key)
    if found is None:
        made = make()
        made._against = None  # noqa: SLF001 - filled by negation
        found = _POOL.setdefault(key, made)
    return found  # type: ignore[return-value]  # the key names the class


@dataclass(slots=True, eq=False)
class Types(Formula):
    """The value has one of these types."""

    types: int

    def refused(self) -> Formula:
        return one(Types, EVERY & ~self.types)

    def mask(self) -> int:
        return self.types

    def mask_refused(self) -> int:
        return EVERY & ~self.types


TRUE: Final = one(Types, EVERY)
FALSE: Final = one(Types, 0)


@dataclass(slots=True, eq=False)
class All(Formula):
    """Every part holds."""

    parts: tuple[Formula, ...]

    def refused(self) -> Formula:
        return any_of(negation(part) for part in self.parts)

    def mask(self) -> int:
        bound = EVERY
        for part in self.parts:
            if isinstance(part, Types):
                bound &= part.types
        return bound


@dataclass(slots=True, eq=False)
class AnyOf(Formula):
    """At least one part holds."""

    parts: tuple[Formula, ...]

    def refused(self) -> Formula:
        return all_of(negation(part) for part in self.parts)


@dataclass(slots=True, eq=False)
class Not(Formula):
    """The inner condition does not hold; opening it pushes that one step inwards."""

    inner: Formula
    _opened: Formula | None = None

    def opened(self) -> Formula:
        if self._opened is None:
            self._opened = self.inner.refused()
        return self._opened

    def refused(self) -> Formula:
        return self.inner

    def mask(self) -> int:
        return self.inner.mask_refused()


@dataclass(slots=True, eq=False)
class Choice(Formula):
    """``if``, ``then``, ``else``."""

    condition: Formula
    then: Formula
    otherwise: Formula

    def opened(self) -> Formula:
        return self._either(self.then, self.otherwise)

    def refused(self) -> Formula:
        return self._either(negation(self.then), negation(self.otherwise))

    def _either(self, then: Formula, otherwise: Formula) -> Formula:
        return any_of([all_of([self.condition, then]), all_of([negation(self.condition), otherwise])])


@dataclass(slots=True, eq=False)
class ExactlyOne(Formula):
    """``oneOf``."""

    parts: tuple[Formula, ...]

    def opened(self) -> Formula:
        return any_of(one(Only, self.parts, number) for number in range(len(self.parts)))

    def refused(self) -> Formula:
        return any_of([none_of(self.parts), two_of(self.parts)])


@dataclass(slots=True, eq=False)
class Only(Formula):
    """The part of that number holds and no other one."""

    parts: tuple[Formula, ...]
    number: int

    def opened(self) -> Formula:
        others = (negation(part) for number, part in enumerate(self.parts) if number != self.number)
        return all_of([self.parts[self.number], *others])

    def refused(self) -> Formula:
        return negation(self.opened())

    def mask(self) -> int:
        return self.parts[self.number].mask()


@dataclass(slots=True, eq=False)
class TwoOf(Formula):
    """At least two parts hold. Opened by halves, so that n parts cost n steps and not n²."""

    parts: tuple[Formula, ...]

    def opened(self) -> Formula:
        half = len(self.parts) // 2
        left, right = self.parts[:half], self.parts[half:]
        return any_of([all_of([any_of(left), any_of(right)]), two_of(left), two_of(right)])

    def refused(self) -> Formula:
        return any_of([none_of(self.parts), one(ExactlyOne, self.parts)])


def negation(formula: Formula) -> Formula:
    """The opposite, at no cost: it is opened when somebody looks."""
    if formula._against is None:  # noqa: SLF001 - kept there, so that it is opened once
        against = formula.refused() if isinstance(formula, Types | Not) else one(Not, formula)
        formula._against = against  # noqa: SLF001 - the same
        return against
    return formula._against  # noqa: SLF001 - the same


def all_of(parts: Iterable[Formula]) -> Formula:
    """Every part; parts that are conjunctions themselves are taken apart, types are met."""
    types, kept = EVERY, dict[Formula, None]()
    for part in parts:
        for plain in part.parts if isinstance(part, All) else (part,):
            if isinstance(plain, Types):
                types &= plain.types
            else:
                kept[plain] = None
    if types != EVERY:
        kept = {one(Types, types): None, **kept}
    if not types:
        return FALSE
    return next(iter(kept), TRUE) if len(kept) <= 1 else one(All, tuple(kept))


def any_of(parts: Iterable[Formula]) -> Formula:
    """At least one part; parts that are alternatives themselves are taken apart, types are joined."""
    types, kept = 0, dict[Formula, None]()
    for part in parts:
        for plain in part.parts if isinstance(part, AnyOf) else (part,):
            if isinstance(plain, Types):
                types |= plain.types
            else:
                kept[plain] = None
    if types:
        kept = {one(Types, types): None, **kept}
    if types == EVERY:
        return TRUE
    return next(iter(kept), FALSE) if len(kept) <= 1 else one(AnyOf, tuple(kept))


def none_of(parts: Iterable[Formula]) -> Formula:
    """No part."""
    return all_of(negation(part) for part in parts)


def exactly_one(parts: tuple[Formula, ...]) -> Formula:
    """One part and no more."""
    return one(ExactlyOne, parts) if len(parts) > 1 else any_of(parts)


def two_of(parts: tuple[Formula, ...]) -> Formula:
    """Two parts at least."""
    return one(TwoOf, parts) if len(parts) > 1 else FALSE
