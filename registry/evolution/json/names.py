"""Names of properties: whether one belongs to a class of them.

Promises an answer without search where the class is made of literals, as classes of schemas nearly always are.
"""

from __future__ import annotations

from collections.abc import Generator
from typing import Final

from registry.evolution.budget import Budget
from registry.evolution.json.formula import STRING, All, AnyOf, Formula, Not, Types, one
from registry.evolution.json.literals import HOLDS, Literal, Opaque, TextIn
from registry.evolution.json.outcome import Empty, Found, Goal, Outcome, goal
from registry.evolution.json.strings import holds

_SEARCH: Final = "search"
_NESTED: Final = 20


def name_in(names: Formula, name: str, budget: Budget) -> Generator[Goal, Outcome, bool | None]:
    """Whether a name belongs to a class; None where that is not understood."""
    plain = _plainly(names, name, budget, 0)
    if not isinstance(plain, str):
        return plain
    found = yield goal([one(Types, STRING), one(TextIn, frozenset({name}), HOLDS), names])
    if isinstance(found, Found) and found.sure:
        return True
    return False if isinstance(found, Empty) else None


def _plainly(names: Formula, name: str, budget: Budget, nested: int) -> bool | str | None:
    if isinstance(names, Types):
        return bool(names.types & STRING)
    if isinstance(names, Literal):
        if isinstance(names, Opaque):
            return None
        return holds(names, name, budget) if names.about & STRING else True
    if nested > _NESTED or not isinstance(names, All | AnyOf | Not):
        return _SEARCH
    if isinstance(names, Not):
        inner = _plainly(names.inner, name, budget, nested + 1)
        return inner if inner is None or isinstance(inner, str) else not inner
    return _together([_plainly(part, name, budget, nested + 1) for part in names.parts], isinstance(names, AnyOf))


def _together(answers: list[bool | str | None], decisive: bool) -> bool | str | None:  # noqa: FBT001 - any or all
    if decisive in answers:
        return decisive
    return next((answer for answer in answers if isinstance(answer, str) or answer is None), not decisive)
