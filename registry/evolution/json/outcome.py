"""What a search for a value ends with."""

from __future__ import annotations

from collections.abc import Generator, Iterable
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Final

from registry.evolution.json.formula import TRUE, Formula
from registry.evolution.json.literals import Exact
from registry.evolution.json.reading import Value

SIZE: Final = 20_000
"""Values in the largest document that is shown to anybody."""
DEPTH: Final = 120
"""Nesting of the deepest."""


@dataclass(frozen=True, slots=True)
class Found:
    """A value.

    Attributes:
        size: how many values it is made of.
        depth: how deep it nests.
        sure: whether it satisfies every condition; False where one was passed over that is not understood.
        reason: why it is not sure.
    """

    value: Value
    size: int = 1
    depth: int = 1
    sure: bool = True
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Doubt:
    """None was found, and it is not shown that there is none; ``reason`` is stable and documented."""

    reason: str


@dataclass(frozen=True, slots=True)
class Empty:
    """There is no such value: shown."""


EMPTY: Final = Empty()
Outcome = Found | Doubt | Empty
Goal = frozenset[Formula]
"""Conditions that one value shall satisfy together."""
Steps = Generator[Goal, Outcome, Outcome]
"""Asks for values of parts, and ends with the outcome for the whole."""


def goal(conditions: Iterable[Formula]) -> Goal:
    """A question."""
    return frozenset(condition for condition in conditions if condition is not TRUE)


def joined(value: Value, parts: Iterable[Found]) -> Outcome:
    """A value made of others: as sure as all of them, and not larger than can be shown."""
    size, depth, sure, reason = 1, 1, True, ""
    for part in parts:
        size, depth = size + part.size, max(depth, part.depth + 1)
        if not part.sure:
            sure, reason = False, part.reason
    if size > SIZE or depth > DEPTH:
        return Doubt("witness-too-large")
    return Found(value, size, depth, sure, reason)


def rank(outcome: Outcome) -> int:
    """The better known, the higher: nothing, doubt, a value perhaps, a value."""
    if isinstance(outcome, Found):
        return 3 if outcome.sure else 2
    return 1 if isinstance(outcome, Doubt) else 0


def better(one: Outcome, other: Outcome) -> Outcome:
    """The one that says more; the first where they say the same."""
    return other if rank(other) > rank(one) else one


def as_value(number: Exact, *, pointed: bool = False) -> Value:
    """A number as it is written: exact, since only numbers with finitely many digits are looked for."""
    if isinstance(number, int):
        return Decimal(f"{number}.0") if pointed else number
    digits = 0
    while number.denominator != 1:
        number *= 10
        digits += 1
    return Decimal(number.numerator).scaleb(-digits)


def decimal(number: Fraction) -> bool:
    """Whether finitely many digits write it."""
    rest = number.denominator
    for prime in (2, 5):
        while rest % prime == 0:
            rest //= prime
    return rest == 1
