"""A SOAP service that has stood behind an X-Road security server, asked as that server asked it.

Promises: the message reaches the service as X-Road's provider server sends it: content type, SOAPAction, the bytes of
every part, and no other header of the client's. The answer's header must repeat the request's; its request hash is put
in here, and one that it brings is replaced. A fault of an opaque service is its answer, of a shaped one a `PeerError`.
A question without a message gets one where the settings say in whose name (`adapters.xroad_soap_own`).
Leaves out who may call (the node), WSDL, and services that know nothing of X-Road (kind `soap`).
Source: PR-MESS 4.0 §2.2, §2.4.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, ClassVar, Final, Self, TypeVar

from lxml import etree
from pydantic import Field, model_validator

from adapters.http import HttpPipe, Reply, Request, ServiceUrl, refused_by_status
from adapters.operation import Faults, Settings, Strict, Texts
from adapters.port import Adapter, Found, PeerError, PeerFault, Probe, Query
from adapters.soap_xml import body_of, fault_codes
from adapters.surroundings import Surroundings, TlsFiles
from adapters.xroad_bridge_named import SoapServiceName
from adapters.xroad_soap_own import OwnCaller, message_of
from schemas.parts import BODY, PAYLOAD, Carried
from schemas.xml import XmlLimits, parse
from schemas.xroad import posted, splicing
from schemas.xroad.codes import snake
from schemas.xroad.mime import MimeLimits
from schemas.xroad.posted import TEXT_XML_UTF8, Posted
from schemas.xroad.soap import Fault, Message, SoapError, differing, read_request, read_response

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

T = TypeVar("T")
_LARGE: Final = 128 * 1024
_STANDARD: Final = {"Client": PeerFault.BAD_QUESTION, "Server": PeerFault.FAULT}
_XML: Final = "application/xml"


class XRoadSoapOperation(Strict):
    """One operation; which service code it answers says the registry (`xroad`)."""

    service: SoapServiceName | None = None
    """X-Road's name of it, for questions that come without a message of X-Road's: needed where `caller` is set."""
    safe: bool = False
    """Asking twice does no more than asking once: it may be retried. The registry must say the same."""
    faults: Faults = Field(default_factory=dict)
    """Of a shaped service: the service's own code → reason, before those for all operations."""


class XRoadSoapSettings(Settings):
    """Settings of kind `xroad-soap`."""

    service_url: ServiceUrl
    """The service's URL, as X-Road's administrators entered it."""
    tls: TlsFiles | None = None
    fault_codes: Texts = ("faultCode", "MaLoi", "ErrorCode", "errorCode", "code", "Code")
    """Of a shaped service: names of elements in a fault's detail that hold the service's own code."""
    caller: OwnCaller | None = None
    """Of a shaped service: in whose name questions go that come without a message; without it they are refused."""
    operations: dict[str, XRoadSoapOperation] = Field(min_length=1)

    @model_validator(mode="after")
    def _check_caller(self) -> Self:
        nameless = [name for name, one in self.operations.items() if one.service is None]
        if self.caller is not None and nameless:
            raise ValueError(f"with `caller`, every operation names its `service`: {nameless[0]} does not")
        return self


class XRoadSoapAdapter(Adapter):
    """Asks a service that expects X-Road's messages."""

    kind: ClassVar[str] = "xroad-soap"

    def __init__(self, settings: XRoadSoapSettings, surroundings: Surroundings | None = None) -> None:
        super().__init__(settings.bounds)
        self._settings = settings
        self._surroundings = surroundings or Surroundings()
        self._pipe = HttpPipe(
            settings.service_url, settings.max_concurrency, settings.max_answer_bytes, settings.connect_timeout_s
        )
        self._limits = XmlLimits(max_bytes=settings.max_answer_bytes)

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
        # ① the message as it was sent to X-Road, or bad-question with nothing sent
        shaped = bool(query.body)
        size = sum(len(part.data) for part in query.parts)
        sent, request = await _aside(size, lambda: self._request(query, shaped=shaped))
        # ② the call
        reply = await self._pipe.move(_http(self._settings.service_url, sent))
        # ③ MIME, then the message or fault in it; a fault is one whatever HTTP says, a message only with a success
        came, response = await _aside(len(reply.body), lambda: self._response(reply))
        if isinstance(response, Fault):
            return self._refused(query.operation, response, shaped=shaped)
        if not reply.is_success:
            raise refused_by_status(reply.status, {})
        # ④ it answers this very request
        field = differing(request.header, response.header)
        if field is not None:
            raise PeerError(PeerFault.BAD_ANSWER, rule="xroad-header", at=field)
        if shaped:
            return _judged(came, response)
        return Found(parts=posted.to_parts(came._replace(soap=splicing.with_hash(response, request.data))))

    def _request(self, query: Query, *, shaped: bool) -> tuple[Posted, Message]:
        """What is posted, and the message in it; checked here too, whoever sent it."""
        parts = {part.id: part for part in query.parts}
        try:
            if shaped and PAYLOAD not in parts:
                sent = self._own(query)
            else:
                sent = posted.of_parts(query.parts, parts[PAYLOAD].data if shaped else None)
            return sent, read_request(sent.soap)
        except SoapError as error:
            raise PeerError(PeerFault.BAD_QUESTION, rule=_rule(error)) from None

    def _own(self, query: Query) -> Posted:
        caller, service = self._settings.caller, self._settings.operations[query.operation].service
        if caller is None or service is None:
            raise PeerError(PeerFault.BAD_QUESTION, rule="xroad-message")
        return message_of(caller, service, query)

    def _response(self, reply: Reply) -> tuple[Posted, Message | Fault]:
        try:
            limits = MimeLimits(max_bytes=self._settings.max_answer_bytes)
            came = posted.of_http(reply.headers.get("content-type"), None, reply.body, limits)
            return came, read_response(came.soap, self._limits)
        except SoapError as error:
            if not reply.is_success:
                raise refused_by_status(reply.status, {}) from None
            raise PeerError(PeerFault.BAD_ANSWER, rule=_rule(error)) from None

    def _refused(self, operation: str, fault: Fault, *, shaped: bool) -> Found:
        if not shaped:
            return Found(parts=posted.to_parts(Posted(TEXT_XML_UTF8, None, fault.data)))
        tables: Mapping[str, PeerFault] = {**self._settings.faults, **self._settings.operations[operation].faults}
        element = body_of(parse(fault.data, self._limits))
        codes = [] if element is None else fault_codes(element, self._settings.fault_codes)
        code = next((one for one in codes if one in tables), codes[0] if codes else "")
        kind = tables.get(code) or _STANDARD.get(code, PeerFault.FAULT)
        known = code in tables or kind is PeerFault.BAD_QUESTION
        raise PeerError(kind, peer_code=code, outcome_known=known or code not in _STANDARD)

    async def _probe(self) -> Probe:
        return await self._pipe.probe()


async def _aside(size: int, work: Callable[[], T]) -> T:
    """What takes long does not hold up the others."""
    return await asyncio.to_thread(work) if size > _LARGE else work()


def _http(url: str, sent: Posted) -> Request:
    content_type, body = posted.to_http(sent)
    action = {} if sent.soap_action is None else {"SOAPAction": sent.soap_action}
    return Request("POST", url, {"Content-Type": content_type, **action}, body)


def _judged(came: Posted, response: Message) -> Found:
    """What a schema judges: the body's one child. Attachments are none of it, and do not leave."""
    if came.attachments:
        raise PeerError(PeerFault.BAD_ANSWER, rule="attachments")
    try:
        body = etree.tostring(response.wrapper, method="c14n", with_tail=False)
    except etree.C14NError:
        raise PeerError(PeerFault.BAD_ANSWER, rule="namespace") from None
    return Found(parts=(Carried(BODY, _XML, body),))


def _rule(error: SoapError) -> str:
    return f"xroad-{snake(error.word).replace('_', '-')}"
