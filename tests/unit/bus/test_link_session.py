import asyncio

import pytest
from link_pair import facing_by_hand, pair

from bus.link import (
    LinkBusyError,
    LinkLimits,
    LinkResetError,
    LinkTimeoutError,
    Message,
    MessageTooLargeError,
    Session,
    StreamRefusedError,
    frames,
    messages,
)
from bus.link.frames import LAST, MAX_PAYLOAD_BYTES, Kind, ResetCode

SMALL = Message(1, b"sealed", (b"body",))
LARGE = Message(2, b"sealed", (bytes(3 * MAX_PAYLOAD_BYTES),))
PACKED = messages.pack(SMALL)


def fields(frame: frames.Frame) -> tuple[int, int, int, int]:
    return frame.kind, frame.flags, frame.code, frame.stream


async def test_both_sides_ask_and_answer():
    async with pair() as (node, hub):
        answers = await asyncio.gather(*(one.call(m, 5) for one in (node, hub) for m in (SMALL, LARGE)))
        assert answers == [SMALL, LARGE] * 2
        assert node.open_streams == hub.open_streams == (0, 0)


async def test_a_small_question_is_one_frame_and_so_is_its_answer():
    async with facing_by_hand() as (session, peer):
        asked = asyncio.create_task(session.call(SMALL, 5))
        frame = await peer.hear()
        assert fields(frame) == (Kind.OPEN, LAST, 0, 2)
        assert frame.payload == PACKED
        assert 4_900 < frame.value <= 5_000
        await peer.say(Kind.END, PACKED, stream=2)
        assert await asked == SMALL
        await peer.say(Kind.OPEN, PACKED, stream=1, flags=LAST, value=1000)
        assert fields(await peer.hear()) == (Kind.END, 0, 0, 1)


async def test_a_small_question_is_handed_over_without_a_task_switch():
    async with facing_by_hand() as (session, peer):
        calling = session.call(SMALL, 5)
        asked = asyncio.ensure_future(calling)
        await asyncio.sleep(0)  # the caller's own first step is all it takes
        assert [frame.kind for frame in peer.waiting()] == [Kind.OPEN]
        asked.cancel()


async def test_the_handler_learns_how_long_the_asker_waits():
    left = []

    async def note(_session: Session, message: Message, deadline: float) -> Message:
        left.append(deadline - asyncio.get_running_loop().time())
        return message

    async with pair(hub_answer=note) as (node, _):
        await node.call(SMALL, 7)
    assert 6.5 < left[0] <= 7


async def test_an_answer_that_does_not_come_in_time_is_cancelled_at_the_peer():
    async with facing_by_hand() as (session, peer):
        with pytest.raises(LinkTimeoutError) as late:
            await session.call(SMALL, 0.01)
        assert late.value.sent is True
        assert (await peer.hear()).kind == Kind.OPEN
        assert fields(await peer.hear()) == (Kind.RESET, 0, ResetCode.CANCELLED, 2)
        await peer.say(Kind.END, PACKED, stream=2)
        await peer.say(Kind.PING, value=1)
        await peer.hear_kind(Kind.PONG)
        assert session.late_frames == 1


async def test_no_time_left_sends_nothing():
    async with facing_by_hand() as (session, peer):
        with pytest.raises(LinkTimeoutError) as late:
            await session.call(SMALL, 0)
        assert late.value.sent is False
        assert list(peer.waiting()) == []


async def test_a_caller_that_gives_up_cancels_the_handler_at_the_peer():
    began, ended = asyncio.Event(), asyncio.Event()

    async def never(_session: Session, _message: Message, _deadline: float) -> Message:
        began.set()
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()
        return SMALL

    async with pair(hub_answer=never) as (node, hub):
        asked = asyncio.create_task(node.call(SMALL, 60))
        await began.wait()
        asked.cancel()
        async with asyncio.timeout(10):
            await ended.wait()
        with pytest.raises(asyncio.CancelledError):
            await asked
        assert (node.open_streams, hub.open_streams) == ((0, 0), (0, 0))


async def test_a_handler_past_the_deadline_is_cancelled_and_the_asker_told():
    async def never(_session: Session, _message: Message, _deadline: float) -> Message:
        await asyncio.Event().wait()
        return SMALL

    async with facing_by_hand(answer=never) as (session, peer):
        await peer.say(Kind.OPEN, PACKED, stream=1, flags=LAST, value=1)
        assert fields(await peer.hear()) == (Kind.RESET, 0, ResetCode.DEADLINE, 1)
        assert session.open_streams == (0, 0)


async def test_a_question_that_never_becomes_whole_ends_with_its_deadline():
    async with facing_by_hand() as (session, peer):
        await peer.say(Kind.OPEN, messages.pack(LARGE)[:100], stream=1, value=1)
        assert fields(await peer.hear()) == (Kind.RESET, 0, ResetCode.DEADLINE, 1)
        assert session.open_streams == (0, 0)


@pytest.mark.parametrize(
    ("failure", "code", "sent", "retry_after_ms"),
    [
        (StreamRefusedError(402, 9), 402, True, 9),
        (StreamRefusedError(ResetCode.UNKNOWN_TOPIC), ResetCode.UNKNOWN_TOPIC, False, 0),
        (KeyError("citizen 012345678901"), ResetCode.INTERNAL, True, 0),
    ],
)
async def test_a_handlers_failure_is_a_code_and_nothing_else(
    *, failure: Exception, code: int, sent: bool, retry_after_ms: int, capsys: pytest.CaptureFixture[str]
):
    async def fail(_session: Session, _message: Message, _deadline: float) -> Message:
        raise failure

    async with pair(hub_answer=fail) as (node, _):
        with pytest.raises(LinkResetError) as reset:
            await node.call(SMALL, 5)
    assert (reset.value.code, reset.value.sent, reset.value.retry_after_ms) == (code, sent, retry_after_ms)
    assert "012345678901" not in capsys.readouterr().out + str(reset.value)


async def test_an_answer_over_the_limit_of_the_asker_is_refused_by_the_answerer():
    async def huge(_session: Session, _message: Message, _deadline: float) -> Message:
        return Message(1, b"", (bytes(1001),))

    async with pair(hub_answer=huge, limits=LinkLimits(max_message_bytes=1000)) as (node, _):
        with pytest.raises(LinkResetError) as reset:
            await node.call(SMALL, 5)
    assert (reset.value.code, reset.value.sent) == (ResetCode.ANSWER_TOO_LARGE, True)


async def test_a_message_over_the_limit_is_not_sent():
    async with facing_by_hand(limits=LinkLimits(max_message_bytes=1000)) as (session, peer):
        for say in (session.call(Message(1, b"", (bytes(1000),)), 5),):
            with pytest.raises(MessageTooLargeError) as refused:
                await say
            assert (refused.value.sent, refused.value.limit_bytes) == (False, 1000)
        with pytest.raises(MessageTooLargeError):
            session.notify(Message(1, b"", (bytes(1000),)))
        assert list(peer.waiting()) == []


async def test_over_the_peers_credit_the_caller_is_told_locally_and_a_new_grant_helps():
    async with facing_by_hand(credit=1) as (session, peer):
        first = asyncio.create_task(session.call(SMALL, 5))
        await peer.hear()
        with pytest.raises(LinkBusyError) as busy:
            await session.call(SMALL, 5)
        assert (busy.value.retry_after_ms, busy.value.sent) == (200, False)
        await peer.say(Kind.CREDIT, value=2)
        await peer.say(Kind.PING)
        await peer.hear()
        second = asyncio.create_task(session.call(SMALL, 5))
        assert (await peer.hear()).stream == 4
        for stream, call in ((4, second), (2, first)):
            await peer.say(Kind.END, PACKED, stream=stream)
            assert await call == SMALL


async def test_a_peer_that_ignores_its_credit_is_reset_as_busy():
    async def never(_session: Session, _message: Message, _deadline: float) -> Message:
        await asyncio.Event().wait()
        return SMALL

    async with facing_by_hand(answer=never, limits=LinkLimits(streams=1)) as (session, peer):
        await peer.say(Kind.OPEN, PACKED, stream=1, flags=LAST, value=10_000)
        await peer.say(Kind.OPEN, PACKED, stream=3, flags=LAST, value=10_000)
        frame = await peer.hear()
        assert (*fields(frame), frame.value) == (Kind.RESET, 0, ResetCode.BUSY, 3, 200)
        session.grant(2)
        assert (await peer.hear()).value == 2
        await peer.say(Kind.OPEN, PACKED, stream=5, flags=LAST, value=10_000)
        await peer.say(Kind.PING, value=7)
        assert (await peer.hear()).kind == Kind.PONG
        assert session.open_streams == (0, 2)


async def test_opening_and_resetting_does_not_pile_up_handlers():
    stubborn: list[int] = []

    async def slow_to_stop(_session: Session, _message: Message, _deadline: float) -> Message:
        stubborn.append(1)
        try:
            await asyncio.Event().wait()
        finally:
            await asyncio.sleep(0.05)
        return SMALL

    async with facing_by_hand(answer=slow_to_stop, limits=LinkLimits(streams=4)) as (_, peer):
        for stream in range(1, 201, 2):
            await peer.say(Kind.OPEN, PACKED, stream=stream, flags=LAST, value=10_000)
            await peer.say(Kind.PING)
            await peer.hear_kind(Kind.PONG)
            await peer.say(Kind.RESET, stream=stream, code=ResetCode.CANCELLED)
        assert len(stubborn) <= 8


async def test_a_small_message_overtakes_a_large_one_that_is_on_its_way():
    async with facing_by_hand() as (session, peer):
        peer.socket.reading.clear()
        large = asyncio.create_task(session.call(LARGE, 5))
        await asyncio.sleep(0)
        small = asyncio.create_task(session.call(SMALL, 5))
        await asyncio.sleep(0)
        peer.socket.reading.set()
        heard = [fields(await peer.hear())[::3] for _ in range(5)]
        assert heard == [(Kind.OPEN, 2), (Kind.DATA, 2), (Kind.OPEN, 4), (Kind.DATA, 2), (Kind.END, 2)]
        for call in (large, small):
            call.cancel()


async def test_a_question_taken_back_before_it_left_leaves_no_frame_at_all():
    async with facing_by_hand() as (session, peer):
        peer.socket.reading.clear()
        first = asyncio.create_task(session.call(SMALL, 5))
        await asyncio.sleep(0)
        with pytest.raises(LinkTimeoutError) as late:
            await session.call(SMALL, 0.01)
        assert late.value.sent is False
        peer.socket.reading.set()
        assert (await peer.hear()).stream == 2
        await peer.say(Kind.PING, value=1)
        assert (await peer.hear()).kind == Kind.PONG
        first.cancel()


async def test_what_waits_for_a_slow_peer_is_bounded():
    async with facing_by_hand(limits=LinkLimits(max_queued_bytes=1000)) as (session, peer):
        peer.socket.reading.clear()
        body = Message(1, b"", (bytes(400),))
        calls = [asyncio.create_task(session.call(body, 5)) for _ in range(10)]
        await asyncio.sleep(0.01)
        refused = [call for call in calls if call.done()]
        assert len(refused) == 7  # one is with the connection, two fit the queue
        assert all(isinstance(call.exception(), LinkBusyError) for call in refused)
        assert session.notify(body) is False
        for call in calls:
            call.cancel()
