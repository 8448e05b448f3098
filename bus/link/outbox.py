"""What waits to be written, in which order: control frames first, then one frame per stream in turn.

Promises: a message of one frame waits for at most one frame of every other waiting stream, however long their
messages are; new streams leave in the order in which they were put. Leaves out: the writing itself (`writer`).
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable

from bus.link import frames
from bus.link.frames import HEADER_BYTES, LAST, Kind
from bus.link.messages import chunks


class Outgoing:
    """One message on its way out.

    Args:
        first: how its first frame is called: OPEN, NOTIFY, or END for an answer.
        stream: its stream.
        packed: the packed message.
        remaining_ms: for OPEN, asked when the first frame leaves: the time that the answer may take.

    Attributes:
        started: whether its first frame was handed to the connection.
        finished: whether its last frame was.
        size: bytes not yet handed over, headers not counted.
    """

    __slots__ = ("_at", "_chunks", "_remaining_ms", "finished", "first", "size", "started", "stream")

    def __init__(self, first: Kind, stream: int, packed: bytes, remaining_ms: Callable[[], int] = lambda: 0) -> None:
        self.first = first
        self.stream = stream
        self.started = False
        self.finished = False
        self.size = len(packed)
        self._remaining_ms = remaining_ms
        self._chunks = chunks(packed)
        self._at = 0

    def next_frame(self) -> bytes:
        """The next frame; the caller stops asking once `finished` is true."""
        at, last = self._at, self._at + 1 == len(self._chunks)
        chunk = self._chunks[at]
        self._at += 1
        self.started = True
        self.finished = last
        self.size -= len(chunk)
        if at == 0 and self.first is not Kind.END:
            flags, value = LAST if last else 0, self._remaining_ms()
            return frames.encode(self.first, flags=flags, stream=self.stream, value=value, payload=chunk)
        return frames.encode(Kind.END if last else Kind.DATA, stream=self.stream, payload=chunk)


class Outbox:
    """The waiting frames of one session.

    Attributes:
        control_bytes: how much of it is control frames.
        message_bytes: how much of it is messages.
    """

    __slots__ = ("_control", "_messages", "control_bytes", "message_bytes")

    def __init__(self) -> None:
        self._control: deque[bytes] = deque()
        self._messages: deque[Outgoing] = deque()
        self.control_bytes = 0
        self.message_bytes = 0

    def __bool__(self) -> bool:
        return bool(self._control or self._messages)

    def control(self, frame: bytes) -> None:
        """Put a control frame before every message."""
        self._control.append(frame)
        self.control_bytes += len(frame)

    def put(self, outgoing: Outgoing) -> None:
        """Put a message at the end of the turn."""
        self._messages.append(outgoing)
        self.message_bytes += outgoing.size

    def drop(self, outgoing: Outgoing) -> None:
        """Take a message out if it still waits; what already left stays sent."""
        if outgoing in self._messages:
            self._messages.remove(outgoing)
            self.message_bytes -= outgoing.size

    def pop(self) -> tuple[bytes, Outgoing | None]:
        """The next frame to write and the message whose last frame it is; the outbox is not empty."""
        if self._control:
            frame = self._control.popleft()
            self.control_bytes -= len(frame)
            return frame, None
        outgoing = self._messages.popleft()
        frame = outgoing.next_frame()
        self.message_bytes -= len(frame) - HEADER_BYTES
        if outgoing.finished:
            return frame, outgoing
        self._messages.append(outgoing)
        return frame, None
