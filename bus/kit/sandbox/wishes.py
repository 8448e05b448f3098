"""What one request, one number or chance asks of a sandbox beside an answer: a fault, a delay.

Promises: a header goes before a reserved number, a number before chance. Leaves out carrying it out.
"""

from __future__ import annotations

from collections.abc import Iterable
from contextvars import ContextVar
from typing import Final, NamedTuple

from bus.kit.sandbox.delays import Delay
from bus.kit.sandbox.faults import Fault, Rates, by_number


class Wish(NamedTuple):
    """A fault and a delay, either of them or none."""

    fault: Fault | None = None
    delay_ms: float | None = None


NOTHING: Final = Wish()
WISHED: Final[ContextVar[Wish]] = ContextVar("wished")
"""What the headers of the request under way ask for."""


class Wishes:
    """What applies to each question in turn."""

    def __init__(self, rates: Rates, delay: Delay) -> None:
        self._rates = rates
        self._delay = delay

    def next(self, numbers: Iterable[str]) -> Wish:
        """For the next question, which is about these numbers."""
        asked, numbered = WISHED.get(NOTHING), by_number(numbers)
        chance, delay_ms = self._rates.next(), self._delay.next_ms()
        if asked.delay_ms is not None:
            delay_ms = asked.delay_ms
        elif numbered.delay_ms:
            delay_ms = numbered.delay_ms
        return Wish(asked.fault or numbered.fault or chance, delay_ms)
