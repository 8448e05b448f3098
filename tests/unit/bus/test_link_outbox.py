from bus.link import Message, frames, messages
from bus.link.frames import MAX_PAYLOAD_BYTES, Kind
from bus.link.outbox import Outbox, Outgoing


def outgoing(stream: int, frames_: int, first: Kind = Kind.OPEN) -> Outgoing:
    body = bytes(frames_ * MAX_PAYLOAD_BYTES - 12)
    return Outgoing(first, stream, messages.pack(Message(1, b"", (body,))), lambda: 9)


def drained(outbox: Outbox) -> list[tuple[int, int]]:
    order = []
    while outbox:
        frame = frames.decode(outbox.pop()[0])
        order.append((frame.kind, frame.stream))
    return order


def test_a_small_message_waits_for_one_frame_of_each_large_one_at_most():
    outbox = Outbox()
    outbox.put(outgoing(1, 60))
    outbox.put(outgoing(3, 60))
    outbox.pop()
    outbox.put(outgoing(5, 1))
    assert drained(outbox)[:4] == [(Kind.OPEN, 3), (Kind.DATA, 1), (Kind.OPEN, 5), (Kind.DATA, 3)]


def test_control_frames_go_first():
    outbox = Outbox()
    outbox.put(outgoing(1, 2))
    outbox.control(frames.encode(Kind.PONG, value=1))
    assert outbox.control_bytes == 12
    assert drained(outbox) == [(Kind.PONG, 0), (Kind.OPEN, 1), (Kind.END, 1)]


def test_an_answer_of_one_frame_is_an_end_and_of_three_is_data_data_end():
    outbox = Outbox()
    outbox.put(outgoing(2, 1, Kind.END))
    outbox.put(outgoing(4, 3, Kind.END))
    assert drained(outbox) == [(Kind.END, 2), (Kind.DATA, 4), (Kind.DATA, 4), (Kind.END, 4)]


def test_a_message_taken_back_leaves_no_further_frame():
    outbox = Outbox()
    one, two, gone = outgoing(1, 2), outgoing(3, 2), outgoing(5, 1)
    for message in (one, two, gone):
        outbox.put(message)
    outbox.pop()
    outbox.drop(one)
    outbox.drop(gone)
    outbox.drop(gone)
    assert (one.started, one.finished, gone.started) == (True, False, False)
    assert drained(outbox) == [(Kind.OPEN, 3), (Kind.END, 3)]
    assert outbox.message_bytes == 0


def test_the_time_left_is_read_when_the_first_frame_leaves():
    left = [500]
    message = Outgoing(Kind.OPEN, 1, messages.pack(Message(1, b"")), lambda: left[0])
    left[0] = 300
    assert frames.decode(message.next_frame()).value == 300
