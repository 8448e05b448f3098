"""What changes the meaning of documents and not whether they are accepted: said beside "compatible".

Promises to look at subschemas that stand at the same place in both schemas, and at keywords that readers act on: a
``default`` that they fill in, an encoding that they undo. Source: JSON Schema Validation 2020-12 §8 and §9.2.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from registry.evolution.json.findings import kebab
from registry.evolution.json.reading import written
from registry.evolution.json.resources import Resources
from registry.evolution.json.texts import CHANGED
from registry.evolution.verdict import Finding
from registry.model import Text

if TYPE_CHECKING:
    from registry.evolution.json.format import JsonSchema

_SHOWN: Final = 20
_ACTED_ON: Final = ("default", "contentEncoding", "contentMediaType")
Spot = tuple[str, tuple[str | int, ...]]
Acted = dict[Spot, dict[str, str]]
"""Document and path of each subschema → the keywords of this kind in it, as they are written."""


def acted_on(resources: Resources) -> Acted:
    """What readers act on in a schema."""
    return {
        (node.document, node.path): {
            keyword: written(node.schema[keyword]) for keyword in _ACTED_ON if keyword in node.schema
        }
        for node in resources.nodes()
    }


def cautions(writer: JsonSchema, reader: JsonSchema) -> tuple[Finding, ...]:
    """What the writer says and the reader says otherwise or not, where both schemas have a subschema."""
    found: list[Finding] = []
    for (document, path), mine in writer.acted_on.items():
        theirs = reader.acted_on.get((document, path), mine)
        for keyword, said_here in mine.items() if mine != theirs else ():
            if theirs.get(keyword) != said_here and len(found) < _SHOWN:
                here = writer.place(document, (*path, keyword))
                there = reader.place(document, (*path, keyword) if keyword in theirs else path)
                said, mend = (
                    Text(vi=text.vi.format(keyword=keyword), en=text.en.format(keyword=keyword)) for text in CHANGED
                )
                found.append(Finding(f"{kebab(keyword)}-changed", here, there, said, mend))
    return tuple(sorted(found, key=lambda one: (one.writer.document, one.writer.pointer)))
