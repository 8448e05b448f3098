"""The validator of the bus (libxml2) compiles the schema too: it checks what we do not, and confirms witnesses later.

Promises: only schemas that our own reading took, and whose content models are small enough for that compiler (it takes
time with the cube of a run of optional elements), reach it; references lead to the documents in hand; counts over
``schemas.xml.MAX_OCCURS`` are lowered to it, which changes nothing for a document with fewer children than that.
Leaves out judging documents.
"""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Final

from lxml import etree

from registry.evolution.verdict import Place
from registry.evolution.xsd.model import ElementDecl, Group, Particle, Schema
from registry.evolution.xsd.refuse import refuse
from registry.evolution.xsd.source import XS_
from schemas.xml import MAX_OCCURS, XmlError, XsdSchema, compile_xsd

if TYPE_CHECKING:
    from registry.evolution.xsd.source import Sources
    from schemas.xml import Element

MOST_EDGES: Final = 200_000
"""Pairs of elements that may follow one another in one content model: some 600 optional elements in a row."""
_INCLUDES: Final = (f"{XS_}include", f"{XS_}redefine")


def compiled(sources: Sources, schema: Schema) -> XsdSchema:
    """Compile.

    Raises:
        SchemaError: the compiler takes it for no schema, or would take too long.
    """
    for found in schema.tops:
        if found.content is not None and _edges(schema, found.content)[2] > MOST_EDGES:
            raise refuse("too-complex", "content model", found.where)
    names = {name: f"d{number}.xsd" for number, name in enumerate(sources.texts)}
    drivers = _drivers(sources, names)
    files = {names[name]: _file(sources, name, names, drivers) for name in sources.texts}
    files.update({path: content for path, content in drivers.values() if content})
    try:
        return compile_xsd(names[""], files)
    except XmlError as error:
        raise refuse("not-a-schema", error.rule, place=Place("", error.line or None)) from None


def _edges(schema: Schema, particle: Particle) -> tuple[int, int, int]:
    """How many names may come first, how many last, and how many pairs of them may follow one another."""
    first, last, edges = _of_term(schema, particle.term)
    if particle.high != 1:
        edges += first * last
    return first, last, edges


def _of_term(schema: Schema, term: object) -> tuple[int, int, int]:
    if isinstance(term, ElementDecl):
        names = len(schema.standing_for(term))
        return names, names, 0
    if not isinstance(term, Group):
        return 1, 1, 0
    parts = [(_edges(schema, item), item.nullable) for item in term.items]
    if term.kind != "sequence":
        size = sum(part[0] for part, _ in parts)
        # the compiler also compares the members of a choice with one another
        return size, sum(part[1] for part, _ in parts), sum(part[2] for part, _ in parts) + size * size // 20
    first, last, edges, open_start = 0, 0, 0, True
    for (its_first, its_last, its_edges), nullable in parts:
        edges += its_edges + last * its_first
        first += its_first if open_start else 0
        open_start = open_start and nullable
        last = its_last + (last if nullable else 0)
    return first, last, edges


def _drivers(sources: Sources, names: dict[str, str]) -> dict[str, tuple[str, bytes]]:
    """Namespace → the file to import for it. libxml2 heeds one import per namespace, so several become one."""
    imported: dict[str, list[str]] = {}
    for name in sources.texts:
        for node in sources.root(name).iterchildren(f"{XS_}import"):
            location = (node.get("schemaLocation") or "").strip()
            known = imported.setdefault(node.get("namespace") or "", [])
            if location and location not in known:
                known.append(location)
    found: dict[str, tuple[str, bytes]] = {}
    for number, (namespace, locations) in enumerate(imported.items()):
        if len(locations) == 1:
            found[namespace] = (names[locations[0]], b"")
        elif locations:
            found[namespace] = (f"n{number}.xsd", _driver(namespace, [names[location] for location in locations]))
    return found


def _driver(namespace: str, files: list[str]) -> bytes:
    root = etree.Element(f"{XS_}schema")
    if namespace:
        root.set("targetNamespace", namespace)
    for file in files:
        etree.SubElement(root, f"{XS_}include", schemaLocation=file)
    return etree.tostring(root)


def _file(sources: Sources, name: str, names: dict[str, str], drivers: dict[str, tuple[str, bytes]]) -> bytes:
    root = sources.root(name)
    references = next(root.iterchildren(f"{XS_}import", *_INCLUDES), None)
    if references is None and not any(_over(node) for node in root.iter(f"{XS_}*")):
        return sources.texts[name].encode()
    root = copy.deepcopy(root)
    for node in root.iterchildren(*_INCLUDES):
        node.set("schemaLocation", names[node.get("schemaLocation", "").strip()])
    for node in root.iterchildren(f"{XS_}import"):
        driver = drivers.get(node.get("namespace") or "")
        if driver is not None:
            node.set("schemaLocation", driver[0])
    for node in root.iter(f"{XS_}*"):
        for attribute in _over(node):
            node.set(attribute, str(MAX_OCCURS))
    return etree.tostring(root)


def _over(node: Element) -> list[str]:
    """Its counts that are larger than the compiler is given."""
    found = [(attribute, node.get(attribute, "").strip()) for attribute in ("minOccurs", "maxOccurs")]
    return [attribute for attribute, text in found if text.isdigit() and int(text[-18:]) > MAX_OCCURS]
