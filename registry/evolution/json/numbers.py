"""A number between bounds that is a multiple of some steps and not of others.

Promises exact arithmetic and that "none" is shown, not guessed: an integer or a multiple of a step is looked for among
the multiples of the least common step, a fraction among decimals between the bounds.
Leaves out which of the three kinds of number is wanted: the caller asks for each.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from math import ceil, floor, gcd, lcm
from typing import Final

from registry.evolution.budget import Budget
from registry.evolution.json.formula import FRACTION, POINTED
from registry.evolution.json.literals import Exact, High, Literal, Low, Multiple, NumberIn
from registry.evolution.json.outcome import EMPTY, Doubt, Found, Outcome, as_value, decimal

_TRIED: Final = 4096
"""Candidates: a range that has no more of them is searched whole."""
_FIRST: Final = 16
BITS: Final = 4000
"""Longer numbers are not computed with."""


@dataclass(slots=True)
class Wanted:
    """The conditions, met."""

    low: Exact | None = None
    low_strict: bool = False
    high: Exact | None = None
    high_strict: bool = False
    steps: list[Exact] = field(default_factory=list)
    not_steps: list[Exact] = field(default_factory=list)
    among: frozenset[Exact] | None = None
    not_among: set[Exact] = field(default_factory=set)

    def add(self, literal: Literal) -> None:
        """Meet one more."""
        if isinstance(literal, Low):
            if self.low is None or (literal.bound, literal.strict) > (self.low, self.low_strict):
                self.low, self.low_strict = literal.bound, literal.strict
        elif isinstance(literal, High):
            if self.high is None or (-literal.bound, literal.strict) > (-self.high, self.high_strict):
                self.high, self.high_strict = literal.bound, literal.strict
        elif isinstance(literal, Multiple):
            (self.steps if literal.holds else self.not_steps).append(literal.step)
        elif isinstance(literal, NumberIn):
            if literal.holds:
                self.among = literal.values if self.among is None else self.among & literal.values
            else:
                self.not_among |= literal.values

    def between(self, number: Exact) -> bool:
        """Whether it is within the bounds."""
        above = self.low is None or number > self.low or (number == self.low and not self.low_strict)
        return above and (self.high is None or number < self.high or (number == self.high and not self.high_strict))

    def allows(self, number: Exact) -> bool:
        """Whether it meets every condition."""
        return (
            self.between(number)
            and (self.among is None or number in self.among)
            and number not in self.not_among
            and all(_divides(step, number) for step in self.steps)
            and not any(_divides(step, number) for step in self.not_steps)
        )


def find_number(kind: int, literals: Iterable[Literal], budget: Budget) -> Outcome:
    """A number of the kind ``INTEGER``, ``POINTED`` or ``FRACTION`` that satisfies all."""
    wanted = Wanted()
    for literal in literals:
        wanted.add(literal)
    (wanted.not_steps if kind == FRACTION else wanted.steps).append(1)
    # 1. from a list
    if wanted.among is not None:
        budget.spend(len(wanted.among), "numbers")
        return _first(kind, filter(wanted.allows, sorted(wanted.among)))
    # 2. nothing between the bounds
    if wanted.low is not None and wanted.high is not None and not _room(wanted):
        return EMPTY
    # 3. multiples of a step, or anything between the bounds
    if wanted.steps:
        return _stepped(kind, wanted, budget)
    return _dense(kind, wanted, budget)


def _first(kind: int, numbers: Iterable[Exact]) -> Outcome:
    found = next(iter(numbers), None)
    return EMPTY if found is None else Found(as_value(found, pointed=kind == POINTED))


def _room(wanted: Wanted) -> bool:
    low, high = wanted.low, wanted.high
    if low is None or high is None or low < high:
        return True
    return low == high and not wanted.low_strict and not wanted.high_strict


def _divides(step: Exact, number: Exact) -> bool:
    return (Fraction(number) / step).denominator == 1


def _common(steps: list[Exact]) -> Fraction | None:
    """The least common multiple; None where it is too long to compute with."""
    numerator, denominator = 1, 0
    for step in map(Fraction, steps):
        numerator, denominator = lcm(numerator, step.numerator), gcd(denominator, step.denominator)
        if numerator.bit_length() > BITS:
            return None
    return Fraction(numerator, denominator)


def _stepped(kind: int, wanted: Wanted, budget: Budget) -> Outcome:
    step = _common(wanted.steps)
    if step is None:
        return Doubt("numbers-too-long")
    # A multiple k·step is a multiple of d exactly when k is one of q = lcm(step, d) / step.
    avoided = []
    for other in wanted.not_steps:
        both = _common([step, other])
        if both is None:
            return Doubt("numbers-too-long")
        avoided.append(int(both / step))
    if 1 in avoided:
        return EMPTY
    low = None if wanted.low is None else ceil(wanted.low / step)
    high = None if wanted.high is None else floor(wanted.high / step)
    period = lcm(*avoided)
    for factor in _factors(low, high, period):
        budget.spend(1, "numbers")
        number = _plain(step * factor)
        if wanted.allows(number):
            return Found(as_value(number, pointed=kind == POINTED))
    if low is not None and high is not None and high - low < _TRIED:
        return EMPTY
    return Doubt("numbers-too-sparse")


def _plain(number: Fraction) -> Exact:
    return number.numerator if number.denominator == 1 else number


def _factors(low: int | None, high: int | None, period: int) -> Iterator[int]:
    """Likely ones first: near zero, near the bounds, and such as no avoided step divides (one more than a period)."""
    if low is not None and high is not None and high - low < _TRIED:
        yield from sorted(range(low, high + 1), key=abs)
        return
    start = max(0, low) if low is not None else 0
    start = min(start, high) if high is not None else start
    for distance in range(_TRIED // 4):
        for factor in (start + distance, start - distance):
            if (low is None or factor >= low) and (high is None or factor <= high):
                yield factor
    begin = start // period * period
    for distance in range(_TRIED // 4):
        for factor in (begin + distance * period + 1, begin - distance * period + 1):
            if (low is None or factor >= low) and (high is None or factor <= high):
                yield factor


def _dense(kind: int, wanted: Wanted, budget: Budget) -> Outcome:
    """Between two bounds lie infinitely many decimals, and those to be avoided are scattered."""
    for number in _decimals(wanted):
        budget.spend(1, "numbers")
        if wanted.allows(number) and decimal(Fraction(number)):
            return Found(as_value(number, pointed=kind == POINTED))
    if wanted.low is not None and wanted.low == wanted.high:
        return EMPTY
    return Doubt("numbers-too-sparse")


def _decimals(wanted: Wanted) -> Iterator[Exact]:
    half = Fraction(1, 2)
    low = wanted.low if wanted.low is not None else (wanted.high - 100 if wanted.high is not None else None)
    if low is None:
        yield from (number + half for number in range(_FIRST))
        low = Fraction(0)
    high = wanted.high if wanted.high is not None else low + 100
    yield from (low, high, floor(low) + half, low + half)
    digits = 1
    while Fraction(1, 10**digits) * _FIRST > (high - low) and digits < BITS // 4:
        digits += 1
        if low == high:
            return
    for more in range(digits, digits + 8):
        scale = 10**more
        first = ceil(low * scale)
        yield from (Fraction(first + number, scale) for number in range(_TRIED // 8))
