"""Whether a peer is alive, judged from counters; no clock and no socket of its own."""

from __future__ import annotations

from enum import StrEnum

from bus.link.limits import LinkLimits


class Beat(StrEnum):
    """What is due now; the last three are reasons to drop the connection."""

    FINE = "fine"
    PING = "ping"
    SILENT = "heartbeat-missed"
    STALLED = "stalled"
    FLOOD = "control-flood"


_MAX_CONTROL_BYTES = 256 * 1024


class Pulse:
    """Compares how much came and went since the last look."""

    __slots__ = ("_heard_at", "_limits", "_moved_at", "_pinged_at", "_received", "_written")

    def __init__(self, limits: LinkLimits, now: float) -> None:
        self._limits = limits
        self._received = self._written = 0
        self._heard_at = self._moved_at = self._pinged_at = now

    def feel(self, now: float, received: int, written: int, waiting: bool, control_bytes: int) -> Beat:  # noqa: FBT001 - five readings
        """What the counters say at `now` (seconds).

        Args:
            now: the time, in seconds of any clock that does not jump.
            received: frames received so far.
            written: frames handed to the connection so far.
            waiting: whether anything waits to be written.
            control_bytes: how much of that is control frames.
        """
        if received != self._received:
            self._received, self._heard_at = received, now
        if written != self._written or not waiting:
            self._written, self._moved_at = written, now
        if control_bytes > _MAX_CONTROL_BYTES:
            return Beat.FLOOD
        if now - self._moved_at >= self._limits.dead_after_s:
            return Beat.STALLED
        if now - self._heard_at >= self._limits.dead_after_s:
            return Beat.SILENT
        if now - max(self._heard_at, self._pinged_at) >= self._limits.heartbeat_s:
            self._pinged_at = now
            return Beat.PING
        return Beat.FINE
