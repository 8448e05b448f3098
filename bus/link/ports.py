"""What a session needs from outside, and what outside hands it: peer, socket, handlers."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, NamedTuple, Protocol

if TYPE_CHECKING:
    import aiohttp

    from bus.link.messages import Message
    from bus.link.session import Session


class Peer(NamedTuple):
    """Who is at the other end: its certificate (DER), that certificate's SHA-256 thumbprint, its address."""

    certificate: bytes
    x5t: str
    address: str


class Socket(Protocol):
    """What a session needs of a WebSocket; aiohttp's on either side has it."""

    async def send_bytes(self, data: bytes) -> None:
        """Hand over one message; wait while the connection's buffer is full."""

    async def receive(self) -> aiohttp.WSMessage:
        """The next message."""

    async def close(self, *, code: int = 1000, message: bytes = b"") -> bool:
        """Say goodbye and wait for the peer's."""


class Handler(Protocol):
    """Answers the peer's questions."""

    def __call__(self, session: Session, message: Message, deadline: float) -> Awaitable[Message]:
        """The answer; `deadline` is a time of the running loop's clock, in seconds.

        It is cancelled when the peer gives up, its deadline passes or the session ends.

        Raises:
            StreamRefusedError: to reset the stream with that code instead.
        """


class NoticeHandler(Protocol):
    """Takes the peer's notices, one after another."""

    def __call__(self, session: Session, message: Message) -> Awaitable[None]:
        """Act on one notice."""


class Handlers(NamedTuple):
    """What a session does with what the peer sends; `gone` hears that the peer takes no further streams."""

    answer: Handler
    notice: NoticeHandler | None = None
    gone: Callable[[Session, int], None] | None = None
