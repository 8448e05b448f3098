"""Simple type definitions read from XML (XSD 1.0 part 2, clause 4.1).

Promises that the facets of all steps of a derivation are kept together. Leaves out whether a restriction is a legal
one: the validator's own compiler refuses those that are not.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final, cast

from registry.evolution.xsd.builtins import builtin
from registry.evolution.xsd.model import Bound, Facets, SimpleType, Whitespace
from registry.evolution.xsd.patterns import refuse_heavy
from registry.evolution.xsd.reading import child, children, methods, natural
from registry.evolution.xsd.refuse import refuse
from registry.evolution.xsd.simple.numbers import decimal
from registry.evolution.xsd.simple.whitespace import normalized

if TYPE_CHECKING:
    from registry.evolution.xsd.build import Build
    from registry.evolution.xsd.tables import Raw
    from schemas.xml import Element

_BOUNDS: Final = {
    "minInclusive": ("low", False),
    "minExclusive": ("low", True),
    "maxInclusive": ("high", False),
    "maxExclusive": ("high", True),
}
MOST_MEMBERS: Final = 1_000
"""Atomic types of one union; the validator's compiler lays out unions of unions."""
_NAMES: Final = frozenset({"QName", "NOTATION"})


def simple_type(build: Build, raw: Raw, node: Element, name: str | None) -> SimpleType:
    """Build from a ``simpleType`` element whose needs are built.

    Raises:
        SchemaError: it is none.
    """
    build.budget.spend(1, "schema")
    where = raw.document.where(node)
    final = methods(raw, node, "final", "finalDefault", "restriction list union")
    found = child(node, "restriction", "list", "union")
    if found is None:
        raise refuse("not-a-schema", "an empty simpleType", where)
    kind = found.tag.rpartition("}")[2]
    if kind == "restriction":
        base = _inner(build, raw, found, "base")
        made = restricted(build, raw, found, base)
        return replace(made, name=name, where=where, final=final)
    top = builtin("anySimpleType")
    if kind == "list":
        return SimpleType(
            name, where, top, "list", "", Facets(), item=_inner(build, raw, found, "itemType"), final=final
        )
    named = [build.simple(raw, found, word) for word in found.get("memberTypes", "").split()]
    inline = [simple_type(build, raw, inner, None) for inner in children(found, "simpleType")]
    made = SimpleType(name, where, top, "union", "", Facets(), members=(*named, *inline), final=final)
    if made.size > MOST_MEMBERS:
        raise refuse("too-complex", "union", where)
    return made


def _inner(build: Build, raw: Raw, node: Element, attribute: str) -> SimpleType:
    written = node.get(attribute)
    if written is not None:
        return build.simple(raw, node, written)
    inline = child(node, "simpleType")
    if inline is None:
        raise refuse("not-a-schema", f"no {attribute}", raw.document.where(node))
    return simple_type(build, raw, inline, None)


def restricted(build: Build, raw: Raw, node: Element, base: SimpleType) -> SimpleType:
    """``base`` with the facets that stand in the ``restriction`` element ``node``."""
    facets = _step(build, raw, node, base)
    return SimpleType(
        None, raw.document.where(node), base, base.variety, base.primitive, facets, item=base.item, members=base.members
    )


def _step(build: Build, raw: Raw, node: Element, base: SimpleType) -> Facets:
    facets = base.facets
    for facet in node.iterchildren("*"):
        facets = _narrowed(facets, raw, facet, base)
    patterns = tuple(facet.get("value", "") for facet in children(node, "pattern"))
    values = tuple(_value(raw, facet, facets, base) for facet in children(node, "enumeration"))
    build.budget.spend(len(patterns) + len(values), "schema")
    refuse_heavy(patterns, raw.document.where(node))
    if patterns:
        facets = replace(facets, patterns=(*facets.patterns, patterns))
    return replace(facets, values=(*facets.values, values)) if values else facets


def _value(raw: Raw, node: Element, facets: Facets, base: SimpleType) -> str:
    text = node.get("value", "")
    if base.variety == "union":
        return text
    if base.primitive in _NAMES:
        return raw.document.resolve(node, text)
    return normalized(text, facets.whitespace)


def _narrowed(facets: Facets, raw: Raw, node: Element, base: SimpleType) -> Facets:
    local, text = node.tag.rpartition("}")[2], node.get("value", "").strip()
    if local in _BOUNDS:
        field, exclusive = _BOUNDS[local]
        return _bounded(facets, field, Bound(text, exclusive), base)
    if local == "whiteSpace" and text in {"preserve", "replace", "collapse"}:
        return replace(facets, whitespace=cast("Whitespace", text))
    if local in {"totalDigits", "fractionDigits", "length", "minLength", "maxLength"}:
        return _counted(facets, local, natural(raw, node, text))
    return facets


def _counted(facets: Facets, local: str, figure: int) -> Facets:
    if local == "totalDigits":
        return replace(facets, digits=_least(figure, facets.digits))
    if local == "fractionDigits":
        return replace(facets, fraction=_least(figure, facets.fraction))
    if local != "maxLength":
        facets = replace(facets, minimum=max(facets.minimum, figure))
    return facets if local == "minLength" else replace(facets, maximum=_least(figure, facets.maximum))


def _least(figure: int, old: int | None) -> int:
    return figure if old is None else min(figure, old)


def _bounded(facets: Facets, field: str, bound: Bound, base: SimpleType) -> Facets:
    """The tighter of two limits where numbers are compared; else the newer, which a legal restriction makes tighter."""
    old: Bound | None = getattr(facets, field)
    if old is not None and base.primitive == "decimal":
        was, now = decimal(old.text), decimal(bound.text)
        if was is not None and now is not None:
            looser = now < was if field == "low" else now > was
            if looser or (was == now and old.exclusive):
                return facets
    return replace(facets, low=bound) if field == "low" else replace(facets, high=bound)
