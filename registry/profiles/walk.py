"""The bound places of a schema, in the order of its file.

Promises one row per place and term; a recursive definition is walked once per path. Leaves out values.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, TypeGuard

from registry.profiles.model import Field
from registry.shapes import TERM, Object

if TYPE_CHECKING:
    from collections.abc import Iterator

    from registry.authored.schema_files import ParsedSchema

_DEFS: Final = "#/$defs/"


def fields_of(schema: ParsedSchema) -> tuple[Field, ...]:
    """Every place that holds a value, with its term."""
    if schema.document is None:
        return tuple(Field(path, term, None) for path, term in schema.fields.items())
    defs = schema.document.get("$defs")
    walk = _Walk(defs if _is_object(defs) else {})
    return tuple(walk.node(schema.document, "", frozenset(), required=True))


class _Walk:
    def __init__(self, defs: Object) -> None:
        self.defs = defs

    def node(self, node: object, path: str, inside: frozenset[str], *, required: bool) -> Iterator[Field]:
        """Rows at and below a node; ``inside`` names the definitions that lead to it."""
        if not _is_object(node):
            return
        if isinstance(term := node.get(TERM), str):
            yield Field(path, term, required)
            return
        name = str(node.get("$ref", "")).removeprefix(_DEFS)
        if name in self.defs and name not in inside:
            yield from self.node(self.defs[name], path, inside | {name}, required=required)
        if _is_object(properties := node.get("properties")):
            wanted = node.get("required", [])
            needed = frozenset(wanted) if isinstance(wanted, list) else frozenset[str]()
            for key, child in properties.items():
                yield from self.node(child, f"{path}/{key}", inside, required=key in needed)
        if "items" in node:
            yield from self.node(node["items"], f"{path}/*", inside, required=required)


def _is_object(value: object) -> TypeGuard[Object]:
    return isinstance(value, dict)
