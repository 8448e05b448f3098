"""The node's end of the link: one session to every hub worker, kept for ever.

Promises: every worker named by the newest WELCOME is dialled; the addresses that the node started with are dialled
until one of those is open, and again whenever no session is left. A lost session is dialled again after a back-off
with full jitter, and no sooner than the hub asks; a worker that drains keeps its open streams until they finish. A
question goes to one worker; it goes to another only while the first cannot have acted on it.
Leaves out: what the messages say.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Final

import structlog

from bus.link.dialler import Dialler, NodeSettings, WorkerState
from bus.link.errors import LinkClosedError, LinkError
from bus.link.messages import Message
from bus.link.ports import Handlers
from bus.link.session import Session

_log = structlog.get_logger(__name__)
_LEAVE_S: Final = 5.0
_MAX_WORKERS: Final = 256


class NodeLink:
    """All sessions of one node.

    Args:
        settings: see there.
        handlers: what to do with the hub's questions and notices (`gone` is used by the link itself).
        opened: a session begins; called before its first message.
        closed: it is over.
    """

    def __init__(
        self,
        settings: NodeSettings,
        handlers: Handlers,
        opened: Callable[[Session], None] = lambda _session: None,
        closed: Callable[[Session], None] = lambda _session: None,
    ) -> None:
        self._settings = settings
        self._handlers = handlers
        self._opened = opened
        self._closed = closed
        self._diallers: dict[str, Dialler] = {}
        self._leaving: set[asyncio.Task[None]] = set()
        self._changed = asyncio.Event()
        self._turn = 0
        self._stopped = False

    @property
    def sessions(self) -> list[Session]:
        """The sessions that take questions now."""
        found = (dialler.session for dialler in self._diallers.values())
        return [session for session in found if session is not None and session.usable]

    def state(self) -> list[WorkerState]:
        """What `doctor` shows: one line per worker."""
        return [dialler.state() for dialler in self._diallers.values()]

    def start(self) -> None:
        """Begin to dial, in the background, until `close`."""
        self._cover(self._settings.seeds)

    async def ready(self, timeout_s: float) -> None:
        """Wait until at least one session takes questions.

        Raises:
            LinkClosedError: none within the time; `state` says why.
        """
        try:
            async with asyncio.timeout(timeout_s):
                while not self.sessions:
                    self._changed.clear()
                    await self._changed.wait()
        except TimeoutError:
            raise LinkClosedError("no hub worker is reachable", sent=False) from None

    async def call(self, message: Message, timeout_s: float, prefer: Session | None = None) -> Message:
        """Ask the hub, on `prefer` or on the least busy worker.

        Raises:
            LinkClosedError: no worker is reachable; nothing was sent.
            LinkError: as `Session.call`; where nothing was sent every worker has been tried.
        """
        until = asyncio.get_running_loop().time() + timeout_s
        failed: LinkError = LinkClosedError("no hub worker is reachable", sent=False)
        for session in self._order(prefer):
            try:
                return await session.call(message, until - asyncio.get_running_loop().time())
            except LinkError as error:
                if error.sent:
                    raise
                failed = error
        raise failed

    async def close(self) -> None:
        """Let open streams finish (at most 5 s), close every session, dial no more."""
        self._stopped = True
        diallers = list(self._diallers.values())
        self._diallers.clear()
        await asyncio.gather(*(dialler.stop(_LEAVE_S) for dialler in diallers), *self._leaving)

    def _order(self, prefer: Session | None) -> list[Session]:
        sessions = self.sessions
        self._turn += 1
        start = self._turn % len(sessions) if sessions else 0
        sessions = sessions[start:] + sessions[:start]
        sessions.sort(key=lambda session: (session is not prefer, session.open_streams[0]))
        return sessions

    def _cover(self, addresses: tuple[str, ...]) -> None:
        for address in addresses[:_MAX_WORKERS]:
            if not address.startswith("wss://"):
                _log.error("link.not_an_address", hub=address)
            elif address not in self._diallers and not self._stopped:
                dialler = Dialler(address, self._settings, self._handlers, self._on_opened, self._on_closed)
                self._diallers[address] = dialler
                dialler.start()

    def _leave_all_but(self, addresses: tuple[str, ...]) -> None:
        for address in self._diallers.keys() - set(addresses):
            task = asyncio.ensure_future(self._diallers.pop(address).stop(_LEAVE_S))
            self._leaving.add(task)
            task.add_done_callback(self._leaving.discard)

    def _on_opened(self, session: Session) -> None:
        workers = session.welcome.workers
        self._cover(workers)
        if session.peer.address in workers:
            self._leave_all_but(workers)
        self._opened(session)
        self._changed.set()

    def _on_closed(self, session: Session) -> None:
        if not self.sessions:
            self._cover(self._settings.seeds)
        self._closed(session)
        self._changed.set()
