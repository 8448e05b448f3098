"""Metaservices over HTTP: `/listClients`, and `listMethods`, `allowedMethods`, `getOpenAPI` of every subsystem.

Promises: a description that is not there is refused in the words that X-Road's clients look for; every answer of `r1`
has X-Road's headers and its digest of the request. `/listClients` names nobody as caller: it is answered to whomever
this node serves, and to nobody else.
Leaves out SOAP's metaservices (`bus.xroad.meta_soap`).
Source: PR-META §2, PR-MREST §4-5.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Final
from urllib.parse import parse_qsl

from aiohttp import hdrs, web
from multidict import CIMultiDict

from bus.xroad import openapi
from bus.xroad.around import Around
from bus.xroad.kept import Kept
from bus.xroad.meta import Metadata
from bus.xroad.meta_lists import clients_json, clients_xml, methods_json
from bus.xroad.openapi import DescriptionError
from bus.xroad.rest import Came, MetaService, digest, given_key
from bus.xroad.spool import received
from registry.catalogue import Service
from schemas.problems import Code, FaultAt, problem
from schemas.xroad import rest
from schemas.xroad.codes import ErrorCode, Side, Word, XRoadError

_JSON: Final = "application/json"
_XML: Final = "text/xml"
_MAX_FIELDS: Final = 50
_STRANGER: Final = ErrorCode(Side.CLIENT_PROXY, Word.SSL_AUTHENTICATION_FAILED)
_INVALID: Final = ErrorCode(Side.SERVER_PROXY, Word.INVALID_REQUEST)
_INTERNAL: Final = ErrorCode(Side.SERVER_PROXY, Word.INTERNAL_ERROR)


class RestMetadata:
    """Metaservices over HTTP."""

    def __init__(self, around: Around) -> None:
        self._around = around
        self._metadata = Metadata(around)
        self._lists: Kept[bytes] = Kept(around.clock)

    @property
    def services(self) -> Mapping[str, MetaService]:
        """The service codes that every subsystem has."""
        return {
            "listMethods": self._list_methods,
            "allowedMethods": self._allowed_methods,
            "getOpenAPI": self._get_openapi,
        }

    def add(self, app: web.Application) -> None:
        """Add the routes outside `r1`."""
        app.router.add_get("/listClients", self._list_clients, allow_head=False)

    async def _list_clients(self, request: web.Request) -> web.Response:
        must_be_known(self._around, request)
        instance, is_json = request.query.get("xRoadInstance") or self._around.instance, _accepts_json(request)
        write = clients_json if is_json else clients_xml
        key = (self._around.directory.snapshot.version, instance, is_json)
        written = await self._lists.get(key, lambda: write(self._metadata.clients(instance)))
        if is_json:
            return web.Response(body=written, content_type=_JSON, charset="utf-8")
        return web.Response(body=written, content_type=_XML, charset="UTF-8")

    async def _list_methods(self, request: web.Request, came: Came) -> web.StreamResponse:
        _must_get(came)
        return await self._answer(request, came, _JSON, methods_json(self._metadata.rest(came.service.client)))

    async def _allowed_methods(self, request: web.Request, came: Came) -> web.StreamResponse:
        _must_get(came)
        allowed = self._metadata.rest(came.service.client, allowed_to=came.speaker)
        return await self._answer(request, came, _JSON, methods_json(allowed))

    async def _get_openapi(self, request: web.Request, came: Came) -> web.StreamResponse:
        _must_get(came)
        self._metadata.provider(came.service.client)
        shown = await asyncio.to_thread(_description, self._service(came))  # YAML of megabytes takes a second
        return await self._answer(request, came, shown.media_type, shown.data)

    def _service(self, came: Came) -> Service:
        try:
            given = parse_qsl(came.message.query or "", max_num_fields=_MAX_FIELDS)
        except ValueError:
            raise XRoadError(_INVALID, "Too many query parameters") from None
        code = next((value for name, value in reversed(given) if name.lower() == "servicecode"), "")
        if not code:
            raise XRoadError(_INVALID, "Missing serviceCode in message body")
        book, subsystem = self._around.book, came.service.client.text
        found = book.rest(subsystem, code)
        if found is not None:
            return found
        named = (one.xroad for service in book.services(subsystem) for one in service.operations.values())
        if code in {name.partition(".")[0] for name in named if name}:
            raise XRoadError(_INTERNAL, "Invalid service type: WSDL")
        raise XRoadError(_INTERNAL, "Service not found")

    async def _answer(self, request: web.Request, came: Came, media_type: str, body: bytes) -> web.Response:
        payload = await received(request, self._around.limits)
        said = rest.response_of(
            200, "OK", [(hdrs.CONTENT_TYPE, media_type)], request=came.message, body_digest=await digest(payload)
        )
        headers = CIMultiDict(said.headers)
        answer = web.Response(status=said.status, reason=said.reason, headers=headers, body=body)
        answer[given_key] = frozenset(name.lower() for name in headers)
        return answer


def must_be_known(around: Around, request: web.Request) -> None:
    """Refuse whoever shows nothing that this node knows, from a network that its settings do not list.

    Raises:
        XRoadError: `SslAuthenticationFailed`.
    """
    if not around.speakers.known(request):
        raise XRoadError(_STRANGER, "The caller shows no key and no certificate, and its network is not listed")


def _must_get(came: Came) -> None:
    """With another verb the code names an ordinary service, and there is none of that name."""
    if came.message.verb != hdrs.METH_GET:
        raise problem(Code.NOT_AGREED, place="/service", fault_at=FaultAt.CONSUMER_NODE)


def _description(service: Service) -> openapi.Shown:
    if service.xroad is None or service.xroad.main is None:
        raise XRoadError(_INTERNAL, "Invalid service type: REST")
    try:
        return openapi.anonymous(service.xroad.files[service.xroad.main])
    except DescriptionError as error:
        raise XRoadError(_INTERNAL, f"Failed reading service description from the registry: {error.rule}") from error


def _accepts_json(request: web.Request) -> bool:
    """Whether any `Accept` names JSON: weights do not count, as at X-Road."""
    named = (
        one.partition(";")[0].strip() for value in request.headers.getall("Accept", []) for one in value.split(",")
    )
    return any(one.lower() == _JSON for one in named)
