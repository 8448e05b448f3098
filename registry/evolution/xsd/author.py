"""Documents of a schema, as small as it allows, with one element shaped to show a difference.

Promises: what comes back should be valid for the writer, and is only given out after the validator has said so; size
and depth are limited. Leaves out judging (``confirm``).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from lxml import etree

from registry.evolution.xsd.doubts import Shape
from registry.evolution.xsd.fillers import MOST, CannotWriteError, Filler
from registry.evolution.xsd.model import ComplexType, ElementDecl, SimpleType, Type
from registry.evolution.xsd.names import XML, XS, XSI, local_of, namespace_of
from registry.evolution.xsd.simple.samples import sample

if TYPE_CHECKING:
    from collections.abc import Sequence

    from registry.evolution.budget import Budget
    from registry.evolution.xsd.compare import Spot
    from registry.evolution.xsd.model import Schema
    from registry.evolution.xsd.symbols import Symbol
    from schemas.xml import Element

_DEEPEST: Final = 80
_RICH_DEPTH: Final = 6
_IDS: Final = frozenset({"ID", "IDREF", "ENTITY"})


class Author:
    """Writes one document."""

    def __init__(self, schema: Schema, telling: tuple[str, ...], budget: Budget) -> None:
        self._schema: Final = schema
        self._budget: Final = budget
        self._fill: Final = Filler(schema, telling, budget)
        spaces = sorted({*schema.namespaces, *map(namespace_of, telling)} - {"", XML, XS, XSI})
        self._prefixes: Final = {f"n{number}": space for number, space in enumerate(spaces, 1)}
        self._prefixes.update(xs=XS, xsi=XSI)
        self._used: set[str] = set()
        self._left = MOST
        self._ids = 0

    def document(self, spot: Spot, shape: Shape) -> str:
        """The text of a document that holds the element at ``spot`` in this shape.

        Raises:
            CannotWriteError: it would be too large or too deep, or a value could not be found.
        """
        element = self._element(spot.way.symbol.name, spot.writer, spot.named, shape, 0)
        inner, depth = spot, 1
        while inner.above is not None:
            above = inner.above
            before, rest = self._fill.way(_type_of(above), inner.way)
            parent = self._shell(above.way.symbol.name, above.writer, above.named, Shape())
            children = [*before, None, *self._fill.completed(rest)]
            self._append(parent, children, element, depth)
            element, inner, depth = parent, above, depth + 1
            if depth > _DEEPEST:
                raise CannotWriteError("too-deep")
        etree.cleanup_namespaces(element, keep_ns_prefixes=sorted(self._used))
        return etree.tostring(element, encoding="unicode")

    def _append(self, parent: Element, children: Sequence[Symbol | None], own: Element, depth: int) -> None:
        for child in children:
            parent.append(own if child is None else self._element(child.name, child.decl, None, Shape(), depth))

    def _element(self, name: str, decl: ElementDecl, named: Type | None, shape: Shape, depth: int) -> Element:
        """An element with all that is in it."""
        self._left -= 1
        self._budget.spend(1, "witness")
        if self._left < 0 or depth > _DEEPEST:
            raise CannotWriteError("too-large")
        declared = named or decl.type
        if isinstance(declared, ComplexType) and declared.abstract:
            named = declared = self._fill.concrete(declared)
        element = self._shell(name, decl, named, shape)
        if shape.nil or (decl.nillable and decl.rank == 0 and isinstance(declared, ComplexType) and declared.rank < 0):
            element.set(f"{{{XSI}}}nil", "true")
            return element
        element.text = self._text(decl, declared, shape) or None
        for child in self._children(declared, shape, depth):
            inner = Shape(rich=True) if shape.rich and depth < _RICH_DEPTH else Shape()
            element.append(self._element(child.name, child.decl, None, inner, depth + 1))
        return element

    def _children(self, declared: Type, shape: Shape, depth: int) -> list[Symbol]:
        if not isinstance(declared, ComplexType) or declared.simple is not None:
            return []
        if shape.begun:
            return [*self._fill.word(shape.trail), *self._fill.completed(shape.rest)]
        if shape.rich and depth < _RICH_DEPTH:
            return self._fill.rich(declared.content)
        return self._fill.smallest(declared.content)

    def _text(self, decl: ElementDecl, declared: Type, shape: Shape) -> str | None:
        if shape.text is not None:
            return shape.text
        simple = declared if isinstance(declared, SimpleType) else declared.simple
        if decl.fixed is not None:
            return decl.fixed
        return None if simple is None else self._value(simple)

    def _value(self, found: SimpleType) -> str:
        if found.name is not None and found.name.startswith(f"{{{XS}}}") and local_of(found.name) in _IDS:
            self._ids += 1
            return f"id{self._ids}"
        text = sample(found, self._budget)
        if text is None:
            raise CannotWriteError("no-value")
        return text

    def _shell(self, name: str, decl: ElementDecl, named: Type | None, shape: Shape) -> Element:
        """An element with its attributes only."""
        element = etree.Element(name, nsmap=self._prefixes)
        if named is not None:
            element.set(f"{{{XSI}}}type", self._written(str(named.name)))
        declared = named or decl.type
        if isinstance(declared, ComplexType):
            for use in declared.attributes.values():
                if (use.required or shape.rich) and use.name not in shape.attributes:
                    element.set(use.name, use.fixed if use.fixed is not None else self._value(use.type))
        for attribute, value in shape.attributes.items():
            if value is not None:
                _set(element, attribute, value)
        return element

    def _written(self, name: str) -> str:
        space = namespace_of(name)
        prefix = next((prefix for prefix, its in self._prefixes.items() if its == space), None)
        if prefix is None:
            return local_of(name)
        self._used.add(prefix)
        return f"{prefix}:{local_of(name)}"


def _set(element: Element, name: str, value: str) -> None:
    try:
        element.set(name, value)
    except ValueError:
        raise CannotWriteError("no-value") from None


def _type_of(spot: Spot) -> Type:
    return spot.named or spot.writer.type
