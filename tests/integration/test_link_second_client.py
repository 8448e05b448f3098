"""A client written from docs/link.md with the standard library alone works with the hub."""

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest
from link_world import INSTANCE, LinkWorld, eventually
from second_client import ClosedByPeerError, ResetByPeerError, dialled, greet, second_client

from bus.link import LinkResetError, LinkTimeoutError, Message, Session, StreamRefusedError
from bus.link.frames import ResetCode

LARGE = bytes(range(256)) * 1000


@pytest.fixture
def world(tmp_path: Path) -> LinkWorld:
    return LinkWorld(tmp_path)


async def test_it_asks_and_answers_small_and_large(world: LinkWorld):
    async with world.hub() as hub, second_client(hub.address, world.authority.client(), INSTANCE) as client:
        assert await client.ask((1, b"head", [b"body", b""])) == (1, b"head", [b"body", b""])
        assert await client.ask((9, LARGE, [LARGE, b"x", LARGE])) == (9, LARGE, [LARGE, b"x", LARGE])
        session = await hub.session()
        assert session.hello.agencies == ("a100009",)
        answers = await asyncio.gather(
            *(session.call(Message(n, b"q", (LARGE, bytes([n]))), 10) for n in range(1, 10)),
            session.call(Message(77, b"q"), 10),
        )
        assert answers[:9] == [Message(n, b"second:q", (LARGE, bytes([n]))) for n in range(1, 10)]
        assert answers[9] == Message(77, b"second:q")
        assert session.open_streams == (0, 0)


async def test_it_tells_and_is_told(world: LinkWorld):
    heard: list[Message] = []

    async def listen(_session: Session, message: Message) -> None:
        heard.append(message)

    async with (
        world.hub(notice=listen) as hub,
        second_client(hub.address, world.authority.client(), INSTANCE) as client,
    ):
        client.notify((3, b"small", []))
        client.notify((4, b"", [LARGE]))
        await eventually(lambda: heard == [Message(3, b"small"), Message(4, b"", (LARGE,))])
        session = await hub.session()
        assert session.notify(Message(5, b"", (LARGE,)))
        await eventually(lambda: client.notices == [(5, b"", [LARGE])])


async def test_it_is_reset_and_cancelled_by_code(world: LinkWorld):
    async def refuse(_session: Session, _message: Message, _deadline: float) -> Message:
        raise StreamRefusedError(402)

    async with world.hub(refuse) as hub, second_client(hub.address, world.authority.client(), INSTANCE) as client:
        with pytest.raises(ResetByPeerError) as reset:
            await client.ask((1, b"", []))
        assert reset.value.code == 402
        session = await hub.session()
        client.answer = lambda _question: (1, b"", [bytes(5_000_000)])
        with pytest.raises(LinkResetError) as too_large:
            await session.call(Message(1, b""), 10)
        assert too_large.value.code == ResetCode.ANSWER_TOO_LARGE
        client.whole = lambda *_: None
        with pytest.raises(LinkTimeoutError):
            await session.call(Message(1, b""), 0.05)
        await eventually(lambda: client.resets[-1] == (4, ResetCode.CANCELLED))


async def test_it_learns_what_it_may_do_and_is_held_to_it(world: LinkWorld):
    async def never(_session: Session, _message: Message, _deadline: float) -> Message:
        await asyncio.Event().wait()
        raise AssertionError

    world.limits = replace(world.limits, streams=2)
    async with world.hub(never) as hub, second_client(hub.address, world.authority.client(), INSTANCE) as client:
        assert client.welcome["credits"] == 2
        assert client.welcome["version"] == 1
        asked = [asyncio.create_task(client.ask((1, b"", []))) for _ in range(3)]
        await eventually(lambda: client.resets == [(5, ResetCode.BUSY)])
        for task in asked:
            task.cancel()
        await asyncio.wait(asked)
        asked[2].cancelled() or asked[2].exception()


async def test_no_compression_is_agreed_even_when_offered(world: LinkWorld):
    offer = "Sec-WebSocket-Extensions: permessage-deflate\r\n"
    async with world.hub() as hub, dialled(hub.address, world.authority.client(), offer) as socket:
        assert b"extensions" not in socket.head.lower()


@pytest.mark.parametrize(
    ("reason", "code", "opcode", "size"),
    [
        ("frame-too-large", 1009, 2, 65_537),
        ("", 1009, 2, 200_000),
        ("frame-text", 1002, 1, 12),
        ("frame-too-short", 1002, 2, 3),
        ("frame-unknown", 1002, 2, 12),
    ],
)
async def test_what_is_no_frame_closes_with_a_named_reason(
    world: LinkWorld, reason: str, code: int, opcode: int, size: int
):
    world.limits = replace(world.limits, close_s=0.05)
    async with world.hub() as hub, dialled(hub.address, world.authority.client()) as socket:
        await greet(socket, INSTANCE)
        socket.send(b"\0" * size, opcode)
        with pytest.raises(ClosedByPeerError) as closed:
            await socket.receive()
        assert (closed.value.code, closed.value.reason) == (code, reason)
        await eventually(lambda: bool(hub.closed))
        assert hub.closed[0].close_reason == (reason or "frame-too-large")
