"""Sessions over a socket in memory: the other end is a second session, or the test speaking frames by hand."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import TypeVar

import aiohttp
import msgspec

from bus.link import Hello, LinkLimits, Message, Session, Welcome, frames
from bus.link.frames import Frame, Kind
from bus.link.ports import Handler, Handlers, NoticeHandler, Peer

PEER = Peer(b"der", "x5t", "memory")
HELLO = Hello((1,), "VN-test", ("a100001",), 0, 256, 4 * 1024 * 1024)
WELCOME = Welcome(1, "VN-test", "w1", (), 0, 256, 4 * 1024 * 1024)
_Words = TypeVar("_Words", Hello, Welcome)
CLOSED = aiohttp.WSMessage(aiohttp.WSMsgType.CLOSED, None, None)


async def echo(_session: Session, message: Message, _deadline: float) -> Message:
    return message


class MemorySocket:
    """One end. While the other end's `reading` is cleared, sends wait as they do on a full connection."""

    def __init__(self) -> None:
        self.inbox: asyncio.Queue[aiohttp.WSMessage] = asyncio.Queue()
        self.reading = asyncio.Event()
        self.reading.set()
        self.other: MemorySocket = self
        self.broken = False

    async def send_bytes(self, data: bytes) -> None:
        if self.broken:
            raise ConnectionResetError("the connection is gone")
        self.other.inbox.put_nowait(aiohttp.WSMessage(aiohttp.WSMsgType.BINARY, data, None))
        await self.other.reading.wait()
        if self.broken:
            raise ConnectionResetError("the connection is gone")

    async def receive(self) -> aiohttp.WSMessage:
        return await self.inbox.get()

    async def close(self, *, code: int = 1000, message: bytes = b"") -> bool:
        await self.other.reading.wait()
        self.other.inbox.put_nowait(aiohttp.WSMessage(aiohttp.WSMsgType.CLOSE, code, message.decode()))
        return True

    def abort(self) -> None:
        for end in (self, self.other):
            end.broken = True
            end.inbox.put_nowait(CLOSED)
            end.reading.set()


def joined() -> tuple[MemorySocket, MemorySocket]:
    one, two = MemorySocket(), MemorySocket()
    one.other, two.other = two, one
    return one, two


class ByHand:
    """The peer of a session, one frame at a time."""

    def __init__(self, socket: MemorySocket) -> None:
        self.socket = socket

    async def say(self, kind: int, payload: bytes = b"", **fields: int) -> None:
        await self.raw(frames.encode(kind, payload=payload, **fields))

    async def raw(self, data: bytes) -> None:
        await self.socket.send_bytes(data)

    async def hear(self) -> Frame:
        async with asyncio.timeout(10):
            got = await self.socket.receive()
        assert got.type is aiohttp.WSMsgType.BINARY, got
        return frames.decode(got.data)

    async def hear_close(self) -> tuple[int, str]:
        """Skip what still comes; the code and the reason of the goodbye."""
        async with asyncio.timeout(10):
            while (got := await self.socket.receive()).type is not aiohttp.WSMsgType.CLOSE:
                assert got.type is aiohttp.WSMsgType.BINARY, got
        return got.data, got.extra

    async def hear_kind(self, kind: Kind) -> Frame:
        """Skip frames of other kinds."""
        while (frame := await self.hear()).kind != kind:
            pass
        return frame

    def waiting(self) -> Iterator[Frame]:
        """What has come already."""
        while not self.socket.inbox.empty():
            yield frames.decode(self.socket.inbox.get_nowait().data)


def session(
    socket: MemorySocket,
    *,
    node_side: bool,
    answer: Handler = echo,
    notice: NoticeHandler | None = None,
    limits: LinkLimits | None = None,
    credit: int = 256,
) -> Session:
    return Session(
        socket,
        socket.abort,
        node_side=node_side,
        peer=PEER,
        said=(_with_credits(HELLO, credit), _with_credits(WELCOME, credit)),
        handlers=Handlers(answer, notice),
        limits=limits or LinkLimits(),
    )


def _with_credits(words: _Words, credit: int) -> _Words:
    return msgspec.structs.replace(words, credits=credit)


@asynccontextmanager
async def running(one: Session) -> AsyncIterator[Session]:
    task = asyncio.create_task(one.run())
    try:
        yield one
    finally:
        await one.close("test-over")
        async with asyncio.timeout(10):
            await task


@asynccontextmanager
async def facing_by_hand(
    *,
    node_side: bool = False,
    answer: Handler = echo,
    notice: NoticeHandler | None = None,
    limits: LinkLimits | None = None,
    credit: int = 256,
) -> AsyncIterator[tuple[Session, ByHand]]:
    """A session (the hub's end unless said) and the test as its peer."""
    near, far = joined()
    quick = replace(limits or LinkLimits(), close_s=0.2)
    one = session(near, node_side=node_side, answer=answer, notice=notice, limits=quick, credit=credit)
    async with running(one):
        yield one, ByHand(far)


@asynccontextmanager
async def pair(
    *,
    hub_answer: Handler = echo,
    node_answer: Handler = echo,
    hub_notice: NoticeHandler | None = None,
    limits: LinkLimits | None = None,
    credit: int = 256,
) -> AsyncIterator[tuple[Session, Session]]:
    """Two sessions, the node's and the hub's."""
    near, far = joined()
    node = session(near, node_side=True, answer=node_answer, limits=limits, credit=credit)
    hub = session(far, node_side=False, answer=hub_answer, notice=hub_notice, limits=limits, credit=credit)
    async with running(node), running(hub):
        yield node, hub
