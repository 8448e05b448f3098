"""Schemas that judge a value by way of themselves, such as ``{"$ref": "#"}``: no document has a verdict under them."""

from __future__ import annotations

from collections.abc import Iterator

from registry.evolution.json.costs import beside
from registry.evolution.json.resources import Node, Resources
from registry.evolution.port import SchemaError
from registry.model import Text


def refuse_loops(resources: Resources) -> None:
    """Raise where a subschema judges a value by way of itself.

    Raises:
        SchemaError: ``reference-cycle``.
    """
    done: set[int] = set()
    for root in resources.nodes():
        if id(root.schema) in done:
            continue
        under_way = {id(root.schema)}
        path: list[tuple[Node, Iterator[Node]]] = [(root, beside(resources, root))]
        while path:
            node, following = path[-1]
            other = next(following, None)
            if other is None:
                path.pop()
                under_way.discard(id(node.schema))
                done.add(id(node.schema))
            elif id(other.schema) in under_way:
                said = Text(
                    vi="Lược đồ tham chiếu tới chính nó mà không đi vào phần nào của tài liệu.",
                    en="The schema refers to itself without going into any part of the document.",
                )
                raise SchemaError("reference-cycle", said, node.place)
            elif id(other.schema) not in done:
                under_way.add(id(other.schema))
                path.append((other, beside(resources, other)))
