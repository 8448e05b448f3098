"""Whether one text is of a simple type, as far as we know without asking the validator.

Promises: True and False are certain (XSD 1.0 part 2); None is "not known here": days of a month, limits on dates,
URIs, names with prefixes. Leaves out whole languages (``registry.evolution.xsd.simple.inclusion``).
"""

from __future__ import annotations

from decimal import Decimal
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from registry.evolution.regex.language import Language, PatternUnsupported, parse_xsd
from registry.evolution.xsd.simple.lexical import FORMS, PLAIN_DAYS
from registry.evolution.xsd.simple.numbers import decimal, is_integer
from registry.evolution.xsd.simple.whitespace import normalized

if TYPE_CHECKING:
    from collections.abc import Iterable

    from registry.evolution.budget import Budget
    from registry.evolution.xsd.model import Bound, Facets, SimpleType

Known = bool | None
STRINGS: Final = frozenset({"string", "anySimpleType"})
_FLOATS: Final = frozenset({"float", "double"})
_UNSURE: Final = frozenset({"anyURI", "QName", "NOTATION"})


@lru_cache(maxsize=2048)
def language_of(pattern: str) -> Language | None:
    """A pattern's language; None where it is not decided here."""
    try:
        return parse_xsd(pattern)
    except PatternUnsupported:
        return None


def every(answers: Iterable[Known]) -> Known:
    """True if all are, False if one is."""
    unsure = False
    for answer in answers:
        if answer is False:
            return False
        unsure = unsure or answer is None
    return None if unsure else True


def some(answers: Iterable[Known]) -> Known:
    """True if one is, False if none is."""
    unsure = False
    for answer in answers:
        if answer is True:
            return True
        unsure = unsure or answer is None
    return None if unsure else False


def accepts(found: SimpleType, text: str, budget: Budget) -> Known:
    """Whether ``text``, as it stands in a document, is of type ``found``."""
    budget.spend(1 + len(text) // 64, "value")
    facets = found.facets
    if found.variety == "union":
        return every((some(accepts(member, text, budget) for member in found.members), *_marks(found, text, budget)))
    value = normalized(text, facets.whitespace)
    if found.variety == "list" and found.item is not None:
        item, words = found.item, value.split()
        sized = facets.minimum <= len(words) and (facets.maximum is None or len(words) <= facets.maximum)
        return every((sized, *(accepts(item, word, budget) for word in words), *_marks(found, value, budget)))
    return every((_form(found, value, budget), _limits(found, value), *_marks(found, value, budget)))


def _form(found: SimpleType, value: str, budget: Budget) -> Known:
    primitive = found.primitive
    if primitive in STRINGS:
        return True
    if primitive == "decimal":
        return decimal(value) is not None and (not found.facets.integer or is_integer(value))
    form = language_of(FORMS[primitive]) if primitive in FORMS else None
    if form is not None and not form.accepts(value, budget):
        return False
    if primitive in _UNSURE:
        return None if ":" in value or not value.isascii() or not value.isalnum() else True
    if primitive in PLAIN_DAYS or primitive in {"boolean", "hexBinary", "base64Binary", "duration", *_FLOATS}:
        return True
    day = value.partition("T")[0].lstrip("-").split("-")
    return True if day[-1][:2] <= "28" else None


def _limits(found: SimpleType, value: str) -> Known:
    facets, primitive = found.facets, found.primitive
    if primitive == "decimal":
        number = decimal(value)
        return None if number is None else _number(facets, number)
    if primitive in _FLOATS:
        return True if facets.low is None and facets.high is None else None
    if facets.low is not None or facets.high is not None:
        return None
    size = _size(primitive, value)
    if size is None:
        return True
    return facets.minimum <= size and (facets.maximum is None or size <= facets.maximum)


def _size(primitive: str, value: str) -> int | None:
    if primitive in STRINGS or primitive == "anyURI":
        return len(value)
    if primitive == "hexBinary":
        return len(value) // 2
    if primitive == "base64Binary":
        bare = value.replace(" ", "")
        return len(bare) * 3 // 4 - bare.count("=")
    return None


def _number(facets: Facets, number: Decimal) -> Known:
    whole, fraction = spelled(number)
    if facets.fraction is not None and len(fraction) > facets.fraction:
        return False
    if facets.digits is not None and max(len(whole + fraction), len(fraction), 1) > facets.digits:
        return False
    return _above(number, facets.low) and _below(number, facets.high)


def spelled(number: Decimal) -> tuple[str, str]:
    """The digits before and after the point that count."""
    whole, _, fraction = format(abs(number), "f").partition(".")
    return whole.lstrip("0"), fraction.rstrip("0")


def _above(number: Decimal, bound: Bound | None) -> bool:
    limit = None if bound is None else decimal(bound.text)
    if bound is None or limit is None:
        return True
    return number > limit or (number == limit and not bound.exclusive)


def _below(number: Decimal, bound: Bound | None) -> bool:
    limit = None if bound is None else decimal(bound.text)
    if bound is None or limit is None:
        return True
    return number < limit or (number == limit and not bound.exclusive)


def _marks(found: SimpleType, value: str, budget: Budget) -> Iterable[Known]:
    """Patterns and enumerations."""
    for step in found.facets.patterns:
        languages = [language_of(pattern) for pattern in step]
        yield some(None if language is None else language.accepts(value, budget) for language in languages)
    for values in found.facets.values:
        budget.spend(len(values) // 16, "value")
        yield _listed(found, value, values)


def _listed(found: SimpleType, value: str, values: tuple[str, ...]) -> Known:
    if found.variety != "atomic" or found.primitive in _UNSURE:
        return True if value in values and found.primitive not in {"QName", "NOTATION"} else None
    if found.primitive in STRINGS:
        return value in values
    if found.primitive == "decimal":
        number = decimal(value)
        return any(decimal(one) == number for one in values)
    return True if value in values else None
