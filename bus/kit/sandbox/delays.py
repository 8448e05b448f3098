"""How long a sandbox takes: always the same, or by a distribution and the seed.

Promises: never less than nothing, never more than a minute. Written `200` (milliseconds), `uniform:50,500`,
`normal:200,50` (mean, deviation), `exponential:150` (mean), `lognormal:200,0.5` (median, sigma).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from random import Random
from typing import Final

from bus.kit.sandbox.dice import dice_of
from bus.kit.sandbox.refused import SandboxError

MOST_MS: Final = 60_000
Draw = Callable[[Random], float]
_KINDS: Final[dict[str, tuple[int, Callable[..., Draw]]]] = {
    "fixed": (1, lambda ms: lambda _: ms),
    "uniform": (2, lambda low, high: lambda dice: dice.uniform(low, high)),
    "normal": (2, lambda mean, sigma: lambda dice: dice.gauss(mean, sigma)),
    "exponential": (1, lambda mean: lambda dice: dice.expovariate(1 / mean) if mean else 0.0),
    "lognormal": (2, lambda median, sigma: lambda dice: dice.lognormvariate(math.log(median or 1), sigma)),
}


class Delay:
    """Draws delays.

    Raises:
        SandboxError: it is not written as above.
    """

    def __init__(self, text: str, seed: int) -> None:
        kind, colon, numbers = text.partition(":")
        if not colon:
            kind, numbers = "fixed", text
        count, make = _KINDS.get(kind, (0, None))
        try:
            given = [float(number) for number in numbers.split(",")]
        except ValueError:
            given = []
        if make is None or len(given) != count or not all(0 <= number <= MOST_MS for number in given):
            kinds = ", ".join(_KINDS)
            raise SandboxError("delay", f"delay {text[:40]}", f"milliseconds, or one of {kinds} with its numbers")
        self._draw = make(*given)
        self._dice = dice_of(seed, "delay")

    def next_ms(self) -> float:
        """The delay of the next question, in milliseconds."""
        return min(max(self._draw(self._dice), 0.0), float(MOST_MS))
