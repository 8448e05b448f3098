"""Attributes of two types (XSD 1.0 part 1, clauses 3.4.4 and 3.10).

Promises: every attribute that the writer may send is compared by name, those that wildcards let in too. Leaves out
``xsi:`` attributes, which every element may have.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from registry.evolution.xsd.builtins import ANY_SIMPLE
from registry.evolution.xsd.doubts import Doubt, Shape
from registry.evolution.xsd.model import AttributeUse, ComplexType, Where
from registry.evolution.xsd.names import XSI, local_of, namespace_of
from registry.evolution.xsd.simple.samples import sample

if TYPE_CHECKING:
    from collections.abc import Iterator

    from registry.evolution.xsd.model import Schema, Type, Wildcard
    from registry.evolution.xsd.types import TypePairs

_NONE: dict[str, AttributeUse] = {}


def attribute_doubts(pairs: TypePairs, writer: Type, reader: Type) -> list[Doubt]:
    """What the reader may refuse of the writer's attributes."""
    mine = writer.attributes if isinstance(writer, ComplexType) else _NONE
    theirs = reader.attributes if isinstance(reader, ComplexType) else _NONE
    free = writer.any_attribute if isinstance(writer, ComplexType) else None
    pairs.budget.spend(1 + len(mine) + len(theirs), "attributes")
    found = [doubt for name, use in mine.items() if (doubt := _sent(pairs, use, name, reader)) is not None]
    for name, use in theirs.items():
        if use.required and not (name in mine and mine[name].required):
            known = mine.get(name)
            found.append(_required(known.where if known else writer.where, use, name))
        if name not in mine and (use.default is not None or use.fixed is not None):
            pairs.defaulted(writer.where, use.where, local_of(name))
    if free is not None:
        found += _freely(pairs, free, mine, reader)
    return found


def _required(writer: Where, use: AttributeUse, name: str) -> Doubt:
    return Doubt("attribute-required", writer, use.where, (local_of(name),), (Shape(attributes={name: None}),))


def _sent(pairs: TypePairs, use: AttributeUse, name: str, reader: Type) -> Doubt | None:
    """One attribute that the writer declares."""
    taken = _taker(pairs.reader, reader, name)
    about = (local_of(name),)
    if taken is None:
        sent = use.fixed if use.fixed is not None else sample(use.type, pairs.budget)
        return Doubt("attribute-not-allowed", use.where, reader.where, about, (_with(name, sent or ""),))
    if not isinstance(taken, AttributeUse):
        pairs.revalued = True
        return None
    return _valued(pairs, use, taken)


def _valued(pairs: TypePairs, sent: AttributeUse, taken: AttributeUse) -> Doubt | None:
    """Its values, where both declare it."""
    if (sent.default, sent.fixed) != (taken.default, taken.fixed):
        pairs.defaulted(sent.where, taken.where, local_of(taken.name))
    doubt = pairs.simple(pairs.fixed(sent.type, sent.fixed), pairs.fixed(taken.type, taken.fixed))
    if doubt is None:
        return None
    rule = doubt.rule if taken.fixed in (None, sent.fixed) else "fixed-value"
    shapes = tuple(_with(taken.name, shape.text or "") for shape in doubt.shapes)
    return Doubt(rule, sent.where, taken.where, (local_of(taken.name),), shapes)


def _with(name: str, text: str) -> Shape:
    return Shape(attributes={name: text})


def _taker(schema: Schema, reader: Type, name: str) -> AttributeUse | bool | None:
    """What judges an attribute called ``name``: a declaration, nothing (True), or it is refused (None)."""
    if not isinstance(reader, ComplexType):
        return None
    return reader.attributes.get(name) or let_in(schema, reader.any_attribute, name)


def let_in(schema: Schema, wildcard: Wildcard | None, name: str) -> AttributeUse | bool | None:
    """The same for a wildcard alone."""
    if wildcard is None or not wildcard.namespaces.has(namespace_of(name)):
        return None
    if wildcard.process == "skip":
        return True
    found = schema.attributes.get(name)
    return found if found is not None else True if wildcard.process == "lax" else None


def _freely(pairs: TypePairs, free: Wildcard, mine: dict[str, AttributeUse], reader: Type) -> Iterator[Doubt]:
    """Attributes that the writer's wildcard lets in."""
    theirs = reader.attributes if isinstance(reader, ComplexType) else _NONE
    names = dict.fromkeys((*pairs.telling, *pairs.writer.attributes, *pairs.reader.attributes, *theirs))
    for name in names:
        sent = None if name in mine or namespace_of(name) == XSI else let_in(pairs.writer, free, name)
        pairs.budget.spend(1, "attributes")
        if sent is None:
            continue
        taken = _taker(pairs.reader, reader, name)
        about = (local_of(name),)
        if taken is None:
            yield Doubt("attribute-not-allowed", free.where, reader.where, about, (_with(name, ""), _with(name, "a")))
        elif isinstance(taken, AttributeUse):
            declared = sent if isinstance(sent, AttributeUse) else AttributeUse(name, ANY_SIMPLE, free.where)
            doubt = _valued(pairs, declared, taken)
            yield from () if doubt is None else (doubt,)
