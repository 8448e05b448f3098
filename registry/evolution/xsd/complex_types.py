"""Complex type definitions read from XML (XSD 1.0 part 1, clause 3.4.2).

Promises: extension and restriction are worked out, so that a type says all that it allows. Leaves out whether a
derivation is legal: the validator's own compiler refuses those that are not.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from registry.evolution.xsd.attributes import attribute_set, either
from registry.evolution.xsd.builtins import ANY_SIMPLE
from registry.evolution.xsd.model import ANY_TYPE, ComplexType, Group, Particle, SimpleType
from registry.evolution.xsd.particles import explicit, grouped
from registry.evolution.xsd.reading import child, flag, methods
from registry.evolution.xsd.refuse import refuse
from registry.evolution.xsd.simple_types import restricted, simple_type

if TYPE_CHECKING:
    from registry.evolution.xsd.build import Build
    from registry.evolution.xsd.model import Type
    from registry.evolution.xsd.tables import Raw
    from schemas.xml import Element


def complex_type(build: Build, raw: Raw, node: Element, name: str | None) -> ComplexType:
    """Build from a ``complexType`` element whose needs are built.

    Raises:
        SchemaError: it is none.
    """
    build.budget.spend(1, "schema")
    made = ComplexType(
        name,
        raw.document.where(node),
        ANY_TYPE,
        abstract=flag(node, "abstract"),
        block=methods(raw, node, "block", "blockDefault", "extension restriction"),
        mixed=flag(node, "mixed"),
    )
    content = child(node, "simpleContent", "complexContent")
    if content is None:
        made.content = explicit(build, raw, node)
        _attributes(build, raw, node, made)
        return made
    derivation = child(content, "extension", "restriction")
    if derivation is None:
        raise refuse("not-a-schema", "no derivation", raw.document.where(content))
    made.method = derivation.tag.rpartition("}")[2]
    made.base = build.type(raw, derivation, derivation.get("base", ""))
    if content.tag.endswith("}simpleContent"):
        made.mixed = False
        made.simple = _simple_content(build, raw, derivation, made.base)
    else:
        if content.get("mixed") is not None:
            made.mixed = flag(content, "mixed")
        _complex_content(build, raw, derivation, made)
    _attributes(build, raw, derivation, made)
    return made


def _simple_content(build: Build, raw: Raw, node: Element, base: Type) -> SimpleType:
    of_base = base if isinstance(base, SimpleType) else base.simple
    if node.tag.endswith("}extension"):
        return of_base or ANY_SIMPLE
    inline = child(node, "simpleType")
    if inline is not None:
        of_base = simple_type(build, raw, inline, None)
    return restricted(build, raw, node, of_base or ANY_SIMPLE)


def _complex_content(build: Build, raw: Raw, node: Element, made: ComplexType) -> None:
    own = explicit(build, raw, node)
    base = made.base
    if made.method == "restriction" or not isinstance(base, ComplexType):
        made.content = own
        return
    if own is None:
        made.content, made.mixed = base.content, base.mixed
    elif base.content is None:
        made.content = own
    else:
        made.content = grouped("sequence", [base.content, own], raw, node)
        build.budget.spend(_size(made.content), "schema")


def _size(content: Particle) -> int:
    return len(content.term.items) if isinstance(content.term, Group) else 1


def _attributes(build: Build, raw: Raw, node: Element, made: ComplexType) -> None:
    own, wildcard = attribute_set(build, raw, node)
    inherited = made.base.attributes if isinstance(made.base, ComplexType) else {}
    build.budget.spend(len(inherited) + len(own), "schema")
    uses = {**inherited, **own}
    made.attributes = {name: use for name, use in uses.items() if use is not None}
    made.any_attribute = wildcard
    if made.method == "extension" and isinstance(made.base, ComplexType):
        made.any_attribute = either(wildcard, made.base.any_attribute)
