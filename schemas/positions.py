"""Where a value stands in an authored TOML or JSON file, and where the file stops being one.

Promises: ``positions(data, syntax)`` never raises, whatever the bytes; lines and columns count from 1, columns
in characters; a path that the file does not hold answers with its nearest parent, so that a missing key points
at the table it is missing from; ``syntax_errors`` is empty exactly when the reference parser takes the file.
Leaves out: values (``tomllib`` and ``json`` read those), reading files, whole lines of the file in messages.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache

import tree_sitter_json
import tree_sitter_toml
from tree_sitter import Language, Parser

from schemas.places import MAX_DEPTH, WALKS, Index, Path, Place, Syntax
from schemas.syntax import SyntaxMistake, first_too_deep, not_utf8, syntax_errors

__all__ = ["MAX_DEPTH", "Path", "Place", "Positions", "Syntax", "SyntaxMistake", "positions"]


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
        return Positions((not_utf8(data, error.start),), {(): Place(1, 1)}, {})
    # 2. no deeper than any reader can follow
    deep = first_too_deep(text)
    if deep is not None:
        return Positions((deep,), {(): Place(1, 1)}, {})
    # 3. the tree, which also stands for broken files, and the places in it
    root = Parser(_language(syntax)).parse(data).root_node
    index = Index(data.split(b"\n"))
    WALKS[syntax](index, root)
    # 4. the reference parser's word on whether it is a file of this kind
    errors = syntax_errors(text, syntax, index, root)
    return Positions(tuple(sorted(errors)), index.values, index.keys)


def _nearest(places: Mapping[Path, Place], path: Path) -> Place:
    while path and path not in places:
        path = path[:-1]
    return places.get(path, Place(1, 1))


@cache
def _language(syntax: Syntax) -> Language:
    return Language(tree_sitter_toml.language() if syntax == "toml" else tree_sitter_json.language())
