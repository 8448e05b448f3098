"""Element declarations read from XML (XSD 1.0 part 1, clauses 3.3 and 3.11).

Promises: a declaration exists as soon as it is named and gets its type later, so that types may be recursive.
Leaves out which declarations may stand for others (``registry.evolution.xsd.substitution``).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from registry.evolution.xsd.identities import identities
from registry.evolution.xsd.model import ANY_TYPE, ElementDecl, Type
from registry.evolution.xsd.names import clark, local_of
from registry.evolution.xsd.reading import child, flag, methods
from registry.evolution.xsd.refuse import refuse
from registry.evolution.xsd.simple_types import simple_type

if TYPE_CHECKING:
    from registry.evolution.xsd.build import Build
    from registry.evolution.xsd.tables import Raw
    from schemas.xml import Element

_BLOCKED: Final = "extension restriction substitution"


def particle_element(build: Build, raw: Raw, node: Element) -> ElementDecl:
    """The declaration that an ``element`` in a content model means: the global one it names, or its own."""
    reference = node.get("ref")
    if reference is not None:
        return global_element(build, *build.global_raw("element", raw, node, reference))
    form = node.get("form") or raw.document.root.get("elementFormDefault") or "unqualified"
    namespace = raw.document.target if form.strip() == "qualified" else ""
    return _declared(build, raw, node, clark(namespace, node.get("name", "")))


def global_element(build: Build, name: str, raw: Raw) -> ElementDecl:
    """The global declaration called ``name``."""
    known = build.schema.elements.get(name)
    if known is not None:
        return known
    found = _declared(build, raw, raw.node, name)
    found.is_global = True
    build.schema.elements[name] = found
    head = raw.node.get("substitutionGroup")
    if head is not None:
        found.head = build.global_raw("element", raw, raw.node, head)[0]
    return found


def _declared(build: Build, raw: Raw, node: Element, name: str) -> ElementDecl:
    build.budget.spend(1, "schema")
    found = ElementDecl(
        name,
        raw.document.where(node),
        nillable=flag(node, "nillable"),
        default=node.get("default"),
        fixed=node.get("fixed"),
        abstract=flag(node, "abstract"),
        block=methods(raw, node, "block", "blockDefault", _BLOCKED),
    )
    build.declarations.append(found)
    build.later.append(lambda: _complete(build, raw, node, found))
    return found


def _complete(build: Build, raw: Raw, node: Element, found: ElementDecl) -> None:
    found.identities = identities(build, raw, node)
    written = node.get("type")
    if written is not None:
        found.type = build.type(raw, node, written)
        return
    inline = child(node, "simpleType", "complexType")
    if inline is None:
        inherited = _head_type(build, raw, node)
        if inherited is None:
            build.later.append(lambda: _complete(build, raw, node, found))
        else:
            found.type = inherited
    elif inline.tag.endswith("}simpleType"):
        found.type = simple_type(build, raw, inline, None)
    else:
        found.type = build.complex_type(build, raw, inline, None)


def _head_type(build: Build, raw: Raw, node: Element) -> Type | None:
    """An element without a type has that of the head it may substitute, and any type without one.

    None while the head, whose anonymous type it is, waits for it itself.
    """
    seen: set[str] = set()
    while True:
        head = node.get("substitutionGroup")
        if head is None:
            return ANY_TYPE
        name, raw = build.global_raw("element", raw, node, head)
        if name in seen:
            raise refuse("circular", local_of(name), raw.where())
        seen.add(name)
        build.budget.spend(1, "schema")
        node = raw.node
        written = node.get("type")
        if written is not None:
            return build.type(raw, node, written)
        if child(node, "simpleType", "complexType") is not None:
            return getattr(global_element(build, name, raw), "type", None)
