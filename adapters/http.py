"""Moving bytes to a system over HTTP, for the kinds that need it (`rest`, `soap`).

Promises: no redirect is followed, no cookie kept, no proxy taken from the environment, no compressed
reply unpacked; a reply is read up to its cap and no further; every failure leaves as a `PeerError`
that tells whether the system may have acted. TLS certificates are always checked.
Leaves out: deadlines (the port's), and what the bytes mean.
"""

from __future__ import annotations

import io
import re
from contextlib import contextmanager
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import TYPE_CHECKING, Annotated, Final
from urllib.parse import urlsplit, urlunsplit

import aiohttp
from pydantic import AfterValidator
from yarl import URL

from adapters import watching
from adapters.port import PeerError, PeerFault, Probe, Reach

if TYPE_CHECKING:
    import ssl
    from collections.abc import Iterator, Mapping

CHUNK_BYTES: Final = 64 * 1024
CONNECT_S: Final = 10.0
MOST_WAIT_S: Final = 3600
"""A system that asks to be left alone for longer is asked again sooner."""
_SECONDS: Final = re.compile(r"[0-9]{1,9}", re.ASCII)
REDIRECTS: Final = range(300, 400)


def _is_base(url: str) -> str:
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError("a URL starts with http:// or https:// and names a host")
    if parts.username or parts.password or parts.query or parts.fragment:
        raise ValueError("a base URL holds no user, password, query or fragment")
    return url.rstrip("/")


def _as_entered(url: str) -> str:
    _is_base(url)
    return url


BaseUrl = Annotated[str, AfterValidator(_is_base)]
ServiceUrl = Annotated[str, AfterValidator(_as_entered)]
"""The same rules, kept as it was entered: its last slash counts where paths are appended."""


@dataclass(frozen=True, slots=True)
class Request:
    """One HTTP request; `url` is already percent-encoded."""

    method: str
    url: str
    headers: Mapping[str, str]
    body: bytes | None = None


def sent_headers(request: Request) -> dict[str, str]:
    """The headers as `HttpPipe.move` sends them, in their order, before those of the connection itself."""
    return {"Accept-Encoding": "identity", **request.headers}


@dataclass(frozen=True, slots=True)
class Reply:
    """One HTTP reply, whole: `media_type` in small letters without parameters.

    `headers`: by name in small letters, the last one where a name is repeated.
    """

    status: int
    media_type: str
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)

    @property
    def is_success(self) -> bool:
        """Whether HTTP calls it a success."""
        return HTTPStatus.OK <= self.status < HTTPStatus.MULTIPLE_CHOICES

    @property
    def retry_after_s(self) -> float | None:
        """How long the system asks to be left alone (RFC 9110 §10.2.3, seconds only)."""
        said = self.headers.get("retry-after", "")
        return float(min(int(said), MOST_WAIT_S)) if _SECONDS.fullmatch(said) else None


class HttpPipe:
    """A pool of connections to one system."""

    def __init__(
        self, base_url: str, max_connections: int, max_reply_bytes: int, connect_timeout_s: float = CONNECT_S
    ) -> None:
        self.base_url = base_url
        self._connect_timeout_s = connect_timeout_s
        self._max_connections = max_connections
        self._max_reply_bytes = max_reply_bytes
        self._session: aiohttp.ClientSession | None = None
        self._detour: watching.Detour | None = None

    async def start(self, tls: ssl.SSLContext | None = None) -> None:
        """Open the pool. Without a context of its own, TLS trusts what the machine trusts."""
        await self.close()
        self._detour = detour = watching.detour()
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=self._max_connections, ssl=True if tls is None else tls),
            # the port holds the deadline
            timeout=aiohttp.ClientTimeout(total=None, sock_connect=self._connect_timeout_s),
            cookie_jar=aiohttp.DummyCookieJar(),
            auto_decompress=False,
            trust_env=False,
            proxy=f"http://{detour.host}:{detour.port}" if detour and self.base_url.startswith("https:") else None,
        )

    async def close(self) -> None:
        """Close the pool; safe to repeat."""
        session, self._session = self._session, None
        if session is not None:
            await session.close()

    async def move(self, request: Request) -> Reply:
        """Send one request and read the whole reply, or raise `PeerError`."""
        if self._session is None:
            raise PeerError(PeerFault.UNREACHABLE, rule="not-started", retry=False)
        moved = None if (seen := watching.seen()) is None else seen.sends(request)
        way = self._detour if request.url.startswith(self.base_url) else None  # a token may be another host's
        reply = await self._moved(self._session, request if way is None else led(request, way))
        if moved is not None:
            moved.came = reply
        return reply

    async def _moved(self, session: aiohttp.ClientSession, request: Request) -> Reply:
        with as_peer_errors():
            async with session.request(
                request.method,
                URL(request.url, encoded=True),
                headers=sent_headers(request),
                data=None if request.body is None else io.BytesIO(request.body),  # sent in pieces
                allow_redirects=False,
            ) as response:
                return await self._read(response)

    async def _read(self, response: aiohttp.ClientResponse) -> Reply:
        if response.status in REDIRECTS:
            raise PeerError(PeerFault.BAD_ANSWER, rule="redirect", peer_code=str(response.status))
        if response.headers.get("Content-Encoding", "identity").lower() != "identity":
            raise PeerError(PeerFault.BAD_ANSWER, rule="compressed")
        if (response.content_length or 0) > self._max_reply_bytes:
            raise PeerError(PeerFault.BAD_ANSWER, rule="too-large")
        body = bytearray()
        async for chunk in response.content.iter_chunked(CHUNK_BYTES):
            body += chunk
            if len(body) > self._max_reply_bytes:
                raise PeerError(PeerFault.BAD_ANSWER, rule="too-large")
        headers = {name.lower(): value for name, value in response.headers.items()}
        return Reply(response.status, response.content_type.lower(), bytes(body), headers)

    async def probe(self) -> Probe:
        """Ask for nothing but a sign of life: any HTTP reply at all counts."""
        reply = await self.move(Request("HEAD", self.base_url + "/", {}))
        return Probe(Reach.REACHABLE, f"HTTP status {reply.status}")


@contextmanager
def as_peer_errors() -> Iterator[None]:
    """Whatever moving bytes raises leaves as a `PeerError` that tells whether the system may have acted."""
    try:
        yield
    except aiohttp.ClientConnectorError:
        raise PeerError(PeerFault.UNREACHABLE) from None
    except aiohttp.ConnectionTimeoutError:
        raise PeerError(PeerFault.UNREACHABLE, rule="connect-timeout") from None
    except aiohttp.ClientConnectionError as error:
        if isinstance(error, TimeoutError):
            raise PeerError(PeerFault.TIMEOUT) from None
        raise PeerError(PeerFault.UNREACHABLE, rule="connection-lost", outcome_known=False) from None
    except aiohttp.ClientError:
        raise PeerError(PeerFault.BAD_ANSWER, rule="http") from None


def led(request: Request, way: watching.Detour) -> Request:
    """The same request to the detour's address, for the host that it names; HTTPS goes by CONNECT instead."""
    parts = urlsplit(request.url)
    if parts.scheme == "https":
        return request
    url = urlunsplit(parts._replace(netloc=f"{way.host}:{way.port}"))
    return Request(request.method, url, {"Host": parts.netloc, **request.headers}, request.body)


_BY_STATUS: Final[dict[int, PeerFault]] = {
    HTTPStatus.BAD_REQUEST: PeerFault.BAD_QUESTION,
    HTTPStatus.UNPROCESSABLE_ENTITY: PeerFault.BAD_QUESTION,
    HTTPStatus.UNAUTHORIZED: PeerFault.NOT_PERMITTED,
    HTTPStatus.FORBIDDEN: PeerFault.NOT_PERMITTED,
    HTTPStatus.TOO_MANY_REQUESTS: PeerFault.OVERLOADED,
    HTTPStatus.SERVICE_UNAVAILABLE: PeerFault.OVERLOADED,
    HTTPStatus.GATEWAY_TIMEOUT: PeerFault.TIMEOUT,
    HTTPStatus.REQUEST_TIMEOUT: PeerFault.TIMEOUT,
}


def refused_by_status(status: int, declared: Mapping[str, PeerFault], retry_after_s: float | None = None) -> PeerError:
    """What a status that is no success stands for: as declared, else by HTTP's own meaning (RFC 9110).

    404 is a fault unless declared: a wrong path must not read as "nobody of that name".
    """
    code = str(status)
    if code in declared:
        return PeerError(declared[code], peer_code=code, outcome_known=True, retry_after_s=retry_after_s)
    if status == HTTPStatus.BAD_GATEWAY:
        return PeerError(PeerFault.UNREACHABLE, peer_code=code, outcome_known=False)
    return PeerError(_BY_STATUS.get(status, PeerFault.FAULT), peer_code=code, retry_after_s=retry_after_s)
