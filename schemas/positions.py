"""Where a value stands in an authored TOML or JSON file, and where the file stops being one.

Promises: ``positions(data, syntax)`` never raises, whatever the bytes; lines and columns count from 1, columns
in characters; a path that the file does not hold answers with its nearest parent, so that a missing key points
at the table it is missing from; ``syntax_errors`` is empty exactly when the reference parser takes the file.
Leaves out: values (``tomllib`` and ``json`` read those), reading files, whole lines of the file in messages.

Sources: TOML 1.0.0; RFC 8259, whose section 4 lets a member repeat: here a repeated member is an error.
"""

import json
import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Literal, NamedTuple, NoReturn, TypeAlias

import tree_sitter_json
import tree_sitter_toml
from tree_sitter import Language, Node, Parser

Syntax: TypeAlias = Literal["toml", "json"]
Path: TypeAlias = tuple[str | int, ...]

MAX_DEPTH = 64
"""Deeper nesting than this is refused: no authored file needs it, and recursion in readers ends somewhere."""


class Place(NamedTuple):
    """A place in a text: line and column, both from 1, the column in characters."""

    line: int
    column: int


class SyntaxMistake(NamedTuple):
    """One reason why a file is not TOML or JSON: place, rule name, sentences for people."""

    line: int
    column: int
    rule: str
    message_vi: str
    message_en: str


@dataclass(frozen=True, slots=True)
class Positions:
    """Places of the keys and values of one file, and its syntax errors in order of place."""

    syntax_errors: tuple[SyntaxMistake, ...]
    _values: Mapping[Path, Place] = field(repr=False)
    _keys: Mapping[Path, Place] = field(repr=False)

    def at(self, path: Path) -> Place:
        """The place of the value at ``path`` (keys and indexes from the root), or of its nearest parent."""
        return _nearest(self._values, path)

    def key_at(self, path: Path) -> Place:
        """The place of the key that names the value at ``path``: for an unknown or misspelt key."""
        return self._keys[path] if path in self._keys else self.at(path)


def positions(data: bytes, syntax: Syntax) -> Positions:
    """Index one file.

    Args:
        data: the file's bytes; anything is accepted.
        syntax: which grammar it should follow.
    """
    # 1. a text at all?
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        return Positions((_not_utf8(data, error.start),), {(): Place(1, 1)}, {})
    # 2. the tree, which also stands for broken files
    root = Parser(_language(syntax)).parse(data).root_node
    # 3. the places in it
    index = _Index(data.split(b"\n"))
    _WALKS[syntax](index, root)
    # 4. the reference parser's word on whether it is a file of this kind
    errors = _syntax_errors(text, syntax, index, root)
    return Positions(tuple(sorted(errors)), index.values, index.keys)


def _nearest(places: Mapping[Path, Place], path: Path) -> Place:
    while path and path not in places:
        path = path[:-1]
    return places.get(path, Place(1, 1))


@cache
def _language(syntax: Syntax) -> Language:
    return Language(tree_sitter_toml.language() if syntax == "toml" else tree_sitter_json.language())


@dataclass(slots=True)
class _Index:
    lines: Sequence[bytes]
    values: dict[Path, Place] = field(default_factory=lambda: {(): Place(1, 1)})
    keys: dict[Path, Place] = field(default_factory=dict)
    repeated: list[Place] = field(default_factory=list)
    too_deep: Place | None = None

    def place(self, node: Node) -> Place:
        row, offset = node.start_point
        line = self.lines[row] if row < len(self.lines) else b""
        return Place(row + 1, len(line[:offset].decode("utf-8", "replace")) + 1)

    def put(self, path: Path, key: Node, value: Node) -> None:
        self.keys.setdefault(path, self.place(key))
        self.values.setdefault(path, self.place(value))


# JSON


def _walk_json(index: _Index, root: Node) -> None:
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


def _walk_toml(index: _Index, root: Node) -> None:
    counts: dict[Path, int] = {}
    for node in root.named_children:
        if node.type == "pair":
            _put_pair(index, (), node)
        elif node.type in {"table", "table_array_element"} and node.named_children:
            base = _put_header(index, counts, node)
            for pair in node.named_children[1:]:
                if pair.type == "pair":
                    _put_pair(index, base, pair)


def _put_header(index: _Index, counts: dict[Path, int], table: Node) -> Path:
    key = table.named_children[0]
    steps = _key_steps(key)
    path: Path = ()
    for number, step in enumerate(steps, start=1):
        path = (*path, step)
        index.put(path, key, key)
        if number == len(steps) and table.type == "table_array_element":
            counts[path] = counts.get(path, 0) + 1
        if path in counts:
            path = (*path, counts[path] - 1)
            index.put(path, key, key)
    return path


def _put_pair(index: _Index, base: Path, pair: Node) -> None:
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


def _toml_pair(index: _Index, path: Path, pair: Node) -> list[tuple[Path, Node]]:
    children = _items(pair)
    if len(children) < 2:  # noqa: PLR2004 - a key and a value; the tree of a broken file may lack one
        return []
    key, value = children[0], children[-1]
    steps = _key_steps(key)
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


_WALKS = {"json": _walk_json, "toml": _walk_toml}


# Syntax errors


def _syntax_errors(text: str, syntax: Syntax, index: _Index, root: Node) -> list[SyntaxMistake]:
    if index.too_deep is not None:
        return [_too_deep(index.too_deep)]
    first = _toml_error(text) if syntax == "toml" else _json_error(text)
    if first is None:
        return [_repeated(place) for place in index.repeated]
    # The reference parser stops at its first error; the tree knows the other lines that do not parse.
    others = {index.place(node) for node in _broken(root)}
    return [first, *(_syntax(syntax, place, "") for place in others if place.line != first.line)]


def _broken(root: Node) -> Iterator[Node]:
    waiting = [root]
    while waiting:
        node = waiting.pop()
        if node.is_error or node.is_missing:
            yield node
        elif node.has_error:
            waiting.extend(node.children)


_TOML_PLACE = re.compile(r"^(?P<what>.*) \(at (?:line (?P<line>\d+), column (?P<column>\d+)|end of document)\)$")


def _toml_error(text: str) -> SyntaxMistake | None:
    try:
        tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        match = _TOML_PLACE.match(str(error))
        if match is None:
            return _syntax("toml", Place(1, 1), str(error))
        line = match["line"]
        return _syntax("toml", Place(int(line), int(match["column"])) if line else _end(text), match["what"])
    except RecursionError:
        return _too_deep(Place(1, 1))
    return None


def _json_error(text: str) -> SyntaxMistake | None:
    try:
        json.loads(text, parse_constant=_refuse_constant)
    except json.JSONDecodeError as error:
        return _syntax("json", Place(error.lineno, error.colno), error.msg)
    except ValueError as error:
        return _syntax("json", Place(1, 1), str(error))
    except RecursionError:
        return _too_deep(Place(1, 1))
    return None


def _refuse_constant(_name: str) -> NoReturn:
    raise ValueError("NaN and Infinity are no JSON numbers")


def _end(text: str) -> Place:
    last = text.rfind("\n")
    return Place(text.count("\n") + 1, len(text) - last)


def _syntax(syntax: Syntax, place: Place, what: str) -> SyntaxMistake:
    name, detail = syntax.upper(), f": {what}" if what else ""
    return SyntaxMistake(*place, f"{syntax}-syntax", f"Sai cú pháp {name}{detail}", f"Not valid {name}{detail}")


def _repeated(place: Place) -> SyntaxMistake:
    return SyntaxMistake(
        *place,
        "json-repeated-member",
        "Tên trường bị lặp lại",
        "This member is already set in the same object",
    )


def _too_deep(place: Place) -> SyntaxMistake:
    vi, en = f"Lồng nhau quá {MAX_DEPTH} tầng", f"Nested deeper than {MAX_DEPTH} levels"
    return SyntaxMistake(*place, "too-deep", vi, en)


def _not_utf8(data: bytes, offset: int) -> SyntaxMistake:
    before = data[:offset].decode("utf-8")
    return SyntaxMistake(*_end(before), "not-utf-8", "Tệp không phải UTF-8", "The file is not UTF-8 text")
