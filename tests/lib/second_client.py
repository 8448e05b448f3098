"""A second client of the link, written from docs/link.md alone: the standard library, nothing of ours, nothing of
aiohttp. It dials, greets, asks, answers, pings; no back-off, no workers, no large bodies.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import json
import os
import ssl
import struct
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from urllib.parse import urlsplit

HEADER = struct.Struct(">BBHII")
HELLO, WELCOME, REFUSE, OPEN, DATA, END, RESET, CREDIT, NOTIFY, PING, PONG, GOAWAY = range(1, 13)
LAST = 1
LARGEST = 65_536 - 12
BINARY, CLOSE = 2, 8
GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"

Message = tuple[int, bytes, list[bytes]]
Frame = tuple[int, int, int, int, int, bytes]


class ClosedByPeerError(Exception):
    def __init__(self, code: int, reason: str) -> None:
        super().__init__(f"{code} {reason}")
        self.code = code
        self.reason = reason


class ResetByPeerError(Exception):
    def __init__(self, code: int) -> None:
        super().__init__(str(code))
        self.code = code


def pack(topic: int, head: bytes, parts: list[bytes]) -> bytes:
    lengths = b"".join(struct.pack(">I", len(part)) for part in parts)
    return struct.pack(">BBHI", topic, len(parts), 0, len(head)) + lengths + head + b"".join(parts)


def unpack(data: bytes) -> Message:
    topic, count, _, head_length = struct.unpack_from(">BBHI", data)
    lengths = struct.unpack_from(f">{count}I", data, 8)
    at = 8 + 4 * count
    cuts = []
    for length in (head_length, *lengths):
        cuts.append(data[at : at + length])
        at += length
    return topic, cuts[0], cuts[1:]


class WebSocket:
    """RFC 6455, the client's side, binary messages of one frame."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer
        self.head = b""

    async def upgrade(self, host: str, path: str, more: str = "") -> None:
        key = base64.b64encode(os.urandom(16))
        self.writer.write(
            f"GET {path} HTTP/1.1\r\nHost: {host}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            f"Sec-WebSocket-Key: {key.decode()}\r\nSec-WebSocket-Version: 13\r\n{more}\r\n".encode()
        )
        self.head = await self.reader.readuntil(b"\r\n\r\n")
        assert self.head.startswith(b"HTTP/1.1 101 "), self.head
        assert base64.b64encode(hashlib.sha1(key + GUID).digest()) in self.head  # noqa: S324 - RFC 6455 §4.2.2 says so

    def send(self, data: bytes, opcode: int = BINARY) -> None:
        mask = os.urandom(4)
        length = len(data)
        if length < 126:
            head = struct.pack(">BB", 0x80 | opcode, 0x80 | length)
        elif length < 65_536:
            head = struct.pack(">BBH", 0x80 | opcode, 0x80 | 126, length)
        else:
            head = struct.pack(">BBQ", 0x80 | opcode, 0x80 | 127, length)
        masked = int.from_bytes(data, "big") ^ int.from_bytes((mask * (length // 4 + 1))[:length], "big")
        self.writer.write(head + mask + masked.to_bytes(length, "big"))

    async def receive(self) -> bytes:
        first, second = await self.reader.readexactly(2)
        length = second & 0x7F
        if length == 126:
            (length,) = struct.unpack(">H", await self.reader.readexactly(2))
        elif length == 127:
            (length,) = struct.unpack(">Q", await self.reader.readexactly(8))
        data = await self.reader.readexactly(length)
        if first & 0x0F == CLOSE:
            raise ClosedByPeerError(int.from_bytes(data[:2], "big"), data[2:].decode())
        assert first == 0x80 | BINARY, first
        return data


class SecondClient:
    """One session; answers every question with what `answer` returns."""

    def __init__(self, socket: WebSocket, welcome: dict[str, object]) -> None:
        self.socket = socket
        self.welcome = welcome
        self.next_stream = 1
        self.waiting: dict[int, asyncio.Future[Message]] = {}
        self.arriving: dict[int, tuple[int, bytes]] = {}
        self.notices: list[Message] = []
        self.resets: list[tuple[int, int]] = []
        self.gone = False

    def answer(self, question: Message) -> Message:
        topic, head, parts = question
        return topic, b"second:" + head, parts

    def say(self, kind: int, payload: bytes = b"", *, flags: int = 0, code: int = 0, stream: int = 0, value: int = 0):
        self.socket.send(HEADER.pack(kind, flags, code, stream, value) + payload)

    def say_message(self, first: int, stream: int, message: Message, value: int = 0) -> None:
        packed = pack(*message)
        chunks = [packed[at : at + LARGEST] for at in range(0, len(packed), LARGEST)]
        for index, chunk in enumerate(chunks):
            last = index == len(chunks) - 1
            if index == 0 and first in {OPEN, NOTIFY}:
                self.say(first, chunk, flags=LAST if last else 0, stream=stream, value=value)
            else:
                self.say(END if last else DATA, chunk, stream=stream)

    async def ask(self, message: Message, timeout_ms: int = 10_000) -> Message:
        stream, self.next_stream = self.next_stream, self.next_stream + 2
        self.waiting[stream] = asyncio.get_running_loop().create_future()
        self.say_message(OPEN, stream, message, timeout_ms)
        return await asyncio.wait_for(self.waiting[stream], timeout_ms / 1000)

    def notify(self, message: Message) -> None:
        stream, self.next_stream = self.next_stream, self.next_stream + 2
        self.say_message(NOTIFY, stream, message)

    async def run(self) -> None:
        while True:
            data = await self.socket.receive()
            self.take(*HEADER.unpack_from(data), data[12:])
            await self.socket.writer.drain()

    def take(self, kind: int, flags: int, code: int, stream: int, value: int, payload: bytes) -> None:
        if kind == PING:
            self.say(PONG, value=value)
        elif kind == GOAWAY:
            self.gone = True
        elif kind == RESET:
            self.resets.append((stream, code))
            if stream in self.waiting:
                self.waiting.pop(stream).set_exception(ResetByPeerError(code))
        elif kind in {OPEN, NOTIFY, DATA, END}:
            first, so_far = self.arriving.get(stream, (kind, b""))
            self.arriving[stream] = first, so_far + payload
            if kind == END or flags & LAST:
                self.whole(first, stream, unpack(self.arriving.pop(stream)[1]))

    def whole(self, first: int, stream: int, message: Message) -> None:
        if stream in self.waiting:
            self.waiting.pop(stream).set_result(message)
        elif first == NOTIFY:
            self.notices.append(message)
        else:
            self.say_message(END, stream, self.answer(message))


async def greet(socket: WebSocket, instance: str, **members: object) -> dict[str, object]:
    hello = {
        "versions": [1],
        "instance": instance,
        "agencies": ["a100009"],
        "time_ms": time.time_ns() // 1_000_000,
        "credits": 16,
        "max_message_bytes": 1_000_000,
        **members,
    }
    socket.send(HEADER.pack(HELLO, 0, 0, 0, 0) + json.dumps(hello).encode())
    data = await socket.receive()
    words: dict[str, object] = json.loads(data[12:])
    return {"frame": data[0], **words}


@asynccontextmanager
async def dialled(address: str, tls: ssl.SSLContext, more: str = "") -> AsyncIterator[WebSocket]:
    parts = urlsplit(address)
    reader, writer = await asyncio.open_connection(parts.hostname, parts.port, ssl=tls)
    socket = WebSocket(reader, writer)
    try:
        await socket.upgrade(parts.netloc, parts.path, more)
        yield socket
    finally:
        writer.transport.abort()


@asynccontextmanager
async def second_client(address: str, tls: ssl.SSLContext, instance: str) -> AsyncIterator[SecondClient]:
    async with dialled(address, tls) as socket:
        welcome = await greet(socket, instance)
        assert welcome["frame"] == WELCOME, welcome
        client = SecondClient(socket, welcome)
        running = asyncio.create_task(client.run())
        try:
            yield client
        finally:
            running.cancel()
            await asyncio.wait({running})
            if not running.cancelled():
                running.exception()
