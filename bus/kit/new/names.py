"""Names as people and systems write them → plain words: accents folded, camel, snake and abbreviations opened.

Promises: `soDinhDanh`, `so_dinh_danh`, `SO-DINH-DANH` and "Số định danh" are the same words; a name becomes one that
the registry takes. Leaves out what the words mean (`terms`).
"""

from __future__ import annotations

import re
import unicodedata
from typing import Final

_PIECES: Final = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+")
_SPECIAL: Final = str.maketrans({"đ": "d", "Đ": "D"})
_NAME_CHARS: Final = 40
_TERM_WORDS: Final = 6


def fold(text: str) -> str:
    """The text without accents: đ → d, ễ → e; capitals stay."""
    plain = unicodedata.normalize("NFD", text.translate(_SPECIAL))
    return "".join(char for char in plain if not unicodedata.combining(char))


def words(text: str) -> tuple[str, ...]:
    """The words of a name or label, folded, in small letters."""
    return tuple(piece.lower() for piece in _PIECES.findall(fold(text)))


def registry_name(text: str, fallback: str = "operation") -> str:
    """A name as the registry takes it: `[a-z][a-z0-9-]{0,39}`."""
    name = "-".join(words(text)).strip("-")[:_NAME_CHARS].strip("-")
    return name if name[:1].isalpha() else f"{fallback}-{name}".strip("-")[:_NAME_CHARS]


def field_name(text: str) -> str:
    """A member's name in a schema of the registry: small letters and underscores."""
    name = "_".join(words(text))
    return name if name[:1].isalpha() else f"f_{name}"


def distinct(name: str, taken: set[str]) -> str:
    """The name, numbered where it is taken already."""
    found, number = name, 1
    while found in taken:
        number += 1
        found = f"{name[: _NAME_CHARS - 3]}-{number}"
    taken.add(found)
    return found
