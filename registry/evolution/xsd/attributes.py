"""Attribute declarations, uses, groups and wildcards read from XML (XSD 1.0 part 1, clauses 3.2, 3.4.2, 3.6, 3.10).

Promises: what a type inherits, adds and prohibits is settled here. Leaves out comparing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from registry.evolution.xsd.builtins import ANY_SIMPLE
from registry.evolution.xsd.model import AttributeUse, Wildcard
from registry.evolution.xsd.names import clark
from registry.evolution.xsd.particles import wildcard
from registry.evolution.xsd.reading import child, children
from registry.evolution.xsd.simple_types import simple_type

if TYPE_CHECKING:
    from registry.evolution.xsd.build import Attributes, Build
    from registry.evolution.xsd.model import SimpleType
    from registry.evolution.xsd.tables import Raw
    from schemas.xml import Element


def global_attribute(build: Build, name: str, raw: Raw) -> AttributeUse:
    """The global declaration called ``name``."""
    known = build.schema.attributes.get(name)
    if known is None:
        known = _use(build, raw, raw.node, name)
        build.schema.attributes[name] = known
    return known


def attribute_set(build: Build, raw: Raw, node: Element) -> Attributes:
    """What stands in a type, derivation or attribute group: uses, and the wildcard all of them allow together."""
    uses: dict[str, AttributeUse | None] = {}
    found: Wildcard | None = None
    own = child(node, "anyAttribute")
    if own is not None:
        found = wildcard(raw, own)
    for inner in children(node, "attribute"):
        name, use = _local(build, raw, inner)
        uses[name] = use
    for inner in children(node, "attributeGroup"):
        name, _ = build.global_raw("attributeGroup", raw, inner, inner.get("ref", ""))
        more, other = build.attribute_groups[name]
        build.budget.spend(1 + len(more), "schema")
        uses.update(more)
        found = _both(found, other)
    return uses, found


def _both(one: Wildcard | None, other: Wildcard | None) -> Wildcard | None:
    """Clause 3.4.2: the wildcards of attribute groups are intersected; the first says how it is processed."""
    if one is None or other is None:
        return one or other
    return Wildcard(one.namespaces & other.namespaces, one.process, one.where)


def either(one: Wildcard | None, other: Wildcard | None) -> Wildcard | None:
    """An extension's wildcard ``one`` and its base's together."""
    if one is None or other is None:
        return one or other
    return Wildcard(one.namespaces | other.namespaces, one.process, one.where)


def _local(build: Build, raw: Raw, node: Element) -> tuple[str, AttributeUse | None]:
    build.budget.spend(1, "schema")
    reference = node.get("ref")
    prohibited = node.get("use", "").strip() == "prohibited"
    if reference is not None:
        name, declared = build.global_raw("attribute", raw, node, reference)
        if prohibited:
            return name, None
        used = AttributeUse(name, ANY_SIMPLE, raw.document.where(node))
        build.later.append(lambda: _refer(build, global_attribute(build, name, declared), used))
        _settle(used, node)
        return name, used
    form = node.get("form") or raw.document.root.get("attributeFormDefault") or "unqualified"
    name = clark(raw.document.target if form.strip() == "qualified" else "", node.get("name", ""))
    return name, None if prohibited else _use(build, raw, node, name)


def _refer(build: Build, declared: AttributeUse, used: AttributeUse) -> None:
    """Take over the declaration's type and value, once it has them."""

    def take() -> None:
        used.type = declared.type
        if used.fixed is None and used.default is None:
            used.fixed, used.default = declared.fixed, declared.default

    build.later.append(take)


def _settle(use: AttributeUse, node: Element) -> None:
    use.required = node.get("use", "").strip() == "required"
    use.default, use.fixed = node.get("default"), node.get("fixed")


def _use(build: Build, raw: Raw, node: Element, name: str) -> AttributeUse:
    use = AttributeUse(name, ANY_SIMPLE, raw.document.where(node))
    _settle(use, node)
    build.later.append(lambda: _type(build, raw, node, use))
    return use


def _type(build: Build, raw: Raw, node: Element, use: AttributeUse) -> None:
    written, inline = node.get("type"), child(node, "simpleType")
    found: SimpleType = use.type
    if written is not None:
        found = build.simple(raw, node, written)
    elif inline is not None:
        found = simple_type(build, raw, inline, None)
    use.type = found
