"""How often a plain validator would look at subschemas: schemas and documents that would keep one busy for ever.

Promises bounds from above, found in time that grows with the schema and the document and not with the bound. Validators
may remember nothing: a subschema that is reached by two ways is looked at twice, and so on by every way.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from typing import Final, Protocol, TypeVar

from registry.evolution.json.dialect import children, judges_same_value
from registry.evolution.json.reading import Value
from registry.evolution.json.resources import Node, Resources
from registry.evolution.port import SchemaError
from registry.model import Text

LOOKS: Final = 1_000_000
"""Looks at subschemas that a schema may cost for one value, and a document for all its values."""
Key = TypeVar("Key", bound=Hashable)
_Visit = tuple[int, int]
"""A subschema and a part of the document, by identity."""


class _Following(Protocol[Key]):
    def __call__(self, key: Key, /) -> Iterator[Key]: ...


def refuse_costly(resources: Resources) -> None:
    """Raise where one value alone would be judged too often.

    Raises:
        SchemaError: ``too-costly``.
    """
    known: dict[int, int] = {}
    nodes = {id(node.schema): node for node in resources.nodes()}

    def following(number: int) -> Iterator[int]:
        return (id(other.schema) for other in beside(resources, nodes[number]))

    for number, node in nodes.items():
        if _count(number, following, known) > LOOKS:
            said = Text(
                vi="Các nhánh lồng nhau của lược đồ bắt bộ kiểm tra xét quá nhiều trường hợp.",
                en="The schema's nested branches make a validator look at too many cases.",
            )
            raise SchemaError("too-costly", said, node.place)


def looks(resources: Resources, document: Value) -> int:
    """How often subschemas are looked at to judge a document; some number over ``LOOKS`` where that is often."""
    if not isinstance(resources.value, dict):
        return 1
    # Parts are held on to, so that their identities stay theirs.
    parts: dict[int, Value] = {id(document): document}
    nodes: dict[int, Node] = {}

    def visit(node: Node, part: Value) -> _Visit:
        nodes[id(node.schema)], parts[id(part)] = node, part
        return id(node.schema), id(part)

    def following(key: _Visit) -> Iterator[_Visit]:
        node, part = nodes[key[0]], parts[key[1]]
        for other in beside(resources, node):
            yield visit(other, part)
        for keyword, step, child in children(node.schema, node.draft):
            if isinstance(child, dict) and not judges_same_value(keyword):
                for inner in _parts(keyword, step, part):
                    yield visit(resources.node(child), inner)

    return _count(visit(resources.node(resources.value), document), following, {})


def beside(resources: Resources, node: Node) -> Iterator[Node]:
    """Subschemas that judge the same value, each as often as it is written."""
    for target in resources.possible(node):
        yield resources.node(target)
    if resources.hides_others(node):
        return
    for keyword, _, child in children(node.schema, node.draft):
        if judges_same_value(keyword) and isinstance(child, dict):
            yield resources.node(child)


def _parts(keyword: str, step: str | int | None, part: Value) -> Iterator[Value]:
    if isinstance(part, dict):
        if keyword == "properties":
            yield from (part[name] for name in [step] if isinstance(name, str) and name in part)
        elif keyword in {"patternProperties", "additionalProperties", "unevaluatedProperties"}:
            yield from part.values()
        elif keyword == "propertyNames":
            yield from part
    elif isinstance(part, list):
        if isinstance(step, int):
            yield from part[step : step + 1]
        elif keyword in {"items", "additionalItems", "unevaluatedItems", "contains"}:
            yield from part


def _count(root: Key, following: _Following[Key], known: dict[Key, int]) -> int:
    """One for the root and what its followers count, ways counted apart; there are no cycles."""
    open_: list[tuple[Key, list[Key], int]] = [(root, list(following(root)), 1)] if root not in known else []
    while open_:
        key, waiting, total = open_.pop()
        while waiting and waiting[-1] in known and total <= LOOKS:
            total += known[waiting.pop()]
        if waiting and total <= LOOKS:
            open_.append((key, waiting, total))
            open_.append((waiting[-1], list(following(waiting[-1])), 1))
        else:
            known[key] = total
    return known[root]
