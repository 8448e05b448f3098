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
from registry.evolution.xsd.model import ElementDecl, Group, Particle, Schema, Term, size_of
from registry.evolution.xsd.refuse import refuse
from registry.evolution.xsd.source import XS_
from schemas.xml import MAX_OCCURS, XmlError, XsdSchema, compile_xsd

if TYPE_CHECKING:
    from registry.evolution.xsd.source import Sources
    from schemas.xml import Element

MOST_EDGES: Final = 200_000
"""Pairs of elements that may follow one another in one content model: some 600 optional elements in a row."""
MOST_PARTICLES: Final = 100_000
"""Elements and wildcards of all content models, groups laid out."""
_INCLUDES: Final = (f"{XS_}include", f"{XS_}redefine")


def compiled(sources: Sources, schema: Schema) -> XsdSchema:
    """Compile.

    Raises:
        SchemaError: the compiler takes it for no schema, or would take too long.
    """
    _refuse_large(schema)
    names = {name: f"d{number}.xsd" for number, name in enumerate(sources.texts)}
    drivers = _drivers(sources, names)
    files = {names[name]: _file(sources, name, names, drivers) for name in sources.texts}
    files.update({path: content for path, content in drivers.values() if content})
    try:
        return compile_xsd(names[""], files)
    except XmlError as error:
        raise refuse("not-a-schema", error.rule, place=Place("", error.line or None)) from None


def _refuse_large(schema: Schema) -> None:
    edges = _Edges(schema)
    size = 0
    for found in schema.tops:
        if found.content is None:
            continue
        size += size_of(found.content)
        if size > MOST_PARTICLES or edges.of(found.content)[2] > MOST_EDGES:
            raise refuse("too-complex", "content model", found.where)


class _Edges:
    """How many names may come first, how many last, and how many pairs of them may follow one another."""

    def __init__(self, schema: Schema) -> None:
        self._schema: Final = schema
        self._known: dict[Group, tuple[int, int, int]] = {}

    def of(self, particle: Particle) -> tuple[int, int, int]:
        """The three of one particle."""
        first, last, edges = self._of_term(particle.term)
        return first, last, edges if particle.high == 1 else edges + first * last

    def _of_term(self, term: Term) -> tuple[int, int, int]:
        if isinstance(term, ElementDecl):
            names = len(self._schema.standing_for(term))
            return names, names, 0
        if not isinstance(term, Group):
            return 1, 1, 0
        if term not in self._known:
            self._known[term] = self._sequence(term) if term.kind == "sequence" else self._choice(term)
        return self._known[term]

    def _choice(self, term: Group) -> tuple[int, int, int]:
        parts = [self.of(item) for item in term.items]
        size = sum(part[0] for part in parts)
        # the compiler also compares the members of a choice with one another
        return size, sum(part[1] for part in parts), sum(part[2] for part in parts) + size * size // 20

    def _sequence(self, term: Group) -> tuple[int, int, int]:
        first, last, edges, open_start = 0, 0, 0, True
        for item in term.items:
            its_first, its_last, its_edges = self.of(item)
            edges += its_edges + last * its_first
            first += its_first if open_start else 0
            open_start = open_start and item.nullable
            last = its_last + (last if item.nullable else 0)
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
    for node in list(root.iterchildren(*_INCLUDES)):
        if node.get("schemaLocation", "").strip() == name:
            root.remove(node)  # libxml2 takes no document that includes itself; it says nothing
            continue
        node.set("schemaLocation", names[node.get("schemaLocation", "").strip()])
    for node in root.iterchildren(f"{XS_}import"):
        driver = drivers.get(node.get("namespace") or "")
        if driver is not None:
            node.set("schemaLocation", driver[0])
    for node in root.iter(f"{XS_}*"):
        for attribute in _over(node):
            node.set(attribute, str(MAX_OCCURS))
    return etree.tostring(root, encoding="utf-8")


def _over(node: Element) -> list[str]:
    """Its counts that are larger than the compiler is given."""
    found = [(attribute, node.get(attribute, "").strip()) for attribute in ("minOccurs", "maxOccurs")]
    return [attribute for attribute, text in found if text.isdigit() and int(text[-18:]) > MAX_OCCURS]
