"""Characters by what Unicode says of them: general categories and blocks.

Promises: the tables of one Unicode version, that of Python's ``unicodedata``; validators may hold another, so what a
newer version assigns may be judged otherwise by them (which is why a witness is confirmed by the validator).
Leaves out scripts and binary properties: no table of them is at hand.
"""

from __future__ import annotations

import unicodedata
from functools import cache, lru_cache
from itertools import groupby
from typing import Final

from registry.evolution.regex.charset import EVERY, LAST, CharSet, Range, char_set

_LONG: Final = {
    "Letter": "L", "Cased_Letter": "LC", "Uppercase_Letter": "Lu", "Lowercase_Letter": "Ll", "Titlecase_Letter": "Lt",
    "Modifier_Letter": "Lm", "Other_Letter": "Lo", "Mark": "M", "Combining_Mark": "M", "Nonspacing_Mark": "Mn",
    "Spacing_Mark": "Mc", "Enclosing_Mark": "Me", "Number": "N", "Decimal_Number": "Nd", "digit": "Nd",
    "Letter_Number": "Nl", "Other_Number": "No", "Symbol": "S", "Math_Symbol": "Sm", "Currency_Symbol": "Sc",
    "Modifier_Symbol": "Sk", "Other_Symbol": "So", "Punctuation": "P", "punct": "P", "Connector_Punctuation": "Pc",
    "Dash_Punctuation": "Pd", "Open_Punctuation": "Ps", "Close_Punctuation": "Pe", "Initial_Punctuation": "Pi",
    "Final_Punctuation": "Pf", "Other_Punctuation": "Po", "Separator": "Z", "Space_Separator": "Zs",
    "Line_Separator": "Zl", "Paragraph_Separator": "Zp", "Other": "C", "Control": "Cc", "cntrl": "Cc", "Format": "Cf",
    "Surrogate": "Cs", "Private_Use": "Co", "Unassigned": "Cn",
}  # fmt: skip
"""General category values and aliases (Unicode PropertyValueAliases.txt)."""
_CASED: Final = ("Lu", "Ll", "Lt")
_BLOCK: Final = "Is"


@lru_cache(maxsize=256)
def category(name: str) -> CharSet | None:
    """The characters of a general category: ``Lu``, ``L``, ``LC``; None: there is no such category."""
    groups = _categories()
    if name == "LC":
        return char_set(one for part in _CASED for one in groups[part])
    if name == "Cs":
        return CharSet(())
    ranges = [one for part, of in groups.items() if part == name or part[0] == name for one in of]
    return char_set(ranges) if ranges else None


@lru_cache(maxsize=256)
def ecma_property(said: str) -> CharSet | None:
    r"""What ``\p{said}`` names (ECMA-262 §22.2.2.9); None: unknown here."""
    name, equals, value = said.partition("=")
    if equals:
        return category(_LONG.get(value, value)) if name in {"General_Category", "gc"} else None
    if name == "Any":
        return EVERY
    if name == "ASCII":
        return CharSet(((0, 0x7F),))
    if name == "Assigned":
        unassigned = category("Cn")
        return None if unassigned is None else ~unassigned
    return category(_LONG.get(name, name))


@lru_cache(maxsize=256)
def xsd_property(said: str) -> CharSet | None:
    r"""What ``\p{said}`` names (XML Schema 1.0 part 2, appendix F.1.1): a category or ``Is`` and a block."""
    if not said.startswith(_BLOCK):
        return None if said == "LC" else category(said)
    return _block(said)


@cache
def _categories() -> dict[str, list[Range]]:
    """Ranges by two-letter category; some 100 ms, once."""
    found: dict[str, list[Range]] = {}
    at = 0
    for name, run in groupby(map(unicodedata.category, map(chr, range(LAST + 1)))):
        length = sum(1 for _ in run)
        found.setdefault(name, []).append((at, at + length - 1))
        at += length
    return found


def _block(said: str) -> CharSet | None:
    # here, since it loads large tables that few schemas need
    from elementpath.regex import RegexError, unicode_subset  # noqa: PLC0415 - see above

    try:
        subset = unicode_subset(said)
    except RegexError:
        return None
    return char_set((one, one) if isinstance(one, int) else (one[0], one[1] - 1) for one in subset.codepoints)
