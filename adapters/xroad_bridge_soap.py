"""X-Road's SOAP messages, as the bridge sends and reads them: headers, a body from a field map, an answer as JSON.

Promises: every text that goes out is XML text and nothing else; the reply's header is compared with the request's, its
digest with the bytes sent; text, lists and objects come out of XML by names alone, in no other way.
Leaves out: moving bytes, attachments (refused), attributes of the service's own elements.
Source: X-Road 7, message protocol 4.0 (PR-MESS); extension for represented parties.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final

from lxml import etree

from adapters.http import Reply, refused_by_status
from adapters.operation import Courier
from adapters.port import Found, PeerError, PeerFault
from adapters.soap_faults import refused
from adapters.soap_xml import SOAP_11, WsdlFolder, body_of, is_fault
from adapters.xroad_bridge_faults import is_own
from adapters.xroad_bridge_named import Named
from adapters.xroad_bridge_settings import SoapCall
from schemas.xml import Element, XmlError, XmlLimits, parse
from schemas.xroad.mime import MULTIPART, MimeError
from schemas.xroad.mime import read as read_multipart
from schemas.xroad.soap import IDENTIFIERS, REPRESENTATION, XROAD, RequestHash, is_hash_of

_NIL: Final = "{http://www.w3.org/2001/XMLSchema-instance}nil"
_PARTS: Final = ("xRoadInstance", "memberClass", "memberCode", "subsystemCode", "serviceCode", "serviceVersion")
_SERVER_PARTS: Final = ("xRoadInstance", "memberClass", "memberCode", "serverCode")


class SoapPeer:
    """One operation over SOAP: writes its requests, reads its replies.

    Raises:
        DeclarationError: the WSDL cannot be used.
    """

    def __init__(self, call: SoapCall, folder: Path, limits: XmlLimits) -> None:
        self._call = call
        self._limits = limits
        self._schema = None if call.wsdl is None else WsdlFolder(folder / call.wsdl).schema()

    def request(self, named: Named, fields: Mapping[str, object]) -> bytes:
        """A request's bytes.

        Raises:
            PeerError: bad-question; a value is no XML text, or the element breaks the WSDL's types.
        """
        root = _written(self._call, named, fields)
        self._must_fit(root[1][0], PeerFault.BAD_QUESTION)
        return etree.tostring(root, encoding="utf-8", xml_declaration=True)

    def envelope(self, reply: Reply) -> Element:
        """The reply through the one XML door.

        Raises:
            PeerError: bad-answer, or what the HTTP status stands for.
        """
        try:
            envelope = parse(_soap_in(reply), self._limits)
            body_of(envelope)
        except (XmlError, MimeError) as error:
            raise refused_by_status(reply.status, {}) if not reply.is_success else _bad(error.rule) from None
        return envelope

    def refused(self, envelope: Element, courier: Courier) -> Found | str | None:
        """What a fault stands for; X-Road's own is given back as its code. None when the reply is no fault.

        Raises:
            PeerError: a fault of the service.
        """
        fault = body_of(envelope)
        if fault is None or not is_fault(fault):
            return None
        code = (fault.findtext("faultcode") or "").strip()
        return code if is_own(code) else refused(courier, fault, self._call.fault_codes)

    def answer(self, envelope: Element, sent: bytes, *, check_hash: bool) -> object:
        """The body's element as JSON, when it answers the request sent.

        Raises:
            PeerError: bad-answer; it answers another request, or breaks the WSDL's types.
        """
        mistake = header_mistake(envelope, sent, check_hash=check_hash)
        if mistake is not None:
            raise _bad(mistake)
        element = body_of(envelope)
        if element is None or etree.QName(element).localname != f"{self._call.service.code}Response":
            raise _bad("unexpected-element")
        self._must_fit(element, PeerFault.BAD_ANSWER)
        return as_plain(element) or {}

    def _must_fit(self, element: Element, wrong: PeerFault) -> None:
        broken = [] if self._schema is None else self._schema.violations(element)
        if broken:
            raise PeerError(wrong, rule=broken[0].rule, at=broken[0].path)


def _soap_in(reply: Reply) -> bytes:
    """The message of a reply: itself, or the one part of a multipart body.

    Raises:
        MimeError: what it is instead.
    """
    if reply.media_type == "text/xml":
        return reply.body
    if reply.media_type != MULTIPART:
        raise MimeError("media-type")
    message, *attachments = read_multipart(reply.headers.get("content-type", ""), reply.body)
    if attachments:
        raise MimeError("attachments")
    return message.data


def _written(call: SoapCall, named: Named, fields: Mapping[str, object]) -> Element:
    root = etree.Element(_soap("Envelope"), nsmap={"SOAP-ENV": SOAP_11, "xrd": XROAD, "id": IDENTIFIERS})
    _write_header(etree.SubElement(root, _soap("Header")), named)
    body = etree.SubElement(root, _soap("Body"))
    element = etree.SubElement(body, f"{{{call.namespace}}}{named.service.code}", nsmap={"ns": call.namespace})
    _fill(element, fields, f"{{{call.namespace}}}" if call.qualified else "")
    return root


def _soap(name: str) -> str:
    return f"{{{SOAP_11}}}{name}"


def _write_header(header: Element, named: Named) -> None:
    service = (*named.service.client, named.service.code, named.service.version)
    _identifier(header, "client", "SUBSYSTEM" if named.client.subsystem else "MEMBER", _PARTS, named.client)
    _identifier(header, "service", "SERVICE", _PARTS, service)
    if named.security_server is not None:
        _identifier(header, "securityServer", "SERVER", _SERVER_PARTS, named.security_server)
    if named.represented is not None:
        party = etree.SubElement(header, f"{{{REPRESENTATION}}}representedParty", nsmap={"repr": REPRESENTATION})
        for name, text in zip(("partyClass", "partyCode"), named.represented, strict=True):
            if text is not None:
                party.append(_leaf(f"{{{REPRESENTATION}}}{name}", text))
    for name, value in (("id", named.id), ("userId", named.user_id), ("issue", named.issue)):
        if value is not None:
            header.append(_leaf(f"{{{XROAD}}}{name}", value))
    header.append(_leaf(f"{{{XROAD}}}protocolVersion", "4.0"))


def _identifier(header: Element, name: str, kind: str, names: Sequence[str], parts: Sequence[str | None]) -> None:
    element = etree.SubElement(header, f"{{{XROAD}}}{name}", {f"{{{IDENTIFIERS}}}objectType": kind})
    for part, text in zip(names, parts, strict=False):
        if text is not None:
            element.append(_leaf(f"{{{IDENTIFIERS}}}{part}", text))


def _leaf(tag: str, text: str) -> Element:
    element = etree.Element(tag)
    try:
        element.text = text
    except ValueError:  # control characters and halves of pairs
        raise PeerError(PeerFault.BAD_QUESTION, rule="xml-text", at=tag.rpartition("}")[2]) from None
    return element


def _fill(parent: Element, fields: Mapping[str, object], space: str) -> None:
    for name, value in fields.items():
        for one in value if isinstance(value, list) else [value]:
            if isinstance(one, Mapping):
                _fill(etree.SubElement(parent, space + name), one, space)
            else:
                parent.append(_leaf(space + name, _text(one)))


def _text(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def header_mistake(envelope: Element, sent: bytes, *, check_hash: bool) -> str | None:
    """What in a reply's header does not belong to the request that was sent, as a rule; None when all does.

    Args:
        envelope: the reply.
        sent: the request's own bytes.
        check_hash: whether the digest must be there and right.
    """
    said = {one.tag: one for one in envelope.iterfind(f"{_soap('Header')}/*")}
    for asked in parse(sent).iterfind(f"{_soap('Header')}/*"):
        if asked.tag not in said or _texts(said[asked.tag]) != _texts(asked):
            return "x-road-header"
    if not check_hash:
        return None
    digest = said.get(f"{{{XROAD}}}requestHash")
    if digest is None:
        return "x-road-request-hash"
    hashed = RequestHash(digest.get("algorithmId", ""), "".join((digest.text or "").split()))
    return None if is_hash_of(hashed, sent) else "x-road-request-hash"


def _texts(element: Element) -> list[tuple[str, str]]:
    """An element and what is in it: names and texts, blanks around them aside."""
    return [(one.tag, (one.text or "").strip()) for one in element.iter("*")]


def as_plain(element: Element) -> object:
    """An element as JSON has it: text, or an object of its children by local name; children of one name are a list.

    Attributes and namespaces are passed over; an empty element and `xsi:nil` are null.
    """
    if element.get(_NIL) in ("true", "1"):
        return None
    children = list(element.iterchildren("*"))
    if not children:
        return element.text or None  # an empty element holds nothing
    content: dict[str, object] = {}
    for child in children:
        name, value = etree.QName(child).localname, as_plain(child)
        if name not in content:
            content[name] = value
        elif isinstance(held := content[name], list):
            held.append(value)
        else:
            content[name] = [held, value]
    return content


def clients_in(client_list: Element) -> frozenset[str]:
    """The identifiers in an answer to `GET /listClients`, decoded."""
    found = client_list.iterfind(f"{{{XROAD}}}member/{{{XROAD}}}id")
    return frozenset("/".join(_parts(one)) for one in found)


def _parts(identifier: Element) -> Iterator[str]:
    return (one.text.strip() for one in identifier.iterchildren("*") if one.text)


def _bad(rule: str) -> PeerError:
    return PeerError(PeerFault.BAD_ANSWER, rule=rule)
