"""An object with some properties and not others, whose values satisfy conditions by their names.

Promises that names are decided as strings: a property that must exist "somewhere" is looked for among the names that
the conditions mention and among all others, class by class of names.
"""

from __future__ import annotations

from collections.abc import Collection, Generator, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from registry.evolution.budget import Budget
from registry.evolution.json.formula import FALSE, STRING, TRUE, Formula, Types, all_of, negation, one
from registry.evolution.json.literals import (
    HOLDS,
    NOT,
    Has,
    Literal,
    Longest,
    MostProperties,
    Opaque,
    TextIn,
    ValueAt,
    ValueSome,
    ValuesWhere,
)
from registry.evolution.json.names import name_in
from registry.evolution.json.outcome import EMPTY, Doubt, Empty, Found, Goal, Outcome, Steps, better, goal, joined, rank

_OWED: Final = 4
"""Properties that must exist somewhere, at once."""
_SURE: Final = 3
_UNCLEAR: Final = one(Opaque, "name", "pattern-unsupported", HOLDS)
_NAMED: Final = one(Longest, 0, NOT)
"""People read "a" more easily than the empty name."""
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
    if len(wanted.owed) > _OWED:
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
        return better(best, (yield from self._placed_anew(number, chosen)))

    def _placed(self, number: int, chosen: Chosen, name: str, asked: Goal) -> Steps:
        found = yield asked
        if not isinstance(found, Found):
            return found
        return (yield from self.place(number + 1, {**chosen, name: (asked, found)}))

    def _placed_anew(self, number: int, chosen: Chosen) -> Steps:
        """The same under a name that nothing mentions."""
        owed = self._wanted.owed[number]
        anew = _Names(self._wanted, owed, self._budget)
        best: Outcome = EMPTY
        while True:
            name, asked, found = yield from anew.following(self._known | chosen.keys())
            if name is None or not isinstance(found, Found):
                return better(best, found)
            best = better(best, (yield from self.place(number + 1, {**chosen, name: (asked, found)})))
            if rank(best) == _SURE:
                return best
            # Another name of the same classes would fare no better.
            if not (yield from anew.without_alike(name)):
                return better(best, Doubt("pattern-unsupported"))

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
        anew = _Names(self._wanted, Where(TRUE, TRUE), self._budget)
        while len(full) < self._wanted.low:
            more, asked, found = yield from anew.following(self._known | full.keys())
            if more is None:
                self.doubt = better(self.doubt, found)
                break
            self._add(full, more, asked, found)
        if len(full) < self._wanted.low:
            return self.doubt
        return joined({name: found.value for name, (_, found) in full.items()}, (found for _, found in full.values()))

    def _add(self, full: dict[str, tuple[Goal, Found]], name: str, asked: Goal, found: Outcome) -> None:
        if isinstance(found, Found):
            full[name] = asked, found
        else:
            self.doubt = better(self.doubt, found)


class _Names:
    """New names, one after the other, under which a value is possible.

    A name is found and its classes are looked up; where they leave no value, names of those classes are ruled out and
    the next is found. So only classes that some name is in are looked at, and each once.
    """

    def __init__(self, wanted: Wanted, owed: Where, budget: Budget) -> None:
        self._wanted: Final = wanted
        self._owed: Final = owed
        self._budget: Final = budget
        hopeless = [where.names for where in wanted.where if where.value is FALSE]
        self._ruled: Final = [one(Types, STRING), owed.names, *map(negation, hopeless)]
        self._doubt: Outcome = EMPTY

    def following(self, taken: Collection[str]) -> Generator[Goal, Outcome, tuple[str | None, Goal, Outcome]]:
        """A name, what is asked of its value, and a value; or no name, and what is known of that."""
        while True:
            self._budget.spend(1 + len(self._ruled), "names")
            names = goal([*self._ruled, one(TextIn, frozenset(taken), NOT)])
            found = yield names | {_NAMED}
            if isinstance(found, Empty):
                found = yield names
            if not isinstance(found, Found):
                return None, goal([]), better(self._doubt, found)
            name = str(found.value)
            inside, unclear = yield from self._inside(name)
            asked = goal([self._owed.value, *(where.value for where in inside), *unclear])
            if not found.sure:
                asked |= {_UNCLEAR}
            value = yield asked
            if isinstance(value, Found):
                return name, asked, value
            self._doubt = better(self._doubt, value)
            yield from self._rule_out(inside)
            if unclear:
                return None, asked, Doubt("pattern-unsupported")

    def without_alike(self, name: str) -> Generator[Goal, Outcome, bool]:
        """Rule out the names that are in the same classes, those of all owed properties too; False: unclear which."""
        same = []
        for where in [*self._wanted.where, *self._wanted.owed]:
            belongs = yield from name_in(where.names, name, self._budget)
            if belongs is None:
                return False
            same.append(where.names if belongs else negation(where.names))
        self._ruled.append(negation(all_of(same)))
        return True

    def _inside(self, name: str) -> Generator[Goal, Outcome, tuple[list[Where], list[Formula]]]:
        inside, unclear = [], list[Formula]()
        for where in self._wanted.where:
            belongs = yield from name_in(where.names, name, self._budget)
            if belongs:
                inside.append(where)
            elif belongs is None:
                unclear = [_UNCLEAR]
        return inside, unclear

    def _rule_out(self, inside: list[Where]) -> Generator[Goal, Outcome, None]:
        """Names that are in all these classes: or in one of them, where that one suffices."""
        for where in inside:
            alone = yield goal([self._owed.value, where.value])
            if isinstance(alone, Empty):
                self._ruled.append(negation(where.names))
                return
        self._ruled.append(negation(all_of(where.names for where in inside)))


def _unclear(owed: Where, *, belongs: bool | None) -> Goal:
    return goal([owed.value] if belongs else [owed.value, _UNCLEAR])
