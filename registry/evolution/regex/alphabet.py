"""The characters that a question can tell apart, in classes.

Promises: two characters of one class are in the same sets of those named, so one of them speaks for all; a class
speaks by its most readable character. A set of classes is an integer, bit by bit.
"""

from __future__ import annotations

import unicodedata
from bisect import bisect_right
from typing import TYPE_CHECKING, Final

from registry.evolution.regex.charset import EVERY, CharSet

if TYPE_CHECKING:
    from collections.abc import Iterable

    from registry.evolution.budget import Budget

_READABLE: Final = (
    (97, 122),
    (48, 57),
    (65, 90),
    (45, 46),
    (95, 95),
    (32, 32),
    (33, 126),
    (0xC0, 0x24F),
    (0x1EA0, 0x1EF9),
)
_LOOKED_AT: Final = 16
"""Characters of an interval that are tried for one that prints."""


class Alphabet:
    """Classes of characters for the sets of one question."""

    def __init__(self, named: Iterable[CharSet], budget: Budget) -> None:
        known = list(dict.fromkeys((EVERY, *named)))
        self._starts, self._classes, best = _classes(known, budget)
        self.faces: Final = tuple(chr(code) for _, code in best)
        """By class, the character that speaks for it."""
        self.order: Final = tuple(sorted(range(len(best)), key=best.__getitem__))
        """Classes, the most readable first."""
        self.every: Final = (1 << len(best)) - 1
        self._masks = {one: self._mask(one, budget) for one in known}

    def mask(self, of: CharSet) -> int:
        """The classes that a named set is made of."""
        return self._masks[of]

    def bit(self, char: str) -> int:
        """The class of a character as a bit; 0 for a lone surrogate."""
        return self._bit_at(ord(char))

    def _bit_at(self, code: int) -> int:
        number = self._classes[bisect_right(self._starts, code) - 1]
        return 0 if number < 0 else 1 << number

    def _mask(self, of: CharSet, budget: Budget) -> int:
        mask = 0
        for low, high in of.ranges:
            first, last = bisect_right(self._starts, low) - 1, bisect_right(self._starts, high)
            budget.spend(1 + (last - first) // 16, "pattern")
            for number in self._classes[first:last]:
                mask |= 1 << number
        return mask


def _classes(known: list[CharSet], budget: Budget) -> tuple[list[int], list[int], list[tuple[int, int]]]:
    """Starts of the segments, the class of each (-1: surrogates), and each class's most readable character by rank."""
    # 1. where membership of a set begins or ends
    flips: dict[int, int] = {0: 0}
    for number, one in enumerate(known):
        budget.spend(1 + len(one.ranges) // 16, "pattern")
        for low, high in one.ranges:
            flips[low] = flips.get(low, 0) ^ (1 << number)
            flips[high + 1] = flips.get(high + 1, 0) ^ (1 << number)
    starts = sorted(flips)
    # 2. segments of the same membership are one class
    numbers: dict[int, int] = {}
    classes: list[int] = []
    best: list[tuple[int, int]] = []
    member = 0
    for start, end in zip(starts, [*starts[1:], EVERY.ranges[-1][1] + 1], strict=True):
        member ^= flips[start]
        if not member & 1:
            classes.append(-1)
            continue
        number = numbers.setdefault(member, len(numbers))
        classes.append(number)
        face = _face(start, end - 1)
        if number == len(best):
            best.append(face)
        else:
            best[number] = min(best[number], face)
    return starts, classes, best


def _face(low: int, high: int) -> tuple[int, int]:
    """How readable the most readable character of an interval is (0: most), and the character."""
    for rank, (first, last) in enumerate(_READABLE):
        if max(low, first) <= min(high, last):
            return rank, max(low, first)
    for code in range(low, min(high, low + _LOOKED_AT) + 1):
        if unicodedata.category(chr(code))[0] in "LNPS":
            return len(_READABLE), code
    return len(_READABLE) + 1, low
