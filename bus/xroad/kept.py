"""Things written from the whole registry, which take a while for a nation: made off the event loop, kept for a minute.

Promises: one maker per key at a time; a few keys are kept, the oldest go; what is older than a minute is made anew.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Final, Generic, TypeVar

from bus.clock import Clock

FRESH_MS: Final = 60_000
_MOST: Final = 16
V = TypeVar("V")


class Kept(Generic[V]):
    """Values by key; a key names the registry's version among others."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._values: OrderedDict[Hashable, tuple[int, V]] = OrderedDict()
        self._making = asyncio.Lock()

    async def get(self, key: Hashable, make: Callable[[], V]) -> V:
        """The value of a key, made in a thread where there is none that is fresh."""
        async with self._making:
            now_ms = self._clock()
            made_ms, value = self._values.get(key, (None, None))
            if value is not None and made_ms is not None and made_ms <= now_ms < made_ms + FRESH_MS:
                return value
            made = await asyncio.to_thread(make)
            self._values[key] = now_ms, made
            self._values.move_to_end(key)
            if len(self._values) > _MOST:
                self._values.popitem(last=False)
            return made
