"""Rows of values that are all different, or of which two are equal.

Promises that "none" is shown: where values run out, every position with fewer values than there are positions has them
all listed, and no assignment of different ones exists (Hall's theorem, by augmenting paths).
"""

from __future__ import annotations

from collections.abc import Generator
from decimal import Decimal
from typing import Final

from registry.evolution.budget import Budget
from registry.evolution.json.formula import negation
from registry.evolution.json.outcome import EMPTY, Doubt, Empty, Found, Goal, Outcome, Steps, joined
from registry.evolution.json.reading import Value, written
from registry.evolution.json.values import equal_to

_MATCHED: Final = 40
"""Positions that are matched with listed values."""


def all_different(goals: list[Goal], founds: list[Found], budget: Budget) -> Steps:
    """Values for the goals, all different; ``founds`` is one for each."""
    chosen: list[Found] = []
    used: dict[str, Value] = {}
    for asked, known in zip(goals, founds, strict=True):
        budget.spend(1, "arrays")
        found: Outcome = known
        if key(known.value) in used:
            found = yield asked | {negation(equal_to(list(used.values())))}
        if isinstance(found, Empty):
            return (yield from _matched(goals, budget))
        if isinstance(found, Doubt):
            return found
        chosen.append(found)
        used[key(found.value)] = found.value
    return joined([found.value for found in chosen], chosen)


def two_equal(goals: list[Goal], founds: list[Found], low: int | None, positions: int) -> Steps:
    """Values for the goals, two of them equal; only as many as needed where ``low`` says the fewest."""
    doubt: Outcome = EMPTY
    tried: set[tuple[Goal, Goal]] = set()
    for second in range(1, min(positions, len(goals))):
        for first in range(second):
            pair = goals[first], goals[second]
            if pair in tried:
                continue
            tried.add(pair)
            found = yield goals[first] | goals[second]
            if isinstance(found, Found):
                row = list(founds[: max(low, second + 1)] if low is not None else founds)
                row[first] = row[second] = found
                return joined([part.value for part in row], row)
            if isinstance(found, Doubt):
                doubt = found
    return doubt


def key(value: Value) -> str:
    """Equal for equal values: 1 and 1.0 are."""
    return written(_plain(value))


def _plain(value: Value) -> Value:
    if isinstance(value, dict):
        return {name: _plain(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [_plain(inner) for inner in value]
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else value.normalize()
    return value


def _matched(goals: list[Goal], budget: Budget) -> Steps:
    if len(goals) > _MATCHED:
        return Doubt("unique-undecided")
    listed: list[list[Found]] = []
    for asked in goals:
        values = yield from _listed(asked, len(goals))
        if isinstance(values, Doubt):
            return values
        listed.append(values)
    owner: dict[str, int] = {}
    for position in range(len(goals)):
        if not _augment(position, listed, owner, set(), budget):
            return EMPTY
    by_key = [{key(found.value): found for found in values} for values in listed]
    chosen = {position: by_key[position][name] for name, position in owner.items()}
    row = [chosen[position] for position in range(len(goals))]
    return joined([found.value for found in row], row)


def _listed(asked: Goal, enough: int) -> Generator[Goal, Outcome, list[Found] | Doubt]:
    """Every value of a goal, or ``enough`` of them."""
    values: list[Found] = []
    while len(values) < enough:
        more = {negation(equal_to([found.value for found in values]))} if values else set()
        found = yield asked | more
        if isinstance(found, Empty):
            break
        if isinstance(found, Doubt):
            return found
        values.append(found)
    return values


def _augment(position: int, listed: list[list[Found]], owner: dict[str, int], seen: set[str], budget: Budget) -> bool:
    for found in listed[position]:
        budget.spend(1, "arrays")
        name = key(found.value)
        if name in seen:
            continue
        seen.add(name)
        if name not in owner or _augment(owner[name], listed, owner, seen, budget):
            owner[name] = position
            return True
    return False
