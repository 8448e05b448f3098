"""Systems that speak SOAP, such as the national population database.

Promises: the WSDL is a local file and nothing else is read; elements go out in the schema's order
whatever the map's order; a request that breaks the WSDL's schema is refused before it is sent; a
reply is decoded only after its bytes passed `schemas.xml`, held no fault and obeyed the schema (zeep
alone would log a value that it cannot read and carry on without it).
Leaves out: RPC style and attachments, refused at start; WS-Security.
Source: WSDL 1.1, SOAP 1.1 and 1.2 (document/literal, WS-I Basic Profile 1.1).
"""

from __future__ import annotations

import logging
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar, Final, TypeAlias

import zeep
import zeep.exceptions
import zeep.helpers
from lxml import etree
from pydantic import Field

from adapters import values
from adapters.http import BaseUrl, HttpPipe, Reply, Request, refused_by_status
from adapters.operation import PER_OFFICER, Courier, Facts, Operation, Settings, Texts
from adapters.port import Adapter, DeclarationError, Found, PeerError, PeerFault, Probe, Query
from adapters.soap_faults import refused
from adapters.soap_xml import WsdlFolder, body_of, is_fault
from adapters.surroundings import Surroundings, TlsFiles
from adapters.token import HeaderName
from schemas.xml import XmlError, XmlLimits, XsdSchema, parse

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from schemas.xml import Element

ZeepObject: TypeAlias = Any
"""zeep's operations, bindings and types: it annotates few of them."""

_zeep_client: Callable[..., ZeepObject] = zeep.Client
_as_dict: Callable[..., object] = zeep.helpers.serialize_object
_MEDIA_TYPES: Final = ("text/xml", "application/soap+xml", "application/xml")

logging.getLogger("zeep").addHandler(logging.NullHandler())
logging.getLogger("zeep").propagate = False  # its messages quote values


class SoapOperation(Operation):
    """One operation: `call` is its name in the WSDL; the question's targets are paths of its elements."""

    call: str
    require: Facts = PER_OFFICER
    """Systems that watch officers demand these with every call; another system may declare fewer."""


class SoapSettings(Settings):
    """Settings of kind `soap`. `wsdl` is a path; the addresses that it names are not used, `address` is."""

    wsdl: str
    address: BaseUrl
    service: str | None = None
    port: str | None = None
    headers: dict[HeaderName, str] = Field(default_factory=dict)
    secret_headers: dict[HeaderName, str] = Field(default_factory=dict)
    tls: TlsFiles | None = None
    fault_codes: Texts = ("MaLoi", "ErrorCode", "errorCode", "code", "Code")
    """Names of elements in a fault's detail that hold the system's own code."""
    operations: dict[str, SoapOperation] = Field(min_length=1)


@dataclass(frozen=True, slots=True)
class _Response:
    """What zeep wants to see of an HTTP reply; faults have been dealt with before."""

    content: bytes
    status_code: int = 200
    encoding: str = "utf-8"
    headers: dict[str, str] = field(default_factory=lambda: {"Content-Type": "text/xml"})


class SoapAdapter(Adapter):
    """Asks a SOAP system."""

    kind: ClassVar[str] = "soap"

    def __init__(self, settings: SoapSettings, surroundings: Surroundings | None = None) -> None:
        super().__init__(settings.bounds)
        self._settings = settings
        self._surroundings = surroundings or Surroundings()
        self._couriers = {name: Courier(op, settings.faults) for name, op in settings.operations.items()}
        self._pipe = HttpPipe(
            settings.address, settings.max_concurrency, settings.max_answer_bytes, settings.connect_timeout_s
        )
        self._limits = XmlLimits(max_bytes=settings.max_answer_bytes)
        self._headers: dict[str, str] = {}
        self._wsdl: _Wsdl | None = None

    @property
    def operations(self) -> frozenset[str]:
        """The operations declared."""
        return frozenset(self._couriers)

    async def start(self) -> None:
        """Read WSDL and secrets, check every declared path against the WSDL's types, open the pool."""
        settings, surroundings = self._settings, self._surroundings
        self._wsdl = _Wsdl(WsdlFolder(surroundings.folder / settings.wsdl), settings)
        secret = {name: surroundings.secrets(path).strip() for name, path in settings.secret_headers.items()}
        self._headers = {**settings.headers, **secret}
        for courier in self._couriers.values():
            courier.read_secrets(settings, surroundings.secrets)
        await self._pipe.start(None if settings.tls is None else surroundings.tls(settings.tls))

    async def close(self) -> None:
        """Close the pool."""
        await self._pipe.close()

    async def _ask(self, query: Query) -> Found:
        if self._wsdl is None:
            raise PeerError(PeerFault.UNREACHABLE, rule="not-started", retry=False)
        courier = self._couriers[query.operation]
        # ① the request by the WSDL's own order and rules, or bad-question with nothing sent
        envelope, headers = self._wsdl.request(query.operation, courier.request(query))
        # ② the bytes, by our own client
        body = etree.tostring(envelope, encoding="utf-8", xml_declaration=True)
        sent = {**self._headers, **headers}
        reply = await self._pipe.move(Request("POST", self._pipe.base_url, sent, body))
        # ③ through the one XML door; a fault is a fault whatever the status
        content = self._content(reply)
        if content is not None and is_fault(content):
            return refused(courier, content, self._settings.fault_codes)
        if content is None or not reply.is_success:
            raise refused_by_status(reply.status, {}) if not reply.is_success else _bad("empty-body")
        # ④ the schema, then zeep, then the map
        return courier.found(self._wsdl.reply(query.operation, content), query)

    def _content(self, reply: Reply) -> Element | None:
        if reply.media_type not in _MEDIA_TYPES:
            raise refused_by_status(reply.status, {}) if not reply.is_success else _bad("media-type")
        try:
            return body_of(parse(reply.body, self._limits))
        except XmlError as error:
            raise refused_by_status(reply.status, {}) if not reply.is_success else _bad(error.rule) from None

    async def _probe(self) -> Probe:
        return await self._pipe.probe()


class _Wsdl:
    """A local WSDL: builds requests and decodes replies. The only user of zeep."""

    def __init__(self, folder: WsdlFolder, settings: SoapSettings) -> None:
        options = zeep.Settings(strict=True, forbid_dtd=True, forbid_entities=True, forbid_external=True)
        try:
            self._client = _zeep_client(
                folder.location,
                transport=folder,
                settings=options,
                service_name=settings.service,
                port_name=settings.port,
            )
            self._binding: ZeepObject = self._client.service._binding  # noqa: SLF001 - zeep gives the default binding no public name
        except (zeep.exceptions.Error, ValueError, AttributeError) as error:
            raise DeclarationError(f"wsdl: {type(error).__name__}") from None
        self._schema: XsdSchema = folder.schema()
        self._operations = {name: self._bound(name, op) for name, op in settings.operations.items()}

    def _bound(self, name: str, declared: SoapOperation) -> ZeepObject:
        place = f"operations.{name}"
        try:
            operation = self._binding.get(declared.call)
        except ValueError:
            operation = None
        if operation is None:
            raise DeclarationError(f"{place}.call: the WSDL has no such operation")
        if operation.style != "document" or operation.output is None or operation.output.body is None:
            raise DeclarationError(f"{place}.call: only document/literal request and response is supported")
        _check_places(place, declared, operation)
        return operation

    def request(self, name: str, fields: Mapping[str, object]) -> tuple[Element, dict[str, str]]:
        operation = self._operations[name]
        try:
            message = operation.create(**fields)
        except zeep.exceptions.ValidationError as error:
            at = ".".join(str(part) for part in error.path)
            raise PeerError(PeerFault.BAD_QUESTION, rule="wsdl", at=at) from None
        except (TypeError, ValueError):
            raise PeerError(PeerFault.BAD_QUESTION, rule="wsdl") from None
        self._binding._set_http_headers(message, operation)  # noqa: SLF001 - SOAP 1.1 and 1.2 name the action in different headers
        content = body_of(message.content)
        broken = [] if content is None else self._schema.violations(content)
        if broken:
            raise PeerError(PeerFault.BAD_QUESTION, rule=broken[0].rule, at=broken[0].path)
        return message.content, dict(message.headers)

    def reply(self, name: str, content: Element) -> object:
        operation = self._operations[name]
        if content.tag != str(operation.output.body.qname):
            raise _bad("unexpected-element")
        broken = self._schema.violations(content)
        if broken:
            raise PeerError(PeerFault.BAD_ANSWER, rule=broken[0].rule, at=broken[0].path)
        data = etree.tostring(content.getroottree())  # what was judged, not what came: zeep parses on its own
        try:
            decoded = self._binding.process_reply(self._client, operation, _Response(data))
        except (zeep.exceptions.Error, TypeError, ValueError):
            raise _bad("wsdl") from None
        plain = values.plain(_as_dict(decoded, dict))
        children = operation.output.body.type.elements
        if len(children) == 1 and not operation.output.body.type.attributes:
            return {children[0][0]: plain}  # zeep unwraps an only child: paths start below the body's element
        return plain


def _bad(rule: str) -> PeerError:
    return PeerError(PeerFault.BAD_ANSWER, rule=rule)


def _check_places(place: str, declared: SoapOperation, operation: ZeepObject) -> None:
    """Every path of the maps must exist in the WSDL's types."""
    request, response = operation.input.body.type, operation.output.body.type
    mistakes = [f"{place}.question: {f.to}: not in the WSDL" for f in declared.question if not _leads(request, f.to)]
    records = declared.answer.records
    if records is not None and not _leads(response, records):
        mistakes.append(f"{place}.answer.records: {records}: not in the WSDL")
    as_of = declared.answer.as_of
    if as_of is not None and not _leads(response, as_of.place):
        mistakes.append(f"{place}.answer.as_of: {as_of.place}: not in the WSDL")
    before = "" if records is None else records + "."
    sources = [source for mapped in declared.answer.fields for source in mapped.sources]
    mistakes += [
        f"{place}.answer: {source}: not in the WSDL"
        for source in [*sources, *declared.answer.same]
        if not _leads(response, before + source)
    ]
    if mistakes:
        raise DeclarationError(*mistakes)


def _leads(node: ZeepObject, text: str) -> bool:
    """Whether a dotted path exists below a type; what lies in JSON text, lists or `any` is not looked into."""
    for step, opens in values.path(text):
        if step.isdigit():
            continue
        children = dict([*getattr(node, "elements", []), *getattr(node, "attributes", [])])
        if step not in children:
            return False
        node = getattr(children[step], "type", None)
        if opens or node is None:
            return True
    return True
