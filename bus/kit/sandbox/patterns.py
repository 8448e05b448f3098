"""A text that matches a pattern, drawn at random and readable where the pattern lets it be.

Promises: what comes back is a member of the pattern's own language (`registry.evolution.regex`) or None.
Leaves out: patterns that look around or back, which are not read; their schema finds another way or is refused.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from registry.evolution.budget import Budget, BudgetSpentError
from registry.evolution.regex import ecma
from registry.evolution.regex.charset import CharSet, char_set
from registry.evolution.regex.cursor import Cursor
from registry.evolution.regex.errors import PatternSyntaxError, PatternUnsupportedError
from registry.evolution.regex.language import Language, parse_ecma
from registry.evolution.regex.tree import Either, One, Repeat, Row, Tree

if TYPE_CHECKING:
    from random import Random

_STEPS: Final = 50_000
_READABLE: Final = tuple(
    char_set(ranges) for ranges in ([(0x30, 0x39)], [(0x61, 0x7A)], [(0x41, 0x5A)], [(0x20, 0x20)], [(0x21, 0x7E)])
)
_LONG: Final = re.compile(r"(?<![0-9])[0-9]{9,13}(?![0-9])")
_CITIZEN: Final = 12
_MORE: Final = 4
"""How often beyond its least count a part without end comes at most."""
_FULL: Final = 12


class _TooLongError(Exception):
    """The draw runs away."""


@lru_cache(maxsize=1024)
def _read(pattern: str) -> tuple[Tree, Language] | None:
    try:
        return ecma.read(Cursor(pattern, Budget(_STEPS))).tree, parse_ecma(pattern, Budget(_STEPS))
    except (PatternUnsupportedError, PatternSyntaxError, BudgetSpentError):
        return None


def matching(pattern: str, dice: Random, low: int, high: int) -> str | None:
    """A member of `low` to `high` characters, or None where a few draws bring none."""
    found = _read(pattern)
    if found is None:
        return None
    tree, language = found
    for more in (0, 1, _MORE, _FULL, _FULL * 4):
        text = _drawn(tree, dice, more, high)
        if text is not None:
            moved = _reserved(text)
            text = moved if _accepted(language, moved) else text
        if text is not None and low <= len(text) <= high and _accepted(language, text):
            return text
    return None


def _reserved(text: str) -> str:
    """The same with every long number moved to where nobody has one: 989… of twelve digits, 999… of others."""
    return _LONG.sub(lambda found: ("989" if len(found[0]) == _CITIZEN else "999") + found[0][3:], text)


def _accepted(language: Language, text: str) -> bool:
    try:
        return language.accepts(text, Budget(_STEPS))
    except BudgetSpentError:
        return False


def _drawn(tree: Tree, dice: Random, more: int, high: int) -> str | None:
    found: list[str] = []
    try:
        _draw(tree, dice, more, found, high + _FULL)
    except (_TooLongError, RecursionError):
        return None
    return "".join(found)


def _draw(tree: Tree, dice: Random, more: int, found: list[str], room: int) -> None:
    if len(found) > room:
        raise _TooLongError
    if isinstance(tree, One):
        found.append(_char(tree.of, dice))
    elif isinstance(tree, Row):
        for part in tree.parts:
            _draw(part, dice, more, found, room)
    elif isinstance(tree, Either):
        if not tree.parts:
            raise _TooLongError
        _draw(dice.choice(tree.parts), dice, more, found, room)
    elif isinstance(tree, Repeat):
        most = tree.low + more if tree.high is None else min(tree.high, tree.low + more)
        for _ in range(dice.randint(tree.low, most)):
            _draw(tree.part, dice, more, found, room)


def _char(of: CharSet, dice: Random) -> str:
    for liked in _READABLE:
        both = of & liked
        if both:
            low, high = dice.choice(both.ranges)
            return chr(dice.randint(low, high))
    if not of:
        raise _TooLongError
    low, _ = of.ranges[0]
    return chr(low)
