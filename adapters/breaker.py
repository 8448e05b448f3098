"""A circuit breaker: whoever keeps failing is left alone for a while, as a pure state machine.

    closed ──too many failures in the window──▶ open ──after open_s──▶ half-open ──all probes succeed──▶ closed
                                                 ▲                        └────────a probe fails───────────┘

Promises: closed, it refuses nobody; open, it admits nobody before `open_s` is over; half-open, it admits `probes`
questions and no more until they have told. What was admitted before a change tells nothing any more after it.
It opens at `failures` within `window_s`, if they are at least the `share` of what ended there: a busy system may fail
now and then. Memory is bounded, the window moves on in tenths.
Leaves out: the clock (`now` is handed in, in seconds of a steady clock), and what counts as a failure.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

SLOTS: Final = 10
"""Parts of the window."""


class Circuit(StrEnum):
    """Where it stands."""

    CLOSED = "closed"
    OPEN = "open"
    HALF_OPEN = "half-open"


@dataclass(frozen=True, slots=True)
class BreakerLimits:
    """When it opens, for how long, and how many questions try whether it may close. Seconds."""

    failures: int = 5
    share: float = 0.5
    window_s: float = 120.0
    open_s: float = 15.0
    probes: int = 1


@dataclass(frozen=True, slots=True)
class Ticket:
    """What an admitted question shows when it has ended."""

    era: int


class Breaker:
    """One circuit: closed at first."""

    def __init__(self, limits: BreakerLimits) -> None:
        self._limits = limits
        self._era = 0
        self._slots: deque[tuple[int, list[int]]] = deque()
        self._admitted = 0
        self._succeeded = 0
        self._changed = 0.0
        self._opened_by = 0
        self.state = Circuit.CLOSED

    def admit(self, now: float) -> Ticket | None:
        """Let one question through, or None: refused."""
        if self.wait_s(now) > 0:
            return None
        if self.state is Circuit.OPEN:
            self._become(Circuit.HALF_OPEN, now)
        if self.state is Circuit.HALF_OPEN:
            self._admitted += 1
        return Ticket(self._era)

    def wait_s(self, now: float) -> float:
        """The seconds after which it is worth to ask again; 0: it would be let through now. Changes nothing."""
        if self.state is Circuit.OPEN:
            return max(0.0, self._changed + self._limits.open_s - now)
        full = self.state is Circuit.HALF_OPEN and self._admitted >= self._limits.probes
        return self._limits.open_s if full else 0.0

    def record(self, ticket: Ticket, now: float, *, failed: bool | None) -> None:
        """Say how an admitted question ended; None: it ended without telling anything, such as cancelled."""
        if ticket.era != self._era:
            return
        if self.state is Circuit.HALF_OPEN:
            self._record_probe(now, failed=failed)
        elif failed is not None:
            ended, bad = self._counted(now, failed=failed)
            if bad >= self._limits.failures and bad >= self._limits.share * ended:
                self._opened_by = bad
                self._become(Circuit.OPEN, now)

    def failures(self, now: float) -> int:
        """How many failures the window holds; once it has opened, how many have kept it open."""
        if self.state is not Circuit.CLOSED:
            return self._opened_by
        self._forget(now)
        return sum(bad for _, (_, bad) in self._slots)

    def _record_probe(self, now: float, *, failed: bool | None) -> None:
        if failed is None:
            self._admitted -= 1
        elif failed:
            self._opened_by += 1
            self._become(Circuit.OPEN, now)
        else:
            self._succeeded += 1
            if self._succeeded >= self._limits.probes:
                self._become(Circuit.CLOSED, now)

    def _become(self, state: Circuit, now: float) -> None:
        self.state = state
        self._changed = now
        self._era += 1
        self._admitted = self._succeeded = 0
        self._slots.clear()

    def _counted(self, now: float, *, failed: bool) -> tuple[int, int]:
        """Count one end; how many there are in the window, and how many failed."""
        self._forget(now)
        slot = self._slot(now)
        if not self._slots or self._slots[-1][0] != slot:
            self._slots.append((slot, [0, 0]))
        self._slots[-1][1][0] += 1
        self._slots[-1][1][1] += failed
        return sum(ended for _, (ended, _) in self._slots), sum(bad for _, (_, bad) in self._slots)

    def _forget(self, now: float) -> None:
        oldest = self._slot(now) - SLOTS
        while self._slots and self._slots[0][0] <= oldest:
            self._slots.popleft()

    def _slot(self, now: float) -> int:
        return int(now * SLOTS // self._limits.window_s)
