"""Two schemas side by side, from the root elements down, each pair of declarations and types once.

A pair is compared where a document of the writer leads to it; a difference there shows in that document, whatever
else stands in it, since both sides judge an element by its ancestors alone. So visiting every pair that meets is the
greatest fixed point: no difference anywhere means inclusion. Promises: all differences as doubts, each with the way to
it. Leaves out confirming them (``confirm``).
"""

from __future__ import annotations

from collections import Counter, deque
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from registry.evolution.budget import BudgetSpentError
from registry.evolution.xsd.doubts import Doubt, Shape, Way
from registry.evolution.xsd.elementwise import declaration_doubts, instances
from registry.evolution.xsd.symbols import SKIPPED, Symbol, telling_names
from registry.evolution.xsd.types import TypePairs

if TYPE_CHECKING:
    from registry.evolution.budget import Budget
    from registry.evolution.xsd.model import ElementDecl, Schema, Type
    from schemas.xml import Element

_MOST_DOUBTS: Final = 60
_FEW: Final = 3


@dataclass(frozen=True, slots=True, eq=False)
class Spot:
    """An element in a document of the writer: what judges it on both sides, and how it is reached.

    Attributes:
        above: the element it is in; None for the root.
        named: the type that ``xsi:type`` names there; None where it says none.
    """

    writer: ElementDecl
    reader: ElementDecl
    way: Way
    above: Spot | None
    named: Type | None = None


@dataclass(frozen=True, slots=True)
class Seen:
    """A doubt, and where it shows."""

    spot: Spot
    doubt: Doubt


class Comparison:
    """One comparison; ``run`` it once."""

    def __init__(self, writer: Schema, reader: Schema, budget: Budget) -> None:
        self.writer: Final = writer
        self.reader: Final = reader
        self.budget: Final = budget
        self.doubts: list[Seen] = []
        self.spent: BudgetSpentError | None = None
        self._pairs: Final = TypePairs(writer, reader, telling_names(writer, reader), budget)
        self._todo: deque[Spot] = deque()
        self._elements: set[tuple[ElementDecl, ElementDecl]] = set()
        self._alike: Counter[tuple[str, Element | None, Element | None]] = Counter()
        self._types: set[tuple[Type, Type]] = set()

    def run(self) -> None:
        """Fill ``doubts``; a spent budget ends it and is noted in ``spent``."""
        try:
            self._roots()
            while self._todo and len(self.doubts) < _MOST_DOUBTS:
                self._visit(self._todo.popleft())
            self._whole()
        except BudgetSpentError as error:
            self.spent = error

    def cautions(self) -> list[Doubt]:
        """What refuses no document, yet may surprise: other defaults, and named types that are gone."""
        gone = [
            Doubt("type-name-gone", found.where, self.reader.where, (name,))
            for name, found in self.writer.types.items()
            if name not in self.reader.types
        ]
        return [*self._pairs.cautions, *gone][:_MOST_DOUBTS]

    def _roots(self) -> None:
        for name, decl in self.writer.elements.items():
            if decl.abstract or decl.rank < 0:
                continue
            self.budget.spend(1, "elements")
            way = Way(Symbol(name, decl))
            other = self.reader.elements.get(name)
            if other is None or other.abstract:
                self._missing(way, decl, other)
            else:
                self._todo.append(Spot(decl, other, way, None))

    def _whole(self) -> None:
        """What is judged over a whole document may change with values that nobody refuses by themselves."""
        if not self._pairs.revalued or not (self.reader.identities or self.reader.idrefs):
            return
        for name, decl in self.writer.elements.items():
            other = self.reader.elements.get(name)
            if other is not None and not decl.abstract and decl.rank >= 0:
                spot = Spot(decl, other, Way(Symbol(name, decl)), None)
                shapes = (Shape(rich=True), Shape())
                self.doubts.append(Seen(spot, Doubt("identity-values", decl.where, other.where, (decl.name,), shapes)))

    def _missing(self, way: Way, decl: ElementDecl, other: ElementDecl | None) -> None:
        rule = "root-removed" if other is None else "root-became-abstract"
        where = other.where if other is not None else self.reader.where
        self.doubts.append(Seen(Spot(decl, SKIPPED, way, None), Doubt(rule, decl.where, where, (decl.name,))))

    def _visit(self, spot: Spot) -> None:
        if spot.reader is SKIPPED or (spot.writer, spot.reader) in self._elements:
            return
        self._elements.add((spot.writer, spot.reader))
        # ① what stands on the two declarations
        found = declaration_doubts(self._pairs, spot.writer, spot.reader)
        self.doubts += [Seen(spot, doubt) for doubt in found]
        # ② each type that the element may have there
        for instance in instances(self._pairs, spot.writer, spot.reader):
            here = spot if instance.named is None else replace(spot, named=instance.named)
            if instance.doubt is not None:
                self._named(here, _placed(here, instance.doubt))
            elif instance.reader is not None and (instance.writer, instance.reader) not in self._types:
                self._types.add((instance.writer, instance.reader))
                self._enter(here, instance.writer, instance.reader)

    def _named(self, here: Spot, doubt: Doubt) -> None:
        """A type that may not be named; of many such at one place a few will do."""
        alike = (doubt.rule, doubt.writer.node, doubt.reader.node)
        self._alike[alike] += 1
        if self._alike[alike] <= _FEW:
            self.doubts.append(Seen(here, doubt))

    def _enter(self, here: Spot, writer: Type, reader: Type) -> None:
        # ③ its text, children and attributes
        outcome = self._pairs.compare(writer, reader)
        self.doubts += [Seen(here, _placed(here, doubt)) for doubt in outcome.doubts]
        if outcome.spent is not None:
            raise outcome.spent
        # ④ and on to the children
        for meeting in outcome.meetings:
            if (meeting.writer, meeting.reader) not in self._elements:
                self._todo.append(Spot(meeting.writer, meeting.reader, meeting.way, here))


def _placed(here: Spot, doubt: Doubt) -> Doubt:
    """A doubt on a type that only the standard declares stands at the element of that type."""
    writer = doubt.writer if doubt.writer.node is not None else here.writer.where
    reader = doubt.reader if doubt.reader.node is not None else here.reader.where
    return replace(doubt, writer=writer, reader=reader)
