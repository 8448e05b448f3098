"""The one writer of a session: a free connection is written to at once, a busy one through the outbox.

Promises: at most one send is under way; a message of one frame on a free connection costs no task switch; while the
peer does not read, what waits is bounded by the caller (`waiting_bytes`) and nothing else of the process waits.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final

from bus.link.outbox import Outbox, Outgoing

_YIELD_BYTES: Final = 32 * 1024
"""After so many bytes other tasks get their turn before more is encrypted."""


class Writer:
    """Writes frames in the outbox's order.

    Args:
        send: hands one frame to the connection; waits while its buffer is full.
        on_left: told of each message whose last frame is handed over.
        on_broken: told once when the connection takes no more.

    Attributes:
        written: frames handed over so far; `stuck` compares it.
    """

    def __init__(
        self,
        send: Callable[[bytes], Awaitable[None]],
        on_left: Callable[[Outgoing], None],
        on_broken: Callable[[], None],
    ) -> None:
        self.written = 0
        self._send = send
        self._on_left = on_left
        self._on_broken = on_broken
        self._outbox = Outbox()
        self._busy = False
        self._closed = False
        self._pump_task: asyncio.Task[None] | None = None

    @property
    def free(self) -> bool:
        """Whether `now` may be called."""
        return not self._busy and not self._outbox

    @property
    def waiting_bytes(self) -> int:
        """Bytes of messages that wait to be written."""
        return self._outbox.message_bytes

    @property
    def control_bytes(self) -> int:
        """Bytes of control frames that wait to be written."""
        return self._outbox.control_bytes

    async def now(self, frame: bytes) -> None:
        """Write one frame in the caller's own task; only when `free`."""
        self._busy = True
        self.written += 1
        try:
            await self._send(frame)
        except ConnectionError:
            self._on_broken()
        finally:
            self._busy = False
            if self._outbox:
                self._start()

    def control(self, frame: bytes) -> None:
        """Write a control frame before any message that waits."""
        self._outbox.control(frame)
        self._start()

    def put(self, outgoing: Outgoing) -> None:
        """Write a message when its turn comes."""
        self._outbox.put(outgoing)
        self._start()

    def withdraw(self, outgoing: Outgoing) -> None:
        """Write no further frame of a message."""
        self._outbox.drop(outgoing)

    def close(self) -> None:
        """Write nothing any more."""
        self._closed = True
        if self._pump_task is not None:
            self._pump_task.cancel()

    def _start(self) -> None:
        if self._pump_task is None and not self._busy and not self._closed:
            self._busy = True
            self._pump_task = asyncio.get_running_loop().create_task(self._pump())

    async def _pump(self) -> None:
        without_pause = 0
        try:
            while self._outbox:
                frame, last_of = self._outbox.pop()
                if last_of is not None:
                    self._on_left(last_of)
                self.written += 1
                await self._send(frame)
                without_pause += len(frame)
                if without_pause >= _YIELD_BYTES:
                    without_pause = 0
                    await asyncio.sleep(0)
        except ConnectionError:
            self._closed = True
            self._on_broken()
        finally:
            self._busy = False
            self._pump_task = None
