"""The written forms of the primitive types (XSD 1.0 part 2, clause 3.2), as regular expressions of this language.

Promises: ``FORMS`` take every legal text; what they cannot see (the length of February, limits) is left to others.
"""

from __future__ import annotations

from typing import Final

_ZONE: Final = r"(Z|[+\-](0[0-9]|1[0-3]):[0-5][0-9]|[+\-]14:00)?"
_YEAR: Final = r"-?([1-9][0-9]{3,}|0([0-9]{2}[1-9]|[0-9][1-9][0-9]|[1-9][0-9]{2}))"
_MONTH: Final = r"(0[1-9]|1[0-2])"
_DAY: Final = r"(0[1-9]|[12][0-9]|3[01])"
_TIME: Final = r"(([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](\.[0-9]+)?|24:00:00(\.0+)?)"
_CLOCK: Final = r"T([0-9]+H([0-9]+M)?([0-9]+(\.[0-9]+)?S)?|[0-9]+M([0-9]+(\.[0-9]+)?S)?|[0-9]+(\.[0-9]+)?S)"
_DAYS: Final = rf"([0-9]+D({_CLOCK})?|{_CLOCK})"
_DURATION: Final = rf"-?P([0-9]+Y([0-9]+M)?({_DAYS})?|[0-9]+M({_DAYS})?|{_DAYS})"
_B64: Final = "[A-Za-z0-9+/]"

FORMS: Final[dict[str, str]] = {
    "boolean": "true|false|1|0",
    "decimal": r"[+\-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)",
    "float": r"[+\-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+\-]?[0-9]+)?|-?INF|NaN",
    "double": r"[+\-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+\-]?[0-9]+)?|-?INF|NaN",
    "duration": _DURATION,
    "dateTime": rf"{_YEAR}-{_MONTH}-{_DAY}T{_TIME}{_ZONE}",
    "time": rf"{_TIME}{_ZONE}",
    "date": rf"{_YEAR}-{_MONTH}-{_DAY}{_ZONE}",
    "gYearMonth": rf"{_YEAR}-{_MONTH}{_ZONE}",
    "gYear": rf"{_YEAR}{_ZONE}",
    "gMonthDay": rf"--{_MONTH}-{_DAY}{_ZONE}",
    "gDay": rf"---{_DAY}{_ZONE}",
    "gMonth": rf"--{_MONTH}(--)?{_ZONE}",
    "hexBinary": "([0-9a-fA-F]{2})*",
    "base64Binary": rf"(({_B64} ?){{4}})*(({_B64} ?){{2}}= ?=|({_B64} ?){{3}}=)?",
    "QName": r"([\i-[:]][\c-[:]]*:)?[\i-[:]][\c-[:]]*",
    "NOTATION": r"([\i-[:]][\c-[:]]*:)?[\i-[:]][\c-[:]]*",
}
SURE: Final[dict[str, str]] = {
    "dateTime": r"-?[0-9]{4,6}-[0-9]{2}-([01][0-9]|2[0-8])T[0-9:]*(\.[0-9]{1,6})?([Z+\-].*)?",
    "date": r"-?[0-9]{4,6}-[0-9]{2}-([01][0-9]|2[0-8])([Z+\-].*)?",
    "gMonthDay": r"--[0-9]{2}-([01][0-9]|2[0-8])([Z+\-].*)?",
    "gYear": r"-?[0-9]{4,6}([Z+\-].*)?",
    "gYearMonth": r"-?[0-9]{4,6}-[0-9]{2}([Z+\-].*)?",
    "time": r"[0-9:]*(\.[0-9]{1,6})?([Z+\-].*)?",
    "duration": r"-?P([0-9]{1,6}[YMD])*(T([0-9]{1,6}[HMS])*)?",
    "float": r"[+\-]?[0-9]{1,18}(\.[0-9]{0,18})?([eE][+\-]?[0-9]{1,2})?|-?INF|NaN",
    "double": r"[+\-]?[0-9]{1,18}(\.[0-9]{0,18})?([eE][+\-]?[0-9]{1,2})?|-?INF|NaN",
    "decimal": r"[+\-]?0*[0-9]{0,18}(\.[0-9]{0,6}0*)?",
}
"""Of the legal texts those that every validator takes, whatever its limits (XSD 1.0: 18 digits)."""
INTEGER: Final = r"[+\-]?[0-9]+"
PLAIN_DAYS: Final = frozenset({"time", "gYear", "gMonth", "gYearMonth", "gDay"})
"""Types whose form says all but limits; the others count days of a month."""
SAMPLES: Final[dict[str, tuple[str, ...]]] = {
    "anySimpleType": ("a",),
    "string": ("a", "", "A", "0", "an", "0123456789"),
    "boolean": ("true", "false", "1", "0"),
    "float": ("0", "1.5", "INF", "NaN", "-1e9", "1e9"),
    "double": ("0", "1.5", "INF", "NaN", "-1e9", "1e9", "1e300"),
    "duration": ("P1D", "P1Y", "PT1S", "-P1D", "P1000Y"),
    "dateTime": ("2026-01-02T03:04:05", "2026-01-02T03:04:05Z", "1900-01-01T00:00:00", "2199-12-31T23:59:59.5"),
    "time": ("03:04:05", "03:04:05Z", "00:00:00", "23:59:59.5"),
    "date": ("2026-01-02", "2026-01-02Z", "1900-01-01", "2199-12-31"),
    "gYearMonth": ("2026-01", "1900-01", "2199-12", "2026-01Z"),
    "gYear": ("2026", "1900", "2199", "2026Z"),
    "gMonthDay": ("--01-02", "--12-31", "--01-02Z"),
    "gDay": ("---02", "---31", "---02Z"),
    "gMonth": ("--01", "--12", "--01Z"),
    "hexBinary": ("", "00", "0A0b", "00112233445566778899"),
    "base64Binary": ("", "AA==", "AAA=", "AAAA", "AAAAAAAA"),
    "anyURI": ("urn:x", "", "http://a/b", "a"),
    "QName": ("a",),
    "NOTATION": ("a",),
}
"""Texts to try, simplest first; decimals are made from limits (``registry.evolution.xsd.simple.samples``)."""
