"""X-Road's SOAP messages: header fields read from exact bytes, a request's header repeated in its answer, its hash.

Promises: what X-Road demands of a message is demanded here, by its own error words; the wrapper in the body bears the
very name of the service that the header names, so that nobody is let in by the one and served by the other; bytes
change only where a field is put in. Errors quote no value of the message.
Leaves out: MIME (`schemas.xroad.mime`), HTTP (`schemas.xroad.posted`), faults as bytes (`schemas.xroad.faults`).
Source: PR-MESS 4.0 §2.1-2.3, its extensions for security servers and represented parties; SOAP 1.1.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Final, NamedTuple

from lxml import etree

from schemas.xml import Element, XmlError, XmlLimits, parse
from schemas.xroad.codes import Word
from schemas.xroad.ids import ClientId, IdError, Party, ServerId, ServiceId, checked

SOAP: Final = "http://schemas.xmlsoap.org/soap/envelope/"
XROAD: Final = "http://x-road.eu/xsd/xroad.xsd"
IDENTIFIERS: Final = "http://x-road.eu/xsd/identifiers"
REPRESENTATION: Final = "http://x-road.eu/xsd/representation.xsd"
SHA512: Final = "http://www.w3.org/2001/04/xmlenc#sha512"
RESPONSE: Final = "Response"
LIMITS: Final = XmlLimits(max_bytes=16 * 1024 * 1024)
MAX_TEXT: Final = 1_000
"""Characters of `id`, `userId`, `issue`."""

_ALGORITHMS: Final[Mapping[str, Callable[[bytes], hashlib._Hash]]] = {
    SHA512: hashlib.sha512,
    "http://www.w3.org/2001/04/xmldsig-more#sha384": hashlib.sha384,
    "http://www.w3.org/2001/04/xmlenc#sha256": hashlib.sha256,
}
_VERSION: Final = re.compile(r"4\.[0-9]{1,9}")
_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")
_MEMBER: Final = ("xRoadInstance", "memberClass", "memberCode")
_CLIENT: Final = (*_MEMBER, "subsystemCode")
_SERVICE: Final = (*_CLIENT, "serviceCode", "serviceVersion")
_SERVER: Final = (*_MEMBER, "serverCode")
_OPTIONAL: Final = frozenset({"subsystemCode", "serviceVersion"})
_FIELDS: Final = frozenset(
    {
        f"{{{REPRESENTATION}}}representedParty",
        *(
            f"{{{XROAD}}}{name}"
            for name in (
                "client", "service", "id", "userId", "issue", "protocolVersion", "securityServer", "requestHash",
            )
        ),
    }
)  # fmt: skip


class SoapError(Exception):
    """A message was refused.

    Attributes:
        word: X-Road's word for it; whose fault it is, the caller knows.
        message: X-Road's sentence, without any value.
    """

    def __init__(self, word: Word, message: str) -> None:
        super().__init__(f"{word.value}: {message}")
        self.word = word
        self.message = message


class RequestHash(NamedTuple):
    """The digest of a request in its answer: an algorithm of XML-DSIG, and the digest in base64."""

    algorithm: str
    digest: str


class Header(NamedTuple):
    """The fields of X-Road's header; texts as they stand."""

    client: ClientId
    service: ServiceId
    id: str
    protocol_version: str
    user_id: str | None = None
    issue: str | None = None
    security_server: ServerId | None = None
    represented_party: Party | None = None
    request_hash: RequestHash | None = None


class Message(NamedTuple):
    """A request or an answer.

    Attributes:
        data: its bytes as they came.
        header: what its header says.
        wrapper: the body's one child.
        root: the envelope.
    """

    data: bytes
    header: Header
    wrapper: Element
    root: Element


class Fault(NamedTuple):
    """A fault: `code` may be a name of SOAP's or a code of X-Road's; the other texts may hold anything."""

    data: bytes
    code: str
    text: str
    actor: str | None = None
    detail: str | None = None


def read_request(data: bytes, limits: XmlLimits = LIMITS) -> Message:
    """Read a request.

    Raises:
        SoapError: it is none.
    """
    found = _read(data, limits)
    if isinstance(found, Fault):
        raise SoapError(Word.INVALID_MESSAGE, "Malformed SOAP message: a fault is no request")
    if etree.QName(found.wrapper).localname != found.header.service.code:
        raise SoapError(Word.INCONSISTENT_HEADERS, _CODE_DIFFERS)
    return found


def read_response(data: bytes, limits: XmlLimits = LIMITS) -> Message | Fault:
    """Read an answer, or a fault, which needs no header.

    Raises:
        SoapError: it is neither.
    """
    found = _read(data, limits)
    if isinstance(found, Message) and not etree.QName(found.wrapper).localname.startswith(found.header.service.code):
        raise SoapError(Word.INCONSISTENT_HEADERS, _CODE_DIFFERS)
    return found


_CODE_DIFFERS: Final = "Malformed SOAP message: service code does not match in header and body"


def _read(data: bytes, limits: XmlLimits) -> Message | Fault:
    # ① through the XML door
    try:
        root = parse(data, limits)
    except XmlError as error:
        raise SoapError(Word.INVALID_XML, f"Malformed XML: {error.rule} at line {error.line}") from None
    # ② envelope, header, body, one child
    header, body = _halves(root)
    children = list(body)
    if children and children[0].tag == _soap("Fault"):
        return _fault(data, children[0])
    if header is None:
        raise SoapError(Word.MISSING_HEADER, "Malformed SOAP message: header missing")
    # ③ the header's fields, each once
    fields = _header(header)
    if len(children) != 1:
        raise SoapError(Word.INVALID_BODY, "Malformed SOAP message: body must have exactly one child element")
    return Message(data, fields, children[0], root)


def _halves(root: Element) -> tuple[Element | None, Element]:
    if root.tag != _soap("Envelope"):
        raise SoapError(Word.INVALID_SOAP, "Malformed SOAP message: envelope missing")
    tags = [child.tag for child in root]
    if _soap("Body") not in tags:
        raise SoapError(Word.MISSING_BODY, "Malformed SOAP message: body missing")
    if tags == [_soap("Body")]:
        return None, root[0]
    if tags != [_soap("Header"), _soap("Body")]:
        raise SoapError(Word.INVALID_SOAP, "Malformed SOAP message: one header, then one body")
    return root[0], root[1]


def _fault(data: bytes, fault: Element) -> Fault:
    detail = fault.find("{*}detail")
    inner = None if detail is None else next(iter(detail), detail)
    texts = [fault.findtext(f"{{*}}{name}") for name in ("faultcode", "faultstring", "faultactor")]
    said = None if inner is None else str(inner.xpath("string()")).strip()
    return Fault(data, (texts[0] or "").strip(), texts[1] or "", texts[2], said)


def _header(header: Element) -> Header:
    fields: dict[str, Element] = {}
    for field in header:
        if field.tag not in _FIELDS:
            continue  # extensions are carried along unread
        if field.tag in fields:
            raise SoapError(Word.DUPLICATE_HEADER_FIELD, f"SOAP header contains duplicate field '{field.tag}'")
        fields[field.tag] = field
    known = {etree.QName(tag).localname: field for tag, field in fields.items()}
    for name in ("protocolVersion", "client", "id"):
        if name not in known:
            raise SoapError(Word.MISSING_HEADER_FIELD, f"Required field '{name}' is missing")
    if "service" not in known:
        raise SoapError(Word.MISSING_HEADER_FIELD, "Message header must contain service id")
    return Header(
        client=_client(known["client"]),
        service=_service(known["service"]),
        id=_text(known["id"]),
        protocol_version=_version(known["protocolVersion"]),
        user_id=_text(known["userId"]) if "userId" in known else None,
        issue=_text(known["issue"]) if "issue" in known else None,
        security_server=_server(known["securityServer"]) if "securityServer" in known else None,
        represented_party=_party(known["representedParty"]) if "representedParty" in known else None,
        request_hash=_hash(known["requestHash"]) if "requestHash" in known else None,
    )


def _version(field: Element) -> str:
    text = _text(field)
    if not _VERSION.fullmatch(text):
        raise SoapError(Word.INVALID_PROTOCOL_VERSION, "Invalid protocol version (supported: 4.x)")
    return text


def _text(field: Element) -> str:
    text = field.text or ""
    if len(field) or len(text) > MAX_TEXT or _CONTROL.search(text):
        raise SoapError(Word.INVALID_XML, f"Malformed field '{etree.QName(field).localname}'")
    return text


def _hash(field: Element) -> RequestHash:
    """X-Road's own example breaks the digest into lines."""
    return RequestHash(field.get("algorithmId", ""), "".join((field.text or "").split()))


def _client(field: Element) -> ClientId:
    instance, member_class, code, subsystem = _codes(field, ("MEMBER", "SUBSYSTEM"), _CLIENT)
    return ClientId(instance or "", member_class or "", code or "", subsystem)


def _service(field: Element) -> ServiceId:
    instance, member_class, member, subsystem, code, version = _codes(field, ("SERVICE",), _SERVICE)
    return ServiceId(ClientId(instance or "", member_class or "", member or "", subsystem), code or "", version)


def _server(field: Element) -> ServerId:
    return ServerId(*(code or "" for code in _codes(field, ("SERVER",), _SERVER)))


def _party(field: Element) -> Party:
    party_class, code = _parts(field, REPRESENTATION, ("partyClass", "partyCode"), frozenset({"partyClass"}))
    return Party(party_class, code or "")


def _codes(field: Element, kinds: Sequence[str], names: Sequence[str]) -> list[str | None]:
    kind = field.get(f"{{{IDENTIFIERS}}}objectType")
    if kind not in kinds:
        said = "Missing objectType attribute" if kind is None else "Unexpected objectType"
        raise SoapError(Word.INVALID_XML, f"{said} in field '{etree.QName(field).localname}'")
    return _parts(field, IDENTIFIERS, names, _OPTIONAL)


def _parts(field: Element, namespace: str, names: Sequence[str], optional: frozenset[str]) -> list[str | None]:
    """The codes of an identifier; an optional one that is empty is not there."""
    found: dict[str, str] = {}
    name = etree.QName(field).localname
    for part in field:
        local = etree.QName(part).localname
        if part.tag != f"{{{namespace}}}{local}" or local not in names:
            raise SoapError(Word.INVALID_XML, f"Unexpected element in field '{name}'")
        if local in found:
            raise SoapError(Word.DUPLICATE_HEADER_FIELD, f"SOAP header contains duplicate field '{part.tag}'")
        found[local] = _text(part)
    texts = [found.get(one, "") for one in names]
    try:
        return [
            checked(text, place) if text or one not in optional else None
            for place, (one, text) in enumerate(zip(names, texts, strict=True))
        ]
    except IdError as error:
        raise SoapError(Word.INVALID_XML, f"Malformed identifier in field '{name}': {error}") from None


def _soap(name: str) -> str:
    return f"{{{SOAP}}}{name}"


def request_hash(request: bytes) -> RequestHash:
    """The digest of a request: of its exact bytes, or of its first MIME part's."""
    return RequestHash(SHA512, base64.b64encode(hashlib.sha512(request).digest()).decode("ascii"))


def differing(request: Header, response: Header) -> str | None:
    """The field in which an answer's header does not repeat the request's, by X-Road's own list; None: none does."""
    names = ("client", "service", "user_id", "represented_party", "issue", "id")
    return next((name for name in names if getattr(request, name) != getattr(response, name)), None)


def is_hash_of(said: RequestHash, request: bytes) -> bool:
    """Whether an answer's `requestHash` is of these bytes, by an algorithm that X-Road uses."""
    digest = _ALGORITHMS.get(said.algorithm)
    return digest is not None and said.digest == base64.b64encode(digest(request).digest()).decode("ascii")
