"""What a pattern says, without anything that looks at its surroundings.

Promises: values, compared by content. Leaves out anchors (``registry.evolution.regex.anchors`` resolves them first).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, TypeAlias

from registry.evolution.regex.charset import EVERY, CharSet, chars

if TYPE_CHECKING:
    from collections.abc import Iterator


@dataclass(frozen=True, slots=True)
class One:
    """One character of a set."""

    of: CharSet


@dataclass(frozen=True, slots=True)
class Row:
    """One part after the other; none at all is the empty text."""

    parts: tuple[Tree, ...]


@dataclass(frozen=True, slots=True)
class Either:
    """Any of the parts; none at all is the empty language."""

    parts: tuple[Tree, ...]


@dataclass(frozen=True, slots=True)
class Repeat:
    """A part ``low`` to ``high`` times; without end where ``high`` is None."""

    part: Tree
    low: int
    high: int | None


Tree: TypeAlias = One | Row | Either | Repeat

EMPTY: Final = Row(())
"""The empty text."""
NOTHING: Final = Either(())
"""No text at all."""
ANYTHING: Final = Repeat(One(EVERY), 0, None)
"""Every text."""


def row(*parts: Tree) -> Tree:
    """Parts one after the other, flat."""
    flat: list[Tree] = []
    for part in parts:
        if part == NOTHING:
            return NOTHING
        flat += part.parts if isinstance(part, Row) else (part,)
    return flat[0] if len(flat) == 1 else Row(tuple(flat))


def either(*parts: Tree) -> Tree:
    """Any of the parts, flat, each once."""
    flat: dict[Tree, None] = {}
    for part in parts:
        flat.update(dict.fromkeys(part.parts if isinstance(part, Either) else (part,)))
    return next(iter(flat)) if len(flat) == 1 else Either(tuple(flat))


def repeat(part: Tree, low: int, high: int | None) -> Tree:
    """A part so many times."""
    if (low, high) == (1, 1) or part == EMPTY:
        return part
    if high == 0 or (part == NOTHING and low == 0):
        return EMPTY
    return NOTHING if part == NOTHING else Repeat(part, low, high)


def text(value: str) -> Tree:
    """Exactly this text."""
    return row(*(One(chars(char)) for char in value))


def nullable(tree: Tree) -> bool:
    """Whether the empty text is a member."""
    if isinstance(tree, One):
        return False
    if isinstance(tree, Row):
        return all(nullable(part) for part in tree.parts)
    if isinstance(tree, Either):
        return any(nullable(part) for part in tree.parts)
    return tree.low == 0 or nullable(tree.part)


def sets(tree: Tree) -> Iterator[CharSet]:
    """The sets of characters that are named, with repetitions."""
    if isinstance(tree, One):
        yield tree.of
    elif isinstance(tree, Repeat):
        yield from sets(tree.part)
    else:
        for part in tree.parts:
            yield from sets(part)
