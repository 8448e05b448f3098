"""Notices side by side: the archive makes many receipts durable in one write, if they wait for it together.

Promises: they begin in the order in which they came; at most `AT_ONCE` are at work, and whoever brings one more waits;
one that fails is logged and stops no other; `close` lets those at work end. Leaves out: what a notice says.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final

import structlog

from bus.link.messages import Message
from bus.link.session import Session

log = structlog.get_logger(__name__)
AT_ONCE: Final = 128


class Notices:
    """Hands notices to `take`, which may wait."""

    def __init__(self, take: Callable[[Session, Message], Awaitable[None]]) -> None:
        self._take = take
        self._turns = asyncio.Semaphore(AT_ONCE)
        self._tasks: set[asyncio.Task[None]] = set()

    async def __call__(self, session: Session, message: Message) -> None:
        """Begin with one notice."""
        await self._turns.acquire()
        task = asyncio.create_task(self._one(session, message))
        self._tasks.add(task)
        task.add_done_callback(self._done)

    async def close(self) -> None:
        """Wait for those at work."""
        if self._tasks:
            await asyncio.wait(self._tasks)

    async def _one(self, session: Session, message: Message) -> None:
        try:
            await self._take(session, message)
        except Exception as error:  # noqa: BLE001 - a failed notice must not stop those after it
            log.error("notice-failed", topic=message.topic, error=type(error).__name__)  # noqa: TRY400 - no values in logs

    def _done(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        self._turns.release()
