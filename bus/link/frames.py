"""The link's frames: a fixed twelve-byte header and a payload, one frame per WebSocket message.

Promises: `decode(encode(...))` is the identity; every byte string is either exactly one frame or a `FrameError`
that names the rule; no frame is longer than 64 KiB. Leaves out: what a stream may do next (`streams`), what a
payload means (`messages`, `hello`). `docs/link.md` gives the same layout byte by byte with test vectors.
"""

from __future__ import annotations

import struct
from enum import IntEnum
from typing import Final, NamedTuple

MAX_FRAME_BYTES: Final = 65_536
HEADER: Final = struct.Struct(">BBHII")
HEADER_BYTES: Final = HEADER.size
MAX_PAYLOAD_BYTES: Final = MAX_FRAME_BYTES - HEADER_BYTES
MAX_U32: Final = 0xFFFF_FFFF
LAST: Final = 0x01
"""The only flag: this OPEN or NOTIFY carries its whole message."""


class FrameError(ValueError):
    """The bytes are no frame; `rule` is the word that the close reason carries."""

    def __init__(self, rule: str) -> None:
        super().__init__(rule)
        self.rule = rule


class Kind(IntEnum):
    """What a frame is; numbers are final."""

    HELLO = 1
    WELCOME = 2
    REFUSE = 3
    OPEN = 4
    DATA = 5
    END = 6
    RESET = 7
    CREDIT = 8
    NOTIFY = 9
    PING = 10
    PONG = 11
    GOAWAY = 12


class ResetCode(IntEnum):
    """Why a stream ended without an answer (1 to 99); 100 to 999 are numbers of `schemas.problems.Code`."""

    CANCELLED = 1
    DEADLINE = 2
    BUSY = 3
    DRAINING = 4
    TOO_LARGE = 5
    MALFORMED = 6
    UNKNOWN_TOPIC = 7
    INTERNAL = 8
    ANSWER_TOO_LARGE = 9


class GoAwayCode(IntEnum):
    """Why a peer opens and takes no further streams."""

    RESTART = 1
    SUPERSEDED = 2
    IDS_USED_UP = 3


class Frame(NamedTuple):
    """One frame; `code` and `value` mean what `docs/link.md` says for the kind, and are 0 elsewhere."""

    kind: int
    flags: int
    code: int
    stream: int
    value: int
    payload: bytes


class _Rule(NamedTuple):
    on_stream: bool
    flags: int
    code: bool
    value: bool
    least: int
    most: int


_MESSAGE: Final = 8  # the shortest message: its preamble with no head and no part
_RULES: Final[tuple[_Rule | None, ...]] = (
    None,
    _Rule(on_stream=False, flags=0, code=False, value=False, least=2, most=MAX_PAYLOAD_BYTES),
    _Rule(on_stream=False, flags=0, code=False, value=False, least=2, most=MAX_PAYLOAD_BYTES),
    _Rule(on_stream=False, flags=0, code=False, value=False, least=2, most=MAX_PAYLOAD_BYTES),
    _Rule(on_stream=True, flags=LAST, code=False, value=True, least=_MESSAGE, most=MAX_PAYLOAD_BYTES),
    _Rule(on_stream=True, flags=0, code=False, value=False, least=1, most=MAX_PAYLOAD_BYTES),
    _Rule(on_stream=True, flags=0, code=False, value=False, least=1, most=MAX_PAYLOAD_BYTES),
    _Rule(on_stream=True, flags=0, code=True, value=True, least=0, most=0),
    _Rule(on_stream=False, flags=0, code=False, value=True, least=0, most=0),
    _Rule(on_stream=True, flags=LAST, code=False, value=False, least=_MESSAGE, most=MAX_PAYLOAD_BYTES),
    _Rule(on_stream=False, flags=0, code=False, value=True, least=0, most=0),
    _Rule(on_stream=False, flags=0, code=False, value=True, least=0, most=0),
    _Rule(on_stream=False, flags=0, code=True, value=True, least=0, most=0),
)


def encode(
    kind: int, *, flags: int = 0, code: int = 0, stream: int = 0, value: int = 0, payload: bytes | memoryview = b""
) -> bytes:
    """The bytes of one frame. The caller keeps the payload within `MAX_PAYLOAD_BYTES`."""
    return b"".join((HEADER.pack(kind, flags, code, stream, value), payload))


def decode(data: bytes) -> Frame:
    """The frame that `data` is, whole and exactly.

    Raises:
        FrameError: too long or short, unknown kind, or a field set that this kind does not have.
    """
    size = len(data)
    if size > MAX_FRAME_BYTES:
        raise FrameError("frame-too-large")
    if size < HEADER_BYTES:
        raise FrameError("frame-too-short")
    kind, flags, code, stream, value = HEADER.unpack_from(data)
    rule = _RULES[kind] if kind < len(_RULES) else None
    if rule is None:
        raise FrameError("frame-unknown")
    if (stream != 0) is not rule.on_stream:
        raise FrameError("frame-stream")
    if flags & ~rule.flags or (code and not rule.code) or (value and not rule.value):
        raise FrameError("frame-reserved")
    if not rule.least <= size - HEADER_BYTES <= rule.most:
        raise FrameError("frame-payload")
    return Frame(kind, flags, code, stream, value, data[HEADER_BYTES:])
