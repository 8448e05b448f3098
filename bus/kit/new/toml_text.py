"""Values and keys as TOML, for files that people go on editing.

Promises: what is written reads back as the same value. Leaves out layout, which is each file's own.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from typing import Final

_BARE: Final = re.compile(r"[A-Za-z0-9_-]+")


def value(given: object) -> str:
    """One value on one line."""
    if isinstance(given, Mapping):
        inner = ", ".join(f"{key(name)} = {value(one)}" for name, one in given.items())
        return f"{{ {inner} }}" if inner else "{}"
    if isinstance(given, list | tuple):
        return "[" + ", ".join(map(value, given)) + "]"
    if isinstance(given, str):
        # JSON leaves DEL as it is; TOML does not.
        return json.dumps(given, ensure_ascii=False).replace("\x7f", "\\u007f")
    return json.dumps(given)


def key(name: object) -> str:
    """A key, quoted where it must be."""
    text = str(name)
    return text if _BARE.fullmatch(text) else value(text)


def lines(table: Mapping[str, object]) -> list[str]:
    """One line per key."""
    return [f"{key(name)} = {value(one)}" for name, one in table.items()]


def commented(text: Iterable[str]) -> list[str]:
    """The same lines as notes."""
    return [remark(one) for one in text]


def remark(text: str) -> str:
    """A note of one line, whatever the text holds: a description's words never become settings."""
    return f"# {plain(text)}".rstrip()


def plain(text: str) -> str:
    """The text on one line, without characters that no file of ours should hold."""
    return "".join(char if char.isprintable() else " " for char in text)
