"""Patterns that no validator should be asked to compile.

Promises: a pattern whose repetitions, multiplied along their nesting, go over ``HEAVIEST`` is refused when a schema is
read, since compilers of such patterns unroll them. Leaves out what patterns mean (``registry.evolution.regex``).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from registry.evolution.xsd.refuse import refuse

if TYPE_CHECKING:
    from registry.evolution.xsd.model import Where

HEAVIEST: Final = 10_000
LONGEST: Final = 4_000
_TOKEN: Final = re.compile(r"\\.|\[(?:\\.|[^\]\\])*\]|\{(\d+)(?:,(\d*))?\}|[()]|.", re.DOTALL)


def refuse_heavy(patterns: tuple[str, ...], where: Where) -> None:
    """Raise a ``SchemaError`` for the first pattern that is too heavy."""
    for pattern in patterns:
        if len(pattern) > LONGEST or weight(pattern) > HEAVIEST:
            raise refuse("pattern-too-heavy", where=where)


def weight(pattern: str) -> int:
    """About how many states the pattern has with its counted repetitions unrolled."""
    open_groups: list[int] = []
    total, latest = 0, 0
    for token in _TOKEN.finditer(pattern):
        text = token[0]
        if text == "(":
            open_groups.append(total)
            total, latest = 0, 0
        elif text == ")":
            latest = max(total, 1)
            total = latest + (open_groups.pop() if open_groups else 0)
        elif token[1] is not None:
            times = int(max(token[1], token[2] or "0", key=lambda digits: int(digits[:9]))[:9])
            total += latest * max(times - 1, 0)
            latest *= max(times, 1)
        elif text not in "?*+|":
            latest = 1
            total += 1
    return total
