"""What node and hub say first: HELLO, then WELCOME or REFUSE, as JSON in a frame; and how each judges the other.

Promises: pure; unknown members are ignored, so that the next version may add some. The highest version that both
know is chosen. Clocks more than 2 s apart are told, more than 30 s apart refused with the hub's time.
Leaves out: whether this certificate may speak for these agencies: the hub's `authenticate` callback.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Final, TypeVar

import msgspec

from bus.link import frames
from bus.link.errors import LinkRefusedError
from bus.link.frames import MAX_PAYLOAD_BYTES, Frame, FrameError, Kind

VERSIONS: Final = (1,)
"""The versions of this implementation, the preferred one first."""
CLOCK_WARN_MS: Final = 2_000
CLOCK_REFUSE_MS: Final = 30_000


class Refused(StrEnum):
    """Why there is no session; closed. The first six are said by the hub, the last two judged by the node."""

    VERSION = "version"
    INSTANCE = "instance"
    CLOCK = "clock"
    NOT_PERMITTED = "not-permitted"
    BUSY = "busy"
    DRAINING = "draining"
    MALFORMED = "malformed"
    UNREACHABLE = "unreachable"


class Hello(msgspec.Struct, frozen=True):
    """The node's first frame.

    Attributes:
        versions: link versions it speaks, the preferred one first.
        instance: the instance that it belongs to ("VN-test").
        agencies: the agencies that it says it serves; the hub's `authenticate` decides whether that is so.
        time_ms: its clock when it sent this, milliseconds since the epoch.
        credits: how many streams the hub may have open toward it.
        max_message_bytes: the largest message it takes inline.
        process: a random word of this process: its next session with the same worker replaces the one before.
        software: name and version, for `doctor`; nothing depends on it.
    """

    versions: tuple[int, ...]
    instance: str
    agencies: tuple[str, ...]
    time_ms: int
    credits: int
    max_message_bytes: int
    process: str = ""
    software: str = ""


class Welcome(msgspec.Struct, frozen=True):
    """The hub's consent.

    Attributes:
        version: the version chosen.
        instance: the hub's instance.
        worker: this worker's name, for logs.
        workers: the addresses (wss://…/link) of every worker, this one among them; the node covers all.
        time_ms: the hub's clock when it sent this.
        credits: how many streams the node may have open toward this worker.
        max_message_bytes: the largest message that the hub takes inline.
        batch_window_ms: how long the node may wait to seal several envelopes together (0 to 2).
        heartbeat_ms: after this much silence the hub sends PING; three times as much and it takes the node for dead.
        bodies: where larger parts go, as https://host:port; empty where the hub takes none.
    """

    version: int
    instance: str
    worker: str
    workers: tuple[str, ...]
    time_ms: int
    credits: int
    max_message_bytes: int
    batch_window_ms: float = 0.0
    heartbeat_ms: int = 15_000
    bodies: str = ""


class Refuse(msgspec.Struct, frozen=True):
    """The hub's refusal.

    Attributes:
        code: a word of `Refused`, or one this version does not know.
        retry_after_ms: the node waits at least so long.
        time_ms: the hub's clock.
        versions: what the hub speaks.
    """

    code: str
    retry_after_ms: int
    time_ms: int
    versions: tuple[int, ...] = ()


_Words = TypeVar("_Words", Hello, Welcome, Refuse)
_KINDS: Final[dict[type[msgspec.Struct], Kind]] = {Hello: Kind.HELLO, Welcome: Kind.WELCOME, Refuse: Kind.REFUSE}


def frame_of(words: Hello | Welcome | Refuse) -> bytes:
    """The frame that says it.

    Raises:
        FrameError: more than one frame holds (thousands of agencies or workers).
    """
    payload = msgspec.json.encode(words)
    if len(payload) > MAX_PAYLOAD_BYTES:
        raise FrameError("frame-too-large")
    return frames.encode(_KINDS[type(words)], payload=payload)


def read(frame: Frame, words: type[_Words]) -> _Words:
    """What a frame says.

    Raises:
        FrameError: another kind of frame, or JSON that is not these words.
    """
    if frame.kind != _KINDS[words]:
        raise FrameError("frame-out-of-place")
    try:
        return msgspec.json.decode(frame.payload, type=words)
    except msgspec.MsgspecError as error:
        raise FrameError("hello-malformed") from error


def chosen_version(offered: tuple[int, ...], known: tuple[int, ...] = VERSIONS) -> int | None:
    """The highest version that both sides know (the node offers [2, 1], the hub knows [1]: 1)."""
    return max(set(offered) & set(known), default=None)


def judge_hello(hello: Hello, instance: str, now_ms: int) -> Refused | None:
    """What the hub has against a hello, before it asks who this is."""
    if chosen_version(hello.versions) is None:
        return Refused.VERSION
    if hello.instance != instance:
        return Refused.INSTANCE
    return Refused.CLOCK if abs(now_ms - hello.time_ms) > CLOCK_REFUSE_MS else None


def clock_offset_ms(sent_ms: int, received_ms: int, hub_ms: int) -> int:
    """How far the hub's clock is ahead of ours, taking its answer to stand midway (as in RFC 5905 §8)."""
    return hub_ms - (sent_ms + received_ms) // 2


def judge_welcome(welcome: Welcome, hello: Hello, offset_ms: int) -> None:
    """What the node has against a welcome.

    Raises:
        LinkRefusedError: a version it did not offer, another instance, or clocks too far apart.
    """
    if welcome.version not in hello.versions:
        raise LinkRefusedError(Refused.VERSION)
    if welcome.instance != hello.instance:
        raise LinkRefusedError(Refused.INSTANCE)
    if abs(offset_ms) > CLOCK_REFUSE_MS:
        raise LinkRefusedError(Refused.CLOCK, hub_time_ms=welcome.time_ms)
