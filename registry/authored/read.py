"""Bytes of one file → tables, with each broken form told at its exact place.

Promises to go on after a mistake: a wrong table is left out and told, its neighbours are read. Leaves out rules that
need two tables.
"""

from __future__ import annotations

import tomllib
from typing import TYPE_CHECKING, Final, TypeVar

import pydantic

from registry.authored.book import Book, Item
from registry.authored.fields import Authored
from registry.mistakes import Mistake
from schemas.positions import positions

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails

    from schemas.positions import Path, Syntax

Table = TypeVar("Table", bound=Authored)

_TYPES: Final = {
    "string_type": "text",
    "int_type": "integer",
    "bool_type": "true/false",
    "list_type": "array",
    "dict_type": "table",
    "model_type": "table",
    "model_attributes_type": "table",
    "int_parsing": "integer",
    "int_from_float": "integer",
}
_RANGES: Final = {
    "greater_than_equal": "≥ {ge}",
    "less_than_equal": "≤ {le}",
    "too_short": "≥ {min_length}",
    "too_long": "≤ {max_length}",
    "string_too_short": "≥ {min_length}",
    "string_too_long": "≤ {max_length}",
}


def index(book: Book, file: str, syntax: Syntax) -> bool:
    """Learn the places of a file and tell its syntax errors; true when it can be read."""
    found = positions(book.files[file], syntax)
    book.positions[file] = found
    for broken in found.syntax_errors:
        book.mistakes.append(Mistake(file, *broken))
    return not found.syntax_errors


def toml(book: Book, file: str) -> dict[str, object] | None:
    """The file's tables as plain values; None, with the mistakes told, when it is no TOML."""
    return tomllib.loads(book.files[file].decode()) if index(book, file, "toml") else None


def rows(book: Book, file: str, data: dict[str, object], key: str, kind: type[Table]) -> list[Item[Table]]:
    """Every ``[[key]]`` of a file that has the right form."""
    raw = data.get(key, [])
    if not isinstance(raw, list):
        book.tell_at(file, (key,), "wrong-type", name=key, expected=f"[[{key}]]")
        return []
    found = (table(book, file, (key, number), value, kind) for number, value in enumerate(raw))
    return [item for item in found if item is not None]


def only_keys(book: Book, file: str, data: dict[str, object], allowed: frozenset[str]) -> None:
    """Tell each top-level key that this kind of file does not have."""
    for key in data.keys() - allowed:
        book.tell_key(file, (key,), "unknown-key", name=key)


def table(book: Book, file: str, path: Path, raw: object, kind: type[Table]) -> Item[Table] | None:
    """One table, or None with every mistake of its form told."""
    try:
        return Item(kind.model_validate(raw), file, path)
    except pydantic.ValidationError as error:
        for detail in error.errors(include_url=False):
            _tell(book, file, path, detail)
        return None


def _tell(book: Book, file: str, path: Path, detail: ErrorDetails) -> None:
    """Word one pydantic error by our rules; its English message is the last resort."""
    place = (*path, *detail["loc"])
    name = next((step for step in reversed(place) if isinstance(step, str) and step != "[key]"), file)
    kind, context = detail["type"], detail.get("ctx", {})
    if kind == "missing":
        book.tell_at(file, place, "missing-key", name=name)
    elif kind == "extra_forbidden":
        book.tell_key(file, place, "unknown-key", name=name)
    elif kind == "bad_date":
        book.tell_at(file, place, "bad-date", name=name)
    elif kind == "string_pattern_mismatch":
        book.tell_at(file, place, "bad-form", name=name, pattern=context["pattern"])
    elif kind == "literal_error":
        book.tell_at(file, place, "not-one-of", name=name, expected=context["expected"])
    elif kind in _TYPES:
        book.tell_at(file, place, "wrong-type", name=name, expected=_TYPES[kind])
    elif kind in _RANGES:
        book.tell_at(file, place, "out-of-range", name=name, limit=_RANGES[kind].format(**context))
    else:
        book.tell_at(file, place, "bad-value", name=name, why=detail["msg"])
