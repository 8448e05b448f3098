"""What a schema's documents declare globally, by kind and name, before anything is built.

Promises: no name stands twice; a redefined component (XSD 1.0 part 1, clause 4.2.2) keeps its original under another
name that only its redefinition sees. Leaves out what the declarations say.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from registry.evolution.xsd.model import Where
from registry.evolution.xsd.names import clark, local_of
from registry.evolution.xsd.refuse import refuse
from registry.evolution.xsd.source import XS_, Document, Link

if TYPE_CHECKING:
    from schemas.xml import Element

_KINDS: Final = {
    f"{XS_}element": "element",
    f"{XS_}attribute": "attribute",
    f"{XS_}simpleType": "type",
    f"{XS_}complexType": "type",
    f"{XS_}group": "group",
    f"{XS_}attributeGroup": "attributeGroup",
}
Key = tuple[str, str]
"""Kind and Clark name."""


@dataclass(frozen=True, slots=True, eq=False)
class Raw:
    """A declaration as it stands in its document.

    Attributes:
        renamed: what a name means inside it, where that is not what it means elsewhere.
        said: the name documents know it by; None for the original of a redefinition.
    """

    node: Element
    document: Document
    said: str | None = None
    renamed: dict[Key, str] = field(default_factory=dict)

    def where(self) -> Where:
        """Its place."""
        return Where(self.node, self.document.name)

    def resolve(self, node: Element, kind: str, written: str) -> str:
        """The name of what ``written`` means at ``node``, inside this declaration."""
        name = self.document.resolve(node, written)
        return self.renamed.get((kind, name), name)


def tables_of(links: list[Link]) -> dict[Key, Raw]:
    """Every global declaration of the documents.

    Raises:
        SchemaError: a name is declared twice, or what is redefined does not exist.
    """
    found: dict[Key, Raw] = {}
    seen: set[tuple[int, str]] = set()
    for link in links:
        document = link.document
        if (id(document.root), document.target) not in seen:
            seen.add((id(document.root), document.target))
            _declare(found, document)
    for link in reversed(links):
        if link.redefine is not None and link.by is not None:
            _redefine(found, link.redefine, link.by)
    return found


def _declare(found: dict[Key, Raw], document: Document) -> None:
    for node in document.root.iterchildren(*_KINDS):
        name = clark(document.target, node.get("name", ""))
        key = (_KINDS[node.tag], name)
        if key in found:
            raise refuse("declared-twice", local_of(name), document.where(node))
        found[key] = Raw(node, document, name)


def _redefine(found: dict[Key, Raw], redefine: Element, by: Document) -> None:
    for node in redefine.iterchildren(*_KINDS):
        name = clark(by.target, node.get("name", ""))
        key = (_KINDS[node.tag], name)
        original = found.get(key)
        if original is None:
            raise refuse("name-unknown", local_of(name), by.where(node))
        hidden = (key[0], f"{name}\x00{len(found)}")
        found[hidden] = Raw(original.node, original.document, None, original.renamed)
        found[key] = Raw(node, by, name, {key: hidden[1]})
