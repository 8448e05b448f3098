"""Forms of dates: found in what people write about a field ("dd/mm/yyyy"), or in a value.

Promises: a form is one that field maps take (docs/adapters.md §4); where day and month cannot be told apart, nothing is
said. Leaves out two-digit years.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

from adapters.dates import DateError, form
from adapters.port import DeclarationError

_WRITTEN: Final = re.compile(
    r"(?<![A-Za-z])(dd([/.\-]?)mm\2yyyy|yyyy([/.\-]?)mm\3dd|mm([/.\-])yyyy|yyyy([\-])mm|yyyy)(?![A-Za-z])",
    re.IGNORECASE,
)
_PATTERNS: Final = {"[0-9]{4}": "yyyy", "[0-9]{4}-[0-9]{2}-[0-9]{2}": "yyyy-MM-dd"}
_KNOWN: Final = ("yyyy-MM-dd", "dd/MM/yyyy", "dd-MM-yyyy", "dd.MM.yyyy", "yyyyMMdd", "yyyy/MM/dd", "MM/yyyy", "yyyy")


def form_in(text: str) -> tuple[str, ...]:
    """The forms that a description names, such as `dd/MM/yyyy` in "Ngày sinh (dd/mm/yyyy)"."""
    found = (match[0].lower().replace("mm", "MM") for match in _WRITTEN.finditer(text))
    return tuple(dict.fromkeys(one for one in found if is_form(one)))


def form_of_pattern(pattern: str) -> tuple[str, ...]:
    """The form that a pattern leaves no choice about: a year alone, or a day by ISO 8601."""
    digits = pattern.replace(r"\d", "[0-9]").removeprefix("^").removesuffix("$")
    return (_PATTERNS[digits],) if digits in _PATTERNS else ()


def is_form(text: str) -> bool:
    """Whether field maps take this form."""
    try:
        form(text)
    except DeclarationError:
        return False
    return True


def forms_of(values: Iterable[str]) -> tuple[str, ...]:
    """The forms that fit all the values given, and exist as days; none when one of them fits nothing."""
    found: dict[str, None] = {}
    for value in values:
        fits = next((one for one in _KNOWN if _reads(one, value)), None)
        if fits is None:
            return ()
        found[fits] = None
    return tuple(found)


def _reads(text: str, value: str) -> bool:
    try:
        form(text).read(value.strip())
    except DateError:
        return False
    return True
