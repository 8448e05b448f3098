"""Peers that stop reading, vanish, or are cut off in the middle: nobody else waits, and nobody is told a lie."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from link_world import INSTANCE, LinkWorld, eventually
from second_client import dialled, greet, second_client

from bus.link import LinkBusyError, LinkClosedError, LinkError, LinkTimeoutError, Message, Session

SMALL = Message(1, b"x")
LARGE = Message(2, b"", (bytes(1_000_000),))


@pytest.fixture
def world(tmp_path: Path) -> LinkWorld:
    return LinkWorld(tmp_path)


async def test_a_peer_that_stops_reading_holds_up_nobody_and_is_dropped(world: LinkWorld):
    world.limits = replace(world.limits, heartbeat_s=0.3, dead_after_s=1.0, max_queued_bytes=4_000_000)
    async with (
        world.hub() as hub,
        world.node(hub.address) as node,
        dialled(hub.address, world.authority.client("deaf")) as socket,
    ):
        await greet(socket, INSTANCE, credits=100, max_message_bytes=4_000_000)
        deaf = await hub.session(2)
        socket.reader._transport.pause_reading()  # type: ignore[attr-defined]  # from here on it reads nothing
        stuck = [asyncio.create_task(deaf.call(LARGE, 60)) for _ in range(20)]
        await eventually(lambda: any(call.done() for call in stuck))
        assert all(isinstance(call.exception(), LinkBusyError) for call in stuck if call.done())
        rounds = 0
        while not deaf.closed:
            assert await node.call(SMALL, 5) == SMALL
            await asyncio.sleep(0.01)
            rounds += 1
        assert rounds > 10
        assert deaf.close_reason in {"stalled", "heartbeat-missed"}
        for call in stuck:
            with pytest.raises((LinkBusyError, LinkClosedError)):
                await call
        await eventually(lambda: len(hub.link.sessions) == 1)


async def test_a_deadline_holds_even_when_the_peer_does_not_read(world: LinkWorld):
    async with world.hub() as hub, dialled(hub.address, world.authority.client("deaf")) as socket:
        await greet(socket, INSTANCE, credits=1000, max_message_bytes=4_000_000)
        deaf = await hub.session()
        socket.reader._transport.pause_reading()  # type: ignore[attr-defined]  # from here on it reads nothing
        calls = [asyncio.create_task(deaf.call(Message(1, b"", (bytes(60_000),)), 0.3)) for _ in range(100)]
        done, _ = await asyncio.wait(calls, timeout=10)
        assert len(done) == 100
        assert all(isinstance(call.exception(), LinkTimeoutError | LinkBusyError) for call in calls)


async def test_a_node_that_vanishes_fails_the_questions_put_to_it_and_says_they_left(world: LinkWorld):
    async with world.hub() as hub, second_client(hub.address, world.authority.client(), INSTANCE) as client:
        session = await hub.session()
        arrived = asyncio.Event()
        client.whole = lambda *_: arrived.set()
        asked = asyncio.create_task(session.call(SMALL, 60))
        await arrived.wait()
        client.socket.writer.transport.abort()
        with pytest.raises(LinkClosedError) as closed:
            await asked
        assert closed.value.sent is True
        await eventually(lambda: not hub.link.sessions)


async def test_an_asker_that_vanishes_stops_the_work_done_for_it(world: LinkWorld):
    began, stopped = asyncio.Event(), asyncio.Event()

    async def work(_session: Session, message: Message, _deadline: float) -> Message:
        began.set()
        try:
            await asyncio.sleep(60)
        finally:
            stopped.set()
        return message

    async with world.hub(work) as hub, second_client(hub.address, world.authority.client(), INSTANCE) as client:
        asked = asyncio.create_task(client.ask((1, b"", [])))
        await began.wait()
        client.socket.writer.transport.abort()
        async with asyncio.timeout(10):
            await stopped.wait()
        asked.cancel()


async def test_a_small_message_passes_large_ones_on_the_same_link(world: LinkWorld):
    order: list[int] = []

    async def note(_session: Session, message: Message, _deadline: float) -> Message:
        order.append(message.topic)
        return SMALL

    async with world.hub(note) as hub, world.node(hub.address) as node:
        session = node.sessions[0]
        huge = Message(2, b"", (bytes(4_000_000),))
        calls = [asyncio.create_task(session.call(huge, 30))]
        await asyncio.sleep(0)
        calls.append(asyncio.create_task(session.call(SMALL, 30)))
        await asyncio.gather(*calls)
    assert order == [1, 2]


class Cutter:
    """A TCP relay that drops the connection after so many bytes toward the hub."""

    def __init__(self, port: int, after: int) -> None:
        self.port = port
        self.left = after
        self.cut = asyncio.Event()

    async def relay(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        hub_reader, hub_writer = await asyncio.open_connection("127.0.0.1", self.port)
        tasks = {
            asyncio.create_task(self.pump(reader, hub_writer, counted=True)),
            asyncio.create_task(self.pump(hub_reader, writer, counted=False)),
        }
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        hub_writer.transport.abort()
        writer.transport.abort()

    async def pump(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, counted: bool) -> None:
        while data := await reader.read(1000):
            if counted:
                data = data[: self.left]
                self.left -= len(data)
            writer.write(data)
            await writer.drain()
            if counted and not self.left:
                self.cut.set()
                self.left = 10**9
                return


@asynccontextmanager
async def cutting(address: str, after: int) -> AsyncIterator[tuple[str, Cutter]]:
    cutter = Cutter(int(address.split(":")[2].split("/", maxsplit=1)[0]), after)
    server = await asyncio.start_server(cutter.relay, "127.0.0.1", 0)
    try:
        yield f"wss://127.0.0.1:{server.sockets[0].getsockname()[1]}/link", cutter
    finally:
        server.close()


@pytest.mark.parametrize("after", [1, 500, 1500, 2500, 3500, 4500, 6000, 20_000, 70_000, 150_000])
async def test_a_link_cut_anywhere_answers_or_says_whether_the_peer_may_have_acted(world: LinkWorld, after: int):
    served: list[int] = []

    async def note(_session: Session, message: Message, _deadline: float) -> Message:
        served.append(message.topic)
        return message

    async with (
        world.hub(note) as hub,
        cutting(hub.address, after) as (address, cutter),
        world.node(address) as node,
    ):
        for topic in range(1, 20):
            message = Message(topic, b"", (bytes(topic * 2_000),))
            try:
                assert await node.call(message, 10) == message
            except LinkError as error:
                if not error.sent:
                    assert topic not in served
            assert served.count(topic) <= 1
            await node.ready(10)
        assert cutter.cut.is_set()
        assert await node.call(SMALL, 10) == SMALL
