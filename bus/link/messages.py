"""A message: a topic, a head and parts, packed into the bytes that OPEN, DATA and END (or NOTIFY) carry.

Layout: topic u8, number of parts u8, two zero bytes, head length u32, one u32 length per part, head, parts; big
endian. Promises: one packing per message; a peer learns the whole length from the first frame, so that a message
over the limit is refused before its bytes are kept. Leaves out: what a topic means; the link never looks inside.
"""

from __future__ import annotations

import struct
from typing import Final, NamedTuple

from bus.link.frames import MAX_PAYLOAD_BYTES, FrameError

PREAMBLE: Final = struct.Struct(">BBHI")
PREAMBLE_BYTES: Final = PREAMBLE.size
MAX_PARTS: Final = 255
MAX_TOPIC: Final = 255
DEFAULT_MAX_MESSAGE_BYTES: Final = 4 * 1024 * 1024
"""What a message may weigh when nothing else is said; larger parts go by `bodies`."""


class Message(NamedTuple):
    """What one side says on a stream: a topic (1 to 255), a head (usually a packed `Sealed`) and the parts."""

    topic: int
    head: bytes
    parts: tuple[bytes, ...] = ()


def packed_length(message: Message) -> int:
    """How many bytes `pack` gives."""
    total = PREAMBLE_BYTES + len(message.head)
    for part in message.parts:
        total += 4 + len(part)
    return total


def pack(message: Message) -> bytes:
    """The bytes of a message.

    Raises:
        ValueError: a topic outside 1..255 or more than 255 parts: the caller's mistake, nothing was sent.
    """
    topic, head, parts = message
    if not 1 <= topic <= MAX_TOPIC or len(parts) > MAX_PARTS:
        raise ValueError("a topic is 1 to 255 and a message has at most 255 parts")
    if len(parts) == 1:  # nearly every message: one head, one part
        return b"".join((_ONE_PART.pack(topic, 1, 0, len(head), len(parts[0])), head, parts[0]))
    lengths = struct.pack(f">{len(parts)}I", *map(len, parts))
    return b"".join((PREAMBLE.pack(topic, len(parts), 0, len(head)), lengths, head, *parts))


_ONE_PART: Final = struct.Struct(">BBHII")


def announced_length(first: bytes) -> int:
    """The length of the whole message, read from its first chunk.

    Raises:
        FrameError: the preamble is broken, or does not fit in the first chunk.
    """
    if len(first) < PREAMBLE_BYTES:
        raise FrameError("message-preamble")
    preamble: tuple[int, int, int, int] = PREAMBLE.unpack_from(first)
    topic, parts, zero, head = preamble
    if not topic or zero:
        raise FrameError("message-preamble")
    start = PREAMBLE_BYTES + 4 * parts
    if len(first) < start:
        raise FrameError("message-preamble")
    lengths: tuple[int, ...] = struct.unpack_from(f">{parts}I", first, PREAMBLE_BYTES)
    return start + head + sum(lengths)


def unpack(data: bytes) -> Message:
    """The message that `data` is.

    Raises:
        FrameError: the lengths do not add up to exactly these bytes.
    """
    if announced_length(data) != len(data):
        raise FrameError("message-length")
    topic, count, _, head_bytes = PREAMBLE.unpack_from(data)
    lengths = struct.unpack_from(f">{count}I", data, PREAMBLE_BYTES)
    at = PREAMBLE_BYTES + 4 * count
    head = data[at : at + head_bytes]
    at += head_bytes
    parts = []
    for length in lengths:
        parts.append(data[at : at + length])
        at += length
    return Message(topic, head, tuple(parts))


class Assembly:
    """A message arriving in chunks; keeps no more than its preamble announced."""

    __slots__ = ("_data", "total")

    def __init__(self, first: bytes) -> None:
        self.total = announced_length(first)
        self._data = bytearray(first)  # not a list of chunks: a million of one byte would weigh forty times as much
        self._check()

    def add(self, chunk: bytes) -> None:
        """Take the next chunk.

        Raises:
            FrameError: more bytes than announced.
        """
        self._data += chunk
        self._check()

    def finish(self) -> Message:
        """The whole message.

        Raises:
            FrameError: fewer bytes than announced.
        """
        return unpack(bytes(self._data))

    def _check(self) -> None:
        if len(self._data) > self.total:
            raise FrameError("message-length")


def chunks(packed: bytes) -> list[bytes | memoryview]:
    """A packed message cut into payloads, each as long as a frame allows."""
    if len(packed) <= MAX_PAYLOAD_BYTES:
        return [packed]
    view = memoryview(packed)
    return [view[at : at + MAX_PAYLOAD_BYTES] for at in range(0, len(packed), MAX_PAYLOAD_BYTES)]
