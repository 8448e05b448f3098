"""Children that complete an element: the fewest, or some of everything.

Promises: only particles that a document can hold are chosen, lowest rank first, so that writing ends. Leaves out
elements themselves (``author``).
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Final

from registry.evolution.xsd import content
from registry.evolution.xsd.doubts import Trail
from registry.evolution.xsd.model import ComplexType, ElementDecl, Group, Particle, Term, Wildcard
from registry.evolution.xsd.symbols import Symbol, symbols

if TYPE_CHECKING:
    from registry.evolution.budget import Budget
    from registry.evolution.xsd.content import State
    from registry.evolution.xsd.doubts import Way
    from registry.evolution.xsd.model import Schema, Type

MOST: Final = 3_000
_TWICE: Final = 2


class CannotWriteError(Exception):
    """A document that would show a difference is too large, or a value for it is not known."""


class Filler:
    """Chooses children for one schema."""

    def __init__(self, schema: Schema, telling: tuple[str, ...], budget: Budget) -> None:
        self._schema: Final = schema
        self._telling: Final = telling
        self._budget: Final = budget

    def concrete(self, declared: ComplexType) -> ComplexType:
        """A type that may stand for an abstract one."""
        found = [
            one
            for one in self._schema.derived.get(declared, ())
            if isinstance(one, ComplexType) and not one.abstract and one.rank >= 0
        ]
        if not found:
            raise CannotWriteError("no-value")
        return min(found, key=lambda one: one.rank)

    def way(self, above: Type, way: Way) -> tuple[list[Symbol], State]:
        """What comes before a child, and what the content still wants after it."""
        if way.leaf is None:
            return self.word(way.before), way.rest
        first = content.start(above.content if isinstance(above, ComplexType) else None)
        todo: deque[tuple[State, Trail | None]] = deque([(first, None)])
        seen = {first}
        while todo:
            state, trail = todo.popleft()
            for leaf, rest in content.steps(state, self._budget):
                if leaf is way.leaf:
                    return self.word(trail), rest
                if rest not in seen:
                    seen.add(rest)
                    symbol = next(symbols(self._schema, leaf, self._telling), None)
                    if symbol is not None:
                        todo.append((rest, Trail(trail, symbol)))
        raise CannotWriteError("no-way")

    def word(self, trail: Trail | None) -> list[Symbol]:
        """The children of a trail."""
        found = [] if trail is None else trail.word(MOST)
        if len(found) > MOST:
            raise CannotWriteError("too-large")
        return found

    def completed(self, state: State) -> list[Symbol]:
        """The fewest children that a content model still wants."""
        found: list[Symbol] = []
        while state is not None:
            kind, rest = state[0], state[-1]
            if kind == content.COUNT:
                self._repeat(found, state[1].term, state[2])
            elif kind == content.NEXT:
                for item in state[1].items[state[2] :]:
                    self._repeat(found, item.term, item.low)
            else:
                for index, item in enumerate(state[1].items):
                    if state[2] >> index & 1:
                        self._repeat(found, item.term, item.low)
            state = rest
        return found

    def smallest(self, particle: Particle | None) -> list[Symbol]:
        """The fewest children of a whole content model."""
        return self.completed(content.start(particle))

    def _repeat(self, found: list[Symbol], term: Term, times: int) -> None:
        if times <= 0:
            return
        once = self._once(term)
        if len(found) + times * len(once) > MOST:
            raise CannotWriteError("too-large")
        found += once * times

    def _once(self, term: Term) -> list[Symbol]:
        self._budget.spend(1, "witness")
        if not isinstance(term, Group):
            return [self._chosen(term)]
        found: list[Symbol] = []
        if term.kind == "choice":
            alive = [item for item in term.items if self._rank(item) >= 0]
            if not alive:
                raise CannotWriteError("no-value")
            best = min(alive, key=self._rank)
            self._repeat(found, best.term, best.low)
            return found
        for item in term.items:
            self._repeat(found, item.term, item.low)
        return found

    def _rank(self, item: Particle) -> int:
        if item.nullable:
            return 0
        if isinstance(item.term, ElementDecl):
            return min((one.rank for one in self._standing(item.term)), default=-1)
        return item.term.rank

    def _standing(self, decl: ElementDecl) -> list[ElementDecl]:
        return [one for one in self._schema.standing_for(decl).values() if one.rank >= 0]

    def _chosen(self, term: ElementDecl | Wildcard) -> Symbol:
        if isinstance(term, ElementDecl):
            best = min(self._standing(term), key=lambda one: one.rank, default=None)
            if best is None:
                raise CannotWriteError("no-value")
            return Symbol(best.name, best)
        particle = Particle(1, 1, term, term.where)
        offered = list(symbols(self._schema, particle, self._telling))
        if not offered:
            raise CannotWriteError("no-value")
        return min(offered, key=lambda symbol: symbol.decl.rank)

    def rich(self, particle: Particle | None) -> list[Symbol]:
        """Some of everything: what is optional is there, what repeats comes twice."""
        found: list[Symbol] = []
        if particle is not None:
            self._some(found, particle)
        return found

    def _some(self, found: list[Symbol], particle: Particle) -> None:
        term = particle.term
        self._budget.spend(1, "witness")
        if isinstance(term, Wildcard) or self._rank(Particle(1, 1, term, particle.where)) < 0:
            self._repeat(found, term, particle.low)
            return
        times = max(particle.low, _TWICE if particle.high is None else min(_TWICE, particle.high))
        if len(found) + times > MOST:
            raise CannotWriteError("too-large")
        if isinstance(term, ElementDecl):
            found += [self._chosen(term)] * times
            return
        for round_ in range(times):
            for item in self._members(term, round_):
                self._some(found, item)

    def _members(self, group: Group, round_: int) -> tuple[Particle, ...]:
        """All members; of a choice one, another one each time."""
        if group.kind != "choice":
            return group.items
        alive = [item for item in group.items if self._rank(Particle(1, 1, item.term, item.where)) >= 0]
        return (alive[round_ % len(alive)],) if alive else ()
