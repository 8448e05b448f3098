"""Sets of characters as intervals of code points.

Promises: values; every operation takes time in the number of intervals. The universe is the Unicode scalar values:
U+0000 to U+10FFFF without the surrogates U+D800 to U+DFFF, since no text that passes our JSON or XML door holds a lone
surrogate (``schemas.json``, ``schemas.xml``); a pattern that names one names nothing there.
Leaves out: which characters a property names (``registry.evolution.regex.properties``).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Iterable

Range: TypeAlias = tuple[int, int]
LAST: Final = 0x10FFFF


@dataclass(frozen=True, slots=True)
class CharSet:
    """A set of characters: its intervals, ends included, ascending, with a gap between any two."""

    ranges: tuple[Range, ...]

    def __bool__(self) -> bool:
        return bool(self.ranges)

    def __or__(self, other: CharSet) -> CharSet:
        return char_set((*self.ranges, *other.ranges))

    def __and__(self, other: CharSet) -> CharSet:
        met: list[Range] = []
        left, right = iter(self.ranges), iter(other.ranges)
        one, two = next(left, None), next(right, None)
        while one is not None and two is not None:
            low, high = max(one[0], two[0]), min(one[1], two[1])
            if low <= high:
                met.append((low, high))
            if one[1] < two[1]:
                one = next(left, None)
            else:
                two = next(right, None)
        return CharSet(tuple(met))

    def __sub__(self, other: CharSet) -> CharSet:
        return self & ~other

    def __invert__(self) -> CharSet:
        gaps: list[Range] = []
        free = 0
        for low, high in self.ranges:
            if free < low:
                gaps.append((free, low - 1))
            free = high + 1
        if free <= LAST:
            gaps.append((free, LAST))
        return _without_surrogates(gaps)


def char_set(ranges: Iterable[Range]) -> CharSet:
    """Make a set of intervals in any order, overlapping or not; surrogates are left out."""
    merged: list[Range] = []
    for low, high in sorted(ranges):
        if merged and low <= merged[-1][1] + 1:
            merged[-1] = (merged[-1][0], max(merged[-1][1], high))
        else:
            merged.append((low, high))
    return _without_surrogates(merged)


def chars(text: str) -> CharSet:
    """The set of the characters of a text."""
    return char_set((ord(char), ord(char)) for char in text)


def _without_surrogates(ranges: Iterable[Range]) -> CharSet:
    kept: list[Range] = []
    for low, high in ranges:
        kept += [part for part in ((low, min(high, 0xD7FF)), (max(low, 0xE000), high)) if part[0] <= part[1]]
    return CharSet(tuple(kept))


EVERY: Final = char_set([(0, LAST)])
"""All characters."""
XML: Final = char_set([(0x9, 0xA), (0xD, 0xD), (0x20, 0xD7FF), (0xE000, 0xFFFD), (0x10000, LAST)])
"""What an XML 1.0 document may hold (XML 1.0 §2.2, Char)."""
