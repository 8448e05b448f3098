"""Names that may come at a place in a document, and how an element of each is judged.

Promises: ``free`` declarations stand for elements that a wildcard lets in unjudged (skip) or judged only where
declared (lax). Leaves out content models (``content``) and comparing them (``walk``).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from registry.evolution.xsd.model import ANY_TYPE, ComplexType, ElementDecl, Particle, Where, Wildcard
from registry.evolution.xsd.names import ANY, namespace_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from registry.evolution.xsd.model import Schema

STRANGE: Final = "urn:x-other"
"""A namespace that stands for all those that neither schema names."""

SKIP_TYPE: Final = ComplexType(
    None,
    Where(),
    ANY_TYPE,
    mixed=True,
    content=Particle(0, None, Wildcard(ANY, "skip", Where()), Where()),
    any_attribute=Wildcard(ANY, "skip", Where()),
    rank=0,
)
"""Anything well-formed."""


def _free(declared: ComplexType) -> ElementDecl:
    found = ElementDecl("", Where(), nillable=True, rank=0)
    found.type = declared
    return found


SKIPPED: Final = _free(SKIP_TYPE)
LAX: Final = _free(ANY_TYPE)


@dataclass(frozen=True, slots=True)
class Symbol:
    """A child element: its name, and the declaration that judges it."""

    name: str
    decl: ElementDecl


def let_in(schema: Schema, wildcard: Wildcard, name: str) -> ElementDecl | None:
    """How an element called ``name`` is judged that ``wildcard`` takes; None where it is refused."""
    if not wildcard.namespaces.has(namespace_of(name)):
        return None
    if wildcard.process == "skip":
        return SKIPPED
    found = schema.elements.get(name)
    if found is not None:
        return None if found.abstract else found
    return LAX if wildcard.process == "lax" else None


def judged(schema: Schema, particle: Particle, name: str) -> ElementDecl | None:
    """How an element called ``name`` is judged at this particle; None where it does not match."""
    if isinstance(particle.term, ElementDecl):
        return schema.standing_for(particle.term).get(name)
    return let_in(schema, particle.term, name) if isinstance(particle.term, Wildcard) else None


def symbols(schema: Schema, particle: Particle, others: Iterable[str]) -> Iterator[Symbol]:
    """The names that a particle of the writer takes, as far as a reader could tell them apart by ``others``."""
    if isinstance(particle.term, ElementDecl):
        named: Iterable[str] = schema.standing_for(particle.term)
    else:
        named = others
    for name in named:
        decl = judged(schema, particle, name)
        if decl is not None and decl.rank >= 0:
            yield Symbol(name, decl)


def telling_names(writer: Schema, reader: Schema) -> tuple[str, ...]:
    """Names that stand for all names: every global one, and one declared nowhere of each namespace."""
    known = dict.fromkeys((*writer.elements, *reader.elements))
    local = "other"
    while any(name.endswith(local) for name in known):
        local += "_"
    declared = writer.namespaces | reader.namespaces | writer.wildcard_namespaces | reader.wildcard_namespaces
    strange = STRANGE
    while strange in declared:
        strange += "-"
    spaces = sorted({*declared, strange, ""})
    return (*known, *(f"{{{space}}}{local}" if space else local for space in spaces))
