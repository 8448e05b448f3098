"""Two declarations of the same element, and the types it may have there (XSD 1.0 part 1, clauses 3.3.4 and 3.4.4).

Promises: nil, fixed and default values, identity constraints, and every type that ``xsi:type`` may name. Leaves out the
types themselves (``types``).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from registry.evolution.xsd.builtins import BELOW, BUILTIN
from registry.evolution.xsd.derive import derives
from registry.evolution.xsd.doubts import Doubt, Shape
from registry.evolution.xsd.model import ComplexType, ElementDecl, SimpleType, Type
from registry.evolution.xsd.names import XSI, local_of
from registry.evolution.xsd.simple.accepts import accepts
from registry.evolution.xsd.simple.narrower import same_values
from registry.evolution.xsd.simple.samples import samples
from registry.evolution.xsd.symbols import SKIP_TYPE, SKIPPED

if TYPE_CHECKING:
    from collections.abc import Iterator

    from registry.evolution.xsd.types import TypePairs

_NO_TYPES: Final[list[Type]] = []


def declaration_doubts(pairs: TypePairs, writer: ElementDecl, reader: ElementDecl) -> Iterator[Doubt]:
    """What the reader's declaration may refuse, whatever the types say."""
    about = (local_of(writer.name or reader.name),)
    if (writer.default, writer.fixed) != (reader.default, reader.fixed):
        pairs.defaulted(writer.where, reader.where, about[0])
    if writer.nillable is not reader.nillable or bool(writer.name) is not bool(reader.name):
        pairs.revalued = True
    if writer.nillable and not reader.nillable:
        rule = "nillable-removed" if writer.name else "wildcard-narrowed"
        named = Shape(attributes={f"{{{XSI}}}nil": "false"})  # of a fixed value nil is not allowed, the attribute is
        yield Doubt(rule, writer.where, reader.where, about, (Shape(nil=True), named))
    if reader.fixed is not None and not _fixes_the_same(writer, reader):
        yield Doubt("fixed-value", writer.where, reader.where, about, tuple(_others(pairs, writer)))
    if _fills(writer) and not _fills(reader) and not _takes_nothing(pairs, reader.type):
        yield Doubt("default-removed", writer.where, reader.where, about, (Shape(text=""),))
    yield from _identities(writer, reader)
    if writer is SKIPPED:
        unknown = Shape(attributes={f"{{{XSI}}}type": "not-declared"})
        yield Doubt("wildcard-narrowed", writer.where, reader.where, about, (unknown,))


def _fills(decl: ElementDecl) -> bool:
    """Whether an empty element gets a value."""
    return decl.default is not None or decl.fixed is not None


def _fixes_the_same(writer: ElementDecl, reader: ElementDecl) -> bool:
    mine, theirs = _text(writer.type), _text(reader.type)
    if writer.fixed != reader.fixed or mine is None or theirs is None:
        return writer.fixed == reader.fixed and mine is theirs is None
    return same_values(mine, theirs)


def _text(found: Type) -> SimpleType | None:
    return found if isinstance(found, SimpleType) else found.simple


def _others(pairs: TypePairs, writer: ElementDecl) -> Iterator[Shape]:
    """Values that may differ from the fixed one."""
    found = _text(writer.type)
    if found is not None:
        yield from (Shape(text=text) for text in samples(found, pairs.budget)[:12])
    yield Shape(text="a")
    yield Shape(rich=True)
    yield Shape()


def _takes_nothing(pairs: TypePairs, reader: Type) -> bool:
    found = _text(reader)
    if found is not None:
        return accepts(found, "", pairs.budget) is True
    return isinstance(reader, ComplexType) and (reader.content is None or reader.content.nullable)


def _identities(writer: ElementDecl, reader: ElementDecl) -> Iterator[Doubt]:
    mine = {one.sense for one in writer.identities}
    shapes = (Shape(rich=True), Shape())
    for one in reader.identities:
        if one.sense not in mine:
            yield Doubt("identity-added", writer.where, one.where, (one.sense[0],), shapes)


@dataclass(frozen=True, slots=True)
class Instance:
    """A type that the element may have in a document of the writer, and what the reader makes of it.

    Attributes:
        named: what ``xsi:type`` says; None where it says nothing.
        doubt: the reader may refuse that very name.
    """

    writer: Type
    reader: Type | None
    named: Type | None = None
    doubt: Doubt | None = None


def instances(pairs: TypePairs, writer: ElementDecl, reader: ElementDecl) -> Iterator[Instance]:
    """Every type that the writer lets the element have."""
    declared = writer.type
    if not (isinstance(declared, ComplexType) and declared.abstract):
        if isinstance(reader.type, ComplexType) and reader.type.abstract:
            yield Instance(declared, None, None, Doubt("type-became-abstract", writer.where, reader.where))
        elif isinstance(declared, SimpleType):
            yield Instance(pairs.fixed(declared, writer.fixed), reader.type)
        else:
            yield Instance(declared, reader.type)
    if declared is SKIP_TYPE:
        return
    asked = (declared, reader.type, _blocked(writer), _blocked(reader))
    if asked in pairs.asked and not _fills(reader):
        return  # another element of these types has led to the same
    pairs.asked.add(asked)
    for found in _nameable(pairs, writer):
        yield _named(pairs, found, writer, reader)


def _nameable(pairs: TypePairs, writer: ElementDecl) -> Iterator[Type]:
    declared = writer.type
    names = pairs.writer.derived.get(declared, _NO_TYPES)
    pairs.budget.spend(1 + len(names) // 8, "types")
    for found in names:
        if isinstance(found, ComplexType) and (found.abstract or found.rank < 0):
            continue
        if derives(found, declared, _blocked(writer)):
            yield found
    if isinstance(declared, SimpleType) or declared.base is None:
        yield from BELOW.get(str(declared.name), ()) if isinstance(declared, SimpleType) else BUILTIN.values()


def _blocked(decl: ElementDecl) -> frozenset[str]:
    return decl.block | (decl.type.block if isinstance(decl.type, ComplexType) else frozenset())


def _named(pairs: TypePairs, found: Type, writer: ElementDecl, reader: ElementDecl) -> Instance:
    name = str(found.name)
    other = BUILTIN.get(name) or pairs.reader.types.get(name)
    about = (local_of(name), local_of(writer.name))
    if other is None:
        doubt = Doubt("type-name-removed", found.where, reader.where, about)
    elif isinstance(other, ComplexType) and other.abstract:
        doubt = Doubt("type-became-abstract", found.where, other.where, about)
    elif not derives(other, reader.type, _blocked(reader)):
        doubt = Doubt("type-not-substitutable", found.where, reader.where, about)
    elif _fills(reader) and not _default_fits(pairs, other, writer, reader):
        doubt = Doubt("default-removed", writer.where, reader.where, about[1:], (Shape(text=""),))
    else:
        return Instance(found, other, found)
    return Instance(found, None, found, doubt)


def _default_fits(pairs: TypePairs, other: Type, writer: ElementDecl, reader: ElementDecl) -> bool:
    """Clause 3.3.4, 5.1.1: what fills an empty element must be of the type that ``xsi:type`` names."""
    if (writer.default, writer.fixed) == (reader.default, reader.fixed):
        return True
    text, value = _text(other), reader.fixed if reader.fixed is not None else reader.default
    return text is not None and value is not None and accepts(text, value, pairs.budget) is True
