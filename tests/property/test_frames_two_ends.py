"""Two conforming ends, in any order of asking, answering, giving up and delivering, never break each other."""

from collections import deque
from contextlib import suppress

from hypothesis import given, settings
from hypothesis import strategies as st

from bus.link import LinkBusyError, LinkLimits, Message, frames, messages, streams
from bus.link.frames import Kind, ResetCode
from bus.link.outbox import Outbox, Outgoing
from bus.link.streams import Streams

LIMITS = LinkLimits(streams=3)


class End:
    """One side without clock or socket: `Streams` for what comes, `Outbox` for what goes."""

    def __init__(self, *, node_side: bool) -> None:
        self.streams = Streams(node_side=node_side, limits=LIMITS, credit=LIMITS.streams)
        self.outbox = Outbox()
        self.wire: deque[bytes] = deque()
        self.asked: dict[int, Outgoing] = {}
        self.owed: dict[int, Message] = {}
        self.leaving: dict[int, Outgoing] = {}
        self.ended: list[tuple[int, str]] = []
        self.served: list[int] = []

    def ask(self, size: int) -> None:
        with suppress(LinkBusyError):
            stream = self.streams.open()
            packed = messages.pack(Message(1, stream.to_bytes(4, "big"), (bytes(size),)))
            self.asked[stream] = Outgoing(Kind.OPEN, stream, packed, lambda: 1000)
            self.outbox.put(self.asked[stream])

    def give_up(self, nth: int) -> None:
        if self.asked:
            stream = sorted(self.asked)[nth % len(self.asked)]
            outgoing = self.asked.pop(stream)
            self.streams.give_up(stream)
            self.outbox.drop(outgoing)
            self.ended.append((stream, "given up"))
            if outgoing.started:
                self.outbox.control(frames.encode(Kind.RESET, code=ResetCode.CANCELLED, stream=stream))

    def answer(self, nth: int, size: int) -> None:
        if self.owed:
            stream = sorted(self.owed)[nth % len(self.owed)]
            question = self.owed.pop(stream)
            packed = messages.pack(Message(2, question.head, (bytes(size),)))
            self.leaving[stream] = Outgoing(Kind.END, stream, packed)
            self.outbox.put(self.leaving[stream])

    def write(self) -> None:
        if self.outbox:
            frame, last_of = self.outbox.pop()
            if last_of is not None and last_of.first is Kind.END:
                del self.leaving[last_of.stream]
                self.streams.answered(last_of.stream)
            self.wire.append(frame)

    def read(self, other: "End") -> None:
        if other.wire:
            self.react(self.streams.take(frames.decode(other.wire.popleft())))

    def react(self, event: streams.Event | None) -> None:
        match event:
            case streams.Asked(stream, message, _):
                self.owed[stream] = message
                self.served.append(stream)
            case streams.Answered(stream, message):
                assert message.head == stream.to_bytes(4, "big")
                assert self.asked.pop(stream).finished
                self.ended.append((stream, "answered"))
            case streams.Ended(stream, _, _, ours):
                assert not ours, "a conforming peer refuses none of these"
                self.owed.pop(stream, None)
                if (outgoing := self.leaving.pop(stream, None)) is not None:
                    self.outbox.drop(outgoing)
            case streams.Say() | streams.Failed():
                raise AssertionError(event)


SIZE = st.sampled_from([0, 10, 65_000, 70_000, 200_000])
NTH = st.integers(0, 5)
STEP = st.one_of(
    st.tuples(st.just("ask"), SIZE),
    st.tuples(st.just("give_up"), NTH),
    st.tuples(st.just("answer"), NTH, SIZE),
    st.tuples(st.just("write")),
    st.tuples(st.just("read")),
    st.tuples(st.just("read")),
    st.tuples(st.just("write")),
)


@settings(max_examples=300)
@given(st.lists(st.tuples(st.booleans(), STEP), max_size=120))
def test_every_question_ends_once_and_nothing_is_left_over(steps: list[tuple[bool, tuple[str, *tuple[int, ...]]]]):
    ends = End(node_side=True), End(node_side=False)
    for on_node, (verb, *args) in steps:
        one, other = ends if on_node else ends[::-1]
        if verb == "read":
            one.read(other)
        else:
            getattr(one, verb)(*args)
    while any(end.outbox or end.wire or end.owed for end in ends):
        for one, other in (ends, ends[::-1]):
            one.answer(0, 5)
            one.write()
            one.read(other)
    for one, other in (ends, ends[::-1]):
        assert one.streams.idle
        assert not one.asked
        assert one.outbox.message_bytes == one.outbox.control_bytes == one.streams._arriving_bytes == 0
        assert len({stream for stream, _ in one.ended}) == len(one.ended)
        answered = {stream for stream, how in one.ended if how == "answered"}
        assert answered <= set(other.served)
        assert len(set(other.served)) == len(other.served)
