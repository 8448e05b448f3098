"""Running until somebody says stop: let what runs finish, give up what only starts."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Literal


class Stop(asyncio.Event):
    """Set by SIGINT or SIGTERM. Whoever runs waits for it once it stands; until then it is starting."""

    def __init__(self) -> None:
        super().__init__()
        self.awaited = False

    async def wait(self) -> Literal[True]:
        """See `asyncio.Event`."""
        self.awaited = True
        return await super().wait()


async def until_signal(run: Callable[[asyncio.Event], Awaitable[None]]) -> None:
    """Run with an event that SIGINT or SIGTERM sets; a start that is still under way is given up."""
    stop = Stop()
    running = asyncio.ensure_future(run(stop))

    def told() -> None:
        stop.set()
        if not stop.awaited:
            running.cancel()

    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, told)
    with suppress(asyncio.CancelledError):
        await running
