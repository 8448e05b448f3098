"""The ledger from another process: the same port over the ledger's Unix socket.

Promises: it connects again by itself, and calls that were under way when the connection died are put again. An append
that is put again is resolved by its unique key (or by what it closes): if the record stands already and is this very
one, its index is the answer, so nothing is recorded twice. A server of a lower term than one seen before is not
believed.
Leaves out: waiting longer than its patience; then the caller gets `LedgerUnreachableError` and may retry itself.
"""

from __future__ import annotations

import asyncio
import random
from typing import TYPE_CHECKING, Final, Self

import msgspec
import structlog

from bus.ids import new_id
from bus.ledger import wire
from bus.ledger.port import (
    Append,
    Appended,
    Details,
    Head,
    LedgerUnreachableError,
    OpenAsked,
    Outcome,
    Refusal,
    Refused,
)
from signing.merkle import leaf_hash

if TYPE_CHECKING:
    from pathlib import Path

_log: Final = structlog.get_logger(__name__)
PATIENCE_S: Final = 10.0
_LOOK: Final = 0.05
"""Share of the patience between two looks at who has run out of it."""
_FIRST_WAIT_S: Final = 0.02
_LONGEST_WAIT_S: Final = 0.5

_encode: Final = msgspec.msgpack.Encoder().encode
_decode_hello: Final = msgspec.msgpack.Decoder(wire.Hello).decode
_decode_reply: Final = msgspec.msgpack.Decoder(wire.Reply).decode
_decode_outcome: Final = msgspec.msgpack.Decoder(Appended | Refused).decode
_decode_leaves: Final = msgspec.msgpack.Decoder(list[bytes]).decode
_decode_details: Final = msgspec.msgpack.Decoder(list[Details]).decode
_decode_head: Final = msgspec.msgpack.Decoder(Head).decode
_decode_note: Final = msgspec.msgpack.Decoder(bytes).decode
_decode_asked: Final = msgspec.msgpack.Decoder(list[OpenAsked]).decode


class _Pending:
    """A call without reply: its frame, who waits, until when, and over how many connections it was put."""

    __slots__ = ("frame", "future", "number", "times_put", "until")

    def __init__(self, number: int, frame: bytes, future: asyncio.Future[msgspec.Raw], until: float) -> None:
        self.number = number
        self.frame = frame
        self.future = future
        self.until = until
        self.times_put = 0


class LedgerClient:
    """A ledger behind a socket; made by `connect`, ended by `close`."""

    def __init__(self, path: Path, patience_s: float) -> None:
        self._path = path
        self._patience_s = patience_s
        self._number = 0
        self._pending: dict[int, _Pending] = {}
        self._newest: wire.FrameProtocol | None = None
        self._connection: wire.FrameProtocol | None = None
        self._believed = False
        self._hindrance = "no greeting"
        self._hello: wire.Hello | None = None
        self._greeted = asyncio.Event()
        self._lost = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []

    @classmethod
    async def connect(cls, path: Path, *, patience_s: float = PATIENCE_S) -> Self:
        """Connect to the ledger's socket.

        Args:
            path: the socket's file.
            patience_s: seconds that a call, this one too, waits for the ledger.

        Raises:
            LedgerUnreachableError: nobody greeted within the patience.
        """
        client = cls(path, patience_s)
        client._tasks = [
            asyncio.create_task(client._keep_connected(), name="ledger-client"),
            asyncio.create_task(client._lose_patience(), name="ledger-patience"),
        ]
        try:
            async with asyncio.timeout(patience_s):
                await client._greeted.wait()
        except TimeoutError:
            await client.close()
            raise LedgerUnreachableError(f"ledger: nobody answers at {path} ({client._hindrance})") from None
        return client

    @property
    def origin(self) -> str:
        """See the port."""
        return self._server().origin

    @property
    def term(self) -> int:
        """See the port."""
        return self._server().term

    async def append(self, item: Append) -> Outcome:
        """See the port."""
        if item.unique is None and item.closes is None:  # so that a second try is recognised
            item = msgspec.structs.replace(item, unique=b"put " + new_id().encode())
        pending = self._put(wire.DoAppend(item))
        outcome: Outcome = _decode_outcome(await self._value(pending))
        if pending.times_put > 1 and isinstance(outcome, Refused):
            return await self._resolved(item, outcome)
        return outcome

    async def read(self, start: int, end: int) -> list[bytes]:
        """See the port."""
        return _decode_leaves(await self._call(wire.DoRead(start, end)))

    async def hashes(self, start: int, end: int) -> list[bytes]:
        """Leaf hashes of [start, end), pruned records' too, perhaps cut short."""
        return _decode_leaves(await self._call(wire.DoHashes(start, end)))

    async def details(self, index: int) -> Details | None:
        """See the port."""
        found = _decode_details(await self._call(wire.DoDetails(index)))
        return found[0] if found else None

    async def head(self) -> Head:
        """See the port."""
        return _decode_head(await self._call(wire.DoHead()))

    async def checkpoint(self) -> bytes:
        """See the port."""
        return _decode_note(await self._call(wire.DoCheckpoint()))

    async def open_asked(self, before_ms: int) -> list[OpenAsked]:
        """See the port."""
        return _decode_asked(await self._call(wire.DoOpenAsked(before_ms)))

    async def close(self) -> None:
        """End the connection; who waits gets `LedgerUnreachableError`."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._newest is not None:
            self._newest.abort()
        for pending in self._pending.values():
            if not pending.future.done():
                pending.future.set_exception(LedgerUnreachableError("ledger: the client was closed"))

    async def _resolved(self, item: Append, refused: Refused) -> Outcome:
        """Whether what refused a second try is what the first one wrote."""
        if refused.reason not in {Refusal.DUPLICATE, Refusal.ALREADY_SETTLED} or refused.index is None:
            return refused
        hashed = await self.hashes(refused.index, refused.index + 1)
        return Appended(refused.index) if hashed == [leaf_hash(item.leaf)] else refused

    async def _call(self, call: wire.Call) -> msgspec.Raw:
        return await self._value(self._put(call))

    def _put(self, call: wire.Call) -> _Pending:
        self._number += 1
        frame = _encode(wire.Request(self._number, call))
        loop = asyncio.get_running_loop()
        pending = _Pending(self._number, frame, loop.create_future(), loop.time() + self._patience_s)
        self._pending[self._number] = pending
        self._send(pending)
        return pending

    def _send(self, pending: _Pending) -> None:
        if self._connection is not None:
            pending.times_put += 1
            self._connection.send(pending.frame)

    async def _value(self, pending: _Pending) -> msgspec.Raw:
        try:
            return await pending.future
        finally:
            del self._pending[pending.number]

    async def _lose_patience(self) -> None:
        """One look at all calls now and then, in place of a timer for each: they are equally patient."""
        loop = asyncio.get_running_loop()
        while True:
            await asyncio.sleep(self._patience_s * _LOOK)
            for pending in self._pending.values():
                if pending.until > loop.time():
                    break
                if not pending.future.done():
                    why = f"ledger: no answer within the patience ({self._hindrance})"
                    pending.future.set_exception(LedgerUnreachableError(why))

    def _server(self) -> wire.Hello:
        if self._hello is None:
            raise LedgerUnreachableError("ledger: not connected yet")
        return self._hello

    async def _keep_connected(self) -> None:
        wait_s = _FIRST_WAIT_S
        while True:
            self._believed = False
            try:
                await asyncio.get_running_loop().create_unix_connection(self._protocol, str(self._path))
                await self._lost.wait()
            except OSError as error:  # nobody there yet: whoever waits is told when its patience ends
                self._hindrance = type(error).__name__
            if self._believed:
                _log.warning("ledger lost", path=str(self._path), waiting=len(self._pending))
                wait_s = _FIRST_WAIT_S
            await asyncio.sleep(wait_s * random.uniform(0.5, 1.0))  # noqa: S311 - jitter, not a secret
            wait_s = min(wait_s * 2, _LONGEST_WAIT_S)

    def _protocol(self) -> wire.FrameProtocol:
        self._lost.clear()
        self._newest = wire.FrameProtocol(self._on_frame, lambda _: None, self._on_lost)
        return self._newest

    def _on_lost(self, connection: wire.FrameProtocol) -> None:
        if connection is self._newest:
            self._connection = None
            self._lost.set()

    def _on_frame(self, connection: wire.FrameProtocol, frame: bytes) -> None:
        if not self._believed:
            self._greet(connection, _decode_hello(frame))
            return
        reply = _decode_reply(frame)
        pending = self._pending.get(reply.number)
        if pending is None or pending.future.done():
            return
        if reply.error is not None:
            pending.future.set_exception(wire.raised(reply.error))
        else:
            pending.future.set_result(msgspec.Raw(bytes(reply.value)))

    def _greet(self, connection: wire.FrameProtocol, hello: wire.Hello) -> None:
        """Believe the server, or end the connection; then put again whatever waits."""
        known = self._hello
        if hello.version != wire.VERSION or (
            known is not None and (hello.origin != known.origin or hello.term < known.term)
        ):
            _log.warning("ledger not believed", path=str(self._path), term=hello.term, version=hello.version)
            raise ValueError("another version, another origin, or a lower term than seen before")
        self._hello = hello
        self._believed = True
        self._hindrance = "connected"
        self._connection = connection
        self._greeted.set()
        _log.info("ledger reached", origin=hello.origin, term=hello.term)
        for pending in list(self._pending.values()):
            self._send(pending)
