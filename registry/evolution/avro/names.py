"""Names of Avro: simple, full, and in which namespace.

Source: Apache Avro 1.12 specification, "Names" and "Aliases".
"""

from __future__ import annotations

import re
from typing import Final

_SIMPLE: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*\Z")
_FULL: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*(\.[A-Za-z_][A-Za-z0-9_]*)*\Z")


def is_simple(name: object) -> bool:
    """Whether it may name a field or a symbol."""
    return isinstance(name, str) and _SIMPLE.match(name) is not None


def is_full(name: object) -> bool:
    """Whether it may name a type, with or without a namespace."""
    return isinstance(name, str) and _FULL.match(name) is not None


def full(name: str, namespace: str) -> str:
    """A name as seen from a namespace."""
    return name if "." in name or not namespace else f"{namespace}.{name}"


def namespace_of(name: str) -> str:
    """The namespace of a full name."""
    return name.rpartition(".")[0]
