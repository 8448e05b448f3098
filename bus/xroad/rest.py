"""A REST call of X-Road's, from the listener to the bus and back.

Promises: what X-Road's own client server does to a call is done here, byte for byte: headers kept and dropped, the
identifiers, the message that is signed, the hash that is checked. The provider's status, reason, headers and body come
back as they are; `X-Road-Error` stands only on errors of ours.
Leaves out the error's form (`bus.xroad.errors`) and the provider's side (`adapters.xroad_rest`).
"""

from __future__ import annotations

import asyncio
import hashlib
import uuid
from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import Final, NamedTuple, TypeAlias

from aiohttp import web
from multidict import CIMultiDict

from bus.blame import blaming, the_consumer
from bus.node.ask import Answered
from bus.xroad import derive, opmon
from bus.xroad.around import Around
from bus.xroad.asking import Call, ask_of
from bus.xroad.clients import Speaker
from bus.xroad.spool import received
from registry.catalogue import Service
from schemas.parts import BODY, PAYLOAD, XROAD, Carried
from schemas.problems import Code, FaultAt, problem
from schemas.xroad import ids, rest
from schemas.xroad.codes import ErrorCode, Side, Word, XRoadError
from schemas.xroad.rest import RestRequest, RestResponse

given_key: Final = web.ResponseKey("xroad-given", frozenset[str])
"""Of a response that is a provider's: the names of its headers, in small letters."""
_JSON: Final = "application/json"
_LARGE: Final = 256 * 1024
_MISSING_CLIENT: Final = ErrorCode(Side.CLIENT, Word.MISSING_HEADER_FIELD)
_VERSION: Final = ErrorCode(Side.CLIENT, Word.INVALID_PROTOCOL_VERSION)
_UNKNOWN: Final = ErrorCode(Side.CLIENT_PROXY, Word.UNKNOWN_MEMBER)
_TYPE: Final = ErrorCode(Side.SERVER_PROXY, Word.SERVICE_TYPE)
_INCONSISTENT: Final = ErrorCode(Side.CLIENT_PROXY, Word.INCONSISTENT_RESPONSE)


class Came(NamedTuple):
    """A call as far as it was read: X-Road's message, who speaks, and whom it is for."""

    message: RestRequest
    speaker: Speaker
    service: ids.ServiceId


MetaService: TypeAlias = Callable[[web.Request, Came], Awaitable[web.StreamResponse]]
"""Answers a service code that every subsystem has (`listMethods`, `allowedMethods`, `getOpenAPI`)."""


class RestCalls:
    """The calls of one node's clients."""

    def __init__(self, around: Around, metaservices: Mapping[str, MetaService]) -> None:
        self._around = around
        self._metaservices = metaservices

    async def call(self, request: web.Request) -> web.StreamResponse:
        """One call.

        1. X-Road's message: target, headers, a new request id
        2. the client, and whether this request may speak as it
        3. the service and the operation that verb and path lead to
        4. the payload, within limits
        5. the question; its answer
        6. the answer's own message, checked against the call's, and written out

        Raises:
            XRoadError, ProblemError, IdError, PathError, RestMessageError: the face answers each.
        """
        came = self._read(request)
        opmon.note_rest(request, came.message, came.speaker.client, came.service)
        meta = self._metaservices.get(came.service.code)
        if meta is not None:
            return await meta(request, came)
        service, found = self._find(came)
        around = self._around
        with around.place(came.speaker.agency):
            payload = await received(request, around.limits)
            call = _call(came, service, found, payload)
            ask = ask_of(around.directory.snapshot, call, around.clock(), around.limits.timeout_ms)
            with opmon.outside(request, around.clock):
                answered = await around.askers[came.speaker.agency].ask(ask)
        said = _response(came.message, answered, await digest(payload))
        shaped = found.operation.answer is not None  # no header brings what was not agreed
        return _written(said.told if shaped else said, answered.parts[0].data)

    def _read(self, request: web.Request) -> Came:
        if request.match_info["version"] != "r1":
            raise XRoadError(_VERSION, "The message protocol is r1")
        around = self._around
        headers = [(_text(name), _text(value)) for name, value in request.raw_headers]
        kept = [header for header in headers if header[0].lower() != around.speakers.key_header.lower()]
        message = rest.request_of(
            request.method,
            request.raw_path,
            _said_once(kept),
            request_id=str(uuid.uuid4()),
            message_id=f"{around.instance}-{uuid.uuid4()}",
        )
        client, service = message.last(rest.CLIENT), message.service
        if client is None:
            raise XRoadError(_MISSING_CLIENT, "The header X-Road-Client is missing")
        _must_be_read(message)
        return Came(message, around.speakers.admit(request, ids.client_of(client)), service)

    def _find(self, came: Came) -> tuple[Service, derive.Reached]:
        """The service and its operation; what is not there and what is not agreed are answered alike."""
        book, now_ms, named = self._around.book, self._around.clock(), came.service
        if book.client(named.client.text, now_ms) is None:
            raise XRoadError(_UNKNOWN, "The service's subsystem is not known")
        service = book.rest(named.client.text, named.code)
        if service is None:
            if named.code in _soap_codes(book.services(named.client.text)):
                raise XRoadError(_TYPE, "Service is a SOAP service and cannot be called using REST interface")
            raise problem(Code.NOT_AGREED, place="/service", fault_at=FaultAt.CONSUMER_NODE)
        found = derive.reached(service, came.message)
        if found is None:
            raise problem(Code.NOT_AGREED, rule="endpoint", place="/path", fault_at=FaultAt.CONSUMER_NODE)
        return service, found


async def digest(payload: bytes) -> bytes | None:
    """SHA-512 of a payload; None where there is none. A large one does not hold up the others."""
    if not payload:
        return None
    if len(payload) > _LARGE:
        return await asyncio.to_thread(lambda: hashlib.sha512(payload).digest())
    return hashlib.sha512(payload).digest()


def _soap_codes(services: Iterable[Service]) -> set[str]:
    """The codes of SOAP services without their versions."""
    named = (one.xroad for service in services for one in service.operations.values())
    return {name.partition(".")[0] for name in named if name}


def _said_once(headers: list[rest.Header]) -> list[rest.Header]:
    """Of X-Road's own headers the last one of each name, which counts; the service gets no other."""
    last = {name.lower(): place for place, (name, _) in enumerate(headers)}
    return [
        header
        for place, header in enumerate(headers)
        if header[0].lower() not in rest.SINGLE or last[header[0].lower()] == place
    ]


def _text(raw: bytes) -> str:
    try:
        return raw.decode()
    except UnicodeDecodeError:
        raise rest.RestMessageError("header") from None


def _must_be_read(message: RestRequest) -> None:
    """Identifiers that nobody here acts upon are still checked: X-Road's own servers refuse wrong ones."""
    server, party = message.last(rest.SECURITY_SERVER), message.last(rest.REPRESENTED_PARTY)
    if server is not None:
        ids.server_of(server)
    if party is not None:
        ids.party_of(party)


def _call(came: Came, service: Service, found: derive.Reached, payload: bytes) -> Call:
    message = came.message
    content_type = rest.media_type_of(message.last("content-type"))
    beside = [Carried(XROAD, rest.REQUEST_TYPE, message.message)]
    value: object = None
    if found.operation.question is None:
        body = Carried(BODY, content_type if payload else rest.BYTES, payload)
    else:
        with blaming(the_consumer):
            value, data = derive.question(found.hit, message.query, payload)
        body = Carried(BODY, _JSON, data)
        if payload:
            beside.append(Carried(PAYLOAD, content_type, payload))
    party = message.last(rest.REPRESENTED_PARTY)
    return Call(
        speaker=came.speaker,
        service=service,
        operation=found.operation,
        parts=(body, *beside),
        message_id=message.last(rest.ID) or "",
        user_id=message.last(rest.USER_ID),
        issue=message.last(rest.ISSUE),
        represented=None if party is None else ids.party_of(party),
        question=value,
    )


def _response(message: RestRequest, answered: Answered, body_digest: bytes | None) -> RestResponse:
    """X-Road's message of the answer; an answer without one came from a system that knows nothing of X-Road."""
    part = next((one for one in answered.parts if one.id == XROAD), None)
    if part is None:
        headers = (("Content-Type", answered.parts[0].media_type),)
        return rest.response_of(200, "OK", headers, request=message, body_digest=body_digest)
    try:
        said = rest.parse(part.data)
    except rest.RestMessageError as error:
        raise XRoadError(_INCONSISTENT, f"The response is no X-Road message: {error}") from error
    if not isinstance(said, RestResponse):
        raise XRoadError(_INCONSISTENT, "The response is a request")
    if said.last(rest.ERROR) is not None:
        raise XRoadError(_INCONSISTENT, "The response says that it is an error of a security server")
    expected = rest.response_of(said.status, said.reason, (), request=message, body_digest=body_digest)
    for name, value in expected.headers:
        if [text for key, text in said.headers if key.lower() == name] != [value]:
            raise XRoadError(_INCONSISTENT, f"Response header {name} does not match request message")
    return said


def _written(response: RestResponse, body: bytes) -> web.Response:
    headers = CIMultiDict(response.headers)
    answer = web.Response(status=response.status, reason=response.reason, body=body, headers=headers)
    answer[given_key] = frozenset(name.lower() for name in headers)
    return answer
