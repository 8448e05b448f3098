"""Walks the tree of a TOML or JSON file and notes where each key and value stands.

Promises: any tree is walked, that of a broken file too; nothing here recurses. Leaves out: whether the file is valid
(`schemas.syntax`) and what its values are.
"""

import json
import tomllib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, Literal, NamedTuple, TypeAlias

from tree_sitter import Node

Syntax: TypeAlias = Literal["toml", "json"]
Path: TypeAlias = tuple[str | int, ...]

MAX_DEPTH: Final = 64
"""Deeper nesting than this is refused: no authored file needs it, and recursion in readers ends somewhere."""


class Place(NamedTuple):
    """A place in a text: line and column, both from 1, the column in characters."""

    line: int
    column: int


@dataclass(slots=True)
class Index:
    """What a walk has noted: places by path, repeated members, the first key that is too deep."""

    lines: Sequence[bytes]
    values: dict[Path, Place] = field(default_factory=lambda: {(): Place(1, 1)})
    keys: dict[Path, Place] = field(default_factory=dict)
    repeated: list[Place] = field(default_factory=list)
    too_deep: Place | None = None

    def place(self, node: Node) -> Place:
        """The place where a node begins."""
        row, offset = node.start_point
        line = self.lines[row] if row < len(self.lines) else b""
        return Place(row + 1, len(line[:offset].decode("utf-8", "replace")) + 1)

    def put(self, path: Path, key: Node, value: Node) -> None:
        """Note a key and its value; what was noted first stays."""
        self.keys.setdefault(path, self.place(key))
        self.values.setdefault(path, self.place(value))


# JSON


def _walk_json(index: Index, root: Node) -> None:
    waiting: list[tuple[Path, Node]] = [((), child) for child in root.named_children]
    while waiting:
        path, node = waiting.pop()
        if len(path) > MAX_DEPTH:
            index.too_deep = index.place(node)
            return
        for step, key, value in _json_children(node):
            inner = (*path, step)
            if isinstance(step, str) and inner in index.keys:
                index.repeated.append(index.place(key))
            index.put(inner, key, value)
            waiting.append((inner, value))


def _json_children(node: Node) -> Iterator[tuple[str | int, Node, Node]]:
    if node.type == "object":
        for pair in node.named_children:
            key, value = pair.child_by_field_name("key"), pair.child_by_field_name("value")
            if key is not None and value is not None:
                yield _json_key(key), key, value
    elif node.type == "array":
        for number, item in enumerate(_items(node)):
            yield number, item, item


def _json_key(node: Node) -> str:
    text = _text(node)
    try:
        return str(json.loads(text))
    except ValueError:
        return text.strip('"')


def _items(node: Node) -> list[Node]:
    return [child for child in node.named_children if child.type != "comment" and not child.is_error]


def _text(node: Node) -> str:
    return (node.text or b"").decode("utf-8", "replace")


# TOML


def _walk_toml(index: Index, root: Node) -> None:
    counts: dict[Path, int] = {}
    for node in root.named_children:
        if node.type == "pair":
            _put_pair(index, (), node)
        elif node.type in {"table", "table_array_element"} and node.named_children:
            base = _put_header(index, counts, node)
            for pair in node.named_children[1:]:
                if pair.type == "pair":
                    _put_pair(index, base, pair)


def _put_header(index: Index, counts: dict[Path, int], table: Node) -> Path:
    key = table.named_children[0]
    steps = _key_steps(key)
    path: Path = ()
    if len(steps) > MAX_DEPTH:
        index.too_deep = index.place(key)
        return path
    for number, step in enumerate(steps, start=1):
        path = (*path, step)
        index.put(path, key, key)
        if number == len(steps) and table.type == "table_array_element":
            counts[path] = counts.get(path, 0) + 1
        if path in counts:
            path = (*path, counts[path] - 1)
            index.put(path, key, key)
    return path


def _put_pair(index: Index, base: Path, pair: Node) -> None:
    waiting: list[tuple[Path, Node]] = [(base, pair)]
    while waiting:
        path, node = waiting.pop()
        if len(path) > MAX_DEPTH:
            index.too_deep = index.place(node)
            return
        if node.type == "pair":
            waiting.extend(_toml_pair(index, path, node))
        elif node.type == "inline_table":
            waiting.extend((path, child) for child in node.named_children if child.type == "pair")
        elif node.type == "array":
            for number, item in enumerate(_items(node)):
                index.put((*path, number), item, item)
                waiting.append(((*path, number), item))


def _toml_pair(index: Index, path: Path, pair: Node) -> list[tuple[Path, Node]]:
    children = _items(pair)
    if len(children) < 2:  # noqa: PLR2004 - a key and a value; the tree of a broken file may lack one
        return []
    key, value = children[0], children[-1]
    steps = _key_steps(key)
    if len(steps) > MAX_DEPTH:
        index.too_deep = index.place(key)
        return []
    for end in range(1, len(steps)):
        index.put((*path, *steps[:end]), key, value)
    index.put((*path, *steps), key, value)
    return [((*path, *steps), value)]


def _key_steps(key: Node) -> list[str]:
    # The reference parser unquotes the key, so that escapes and dots inside quotes come out as it sees them.
    text = _text(key)
    try:
        tree: object = tomllib.loads(f"{text} = 0")
    except (tomllib.TOMLDecodeError, RecursionError):
        return [text]
    steps = []
    while isinstance(tree, dict):
        (step, tree), *_ = tree.items()
        steps.append(step)
    return steps


WALKS: Final[Mapping[Syntax, Callable[[Index, Node], None]]] = {"json": _walk_json, "toml": _walk_toml}
"""The walk of each syntax: notes every place below the root node."""
