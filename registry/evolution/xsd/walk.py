"""Two content models side by side: a word of the writer's that the reader's does not have, and which types meet.

Writer states are taken one by one, reader states as the set of all that the same word leads to, so that the answer is
exact for any models (the product construction). Promises: every pair of declarations that the same child of the same
document is judged by is given, with a word that leads there. Leaves out what those declarations allow.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from registry.evolution.xsd import content
from registry.evolution.xsd.doubts import Doubt, Shape, Trail, Way
from registry.evolution.xsd.model import ElementDecl, Group, Wildcard
from registry.evolution.xsd.names import local_of
from registry.evolution.xsd.symbols import Symbol, let_in, symbols

if TYPE_CHECKING:
    from collections.abc import Iterator

    from registry.evolution.budget import Budget
    from registry.evolution.xsd.content import State, Step
    from registry.evolution.xsd.model import ComplexType, Particle, Schema, Where


_ENOUGH: Final = 20
"""Differences of one pair of content models; with these it is refused or unknown whatever else there is."""
_NO_END: Final = 1 << 62


@dataclass(frozen=True, slots=True, eq=False)
class Meeting:
    """A child that the writer judges by one declaration and the reader by another."""

    writer: ElementDecl
    reader: ElementDecl
    way: Way


@dataclass(frozen=True, slots=True)
class _Here:
    """A pair of states, and the word that led to it."""

    writer: State
    readers: frozenset[State]
    trail: Trail | None


class Walk:
    """One comparison of two content models."""

    def __init__(self, writer: Schema, reader: Schema, telling: tuple[str, ...], budget: Budget) -> None:
        self._writer: Final = writer
        self._reader: Final = reader
        self._telling: Final = telling
        self._budget: Final = budget
        self._reader_steps: dict[State, list[Step]] = {}
        self.doubts: list[Doubt] = []
        self.meetings: list[Meeting] = []
        self._met: set[tuple[ElementDecl, ElementDecl]] = set()
        self._said: set[tuple[str, Where]] = set()

    def run(self, writer: ComplexType, reader: ComplexType) -> None:
        """Fill ``doubts`` and ``meetings``.

        Raises:
            BudgetSpentError: there are too many states.
        """
        first = _Here(content.start(writer.content), frozenset({content.start(reader.content)}), None)
        seen = {(first.writer, first.readers)}
        todo = deque([first])
        while todo and len(self.doubts) < _ENOUGH:
            here = todo.popleft()
            self._end(here, writer, reader)
            for there in self._onward(here, reader):
                if (there.writer, there.readers) not in seen:
                    seen.add((there.writer, there.readers))
                    todo.append(there)

    def _end(self, here: _Here, writer: ComplexType, reader: ComplexType) -> None:
        if content.ends(here.writer) and not any(content.ends(state) for state in here.readers):
            self._doubt("content-ends-early", writer.where, reader, self._expected(here.readers), here.trail, None)

    def _expected(self, readers: frozenset[State]) -> str:
        names = [_called(step[0]) for state in readers for step in self._steps(state)]
        return ", ".join(dict.fromkeys(names[:5]))

    def _onward(self, here: _Here, reader: ComplexType) -> Iterator[_Here]:
        offer = _Offer(self._reader, [step for state in here.readers for step in self._steps(state)])
        self._budget.spend(1 + offer.size // 4 + len(here.readers), "content")
        for leaf, rest in content.steps(here.writer, self._budget):
            for symbol in symbols(self._writer, leaf, dict.fromkeys((*self._telling, *offer.named))):
                states = self._take(symbol, leaf, offer, here, rest, reader)
                if states:
                    yield _leapt(here, symbol, rest, states)

    def _take(
        self, symbol: Symbol, leaf: Particle, offer: _Offer, here: _Here, rest: State, reader: ComplexType
    ) -> frozenset[State]:
        hits = offer.hits(symbol.name)
        self._budget.spend(1 + len(hits), "content")
        trail = Trail(here.trail, symbol)
        if not hits:
            rule = "element-not-allowed" if isinstance(leaf.term, ElementDecl) else "wildcard-narrowed"
            self._doubt(rule, leaf.term.where, reader, local_of(symbol.name), trail, rest)
            return frozenset()
        if len({decl for decl, _ in hits}) > 1:
            self._doubt("content-ambiguous", leaf.term.where, reader, local_of(symbol.name), trail, rest)
        for decl, _ in hits:
            if (symbol.decl, decl) not in self._met:
                self._met.add((symbol.decl, decl))
                self.meetings.append(Meeting(symbol.decl, decl, Way(symbol, here.trail, rest)))
        return frozenset(state for _, state in hits)

    def _steps(self, state: State) -> list[Step]:
        found = self._reader_steps.get(state)
        if found is None:
            found = list(content.steps(state, self._budget))
            self._reader_steps[state] = found
        return found

    def _doubt(
        self, rule: str, writer: Where, reader: ComplexType, about: str, trail: Trail | None, rest: State
    ) -> None:
        if (rule, writer) in self._said:
            return
        self._said.add((rule, writer))
        shape = Shape(trail=trail, begun=True, rest=rest)
        self.doubts.append(Doubt(rule, writer, reader.where, (about,), (shape,)))


def _leapt(here: _Here, symbol: Symbol, rest: State, states: frozenset[State]) -> _Here:
    """The next pair of states; where both sides only count, the next in which a count begins to matter.

    The pairs in between can do what this one can, with the same outcomes, so nothing is passed over.
    """
    if len(here.readers) == len(states) == 1:
        before, after = next(iter(here.readers)), next(iter(states))
        if _same_loop(here.writer, rest) and _same_loop(before, after):
            times = min(_alike_rounds(here.writer), _alike_rounds(before))
            if 1 < times < _NO_END:
                leapt = frozenset({_counted(after, times - 1)})
                return _Here(_counted(rest, times - 1), leapt, Trail(here.trail, symbol, times))
    return _Here(rest, states, Trail(here.trail, symbol))


def _same_loop(before: State, after: State) -> bool:
    """Whether one step led from a repeated element or wildcard to itself."""
    if before is None or after is None or before[0] != content.COUNT or after[0] != content.COUNT:
        return False
    return before[1] is after[1] and before[4] == after[4] and not isinstance(before[1].term, Group)


def _alike_rounds(state: State) -> int:
    """After how many rounds a repeated particle may first end, or must."""
    if state is None:
        return 0
    _, _, low, high, _ = state
    rounds = [*([low] if low > 0 else []), *([high - 1] if high is not None else [])]
    return min(rounds, default=_NO_END)


def _counted(state: State, times: int) -> State:
    if state is None:
        return None
    kind, particle, low, high, rest = state
    return (kind, particle, max(low - times, 0), None if high is None else high - times, rest)


def _called(particle: Particle) -> str:
    return local_of(particle.term.name) if isinstance(particle.term, ElementDecl) else "*"


class _Offer:
    """What the reader takes next, by name."""

    def __init__(self, schema: Schema, steps: list[Step]) -> None:
        self._schema: Final = schema
        self.size: Final = len(steps)
        self.named: Final[dict[str, list[tuple[ElementDecl, State]]]] = {}
        self._wild: list[tuple[Wildcard, State]] = []
        for particle, state in steps:
            if isinstance(particle.term, Wildcard):
                self._wild.append((particle.term, state))
            elif isinstance(particle.term, ElementDecl):
                for name, decl in schema.standing_for(particle.term).items():
                    self.named.setdefault(name, []).append((decl, state))

    def hits(self, name: str) -> list[tuple[ElementDecl, State]]:
        """Every declaration that may judge an element of this name, and the state after it."""
        found = list(self.named.get(name, ()))
        for wildcard, state in self._wild:
            decl = let_in(self._schema, wildcard, name)
            if decl is not None:
                found.append((decl, state))
        return found
