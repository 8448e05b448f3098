"""A REST service that has stood behind an X-Road security server, asked as that server asked it.

Promises: verb, path below the service's URL, query, headers in their order, X-Road's own among them, and the body reach
the service as X-Road's provider server sends them; no redirect is followed; status, reason, headers and body come back
as the service gave them. Where a schema judges the answer, only a success is one, and of its headers only those that
tell what the body is. Leaves out who may call (the node), and services that know nothing of X-Road (kind `rest`).
"""

from __future__ import annotations

import asyncio
import hashlib
import io
from http import HTTPStatus
from typing import TYPE_CHECKING, ClassVar, Final, NamedTuple, Self

from multidict import CIMultiDict
from pydantic import Field, model_validator
from yarl import URL

from adapters import watching
from adapters.http import CHUNK_BYTES, HttpPipe, Reply, Request, ServiceUrl, as_peer_errors, led, refused_by_status
from adapters.operation import Faults, Settings, Strict
from adapters.port import Adapter, Found, PeerError, PeerFault, Probe, Query
from adapters.surroundings import Surroundings, TlsFiles
from adapters.xroad_bridge_named import RestServiceName
from adapters.xroad_rest_own import CallEndpoint, OwnCall, call_of
from adapters.xroad_soap_own import OwnCaller
from schemas.parts import BODY, PAYLOAD, XROAD, Carried
from schemas.xroad.ids import IdError
from schemas.xroad.paths import PathError, segments_of
from schemas.xroad.rest import (
    REQUEST_TYPE,
    RESPONSE_TYPE,
    TELLING,
    Header,
    RestMessageError,
    RestRequest,
    media_type_of,
    parse,
    response_of,
)

if TYPE_CHECKING:
    import aiohttp

BODY_VERBS: Final = frozenset({"PATCH", "POST", "PUT"})
"""Verbs whose bodies X-Road hands on; that of another verb is signed, and ends at the server."""
_AUTOMATIC: Final = ("Accept", "Accept-Encoding", "Content-Type", "User-Agent")
_JSON: Final = ("application/json", "text/json")
_LARGE: Final = 256 * 1024


class XRoadRestOperation(Strict):
    """One operation; which calls it takes says the registry (`endpoints`)."""

    endpoint: CallEndpoint | None = None
    """The call that is made for questions that come without X-Road's message: needed where `caller` is set."""
    safe: bool = False
    """Asking twice does no more than asking once: it may be retried. The registry must say the same."""
    statuses: Faults = Field(default_factory=dict)
    """Of a shaped service: HTTP status → reason, before those for all operations."""


class XRoadRestSettings(Settings):
    """Settings of kind `xroad-rest`."""

    service_url: ServiceUrl
    """The service's URL, as X-Road's administrators entered it: paths are appended to it."""
    tls: TlsFiles | None = None
    service: RestServiceName | None = None
    """X-Road's name of the service, for such questions."""
    caller: OwnCaller | None = None
    """Of a shaped service: in whose name questions go that come without a message; without it they are refused."""
    statuses: Faults = Field(default_factory=dict)
    """Of a shaped service: HTTP status → reason; an opaque service's answer passes whatever its status."""
    operations: dict[str, XRoadRestOperation] = Field(min_length=1)

    @model_validator(mode="after")
    def _check_caller(self) -> Self:
        if self.caller is None:
            return self
        nameless = [name for name, one in self.operations.items() if one.endpoint is None]
        if self.service is None or nameless:
            missing = "its `service`" if self.service is None else f"an `endpoint` for {nameless[0]}"
            raise ValueError(f"`caller` needs {missing}: what is called for a question without a message")
        return self


class RawReply(NamedTuple):
    """A reply as it came: nothing decoded, headers in their order."""

    status: int
    reason: str
    headers: tuple[Header, ...]
    body: bytes


class RawPipe(HttpPipe):
    """A pool that passes headers and bodies on as they are."""

    async def relay(self, verb: str, url: str, headers: tuple[Header, ...], body: bytes | None) -> RawReply:
        """Send one request and read the whole reply, whatever its status.

        Raises:
            PeerError: there is none, or it is larger than the cap.
        """
        if self._session is None:
            raise PeerError(PeerFault.UNREACHABLE, rule="not-started", retry=False)
        request = Request(verb, url, dict(headers), body)
        moved = None if (seen := watching.seen()) is None else seen.sends(request)
        if self._detour is not None:
            way = led(Request(verb, url, {}), self._detour)
            url, headers = way.url, (*way.headers.items(), *headers)
        reply = await self._relayed(self._session, verb, url, headers, body)
        if moved is not None:
            shown = {name.lower(): value for name, value in reply.headers}
            moved.came = Reply(reply.status, shown.get("content-type", ""), reply.body, shown)
        return reply

    async def _relayed(
        self, session: aiohttp.ClientSession, verb: str, url: str, headers: tuple[Header, ...], body: bytes | None
    ) -> RawReply:
        with as_peer_errors():
            async with session.request(
                verb,
                URL(url, encoded=True),
                headers=CIMultiDict(headers),
                data=None if body is None else io.BytesIO(body),
                allow_redirects=False,
                skip_auto_headers=_AUTOMATIC,
            ) as response:
                data = await self._whole(response)
                came = tuple((_text(name), _text(value)) for name, value in response.raw_headers)
                return RawReply(response.status, response.reason or "", came, data)

    async def _whole(self, response: aiohttp.ClientResponse) -> bytes:
        body = bytearray()
        async for chunk in response.content.iter_chunked(CHUNK_BYTES):
            body += chunk
            if len(body) > self._max_reply_bytes:
                raise PeerError(PeerFault.BAD_ANSWER, rule="too-large")
        return bytes(body)


class XRoadRestAdapter(Adapter):
    """Asks a service that expects X-Road's calls."""

    kind: ClassVar[str] = "xroad-rest"

    def __init__(self, settings: XRoadRestSettings, surroundings: Surroundings | None = None) -> None:
        super().__init__(settings.bounds)
        self._settings = settings
        self._surroundings = surroundings or Surroundings()
        self._pipe = RawPipe(settings.service_url.rstrip("/"), settings.max_concurrency, settings.max_answer_bytes)

    @property
    def operations(self) -> frozenset[str]:
        """The operations declared."""
        return frozenset(self._settings.operations)

    async def start(self) -> None:
        """Open the pool; no request is sent yet."""
        tls = self._settings.tls
        await self._pipe.start(None if tls is None else self._surroundings.tls(tls))

    async def close(self) -> None:
        """Close the pool."""
        await self._pipe.close()

    async def _ask(self, query: Query) -> Found:
        # ① X-Road's message and its payload, or bad-question with nothing sent
        # (an agreement about a shaped service has terms, one about an opaque service has none)
        shaped, came = bool(query.fields), any(part.id == XROAD for part in query.parts)
        message, payload = _came(query, shaped=shaped) if came else self._own(query, shaped=shaped)
        # ② the call
        reply = await self._call(message, payload, shaped=shaped)
        # ③ an interim reply is no answer; of a shaped service only a success is one
        if reply.status < HTTPStatus.OK:
            raise PeerError(PeerFault.BAD_ANSWER, rule="interim", peer_code=str(reply.status))
        if shaped:
            self._must_succeed(query.operation, reply)
        # ④ the answer: X-Road's message of it, and the body
        headers = tuple(one for one in reply.headers if not shaped or one[0].lower() in TELLING)
        digest = await asyncio.to_thread(_digest, payload) if len(payload) > _LARGE else _digest(payload)
        try:
            response = response_of(reply.status, reply.reason, headers, request=message, body_digest=digest)
        except RestMessageError as error:
            raise PeerError(PeerFault.BAD_ANSWER, rule=error.rule) from None
        media_type = media_type_of(response.last("content-type"))
        if shaped and (media_type in _JSON or media_type.endswith("+json")):
            media_type = _JSON[0]
        body = Carried(BODY, media_type, reply.body)
        return Found(parts=(body, Carried(XROAD, RESPONSE_TYPE, response.message)) if came else (body,))

    def _own(self, query: Query, *, shaped: bool) -> OwnCall:
        settings, endpoint = self._settings, self._settings.operations[query.operation].endpoint
        if not shaped or settings.caller is None or settings.service is None or endpoint is None:
            raise PeerError(PeerFault.BAD_QUESTION, rule="xroad-message")
        return call_of(settings.caller, settings.service, endpoint, query)

    async def _call(self, message: RestRequest, payload: bytes, *, shaped: bool) -> RawReply:
        headers = message.headers
        if shaped:  # the body is read here
            kept = (one for one in headers if one[0].lower() != "accept-encoding")
            headers = (*kept, ("Accept-Encoding", "identity"))
        url = _joined(self._settings.service_url, message.service_path)
        if message.query is not None:
            url += f"?{message.query}"
        return await self._pipe.relay(message.verb, url, headers, payload if message.verb in BODY_VERBS else None)

    def _must_succeed(self, operation: str, reply: RawReply) -> None:
        if not HTTPStatus.OK <= reply.status < HTTPStatus.MULTIPLE_CHOICES:
            statuses = {**self._settings.statuses, **self._settings.operations[operation].statuses}
            raise refused_by_status(reply.status, statuses)
        if any(name.lower() == "content-encoding" and value != "identity" for name, value in reply.headers):
            raise PeerError(PeerFault.BAD_ANSWER, rule="compressed")

    async def _probe(self) -> Probe:
        return await self._pipe.probe()


def _came(query: Query, *, shaped: bool) -> OwnCall:
    """The call's message as it came; its path is judged here too, whoever sent it."""
    parts = {part.id: part for part in query.parts}
    payload = (parts[PAYLOAD].data if PAYLOAD in parts else b"") if shaped else parts[BODY].data
    try:
        message = parse(parts[XROAD].data)
        if parts[XROAD].media_type != REQUEST_TYPE or not isinstance(message, RestRequest):
            raise PeerError(PeerFault.BAD_QUESTION, rule="xroad-message")
        segments_of(message.service_path)
        _ = message.service
    except (RestMessageError, PathError, IdError) as error:
        raise PeerError(PeerFault.BAD_QUESTION, rule=error.rule) from None
    return OwnCall(message, payload)


def _joined(address: str, path: str) -> str:
    """As X-Road joins them: one slash where both bring one."""
    return address + path[1:] if address.endswith("/") and path.startswith("/") else address + path


def _digest(payload: bytes) -> bytes | None:
    return hashlib.sha512(payload).digest() if payload else None


def _text(raw: bytes) -> str:
    """HTTP's older systems write ISO 8859-1 (RFC 9110 §5.5)."""
    try:
        return raw.decode()
    except UnicodeDecodeError:
        return raw.decode("latin-1")
