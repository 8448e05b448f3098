"""Whether some value satisfies a conjunction of conditions, and such a value.

Promises that ``Empty`` is shown. Values are finite, so what has a value is the least set that is closed under building
values from values: a conjunction that needs itself has no value by that way. Passes are made until one adds nothing.
Nothing recurses: questions about parts of a value are yielded and answered by a loop, so that the depth of a schema is
no matter. Cf. Attouche et al., Witness Generation for JSON Schema, VLDB 2022.
Leaves out whether validators agree (``confirm``).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from registry.evolution.budget import Budget
from registry.evolution.json.arrays import find_array
from registry.evolution.json.branch import Branch
from registry.evolution.json.formula import (
    ARRAY,
    FALSE_VALUE,
    FRACTION,
    INTEGER,
    NULL,
    OBJECT,
    POINTED,
    STRING,
    TRUE_VALUE,
)
from registry.evolution.json.literals import Literal, Opaque
from registry.evolution.json.numbers import find_number
from registry.evolution.json.objects import find_object
from registry.evolution.json.outcome import EMPTY, Doubt, Empty, Found, Goal, Outcome, Steps, better, rank
from registry.evolution.json.strings import find_string

_SIMPLE: Final = {NULL: None, FALSE_VALUE: False, TRUE_VALUE: True}
_ORDER: Final = (NULL, FALSE_VALUE, TRUE_VALUE, INTEGER, STRING, FRACTION, OBJECT, ARRAY, POINTED)


@dataclass(slots=True)
class _Frame:
    goal: Goal
    steps: Steps
    leaned: bool = False
    """Whether its answer used one that is not final."""


class Search:
    """Answers about conjunctions, remembered."""

    def __init__(self, budget: Budget) -> None:
        self._budget: Final = budget
        self._final: dict[Goal, Outcome] = {}
        self._passing: dict[Goal, Outcome] = {}
        self._best: dict[Goal, Outcome] = {}
        self._leaned_on: set[Goal] = set()
        self._again = False

    def find(self, goal: Goal) -> Outcome:
        """A value that satisfies every condition of ``goal``.

        Raises:
            BudgetSpentError: it could not be found out.
        """
        while True:
            self._again = False
            outcome = self._pass(goal)
            if rank(outcome) == 3 or not self._again:  # noqa: PLR2004 - a sure value cannot be bettered
                return outcome
            self._passing.clear()
            self._leaned_on.clear()

    def _pass(self, root: Goal) -> Outcome:
        known = self._final.get(root)
        if known is not None:
            return known
        active: dict[Goal, None] = {root: None}
        frames = [_Frame(root, self._solve(root))]
        answer: Outcome | None = None
        while True:
            frame = frames[-1]
            try:
                asked = frame.steps.send(answer) if answer is not None else next(frame.steps)
            except StopIteration as stop:
                answer = stop.value
                del active[frame.goal]
                self._record(frame, answer)
                frames.pop()
                if not frames:
                    return answer
                frames[-1].leaned |= frame.leaned and rank(answer) < 3  # noqa: PLR2004 - a sure value stands
                continue
            answer = self._known(asked, active, frame)
            if answer is None:
                active[asked] = None
                frames.append(_Frame(asked, self._solve(asked)))

    def _known(self, goal: Goal, active: dict[Goal, None], frame: _Frame) -> Outcome | None:
        self._budget.spend(1, "search")
        if goal in self._final:
            return self._final[goal]
        if goal in self._passing:
            frame.leaned = True
            return self._passing[goal]
        if goal in active:
            frame.leaned = True
            self._leaned_on.add(goal)
            return self._best.get(goal, EMPTY)
        return None

    def _record(self, frame: _Frame, outcome: Outcome) -> None:
        goal = frame.goal
        if rank(outcome) == 3 or not frame.leaned:  # noqa: PLR2004 - a sure value stands
            self._final[goal] = outcome
        else:
            self._passing[goal] = outcome
        if rank(outcome) > rank(self._best.get(goal, EMPTY)):
            self._best[goal] = outcome
            self._again |= goal in self._leaned_on

    def _solve(self, goal: Goal) -> Steps:
        """Go through the ways to satisfy a conjunction."""
        best: Outcome = EMPTY
        waiting = [Branch(goal)]
        while waiting:
            self._budget.spend(1, "search")
            branch = waiting.pop()
            if not branch.settle(self._budget):
                continue
            split = branch.split()
            if split:
                waiting.extend(reversed(split))
                continue
            for kind in _ORDER:
                if branch.types & kind:
                    found = yield from self._of_kind(kind, branch)
                    if rank(found) == 3:  # noqa: PLR2004 - a sure value cannot be bettered
                        return found
                    best = better(best, found)
        return best

    def _of_kind(self, kind: int, branch: Branch) -> Steps:
        literals = [literal for literal in branch.literals if literal.about & kind]
        passed_over = [literal for literal in literals if isinstance(literal, Opaque)]
        found = yield from self._plain(kind, literals)
        if passed_over and not isinstance(found, Empty):
            if isinstance(found, Found):
                return Found(found.value, found.size, found.depth, sure=False, reason=passed_over[0].reason)
            return Doubt(passed_over[0].reason)
        return found

    def _plain(self, kind: int, literals: list[Literal]) -> Steps:
        if kind in _SIMPLE:
            return Found(_SIMPLE[kind])
        if kind == STRING:
            return find_string(literals, self._budget)
        if kind == ARRAY:
            return (yield from find_array(literals, self._budget))
        if kind == OBJECT:
            return (yield from find_object(literals, self._budget))
        return find_number(kind, literals, self._budget)
