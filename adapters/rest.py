"""Systems that speak JSON over HTTP, or answer in XML that is no SOAP.

Promises: what a question carries can never change the path it is put to (parameters are
percent-encoded, "." and ".." refused) nor add a header; a reply is read only when its status, media
type and size are as declared; nothing is taken from a reply that does not parse.
Leaves out: answers in several pages, and uploads.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar, Final, Literal

from pydantic import Field

from adapters.http import BaseUrl, HttpPipe, Reply, Request
from adapters.http_places import HttpOperation, written
from adapters.http_replies import as_json, as_xml, refusal
from adapters.operation import Courier, Faults, Settings, Texts
from adapters.port import Adapter, Found, Probe, Query
from adapters.surroundings import Surroundings, TlsFiles
from adapters.token import HeaderName, TokenKeeper, TokenSettings

_UNAUTHORIZED: Final = 401
_ACCEPTED: Final = {"json": "application/json", "xml": "application/xml, text/xml"}


class RestOperation(HttpOperation):
    """One operation of a REST system: a path is needed."""

    path: str = Field(min_length=1)


class RestSettings(Settings):
    """Settings of kind `rest`."""

    base_url: BaseUrl
    headers: dict[HeaderName, str] = Field(default_factory=dict)
    secret_headers: dict[HeaderName, str] = Field(default_factory=dict)
    """Header to the path of the file that holds its value."""
    token: TokenSettings | None = None
    tls: TlsFiles | None = None
    media_types: Texts = ()
    """Media types taken as JSON (or XML) besides those that say so themselves."""
    replies: Literal["json", "xml"] = "json"
    """What the system answers; a question's body is JSON or a form either way."""
    statuses: Faults = Field(default_factory=dict)
    operations: dict[str, RestOperation] = Field(min_length=1)


class RestAdapter(Adapter):
    """Asks a REST system."""

    kind: ClassVar[str] = "rest"

    def __init__(self, settings: RestSettings, surroundings: Surroundings | None = None) -> None:
        super().__init__(settings.bounds)
        self._settings = settings
        self._surroundings = surroundings or Surroundings()
        self._pipe = HttpPipe(
            settings.base_url, settings.max_concurrency, settings.max_answer_bytes, settings.connect_timeout_s
        )
        self._keeper = TokenKeeper(settings.token, self._pipe) if settings.token else None
        self._headers: dict[str, str] = {}
        self._couriers = {name: Courier(op, settings.faults) for name, op in settings.operations.items()}

    @property
    def operations(self) -> frozenset[str]:
        """The operations declared."""
        return frozenset(self._couriers)

    async def start(self) -> None:
        """Read secrets and open the pool; no request is sent yet."""
        read = self._surroundings.secrets
        secret = {name: read(path).strip() for name, path in self._settings.secret_headers.items()}
        self._headers = {"Accept": _ACCEPTED[self._settings.replies], **self._settings.headers, **secret}
        for courier in self._couriers.values():
            courier.read_secrets(self._settings, read)
        if self._keeper is not None:
            self._keeper.start(self._surroundings)
        tls = self._settings.tls
        await self._pipe.start(None if tls is None else self._surroundings.tls(tls))

    async def close(self) -> None:
        """Close the pool."""
        if self._keeper is not None:
            await self._keeper.close()
        await self._pipe.close()

    async def _ask(self, query: Query) -> Found:
        operation, courier = self._settings.operations[query.operation], self._couriers[query.operation]
        # ① the request, or bad-question with nothing sent
        request = written(self._pipe.base_url, operation, courier.request(query))
        # ② the reply, with a token where the system wants one
        reply = await self._move(request)
        # ③ refusals first: by the system's own code, then by status
        if not reply.is_success:
            return refusal(courier, {**self._settings.statuses, **operation.statuses}, reply)
        # ④ the answer
        read = as_xml if self._settings.replies == "xml" else as_json
        return courier.found(read(reply, self._settings.media_types), query)

    async def _move(self, request: Request) -> Reply:
        token = {} if self._keeper is None else await self._keeper.headers()
        reply = await self._send(request, token)
        if reply.status != _UNAUTHORIZED or self._keeper is None:
            return reply
        self._keeper.drop(token)  # revoked early: 401 says that nothing was done, so once more is safe
        return await self._send(request, await self._keeper.headers())

    async def _send(self, request: Request, token: Mapping[str, str]) -> Reply:
        headers = {**self._headers, **request.headers, **token}
        return await self._pipe.move(Request(request.method, request.url, headers, request.body))

    async def _probe(self) -> Probe:
        return await self._pipe.probe()
