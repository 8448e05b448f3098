"""One open link between a node and a hub worker: questions and answers over multiplexed streams.

Promises: a small message is one frame and one send; a question gets exactly one of an answer or a `LinkError`, at
the latest when its time is up; when the session ends every waiting question fails at once and says whether the peer
may have acted on it; a slow peer holds up nobody else. Handlers of a peer that resets a stream, or goes away, are
cancelled: what must not stop half-way shields itself. Leaves out: the handshake (`hub`, `node`).
"""

from __future__ import annotations

import asyncio
import contextlib
import re
from collections.abc import Callable
from typing import Any, Final

import aiohttp
import structlog

from bus.link import frames, messages, streams
from bus.link.desk import Desk
from bus.link.errors import LinkBusyError, LinkClosedError, LinkResetError, LinkTimeoutError, MessageTooLargeError
from bus.link.frames import HEADER, LAST, MAX_PAYLOAD_BYTES, MAX_U32, FrameError, GoAwayCode, Kind, ResetCode
from bus.link.hello import Hello, Welcome
from bus.link.limits import LinkLimits
from bus.link.messages import Message
from bus.link.outbox import Outgoing
from bus.link.ports import Handlers, Peer, Socket
from bus.link.pulse import Beat, Pulse
from bus.link.streams import Streams
from bus.link.writer import Writer

_log = structlog.get_logger(__name__)
_TICK_S: Final = 0.25
_USED_UP_DRAIN_S: Final = 60.0
_REASON: Final = re.compile(r"[a-z0-9-]{1,60}")


class _Call:
    """A question of ours under way."""

    __slots__ = ("answer", "direct", "outgoing")

    def __init__(self, answer: asyncio.Future[Message]) -> None:
        self.answer = answer
        self.direct = False
        self.outgoing: Outgoing | None = None

    @property
    def sent(self) -> bool:
        return self.direct or (self.outgoing is not None and self.outgoing.finished)

    def fail(self, error: Exception) -> None:
        if not self.answer.done():
            self.answer.set_exception(error)
            self.answer.exception()  # seen: a caller that was cancelled meanwhile will not look


class Session:
    """One session. `run` drives it and returns when it has ended.

    Args:
        socket: the WebSocket, handshake done.
        abort: drops the connection at once.
        node_side: whether this end is the node.
        peer: who is at the other end.
        said: the handshake.
        handlers: what to do with the peer's questions and notices.
        limits: what the peer may cost us.

    Attributes:
        peer, hello, welcome: as agreed.
        max_message_bytes: what both ends take inline.
        offset_ms: how far the hub's clock is ahead (measured on the node's side).
        close_reason: the named reason, once the session is over or closing.
    """

    def __init__(
        self,
        socket: Socket,
        abort: Callable[[], None],
        *,
        node_side: bool,
        peer: Peer,
        said: tuple[Hello, Welcome],
        handlers: Handlers,
        limits: LinkLimits,
    ) -> None:
        self.peer = peer
        self.hello, self.welcome = said
        theirs = self.welcome if node_side else self.hello
        self.max_message_bytes = min(theirs.max_message_bytes, limits.max_message_bytes)
        self.offset_ms = 0
        self.close_reason = ""
        self._socket = socket
        self._abort = abort
        self._limits = limits
        self._gone = handlers.gone
        self._streams = Streams(node_side=node_side, limits=limits, credit=theirs.credits)
        self._writer = Writer(socket.send_bytes, self._on_left, abort)
        self._desk = Desk(self, self._streams, self._writer, handlers, limits)
        self._loop = asyncio.get_running_loop()
        self._calls: dict[int, _Call] = {}
        self._received = 0
        self._drained: asyncio.Event | None = None
        self._goodbye: asyncio.Event | None = None
        self._pulse = Pulse(limits, self._loop.time())
        self._reactions: Final[dict[type, Callable[[Any], None]]] = {
            streams.Asked: self._desk.asked,
            streams.Answered: self._on_answered,
            streams.Arriving: self._desk.arriving,
            streams.Told: self._on_told,
            streams.Failed: self._on_failed,
            streams.Ended: self._on_ended,
            streams.Say: self._on_say,
            streams.GoneAway: self._on_gone_away,
        }

    @property
    def closed(self) -> bool:
        """Whether the session is over, or closing."""
        return bool(self.close_reason)

    @property
    def usable(self) -> bool:
        """Whether a question may be put now (credit apart)."""
        return not (self.close_reason or self._streams.draining or self._streams.gone or self._streams.used_up)

    @property
    def open_streams(self) -> tuple[int, int]:
        """How many streams are open: ours, theirs."""
        return self._streams.open_ours, self._streams.open_theirs

    @property
    def late_frames(self) -> int:
        """Frames for streams that were over, or never were."""
        return self._streams.late

    @property
    def dropped_notices(self) -> int:
        """Notices that came faster than they were handled."""
        return self._desk.dropped_notices

    async def run(self) -> None:
        """Read until the session ends. Called once, by whoever did the handshake."""
        ticker = self._loop.create_task(self._tick())
        reason = "connection-lost"
        try:
            reason = await self._read()
        except FrameError as broken:
            too_large = broken.rule == "frame-too-large"
            code = aiohttp.WSCloseCode.MESSAGE_TOO_BIG if too_large else aiohttp.WSCloseCode.PROTOCOL_ERROR
            await self.close(broken.rule, code)
        finally:
            self._end(reason)
            if self._goodbye is not None:
                await self._goodbye.wait()  # whoever closes says goodbye before the connection is let go
            ticker.cancel()

    async def call(self, message: Message, timeout_s: float) -> Message:
        """Ask the peer and wait for its answer.

        Args:
            message: the question.
            timeout_s: how long to wait, in seconds, finite; the peer learns it and stops then too.

        Raises:
            MessageTooLargeError, LinkBusyError: nothing was sent.
            LinkClosedError, LinkTimeoutError, LinkResetError: see their `sent`.
            asyncio.CancelledError: the caller gave up; the peer is told.
        """
        packed = self._checked(message)
        if timeout_s <= 0:
            raise LinkTimeoutError("no time left to ask", sent=False)
        stream = self._streams.open()
        self._calls[stream] = call = _Call(self._loop.create_future())
        try:
            async with asyncio.timeout(timeout_s):
                await self._send(stream, timeout_s, packed, call)
                return await call.answer
        except TimeoutError:
            raise LinkTimeoutError("no answer in time", sent=call.sent) from None
        finally:
            del self._calls[stream]
            if self._streams.give_up(stream):
                self._withdraw(stream, call)
            self.maybe_drained()

    def notify(self, message: Message) -> bool:
        """Tell the peer something that may be lost; there is no answer.

        Returns:
            False where it was lost here already: the session is over or draining, or too much waits.

        Raises:
            MessageTooLargeError: no peer of this session would ever take it.
        """
        try:
            packed = self._checked(message)
            stream = self._streams.next_id()
        except (LinkBusyError, LinkClosedError):
            return False
        self._writer.put(Outgoing(Kind.NOTIFY, stream, packed))
        return True

    def grant(self, credits_: int) -> None:
        """Let the peer have so many streams open toward us from now on; those open now may finish."""
        self._streams.allowed = credits_
        self._writer.control(frames.encode(Kind.CREDIT, value=credits_))

    async def drain(self, within_s: float, code: GoAwayCode = GoAwayCode.RESTART, retry_after_ms: int = 0) -> None:
        """Take and open no further streams, let the open ones finish, then close.

        Args:
            within_s: streams still open after this are ended by the close.
            code: why; the node's dialler opens another session meanwhile.
            retry_after_ms: when the node may dial this address again.
        """
        if self.close_reason or self._drained is not None:
            return
        self._streams.draining = True
        self._drained = asyncio.Event()
        if self._gone is not None:
            self._gone(self, retry_after_ms)
        self._writer.control(frames.encode(Kind.GOAWAY, code=code, value=retry_after_ms))
        self.maybe_drained()
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._drained.wait(), within_s)
        await self.close("drained", aiohttp.WSCloseCode.GOING_AWAY)

    async def close(self, reason: str, code: int = aiohttp.WSCloseCode.OK) -> None:
        """End the session now; every waiting question fails with `LinkClosedError`."""
        if self.close_reason:
            return
        self._end(reason)
        self._goodbye = asyncio.Event()
        try:
            async with asyncio.timeout(self._limits.close_s):
                await self._socket.close(code=code, message=reason.encode())
        except (TimeoutError, ConnectionError) as error:
            _log.info("link.closed_abruptly", reason=reason, error=type(error).__name__)
        finally:
            self._abort()
            self._goodbye.set()

    def maybe_drained(self) -> None:
        """Called whenever a stream is over: a draining session may now close."""
        if self._drained is not None and self._streams.idle:
            self._drained.set()

    def _checked(self, message: Message) -> bytes:
        packed = messages.pack(message)
        if len(packed) > self.max_message_bytes:
            raise MessageTooLargeError(self.max_message_bytes)
        if self.close_reason:
            raise LinkClosedError(self.close_reason, sent=False)
        if self._writer.waiting_bytes + len(packed) > self._limits.max_queued_bytes:
            raise LinkBusyError(self._limits.busy_retry_ms)
        return packed

    async def _send(self, stream: int, timeout_s: float, packed: bytes, call: _Call) -> None:
        if len(packed) <= MAX_PAYLOAD_BYTES and self._writer.free:
            call.direct = True
            await self._writer.now(HEADER.pack(Kind.OPEN, LAST, 0, stream, _milliseconds(timeout_s)) + packed)
        else:
            due, time = self._loop.time() + timeout_s, self._loop.time
            call.outgoing = Outgoing(Kind.OPEN, stream, packed, lambda: _milliseconds(due - time()))
            self._writer.put(call.outgoing)

    def _withdraw(self, stream: int, call: _Call) -> None:
        if call.outgoing is not None:
            self._writer.withdraw(call.outgoing)
            if not call.outgoing.started:
                return
        if not self.close_reason:
            self._writer.control(frames.encode(Kind.RESET, code=ResetCode.CANCELLED, stream=stream))

    async def _read(self) -> str:
        receive, take, decode, reactions = self._socket.receive, self._streams.take, frames.decode, self._reactions
        while not self.close_reason:
            got = await receive()
            if got.type is not aiohttp.WSMsgType.BINARY:
                return self._ending(got)
            self._received += 1
            event = take(decode(got.data))
            if event is not None:
                reactions[type(event)](event)
        return self.close_reason

    def _ending(self, got: aiohttp.WSMessage) -> str:
        if got.type is aiohttp.WSMsgType.TEXT:
            raise FrameError("frame-text")
        if got.type is aiohttp.WSMsgType.ERROR and isinstance(got.data, aiohttp.WebSocketError):
            return "frame-too-large" if got.data.code == aiohttp.WSCloseCode.MESSAGE_TOO_BIG else "websocket-broken"
        if got.type is aiohttp.WSMsgType.CLOSE and got.extra:
            return f"peer-{got.extra}" if _REASON.fullmatch(got.extra) else "peer-closed"
        return "connection-lost"

    async def _tick(self) -> None:
        while not self._streams.used_up:
            await asyncio.sleep(_TICK_S)
            now = self._loop.time()
            self._desk.expire(now)
            writer = self._writer
            beat = self._pulse.feel(now, self._received, writer.written, not writer.free, writer.control_bytes)
            if beat is Beat.PING:
                writer.control(frames.encode(Kind.PING, value=self._received & MAX_U32))
            elif beat is not Beat.FINE:
                self._end(beat.value)
                self._abort()
        await self.drain(_USED_UP_DRAIN_S, GoAwayCode.IDS_USED_UP)

    def _end(self, reason: str) -> None:
        self.close_reason = self.close_reason or reason
        self._writer.close()
        for call in self._calls.values():
            call.fail(LinkClosedError(self.close_reason, sent=call.sent))
        self._desk.close()
        if self._drained is not None:
            self._drained.set()

    def _on_left(self, outgoing: Outgoing) -> None:
        if outgoing.first is Kind.END:
            self._desk.left(outgoing)

    def _on_answered(self, event: streams.Answered) -> None:
        call = self._calls.get(event.stream)
        if call is not None and not call.answer.done():
            call.answer.set_result(event.message)

    def _on_told(self, event: streams.Told) -> None:
        self._desk.told(event.message)

    def _on_failed(self, event: streams.Failed) -> None:
        self._writer.control(event.say)
        self._calls[event.stream].fail(LinkResetError(event.code))

    def _on_ended(self, event: streams.Ended) -> None:
        if event.ours:
            self._calls[event.stream].fail(LinkResetError(event.code, event.retry_after_ms))
        else:
            self._desk.stop(event.stream)
            self.maybe_drained()

    def _on_say(self, event: streams.Say) -> None:
        self._writer.control(event.frame)

    def _on_gone_away(self, event: streams.GoneAway) -> None:
        if self._gone is not None:
            self._gone(self, event.retry_after_ms)


def _milliseconds(seconds: float) -> int:
    return max(1, min(int(seconds * 1000), MAX_U32))
