"""Texts of a simple type: one to fill a document with, and many to try a difference with.

Promises: every text given is of the type as far as ``accepts`` knows, those it is sure of first. Leaves out proving
that a type has no texts at all.
"""

from __future__ import annotations

from decimal import Decimal
from itertools import islice
from typing import TYPE_CHECKING, Final

from registry.evolution.regex.language import length, xml_text
from registry.evolution.xsd.simple.accepts import STRINGS, accepts, language_of
from registry.evolution.xsd.simple.lexical import SAMPLES
from registry.evolution.xsd.simple.numbers import decimal

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from registry.evolution.budget import Budget
    from registry.evolution.xsd.model import Bound, SimpleType

_LONGEST: Final = 5_000
_TRIED: Final = 64


def sample(found: SimpleType, budget: Budget) -> str | None:
    """One text of the type, certain if possible."""
    unsure: str | None = None
    for text in islice(_guesses(found, budget), _TRIED):
        answer = accepts(found, text, budget)
        if answer:
            return text
        if answer is None and unsure is None:
            unsure = text
    return unsure


def samples(found: SimpleType, budget: Budget, more: Iterable[str] = ()) -> list[str]:
    """Texts of the type, those in ``more`` among them where they are."""
    texts = dict.fromkeys((*more, *islice(_guesses(found, budget), _TRIED)))
    judged = [(text, accepts(found, text, budget)) for text in texts]
    return [text for text, answer in judged if answer] + [text for text, answer in judged if answer is None]


def _guesses(found: SimpleType, budget: Budget) -> Iterator[str]:
    for values in found.facets.values[::-1]:
        yield from values[:_TRIED]
    if found.variety == "union":
        for member in found.members:
            yield from islice(_guesses(member, budget), 8)
    elif found.item is not None:
        yield from _lists(found, found.item, budget)
    elif found.primitive == "decimal":
        yield from _numbers(found)
    else:
        yield from _texts(found, budget)
    yield from _matching(found, budget)


def _lists(found: SimpleType, item: SimpleType, budget: Budget) -> Iterator[str]:
    word = sample(item, budget)
    facets = found.facets
    for count in {facets.minimum, facets.maximum or 0, facets.minimum + 1, 1, 2}:
        if word is not None and count <= _LONGEST:
            yield " ".join([word] * count)


def _numbers(found: SimpleType) -> Iterator[str]:
    yield from ("0", "1")
    facets = found.facets
    step = Decimal(1).scaleb(-(facets.fraction or 0)) if (facets.fraction or 0) < 100 else Decimal(1)  # noqa: PLR2004 - no one writes more
    for bound in (facets.low, facets.high):
        yield from around(bound, step)
    yield from ("-1", "10", "100", "-100", "1.5", "0.01", "-0.5")
    if facets.digits is not None and facets.digits <= _LONGEST:
        yield "9" * facets.digits
        yield "9" * max(facets.digits - (facets.fraction or 0), 0) + "." + "9" * (facets.fraction or 1)
    if facets.fraction:
        yield "0." + "1" * min(facets.fraction, _LONGEST)


def around(bound: Bound | None, step: Decimal) -> Iterator[str]:
    """Numbers at a limit and next to it."""
    limit = None if bound is None else decimal(bound.text)
    if limit is not None and limit.adjusted() < _LONGEST:
        for number in (
            limit,
            limit - step,
            limit + step,
            limit - step / 2,
            limit + step / 2,
            limit.to_integral_value(),
        ):
            yield format(number, "f")


def _texts(found: SimpleType, budget: Budget) -> Iterator[str]:
    facets = found.facets
    for bound in (facets.low, facets.high):
        if bound is not None:
            yield bound.text
    yield from SAMPLES.get(found.primitive, ())
    for size in dict.fromkeys((facets.minimum, facets.minimum + 1, facets.maximum or 0)):
        if 0 < size <= _LONGEST:
            budget.spend(size // 64, "value")
            yield from _sized(found.primitive, size)


def _sized(primitive: str, size: int) -> Iterator[str]:
    if primitive == "hexBinary":
        yield "00" * size
    elif primitive == "base64Binary":
        yield "AAAA" * (size // 3) + ("", "AA==", "AAA=")[size % 3]
    else:
        yield "a" * size
        yield "0" * size


def _matching(found: SimpleType, budget: Budget) -> Iterator[str]:
    """Texts made from the patterns themselves."""
    language = xml_text()
    for step in found.facets.patterns:
        either = [one for pattern in step if (one := language_of(pattern)) is not None]
        if not either:
            return
        some = either[0]
        for one in either[1:]:
            some = some | one
        language = language & some
    facets = found.facets
    if found.primitive in STRINGS and (facets.minimum or facets.maximum is not None):
        language = language & length(facets.minimum, facets.maximum)
    if found.facets.patterns:
        first = language.example(budget)
        if first is not None:
            yield first
            second = language.example(budget, (first,))
            yield from (second,) if second is not None else ()
