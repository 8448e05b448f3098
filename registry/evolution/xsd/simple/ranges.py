"""Numbers between limits as patterns over their written forms, with any leading and trailing zeros.

Promises: exact for the order of decimals (XSD 1.0 part 2, clause 3.2.3). Leaves out floating point.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from registry.evolution.xsd.simple.accepts import spelled
from registry.evolution.xsd.simple.numbers import decimal

if TYPE_CHECKING:
    from collections.abc import Callable
    from decimal import Decimal

    from registry.evolution.xsd.model import Facets

_MOST_DIGITS: Final = 40
_ANY: Final = r"([0-9]+(\.[0-9]*)?|\.[0-9]+)"
_ZERO: Final = r"(0+(\.0*)?|\.0+)"


def numbers_pattern(facets: Facets) -> list[str] | None:
    """Patterns that the text of a decimal obeys all exactly if it is between the limits; None: too many digits.

    What is no decimal at all they may take too.
    """
    found: list[str] = []
    for bound, above in ((facets.low, True), (facets.high, False)):
        limit = None if bound is None else decimal(bound.text)
        if bound is None or limit is None:
            continue
        if sum(map(len, spelled(limit))) > _MOST_DIGITS:
            return None
        found.append(_above(limit, strict=bound.exclusive) if above else _below(limit, strict=bound.exclusive))
    return found


def _above(limit: Decimal, *, strict: bool) -> str:
    """Values over the limit: of the two signs, one is free and one is limited."""
    if limit > 0:
        return rf"\+?{_more(limit, strict=strict)}"
    if limit == 0:
        return rf"\+?{_more(limit, strict=True)}" if strict else rf"\+?{_ANY}|-{_ZERO}"
    return rf"\+?{_ANY}|-{_less(-limit, strict=strict)}"


def _below(limit: Decimal, *, strict: bool) -> str:
    if limit < 0:
        return f"-{_more(-limit, strict=strict)}"
    if limit == 0:
        return f"-{_more(limit, strict=True)}" if strict else rf"-{_ANY}|\+?{_ZERO}"
    return rf"-{_ANY}|\+?{_less(limit, strict=strict)}"


def _more(limit: Decimal, *, strict: bool) -> str:
    """Magnitudes over ``limit``, which is not negative."""
    whole, fraction = spelled(limit)
    greater = [f"[1-9][0-9]{{{len(whole)},}}", *_digitwise(whole, _bigger, sized=True)]
    parts = [rf"0*{one}(\.[0-9]*)?" for one in greater]
    tails = [f"{one}[0-9]*" for one in _digitwise(fraction, _bigger, sized=False)]
    tails.append(f"{fraction}0*[1-9][0-9]*" if strict else f"{fraction}[0-9]*")
    parts.append(rf"0*{whole}\.({'|'.join(tails)})")
    if not strict and not fraction:
        parts.append(f"0*{whole}")
    return f"({'|'.join(parts)})"


def _less(limit: Decimal, *, strict: bool) -> str:
    """Magnitudes under ``limit``, which is positive."""
    whole, fraction = spelled(limit)
    smaller = [f"[0-9]{{0,{len(whole) - 1}}}"] if whole else []
    parts = [rf"0*{one}(\.[0-9]*)?" for one in (*smaller, *_digitwise(whole, _smaller, sized=True))]
    tails = [f"{one}[0-9]*" for one in _digitwise(fraction, _smaller, sized=False)]
    tails += [fraction[:index] for index in range(len(fraction))]
    if not strict:
        tails.append(f"{fraction}0*")
    if tails:
        parts.append(rf"0*{whole}(\.({'|'.join(tails)}))?")
    return f"({'|'.join(parts)})"


def _bigger(digit: str) -> str:
    return f"[{int(digit) + 1}-9]" if digit < "9" else ""


def _smaller(digit: str) -> str:
    return f"[0-{int(digit) - 1}]" if digit > "0" else ""


def _digitwise(digits: str, other: Callable[[str], str], *, sized: bool) -> list[str]:
    """Digits that begin like ``digits`` and then differ as ``other`` says; ``sized``: of the same number."""
    found = []
    for index, digit in enumerate(digits):
        differs = other(digit)
        if differs:
            rest = f"[0-9]{{{len(digits) - index - 1}}}" if sized else ""
            found.append(f"{digits[:index]}{differs}{rest}")
    return found
