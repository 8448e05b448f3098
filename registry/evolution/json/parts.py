"""A schema's conditions one by one, down into properties and items, so that each can be asked for by itself.

Promises that together the parts say what the formula says. Of schemas that refer to themselves or are very long the
last parts are whole formulas again. For people: every change is told, not only the first that was found.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final

from registry.evolution.json.compiled import Sub
from registry.evolution.json.formula import All, Formula, negation, one
from registry.evolution.json.literals import HOLDS, AtMostOf, ItemAt, ValueAt, ValuesWhere

_PARTS: Final = 2000
_DEPTH: Final = 12
_Wrap = Callable[[Formula], Formula]


def parts_of(formula: Formula) -> list[Formula]:
    """The conditions that the formula is made of."""
    found: list[Formula] = []
    waiting: list[tuple[int, Formula, tuple[_Wrap, ...]]] = [(0, formula, ())]
    looked_at = 0
    while waiting:
        depth, part, wraps = waiting.pop()
        looked_at += 1
        plain = looked_at > _PARTS or depth > _DEPTH
        inner: list[tuple[Formula, _Wrap | None]] = [] if plain else list(_inner(part))
        if not inner:
            found.append(_wrapped(part, wraps))
        for below, around in reversed(inner):
            waiting.append((depth + (around is not None), below, wraps if around is None else (*wraps, around)))
    return found


def _wrapped(part: Formula, wraps: tuple[_Wrap, ...]) -> Formula:
    for wrap in reversed(wraps):
        part = wrap(part)
    return part


def _inner(part: Formula) -> Iterator[tuple[Formula, _Wrap | None]]:
    if isinstance(part, Sub):
        yield part.opened(), None
    elif isinstance(part, All):
        yield from ((inner, None) for inner in part.parts)
    elif isinstance(part, ValueAt):
        yield part.value, lambda value: one(ValueAt, part.name, value)
    elif isinstance(part, ValuesWhere):
        yield part.value, lambda value: one(ValuesWhere, part.names, value)
    elif isinstance(part, ItemAt):
        yield part.item, lambda item: one(ItemAt, part.index, item)
    elif isinstance(part, AtMostOf) and part.holds and part.count == 0:
        yield negation(part.item), lambda item: one(AtMostOf, part.start, negation(item), 0, HOLDS)
