"""How the link fails a caller. Every error says whether the peer may have acted: `sent`."""

from __future__ import annotations

from bus.link.frames import ResetCode


class LinkError(Exception):
    """A question that got no answer.

    Attributes:
        sent: whether the last frame of the question was handed to the connection. While it is false the peer
            cannot have acted (a receiver never acts on part of a message), so the same bytes may go elsewhere.
        retry_after_ms: how long to leave this peer alone; 0 where nothing is known.
    """

    def __init__(self, text: str, *, sent: bool, retry_after_ms: int = 0) -> None:
        super().__init__(text)
        self.sent = sent
        self.retry_after_ms = retry_after_ms


class LinkClosedError(LinkError):
    """The session ended before the answer came, or was ended already."""


class LinkBusyError(LinkError):
    """As many streams are open, or as many bytes are waiting, as this peer takes. Nothing was sent."""

    def __init__(self, retry_after_ms: int) -> None:
        super().__init__("the link takes no more for now", sent=False, retry_after_ms=retry_after_ms)


class LinkTimeoutError(LinkError):
    """The caller's own deadline passed; the peer has been told to stop."""


class LinkResetError(LinkError):
    """The peer ended the stream without an answer.

    Attributes:
        code: a `ResetCode` (below 100) or the number of a problem (from 100).
    """

    def __init__(self, code: int, retry_after_ms: int = 0) -> None:
        acted = code not in _NOT_ACTED_ON
        super().__init__(f"the stream was reset, code {code}", sent=acted, retry_after_ms=retry_after_ms)
        self.code = code


class MessageTooLargeError(LinkError):
    """The message is over what the peer takes inline; its parts belong into `bodies`. Nothing was sent."""

    def __init__(self, limit_bytes: int) -> None:
        super().__init__(f"a message on this link weighs at most {limit_bytes} bytes", sent=False)
        self.limit_bytes = limit_bytes


class StreamRefusedError(Exception):
    """A handler raises this to answer with RESET and this code instead of a message.

    BUSY, DRAINING, TOO_LARGE and UNKNOWN_TOPIC tell the asker that nothing was done: raise them before acting only.
    """

    def __init__(self, code: int, retry_after_ms: int = 0) -> None:
        super().__init__(f"refused with code {code}")
        self.code = code
        self.retry_after_ms = retry_after_ms


class LinkRefusedError(Exception):
    """The hub refused the session, or the node refused the hub's welcome.

    Attributes:
        code: a word of `hello.Refused`.
        hub_time_ms: the hub's clock, where it told.
    """

    def __init__(self, code: str, *, retry_after_ms: int = 0, hub_time_ms: int | None = None) -> None:
        super().__init__(code)
        self.code = code
        self.retry_after_ms = retry_after_ms
        self.hub_time_ms = hub_time_ms


_NOT_ACTED_ON = frozenset({ResetCode.BUSY, ResetCode.DRAINING, ResetCode.TOO_LARGE, ResetCode.UNKNOWN_TOPIC})
"""A peer says these before any handler saw the question."""
