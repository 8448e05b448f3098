"""A quick proof that one content model takes all of another: where the two are built alike.

Promises: ``covers`` is only true where every word of the writer's model is one of the reader's; then ``meetings`` holds
every pair of declarations that judge the same child. False means nothing: ``walk`` decides. Its work grows with the
size of the models, not with their counts, which is why it comes first.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from registry.evolution.xsd.doubts import Way
from registry.evolution.xsd.model import ElementDecl, Group, Particle, Wildcard
from registry.evolution.xsd.symbols import Symbol, let_in, symbols
from registry.evolution.xsd.walk import Meeting

if TYPE_CHECKING:
    from collections.abc import Iterator

    from registry.evolution.budget import Budget
    from registry.evolution.xsd.model import Schema, Term


class Cover:
    """One attempt at a proof."""

    def __init__(self, writer: Schema, reader: Schema, telling: tuple[str, ...], budget: Budget) -> None:
        self._writer: Final = writer
        self._reader: Final = reader
        self._telling: Final = telling
        self._budget: Final = budget
        self.meetings: list[Meeting] = []

    def covers(self, writer: Particle | None, reader: Particle | None) -> bool:
        """Whether it is proven."""
        if writer is None:
            return reader is None or reader.nullable
        return reader is not None and self._particle(writer, reader)

    def _particle(self, writer: Particle, reader: Particle) -> bool:
        self._budget.spend(1, "content")
        mark = len(self.meetings)
        often = reader.high is None or (writer.high is not None and writer.high <= reader.high)
        if often and reader.low <= writer.low and self._term(writer.term, reader.term, writer):
            return True
        del self.meetings[mark:]
        if reader.high is None and (reader.nullable or not writer.nullable) and self._star(writer, reader.term):
            return True
        del self.meetings[mark:]  # of an attempt that failed
        return False

    def _term(self, writer: Term, reader: Term, leaf: Particle) -> bool:
        if isinstance(reader, Wildcard):
            return not isinstance(writer, Group) and self._wild(reader, leaf)
        if isinstance(writer, ElementDecl):
            return isinstance(reader, ElementDecl) and self._elements(writer, reader, leaf)
        if isinstance(writer, Wildcard) or not isinstance(reader, Group) or reader.kind != writer.kind:
            return False
        if writer.kind == "sequence":
            return self._sequence(writer, reader)
        return self._named(writer, reader)

    def _elements(self, writer: ElementDecl, reader: ElementDecl, leaf: Particle) -> bool:
        mine, theirs = self._writer.standing_for(writer), self._reader.standing_for(reader)
        self._budget.spend(len(mine), "content")
        if not mine.keys() <= theirs.keys():
            return False
        for name, decl in mine.items():
            if decl.rank >= 0:
                self.meetings.append(Meeting(decl, theirs[name], Way(Symbol(name, decl), leaf=leaf)))
        return True

    def _wild(self, reader: Wildcard, leaf: Particle) -> bool:
        """A wildcard of the reader for one element or wildcard of the writer."""
        for symbol in symbols(self._writer, leaf, self._telling):
            self._budget.spend(1, "content")
            decl = let_in(self._reader, reader, symbol.name)
            if decl is None:
                return False
            self.meetings.append(Meeting(symbol.decl, decl, Way(symbol, leaf=leaf)))
        return True

    def _star(self, writer: Particle, reader: Term) -> bool:
        """Whatever its order, what is made of members of an endless choice is taken by it."""
        if not isinstance(reader, Group) or reader.kind != "choice" or isinstance(writer.term, Wildcard):
            return False
        if any(isinstance(item.term, Group) or item.low > 1 for item in reader.items):
            return False
        named: dict[str, ElementDecl] = {}
        for item in reader.items:
            if isinstance(item.term, ElementDecl):
                named.update(self._reader.standing_for(item.term))
        wild = [item.term for item in reader.items if isinstance(item.term, Wildcard)]
        return all(self._starred(leaf, named, wild) for leaf in _leaves(writer, self._budget))

    def _starred(self, leaf: Particle, named: dict[str, ElementDecl], wild: list[Wildcard]) -> bool:
        for symbol in symbols(self._writer, leaf, dict.fromkeys((*self._telling, *named))):
            self._budget.spend(1, "content")
            name = symbol.name
            free = (decl for one in wild if (decl := let_in(self._reader, one, name)) is not None)
            decl = named.get(name) or next(free, None)
            if decl is None:
                return False
            self.meetings.append(Meeting(symbol.decl, decl, Way(symbol, leaf=leaf)))
        return True

    def _sequence(self, writer: Group, reader: Group) -> bool:
        """Members in order; those of the reader that are passed over may be left out."""
        index = 0
        for item in writer.items:
            while index < len(reader.items) and not self._particle(item, reader.items[index]):
                if not reader.items[index].nullable:
                    return False
                index += 1
            if index == len(reader.items):
                return False
            index += 1
        return index >= reader.tail

    def _named(self, writer: Group, reader: Group) -> bool:
        """Members in any order: each of the writer's has one of the reader's to itself, found by name."""
        by_name = {_key(item): item for item in reader.items}
        used: set[str] = set()
        for item in writer.items:
            key = _key(item)
            other = by_name.get(key)
            if other is None or not key or key in used or not self._particle(item, other):
                return False
            used.add(key)
        if writer.kind == "choice":
            return True
        return all(item.nullable or _key(item) in used for item in reader.items)


def _key(item: Particle) -> str:
    return item.term.name if isinstance(item.term, ElementDecl) else ""


def _leaves(particle: Particle, budget: Budget) -> Iterator[Particle]:
    """Elements and wildcards that a document can hold."""
    budget.spend(1, "content")
    if not isinstance(particle.term, Group):
        yield particle
    elif particle.term.rank >= 0:
        for item in particle.term.items:
            yield from _leaves(item, budget)
