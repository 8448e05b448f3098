"""The state of one session's streams, with no clock and no socket: frames in, events out.

Promises: ids are odd for streams that the node opened and even for the hub's, rise, and are never used twice in a
session; a peer with more open streams than its credit gets RESET busy; nothing is kept of a message that is over the
limit; RESET for an unknown stream is ignored, DATA and END for one are counted. A broken rule is a `FrameError`.
Leaves out: time (`session` asks for `expire`) and writing (`outbox`).
"""

from __future__ import annotations

from typing import Final, NamedTuple

from bus.link import frames, messages
from bus.link.errors import LinkBusyError, LinkClosedError
from bus.link.frames import LAST, MAX_U32, Frame, FrameError, Kind, ResetCode
from bus.link.limits import LinkLimits
from bus.link.messages import Assembly, Message


class Asked(NamedTuple):
    """The peer's question is whole."""

    stream: int
    message: Message
    remaining_ms: int


class Arriving(NamedTuple):
    """The peer began a question of several frames."""

    stream: int
    remaining_ms: int


class Told(NamedTuple):
    """The peer's notice is whole."""

    message: Message


class Answered(NamedTuple):
    """The answer on a stream of ours is whole."""

    stream: int
    message: Message


class Failed(NamedTuple):
    """An answer that we cannot take: the stream of ours is over, the peer is told with `say`."""

    stream: int
    code: int
    say: bytes


class Ended(NamedTuple):
    """The peer reset a stream; `ours` says who had opened it."""

    stream: int
    code: int
    retry_after_ms: int
    ours: bool


class Say(NamedTuple):
    """Nothing happened, but this frame is due to the peer."""

    frame: bytes


class GoneAway(NamedTuple):
    """The peer takes and opens no further streams."""

    code: int
    retry_after_ms: int


Event = Asked | Arriving | Told | Answered | Failed | Ended | Say | GoneAway


class Streams:
    """All streams of a session.

    Args:
        node_side: whether we are the node (and open odd streams).
        limits: what the peer may do to us.
        credit: how many streams the peer lets us open.

    Attributes:
        draining: we take no further streams.
        gone: the peer takes no further streams.
        lingering: handlers that still wind down after their stream ended; kept by the session.
        credit: how many streams the peer lets us open, as last told.
        allowed: how many streams we let the peer open.
        late: DATA and END for streams that are over, or never were.
    """

    def __init__(self, *, node_side: bool, limits: LinkLimits, credit: int) -> None:
        self.draining = False
        self.gone = False
        self.lingering = 0
        self.late = 0
        self.credit = credit
        self.allowed = limits.streams
        self._limits = limits
        self._next = 1 if node_side else 2
        self._parity = self._next & 1
        self._highest_theirs = 0
        self._ours: dict[int, Assembly | None] = {}
        self._theirs: dict[int, Assembly | None] = {}
        self._notices: dict[int, Assembly] = {}
        self._arriving_bytes = 0
        self._takers: Final = {
            Kind.OPEN: self._take_open,
            Kind.DATA: self._take_chunk,
            Kind.END: self._take_chunk,
            Kind.RESET: self._take_reset,
            Kind.CREDIT: self._take_credit,
            Kind.NOTIFY: self._take_notify,
            Kind.PING: self._take_ping,
            Kind.PONG: self._take_pong,
            Kind.GOAWAY: self._take_goaway,
        }

    @property
    def idle(self) -> bool:
        """Whether no stream is open either way."""
        return not (self._ours or self._theirs)

    @property
    def open_ours(self) -> int:
        """How many of our streams wait for an answer."""
        return len(self._ours)

    @property
    def open_theirs(self) -> int:
        """How many of the peer's streams we owe an answer."""
        return len(self._theirs)

    @property
    def used_up(self) -> bool:
        """Whether this side has no id left to open another stream with."""
        return self._next > MAX_U32

    def open(self) -> int:
        """The id of a new stream of ours.

        Raises:
            LinkBusyError: the peer's credit is used up.
            LinkClosedError: one of the sides is draining.
        """
        if len(self._ours) >= self.credit:
            raise LinkBusyError(self._limits.busy_retry_ms)
        stream = self.next_id()
        self._ours[stream] = None
        return stream

    def next_id(self) -> int:
        """An id of ours that is used nowhere else; `open` also waits for an answer on it.

        Raises:
            LinkClosedError: one of the sides is draining.
        """
        if self.draining or self.gone or self.used_up:
            raise LinkClosedError("the session takes no further streams", sent=False)
        stream = self._next
        self._next += 2
        return stream

    def give_up(self, stream: int) -> bool:
        """Forget a stream of ours; false if it was over already."""
        if stream not in self._ours:
            return False
        self._release(self._ours.pop(stream))
        return True

    def answered(self, stream: int) -> bool:
        """Our answer to a stream of the peer's has left; false if the stream was over already."""
        if stream not in self._theirs:
            return False
        self._release(self._theirs.pop(stream))
        return True

    def take(self, frame: Frame) -> Event | None:
        """What one frame of the peer's means.

        Raises:
            FrameError: the peer broke a rule; the session must close with that reason.
        """
        taker = self._takers.get(frame.kind)  # type: ignore[call-overload]  # an IntEnum key equals its number
        if taker is None:
            raise FrameError("frame-out-of-place")
        event: Event | None = taker(frame)
        return event

    def _take_open(self, frame: Frame) -> Event:
        stream = frame.stream
        self._check_new(stream)
        if (code := self._objection(frame)) is not None:
            return self._refusal(stream, code)
        if frame.flags & LAST:
            message = messages.unpack(frame.payload)
            self._theirs[stream] = None
            return Asked(stream, message, frame.value)
        assembly = Assembly(frame.payload)
        if (code := self._too_much(assembly.total)) is not None:
            return self._refusal(stream, code)
        self._theirs[stream] = self._keep(assembly)
        return Arriving(stream, frame.value)

    def _refusal(self, stream: int, code: ResetCode) -> Say:
        retry_after_ms = self._limits.busy_retry_ms if code is ResetCode.BUSY else 0
        return Say(frames.encode(Kind.RESET, code=code, stream=stream, value=retry_after_ms))

    def _objection(self, frame: Frame) -> ResetCode | None:
        if self.draining:
            return ResetCode.DRAINING
        if len(self._theirs) >= self.allowed or self.lingering >= self._limits.streams:
            return ResetCode.BUSY
        if not frame.value:
            return ResetCode.DEADLINE
        return ResetCode.TOO_LARGE if len(frame.payload) > self._limits.max_message_bytes else None

    def _take_chunk(self, frame: Frame) -> Event | None:
        stream = frame.stream
        if stream & 1 == self._parity:
            return self._take_answer(frame)
        if stream in self._notices:
            return self._take_notice_chunk(frame)
        if stream not in self._theirs:
            self.late += 1
            return None
        assembly = self._theirs[stream]
        if assembly is None:
            raise FrameError("stream-done")
        assembly.add(frame.payload)
        if frame.kind == Kind.DATA:
            return None
        self._release(assembly)
        self._theirs[stream] = None
        return Asked(stream, assembly.finish(), 0)

    def _take_answer(self, frame: Frame) -> Event | None:
        stream = frame.stream
        if stream not in self._ours:
            self.late += 1
            return None
        assembly = self._ours[stream]
        if assembly is None:
            if frame.kind == Kind.END and len(frame.payload) <= self._limits.max_message_bytes:
                message = messages.unpack(frame.payload)
                del self._ours[stream]
                return Answered(stream, message)
            return self._begin_answer(frame)
        assembly.add(frame.payload)
        if frame.kind == Kind.DATA:
            return None
        self.give_up(stream)
        return Answered(stream, assembly.finish())

    def _begin_answer(self, frame: Frame) -> Failed | None:
        stream = frame.stream
        assembly = Assembly(frame.payload)
        if self._too_much(assembly.total) is not None:
            self.give_up(stream)
            code = ResetCode.ANSWER_TOO_LARGE
            return Failed(stream, code, frames.encode(Kind.RESET, code=code, stream=stream))
        self._ours[stream] = self._keep(assembly)
        return None

    def _take_notify(self, frame: Frame) -> Event | None:
        self._check_new(frame.stream)
        if self.draining or len(self._notices) >= self._limits.streams:
            self.late += 1
            return None
        if frame.flags & LAST:
            return Told(messages.unpack(frame.payload))
        assembly = Assembly(frame.payload)
        if self._too_much(assembly.total) is not None:
            self.late += 1
            return None
        self._notices[frame.stream] = self._keep(assembly)
        return None

    def _take_notice_chunk(self, frame: Frame) -> Told | None:
        assembly = self._notices[frame.stream]
        assembly.add(frame.payload)
        if frame.kind == Kind.DATA:
            return None
        self._release(self._notices.pop(frame.stream))
        return Told(assembly.finish())

    def _take_reset(self, frame: Frame) -> Ended | None:
        stream = frame.stream
        if not frame.code:
            raise FrameError("frame-payload")
        if stream & 1 == self._parity:
            ended = self.give_up(stream)
            return Ended(stream, frame.code, frame.value, ours=True) if ended else None
        self._release(self._notices.pop(stream, None))
        return Ended(stream, frame.code, frame.value, ours=False) if self.answered(stream) else None

    def _take_credit(self, frame: Frame) -> None:
        self.credit = frame.value

    def _take_ping(self, frame: Frame) -> Say:
        return Say(frames.encode(Kind.PONG, value=frame.value))

    def _take_pong(self, frame: Frame) -> None:
        """Any frame proves life; there is nothing else to learn from this one."""

    def _take_goaway(self, frame: Frame) -> GoneAway:
        self.gone = True
        return GoneAway(frame.code, frame.value)

    def _check_new(self, stream: int) -> None:
        if stream & 1 == self._parity or stream <= self._highest_theirs:
            raise FrameError("stream-id")
        self._highest_theirs = stream

    def _too_much(self, total: int) -> ResetCode | None:
        if total > self._limits.max_message_bytes:
            return ResetCode.TOO_LARGE
        return ResetCode.BUSY if self._arriving_bytes + total > self._limits.max_inbound_bytes else None

    def _keep(self, assembly: Assembly) -> Assembly:
        self._arriving_bytes += assembly.total
        return assembly

    def _release(self, assembly: Assembly | None) -> None:
        if assembly is not None:
            self._arriving_bytes -= assembly.total
