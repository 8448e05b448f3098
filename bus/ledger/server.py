"""One ledger process serves every worker of a hub over a Unix socket.

Promises: calls are pipelined and batches form by themselves: appends of all connections meet in one queue. Only the
process that holds the store binds the socket; the file is its owner's alone. A client that reads no replies, or floods,
is no longer read from; the others go on.
Leaves out: starting again after the ledger has stopped itself; whoever runs the process does that.
"""

from __future__ import annotations

import asyncio
from functools import partial
from typing import TYPE_CHECKING, Final

import msgspec

from bus.ledger import wire
from bus.ledger.port import LedgerError

if TYPE_CHECKING:
    from collections.abc import Coroutine
    from pathlib import Path

    from bus.ledger.port import Details
    from bus.ledger.sequencer import StoredLedger

MAX_IN_FLIGHT: Final = 8192
MAX_REPLY_BYTES: Final = 8 * 1024 * 1024
MAX_PATH_BYTES: Final = 100
FAREWELL_S: Final = 0.05
"""How long a client may take to read its last replies, in seconds."""
_OWNER_ONLY: Final = 0o600

_encode: Final = msgspec.msgpack.Encoder().encode
_decode: Final = msgspec.msgpack.Decoder(wire.Request).decode


class LedgerServer:
    """Serves a started ledger at `path`."""

    def __init__(self, ledger: StoredLedger, path: Path) -> None:
        self._ledger = ledger
        self._path = path
        self._server: asyncio.Server | None = None
        self._connections: set[wire.FrameProtocol] = set()
        self._tasks: set[asyncio.Task[None]] = set()

    async def start(self) -> None:
        """Bind the socket. A file that is there already is a dead process': this one holds the store.

        Raises:
            LedgerError: the path is too long for a socket.
        """
        if len(str(self._path).encode()) > MAX_PATH_BYTES:
            raise LedgerError(f"ledger: a socket's path has at most {MAX_PATH_BYTES} bytes ({self._path})")
        self._path.unlink(missing_ok=True)
        self._server = await asyncio.get_running_loop().create_unix_server(self._connection, str(self._path))
        self._path.chmod(_OWNER_ONLY)

    async def close(self) -> None:
        """Take no more calls, send the replies at hand, end every connection, remove the socket."""
        if self._server is not None:
            self._server.close()
            self._path.unlink(missing_ok=True)
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for connection in list(self._connections):
            connection.finish()
        await asyncio.sleep(0 if not self._connections else FAREWELL_S)
        for connection in list(self._connections):
            connection.abort()
        if self._server is not None:
            await self._server.wait_closed()

    def _connection(self) -> wire.FrameProtocol:
        return wire.FrameProtocol(self._on_request, self._on_made, self._connections.discard)

    def _on_made(self, connection: wire.FrameProtocol) -> None:
        self._connections.add(connection)
        connection.send(_encode(wire.Hello(wire.VERSION, self._ledger.origin, self._ledger.term)))

    def _on_request(self, connection: wire.FrameProtocol, frame: bytes) -> None:
        request = _decode(frame)
        connection.in_flight += 1
        if connection.in_flight >= MAX_IN_FLIGHT:
            connection.pause()
        if isinstance(request.call, wire.DoAppend):
            self._append(connection, request.number, request.call)
            return
        task = asyncio.get_running_loop().create_task(self._answer(connection, request.number, request.call))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _append(self, connection: wire.FrameProtocol, number: int, call: wire.DoAppend) -> None:
        try:
            future = self._ledger.submit(call.item)
        except LedgerError as error:
            self._reply(connection, wire.Reply(number, error=wire.named(error)))
            return
        future.add_done_callback(partial(self._appended, connection, number))

    def _appended(self, connection: wire.FrameProtocol, number: int, future: asyncio.Future[object]) -> None:
        if future.cancelled():
            return
        error = future.exception()
        if error is not None:
            self._reply(connection, wire.Reply(number, error=wire.named(error)))
        else:
            self._reply(connection, wire.Reply(number, msgspec.Raw(_encode(future.result()))))

    async def _answer(self, connection: wire.FrameProtocol, number: int, call: wire.Call) -> None:
        try:
            value = msgspec.Raw(_encode(await self._value(call)))
        except (LedgerError, ValueError) as error:
            self._reply(connection, wire.Reply(number, error=wire.named(error)))
        else:
            self._reply(connection, wire.Reply(number, value))

    def _value(self, call: wire.Call) -> Coroutine[None, None, object]:
        ledger = self._ledger
        match call:
            case wire.DoRead(start, end):
                return _cut(ledger.read(start, end))
            case wire.DoHashes(start, end):
                return ledger.hashes(start, end)
            case wire.DoDetails(index):
                return _as_list(ledger.details(index))
            case wire.DoHead():
                return ledger.head()
            case wire.DoCheckpoint():
                return ledger.checkpoint()
            case wire.DoOpenAsked(before_ms):
                return ledger.open_asked(before_ms)
            case _:
                raise LedgerError("ledger: an append goes its own way")

    def _reply(self, connection: wire.FrameProtocol, reply: wire.Reply) -> None:
        connection.in_flight -= 1
        if connection.in_flight < MAX_IN_FLIGHT // 2:
            connection.resume()
        connection.send(_encode(reply))


async def _cut(reading: Coroutine[None, None, list[bytes]]) -> list[bytes]:
    """As many leaves, from the first, as fit in one reply."""
    leaves, left = await reading, MAX_REPLY_BYTES
    for count, leaf in enumerate(leaves):
        left -= len(leaf)
        if left < 0:
            return leaves[:count]
    return leaves


async def _as_list(reading: Coroutine[None, None, Details | None]) -> list[Details]:
    """None as the empty list: msgpack then needs no union."""
    found = await reading
    return [] if found is None else [found]
