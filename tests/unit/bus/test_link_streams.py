import pytest

from bus.link import LinkBusyError, LinkClosedError, LinkLimits, Message, frames, messages, streams
from bus.link.frames import LAST, MAX_PAYLOAD_BYTES, MAX_U32, Frame, FrameError, GoAwayCode, Kind, ResetCode
from bus.link.streams import Streams

SMALL = messages.pack(Message(7, b"head", (b"body",)))
LARGE = messages.pack(Message(7, b"head", (bytes(MAX_PAYLOAD_BYTES),)))


def hub(credit: int = 256, **limits: int) -> Streams:
    return Streams(node_side=False, limits=LinkLimits(**limits), credit=credit)


def node(credit: int = 256, **limits: int) -> Streams:
    return Streams(node_side=True, limits=LinkLimits(**limits), credit=credit)


def opening(stream: int, payload: bytes = SMALL, flags: int = LAST, value: int = 1000) -> Frame:
    return Frame(Kind.OPEN, flags, 0, stream, value, payload)


def ending(stream: int, payload: bytes = SMALL) -> Frame:
    return Frame(Kind.END, 0, 0, stream, 0, payload)


def data(stream: int, payload: bytes) -> Frame:
    return Frame(Kind.DATA, 0, 0, stream, 0, payload)


def reset(stream: int, code: int = ResetCode.CANCELLED, value: int = 0) -> Frame:
    return Frame(Kind.RESET, 0, code, stream, value, b"")


def said(event: object) -> Frame:
    assert isinstance(event, streams.Say)
    return frames.decode(event.frame)


def test_the_node_opens_odd_streams_and_the_hub_even_ones_each_once():
    assert [node().open() for _ in range(1)] == [1]
    ours = hub()
    assert [ours.open(), ours.next_id(), ours.open()] == [2, 4, 6]
    ours.give_up(2)
    assert ours.open() == 8


def test_ids_end_and_the_session_says_so():
    ours = node()
    ours._next = MAX_U32 - 2
    assert ours.open() == MAX_U32 - 2
    assert ours.open() == MAX_U32
    assert ours.used_up
    with pytest.raises(LinkClosedError) as refused:
        ours.open()
    assert refused.value.sent is False


@pytest.mark.parametrize(("first", "second"), [(3, 1), (3, 3), (3, 4), (4, 5)])
def test_a_stream_id_of_the_wrong_side_or_used_before_breaks_the_session(first: int, second: int):
    theirs = hub()
    with pytest.raises(FrameError, match=r"^stream-id$"):  # noqa: PT012 - the first id may be the wrong one
        theirs.take(opening(first))
        theirs.take(opening(second))


def test_a_question_of_one_frame_is_whole_at_once():
    assert hub().take(opening(1)) == streams.Asked(1, Message(7, b"head", (b"body",)), 1000)


def test_a_question_of_many_frames_is_whole_at_its_end():
    theirs = hub()
    first, second = LARGE[:MAX_PAYLOAD_BYTES], LARGE[MAX_PAYLOAD_BYTES:]
    assert theirs.take(opening(1, first, flags=0)) == streams.Arriving(1, 1000)
    assert theirs.take(data(1, second[:5])) is None
    assert theirs.take(ending(1, second[5:])) == streams.Asked(1, messages.unpack(LARGE), 0)
    assert theirs.open_theirs == 1


def test_more_chunks_after_the_end_of_a_question_break_the_session():
    theirs = hub()
    theirs.take(opening(1))
    with pytest.raises(FrameError, match=r"^stream-done$"):
        theirs.take(data(1, b"more"))


def test_a_peer_with_more_open_streams_than_its_credit_is_reset_as_busy():
    theirs = hub(streams=2, busy_retry_ms=77)
    theirs.take(opening(1))
    theirs.take(opening(3))
    assert said(theirs.take(opening(5))) == reset(5, ResetCode.BUSY, 77)
    theirs.answered(1)
    assert isinstance(theirs.take(opening(7)), streams.Asked)


def test_handlers_that_still_wind_down_count_against_a_peer_that_opens_and_resets():
    theirs = hub(streams=2)
    theirs.lingering = 2
    assert said(theirs.take(opening(1))).code == ResetCode.BUSY


def test_our_own_credit_used_up_is_told_to_the_caller():
    ours = node(credit=1, busy_retry_ms=77)
    ours.open()
    with pytest.raises(LinkBusyError) as busy:
        ours.open()
    assert (busy.value.retry_after_ms, busy.value.sent) == (77, False)
    ours.take(Frame(Kind.CREDIT, 0, 0, 0, 2, b""))
    assert ours.open() == 3


def test_no_time_left_is_answered_at_once():
    assert said(hub().take(opening(1, value=0))) == reset(1, ResetCode.DEADLINE)


def test_a_message_over_the_limit_is_refused_by_its_first_frame():
    theirs = hub(max_message_bytes=len(LARGE) - 1)
    first, second = LARGE[:MAX_PAYLOAD_BYTES], LARGE[MAX_PAYLOAD_BYTES:]
    assert said(theirs.take(opening(1, first, flags=0))) == reset(1, ResetCode.TOO_LARGE)
    assert theirs.take(ending(1, second)) is None
    assert theirs.late == 1
    small = hub(max_message_bytes=len(SMALL) - 1)
    assert said(small.take(opening(1))) == reset(1, ResetCode.TOO_LARGE)


def test_all_that_arrives_together_is_bounded():
    theirs = hub(max_inbound_bytes=len(LARGE))
    first, second = LARGE[:MAX_PAYLOAD_BYTES], LARGE[MAX_PAYLOAD_BYTES:]
    theirs.take(opening(1, first, flags=0))
    assert said(theirs.take(opening(3, first, flags=0))) == reset(3, ResetCode.BUSY, 200)
    theirs.take(ending(1, second))
    assert theirs.take(opening(5, first, flags=0)) == streams.Arriving(5, 1000)
    theirs.take(reset(5))
    assert theirs.take(opening(7, first, flags=0)) == streams.Arriving(7, 1000)


def test_answers_arrive_in_one_frame_or_many():
    ours = node()
    one, two = ours.open(), ours.open()
    assert ours.take(ending(one)) == streams.Answered(one, messages.unpack(SMALL))
    assert ours.take(data(two, LARGE[:MAX_PAYLOAD_BYTES])) is None
    assert ours.take(data(two, LARGE[MAX_PAYLOAD_BYTES:-1])) is None
    assert ours.take(ending(two, LARGE[-1:])) == streams.Answered(two, messages.unpack(LARGE))
    assert ours.idle


def test_an_answer_over_the_limit_fails_that_stream_and_no_other():
    ours = node(max_message_bytes=len(LARGE) - 1)
    stream = ours.open()
    failed = ours.take(data(stream, LARGE[:MAX_PAYLOAD_BYTES]))
    assert isinstance(failed, streams.Failed)
    assert failed.code == ResetCode.ANSWER_TOO_LARGE
    assert frames.decode(failed.say) == reset(stream, ResetCode.ANSWER_TOO_LARGE)
    assert ours.take(ending(stream, b"late")) is None
    assert (ours.late, ours.idle) == (1, True)


def test_an_answer_too_short_to_be_a_message_breaks_the_session():
    ours = node()
    with pytest.raises(FrameError, match=r"^message-preamble$"):
        ours.take(ending(ours.open(), b"1234567"))


def test_reset_of_an_unknown_stream_is_ignored_and_data_for_one_is_counted():
    theirs = hub()
    for stream in (1, 2, 99, 100):
        assert theirs.take(reset(stream)) is None
        assert theirs.take(data(stream, b"x")) is None
        assert theirs.take(ending(stream, b"x")) is None
    assert theirs.late == 8


def test_a_reset_needs_a_code():
    with pytest.raises(FrameError, match=r"^frame-payload$"):
        hub().take(reset(1, 0))


def test_resets_end_streams_of_either_side():
    theirs = hub()
    theirs.take(opening(1))
    ours = theirs.open()
    assert theirs.take(reset(1)) == streams.Ended(1, ResetCode.CANCELLED, 0, ours=False)
    assert theirs.take(reset(ours, 402, 9)) == streams.Ended(ours, 402, 9, ours=True)
    assert theirs.idle


def test_notices_need_no_answer_and_cost_no_credit():
    theirs = hub(streams=1)
    notice = Frame(Kind.NOTIFY, LAST, 0, 1, 0, SMALL)
    assert theirs.take(notice) == streams.Told(messages.unpack(SMALL))
    many = Frame(Kind.NOTIFY, 0, 0, 3, 0, LARGE[:MAX_PAYLOAD_BYTES])
    assert theirs.take(many) is None
    assert theirs.take(data(3, LARGE[MAX_PAYLOAD_BYTES:-1])) is None
    assert theirs.take(ending(3, LARGE[-1:])) == streams.Told(messages.unpack(LARGE))
    assert theirs.take(many._replace(stream=5)) is None
    assert theirs.take(many._replace(stream=7)) is None  # one may arrive at a time here: this one is lost
    assert theirs.late == 1
    assert theirs.take(reset(5)) is None
    assert theirs.take(many._replace(stream=9)) is None
    assert theirs.late == 1
    assert theirs.idle


def test_a_notice_over_the_limit_is_lost_and_counted():
    theirs = hub(max_message_bytes=100)
    assert theirs.take(Frame(Kind.NOTIFY, 0, 0, 1, 0, LARGE[:MAX_PAYLOAD_BYTES])) is None
    assert theirs.late == 1


def test_ping_is_answered_with_its_own_number():
    assert said(hub().take(Frame(Kind.PING, 0, 0, 0, 5, b""))) == Frame(Kind.PONG, 0, 0, 0, 5, b"")
    assert hub().take(Frame(Kind.PONG, 0, 0, 0, 5, b"")) is None


@pytest.mark.parametrize("kind", [Kind.HELLO, Kind.WELCOME, Kind.REFUSE])
def test_greetings_after_the_handshake_break_the_session(kind: Kind):
    with pytest.raises(FrameError, match=r"^frame-out-of-place$"):
        hub().take(Frame(kind, 0, 0, 0, 0, b"{}"))


def test_after_goaway_nothing_is_opened_toward_that_peer():
    ours = hub()
    assert ours.take(Frame(Kind.GOAWAY, 0, GoAwayCode.RESTART, 0, 9, b"")) == streams.GoneAway(GoAwayCode.RESTART, 9)
    with pytest.raises(LinkClosedError) as refused:
        ours.open()
    assert refused.value.sent is False
    assert isinstance(ours.take(opening(1)), streams.Asked)  # it crossed our knowing: it may finish


def test_a_draining_side_resets_what_the_peer_still_opens():
    ours = hub()
    ours.draining = True
    assert said(ours.take(opening(1))) == reset(1, ResetCode.DRAINING)
    with pytest.raises(LinkClosedError):
        ours.open()
