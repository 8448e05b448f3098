"""Two types of the same element: what its text, children and attributes may be.

Promises: whatever the reader's type may refuse becomes a doubt, and every pair of declarations that judges the same
child comes back. Leaves out what stands on the declarations themselves (``elementwise``).
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final

from registry.evolution.budget import BudgetSpentError
from registry.evolution.xsd.attributewise import attribute_doubts
from registry.evolution.xsd.builtins import STRING
from registry.evolution.xsd.cover import Cover
from registry.evolution.xsd.doubts import Doubt, Shape
from registry.evolution.xsd.model import ComplexType, SimpleType
from registry.evolution.xsd.simple.accepts import accepts
from registry.evolution.xsd.simple.inclusion import gap
from registry.evolution.xsd.simple.narrower import same_values
from registry.evolution.xsd.simple.whitespace import normalized
from registry.evolution.xsd.walk import Meeting, Walk

if TYPE_CHECKING:
    from registry.evolution.budget import Budget
    from registry.evolution.xsd.model import Schema, Type, Where


@dataclass(slots=True)
class Outcome:
    """What came of a pair of types."""

    doubts: list[Doubt] = field(default_factory=list)
    meetings: list[Meeting] = field(default_factory=list)
    spent: BudgetSpentError | None = None


class TypePairs:
    """Compares types of two schemas."""

    def __init__(self, writer: Schema, reader: Schema, telling: tuple[str, ...], budget: Budget) -> None:
        self.writer: Final = writer
        self.reader: Final = reader
        self.telling: Final = telling
        self.budget: Final = budget
        self.revalued = False
        """Whether anything changed that identity constraints, IDs or IDREFs could see, without refusing it itself."""
        self.cautions: list[Doubt] = []
        self.asked: set[tuple[Type, Type, frozenset[str], frozenset[str]]] = set()
        """Pairs of declared types for which every type that ``xsi:type`` may name was looked at."""
        self._fixed: dict[tuple[SimpleType, str], SimpleType] = {}
        self._gaps: dict[tuple[SimpleType, SimpleType], Doubt | None] = {}

    def compare(self, writer: Type, reader: Type) -> Outcome:
        """Compare two types that the same element may have; a spent budget is noted beside what was found."""
        found = Outcome()
        try:
            self.budget.spend(1, "types")
            found.doubts += attribute_doubts(self, writer, reader)
            self._content(writer, reader, found)
        except BudgetSpentError as error:
            found.spent = error
        return found

    def simple(self, writer: SimpleType, reader: SimpleType) -> Doubt | None:
        """What is not proven of two simple types; its shapes hold texts."""
        key = (writer, reader)
        if key not in self._gaps:
            self.revalued = self.revalued or not same_values(writer, reader)
            found = gap(writer, reader, self.budget)
            shapes = tuple(Shape(text=text) for text in found.texts) if found else ()
            self._gaps[key] = Doubt(found.rule, writer.where, reader.where, shapes=shapes) if found else None
        return self._gaps[key]

    def fixed(self, found: SimpleType, value: str | None) -> SimpleType:
        """The values of ``found`` that equal a fixed one; itself where there is none."""
        if value is None:
            return found
        key = (found, value)
        if key not in self._fixed:
            text = value if found.variety == "union" else normalized(value, found.facets.whitespace)
            facets = replace(found.facets, values=(*found.facets.values, (text,)))
            self._fixed[key] = replace(found, name=None, base=found, facets=facets)
        return self._fixed[key]

    def defaulted(self, writer: Where, reader: Where, name: str) -> None:
        """A default that differs refuses nothing, but programs see another value."""
        self.revalued = True
        self.cautions.append(Doubt("default-changed", writer, reader, (name,)))

    def _content(self, writer: Type, reader: Type, found: Outcome) -> None:
        mine, theirs = text_of(writer), text_of(reader)
        if mine is not None and theirs is not None:
            doubt = self.simple(mine, theirs)
            found.doubts += [doubt] if doubt else []
        elif mine is not None and isinstance(reader, ComplexType):
            if not reader.mixed or not (reader.content is None or reader.content.nullable):
                found.doubts.append(Doubt("content-kind-changed", writer.where, reader.where))
        elif theirs is not None and isinstance(writer, ComplexType):
            self._to_text(writer, theirs, reader, found)
        elif isinstance(writer, ComplexType) and isinstance(reader, ComplexType):
            self._elements(writer, reader, found)

    def _to_text(self, writer: ComplexType, theirs: SimpleType, reader: Type, found: Outcome) -> None:
        """Elements, or none, where the reader wants text."""
        if writer.content is None and not writer.mixed and accepts(theirs, "", self.budget):
            return
        if writer.content is None and writer.mixed and self.simple(STRING, theirs) is None:
            return
        shapes = (Shape(), Shape(text="a"), Shape(rich=True))
        found.doubts.append(Doubt("content-kind-changed", writer.where, reader.where, shapes=shapes))

    def _elements(self, writer: ComplexType, reader: ComplexType, found: Outcome) -> None:
        if writer.mixed and not reader.mixed:
            found.doubts.append(Doubt("mixed-removed", writer.where, reader.where, shapes=(Shape(text="a"),)))
        cover = Cover(self.writer, self.reader, self.telling, self.budget)
        if cover.covers(writer.content, reader.content):
            found.meetings += cover.meetings
            return
        walk = Walk(self.writer, self.reader, self.telling, self.budget)
        try:
            walk.run(writer, reader)
        finally:
            found.doubts += walk.doubts
            found.meetings += walk.meetings
        if reader.content is None and not reader.mixed and not walk.doubts:
            found.doubts.append(Doubt("content-removed", writer.where, reader.where, shapes=(Shape(text=" "),)))


def text_of(found: Type) -> SimpleType | None:
    """The simple type of an element's text; None where it may have elements or none."""
    if isinstance(found, SimpleType):
        return found
    return found.simple
