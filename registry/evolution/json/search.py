"""Whether some value satisfies a conjunction of conditions, and such a value.

Promises that ``Empty`` is shown. Values are finite, so what has a value is the least set that is closed under building
values from values: a conjunction that needs itself has no value by that way. Passes are made until one adds nothing.
Nothing recurses: questions about parts of a value are yielded and answered by a loop, so that the depth of a schema is
no matter. Cf. Attouche et al., Witness Generation for JSON Schema, VLDB 2022.
Leaves out whether validators agree (``confirm``).
"""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass
from typing import Final

from registry.evolution.budget import Budget
from registry.evolution.json.arrays import find_array
from registry.evolution.json.branch import Branch, Choices
from registry.evolution.json.formula import (
    ARRAY,
    FALSE_VALUE,
    FRACTION,
    INTEGER,
    NULL,
    OBJECT,
    POINTED,
    STRING,
    TRUE,
    TRUE_VALUE,
    Not,
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
            if not branch.is_plain and not branch.is_one_kind:
                waiting.extend(reversed(branch.kinds()))
                continue
            # Before more is chosen: has what is chosen a value at all?
            found = yield from self._leaf(branch)
            if not branch.is_plain:
                waiting.extend(reversed([] if isinstance(found, Empty) else (yield from self._choices(branch))))
            elif rank(found) == 3:  # noqa: PLR2004 - a sure value cannot be bettered
                return found
            else:
                best = better(best, found)
        return best

    def _choices(self, branch: Branch) -> Generator[Goal, Outcome, list[Branch]]:
        """The branches that this one stands for, by the list of which fewest alternatives have a value at all."""
        choices = branch.choices
        if len(choices) == 1:
            return branch.choosing(choices[0], [])
        least: Choices | None = None
        left: list[Choices] = []
        for number, parts in enumerate(choices):
            alive = yield from self._alive(branch, parts)
            if alive is None:
                continue
            if len(alive) <= 1:
                return branch.choosing(alive, [*left, *choices[number + 1 :]])
            least = alive if least is None or len(alive) < len(least) else least
            left.append(alive)
        if least is None:
            return branch.choosing([TRUE], [])
        return branch.choosing(least, [parts for parts in left if parts is not least])

    def _alive(self, branch: Branch, parts: Choices) -> Generator[Goal, Outcome, Choices | None]:
        """The alternatives that have a value by themselves; None where one of them holds in any case."""
        alive = []
        for part in parts:
            if isinstance(part, Not) and (yield from self._dead(branch.assuming(part.inner))):
                return None
            if not (yield from self._dead(branch.assuming(part))):
                alive.append(part)
        return tuple(alive)

    def _dead(self, branch: Branch) -> Generator[Goal, Outcome, bool]:
        """Whether a branch has no value, whatever else is chosen."""
        self._budget.spend(1, "search")
        if not branch.settle(self._budget):
            return True
        return isinstance((yield from self._leaf(branch)), Empty)

    def _leaf(self, branch: Branch) -> Steps:
        """A value for the types and literals of a branch."""
        best: Outcome = EMPTY
        for kind in _ORDER:
            if branch.types & kind and rank(best) < 3:  # noqa: PLR2004 - a sure value cannot be bettered
                best = better(best, (yield from self._of_kind(kind, branch)))
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
