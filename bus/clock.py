"""The hub's clock: milliseconds since the epoch, never going back.

Promises: two readings never decrease, whatever is done to the machine's clock; the wall clock is followed when it is
ahead. Leaves out: agreement between machines, which the link measures.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeAlias

Clock: TypeAlias = Callable[[], int]
"""Milliseconds since the epoch, UTC."""


class SteadyClock:
    """A clock that follows the wall but never decreases."""

    def __init__(self) -> None:
        self._last = 0

    def __call__(self) -> int:
        """Now, in milliseconds since the epoch."""
        self._last = max(self._last, time.time_ns() // 1_000_000)
        return self._last
