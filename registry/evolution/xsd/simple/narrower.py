"""Whether one set of facets plainly allows no more than another of the same primitive type.

Promises that True is certain; False means only "not plainly". Leaves out languages (``inclusion``).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from registry.evolution.xsd.simple.numbers import decimal

if TYPE_CHECKING:
    from registry.evolution.xsd.model import Bound, Facets


def narrower(one: Facets, other: Facets, primitive: str) -> bool:
    """Whether what ``one`` allows ``other`` allows, for the same primitive (or item) type and white space."""
    return (
        one.whitespace == other.whitespace
        and patterns_kept(one, other)
        and _values(one, other)
        and _lengths(one, other)
        and _numbers(one, other, primitive)
    )


def patterns_kept(one: Facets, other: Facets) -> bool:
    """Whether every step of patterns of ``other`` is implied by a step of ``one``."""
    mine = [frozenset(step) for step in one.patterns]
    return all(any(step <= frozenset(wanted) for step in mine) for wanted in other.patterns)


def _values(one: Facets, other: Facets) -> bool:
    """The same literals mean the same values."""
    mine = [frozenset(step) for step in one.values]
    return all(any(step <= frozenset(wanted) for step in mine) for wanted in other.values)


def _lengths(one: Facets, other: Facets) -> bool:
    if one.minimum < other.minimum:
        return False
    return other.maximum is None or (one.maximum is not None and one.maximum <= other.maximum)


def _numbers(one: Facets, other: Facets, primitive: str) -> bool:
    if other.integer and not one.integer:
        return False
    if not (_inside(one.low, other.low, primitive, 1) and _inside(one.high, other.high, primitive, -1)):
        return False
    return _fewer(one.fraction, other.fraction) and _fewer(one.digits, other.digits)


def _fewer(mine: int | None, wanted: int | None) -> bool:
    return wanted is None or (mine is not None and mine <= wanted)


def _inside(mine: Bound | None, wanted: Bound | None, primitive: str, sign: int) -> bool:
    """Whether limit ``mine`` is at least as tight as ``wanted``; ``sign`` is 1 for lower limits."""
    if wanted is None:
        return True
    if mine is None:
        return False
    if mine.text == wanted.text:
        return mine.exclusive or not wanted.exclusive
    a, b = decimal(mine.text), decimal(wanted.text)
    if primitive != "decimal" or a is None or b is None:
        return False
    return (a - b) * sign > 0 or (a == b and (mine.exclusive or not wanted.exclusive))
