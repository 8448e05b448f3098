"""Whether some value satisfies a conjunction of conditions, and such a value.

Promises that ``Empty`` is shown. Values are finite, so what has a value is the least set that is closed under building
values from values: a conjunction that needs itself has no value by that way. Passes are made until one adds nothing.
Nothing recurses: questions about parts of a value are yielded and answered by a loop, so that the depth of a schema is
no matter. Cf. Attouche et al., Witness Generation for JSON Schema, VLDB 2022.
Leaves out whether validators agree (``confirm``).
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from dataclasses import dataclass
from functools import partial
from typing import Final

from registry.evolution.budget import Budget
from registry.evolution.json.arrays import find_array
from registry.evolution.json.branch import Branch, Choices
from registry.evolution.json.formula import (
    ARRAY,
    FALSE,
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
    negation,
)
from registry.evolution.json.literals import Literal, Opaque, ValueAt
from registry.evolution.json.names import name_in
from registry.evolution.json.numbers import find_number
from registry.evolution.json.objects import find_object
from registry.evolution.json.outcome import EMPTY, Doubt, Empty, Found, Goal, Outcome, Steps, better, goal, rank
from registry.evolution.json.strings import find_string

_SIMPLE: Final = {NULL: None, FALSE_VALUE: False, TRUE_VALUE: True}
_COPIED: Final = 32
"""Conditions of a branch that are copied in a step's time."""
_ORDER: Final = (NULL, FALSE_VALUE, TRUE_VALUE, INTEGER, STRING, FRACTION, OBJECT, ARRAY, POINTED)


@dataclass(slots=True)
class _Frame:
    asked: Goal
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

    def find(self, asked: Goal) -> Outcome:
        """A value that satisfies every condition of ``asked``.

        Raises:
            BudgetSpentError: it could not be found out.
        """
        while True:
            self._again = False
            outcome = self._pass(asked)
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
                del active[frame.asked]
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

    def _known(self, asked: Goal, active: dict[Goal, None], frame: _Frame) -> Outcome | None:
        self._budget.spend(1 + len(asked) // _COPIED, "search")
        if asked in self._final:
            return self._final[asked]
        if asked in self._passing:
            frame.leaned = True
            return self._passing[asked]
        if asked in active:
            frame.leaned = True
            self._leaned_on.add(asked)
            return self._best.get(asked, EMPTY)
        return None

    def _record(self, frame: _Frame, outcome: Outcome) -> None:
        asked = frame.asked
        if rank(outcome) == 3 or not frame.leaned:  # noqa: PLR2004 - a sure value stands
            self._final[asked] = outcome
        else:
            self._passing[asked] = outcome
        if rank(outcome) > rank(self._best.get(asked, EMPTY)):
            self._best[asked] = outcome
            self._again |= asked in self._leaned_on

    def _solve(self, asked: Goal) -> Steps:
        """Go through the ways to satisfy a conjunction."""
        best: Outcome = EMPTY
        waiting: list[Callable[[], Branch]] = [partial(Branch, asked)]
        while waiting:
            branch = waiting.pop()()
            self._budget.spend(1 + branch.size // _COPIED, "search")
            if not branch.settle(self._budget):
                continue
            if not branch.is_plain and len(branch.kinds()) > 1:
                waiting.extend(partial(branch.of_kind, types) for types in reversed(branch.kinds()))
                continue
            # Before more is chosen: has what is chosen a value at all?
            found = yield from self._leaf(branch)
            if not branch.is_plain:
                parts, others = (yield from self._choice(branch)) if not isinstance(found, Empty) else ((), [])
                waiting.extend(partial(branch.assuming, part, others) for part in reversed(parts))
            elif rank(found) == 3:  # noqa: PLR2004 - a sure value cannot be bettered
                return found
            else:
                best = better(best, found)
        return best

    def _choice(self, branch: Branch) -> Generator[Goal, Outcome, tuple[Choices, list[Choices]]]:
        """The list of which fewest alternatives have a value at all, and the other lists."""
        choices = branch.choices
        if len(choices) == 1:
            return (yield from self._possible(branch, choices[0])), []
        least: Choices | None = None
        left: list[Choices] = []
        for number, parts in enumerate(choices):
            alive = yield from self._alive(branch, parts)
            if alive is None:
                continue
            if len(alive) <= 1:
                return alive, [*left, *choices[number + 1 :]]
            least = alive if least is None or len(alive) < len(least) else least
            left.append(alive)
        if least is None:
            return (TRUE,), []
        return least, [parts for parts in left if parts is not least]

    def _alive(self, branch: Branch, parts: Choices) -> Generator[Goal, Outcome, Choices | None]:
        """The alternatives that have a value by themselves; None where one of them holds in any case."""
        alive = []
        for part in (yield from self._possible(branch, parts)):
            if isinstance(part, Not) and (yield from self._dead(branch.assuming(part.inner))):
                return None
            if not (yield from self._dead(branch.assuming(part))):
                alive.append(part)
        return tuple(alive)

    def _possible(self, branch: Branch, parts: Choices) -> Generator[Goal, Outcome, Choices]:
        """Without those that ask of one property what it cannot be: most of two long objects is so."""
        possible = []
        for part in parts:
            if isinstance(part, Not) and isinstance(part.inner, ValueAt):
                name = part.inner.name
                asked = [*branch.values_at(name), negation(part.inner.value)]
                for where in branch.values_where():
                    if (yield from name_in(where.names, name, self._budget)):
                        asked.append(where.value)  # noqa: PERF401 - a comprehension cannot yield
                if FALSE in asked or isinstance((yield goal(asked)), Empty):
                    continue
            possible.append(part)
        return tuple(possible)

    def _dead(self, branch: Branch) -> Generator[Goal, Outcome, bool]:
        """Whether a branch has no value, whatever else is chosen."""
        self._budget.spend(1 + branch.size // _COPIED, "search")
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
        self._budget.spend(len(branch.literals) // _COPIED, "search")
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
