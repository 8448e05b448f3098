"""Where a session serves its peer: one task per question, deadlines, cancellation, notices in order.

Promises: a question past its deadline (within a quarter of a second), reset by the peer or left by a closing session
is cancelled; a handler's failure becomes a RESET and reveals nothing; notices over the bound are dropped and counted.
"""

from __future__ import annotations

import asyncio
from collections import deque
from typing import TYPE_CHECKING

import structlog

from bus.link import frames, messages
from bus.link.errors import StreamRefusedError
from bus.link.frames import HEADER, MAX_PAYLOAD_BYTES, Kind, ResetCode
from bus.link.outbox import Outgoing

if TYPE_CHECKING:
    from bus.link.limits import LinkLimits
    from bus.link.messages import Message
    from bus.link.ports import Handlers
    from bus.link.session import Session
    from bus.link.streams import Arriving, Asked, Streams
    from bus.link.writer import Writer

_log = structlog.get_logger(__name__)


class Desk:
    """Serves the streams that the peer opens.

    Attributes:
        dropped_notices: notices that came faster than they were handled.
    """

    def __init__(
        self, session: Session, streams: Streams, writer: Writer, handlers: Handlers, limits: LinkLimits
    ) -> None:
        self.dropped_notices = 0
        self._session = session
        self._streams = streams
        self._writer = writer
        self._handlers = handlers
        self._limits = limits
        self._loop = asyncio.get_running_loop()
        self._tasks: dict[int, asyncio.Task[None]] = {}
        self._lingering: set[asyncio.Task[None]] = set()
        self._due: dict[int, float] = {}
        self._leaving: dict[int, Outgoing] = {}
        self._notices: deque[Message] = deque()
        self._notice_bytes = 0
        self._notice_task: asyncio.Task[None] | None = None

    def arriving(self, event: Arriving) -> None:
        """A question of several frames began: its time runs from here."""
        self._due[event.stream] = self._loop.time() + event.remaining_ms / 1000

    def asked(self, event: Asked) -> None:
        """A question is whole: serve it."""
        stream, message, remaining_ms = event
        due = self._due.get(stream)
        if due is None:
            due = self._due[stream] = self._loop.time() + remaining_ms / 1000
        self._tasks[stream] = self._loop.create_task(self._serve(stream, message, due))

    def told(self, message: Message) -> None:
        """A notice is whole: handle it after those before it."""
        size = messages.packed_length(message)
        full = len(self._notices) >= self._limits.max_notices
        if self._handlers.notice is None or full or self._notice_bytes + size > self._limits.max_notice_bytes:
            self.dropped_notices += 1
            return
        self._notices.append(message)
        self._notice_bytes += size
        if self._notice_task is None:
            self._notice_task = self._loop.create_task(self._handle_notices())

    def stop(self, stream: int) -> None:
        """The stream is over: cancel its handler, take back its answer."""
        self._due.pop(stream, None)
        outgoing = self._leaving.pop(stream, None)
        if outgoing is not None:
            self._writer.withdraw(outgoing)
        task = self._tasks.pop(stream, None)
        if task is not None:
            self._lingering.add(task)
            self._streams.lingering = len(self._lingering)
            task.cancel()
            task.add_done_callback(self._wound_down)

    def left(self, outgoing: Outgoing) -> None:
        """The last frame of a queued answer was handed over."""
        if self._leaving.pop(outgoing.stream, None) is not None:
            self._settle(outgoing.stream)

    def expire(self, now: float) -> None:
        """End every question whose time is up."""
        for stream in [stream for stream, due in self._due.items() if due <= now]:
            self._reset(stream, ResetCode.DEADLINE)

    def close(self) -> set[asyncio.Task[None]]:
        """Cancel everything; the tasks that still wind down."""
        tasks = {*self._tasks.values(), *self._lingering}
        if self._notice_task is not None:
            tasks.add(self._notice_task)
        for task in tasks:
            task.cancel()
        self._tasks.clear()
        self._due.clear()
        self._leaving.clear()
        self._notices.clear()
        return tasks

    async def _serve(self, stream: int, message: Message, deadline: float) -> None:
        try:
            answer = await self._handlers.answer(self._session, message, deadline)
            await self._send(stream, messages.pack(answer))
        except StreamRefusedError as refusal:
            self._reset(stream, refusal.code, refusal.retry_after_ms)
        except Exception as error:  # noqa: BLE001 - the boundary: the peer learns a code, the log a type
            _log.error("link.handler_failed", topic=message.topic, error=type(error).__name__)
            self._reset(stream, ResetCode.INTERNAL)

    async def _send(self, stream: int, packed: bytes) -> None:
        if self._tasks.pop(stream, None) is None:
            return  # the stream ended while the handler finished
        if len(packed) > self._session.max_message_bytes:
            _log.error("link.answer_too_large", bytes=len(packed), limit_bytes=self._session.max_message_bytes)
            self._reset(stream, ResetCode.ANSWER_TOO_LARGE)
        elif len(packed) <= MAX_PAYLOAD_BYTES and self._writer.free:
            self._settle(stream)
            await self._writer.now(HEADER.pack(Kind.END, 0, 0, stream, 0) + packed)
        else:
            self._leaving[stream] = outgoing = Outgoing(Kind.END, stream, packed)
            self._writer.put(outgoing)

    def _reset(self, stream: int, code: int, retry_after_ms: int = 0) -> None:
        if self._streams.answered(stream):
            self._writer.control(frames.encode(Kind.RESET, code=code, stream=stream, value=retry_after_ms))
        current = self._tasks.get(stream)
        if current is not None and current is asyncio.current_task():
            del self._tasks[stream]
        self.stop(stream)
        self._session.maybe_drained()

    def _settle(self, stream: int) -> None:
        self._due.pop(stream, None)
        self._streams.answered(stream)
        self._session.maybe_drained()

    def _wound_down(self, task: asyncio.Task[None]) -> None:
        self._lingering.discard(task)
        self._streams.lingering = len(self._lingering)

    async def _handle_notices(self) -> None:
        handle = self._handlers.notice
        try:
            while self._notices and handle is not None:
                message = self._notices.popleft()
                self._notice_bytes -= messages.packed_length(message)
                try:
                    await handle(self._session, message)
                except Exception as error:  # noqa: BLE001 - a failed notice must not stop those after it
                    _log.error("link.notice_failed", topic=message.topic, error=type(error).__name__)
        finally:
            self._notice_task = None
