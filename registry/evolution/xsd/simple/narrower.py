"""Whether one set of facets plainly allows no more than another of the same primitive type.

Promises that True is certain; False means only "not plainly". Leaves out languages (``inclusion``).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from registry.evolution.xsd.names import XS, clark
from registry.evolution.xsd.simple.numbers import decimal

if TYPE_CHECKING:
    from registry.evolution.xsd.model import Bound, Facets, SimpleType

_IDENTIFYING: Final = frozenset(clark(XS, local) for local in ("ID", "IDREF", "ENTITY"))


def alike(one: SimpleType, other: SimpleType) -> bool:
    """Whether two types say the same in the same words."""
    if one is other:
        return True
    if (one.variety, one.primitive, one.facets) != (other.variety, other.primitive, other.facets):
        return False
    if identifying(one) != identifying(other) or len(one.members) != len(other.members):
        return False
    if one.item is not None and other.item is not None and not alike(one.item, other.item):
        return False
    return all(map(alike, one.members, other.members))


def same_values(one: SimpleType, other: SimpleType) -> bool:
    """Whether a text that both take is surely the same value for both."""
    if alike(one, other):
        return True
    plain = one.variety == other.variety == "atomic" and identifying(one) == identifying(other)
    return plain and one.primitive == other.primitive and one.facets.whitespace == other.facets.whitespace


def identifying(found: SimpleType) -> str | None:
    """``ID``, ``IDREF`` or ``ENTITY`` where the type is one: those are judged over the whole document."""
    step: SimpleType | None = found
    while step is not None:
        if step.name in _IDENTIFYING:
            return step.name
        step = step.base
    return None


def narrower(one: Facets, other: Facets, primitive: str) -> bool:
    """Whether what ``one`` allows ``other`` allows, for the same primitive (or item) type and white space."""
    return (
        one.whitespace == other.whitespace
        and patterns_kept(one, other)
        and _values(one, other)
        and _lengths(one, other)
        and limits_kept(one, other, primitive)
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


def limits_kept(one: Facets, other: Facets, primitive: str) -> bool:
    """Whether every limit and count of digits of ``other`` is implied by ``one``'s."""
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
