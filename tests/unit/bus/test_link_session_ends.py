import asyncio

import pytest
from link_pair import echo, facing_by_hand, pair

from bus.link import (
    LinkClosedError,
    LinkLimits,
    Message,
    Session,
    frames,
    messages,
)
from bus.link.frames import LAST, MAX_PAYLOAD_BYTES, GoAwayCode, Kind, ResetCode

SMALL = Message(1, b"sealed", (b"body",))
LARGE = Message(2, b"sealed", (bytes(3 * MAX_PAYLOAD_BYTES),))
PACKED = messages.pack(SMALL)


def fields(frame: frames.Frame) -> tuple[int, int, int, int]:
    return frame.kind, frame.flags, frame.code, frame.stream


async def test_a_close_fails_every_waiting_question_and_says_what_may_be_retried():
    async with facing_by_hand() as (session, peer):
        sent = asyncio.create_task(session.call(SMALL, 60))
        await peer.hear()
        peer.socket.reading.clear()
        partly = asyncio.create_task(session.call(LARGE, 60))
        await asyncio.sleep(0)
        unsent = asyncio.create_task(session.call(SMALL, 60))
        await asyncio.sleep(0)
        await session.close("tested")
        for call, was_sent in ((sent, True), (partly, False), (unsent, False)):
            with pytest.raises(LinkClosedError) as closed:
                await call
            assert closed.value.sent is was_sent
        with pytest.raises(LinkClosedError) as closed:
            await session.call(SMALL, 5)
        assert (closed.value.sent, str(closed.value)) == (False, "tested")
        assert session.notify(SMALL) is False


@pytest.mark.parametrize(
    ("reason", "code", "data"),
    [
        ("frame-too-large", 1009, bytes(65_537)),
        ("frame-too-short", 1002, b"x"),
        ("frame-unknown", 1002, frames.encode(77)),
        ("frame-out-of-place", 1002, frames.encode(Kind.HELLO, payload=b"{}")),
        ("stream-id", 1002, frames.encode(Kind.OPEN, stream=2, flags=LAST, value=1, payload=PACKED)),
        ("message-length", 1002, frames.encode(Kind.OPEN, stream=1, flags=LAST, value=1, payload=PACKED + b"x")),
    ],
)
async def test_a_broken_rule_closes_the_session_and_names_itself(reason: str, code: int, data: bytes):
    async with facing_by_hand() as (session, peer):
        asked = asyncio.create_task(session.call(SMALL, 5))
        await peer.hear()
        await peer.raw(data)
        assert await peer.hear_close() == (code, reason)
        with pytest.raises(LinkClosedError, match=f"^{reason}$"):
            await asked
        assert session.close_reason == reason


async def test_bytes_after_the_close_are_ignored():
    served = []

    async def note(_session: Session, message: Message, _deadline: float) -> Message:
        served.append(message)
        return message

    async with facing_by_hand(answer=note) as (session, peer):
        await session.close("tested")
        peer.socket.broken = False
        await peer.say(Kind.OPEN, PACKED, stream=1, flags=LAST, value=1000)
        await asyncio.sleep(0.01)
        assert served == []


async def test_drain_lets_open_streams_finish_resets_new_ones_and_closes():
    finish = asyncio.Event()

    async def wait(_session: Session, message: Message, _deadline: float) -> Message:
        await finish.wait()
        return message

    async with facing_by_hand(answer=wait) as (session, peer):
        await peer.say(Kind.OPEN, PACKED, stream=1, flags=LAST, value=10_000)
        ours = asyncio.create_task(session.call(SMALL, 10))
        await peer.hear()
        draining = asyncio.create_task(session.drain(10, retry_after_ms=1500))
        frame = await peer.hear()
        assert (frame.kind, frame.code, frame.value) == (Kind.GOAWAY, GoAwayCode.RESTART, 1500)
        assert session.usable is False
        with pytest.raises(LinkClosedError):
            await session.call(SMALL, 1)
        await peer.say(Kind.OPEN, PACKED, stream=3, flags=LAST, value=10_000)
        assert fields(await peer.hear()) == (Kind.RESET, 0, ResetCode.DRAINING, 3)
        finish.set()
        assert fields(await peer.hear()) == (Kind.END, 0, 0, 1)
        assert not draining.done()
        await peer.say(Kind.END, PACKED, stream=2)
        assert await ours == SMALL
        assert await peer.hear_close() == (1001, "drained")
        await draining


async def test_drain_ends_after_its_time_with_streams_still_open():
    async with facing_by_hand() as (session, peer):
        ours = asyncio.create_task(session.call(SMALL, 60))
        await peer.hear()
        await session.drain(0.01)
        with pytest.raises(LinkClosedError) as closed:
            await ours
        assert closed.value.sent is True


async def test_drain_waits_for_a_large_answer_to_leave():
    async with facing_by_hand() as (session, peer):
        peer.socket.reading.clear()
        await peer.say(Kind.OPEN, messages.pack(Message(1, b"")), stream=1, flags=LAST, value=10_000)
        await asyncio.sleep(0.01)
        assert session.open_streams == (0, 0)  # with the connection: it takes no more until it is read
        peer.socket.reading.set()
        await session.drain(5)
    assert session.close_reason == "drained"


async def test_when_ids_are_used_up_the_session_drains_itself():
    async with pair() as (node, hub):
        node._streams._next = 2**32 - 1
        assert await node.call(SMALL, 5) == SMALL
        assert node.usable is False
        async with asyncio.timeout(10):
            while not hub.closed:  # noqa: ASYNC110 - the end of a session has no event of its own
                await asyncio.sleep(0.01)
    assert (node.close_reason, hub.close_reason) == ("drained", "peer-drained")


async def test_notices_are_handled_in_order_one_at_a_time_and_one_that_fails_stops_none():
    heard: list[int] = []

    async def listen(_session: Session, message: Message) -> None:
        await asyncio.sleep(0)
        heard.append(message.topic)
        if message.topic == 2:
            raise ValueError("tested")

    async with pair(hub_notice=listen) as (node, hub):
        for topic in (1, 2, 3):
            assert node.notify(Message(topic, b"", (bytes(topic * 70_000),))) is True
        await node.call(SMALL, 5)
        async with asyncio.timeout(10):
            while len(heard) < 3:  # noqa: ASYNC110 - counts what a handler without an event did
                await asyncio.sleep(0.01)
        assert heard == [1, 2, 3]
        assert hub.dropped_notices == 0


@pytest.mark.parametrize(
    "limits",
    [LinkLimits(max_notices=2), LinkLimits(max_notice_bytes=2 * len(PACKED) + 1)],
    ids=["by number", "by bytes"],
)
async def test_notices_over_the_bound_are_dropped_and_counted(limits: LinkLimits):
    async def stuck(_session: Session, _message: Message) -> None:
        await asyncio.Event().wait()

    async with pair(hub_notice=stuck, limits=limits) as (node, hub):
        for _ in range(5):
            node.notify(SMALL)
            await node.call(SMALL, 5)
        assert hub.dropped_notices == 2  # one is being handled, two wait


async def test_a_silent_peer_gets_a_ping_and_then_the_session_ends():
    limits = LinkLimits(heartbeat_s=0.3, dead_after_s=0.9)
    async with facing_by_hand(limits=limits) as (session, peer):
        asked = asyncio.create_task(session.call(SMALL, 60))
        await peer.hear()
        assert (await peer.hear()).kind == Kind.PING
        with pytest.raises(LinkClosedError, match="heartbeat-missed"):
            await asked


async def test_an_answer_that_crosses_its_cancellation_is_dropped():
    async with pair(hub_answer=echo) as (node, hub):
        for _ in range(50):
            asked = asyncio.create_task(node.call(SMALL, 5))
            await asyncio.sleep(0)
            await asyncio.sleep(0)
            asked.cancel()
            with pytest.raises(asyncio.CancelledError):
                await asked
        assert await node.call(SMALL, 5) == SMALL
        assert node.open_streams == hub.open_streams == (0, 0)
