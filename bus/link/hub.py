"""The hub's end of the link: takes connections on GET /link, greets, refuses, keeps the sessions.

Promises: nobody gets a session without a client certificate, a common version, the same instance, a clock within
30 s and the consent of `authenticate`; handshakes over the rate are refused with a time to come back; a node's new
session replaces the one of the same process. Leaves out: who may speak for whom (`authenticate`) and what the
messages say (`Handlers`).
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Final, NamedTuple

import aiohttp
import structlog
from aiohttp import web

from bus import net
from bus.link import frames, hello
from bus.link.errors import LinkRefusedError
from bus.link.frames import MAX_FRAME_BYTES, FrameError, GoAwayCode
from bus.link.gathering import gathering
from bus.link.hello import VERSIONS, Hello, Refuse, Refused, Welcome
from bus.link.limits import LinkLimits
from bus.link.ports import Handlers, Peer
from bus.link.session import Session

_log = structlog.get_logger(__name__)
PATH: Final = "/link"
_FULL_RETRY_MS: Final = 5_000
_DRAINING_RETRY_MS: Final = 1_000
_REPLACED_S: Final = 10.0


class Authenticate(NamedTuple):
    """Says who may have a session and is told of those that begin and end.

    Attributes:
        judge: None to accept; otherwise the refusal that the node is told. It may consult the registry.
        opened: a session begins; called before its first message.
        closed: it is over.
    """

    judge: Callable[[Peer, Hello], Awaitable[LinkRefusedError | None]]
    opened: Callable[[Session], None] = lambda _session: None
    closed: Callable[[Session], None] = lambda _session: None


@dataclass(frozen=True, slots=True)
class HubSettings:
    """What one worker tells and allows.

    Attributes:
        instance: "VN-test".
        worker: this worker's name.
        workers: gives the wss://… addresses of all workers, asked at each handshake; none where there is but one.
        bodies: https://host:port for large parts, or empty.
        batch_window_ms: told to the nodes (0 to 2).
        handshakes_per_s: above it REFUSE busy; also the largest burst.
        max_sessions: above it REFUSE busy.
        limits: what one session may cost.
    """

    instance: str
    worker: str
    workers: Callable[[], tuple[str, ...]] = tuple
    bodies: str = ""
    batch_window_ms: float = 0.0
    handshakes_per_s: int = 50
    max_sessions: int = 4_000
    limits: LinkLimits = field(default_factory=LinkLimits)


class HubLink:
    """All sessions of one hub worker.

    Args:
        settings: see there.
        authenticate: see there.
        handlers: what to do with the nodes' questions and notices.
        now_ms: the hub's clock, milliseconds since the epoch.
    """

    def __init__(
        self, settings: HubSettings, authenticate: Authenticate, handlers: Handlers, now_ms: Callable[[], int]
    ) -> None:
        self._settings = settings
        self._authenticate = authenticate
        self._handlers = handlers
        self._now_ms = now_ms
        self._sessions: set[Session] = set()
        self._rate = HandshakeRate(settings.handshakes_per_s)
        self._draining = False

    @property
    def sessions(self) -> frozenset[Session]:
        """The open sessions."""
        return frozenset(self._sessions)

    def has_session(self, x5t: str) -> bool:
        """Whether the holder of the certificate with this thumbprint has an open session."""
        return any(session.peer.x5t == x5t for session in self._sessions)

    def routes(self) -> list[web.RouteDef]:
        """The one route, for the application that listens with `net.server_context`."""
        return [web.get(PATH, self.handle)]

    async def handle(self, request: web.Request) -> web.WebSocketResponse:
        """One connection from beginning to end."""
        certificate = net.peer_certificate(request)
        transport = request.transport
        if certificate is None or transport is None:
            raise web.HTTPForbidden(text="the link takes connections with a client certificate only")
        request.protocol.transport = gathering(transport)  # before `prepare`, which takes it up
        limits = self._settings.limits
        socket = web.WebSocketResponse(max_msg_size=2 * MAX_FRAME_BYTES, compress=False, timeout=limits.close_s)
        await socket.prepare(request)
        peer = Peer(certificate, net.thumbprint(certificate), request.remote or "")
        try:
            said = await self._greet(socket, peer)
        except (LinkRefusedError, FrameError, TimeoutError, ConnectionError) as reason:
            await self._refuse(socket, peer, reason)
            return socket
        session = Session(
            socket, transport.abort, node_side=False, peer=peer, said=said, handlers=self._handlers, limits=limits
        )
        await self._keep(session)
        return socket

    async def drain(self, within_s: float, retry_after_ms: int = _DRAINING_RETRY_MS) -> None:
        """Refuse new sessions, let the open streams finish, close all sessions; at most `within_s` seconds."""
        self._draining = True
        drains = [session.drain(within_s, GoAwayCode.RESTART, retry_after_ms) for session in self._sessions]
        await asyncio.gather(*drains)

    async def revoke(self, x5t: str) -> None:
        """Close every session that was opened with this certificate."""
        doomed = [session for session in self._sessions if session.peer.x5t == x5t]
        await asyncio.gather(*(session.close("revoked", aiohttp.WSCloseCode.POLICY_VIOLATION) for session in doomed))

    async def _greet(self, socket: web.WebSocketResponse, peer: Peer) -> tuple[Hello, Welcome]:
        """HELLO in, WELCOME out.

        1. room and rate  2. the hello in time  3. version, instance, clock  4. who it is  5. the welcome
        """
        settings = self._settings
        if self._draining:
            raise LinkRefusedError(Refused.DRAINING, retry_after_ms=_DRAINING_RETRY_MS)
        wait_ms = _FULL_RETRY_MS if len(self._sessions) >= settings.max_sessions else self._rate.wait_ms(self._now_ms())
        if wait_ms:
            raise LinkRefusedError(Refused.BUSY, retry_after_ms=wait_ms)
        async with asyncio.timeout(settings.limits.handshake_s):
            greeting = hello.read(frames.decode(await _binary(socket)), Hello)
        if (objection := hello.judge_hello(greeting, settings.instance, self._now_ms())) is not None:
            raise LinkRefusedError(objection)
        if (refusal := await self._authenticate.judge(peer, greeting)) is not None:
            raise refusal
        welcome = self._welcome(hello.chosen_version(greeting.versions) or VERSIONS[0])
        await socket.send_bytes(hello.frame_of(welcome))
        return greeting, welcome

    def _welcome(self, version: int) -> Welcome:
        settings = self._settings
        return Welcome(
            version=version,
            instance=settings.instance,
            worker=settings.worker,
            workers=settings.workers(),
            time_ms=self._now_ms(),
            credits=settings.limits.streams,
            max_message_bytes=settings.limits.max_message_bytes,
            batch_window_ms=settings.batch_window_ms,
            heartbeat_ms=int(settings.limits.heartbeat_s * 1000),
            bodies=settings.bodies,
        )

    async def _refuse(self, socket: web.WebSocketResponse, peer: Peer, reason: Exception) -> None:
        code, retry_after_ms = Refused.MALFORMED.value, 0
        if isinstance(reason, LinkRefusedError):
            code, retry_after_ms = reason.code, reason.retry_after_ms
        _log.info("link.refused", code=code, peer=peer.address, certificate=peer.x5t)
        refuse = Refuse(code=code, retry_after_ms=retry_after_ms, time_ms=self._now_ms(), versions=VERSIONS)
        try:
            await socket.send_bytes(hello.frame_of(refuse))
            await socket.close(code=aiohttp.WSCloseCode.POLICY_VIOLATION, message=code.encode())
        except ConnectionError:
            _log.info("link.refused_peer_left", peer=peer.address)

    async def _keep(self, session: Session) -> None:
        replaced = [one for one in self._sessions if _same_process(one, session)]
        closing = [asyncio.ensure_future(one.drain(_REPLACED_S, GoAwayCode.SUPERSEDED)) for one in replaced]
        self._sessions.add(session)
        _log.info("link.opened", agencies=session.hello.agencies, certificate=session.peer.x5t)
        try:
            self._authenticate.opened(session)
            await session.run()
        finally:
            self._sessions.discard(session)
            self._authenticate.closed(session)
            _log.info("link.closed", reason=session.close_reason, certificate=session.peer.x5t)
            await asyncio.gather(*closing)


def _same_process(old: Session, new: Session) -> bool:
    return bool(new.hello.process) and (old.peer.x5t, old.hello.process) == (new.peer.x5t, new.hello.process)


async def _binary(socket: web.WebSocketResponse) -> bytes:
    got = await socket.receive()
    if got.type is not aiohttp.WSMsgType.BINARY:
        raise FrameError("frame-out-of-place")
    data: bytes = got.data
    return data


class HandshakeRate:
    """A token bucket of `per_s` tokens a second and as many at once, that sends the rest away one after another.

    Those turned away are told to come back as far apart as they can be served, so that a thousand nodes that lost
    the same worker do not return together.
    """

    def __init__(self, per_s: int) -> None:
        self._per_s = per_s
        self._tokens = float(per_s)
        self._turned_away = 0.0
        self._at_ms: int | None = None

    def wait_ms(self, now_ms: int) -> int:
        """0 when one more is allowed at `now_ms`; otherwise when to come back."""
        if self._at_ms is not None:
            gained = max(0, now_ms - self._at_ms) * self._per_s / 1000
            self._tokens = min(self._per_s, self._tokens + gained)
            self._turned_away = max(0.0, self._turned_away - gained)
        self._at_ms = now_ms
        if self._tokens >= 1:
            self._tokens -= 1
            return 0
        self._turned_away += 1
        return 1000 + int(1000 * self._turned_away / self._per_s)
