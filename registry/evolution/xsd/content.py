"""Content models as automata that count instead of unrolling.

A state is what is still to come: a chain of frames, innermost first, shared between states and compared by value.
Promises: as many states as a model has positions times the counts that were really reached; particles that no document
can hold (rank below 0) are not entered, so from every state the end can be reached. Leaves out which name an element
particle takes (``registry.evolution.xsd.symbols``).

Frames: ``(COUNT, particle, low, high, rest)`` so many more of it; ``(NEXT, group, index, rest)`` the members of a
sequence from there on; ``(ALL, group, mask, rest)`` the members of an all-group whose bits are set.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from registry.evolution.xsd.model import Group, Particle

if TYPE_CHECKING:
    from collections.abc import Iterator

    from registry.evolution.budget import Budget

COUNT: Final = 0
NEXT: Final = 1
ALL: Final = 2
State = tuple[Any, ...] | None
"""None is the end."""
Step = tuple[Particle, State]


def start(content: Particle | None) -> State:
    """Before the first element."""
    return None if content is None else (COUNT, content, content.low, content.high, None)


def ends(state: State) -> bool:
    """Whether nothing more needs to come."""
    while state is not None:
        kind, rest = state[0], state[-1]
        if kind == COUNT and state[2] > 0:
            return False
        if kind == NEXT and state[2] < state[1].tail:
            return False
        if kind == ALL and any(not item.nullable for item in _left(state[1], state[2])):
            return False
        state = rest
    return True


def steps(state: State, budget: Budget) -> Iterator[Step]:
    """Each element particle or wildcard that may come next, and the state after it."""
    while state is not None:
        kind, rest = state[0], state[-1]
        if kind == COUNT:
            _, particle, low, high, _ = state
            yield from _enter(particle, low, high, rest, budget)
            if low > 0:
                return
        elif kind == NEXT:
            yield from _sequence(state[1], state[2], rest, budget)
            if state[2] < state[1].tail:
                return
        else:
            yield from _all(state[1], state[2], rest, budget)
            if any(not item.nullable for item in _left(state[1], state[2])):
                return
        state = rest


def _enter(particle: Particle, low: int, high: int | None, rest: State, budget: Budget) -> Iterator[Step]:
    """One more time of ``particle``, of which ``low`` to ``high`` are still to come."""
    term = particle.term
    budget.spend(1, "content")
    if term.rank < 0 and isinstance(term, Group):
        return
    after = rest if high == 1 else (COUNT, particle, max(low - 1, 0), None if high is None else high - 1, rest)
    if not isinstance(term, Group):
        yield particle, after
    elif term.kind == "sequence":
        yield from _sequence(term, 0, after, budget)
    elif term.kind == "choice":
        for item in term.items:
            yield from _enter(item, item.low, item.high, after, budget)
    else:
        yield from _all(term, (1 << len(term.items)) - 1, after, budget)


def _sequence(group: Group, index: int, rest: State, budget: Budget) -> Iterator[Step]:
    items = group.items
    while index < len(items):
        item = items[index]
        index += 1
        yield from _enter(item, item.low, item.high, (NEXT, group, index, rest) if index < len(items) else rest, budget)
        if not item.nullable:
            return


def _all(group: Group, mask: int, rest: State, budget: Budget) -> Iterator[Step]:
    for index, item in enumerate(group.items):
        if mask >> index & 1:
            left = mask & ~(1 << index)
            yield from _enter(item, item.low, item.high, (ALL, group, left, rest) if left else rest, budget)


def _left(group: Group, mask: int) -> Iterator[Particle]:
    return (item for index, item in enumerate(group.items) if mask >> index & 1)
