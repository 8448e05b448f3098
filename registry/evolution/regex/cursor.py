"""Reads a pattern from left to right: what both kinds of pattern have in common."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from registry.evolution.regex.charset import CharSet, char_set
from registry.evolution.regex.errors import PatternSyntaxError, PatternUnsupportedError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from registry.evolution.budget import Budget

MAX_LENGTH: Final = 16_384
"""Characters of one pattern."""
MAX_DEPTH: Final = 60
"""Groups within groups."""
_MAX_COUNT_DIGITS: Final = 9


class Cursor:
    """A place in a pattern.

    Raises:
        PatternUnsupportedError: ``too-long``.
    """

    def __init__(self, pattern: str, budget: Budget) -> None:
        self.pattern: Final = pattern
        self.budget: Final = budget
        self.at = 0
        self._depth = 0
        if len(pattern) > MAX_LENGTH:
            raise PatternUnsupportedError("too-long", MAX_LENGTH)

    @property
    def next(self) -> str:
        """The next character; empty at the end."""
        return self.pattern[self.at : self.at + 1]

    def take(self) -> str:
        """The next character, and go on.

        Raises:
            PatternSyntaxError: the pattern ends here.
        """
        char = self.next
        if not char:
            raise PatternSyntaxError(self.at)
        self.budget.spend(1, "pattern")
        self.at += 1
        return char

    def eat(self, word: str) -> bool:
        """Go past a word if it comes next."""
        if self.pattern.startswith(word, self.at):
            self.at += len(word)
            return True
        return False

    def expect(self, word: str) -> None:
        """Go past a word that must come next."""
        if not self.eat(word):
            raise PatternSyntaxError(self.at)

    def until(self, end: str) -> str:
        """Everything before the next ``end``, and go past that."""
        stop = self.pattern.find(end, self.at)
        if stop < 0:
            raise PatternSyntaxError(self.at)
        found, self.at = self.pattern[self.at : stop], stop + 1
        return found

    def deeper(self, by: int) -> None:
        """A group begins (1) or ends (-1)."""
        self._depth += by
        if self._depth > MAX_DEPTH:
            raise PatternUnsupportedError("too-deep", self.at)

    def times(self) -> tuple[int, int | None] | None:
        """A quantifier, if one comes next: how often at least and at most."""
        for sign, range_ in (("*", (0, None)), ("+", (1, None)), ("?", (0, 1))):
            if self.eat(sign):
                return range_
        if not self.eat("{"):
            return None
        low, comma, high = self.until("}").partition(",")
        least = self._number(low)
        most = (self._number(high) if high else None) if comma else least
        if most is not None and most < least:
            raise PatternSyntaxError(self.at)
        return least, most

    def _number(self, digits: str) -> int:
        if not (digits.isascii() and digits.isdigit()):
            raise PatternSyntaxError(self.at)
        if len(digits) > _MAX_COUNT_DIGITS:
            raise PatternUnsupportedError("count-too-large", self.at)
        return int(digits)

    def joined(self, parts: Iterable[CharSet]) -> CharSet:
        """The union of some sets, charged."""
        named = list(dict.fromkeys(parts))
        self.budget.spend(sum(len(part.ranges) for part in named), "pattern")
        return named[0] if len(named) == 1 else char_set(one for part in named for one in part.ranges)
