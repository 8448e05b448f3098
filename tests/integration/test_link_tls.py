import asyncio
from pathlib import Path

import pytest
from link_world import LinkWorld, eventually

from bus.link import LinkClosedError, Message


@pytest.fixture
def world(tmp_path: Path):
    return LinkWorld(tmp_path)


async def test_a_node_asks_the_hub_and_the_hub_asks_the_node(world: LinkWorld):
    async with world.hub() as hub, world.node(hub.address) as node:
        question = Message(1, b"sealed", (b"body", b"", b"more"))
        assert await node.call(question, 5) == question
        session = await hub.session()
        assert await session.call(Message(2, b"", ()), 5) == Message(2, b"", ())
        assert session.peer.certificate
        assert session.hello.agencies == ("a100001",)


async def test_messages_of_many_frames_come_back_whole(world: LinkWorld):
    async with world.hub() as hub, world.node(hub.address) as node:
        messages = [Message(1, bytes([n]) * 1000, (bytes([n]) * (n * 100_000),)) for n in range(1, 12)]
        answers = await asyncio.gather(*(node.call(message, 20) for message in messages))
        assert answers == messages


async def test_a_lost_worker_is_dialled_again(world: LinkWorld):
    async with world.hub() as hub, world.node(hub.address) as node:
        await (await hub.session()).close("tested")
        await eventually(lambda: len(hub.opened) == 2 and bool(node.sessions))
        assert await node.call(Message(1, b"x"), 5) == Message(1, b"x")


async def test_no_worker_means_nothing_was_sent(world: LinkWorld):
    async with world.node("wss://127.0.0.1:1/link", wait=False) as node:
        with pytest.raises(LinkClosedError) as failed:
            await node.call(Message(1, b"x"), 1)
        assert failed.value.sent is False
        await eventually(lambda: node.state()[0].attempts > 1)
        assert node.state()[0].problem == "unreachable: ClientConnectorError"
