"""A shortest text that some patterns all accept and others all refuse.

A point of the search is a pair of state sets: the text still to be found belongs to each state of the first and to none
of the second. Branches of the patterns to be met are tried one by one, those to be avoided are followed together, so
that only these are ever made deterministic. Breadth first: the first member found is a shortest.
Promises: None only when there is no such text; a spent budget is an error. Leaves out what a language is made of
(``registry.evolution.regex.language``).
"""

from __future__ import annotations

from collections import deque
from itertools import product
from math import inf
from typing import TYPE_CHECKING, Final, TypeAlias

from registry.evolution.regex.machine import Machine, State

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from registry.evolution.budget import Budget
    from registry.evolution.regex.alphabet import Alphabet

Met: TypeAlias = tuple[State, ...]
Avoided: TypeAlias = frozenset[State]
Point: TypeAlias = tuple[Met, Avoided]


class Search:
    """One search. Points are kept until it ends."""

    def __init__(self, machine: Machine, alphabet: Alphabet, budget: Budget) -> None:
        self._machine: Final = machine
        self._alphabet: Final = alphabet
        self._budget: Final = budget
        self._came_from: dict[Point, tuple[Point, int] | None] = {}
        self._avoided_at: dict[Met, list[Avoided]] = {}
        self._waiting: deque[Point] = deque()

    def shortest(self, starts: Iterable[tuple[Iterable[State], Iterable[State]]]) -> str | None:
        """A shortest text of any of the starts (states to be met, states to be avoided); None: there is none."""
        for met, avoided in starts:
            self._budget.spend(1, "pattern")
            self._reach(tuple(met), frozenset(avoided), None)
        while self._waiting:
            point = self._waiting.popleft()
            if self._is_end(point):
                return self._text_to(point)
            for number, met, avoided in self._steps(point):
                self._reach(met, avoided, (point, number))
        return None

    def _is_end(self, point: Point) -> bool:
        nullable = self._machine.nullable
        return all(map(nullable, point[0])) and not any(map(nullable, point[1]))

    def _steps(self, point: Point) -> Iterator[tuple[int, Met, Avoided]]:
        """Where each class of characters leads, the most readable class first."""
        met = [self._machine.moves(state) for state in point[0]]
        avoided = [move for state in point[1] for move in self._machine.moves(state)]
        for number in self._telling_classes([mask for moves in met for mask, _ in moves], met, avoided):
            bit = 1 << number
            self._budget.spend(len(avoided) // 8, "pattern")
            shunned = frozenset(to for mask, to in avoided if mask & bit)
            for chosen in product(*([to for mask, to in moves if mask & bit] for moves in met)):
                self._budget.spend(1 + (len(shunned) + len(chosen)) // 8, "pattern")
                yield number, chosen, shunned

    def _telling_classes(
        self, wanted: list[int], met: list[tuple[tuple[int, State], ...]], avoided: list[tuple[int, State]]
    ) -> list[int]:
        """One class of characters for each way to go on, the most readable one of it."""
        # 1. classes that every pattern to be met can take
        here = self._alphabet.every
        for moves in met:
            here &= _union(mask for mask, _ in moves)
        # 2. told apart by all the masks
        blocks = [here] if here else []
        for mask in dict.fromkeys((*wanted, *(mask for mask, _ in avoided))):
            self._budget.spend(1 + len(blocks) // 16, "pattern")
            blocks = [part for block in blocks for part in (block & mask, block & ~mask) if part]
        # 3. the face of each
        return self._faces(blocks)

    def _faces(self, blocks: list[int]) -> list[int]:
        found: list[int] = []
        left = _union(blocks)
        for number in self._alphabet.order:
            if not left:
                break
            if left >> number & 1:
                found.append(number)
                left &= ~next(block for block in blocks if block >> number & 1)
        return found

    def _reach(self, met: Met, avoided: Avoided, step: tuple[Point, int] | None) -> None:
        """Put a point on the list unless nothing can come of it that another point does not give as soon."""
        machine = self._machine
        met = tuple(sorted({state for state in met if state != machine.all}))
        avoided = self._merged(avoided)
        if machine.all in avoided or self._is_contradiction(met, avoided):
            return
        known = self._avoided_at.setdefault(met, [])
        self._budget.spend(1 + len(known) // 8 + len(avoided) // 4, "pattern")
        if any(other <= avoided for other in known):
            return
        known.append(avoided)
        self._came_from[(met, avoided)] = step
        self._waiting.append((met, avoided))

    def _is_contradiction(self, met: Met, avoided: Avoided) -> bool:
        """Whether a state to be met is plainly within one to be avoided."""
        if not avoided.isdisjoint(met):
            return True
        ranges = [counted for counted in map(self._machine.counted, avoided) if counted]
        for mine in map(self._machine.counted, met) if ranges else ():
            for theirs in ranges:
                if mine and mine[:2] == theirs[:2] and theirs[2] <= mine[2] and _top(mine[3]) <= _top(theirs[3]):
                    return True
        return False

    def _merged(self, states: Avoided) -> Avoided:
        """The same language with fewer states: ``x{2,5}y`` and ``x{4,9}y`` are ``x{2,9}y``."""
        if len(states) < 2:  # noqa: PLR2004 - one state has none to merge with
            return states
        groups: dict[tuple[State, State], list[tuple[int, int | None]]] = {}
        kept: set[State] = set()
        for state in states:
            counted = self._machine.counted(state)
            if counted is None:
                kept.add(state)
            else:
                groups.setdefault(counted[:2], []).append(counted[2:])
        for (part, rest), ranges in groups.items():
            kept.update(self._machine.repeated(part, rest, low, high) for low, high in _joined(ranges))
        return frozenset(kept)

    def _text_to(self, point: Point) -> str:
        found: list[str] = []
        step = self._came_from[point]
        while step is not None:
            found.append(self._alphabet.faces[step[1]])
            step = self._came_from[step[0]]
        return "".join(reversed(found))


def _joined(ranges: list[tuple[int, int | None]]) -> list[tuple[int, int | None]]:
    joined: list[tuple[int, int | None]] = []
    for low, high in sorted(ranges, key=lambda one: (one[0], _top(one[1]))):
        if joined and low <= _top(joined[-1][1]) + 1:
            first, last = joined[-1]
            joined[-1] = (first, high if _top(high) > _top(last) else last)
        else:
            joined.append((low, high))
    return joined


def _top(high: int | None) -> float:
    return inf if high is None else high


def _union(masks: Iterable[int]) -> int:
    whole = 0
    for mask in masks:
        whole |= mask
    return whole
