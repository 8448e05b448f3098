"""In which order global declarations are built: what a declaration needs comes first.

Promises: no recursion however long the chains; a type that is its own base, or a group that holds itself other than
through an element, is refused (XSD 1.0 part 1, clauses 3.4.6 and 3.8.6). Leaves out elements: they are built once all
types are known, since types are recursive through them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from registry.evolution.xsd.builtins import BUILTIN
from registry.evolution.xsd.model import ANY_TYPE
from registry.evolution.xsd.names import local_of
from registry.evolution.xsd.refuse import refuse
from registry.evolution.xsd.source import XS_

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from registry.evolution.xsd.tables import Key, Raw
    from schemas.xml import Element

DEEPEST: Final = 60
"""Longest chain of bases, groups and attribute groups, and deepest content model."""
_LATER: Final = frozenset({f"{XS_}element", f"{XS_}attribute", f"{XS_}annotation"})
_REFERENCES: Final = {f"{XS_}group": "group", f"{XS_}attributeGroup": "attributeGroup"}


def needs(raw: Raw, node: Element) -> Iterator[tuple[Key, Element]]:
    """What must be built before ``node`` can be, and where it says so."""
    todo = [node]
    while todo:
        here = todo.pop()
        kind = _REFERENCES.get(here.tag)
        reference = here.get("ref")
        if kind is not None and reference is not None:
            yield (kind, raw.resolve(here, kind, reference)), here
        for attribute in ("base", "itemType", "memberTypes"):
            for word in here.get(attribute, "").split():
                name = raw.resolve(here, "type", word)
                if name not in BUILTIN and name != ANY_TYPE.name:
                    yield ("type", name), here
        todo.extend(child for child in here.iterchildren("*") if child.tag not in _LATER)


class Order:
    """Visits declarations, each once, after all it needs."""

    def __init__(self, declared: Mapping[Key, Raw]) -> None:
        self._declared: Final = declared
        self._depth: dict[Key, int] = {}

    def depth(self, raw: Raw, node: Element) -> int:
        """How long the chain below something local is, once its needs are visited."""
        return 1 + max((self._depth.get(key, 0) for key, _ in needs(raw, node)), default=0)

    def visit(self, key: Key) -> Iterator[Key]:
        """Give ``key`` and what it needs and was not given before, needs first.

        Raises:
            SchemaError: something is unknown, circular or too deep.
        """
        if key in self._depth:
            return
        stack: list[tuple[Key, Iterator[tuple[Key, Element]]]] = [(key, self._needs(key))]
        under_way = {key}
        while stack:
            here, rest = stack[-1]
            found = next(rest, None)
            if found is None:
                self._close(here)
                under_way.discard(here)
                stack.pop()
                yield here
                continue
            wanted, node = found
            if wanted in under_way:
                raise refuse(
                    "circular", local_of(wanted[1]).partition("\0")[0], self._declared[here].document.where(node)
                )
            if wanted in self._depth:
                continue
            if wanted not in self._declared:
                raise refuse("name-unknown", local_of(wanted[1]), self._declared[here].document.where(node))
            under_way.add(wanted)
            stack.append((wanted, self._needs(wanted)))

    def _needs(self, key: Key) -> Iterator[tuple[Key, Element]]:
        raw = self._declared[key]
        return needs(raw, raw.node)

    def _close(self, key: Key) -> None:
        raw = self._declared[key]
        self._depth[key] = self.depth(raw, raw.node)
        if self._depth[key] > DEEPEST:
            raise refuse("too-deep", local_of(key[1]), raw.where())
