from hypothesis import given
from hypothesis import strategies as st

from bus.link import frames, messages
from bus.link.frames import LAST, MAX_FRAME_BYTES, MAX_U32, Frame, FrameError, Kind
from bus.link.messages import Assembly, Message
from bus.link.outbox import Outbox, Outgoing

U32 = st.integers(0, MAX_U32)
STREAM = st.integers(1, MAX_U32)
BIG = 70_000

messages_ = st.builds(
    Message,
    st.integers(1, 255),
    st.binary(max_size=50),
    st.lists(st.one_of(st.binary(max_size=50), st.integers(0, BIG).map(bytes)), max_size=5).map(tuple),
)


def named(refused: FrameError, family: str) -> None:
    assert refused.rule.startswith(family)


def legal_frames() -> st.SearchStrategy[Frame]:
    payload = st.binary(min_size=8, max_size=200)
    return st.one_of(
        st.builds(Frame, st.sampled_from([1, 2, 3]), st.just(0), st.just(0), st.just(0), st.just(0), payload),
        st.builds(Frame, st.just(Kind.OPEN), st.sampled_from([0, LAST]), st.just(0), STREAM, U32, payload),
        st.builds(Frame, st.sampled_from([5, 6]), st.just(0), st.just(0), STREAM, st.just(0), payload),
        st.builds(Frame, st.just(Kind.RESET), st.just(0), st.integers(0, 65535), STREAM, U32, st.just(b"")),
        st.builds(Frame, st.sampled_from([8, 10, 11]), st.just(0), st.just(0), st.just(0), U32, st.just(b"")),
        st.builds(Frame, st.just(Kind.NOTIFY), st.sampled_from([0, LAST]), st.just(0), STREAM, st.just(0), payload),
        st.builds(Frame, st.just(Kind.GOAWAY), st.just(0), st.integers(0, 65535), st.just(0), U32, st.just(b"")),
    )


@given(legal_frames())
def test_a_frame_comes_back_as_it_was(frame: Frame):
    kind, flags, code, stream, value, payload = frame
    data = frames.encode(kind, flags=flags, code=code, stream=stream, value=value, payload=payload)
    assert frames.decode(data) == frame


@given(st.binary(max_size=300))
def test_any_bytes_are_one_frame_or_a_named_refusal(data: bytes):
    try:
        kind, flags, code, stream, value, payload = frames.decode(data)
    except FrameError as refused:
        named(refused, "frame-")
    else:
        assert frames.encode(kind, flags=flags, code=code, stream=stream, value=value, payload=payload) == data


@given(messages_)
def test_a_message_comes_back_as_it_was(message: Message):
    packed = messages.pack(message)
    assert len(packed) == messages.packed_length(message) == messages.announced_length(packed)
    assert messages.unpack(packed) == message


@given(st.binary(max_size=300))
def test_any_bytes_are_one_message_or_a_named_refusal(data: bytes):
    try:
        message = messages.unpack(data)
    except FrameError as refused:
        named(refused, "message-")
    else:
        assert messages.pack(message) == data


@given(st.lists(messages_, min_size=1, max_size=6), st.sampled_from([Kind.OPEN, Kind.NOTIFY, Kind.END]))
def test_interleaved_messages_come_out_whole_each_frame_within_the_limit(sent: list[Message], first: Kind):
    outbox = Outbox()
    for number, message in enumerate(sent):
        outbox.put(Outgoing(first, 2 * number + 1, messages.pack(message), lambda: 5 if first is Kind.OPEN else 0))
    assemblies: dict[int, Assembly] = {}
    got: dict[int, Message] = {}
    while outbox:
        data, _ = outbox.pop()
        assert len(data) <= MAX_FRAME_BYTES
        frame = frames.decode(data)
        if frame.stream in assemblies:
            assemblies[frame.stream].add(frame.payload)
        else:
            assemblies[frame.stream] = Assembly(frame.payload)
        if frame.kind == Kind.END or frame.flags & LAST:
            got[frame.stream] = assemblies.pop(frame.stream).finish()
    assert not assemblies
    assert [got[2 * number + 1] for number in range(len(sent))] == sent
    assert outbox.message_bytes == 0
