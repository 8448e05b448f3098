"""Which subschemas of a schema speak of a part of a document. For people: what is decided does not rest on it.

Promises a bounded walk that never raises; where several subschemas speak of a part, those that name it come first.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from registry.evolution.budget import Budget, BudgetSpentError
from registry.evolution.json.dialect import Draft, children, judges_same_value
from registry.evolution.json.reading import Value
from registry.evolution.json.resources import Node, Resources
from registry.evolution.json.strings import language_of

_LOOKED_AT = 200
_STEPS = 20_000


class Speaking(NamedTuple):
    """The subschemas of a part.

    Attributes:
        nodes: those of the part itself, or of its nearest parent that anything speaks of.
        named: whether a ``properties`` or an index names the part.
        reached: whether any subschema speaks of the part itself.
    """

    nodes: tuple[Node, ...]
    named: bool
    reached: bool


def speaking_of(resources: Resources, path: list[str | int]) -> Speaking:
    """What speaks of the part of a document at ``path``."""
    root = resources.value
    nodes = _beside(resources, [resources.node(root)]) if isinstance(root, dict) else []
    named = True
    for step in path:
        below: list[Node] = []
        named = False
        for node in nodes:
            for name, schema in _below(node, step):
                if isinstance(schema, dict):
                    below.append(resources.node(schema))
                    named |= name
        if not below:
            return Speaking(tuple(nodes), named, reached=False)
        nodes = _beside(resources, below)
    return Speaking(tuple(nodes), named, reached=True)


def names_property(nodes: tuple[Node, ...], name: str) -> bool:
    """Whether one of them has the property among its ``properties``."""
    return any(name in _dict(node.schema.get("properties")) for node in nodes)


def _beside(resources: Resources, nodes: list[Node]) -> list[Node]:
    """With the subschemas that judge the same value."""
    found: dict[int, Node] = {}
    waiting = nodes[::-1]
    while waiting and len(found) < _LOOKED_AT:
        node = waiting.pop()
        if id(node.schema) in found:
            continue
        found[id(node.schema)] = node
        for _, target in resources.referred(node):
            if isinstance(target, dict):
                waiting.append(resources.node(target))
        for keyword, _, child in children(node.schema, node.draft):
            if judges_same_value(keyword) and keyword not in {"not", "if"} and isinstance(child, dict):
                waiting.append(resources.node(child))
    return list(found.values())


def _below(node: Node, step: str | int) -> Iterator[tuple[bool, Value]]:
    schema = node.schema
    if isinstance(step, int):
        yield from _items(node, step)
        return
    properties = _dict(schema.get("properties"))
    if step in properties:
        yield True, properties[step]
        return
    for pattern, inner in _dict(schema.get("patternProperties")).items():
        if _matches(pattern, step):
            yield False, inner
    for keyword in ("additionalProperties", "unevaluatedProperties"):
        yield False, schema.get(keyword)


def _items(node: Node, index: int) -> Iterator[tuple[bool, Value]]:
    schema = node.schema
    listed = schema.get("prefixItems" if node.draft >= Draft.D2020 else "items")
    if isinstance(listed, list):
        if index < len(listed):
            yield True, listed[index]
        else:
            yield False, schema.get("items" if node.draft >= Draft.D2020 else "additionalItems")
    else:
        yield False, schema.get("items")


def _matches(pattern: str, name: str) -> bool:
    try:
        language = language_of(pattern)
        return language is not None and language.accepts(name, Budget(_STEPS))
    except BudgetSpentError:
        return False


def _dict(value: Value) -> dict[str, Value]:
    return value if isinstance(value, dict) else {}
