"""What a hub worker does with each message that its links bring, and who may open a link.

Promises: a session is opened only for a certificate that the directory lists for links and for agencies that it may
speak for; work that has begun ends in the ledger even if the asker hangs up; in flight is bounded per worker and per
agency, and over it nothing was done. Leaves out: the steps of an exchange (`bus.hub.exchange`).
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable
from typing import Final, NamedTuple

import structlog

from bus.clock import Clock
from bus.directory import Directory
from bus.hub.routes import Routes, Speaker
from bus.link.errors import LinkRefusedError, StreamRefusedError
from bus.link.frames import ResetCode
from bus.link.hello import Hello, Refused
from bus.link.messages import Message
from bus.link.ports import Peer
from bus.link.session import Session
from schemas.problems import ProblemError
from schemas.sealed import SealedFormatError

log = structlog.get_logger(__name__)
BUSY_RETRY_MS: Final = 250
Serve = Callable[[Speaker, Message], Awaitable[Message]]


class InFlight(NamedTuple):
    """How many messages may be at work at once."""

    worker: int
    agency: int


class HubDesk:
    """One worker's desk."""

    def __init__(
        self,
        *,
        directory: Directory,
        routes: Routes,
        clock: Clock,
        topics: dict[int, Serve],
        limits: InFlight,
    ) -> None:
        self._directory = directory
        self._routes = routes
        self._clock = clock
        self._topics = topics
        self._limits = limits
        self._inside: Counter[str] = Counter()
        self._tasks: set[asyncio.Task[Message]] = set()

    async def judge(self, peer: Peer, hello: Hello) -> LinkRefusedError | None:
        """Refuse a peer whose certificate the directory does not list for links, or an agency it may not speak for."""
        speaker = self._speaker(peer)
        if speaker.agency is None or not all(speaker.speaks_for(agency) for agency in hello.agencies):
            return LinkRefusedError(Refused.NOT_PERMITTED)
        return None

    def opened(self, session: Session) -> None:
        """A node is here."""
        self._routes.add(session, self._speaker(session.peer), session.hello.agencies)

    def closed(self, session: Session) -> None:
        """A node has gone."""
        self._routes.remove(session)

    async def answer(self, session: Session, message: Message, deadline: float) -> Message:  # noqa: ARG002 - a question carries its own, sealed
        """Serve one message.

        Raises:
            StreamRefusedError: an unknown topic, too much in flight, or no sealed envelope at all.
        """
        serve = self._topics.get(message.topic)
        if serve is None:
            raise StreamRefusedError(ResetCode.UNKNOWN_TOPIC)
        speaker = self._speaker(session.peer)
        task = asyncio.create_task(self._bounded(serve, speaker, message))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        # Shielded: once asked is recorded its outcome must be too, whether or not the asker still listens.
        return await asyncio.shield(task)

    async def drain(self, within_s: float) -> None:
        """Let what is at work come to its outcome."""
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=within_s)

    async def _bounded(self, serve: Serve, speaker: Speaker, message: Message) -> Message:
        agency = speaker.agency
        if agency is None:
            raise StreamRefusedError(ResetCode.BUSY, BUSY_RETRY_MS)
        if self._inside.total() >= self._limits.worker or self._inside[agency] >= self._limits.agency:
            raise StreamRefusedError(ResetCode.BUSY, BUSY_RETRY_MS)
        self._inside[agency] += 1
        try:
            return await serve(speaker, message)
        except SealedFormatError as error:
            log.info("message-malformed", agency=agency, rule=str(error))
            raise StreamRefusedError(ResetCode.MALFORMED) from error
        except ProblemError as error:
            raise StreamRefusedError(int(error.problem.code)) from error
        finally:
            self._inside[agency] -= 1
            if not self._inside[agency]:
                del self._inside[agency]

    def _speaker(self, peer: Peer) -> Speaker:
        return Speaker(peer.x5t, self._directory, self._clock)
