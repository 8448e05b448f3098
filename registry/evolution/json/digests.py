"""Digests by which subschemas that say the same are known, in whichever schema they stand.

Promises that equal digests mean equal conditions: a digest covers every keyword but annotations, the draft, and what
references lead to, directly or not. The reverse is not promised: two ways of saying the same may differ.
"""

from __future__ import annotations

from hashlib import blake2b
from typing import Final

from registry.evolution.json.dialect import children
from registry.evolution.json.reading import written
from registry.evolution.json.resources import Node, Resources

_ANNOTATIONS: Final = frozenset(
    {
        "$comment",
        "$defs",
        "$schema",
        "contentSchema",
        "definitions",
        "deprecated",
        "description",
        "examples",
        "readOnly",
        "title",
        "writeOnly",
    }
)
_DYNAMIC: Final = ("$dynamicRef", "$recursiveRef")
_FOLLOWED: Final = 64
"""Referring subschemas that a digest looks into one by one; with more of them it names all documents instead."""
_FOLLOWED_IN_ALL: Final = 10_000


class Digests:
    """Digests of the subschemas of one schema with its references."""

    def __init__(self, resources: Resources) -> None:
        self._resources: Final = resources
        self._own: dict[int, tuple[bytes, tuple[Node, ...]]] = {}
        self._whole: dict[int, bytes] = {}
        self._spent = 0
        self._everything: bytes | None = None

    def of(self, node: Node) -> bytes:
        """The digest of a subschema."""
        number = id(node.schema)
        found = self._whole.get(number)
        if found is None:
            own, referring = self._text(node)
            found = self._whole[number] = self._closed(node, own, referring) if referring else own
        return found

    def _text(self, node: Node) -> tuple[bytes, tuple[Node, ...]]:
        """The digest of what stands in it, and the subschemas in it that refer elsewhere (one too many, or all)."""
        number = id(node.schema)
        found = self._own.get(number)
        if found is not None:
            return found
        inner: dict[str, list[str]] = {}
        referring: dict[int, Node] = {}
        for keyword, step, child in children(node.schema, node.draft):
            if keyword in _ANNOTATIONS:
                continue
            digest = str(child)
            if isinstance(child, dict):
                own, below = self._text(self._resources.node(child))
                digest = own.hex()
                if len(referring) <= _FOLLOWED:
                    referring.update((id(one.schema), one) for one in below)
            inner.setdefault(keyword, []).append(f"{step!r}:{digest}")
        if "$ref" in node.schema or any(keyword in node.schema for keyword in _DYNAMIC):
            referring[number] = node
        said = [str(node.draft.value)]
        for keyword in sorted(node.schema):
            if keyword in inner:
                said.append(f"{keyword}={sorted(inner[keyword])}{_lists(node, keyword)}")
            elif keyword not in _ANNOTATIONS:
                said.append(f"{keyword}={written(node.schema[keyword])}")
        found = self._own[number] = _digest("\0".join(said)), tuple(referring.values())
        return found

    def _closed(self, node: Node, own: bytes, referring: tuple[Node, ...]) -> bytes:
        """With everything that references lead to."""
        said = set[str]()
        waiting, seen = list(referring), {id(one.schema) for one in referring}
        while waiting:
            source = waiting.pop()
            self._spent += 1
            if (
                len(seen) > _FOLLOWED
                or self._spent > _FOLLOWED_IN_ALL
                or any(keyword in source.schema for keyword in _DYNAMIC)
            ):
                return _digest(f"{self._all()}\0{node.document}\0{node.path}")
            reference = source.schema["$ref"]
            target = self._resources.target(source, str(reference))
            line = f"{source.base}\0{reference}\0{target is True}"
            if isinstance(target, dict):
                there = self._resources.node(target)
                digest, below = self._text(there)
                line = f"{source.base}\0{reference}\0{there.base}\0{digest.hex()}"
                waiting.extend(one for one in below if id(one.schema) not in seen)
                seen.update(id(one.schema) for one in below)
            said.add(line)
        return _digest("\0\0".join([node.base, own.hex(), *sorted(said)]))

    def _all(self) -> str:
        if self._everything is None:
            self._everything = _digest(
                "\0".join(f"{name}\0{text}" for name, text in sorted(self._resources.texts.items()))
            )
        return self._everything.hex()


def _lists(node: Node, keyword: str) -> str:
    """What a keyword of named subschemas holds beside them: lists of names in ``dependencies``."""
    value = node.schema[keyword]
    if keyword != "dependencies" or not isinstance(value, dict):
        return ""
    return written({name: names for name, names in value.items() if isinstance(names, list)})


def _digest(text: str) -> bytes:
    return blake2b(text.encode(), digest_size=16).digest()
