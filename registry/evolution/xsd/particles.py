"""Content models read from XML (XSD 1.0 part 1, clauses 3.8 to 3.10).

Promises: particles come simplified (sequences inside sequences laid out, lone members unwrapped), with the same
documents. Leaves out types of elements, which are completed later (``registry.evolution.xsd.elements``).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal, cast

from registry.evolution.xsd import elements
from registry.evolution.xsd.model import Group, Particle, Process, Where, Wildcard, loops_of, size_of
from registry.evolution.xsd.names import listed
from registry.evolution.xsd.reading import child, count
from registry.evolution.xsd.refuse import refuse
from registry.evolution.xsd.source import XS_

if TYPE_CHECKING:
    from registry.evolution.xsd.build import Build
    from registry.evolution.xsd.tables import Raw
    from schemas.xml import Element

GROUPS: Final = ("sequence", "choice", "all")
MOST_PARTICLES: Final = 20_000
"""Elements and wildcards of one content model, its groups laid out as the validator's compiler does."""
MOST_LOOPS: Final = 16
"""Groups of one content model that may be empty and are repeated up to a finite count."""
MOST_INSIDE: Final = 1
"""The same, within another of them."""
_PARTICLES: Final = tuple(f"{XS_}{local}" for local in ("element", "any", "group", *GROUPS))


def particle(build: Build, raw: Raw, node: Element) -> Particle | None:
    """Build what ``node`` says may come; None where it may come no times.

    Raises:
        SchemaError: something that it names is unknown.
    """
    build.budget.spend(1, "schema")
    where = raw.document.where(node)
    low, high = count(raw, node, "minOccurs") or 0, count(raw, node, "maxOccurs")
    if high == 0:
        return None
    if high is not None and low > high:
        raise refuse("not-a-schema", "minOccurs is over maxOccurs", where)
    local = node.tag.rpartition("}")[2]
    if local == "element":
        return Particle(low, high, elements.particle_element(build, raw, node), where)
    if local == "any":
        return Particle(low, high, wildcard(raw, node), where)
    if local == "group":
        name, _ = build.global_raw("group", raw, node, node.get("ref", ""))
        found = build.groups[name]
        return _refuse_explosive(_times(low, high, found), where) if found else None
    return _refuse_explosive(_times(low, high, model(build, raw, node)), where)


def _times(low: int, high: int | None, inner: Particle) -> Particle:
    """``inner`` repeated; two counts become one where either is exactly once."""
    if low == 1 and high == 1:
        return inner
    if inner.high == 1:
        return Particle(low if inner.low else 0, high, inner.term, inner.where)
    return Particle(low, high, Group("sequence", (inner,), inner.where), inner.where)


def model(build: Build, raw: Raw, node: Element) -> Particle:
    """The group that stands in a ``sequence``, ``choice`` or ``all`` element, once."""
    kind = cast("Literal['sequence', 'choice', 'all']", node.tag.rpartition("}")[2])
    items: list[Particle] = []
    for inner in node.iterchildren(*_PARTICLES):
        found = particle(build, raw, inner)
        if found is not None:
            items.append(found)
    made = grouped(kind, items, raw, node)
    if size_of(made) > MOST_PARTICLES:
        raise refuse("too-complex", "content model", raw.document.where(node))
    build.budget.spend(len(made.term.items) if isinstance(made.term, Group) else 1, "schema")
    return made


def _refuse_explosive(made: Particle, where: Where) -> Particle:
    """The validator tries every way to count nothing, which may take it seconds for each element of a document."""
    term = made.term
    repeated = isinstance(term, Group) and term.nullable and made.high not in (None, 1)
    inside = term.loops if isinstance(term, Group) else 0
    if loops_of(made) > MOST_LOOPS or (repeated and inside > MOST_INSIDE):
        raise refuse("too-complex", "nested counts", where)
    return made


def grouped(kind: Literal["sequence", "choice", "all"], items: list[Particle], raw: Raw, node: Element) -> Particle:
    """A group of ``items``, simplified."""
    where = raw.document.where(node)
    if kind == "sequence":
        items = [part for item in items for part in _laid_out(item)]
    if len(items) == 1:
        return items[0]
    return Particle(1, 1, Group(kind, tuple(items), where), where)


def _laid_out(item: Particle) -> tuple[Particle, ...]:
    term = item.term
    plain = isinstance(term, Group) and term.kind == "sequence" and item.high == 1
    if isinstance(term, Group) and plain and (item.low == 1 or not term.items or term.nullable):
        return term.items
    return (item,)


def explicit(build: Build, raw: Raw, node: Element) -> Particle | None:
    """The content that stands directly in a type or derivation; None where no element may come.

    Clause 3.4.2: a group without members, or that comes no times, is no content.
    """
    found = child(node, "group", *GROUPS)
    made = None if found is None else particle(build, raw, found)
    if made is None or (isinstance(made.term, Group) and not made.term.items and _is_empty(made.term, made.low)):
        return None
    return made


def _is_empty(group: Group, low: int) -> bool:
    return group.kind != "choice" or low == 0


def wildcard(raw: Raw, node: Element) -> Wildcard:
    """``any`` or ``anyAttribute``."""
    process = cast("Process", node.get("processContents", "strict").strip())
    return Wildcard(listed(node.get("namespace", "##any"), raw.document.target), process, raw.document.where(node))
