"""A node and its workers: it covers all, leaves those that go, comes back, and retries only what is safe."""

import asyncio
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
from link_world import LinkWorld, eventually

from bus.link import LinkClosedError, LinkResetError, Message, Session, StreamRefusedError
from bus.link.frames import ResetCode

SMALL = Message(1, b"x")


@pytest.fixture
def world(tmp_path: Path) -> LinkWorld:
    return LinkWorld(tmp_path)


async def test_a_node_that_knows_one_worker_covers_them_all(world: LinkWorld):
    workers: list[str] = []
    async with AsyncExitStack() as stack:
        hubs = [await stack.enter_async_context(world.hub(workers=lambda: tuple(workers))) for _ in range(3)]
        workers.extend(hub.address for hub in hubs)
        node = await stack.enter_async_context(world.node(workers[0]))
        await eventually(lambda: len(node.sessions) == 3)
        assert {state.address for state in node.state()} == set(workers)
        answers = await asyncio.gather(*(session.call(SMALL, 5) for session in node.sessions))
        assert answers == [SMALL] * 3


async def test_a_seed_that_is_no_worker_is_left_once_a_worker_is_open(world: LinkWorld):
    workers: list[str] = []
    async with world.hub(workers=lambda: tuple(workers)) as seed, world.hub(workers=lambda: tuple(workers)) as worker:
        workers.append(worker.address)
        async with world.node(seed.address) as node:
            await eventually(lambda: [state.address for state in node.state()] == workers and bool(node.sessions))
            await eventually(lambda: not seed.link.sessions)
            assert await node.call(SMALL, 5) == SMALL


async def test_when_no_worker_is_left_the_seeds_are_tried_again(world: LinkWorld):
    workers: list[str] = []
    async with world.hub(workers=lambda: tuple(workers)) as seed, AsyncExitStack() as later:
        async with world.hub(workers=lambda: tuple(workers)) as worker:
            workers.append(worker.address)
            node = await later.enter_async_context(world.node(seed.address))
            await eventually(lambda: [state.address for state in node.state()] == workers and bool(node.sessions))
        workers[:] = [seed.address]
        await eventually(lambda: seed.address in {session.peer.address for session in node.sessions})
        assert await node.call(SMALL, 5) == SMALL


async def test_a_restarted_worker_is_found_again_on_the_same_address(world: LinkWorld):
    async with AsyncExitStack() as later:
        async with world.hub() as first:
            address = first.address
            node = await later.enter_async_context(world.node(address))
        with pytest.raises(LinkClosedError) as closed:
            await node.call(SMALL, 1)
        assert closed.value.sent is False
        await later.enter_async_context(world.hub(port=int(address.split(":")[2].split("/")[0])))
        await node.ready(10)
        assert await node.call(SMALL, 5) == SMALL


async def test_a_draining_worker_finishes_what_is_open_while_the_node_uses_the_other(world: LinkWorld):
    finish = asyncio.Event()

    async def wait(_session: Session, message: Message, _deadline: float) -> Message:
        await finish.wait()
        return message

    workers: list[str] = []
    async with world.hub(wait, workers=lambda: tuple(workers)) as one, world.hub(workers=lambda: tuple(workers)) as two:
        workers.extend((one.address, two.address))
        async with world.node(one.address, two.address) as node:
            await eventually(lambda: len(node.sessions) == 2)
            slow = next(session for session in node.sessions if session.peer.address == one.address)
            asked = asyncio.create_task(slow.call(SMALL, 30))
            await eventually(lambda: any(session.open_streams[1] for session in one.link.sessions))
            draining = asyncio.create_task(one.link.drain(30, retry_after_ms=60_000))
            await eventually(lambda: [session.peer.address for session in node.sessions] == [two.address])
            for _ in range(3):
                assert await node.call(SMALL, 5, prefer=slow) == SMALL
            assert not asked.done()
            state = next(state for state in node.state() if state.address == one.address)
            assert state.phase == "draining"
            finish.set()
            assert await asked == SMALL
            await draining
            assert slow.close_reason == "peer-drained"


async def test_what_a_worker_did_not_act_on_goes_to_another_what_it_may_have_does_not(world: LinkWorld):
    served: list[int] = []

    async def busy(_session: Session, message: Message, _deadline: float) -> Message:
        served.append(message.topic)
        raise StreamRefusedError(ResetCode.BUSY if message.topic == 1 else ResetCode.INTERNAL)

    async with world.hub(busy) as one, world.hub() as two, world.node(one.address, two.address) as node:
        await eventually(lambda: len(node.sessions) == 2)
        first = next(session for session in node.sessions if session.peer.address == one.address)
        assert await node.call(Message(1, b""), 5, prefer=first) == Message(1, b"")
        with pytest.raises(LinkResetError):
            await node.call(Message(2, b""), 5, prefer=first)
    assert served == [1, 2]


async def test_a_nodes_new_session_replaces_its_old_one(world: LinkWorld):
    async with world.hub() as hub, world.node(hub.address, name="same"):
        old = await hub.session()
        async with world.node(hub.address, name="same"):
            await eventually(lambda: len(hub.opened) >= 2 and old.closed)
            assert old.close_reason == "drained"


async def test_a_revoked_certificate_loses_its_sessions_and_no_other(world: LinkWorld):
    async with world.hub() as hub, world.node(hub.address, name="one"), world.node(hub.address, name="two"):
        await hub.session(2)
        one, two = (next(s for s in hub.opened if s.hello.process == name) for name in ("one", "two"))
        await hub.link.revoke(one.peer.x5t)
        assert one.close_reason == "revoked"
        assert not two.closed
        assert hub.link.has_session(two.peer.x5t)


async def test_a_node_that_closes_lets_its_questions_finish(world: LinkWorld):
    finish = asyncio.Event()

    async def wait(_session: Session, message: Message, _deadline: float) -> Message:
        await finish.wait()
        return message

    async with world.hub(wait) as hub, world.node(hub.address) as node:
        asked = asyncio.create_task(node.call(SMALL, 30))
        await eventually(lambda: any(session.open_streams[1] for session in hub.link.sessions))
        closing = asyncio.create_task(node.close())
        await asyncio.sleep(0.01)
        finish.set()
        assert await asked == SMALL
        await closing
        await eventually(lambda: not hub.link.sessions)
        assert hub.closed[0].close_reason == "peer-drained"


async def test_waits_between_dials_are_drawn_from_a_doubling_range_and_honour_the_hub(world: LinkWorld):
    drawn: list[tuple[float, float]] = []

    class Dice:
        def uniform(self, low: float, high: float) -> float:
            drawn.append((low, high))
            return 0.0

    async with world.node("wss://127.0.0.1:1/link", wait=False, random=Dice(), backoff_base_s=1, backoff_cap_s=5):
        await eventually(lambda: len(drawn) >= 5)
    assert drawn[:5] == [(0, 2), (0, 4), (0, 5), (0, 5), (0, 5)]


async def test_an_address_without_tls_is_never_dialled_whoever_names_it(world: LinkWorld):
    asked = []

    async def plain(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked.append(await reader.read(1))
        writer.close()

    server = await asyncio.start_server(plain, "127.0.0.1", 0)
    bare = f"ws://127.0.0.1:{server.sockets[0].getsockname()[1]}/link"
    workers: list[str] = [bare]
    async with server, world.hub(workers=lambda: tuple(workers)) as hub:
        workers.append(hub.address)
        async with world.node(hub.address, bare) as node:
            await asyncio.sleep(0.05)
            assert [state.address for state in node.state()] == [hub.address]
    assert asked == []


async def test_a_node_behind_a_proxy_reaches_the_hub_through_it(world: LinkWorld):
    asked = []

    async def connect(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        asked.append(head.split(b"\r\n")[0].decode())
        host, port = head.split(b" ")[1].decode().split(":")
        far_reader, far_writer = await asyncio.open_connection(host, int(port))
        writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
        ways = asyncio.gather(carry(reader, far_writer), carry(far_reader, writer))
        await ways

    async def carry(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(65_536):
            writer.write(data)
        writer.close()

    server = await asyncio.start_server(connect, "127.0.0.1", 0)
    proxy = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    async with world.hub() as hub:
        async with world.node(hub.address, proxy=proxy) as node:
            assert await node.call(SMALL, 5) == SMALL
            assert (await hub.session()).peer.certificate
        server.close()
    where = hub.address.removeprefix("wss://").removesuffix("/link")
    assert asked == [f"CONNECT {where} HTTP/1.1"]
