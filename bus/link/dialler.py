"""Keeps one session to one hub worker: dials, greets, waits, dials again.

Promises: full jitter (a wait is drawn evenly from 0 to the doubled bound, so that nodes that fell together do not
come back together), never sooner than the hub asked; a hub whose clock is more than 30 s off gets no session.
"""

from __future__ import annotations

import asyncio
import contextlib
import ssl
from collections.abc import Callable
from dataclasses import dataclass, field
from random import SystemRandom
from typing import TYPE_CHECKING, Any, Final

import aiohttp
import structlog

from bus import net
from bus.link import frames, hello
from bus.link.errors import LinkRefusedError
from bus.link.frames import MAX_FRAME_BYTES, FrameError
from bus.link.hello import CLOCK_WARN_MS, VERSIONS, Hello, Refuse, Refused, Welcome
from bus.link.limits import LinkLimits
from bus.link.ports import Handlers, Peer
from bus.link.session import Session

if TYPE_CHECKING:
    from random import Random

_log = structlog.get_logger(__name__)
_SETTLED_S: Final = 10.0
"""A session that lasted this long starts the back-off anew."""


@dataclass(frozen=True, slots=True)
class NodeSettings:
    """What a node says and allows.

    Attributes:
        seeds: wss://… addresses that it always dials.
        instance: "VN-test".
        agencies: the agencies served now (asked anew at each dial).
        tls: a context with the link certificate of now (asked anew at each dial, so that renewal needs no restart).
        now_ms: its clock, milliseconds since the epoch.
        process: a random word of this process.
        proxy: http://… of the agency's own proxy, through which TLS passes unopened (CONNECT); empty for none.
        backoff_base_s, backoff_cap_s: the wait before attempt n is drawn from 0 to min(cap, base * 2**n).
        versions: link versions it offers.
        limits: what one session may cost.
    """

    seeds: tuple[str, ...]
    instance: str
    agencies: Callable[[], tuple[str, ...]]
    tls: Callable[[], ssl.SSLContext]
    now_ms: Callable[[], int]
    process: str
    software: str = "lienthong"
    proxy: str = ""
    backoff_base_s: float = 0.5
    backoff_cap_s: float = 30.0
    versions: tuple[int, ...] = VERSIONS
    limits: LinkLimits = field(default_factory=LinkLimits)
    random: Random = field(default_factory=SystemRandom)


@dataclass(frozen=True, slots=True)
class WorkerState:
    """One worker as this node sees it, for `doctor`.

    Attributes:
        address: wss://….
        phase: "dialling", "open", "draining", "waiting" (before the next attempt) or "stopped".
        worker: the name it gave, once it answered.
        attempts: dials since a session last held for ten seconds.
        offset_ms: how far the hub's clock is ahead; None before the first session.
        problem: why there is no session, or why the last one ended; empty when nothing went wrong.
        open_streams: ours, theirs.
    """

    address: str
    phase: str
    worker: str
    attempts: int
    offset_ms: int | None
    problem: str
    open_streams: tuple[int, int]


class _Socket(aiohttp.ClientWebSocketResponse):
    """aiohttp's, with a way to drop the connection without waiting for a peer that does not read."""

    def __init__(self, reader: Any, writer: Any, *args: Any, **more: Any) -> None:  # noqa: ANN401 - aiohttp's own
        super().__init__(reader, writer, *args, **more)
        self.abort: Final[Callable[[], None]] = writer.transport.abort


class Dialler:
    """One worker's session.

    Attributes:
        session: the newest session, or None; it may be over or draining.
    """

    def __init__(
        self,
        address: str,
        settings: NodeSettings,
        handlers: Handlers,
        opened: Callable[[Session], None],
        closed: Callable[[Session], None],
    ) -> None:
        self.session: Session | None = None
        self._address = address
        self._settings = settings
        self._handlers = handlers._replace(gone=self._on_gone)
        self._opened = opened
        self._closed = closed
        self._attempts = 0
        self._phase = "dialling"
        self._problem = ""
        self._offset_ms: int | None = None
        self._worker = ""
        self._not_before_s = 0.0
        self._over = asyncio.Event()
        self._running: dict[asyncio.Task[None], Session] = {}
        self._task: asyncio.Task[None] | None = None

    def state(self) -> WorkerState:
        """What `doctor` shows of this worker."""
        streams = (0, 0) if self.session is None else self.session.open_streams
        return WorkerState(
            self._address, self._phase, self._worker, self._attempts, self._offset_ms, self._problem, streams
        )

    def start(self) -> None:
        """Begin to dial in the background."""
        self._task = asyncio.get_running_loop().create_task(self._keep_dialling())

    async def stop(self, within_s: float) -> None:
        """Dial no more; let open streams finish, at most `within_s` seconds."""
        self._phase = "stopped"
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task
        await asyncio.gather(*(session.drain(within_s) for session in self._running.values()))
        await asyncio.gather(*self._running, return_exceptions=True)

    async def _keep_dialling(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            self._phase, began = "dialling", loop.time()
            self._not_before_s = 0.0
            self._attempts += 1
            if await self._dial():
                await self._over.wait()
                self._attempts = 0 if loop.time() - began >= _SETTLED_S else self._attempts
            self._phase = "waiting" if self._phase != "draining" else self._phase
            await asyncio.sleep(self._wait_s())

    def _wait_s(self) -> float:
        bound = min(self._settings.backoff_cap_s, self._settings.backoff_base_s * 2 ** min(self._attempts, 16))
        return self._not_before_s + self._settings.random.uniform(0, bound)

    async def _dial(self) -> bool:
        """Open a session and let it run; false when there is none, with `_problem` saying why."""
        self._over.clear()
        client = aiohttp.ClientSession(ws_response_class=_Socket, connector=aiohttp.TCPConnector(force_close=True))
        try:
            session = await self._greet(client)
        except asyncio.CancelledError:
            await client.close()
            raise
        except LinkRefusedError as refusal:
            self._problem = f"refused: {refusal.code}"
            self._not_before_s = refusal.retry_after_ms / 1000
        except Exception as error:  # noqa: BLE001 - whatever went wrong is told and tried again, for ever
            self._problem = f"{Refused.UNREACHABLE.value}: {type(error).__name__}"
        else:
            self._run(client, session)
            return True
        await client.close()
        _log.warning("link.no_session", hub=self._address, problem=self._problem, attempts=self._attempts)
        return False

    async def _greet(self, client: aiohttp.ClientSession) -> Session:
        settings = self._settings
        async with asyncio.timeout(settings.limits.handshake_s):
            socket = await client.ws_connect(
                self._address,
                ssl=settings.tls(),
                proxy=settings.proxy or None,
                max_msg_size=2 * MAX_FRAME_BYTES,
                compress=0,
            )
            certificate = net.peer_certificate_of(socket)
            if not isinstance(socket, _Socket) or certificate is None:
                raise FrameError("websocket-broken")
            greeting = self._hello()
            await socket.send_bytes(hello.frame_of(greeting))
            frame = frames.decode(await socket.receive_bytes())
        received_ms = settings.now_ms()
        if frame.kind == frames.Kind.REFUSE:
            refuse = hello.read(frame, Refuse)
            raise LinkRefusedError(refuse.code, retry_after_ms=refuse.retry_after_ms, hub_time_ms=refuse.time_ms)
        welcome = hello.read(frame, Welcome)
        self._offset_ms = hello.clock_offset_ms(greeting.time_ms, received_ms, welcome.time_ms)
        hello.judge_welcome(welcome, greeting, self._offset_ms)
        if abs(self._offset_ms) > CLOCK_WARN_MS:
            _log.warning("link.clock_off", hub=self._address, offset_ms=self._offset_ms)
        session = Session(
            socket,
            socket.abort,
            node_side=True,
            peer=Peer(certificate, net.thumbprint(certificate), self._address),
            said=(greeting, welcome),
            handlers=self._handlers,
            limits=settings.limits,
        )
        session.offset_ms = self._offset_ms
        return session

    def _hello(self) -> Hello:
        settings = self._settings
        return Hello(
            versions=settings.versions,
            instance=settings.instance,
            agencies=settings.agencies(),
            time_ms=settings.now_ms(),
            credits=settings.limits.streams,
            max_message_bytes=settings.limits.max_message_bytes,
            process=settings.process,
            software=settings.software,
        )

    def _run(self, client: aiohttp.ClientSession, session: Session) -> None:
        self.session = session
        self._phase, self._problem, self._worker = "open", "", session.welcome.worker
        task = asyncio.get_running_loop().create_task(self._until_over(client, session))
        self._running[task] = session
        self._opened(session)

    async def _until_over(self, client: aiohttp.ClientSession, session: Session) -> None:
        try:
            await session.run()
        finally:
            await client.close()
            self._closed(session)
            self._running = {task: one for task, one in self._running.items() if one is not session}
            if self.session is session:
                self._problem = session.close_reason
                self._over.set()

    def _on_gone(self, session: Session, retry_after_ms: int) -> None:
        if self.session is session:
            self._phase = "draining"
            self._not_before_s = retry_after_ms / 1000
            self._over.set()
