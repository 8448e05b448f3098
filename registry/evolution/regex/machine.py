"""What may follow: the states of a pattern, built one by one as they are asked for.

A state is a pattern still to be met, by number. ``moves`` gives its partial derivatives (Antimirov 1996, "Partial
derivatives of regular expressions and finite automaton constructions"): a text that begins with a character of the
classes belongs to the state exactly if the rest belongs to a state that the move leads to. A repetition counts down
instead of being written out, so ``{1,1000}`` is one state until it is walked through.
Promises: states are equal exactly if their numbers are; the work is charged to the budget.
Leaves out complement and intersection (``registry.evolution.regex.search``).
"""

from __future__ import annotations

from math import inf
from typing import TYPE_CHECKING, Final, NamedTuple, TypeAlias

from registry.evolution.regex.tree import ANYTHING, One, Repeat, Row, Tree

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from registry.evolution.budget import Budget
    from registry.evolution.regex.alphabet import Alphabet

State: TypeAlias = int
Moves: TypeAlias = tuple[tuple[int, State], ...]
"""Classes of characters (a mask) and the state that each of them leads to; a state once."""


class _Empty(NamedTuple):
    """Only the empty text."""


class _Char(NamedTuple):
    mask: int


class _Then(NamedTuple):
    """``first`` is never itself a ``_Then``."""

    first: State
    rest: State


class _Any(NamedTuple):
    parts: tuple[State, ...]


class _Times(NamedTuple):
    part: State
    low: int
    high: int | None


_Kind: TypeAlias = _Empty | _Char | _Then | _Any | _Times

END: Final = 0
"""The state of the empty text."""


class Machine:
    """States of patterns over one alphabet."""

    def __init__(self, alphabet: Alphabet, budget: Budget) -> None:
        self._alphabet: Final = alphabet
        self.budget = budget
        """Whose steps are taken."""
        self._kinds: list[_Kind] = []
        self._nullable: list[bool] = []
        self._numbers: dict[tuple[type[_Kind], _Kind], State] = {}
        self._moves: dict[State, Moves] = {}
        self._add(_Empty(), nullable=True)
        self.all: State = -1
        """The state of every text."""
        self.all = self.state(ANYTHING)

    def __len__(self) -> int:
        return len(self._kinds)

    def state(self, tree: Tree) -> State:
        """The state of a pattern."""
        self.budget.spend(1, "pattern")
        if isinstance(tree, One):
            return self._add(_Char(self._alphabet.mask(tree.of)), nullable=False)
        if isinstance(tree, Repeat):
            return self._times(self.state(tree.part), tree.low, tree.high)
        if isinstance(tree, Row):
            return self._in_a_row([self.state(part) for part in tree.parts])
        return self._any({self.state(part): None for part in tree.parts})

    def nullable(self, state: State) -> bool:
        """Whether the empty text is a member."""
        return self._nullable[state]

    def moves(self, state: State) -> Moves:
        """Where characters lead from a state. No entry for a character: it leads nowhere."""
        known = self._moves.get(state)
        if known is None:
            found: dict[State, int] = {}
            self._collect(state, found)
            known = self._moves[state] = tuple((mask, to) for to, mask in found.items() if mask)
            self.budget.spend(1 + len(known), "pattern")
        return known

    def counted(self, state: State) -> tuple[State, State, int, int | None] | None:
        """A state that begins by repeating something: what, what follows, how often at least and at most."""
        kind = self._kinds[state]
        rest = END
        if isinstance(kind, _Then):
            rest, kind = kind.rest, self._kinds[kind.first]
        return (kind.part, rest, kind.low, kind.high) if isinstance(kind, _Times) else None

    def repeated(self, part: State, rest: State, low: int, high: int | None) -> State:
        """The inverse of ``counted``."""
        return self._then(self._times(part, low, high), rest)

    def _collect(self, state: State, found: dict[State, int]) -> None:
        """Add the moves of a state; the recursion is as deep as the pattern nests."""
        kind = self._kinds[state]
        while isinstance(kind, _Then):
            for mask, to in self.moves(kind.first):
                _note(found, mask, self._then(to, kind.rest))
            if not self._nullable[kind.first]:
                return
            self.budget.spend(1, "pattern")
            state, kind = kind.rest, self._kinds[kind.rest]
        if isinstance(kind, _Char):
            _note(found, kind.mask, END)
        elif isinstance(kind, _Any):
            for part in kind.parts:
                for mask, to in self.moves(part):
                    _note(found, mask, to)
        elif isinstance(kind, _Times):
            left = self._times(kind.part, max(kind.low - 1, 0), None if kind.high is None else kind.high - 1)
            for mask, to in self.moves(kind.part):
                _note(found, mask, self._then(to, left))

    def _add(self, kind: _Kind, *, nullable: bool) -> State:
        key = (type(kind), kind)
        number = self._numbers.setdefault(key, len(self._kinds))
        if number == len(self._kinds):
            self._kinds.append(kind)
            self._nullable.append(nullable)
        return number

    def _any(self, parts: Iterable[State]) -> State:
        chosen = tuple(sorted(set(parts)))
        if len(chosen) == 1:
            return chosen[0]
        return self._add(_Any(chosen), nullable=any(self._nullable[part] for part in chosen))

    def _times(self, part: State, low: int, high: int | None) -> State:
        if high == 0 or part == END:
            return END
        if (low, high) == (1, 1):
            return part
        inner = self._kinds[part]
        if isinstance(inner, _Times):
            counts = _multiplied(inner.low, inner.high, low, high)
            if counts is not None:
                part, (low, high) = inner.part, counts
        # what may be empty may be repeated less often
        low = 0 if self._nullable[part] else low
        return self._add(_Times(part, low, high), nullable=low == 0)

    def _in_a_row(self, states: Sequence[State]) -> State:
        whole = END
        for state in reversed(states):
            whole = self._then(state, whole)
        return whole

    def _then(self, first: State, rest: State) -> State:
        """One state and then another, written so that equal ones look equal: ``(ab)c`` is ``a(bc)``."""
        if END in {first, rest}:
            return first if rest == END else rest
        spine: list[State] = []
        kind = self._kinds[first]
        while isinstance(kind, _Then):
            spine.append(kind.first)
            first, kind = kind.rest, self._kinds[kind.rest]
        self.budget.spend(len(spine) // 16, "pattern")
        for part in (first, *reversed(spine)):
            rest = self._before(part, rest)
        return rest

    def _before(self, part: State, rest: State) -> State:
        if rest == self.all and self._nullable[part]:
            return rest
        following = self._kinds[rest]
        if part == self.all and isinstance(following, _Then) and following.first == part:
            return rest
        return self._add(_Then(part, rest), nullable=self._nullable[part] and self._nullable[rest])


def _multiplied(low: int, high: int | None, least: int, most: int | None) -> tuple[int, int | None] | None:
    """``x{low,high}{least,most}`` as one count; None: some counts between are missing (``(aaa){0,2}``)."""
    fewest = low * least
    many = None if high is None or most is None else high * most
    if least == most:
        return fewest, many
    # k times and k + 1 times must leave no gap; it is widest where k is least
    end = inf if high is None and least else least * (high or 0)
    return None if end + 1 < low * (least + 1) else (fewest, many)


def _note(found: dict[State, int], mask: int, to: State) -> None:
    found[to] = found.get(to, 0) | mask
