"""A rate that is kept: a token bucket, as a pure state machine.

Promises: in any stretch of `t` seconds at most `burst + per_second * t` turns begin; turns are given in the order in
which they were asked for; who would have to wait longer than they can is told so and takes nothing.
A turn that was given and is not used is lost: giving it back could let two go at once later.
Leaves out: the clock and the waiting; `now` is handed in, in seconds of a steady clock that never goes back.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class PaceLimits:
    """Turns per second in the long run, and how many may go at once after a rest."""

    per_second: float
    burst: int = 1


class Pace:
    """One bucket: full at first."""

    def __init__(self, limits: PaceLimits) -> None:
        self._limits = limits
        self._level = float(limits.burst)
        self._at: float | None = None

    def reserve(self, now: float, most_s: float) -> float | None:
        """Take the next turn: the seconds until it begins, or None when that is more than `most_s`."""
        wait_s = self.wait_s(now)
        if wait_s > most_s:
            return None
        self._level -= 1
        return wait_s

    def wait_s(self, now: float) -> float:
        """The seconds until the next turn that can be taken; takes nothing."""
        if self._at is not None:
            self._level += (now - self._at) * self._limits.per_second
        self._level = min(self._level, float(self._limits.burst))
        self._at = now
        return max(0.0, (1 - self._level) / self._limits.per_second)
