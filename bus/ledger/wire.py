"""What passes between the ledger's process and its clients: length-prefixed msgpack over a Unix socket.

Promises: a frame is a 32-bit big-endian length and that many bytes, at most `MAX_FRAME_BYTES`; frames written in one
turn of the event loop leave in one system call. The server speaks first (`Hello`); requests are answered in any order.
Leaves out: who may connect (the socket file's mode), retries (`client`).
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final, TypeAlias, cast

import msgspec

from bus.ledger.port import (
    Append,
    LedgerError,
    LedgerStoppedError,
    LedgerSupersededError,
    NoSuchRecordError,
    NotAskedError,
    PrunedRecordError,
)
from bus.ledger.vault import DetailsUnreadableError

if TYPE_CHECKING:
    from collections.abc import Callable

VERSION: Final = 1
MAX_FRAME_BYTES: Final = 16 * 1024 * 1024
_LENGTH_BYTES: Final = 4


class Hello(msgspec.Struct, frozen=True, array_like=True):
    """The server's first frame."""

    version: int
    origin: str
    term: int


class DoAppend(msgspec.Struct, frozen=True, array_like=True, tag="append"):
    """`Ledger.append`."""

    item: Append


class DoRead(msgspec.Struct, frozen=True, array_like=True, tag="read"):
    """`Ledger.read`."""

    start: int
    end: int


class DoHashes(msgspec.Struct, frozen=True, array_like=True, tag="hashes"):
    """Leaf hashes, pruned records' too."""

    start: int
    end: int


class DoDetails(msgspec.Struct, frozen=True, array_like=True, tag="details"):
    """`Ledger.details`."""

    index: int


class DoHead(msgspec.Struct, frozen=True, array_like=True, tag="head"):
    """`Ledger.head`."""


class DoCheckpoint(msgspec.Struct, frozen=True, array_like=True, tag="checkpoint"):
    """`Ledger.checkpoint`."""


class DoOpenAsked(msgspec.Struct, frozen=True, array_like=True, tag="open-asked"):
    """`Ledger.open_asked`."""

    before_ms: int


Call: TypeAlias = DoAppend | DoRead | DoHashes | DoDetails | DoHead | DoCheckpoint | DoOpenAsked


class Request(msgspec.Struct, frozen=True, array_like=True):
    """A call under a number of the client's choice."""

    number: int
    call: Call


class Reply(msgspec.Struct, frozen=True, array_like=True):
    """The call's value, or the name and sentence of its error."""

    number: int
    value: msgspec.Raw = msgspec.Raw(b"\xc0")
    error: tuple[str, str] | None = None


_ERRORS: Final[dict[str, type[Exception]]] = {
    "not-asked": NotAskedError,
    "no-such-record": NoSuchRecordError,
    "pruned": PrunedRecordError,
    "superseded": LedgerSupersededError,
    "stopped": LedgerStoppedError,
    "unreadable": DetailsUnreadableError,
    "range": ValueError,
    "ledger": LedgerError,
}


def named(error: BaseException) -> tuple[str, str]:
    """An error as it passes: the first kind that it is, and its sentence. What is not ours stops at its kind."""
    for name, kind in _ERRORS.items():
        if isinstance(error, kind):
            return name, str(error)
    return "ledger", f"ledger: {type(error).__name__}"


def raised(error: tuple[str, str]) -> Exception:
    """The inverse of `named`."""
    return _ERRORS.get(error[0], LedgerError)(error[1])


class FrameProtocol(asyncio.Protocol):
    """Cuts what comes into frames and gathers what goes.

    Args:
        on_frame: called for each frame, in order; raises `ValueError` to end the connection.
        on_made: called with this when the connection stands.
        on_lost: called once when it is gone.
    """

    def __init__(
        self,
        on_frame: Callable[[FrameProtocol, bytes], None],
        on_made: Callable[[FrameProtocol], None],
        on_lost: Callable[[FrameProtocol], None],
    ) -> None:
        self._on_frame = on_frame
        self._on_made = on_made
        self._on_lost = on_lost
        self._buffer = bytearray()
        self._out: list[bytes] = []
        self._transport: asyncio.Transport | None = None
        self.in_flight = 0
        """How many calls of this connection are being worked on; its user counts."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """See asyncio."""
        # A stream on every loop; uvloop's transports stand outside asyncio's class tree.
        self._transport = cast("asyncio.Transport", transport)
        self._on_made(self)

    def data_received(self, data: bytes) -> None:
        """See asyncio."""
        self._buffer += data
        try:
            for frame in self._frames():
                self._on_frame(self, frame)
        except ValueError:
            self.abort()

    def connection_lost(self, _error: Exception | None) -> None:
        """See asyncio."""
        self._transport = None
        self._on_lost(self)

    def send(self, data: bytes) -> None:
        """Write one frame at the end of this turn of the loop; after the end of the connection it is dropped."""
        if self._transport is None:
            return
        if not self._out:
            asyncio.get_running_loop().call_soon(self._flush)
        self._out += (len(data).to_bytes(_LENGTH_BYTES, "big"), data)

    def abort(self) -> None:
        """End the connection now."""
        if self._transport is not None:
            self._transport.abort()

    def finish(self) -> None:
        """End the connection once what was sent has left."""
        if self._transport is not None:
            self._flush()
            self._transport.close()

    def pause(self) -> None:
        """Read nothing until `resume`."""
        if self._transport is not None and self._transport.is_reading():
            self._transport.pause_reading()

    def resume(self) -> None:
        """Read again."""
        if self._transport is not None and not self._transport.is_reading():
            self._transport.resume_reading()

    def _flush(self) -> None:
        data, self._out = b"".join(self._out), []
        if data and self._transport is not None:
            self._transport.write(data)

    def _frames(self) -> list[bytes]:
        frames, at = [], 0
        while len(self._buffer) - at >= _LENGTH_BYTES:
            length = int.from_bytes(self._buffer[at : at + _LENGTH_BYTES], "big")
            if length > MAX_FRAME_BYTES:
                raise ValueError("wire: a frame is too long")
            end = at + _LENGTH_BYTES + length
            if len(self._buffer) < end:
                break
            frames.append(bytes(self._buffer[at + _LENGTH_BYTES : end]))
            at = end
        del self._buffer[:at]
        return frames
