"""A connection that hands on together what was written in one turn of the event loop: one system call for many frames.

Promises: the order of writing; nothing waits longer than that turn; `close` sends what waits first. Everything that is
not said here is the transport's own. Leaves out: frames and their order (`writer`).
"""

from __future__ import annotations

import asyncio
from typing import cast


class Gathering:
    """Stands before a transport."""

    def __init__(self, transport: asyncio.Transport) -> None:
        self._transport = transport
        self._loop = asyncio.get_running_loop()
        self._waiting: list[bytes] = []

    def __getattr__(self, name: str) -> object:
        return getattr(self._transport, name)

    def write(self, data: bytes) -> None:
        """Write at the end of this turn."""
        if not self._waiting:
            self._loop.call_soon(self._flush)
        self._waiting.append(data)

    def close(self) -> None:
        """Write what waits, then close."""
        self._flush()
        self._transport.close()

    def _flush(self) -> None:
        gathered, self._waiting = self._waiting, []
        if gathered and not self._transport.is_closing():
            self._transport.write(gathered[0] if len(gathered) == 1 else b"".join(gathered))


def gathering(transport: asyncio.Transport) -> asyncio.Transport:
    """The transport, gathering; uvloop's transports stand outside asyncio's class tree too."""
    return cast("asyncio.Transport", Gathering(transport))
