"""What one session may cost, as one frozen value handed down from the settings."""

from __future__ import annotations

from dataclasses import dataclass

from bus.link.messages import DEFAULT_MAX_MESSAGE_BYTES


@dataclass(frozen=True, slots=True)
class LinkLimits:
    """Bounds of one session; every one of them holds for each peer alone.

    Attributes:
        streams: how many streams the peer may have open toward us at once (told in HELLO or WELCOME).
        max_message_bytes: the largest message taken inline.
        max_inbound_bytes: all messages still arriving, together, may announce this much.
        max_queued_bytes: bytes waiting to be written; a question over it is `LinkBusyError`.
        max_notices, max_notice_bytes: waiting for their handler; over it they are dropped and counted.
        busy_retry_ms: what a busy peer is told to wait.
        heartbeat_s: after this much silence a PING goes out.
        dead_after_s: after this much silence, or this long without being able to write, the peer is dead.
        handshake_s: HELLO and WELCOME must come within this.
        close_s: how long a closing peer may take to say goodbye.
    """

    streams: int = 256
    max_message_bytes: int = DEFAULT_MAX_MESSAGE_BYTES
    max_inbound_bytes: int = 64 * 1024 * 1024
    max_queued_bytes: int = 8 * 1024 * 1024
    max_notices: int = 4096
    max_notice_bytes: int = 16 * 1024 * 1024
    busy_retry_ms: int = 200
    heartbeat_s: float = 15.0
    dead_after_s: float = 45.0
    handshake_s: float = 5.0
    close_s: float = 2.0
