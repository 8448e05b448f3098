"""A SOAP call of X-Road's, from the listener to the bus and back.

Promises: `POST /` takes what a security server takes: text/xml, messages with attachments, MTOM; content type,
SOAPAction and the bytes of every part reach the service; the answer's header repeats the request's, its hash is of the
request's bytes, and it is checked here; every refusal is a fault with HTTP 200.
Leaves out what is judged at the provider's node (`bus.xroad.derive_soap`) and the provider's side
(`adapters.xroad_soap`).
Source: PR-MESS 4.0; SOAP 1.1; SOAP Messages with Attachments.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Final, NamedTuple, TypeAlias, TypeVar

from aiohttp import hdrs, web

from bus.node.ask import Answered
from bus.xroad import derive_soap, errors, opmon
from bus.xroad.around import Around
from bus.xroad.asking import Call, ask_of
from bus.xroad.clients import Speaker
from bus.xroad.spool import received
from registry.catalogue import Operation, Service
from schemas.parts import BODY, PAYLOAD, XROAD, Carried
from schemas.problems import Code, FaultAt, problem
from schemas.xml import Element
from schemas.xroad import faults, posted, splicing
from schemas.xroad.codes import ErrorCode, Side, Word, XRoadError
from schemas.xroad.mime import MimeLimits, Part
from schemas.xroad.posted import Posted
from schemas.xroad.soap import Fault, Message, SoapError, differing, is_hash_of, read_request, read_response

T = TypeVar("T")
_exchange: Final = web.RequestKey("xroad-exchange", str)
TRANSACTION: Final = "uxp-transaction-id"
"""The header in which clients of UXP look for the exchange's id."""
_LARGE: Final = 128 * 1024
_METHOD: Final = ErrorCode(Side.CLIENT, Word.INVALID_HTTP_METHOD)
_REFUSED: Final = ErrorCode(Side.CLIENT_PROXY, Word.SSL_AUTHENTICATION_FAILED)
_UNKNOWN: Final = ErrorCode(Side.CLIENT_PROXY, Word.UNKNOWN_MEMBER)
_TYPE: Final = ErrorCode(Side.SERVER_PROXY, Word.SERVICE_TYPE)
_INCONSISTENT: Final = ErrorCode(Side.CLIENT_PROXY, Word.INCONSISTENT_RESPONSE)
_ACTION: Final = ErrorCode(Side.CLIENT, Word.INVALID_SOAP_ACTION)
_ATTACHED: Final = ErrorCode(Side.CLIENT, Word.INVALID_MESSAGE)


class SoapCame(NamedTuple):
    """A call as far as it was read: HTTP's and SOAP's message, and who speaks."""

    posted: Posted
    message: Message
    speaker: Speaker


class SoapSaid(NamedTuple):
    """What a metaservice answers: the body's one child with its namespaces declared, and attachments."""

    wrapper: bytes
    attachments: tuple[Part, ...] = ()


SoapMeta: TypeAlias = Callable[[web.Request, SoapCame], Awaitable[SoapSaid]]
"""Answers a service code that every subsystem has (`listMethods`, `allowedMethods`, `getWsdl`…)."""


class SoapCalls:
    """The SOAP calls of one node's clients."""

    def __init__(self, around: Around, metaservices: Mapping[str, SoapMeta] | None = None) -> None:
        self._around = around
        self._metaservices = metaservices or {}

    def add(self, app: web.Application) -> None:
        """Add the route (`bus.xroad.face.Adder`)."""
        app.router.add_route(hdrs.METH_ANY, "/", self.handle)

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """One call; whatever goes wrong is a fault, and HTTP 200."""
        try:
            answer = await self.call(request)
            opmon.noted(request).response_attachments = len(answer.attachments)
            content_type, body = posted.to_http(answer)
        except Exception as error:  # noqa: BLE001 - the edge answers everything; unlisted errors are logged and bare
            found = errors.of_exception(error)
            code = found.code.text(self._around.style)
            opmon.noted(request).failed(code, found.message)
            content_type, body = faults.CONTENT_TYPE, faults.fault(code, found.message, found.detail)
        headers: dict[str, str] = {hdrs.CONTENT_TYPE: content_type}
        if _exchange in request:
            headers[TRANSACTION] = request[_exchange]
        return web.Response(body=body, headers=headers)

    async def call(self, request: web.Request) -> Posted:
        """One call.

        1. whether this request may speak at all; the payload, within limits; MIME; the message
        2. the client, and whether this request may speak as it
        3. the service and its operation
        4. the question; its answer
        5. the answer's message, checked against the request's

        Raises:
            XRoadError, ProblemError, SoapError: each a fault.
        """
        around = self._around
        if request.method != hdrs.METH_POST:
            raise XRoadError(_METHOD, "Must use POST request method")
        came = await self._read(request)
        opmon.note_soap(request, came.message.header, len(came.posted.attachments))
        meta = self._metaservices.get(came.message.header.service.code)
        if meta is not None:
            return _said(came.message, await meta(request, came))
        service, operation = self._find(came)
        with around.place(came.speaker.agency):
            call = _call(came, service, operation)
            ask = ask_of(around.directory.snapshot, call, around.clock(), around.limits.timeout_ms)
            with opmon.outside(request, around.clock):
                answered = await around.askers[came.speaker.agency].ask(ask)
        request[_exchange] = answered.exchange
        size = sum(len(part.data) for part in answered.parts)
        return await _aside(size, lambda: _answer(came.message, operation, answered))

    async def _read(self, request: web.Request) -> SoapCame:
        around = self._around
        if not around.speakers.known(request):  # nobody's megabytes are read to learn who sent them
            raise XRoadError(_REFUSED, "The request shows no key or certificate of a client of this node")
        payload = await received(request, around.limits)
        content_type, action = request.headers.get(hdrs.CONTENT_TYPE), request.headers.get("SOAPAction")
        limits = MimeLimits(max_bytes=around.limits.max_body_bytes)

        def read() -> tuple[Posted, Message]:
            came = posted.of_http(content_type, action, payload, limits)
            return came, read_request(came.soap)

        try:
            came, message = await _aside(len(payload), read)
        except SoapError as error:
            raise XRoadError(ErrorCode(Side.CLIENT, error.word), error.message) from None
        return SoapCame(came, message, around.speakers.admit(request, message.header.client))

    def _find(self, came: SoapCame) -> tuple[Service, Operation]:
        """The service and its operation; what is not there and what is not agreed are answered alike."""
        book, named = self._around.book, came.message.header.service
        if book.client(named.client.text, self._around.clock()) is None:
            raise XRoadError(_UNKNOWN, "The service's subsystem is not known")
        if derive_soap.acts_as_another(book, named, came.posted.soap_action):
            raise XRoadError(_ACTION, "SOAPAction names another service than the message")
        found = derive_soap.reached(book, named)
        if found is not None:
            return found
        if named.version is None and book.rest(named.client.text, named.code) is not None:
            raise XRoadError(_TYPE, "Service is a REST service and cannot be called using SOAP interface")
        raise problem(Code.NOT_AGREED, place="/service", fault_at=FaultAt.CONSUMER_NODE)


async def _aside(size: int, work: Callable[[], T]) -> T:
    """What takes long does not hold up the others."""
    return await asyncio.to_thread(work) if size > _LARGE else work()


def _said(request: Message, said: SoapSaid) -> Posted:
    """An answer of this node's own: its boundary begins with `xroad`."""
    answer = splicing.answer_to(request, said.wrapper)
    if said.attachments:
        return posted.multipart(answer, said.attachments)
    return Posted(posted.TEXT_XML_UTF8, None, answer)


def _call(came: SoapCame, service: Service, operation: Operation) -> Call:
    header = came.message.header
    shaped = operation.question is not None
    return Call(
        speaker=came.speaker,
        service=service,
        operation=operation,
        parts=_shaped(came) if shaped else posted.to_parts(came.posted),
        message_id=header.id,
        user_id=header.user_id,
        issue=header.issue,
        represented=header.represented_party,
        question=came.message.wrapper if shaped else None,
    )


def _shaped(came: SoapCame) -> tuple[Carried, ...]:
    if came.posted.attachments:
        raise XRoadError(_ATTACHED, "This service is judged by a schema: attachments are not taken")
    try:
        body = derive_soap.question(came.message.wrapper)
    except SoapError as error:
        raise XRoadError(ErrorCode(Side.CLIENT, error.word), error.message) from None
    payload = Carried(PAYLOAD, posted.TEXT_XML, came.posted.soap)
    return Carried(BODY, derive_soap.MEDIA_TYPE, body), posted.around(came.posted), payload


def _answer(request: Message, operation: Operation, answered: Answered) -> Posted:
    try:
        if operation.answer is not None and isinstance(answered.data, Element):
            wrapper = derive_soap.question(answered.data)
            return Posted(posted.TEXT_XML_UTF8, None, splicing.answer_to(request, wrapper))
        said = _carried(answered)
        response = read_response(said.soap)
    except SoapError as error:
        raise XRoadError(ErrorCode(Side.SERVER_PROXY, Word.SERVICE_FAILED, error.word), error.message) from None
    if isinstance(response, Fault):
        return Posted(posted.TEXT_XML_UTF8, None, said.soap)
    _must_answer(request, response)
    if response.header.request_hash is None:  # of a system that knows nothing of X-Road; the seal binds it all the same
        said = said._replace(soap=splicing.with_hash(response, request.data))
    return said if said.is_multipart else said._replace(content_type=posted.TEXT_XML_UTF8)


def _carried(answered: Answered) -> Posted:
    """The message that came; one without X-Road's part came from a system that knows nothing of MIME."""
    if any(part.id == XROAD for part in answered.parts):
        return posted.of_parts(answered.parts)
    return Posted(posted.TEXT_XML_UTF8, None, answered.parts[0].data)


def _must_answer(request: Message, response: Message) -> None:
    """X-Road's client server checks the same: it has a signature for it, we have the answer's seal as well."""
    field = differing(request.header, response.header)
    if field is not None:
        raise XRoadError(_INCONSISTENT, f"Response from server proxy is not consistent with request: {field}")
    said = response.header.request_hash
    if said is not None and not is_hash_of(said, request.data):
        raise XRoadError(_INCONSISTENT, "Request message hash does not match request message")
