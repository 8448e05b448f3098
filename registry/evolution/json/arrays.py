"""An array of some length whose items satisfy conditions by their index, in some number, all different or not.

Promises that lengths and counts are decided exactly: positions are filled from the first on, and what is left to do is
followed as a state, so that a shortest array is found. ``uniqueItems`` beside counts (``contains``) is only shown by
example.
"""

from __future__ import annotations

from collections.abc import Generator, Iterable
from dataclasses import dataclass, field
from itertools import combinations
from typing import Final, NamedTuple

from registry.evolution.budget import Budget
from registry.evolution.json.distinct import all_different, two_equal
from registry.evolution.json.formula import Formula, negation
from registry.evolution.json.literals import AtMostOf, ItemAt, Literal, MostItems, Unique
from registry.evolution.json.outcome import EMPTY, SIZE, Doubt, Empty, Found, Goal, Outcome, Steps, goal, joined

_COUNTS: Final = 6
"""Counts (``contains`` and what is asked of some item) at once."""


class Count(NamedTuple):
    """At least (``owed``) or at most that many items from an index on satisfy a condition."""

    start: int
    item: Formula
    number: int
    owed: bool


@dataclass(slots=True)
class Wanted:
    """The conditions, met."""

    low: int = 0
    high: int | None = None
    at: dict[int, list[Formula]] = field(default_factory=dict)
    every: list[tuple[int, Formula]] = field(default_factory=list)
    counts: list[Count] = field(default_factory=list)
    unique: bool = False
    repeats: bool = False

    def add(self, literal: Literal) -> None:
        """Meet one more."""
        if isinstance(literal, MostItems):
            if literal.holds:
                self.high = literal.count if self.high is None else min(self.high, literal.count)
            else:
                self.low = max(self.low, literal.count + 1)
        elif isinstance(literal, ItemAt):
            self.at.setdefault(literal.index, []).append(literal.item)
        elif isinstance(literal, AtMostOf):
            if literal.holds and literal.count == 0:
                self.every.append((literal.start, negation(literal.item)))
            else:
                owed = not literal.holds
                self.counts.append(Count(literal.start, literal.item, literal.count + owed, owed))
        elif isinstance(literal, Unique):
            self.unique |= literal.holds
            self.repeats |= not literal.holds

    @property
    def tail(self) -> int:
        """From this index on all positions are alike."""
        counts = (count.start for count in self.counts)
        return max([0, *(index + 1 for index in self.at), *(start for start, _ in self.every), *counts])

    def conditions(self, index: int) -> list[Formula]:
        """On the item at an index."""
        return [*self.at.get(index, ()), *(item for start, item in self.every if start <= index)]


class Option(NamedTuple):
    """A way to fill a position: what is asked of the item, and what it does to the counts."""

    asked: Goal
    found: Found
    change: tuple[int, ...]


def find_array(literals: Iterable[Literal], budget: Budget) -> Steps:
    """An array that satisfies all."""
    wanted = Wanted()
    for literal in literals:
        wanted.add(literal)
    if wanted.high is not None and wanted.high < wanted.low:
        return EMPTY
    if wanted.unique and wanted.repeats:
        return EMPTY
    if len(wanted.counts) > _COUNTS:
        return Doubt("too-many-counts")
    if wanted.repeats:
        wanted.low = max(wanted.low, 2)
    found = yield from _Filling(wanted, budget).run()
    return found


class _Filling:
    """Fills positions from the first on."""

    def __init__(self, wanted: Wanted, budget: Budget) -> None:
        self._wanted: Final = wanted
        self._budget: Final = budget
        self._tail: Final = wanted.tail
        self._options: dict[int, list[Option]] = {}
        self._doubt: Outcome = EMPTY

    def run(self) -> Steps:
        """The outcome."""
        wanted = self._wanted
        # 1. too long to be shown: perhaps there is none all the same
        longest = max([wanted.low, *(count.number for count in wanted.counts if count.owed)])
        if longest > SIZE:
            yield from self._ways(self._tail)
            nothing = not self._options[self._tail] and isinstance(self._doubt, Empty)
            return EMPTY if nothing and wanted.low > self._tail else Doubt("witness-too-large")
        # 2. the shortest row of options that settles every count
        row = yield from self._row(sure=True)
        if row is None:
            row = yield from self._row(sure=False)
        if row is None:
            return self._doubt
        # 3. all different, or two the same
        if wanted.repeats:
            return (yield from self._repeating(row))
        if wanted.unique and len(row) > 1:
            found = yield from all_different(
                [option.asked for option in row], [option.found for option in row], self._budget
            )
            shown = not isinstance(found, Empty) or (not wanted.counts and isinstance(self._doubt, Empty))
            return found if shown else Doubt("unique-undecided")
        return joined([option.found.value for option in row], (option.found for option in row))

    def _repeating(self, row: list[Option]) -> Steps:
        wanted = self._wanted
        if wanted.counts:
            asked, found_each = [option.asked for option in row], [option.found for option in row]
            found = yield from two_equal(asked, found_each, None, self._tail + 2)
            return Doubt("unique-undecided") if isinstance(found, Empty) else found
        # Longer rows give more positions to choose two from; beyond two positions of the tail they are all alike.
        while len(row) < self._tail + 2 and (wanted.high is None or len(row) < wanted.high):
            ways = yield from self._ways(len(row))
            if not ways:
                break
            row.append(ways[0])
        found = yield from two_equal(
            [option.asked for option in row], [option.found for option in row], wanted.low, self._tail + 2
        )
        return found if not isinstance(found, Empty) else self._doubt

    def _ways(self, index: int) -> Generator[Goal, Outcome, list[Option]]:
        """The options at an index, sure ones first."""
        place = min(index, self._tail)
        if place not in self._options:
            self._options[place] = []
            counts = self._wanted.counts
            here = [number for number, count in enumerate(counts) if count.start <= place]
            refused: list[frozenset[int]] = []
            for size in range(len(here) + 1):
                for chosen in map(frozenset, combinations(here, size)):
                    if not any(other <= chosen for other in refused):
                        yield from self._way(place, chosen, here, refused)
        return self._options[place]

    def _way(
        self, place: int, chosen: frozenset[int], here: list[int], refused: list[frozenset[int]]
    ) -> Generator[Goal, Outcome, None]:
        """The option that serves what is owed, and spares what is limited, of the chosen counts."""
        counts = self._wanted.counts
        more = [counts[n].item if counts[n].owed else negation(counts[n].item) for n in chosen]
        asked = goal([*self._wanted.conditions(place), *more])
        found = yield asked
        self._budget.spend(1, "arrays")
        if isinstance(found, Found):
            change = [0] * len(counts)
            for number in here:
                change[number] = int((number in chosen) is counts[number].owed)
            self._options[place].append(Option(asked, found, tuple(change)))
        elif isinstance(found, Empty):
            refused.append(chosen)
        else:
            self._doubt = found

    def _row(self, *, sure: bool) -> Generator[Goal, Outcome, list[Option] | None]:
        """A shortest row, breadth first; a state is what the counts still owe or have used."""
        wanted, counts = self._wanted, self._wanted.counts
        layer: dict[tuple[int, ...], _Path | None] = {tuple(0 for _ in counts): None}
        seen: set[tuple[int, ...]] = set()
        for index in range(SIZE):
            done = next((state for state in layer if self._settled(state)), None) if index >= wanted.low else None
            if done is not None:
                return _unrolled(layer[done])
            if index == wanted.high or not layer:
                return None
            ways = yield from self._ways(index)
            following: dict[tuple[int, ...], _Path | None] = {}
            for state, path in layer.items():
                for way in ways:
                    self._budget.spend(1, "arrays")
                    then = self._then(state, way)
                    if (way.found.sure or not sure) and then is not None and then not in seen:
                        following.setdefault(then, _Path(way, path))
            if index >= max(self._tail, wanted.low):
                seen.update(following)
            layer = following
        self._doubt = Doubt("witness-too-large")
        return None

    def _settled(self, state: tuple[int, ...]) -> bool:
        return all(not count.owed or had >= count.number for had, count in zip(state, self._wanted.counts, strict=True))

    def _then(self, state: tuple[int, ...], way: Option) -> tuple[int, ...] | None:
        following = []
        for had, more, count in zip(state, way.change, self._wanted.counts, strict=True):
            now = min(had + more, count.number) if count.owed else had + more
            if not count.owed and now > count.number:
                return None
            following.append(now)
        return tuple(following)


class _Path(NamedTuple):
    way: Option
    before: _Path | None


def _unrolled(path: _Path | None) -> list[Option]:
    row = []
    while path is not None:
        row.append(path.way)
        path = path.before
    return row[::-1]
