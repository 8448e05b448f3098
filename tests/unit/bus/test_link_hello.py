import msgspec
import pytest

from bus.link import Hello, LinkRefusedError, Welcome, frames, hello
from bus.link.frames import FrameError, Kind
from bus.link.hello import Refuse, Refused
from bus.link.hub import HandshakeRate

HELLO = Hello((1,), "VN-test", ("a100001", "a100002"), 1_000_000, 256, 4_194_304, "p", "other/9")
WELCOME = Welcome(1, "VN-test", "w1", ("wss://h:1/link",), 1_000_000, 256, 4_194_304)


@pytest.mark.parametrize(
    ("offered", "known", "chosen"),
    [((2, 1), (1,), 1), ((1,), (2, 1), 1), ((3, 2, 1), (2, 1), 2), ((1, 2), (2, 1), 2), ((3, 2), (1,), None)],
)
def test_the_highest_version_that_both_know_is_chosen(offered: tuple[int, ...], known: tuple[int, ...], chosen: int):
    assert hello.chosen_version(offered, known) == chosen


@pytest.mark.parametrize("words", [HELLO, WELCOME, Refuse("busy", 5, 7, (1,))], ids=["hello", "welcome", "refuse"])
def test_words_come_back_as_they_were_and_unknown_members_are_ignored(words: Hello | Welcome | Refuse):
    frame = frames.decode(hello.frame_of(words))
    assert hello.read(frame, type(words)) == words
    members = {**msgspec.json.decode(frame.payload), "of_a_later_version": {"x": [1]}}
    assert hello.read(frame._replace(payload=msgspec.json.encode(members)), type(words)) == words


@pytest.mark.parametrize("payload", [b"no", b"{}", b'{"versions":"1"}', b"\xff\xfe", b"[]"])
def test_words_that_are_none_are_refused(payload: bytes):
    frame = frames.decode(frames.encode(Kind.HELLO, payload=payload))
    with pytest.raises(FrameError, match=r"^hello-malformed$"):
        hello.read(frame, Hello)


def test_a_welcome_is_no_hello():
    with pytest.raises(FrameError, match=r"^frame-out-of-place$"):
        hello.read(frames.decode(hello.frame_of(WELCOME)), Hello)


def test_more_than_a_frame_holds_is_not_said():
    with pytest.raises(FrameError, match=r"^frame-too-large$"):
        hello.frame_of(msgspec.structs.replace(HELLO, agencies=("a100001",) * 10_000))


@pytest.mark.parametrize(
    ("changes", "now_ms", "objection"),
    [
        ({}, 1_000_000, None),
        ({"versions": (9, 1)}, 1_000_000, None),
        ({"versions": (9,)}, 1_000_000, Refused.VERSION),
        ({"versions": ()}, 1_000_000, Refused.VERSION),
        ({"instance": "VN"}, 1_000_000, Refused.INSTANCE),
        ({}, 1_030_000, None),
        ({}, 1_030_001, Refused.CLOCK),
        ({}, 969_999, Refused.CLOCK),
    ],
)
def test_what_the_hub_has_against_a_hello(changes: dict[str, object], now_ms: int, objection: Refused | None):
    assert hello.judge_hello(msgspec.structs.replace(HELLO, **changes), "VN-test", now_ms) == objection


def test_the_offset_takes_the_hubs_word_to_stand_midway():
    assert hello.clock_offset_ms(sent_ms=1000, received_ms=1400, hub_ms=1200) == 0
    assert hello.clock_offset_ms(sent_ms=1000, received_ms=1400, hub_ms=4200) == 3000
    assert hello.clock_offset_ms(sent_ms=1000, received_ms=1400, hub_ms=200) == -1000


@pytest.mark.parametrize(
    ("changes", "offset_ms", "code"),
    [
        ({"version": 2}, 0, "version"),
        ({"instance": "VN"}, 0, "instance"),
        ({}, 30_001, "clock"),
        ({}, -30_001, "clock"),
    ],
)
def test_what_the_node_has_against_a_welcome(changes: dict[str, object], offset_ms: int, code: str):
    with pytest.raises(LinkRefusedError) as refused:
        hello.judge_welcome(msgspec.structs.replace(WELCOME, **changes), HELLO, offset_ms)
    assert refused.value.code == code
    assert refused.value.hub_time_ms == (1_000_000 if code == "clock" else None)


def test_a_welcome_within_the_limits_is_taken():
    hello.judge_welcome(WELCOME, HELLO, 30_000)


def test_handshakes_over_the_rate_are_sent_away_one_after_another():
    rate = HandshakeRate(10)
    assert [rate.wait_ms(0) for _ in range(10)] == [0] * 10
    assert [rate.wait_ms(0) for _ in range(3)] == [1100, 1200, 1300]
    assert [rate.wait_ms(100) for _ in range(2)] == [0, 1300]
    assert rate.wait_ms(50) > 0  # a clock that steps back grants nothing
    assert [rate.wait_ms(60_000) for _ in range(11)] == [0] * 10 + [1100]
