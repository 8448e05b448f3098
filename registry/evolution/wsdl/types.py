"""The embedded schemas of a description as one XML Schema that stands alone.

Promises: an embedded schema that imports another by its namespace alone finds it; of the global elements only those
that are asked for, or that another part names, remain, unless a wildcard might need the others.
Leaves out schemas that a description does not embed but names by location: they come from the references as they are.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from lxml import etree

from registry.evolution.verdict import Place
from registry.evolution.wsdl.model import XS
from registry.evolution.wsdl.refusals import place_of
from schemas.xml import XmlError, XmlLimits, parse

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from registry.evolution.wsdl.model import Description
    from schemas.xml import Element

_X: Final = f"{{{XS}}}"
_LIMITS: Final = XmlLimits(max_bytes=32 << 20)
"""Of what has passed the door once already; written again it may be longer."""
_PREFIX: Final = "types-"
_OURS: Final = "urn:lienthong:wsdl:types"


def joined(
    schemas: Iterable[Element], references: Mapping[str, str], roots: frozenset[str] | None
) -> tuple[str, dict[str, str]]:
    """A schema that imports all the embedded ones, and their texts by name.

    Args:
        schemas: the embedded schemas.
        references: the documents that they may refer to.
        roots: elements that documents begin with, as ``{namespace}local``; None: all.
    """
    # written and read again: a copy in memory would lose prefixes that only values use
    copies = [parse(etree.tostring(schema, encoding="utf-8", with_tail=False), _LIMITS) for schema in schemas]
    if roots is not None and not _has_wildcards([*copies, *_read(references)]):
        _prune(copies, roots)
    by_namespace: dict[str, list[int]] = {}
    for number, schema in enumerate(copies):
        by_namespace.setdefault(schema.get("targetNamespace", ""), []).append(number)
    places = {namespace: _place(numbers) for namespace, numbers in by_namespace.items()}
    texts = {
        places[namespace]: _together(namespace, numbers)
        for namespace, numbers in by_namespace.items()
        if len(numbers) > 1
    }
    for number, schema in enumerate(copies):
        for node in schema.iterchildren(f"{_X}import"):
            wanted = node.get("namespace", "")
            if node.get("schemaLocation") is None and wanted in places:
                node.set("schemaLocation", places[wanted])
        texts[_name(number)] = etree.tostring(schema, encoding="unicode", with_tail=False)
    return _main(places), texts


def place_in(description: Description, place: Place) -> Place:
    """Where something in the text of an embedded schema stands in the description."""
    number = place.document.removeprefix(_PREFIX)
    if not place.document.startswith(_PREFIX) or not number.isdigit() or int(number) > len(description.types):
        return place
    schema = description.types[int(number) - 1]
    around = place_of(schema, description.types_in[int(number) - 1])
    line = None if around.line is None else around.line + (place.line or 1) - 1
    return Place(around.pointer + _below(place.pointer), line, around.document)


def _below(pointer: str) -> str:
    """A path without its first step, which is the schema itself."""
    at = pointer.find("/", 1)
    return "" if at < 0 else pointer[at:]


def _read(references: Mapping[str, str]) -> Iterator[Element]:
    """The documents among the references that are XML."""
    for text in references.values():
        try:
            yield parse(text.encode(), _LIMITS)
        except XmlError:
            continue


def _has_wildcards(schemas: Iterable[Element]) -> bool:
    """Whether some element may hold any other: ``xs:any``, ``xs:anyType``, or no type at all."""
    for schema in schemas:
        for node in schema.iter(f"{_X}any", f"{_X}element", f"{_X}extension", f"{_X}restriction"):
            if node.tag == f"{_X}any" or "anyType" in (node.get("type") or node.get("base") or ""):
                return True
            is_typed = any(node.get(name) is not None for name in ("type", "ref", "substitutionGroup"))
            is_typed = is_typed or any(node.find(f"{_X}{kind}") is not None for kind in ("complexType", "simpleType"))
            if node.tag == f"{_X}element" and not is_typed:
                return True
    return False


def _prune(schemas: list[Element], roots: frozenset[str]) -> None:
    """Take out the global elements that no document begins with and that nothing names."""
    named = {
        (node.get(attribute) or "").rpartition(":")[2].strip()
        for schema in schemas
        for node in schema.iter(f"{_X}element")
        for attribute in ("ref", "substitutionGroup")
    }
    for schema in schemas:
        namespace = schema.get("targetNamespace", "")
        for node in list(schema.iterchildren(f"{_X}element")):
            name = node.get("name", "")
            if f"{{{namespace}}}{name}" not in roots and name not in named and node.get("substitutionGroup") is None:
                schema.remove(node)


def _name(number: int) -> str:
    return f"{_PREFIX}{number + 1}"


def _place(numbers: list[int]) -> str:
    return _name(numbers[0]) if len(numbers) == 1 else f"{_name(numbers[0])}-together"


def _together(namespace: str, numbers: list[int]) -> str:
    """Several embedded schemas of one namespace."""
    schema = etree.Element(f"{_X}schema", nsmap={"xs": XS})
    if namespace:
        schema.set("targetNamespace", namespace)
    for number in numbers:
        etree.SubElement(schema, f"{_X}include", schemaLocation=_name(number))
    return etree.tostring(schema, encoding="unicode")


def _main(places: Mapping[str, str]) -> str:
    schema = etree.Element(f"{_X}schema", nsmap={"xs": XS}, targetNamespace=_OURS)
    for namespace, place in sorted(places.items()):
        node = etree.SubElement(schema, f"{_X}import", schemaLocation=place)
        if namespace:
            node.set("namespace", namespace)
    return etree.tostring(schema, encoding="unicode")
