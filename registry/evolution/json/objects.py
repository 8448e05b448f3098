"""An object with some properties and not others, whose values satisfy conditions by their names.

Promises that names are decided as strings: a property that must exist "somewhere" is looked for among the names that
the conditions mention and among all others, class by class of names.
"""

from __future__ import annotations

from collections.abc import Generator, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import combinations
from typing import Final, NamedTuple

from registry.evolution.budget import Budget
from registry.evolution.json.formula import FALSE, STRING, Formula, Types, negation, one
from registry.evolution.json.literals import (
    HOLDS,
    NOT,
    Has,
    Literal,
    MostProperties,
    Opaque,
    TextIn,
    ValueAt,
    ValueSome,
    ValuesWhere,
)
from registry.evolution.json.names import name_in
from registry.evolution.json.outcome import EMPTY, Doubt, Empty, Found, Goal, Outcome, Steps, better, goal, joined, rank

_CLASSES: Final = 6
"""Conditions on classes of names at once."""
_OWED: Final = 4
"""Properties that must exist somewhere, at once."""
_SURE: Final = 3
_UNCLEAR: Final = one(Opaque, "name", "pattern-unsupported", HOLDS)
_MORE: Final = 500
"""Properties that are added only to reach ``minProperties``."""


class Where(NamedTuple):
    """A condition on the values under a class of names."""

    names: Formula
    value: Formula


@dataclass(slots=True)
class Wanted:
    """The conditions, met."""

    low: int = 0
    high: int | None = None
    has: dict[str, None] = field(default_factory=dict)
    lacks: set[str] = field(default_factory=set)
    at: dict[str, list[Formula]] = field(default_factory=dict)
    where: list[Where] = field(default_factory=list)
    owed: list[Where] = field(default_factory=list)

    def add(self, literal: Literal) -> None:
        """Meet one more."""
        if isinstance(literal, ValueAt):
            self.at.setdefault(literal.name, []).append(literal.value)
        elif isinstance(literal, Has):
            if literal.holds:
                self.has[literal.name] = None
            else:
                self.lacks.add(literal.name)
        elif isinstance(literal, ValuesWhere):
            self.where.append(Where(literal.names, literal.value))
        elif isinstance(literal, ValueSome):
            self.owed.append(Where(literal.names, literal.value))
        elif isinstance(literal, MostProperties):
            if literal.holds:
                self.high = literal.count if self.high is None else min(self.high, literal.count)
            else:
                self.low = max(self.low, literal.count + 1)


class _Class(NamedTuple):
    names: Formula
    value: Formula | None


Classes = tuple[list[_Class], list[_Class]]
"""Those that a name is in, and those that it is not in."""
Chosen = Mapping[str, tuple[Goal, Found]]
"""Name → what is asked of its value, and a value."""


def find_object(literals: Iterable[Literal], budget: Budget) -> Steps:
    """An object that satisfies all."""
    wanted = Wanted()
    for literal in literals:
        wanted.add(literal)
    # 1. contradictions that need no look at values
    if not wanted.lacks.isdisjoint(wanted.has):
        return EMPTY
    if wanted.high is not None and wanted.high < max(len(wanted.has), wanted.low):
        return EMPTY
    # 2. what must be there, the names of which most is asked first
    building = _Building(wanted, budget)
    chosen: dict[str, tuple[Goal, Found]] = {}
    for name in sorted(wanted.has, key=lambda name: -len(wanted.at.get(name, ()))):
        asked = yield from building.asked(name)
        found = yield asked
        if isinstance(found, Empty):
            return found
        if isinstance(found, Found):
            chosen[name] = asked, found
        else:
            building.doubt = found
    if not isinstance(building.doubt, Empty):
        return building.doubt
    # 3. what must be there somewhere, and then enough of anything
    if len(wanted.where) > _CLASSES or len(wanted.owed) > _OWED:
        return Doubt("too-many-name-classes")
    found = yield from building.place(0, chosen)
    return better(building.doubt, found)


class _Building:
    """Adds properties to those that must be there."""

    def __init__(self, wanted: Wanted, budget: Budget) -> None:
        self._wanted: Final = wanted
        self._budget: Final = budget
        self._known: Final = frozenset((*wanted.at, *wanted.has, *wanted.lacks))
        self.doubt: Outcome = EMPTY

    def asked(self, name: str) -> Generator[Goal, Outcome, Goal]:
        """What is asked of the value under a name."""
        conditions = list(self._wanted.at.get(name, ()))
        for where in self._wanted.where:
            belongs = yield from name_in(where.names, name, self._budget)
            if belongs is None:
                conditions.append(_UNCLEAR)
            elif belongs:
                conditions.append(where.value)
        return goal(conditions)

    def place(self, number: int, chosen: Chosen) -> Steps:
        """Find a property for each that is owed, from that number on; then fill up."""
        if number == len(self._wanted.owed):
            return (yield from self._filled(chosen))
        owed = self._wanted.owed[number]
        best: Outcome = EMPTY
        for name in [*chosen, *sorted(self._known - chosen.keys() - self._wanted.lacks)]:
            belongs = yield from name_in(owed.names, name, self._budget)
            if belongs is False or (name not in chosen and self._full(chosen)):
                continue
            asked = chosen[name][0] if name in chosen else (yield from self.asked(name))
            best = better(
                best, (yield from self._placed(number, chosen, name, asked | _unclear(owed, belongs=belongs)))
            )
            if rank(best) == _SURE:
                return best
        if self._full(chosen):
            return best
        for classes in self._classes(number):
            names, asked = self._new(owed, classes, chosen)
            best = better(best, (yield from self._named(number, chosen, names, asked)))
            if rank(best) == _SURE:
                return best
        return best

    def _placed(self, number: int, chosen: Chosen, name: str, asked: Goal) -> Steps:
        found = yield asked
        if not isinstance(found, Found):
            return found
        return (yield from self.place(number + 1, {**chosen, name: (asked, found)}))

    def _named(self, number: int, chosen: Chosen, names: Goal, asked: Goal) -> Steps:
        """The same under a name of a class."""
        if FALSE in asked:
            return EMPTY
        # The value first: most classes fail by it, and names may need automata.
        found = yield asked
        if not isinstance(found, Found):
            return found
        name = yield names
        if not isinstance(name, Found):
            return name
        found = found if name.sure else Found(found.value, found.size, found.depth, sure=False, reason=name.reason)
        return (yield from self.place(number + 1, {**chosen, str(name.value): (asked, found)}))

    def _classes(self, number: int) -> Iterator[Classes]:
        """Classes of names: which conditions apply; with more than one property owed, each is cut by all others too."""
        where = [_Class(one.names, one.value) for one in self._wanted.where]
        others = [_Class(one.names, None) for n, one in enumerate(self._wanted.owed) if n != number]
        for size in range(len(where) + 1):
            for inside in combinations(where, size):
                outside = [one for one in where if one not in inside]
                for more in range(len(others) + 1):
                    for cut in combinations(others, more):
                        yield [*inside, *cut], [*outside, *(one for one in others if one not in cut)]

    def _new(self, owed: Where | None, classes: Classes, chosen: Chosen) -> tuple[Goal, Goal]:
        """What is asked of a new name in a class, and of the value under it."""
        inside, outside = classes
        taken = self._known | chosen.keys()
        names = [one(Types, STRING), *(negation(other.names) for other in outside)]
        if taken:
            names.append(one(TextIn, frozenset(taken), NOT))
        if len(self._wanted.owed) > 1:
            names.extend(other.names for other in inside)
        values = [other.value for other in inside if other.value is not None]
        if owed is not None:
            names.append(owed.names)
            values.append(owed.value)
        return goal(names), goal(values)

    def _full(self, chosen: Chosen) -> bool:
        return self._wanted.high is not None and len(chosen) >= self._wanted.high

    def _filled(self, chosen: Chosen) -> Steps:
        """Add properties of any kind up to ``minProperties``."""
        full = dict(chosen)
        missing = self._wanted.low - len(full)
        if missing > _MORE:
            return Doubt("witness-too-large")
        for name in sorted(self._known - chosen.keys() - self._wanted.lacks) if missing > 0 else ():
            if len(full) < self._wanted.low:
                asked = yield from self.asked(name)
                found = yield asked
                self._add(full, name, asked, found)
        for classes in self._classes(-1) if len(full) < self._wanted.low else ():
            yield from self._more(full, classes)
        if len(full) < self._wanted.low:
            return self.doubt
        return joined({name: found.value for name, (_, found) in full.items()}, (found for _, found in full.values()))

    def _more(self, full: dict[str, tuple[Goal, Found]], classes: Classes) -> Generator[Goal, Outcome, None]:
        while len(full) < self._wanted.low:
            names, asked = self._new(None, classes, full)
            found = yield asked
            if not isinstance(found, Found):
                self.doubt = better(self.doubt, found)
                return
            name = yield names
            if not isinstance(name, Found):
                self.doubt = better(self.doubt, name)
                return
            self._add(full, str(name.value), asked, found)

    def _add(self, full: dict[str, tuple[Goal, Found]], name: str, asked: Goal, found: Outcome) -> None:
        if isinstance(found, Found):
            full[name] = asked, found
        else:
            self.doubt = better(self.doubt, found)


def _unclear(owed: Where, *, belongs: bool | None) -> Goal:
    return goal([owed.value] if belongs else [owed.value, _UNCLEAR])
