"""One way to satisfy a conjunction: alternatives chosen, conditions opened down to literals.

Promises that a branch is dropped only where it contradicts itself, and that when nothing is left to choose its types
and literals say all that was asked.
Leaves out finding values for the literals (``search``).
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from registry.evolution.budget import Budget
from registry.evolution.json.formula import (
    EVERY,
    FRACTION,
    INTEGER,
    NUMBER,
    POINTED,
    All,
    AnyOf,
    Formula,
    Not,
    Only,
    Types,
)
from registry.evolution.json.literals import Literal, ValueAt, ValuesWhere

Choices = tuple[Formula, ...]
"""Alternatives, one of which must hold."""


_AT_ONCE: Final = 16
"""Conditions that are noted in a step's time."""


class Branch:
    """Conditions on one value, partly opened."""

    __slots__ = ("_denied", "_indexed", "_pending", "_seen", "_todo", "_values", "_where", "literals", "types")

    def __init__(self, conditions: Iterable[Formula]) -> None:
        self.types = EVERY
        self.literals: list[Literal] = []
        self._seen: set[Formula] = set()
        self._denied: set[Formula] = set()
        self._pending: list[Choices] = []
        self._todo: list[Formula] = list(conditions)
        self._values: dict[str, list[Formula]] = {}
        self._where: list[ValuesWhere] = []
        self._indexed = 0

    def settle(self, budget: Budget) -> bool:
        """Open what need not be chosen; False: it contradicts itself."""
        while True:
            if not self._open(budget):
                return False
            # What follows from the choices that are left, until nothing does.
            pending, self._pending = self._pending, []
            for parts in pending:
                live = self._live(parts)
                if live is None:
                    continue
                if not live:
                    return False
                if len(live) == 1:
                    self._todo.append(live[0])
                else:
                    self._pending.append(tuple(live))
            if not self._todo:
                return True

    @property
    def is_plain(self) -> bool:
        """Whether nothing is left to choose."""
        return not self._pending

    @property
    def is_one_kind(self) -> bool:
        """Whether all its types are of one kind."""
        return len(_kinds(self.types)) == 1

    @property
    def choices(self) -> list[Choices]:
        """The lists of alternatives that are left; first those that say most about the value, and short ones."""
        return sorted(self._pending, key=lambda parts: (all(isinstance(part, Not) for part in parts), len(parts)))

    def kinds(self) -> list[int]:
        """The types it may be of, kind by kind."""
        return _kinds(self.types)

    def of_kind(self, types: int) -> Branch:
        """This branch for some of its types."""
        return self._copy(self._pending, types)

    def assuming(self, part: Formula, others: Iterable[Choices] = ()) -> Branch:
        """This branch with one more condition; ``others`` are left to choose."""
        return self._copy(others, EVERY, part)

    def values_at(self, name: str) -> list[Formula]:
        """What is asked of the value under a name that the conditions mention."""
        self._index()
        return self._values.get(name, [])

    def values_where(self) -> list[ValuesWhere]:
        """What is asked of values under classes of names."""
        self._index()
        return self._where

    def _index(self) -> None:
        for literal in self.literals[self._indexed :]:
            if isinstance(literal, ValueAt):
                self._values.setdefault(literal.name, []).append(literal.value)
            elif isinstance(literal, ValuesWhere):
                self._where.append(literal)
        self._indexed = len(self.literals)

    @property
    def size(self) -> int:
        """How many conditions it holds."""
        return len(self._seen)

    def _copy(self, pending: Iterable[Choices], types: int, *more: Formula) -> Branch:
        branch = Branch(more)
        branch.types = self.types & types
        branch.literals = self.literals.copy()
        branch._seen = self._seen.copy()
        branch._denied = self._denied.copy()
        branch._pending = list(pending)
        return branch

    def _open(self, budget: Budget) -> bool:
        todo, seen = self._todo, self._seen
        while todo:
            formula = todo.pop()
            if formula in seen:
                continue
            if formula in self._denied:
                return False
            seen.add(formula)
            if isinstance(formula, Types):
                self.types &= formula.types
            elif isinstance(formula, Literal):
                self.literals.append(formula)
            elif isinstance(formula, All):
                budget.spend(len(formula.parts) // _AT_ONCE, "conditions")
                todo.extend(formula.parts)
            elif isinstance(formula, AnyOf):
                self._pending.append(formula.parts)
            elif not self._plainer(formula, budget):
                return False
            if not self.types:
                return False
        return True

    def _plainer(self, formula: Formula, budget: Budget) -> bool:
        if isinstance(formula, Not):
            if formula.inner in self._seen:
                return False
            self._denied.add(formula.inner)
        budget.spend(1, "conditions")
        self.types &= formula.mask()
        self._todo.append(formula.opened())
        return True

    def _live(self, parts: tuple[Formula, ...]) -> list[Formula] | None:
        """The alternatives that may hold; None where one holds already."""
        live = []
        for part in parts:
            if part in self._seen or self._given(part):
                return None
            if not self._clashes(part):
                live.append(part)
        return live

    def _given(self, part: Formula) -> bool:
        if isinstance(part, Types):
            return not self.types & ~part.types
        return isinstance(part, Literal) and not self.types & part.about

    def _clashes(self, part: Formula) -> bool:
        if not part.mask() & self.types or part in self._denied:
            return True
        if isinstance(part, Not):
            return part.inner in self._seen
        if isinstance(part, Only):
            number = part.number
            return part.parts[number] in self._denied or any(
                one in self._seen for other, one in enumerate(part.parts) if other != number
            )
        if isinstance(part, All):
            return any(one in self._denied or (isinstance(one, Not) and one.inner in self._seen) for one in part.parts)
        return False


def _kinds(types: int) -> list[int]:
    """Types one by one, the plain ones first; numbers together."""
    kinds = [bit for bit in (1 << number for number in range(EVERY.bit_length())) if types & bit & ~NUMBER]
    if types & NUMBER:
        kinds.insert(0, types & (INTEGER | POINTED | FRACTION))
    return kinds
