import pytest

from bus.link import frames, messages
from bus.link.frames import LAST, MAX_FRAME_BYTES, MAX_PAYLOAD_BYTES, Frame, FrameError, Kind
from bus.link.messages import Assembly, Message

EMPTY = messages.pack(Message(1, b""))


def test_a_frame_of_64_kib_is_taken_and_one_byte_more_is_not():
    frame = frames.encode(Kind.DATA, stream=1, payload=bytes(MAX_PAYLOAD_BYTES))
    assert len(frame) == MAX_FRAME_BYTES
    assert frames.decode(frame) == Frame(Kind.DATA, 0, 0, 1, 0, bytes(MAX_PAYLOAD_BYTES))
    with pytest.raises(FrameError, match=r"^frame-too-large$"):
        frames.decode(frame + b"\0")


@pytest.mark.parametrize(
    ("rule", "data"),
    [
        ("frame-too-short", b""),
        ("frame-too-short", bytes(11)),
        ("frame-unknown", bytes(12)),
        ("frame-unknown", frames.encode(13)),
        ("frame-unknown", frames.encode(255)),
        ("frame-stream", frames.encode(Kind.OPEN, stream=0, value=1, flags=LAST, payload=EMPTY)),
        ("frame-stream", frames.encode(Kind.PING, stream=1)),
        ("frame-stream", frames.encode(Kind.GOAWAY, stream=2)),
        ("frame-reserved", frames.encode(Kind.OPEN, stream=1, flags=2, payload=EMPTY)),
        ("frame-reserved", frames.encode(Kind.DATA, stream=1, flags=LAST, payload=b"x")),
        ("frame-reserved", frames.encode(Kind.END, stream=1, code=1, payload=b"x")),
        ("frame-reserved", frames.encode(Kind.NOTIFY, stream=1, value=1, payload=EMPTY)),
        ("frame-payload", frames.encode(Kind.OPEN, stream=1, value=1, payload=b"1234567")),
        ("frame-payload", frames.encode(Kind.DATA, stream=1)),
        ("frame-payload", frames.encode(Kind.END, stream=1)),
        ("frame-payload", frames.encode(Kind.RESET, stream=1, code=1, payload=b"x")),
        ("frame-payload", frames.encode(Kind.PING, payload=b"x")),
        ("frame-payload", frames.encode(Kind.HELLO, payload=b"")),
    ],
)
def test_what_breaks_a_rule_is_refused_by_its_name(rule: str, data: bytes):
    with pytest.raises(FrameError) as refused:
        frames.decode(data)
    assert refused.value.rule == rule


@pytest.mark.parametrize(
    "message",
    [Message(0, b""), Message(256, b""), Message(1, b"", (b"",) * 256)],
    ids=["topic 0", "topic 256", "256 parts"],
)
def test_a_message_that_has_no_packing_is_the_callers_mistake(message: Message):
    with pytest.raises(ValueError, match="a topic is 1 to 255"):
        messages.pack(message)


@pytest.mark.parametrize(
    ("rule", "data"),
    [
        ("message-preamble", b"\0" + EMPTY[1:]),  # topic 0
        ("message-preamble", b"\1\0\0\1\0\0\0\0"),  # reserved bytes set
        ("message-preamble", b"\1\2\0\0\0\0\0\0\0\0\0\0"),  # two parts, one length
        ("message-preamble", EMPTY[:7]),
        ("message-length", EMPTY + b"x"),
        ("message-length", b"\1\0\0\0\0\0\0\1"),  # a head of one byte, missing
    ],
)
def test_a_message_whose_lengths_do_not_add_up_is_refused(rule: str, data: bytes):
    with pytest.raises(FrameError, match=f"^{rule}$"):
        messages.unpack(data)


def test_an_assembly_keeps_no_more_than_was_announced():
    assembly = Assembly(messages.pack(Message(1, b"12345"))[:-1])
    with pytest.raises(FrameError, match=r"^message-length$"):
        assembly.add(b"56")


def test_an_assembly_that_ends_early_is_no_message():
    assembly = Assembly(messages.pack(Message(1, b"12345"))[:-2])
    assembly.add(b"4")
    with pytest.raises(FrameError, match=r"^message-length$"):
        assembly.finish()
