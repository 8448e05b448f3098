"""The world's link: two ends that call each other's desk, with a knife in the tester's hand."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Final, Literal

from bus.link.errors import LinkClosedError, LinkResetError, LinkTimeoutError, StreamRefusedError
from bus.link.frames import ResetCode
from bus.link.hello import Hello
from bus.link.messages import Message
from bus.link.ports import Peer

Cut = Literal["before", "lost", "after", "late"]
Tamper = Callable[[Message], Message]
HANG: Final = 3600.0


class Direct:
    """One end of a link that is a function call.

    `cut` breaks it `before` anything left, `lost` on the way (it left, nobody got it), or `after` the far side has
    acted, or answers too `late`; `cut_once` does so to the next message only. `going` and `coming` may alter what
    passes. `close` fails whatever still waits, as a dead peer does.
    """

    def __init__(self, peer: Peer, hello: Hello | None = None) -> None:
        self.peer = peer
        self.hello = hello
        self.closed = False
        self.open_streams = (0, 0)
        self.far: Callable[[Message], Awaitable[Message]] | None = None
        self.far_notice: Callable[[Message], Awaitable[None]] | None = None
        self.cut: Cut | None = None
        self.cut_once: Cut | None = None
        self.going: Tamper | None = None
        self.coming: Tamper | None = None
        self.carried: list[Message] = []
        self._notices: set[asyncio.Task[None]] = set()
        self._waiting: set[asyncio.Future[Message]] = set()

    @property
    def usable(self) -> bool:
        return not self.closed

    async def call(self, message: Message, timeout_s: float) -> Message:
        message = self.going(message) if self.going else message
        cut, self.cut_once = self.cut_once or self.cut, None
        self.carried.append(message)
        if self.closed or cut == "before" or self.far is None:
            raise LinkClosedError("cut", sent=False)
        if cut == "lost":
            raise LinkClosedError("cut", sent=True)
        answer = await self._far(message, timeout_s)
        if cut == "after":
            raise LinkClosedError("cut", sent=True)
        if cut == "late":
            raise LinkTimeoutError("deadline", sent=True)
        return self.coming(answer) if self.coming else answer

    async def _far(self, message: Message, timeout_s: float) -> Message:
        """The far desk's answer; whatever it raises reaches this side as a reset, as on the wire."""
        if self.far is None:
            raise LinkClosedError("cut", sent=False)
        work = asyncio.ensure_future(self.far(message))
        self._waiting.add(work)
        try:
            async with asyncio.timeout(timeout_s):
                return await work
        except TimeoutError as error:
            raise LinkTimeoutError("deadline", sent=True) from error
        except StreamRefusedError as error:
            raise LinkResetError(error.code, error.retry_after_ms) from error
        except asyncio.CancelledError as error:
            if not self.closed:
                raise
            raise LinkClosedError("the peer has died", sent=True) from error
        except Exception as error:
            raise LinkResetError(ResetCode.INTERNAL) from error
        finally:
            self._waiting.discard(work)

    def close(self) -> None:
        """The peer has died: nothing more is sent, and whoever waits is told."""
        self.closed = True
        for work in list(self._waiting):
            work.cancel()

    def notify(self, message: Message) -> None:
        if self.far_notice is not None and not self.closed:
            task = asyncio.ensure_future(self.far_notice(message))
            self._notices.add(task)
            task.add_done_callback(self._notices.discard)

    async def settled(self) -> None:
        """Wait until every notice has been taken."""
        while self._notices:
            with contextlib.suppress(asyncio.CancelledError):
                await asyncio.gather(*self._notices)


class Links:
    """What a node sees of its links: a list of sessions."""

    def __init__(self) -> None:
        self.sessions: list[Any] = []

    async def call(self, message: Message, timeout_s: float) -> Message:
        if not self.sessions:
            raise LinkClosedError("no hub worker is reachable", sent=False)
        answer: Message = await self.sessions[0].call(message, timeout_s)
        return answer


class InlineParts:
    """Everything travels inside the message: the world has no spool."""

    async def put(self, _session: object, _exchange: str, _parts: object, data: Sequence[bytes]) -> tuple[bytes, ...]:
        return tuple(data)

    async def fetch(
        self, _session: object, _exchange: str, _envelope: object, data: Sequence[bytes], _max_bytes: int
    ) -> tuple[bytes, ...]:
        return tuple(data)
