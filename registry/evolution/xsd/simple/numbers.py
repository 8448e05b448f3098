"""Decimal numbers as XSD writes them (XSD 1.0 part 2, clause 3.2.3)."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Final

_DECIMAL: Final = re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)")
_INTEGER: Final = re.compile(r"[+-]?[0-9]+")


def decimal(text: str) -> Decimal | None:
    """The exact value, or None where ``text`` is no decimal number."""
    return Decimal(text) if _DECIMAL.fullmatch(text) else None


def is_integer(text: str) -> bool:
    """Whether ``text`` is written without a point."""
    return _INTEGER.fullmatch(text) is not None
