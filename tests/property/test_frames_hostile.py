"""Whatever a peer sends, it holds no more of us than the limits say, and breaks nothing but its own session."""

import struct
from contextlib import suppress

from hypothesis import given, settings
from hypothesis import strategies as st

from bus.link import LinkBusyError, LinkLimits, frames
from bus.link.frames import Frame, FrameError, Kind
from bus.link.streams import Streams

LIMITS = LinkLimits(streams=3, max_message_bytes=600, max_inbound_bytes=1000)
STREAM = st.integers(1, 14)
FIRST = st.builds(
    lambda length, sent: struct.pack(">BBHII", 1, 1, 0, 0, length) + bytes(min(length, sent)),
    st.integers(0, 700),
    st.integers(0, 700),
)
CHUNK = st.one_of(FIRST, st.integers(1, 300).map(bytes))
FRAMES = st.one_of(
    st.builds(Frame, st.just(Kind.OPEN), st.sampled_from([0, 1]), st.just(0), STREAM, st.integers(0, 9), FIRST),
    st.builds(Frame, st.just(Kind.NOTIFY), st.sampled_from([0, 1]), st.just(0), STREAM, st.just(0), FIRST),
    st.builds(Frame, st.sampled_from([Kind.DATA, Kind.END]), st.just(0), st.just(0), STREAM, st.just(0), CHUNK),
    st.builds(Frame, st.just(Kind.RESET), st.just(0), st.integers(0, 500), STREAM, st.just(0), st.just(b"")),
    st.builds(Frame, st.integers(1, 12), st.just(0), st.just(0), st.just(0), st.integers(0, 9), st.just(b"")),
)


@settings(max_examples=500)
@given(st.lists(st.one_of(FRAMES, st.just("ask"), st.integers(1, 14)), max_size=60))
def test_no_sequence_of_frames_gets_past_the_limits(sequence: list[Frame | str | int]):
    ours = Streams(node_side=False, limits=LIMITS, credit=2)
    with suppress(FrameError):
        for step in sequence:
            if isinstance(step, Frame):
                kind, flags, code, stream, value, payload = step
                data = frames.encode(kind, flags=flags, code=code, stream=stream, value=value, payload=payload)
                ours.take(frames.decode(data))
            elif step == "ask":
                with suppress(LinkBusyError):
                    if not ours.gone:
                        ours.open()
            else:
                ours.answered(step)
            assert len(ours._theirs) <= LIMITS.streams
            assert len(ours._notices) <= LIMITS.streams
            kept = [*ours._theirs.values(), *ours._ours.values(), *ours._notices.values()]
            announced = sum(assembly.total for assembly in kept if assembly is not None)
            assert announced == ours._arriving_bytes <= LIMITS.max_inbound_bytes
            assert all(len(assembly._data) <= assembly.total for assembly in kept if assembly is not None)
