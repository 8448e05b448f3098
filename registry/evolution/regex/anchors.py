"""Patterns with ``^`` and ``$`` wherever they stand, as pieces that say where in a text they must lie.

A piece is a pattern without anchors that lies anywhere, at the start, at the end, or from start to end of the text.
``(^a|b)c$`` is ``ac`` from start to end or ``bc`` at the end. An anchor inside a repetition is exact as long as nothing
that is repeated may be empty; otherwise the pattern is refused.
Source: ECMA-262 §22.2.2.4 (assertions; no flag ``m``).
"""

from __future__ import annotations

from itertools import groupby, product
from typing import TYPE_CHECKING, NamedTuple

from registry.evolution.regex.errors import PatternUnsupportedError
from registry.evolution.regex.tree import ANYTHING, EMPTY, NOTHING, Tree, either, nullable, repeat, row

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence


class Pieces(NamedTuple):
    """By where they must lie: anywhere, at the start, at the end, both."""

    free: Tree = NOTHING
    start: Tree = NOTHING
    end: Tree = NOTHING
    both: Tree = NOTHING

    @property
    def is_free(self) -> bool:
        """Whether there is no anchor in it."""
        return self.start == self.end == self.both == NOTHING


START = Pieces(start=EMPTY)
"""``^``."""
END = Pieces(end=EMPTY)
"""``$``."""


def searched(pieces: Pieces) -> Tree:
    """The texts in which one of the pieces is found."""
    return either(
        row(ANYTHING, pieces.free, ANYTHING),
        row(pieces.start, ANYTHING),
        row(ANYTHING, pieces.end),
        pieces.both,
    )


def any_of(parts: Sequence[Pieces]) -> Pieces:
    """One of the parts."""
    return Pieces(*(either(*column) for column in zip(*parts, strict=True))) if parts else Pieces()


def in_a_row(parts: Iterable[Pieces]) -> Pieces:
    """One part after the other."""
    whole = Pieces(EMPTY)
    for is_free, run in groupby(parts, key=lambda part: part.is_free):
        if is_free:
            whole = _then(whole, Pieces(row(*(part.free for part in run))))
        else:
            for part in run:
                whole = _then(whole, part)
    return whole


def repeated(pieces: Pieces, low: int, high: int | None, at: int) -> Pieces:
    """A part so many times.

    Raises:
        PatternUnsupportedError: ``anchor-in-repetition``.
    """
    if pieces.is_free:
        return Pieces(repeat(pieces.free, low, high))
    if (low, high) == (1, 1):
        return pieces
    if (low, high) == (0, 1):
        return any_of([Pieces(EMPTY), pieces])
    if any(nullable(piece) for piece in pieces):
        raise PatternUnsupportedError("anchor-in-repetition", at)
    return _many(pieces, low, high)


def _many(pieces: Pieces, low: int, high: int | None) -> Pieces:
    """Nothing in it is empty: only the first can be at the start, only the last at the end."""

    def free(spent: int) -> Tree:
        if high is not None and high < spent:
            return NOTHING
        return repeat(pieces.free, max(low - spent, 0), None if high is None else high - spent)

    once = pieces.both if low <= 1 and high != 0 else NOTHING
    return Pieces(
        free(0),
        row(pieces.start, free(1)),
        row(free(1), pieces.end),
        either(row(pieces.start, free(2), pieces.end), once),
    )


def _then(first: Pieces, second: Pieces) -> Pieces:
    found: dict[tuple[bool, bool], list[Tree]] = {}
    for (one, (starts, stops)), (two, (begins, ends)) in product(_placed(first), _placed(second)):
        if not stops and not begins:
            found.setdefault((starts, ends), []).append(row(one, two))
        elif begins and stops:
            if nullable(one) and nullable(two):
                found.setdefault((True, True), []).append(EMPTY)
        elif begins and nullable(one):
            found.setdefault((True, ends), []).append(two)
        elif stops and nullable(two):
            found.setdefault((starts, True), []).append(one)
    return Pieces(*(either(*found.get(place, ())) for place in _PLACES))


_PLACES = ((False, False), (True, False), (False, True), (True, True))


def _placed(pieces: Pieces) -> list[tuple[Tree, tuple[bool, bool]]]:
    return [(piece, place) for piece, place in zip(pieces, _PLACES, strict=True) if piece != NOTHING]
