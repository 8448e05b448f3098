"""One message of X-Road's SOAP protocol as HTTP moves it and as parts of an envelope carry it.

Promises: the SOAP bytes and each attachment's are the same in both; content type, SOAPAction and MIME headers come out
as they went in; what another node wrote into these parts is checked like what a stranger posts, so that no header of
its making slips into a request to an agency's system.
Leaves out: what the SOAP says (`schemas.xroad.soap`).
Source: PR-MESS 4.0 §2.2 (which HTTP headers are preserved), §2.4, §2.6; SOAP 1.1 §6.1.1.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final, NamedTuple

import msgspec

from schemas.parts import ATTACHMENT, BODY, XROAD, Carried
from schemas.xroad import mime
from schemas.xroad.codes import Word
from schemas.xroad.mime import Headers, MimeError, Part
from schemas.xroad.soap import SoapError

TEXT_XML: Final = "text/xml"
XOP: Final = "application/xop+xml"
TEXT_XML_UTF8: Final = "text/xml; charset=UTF-8"
XROAD_SOAP: Final = "application/vnd.lienthong.xroad-soap+json"
"""The media type of the part `xroad` of SOAP messages."""
MAX_WIRE_BYTES: Final = 1024 * 1024
"""Of that part: sixty attachments with 16 KiB of headers each."""
BYTES: Final = "application/octet-stream"
_MEDIA_TYPE: Final = re.compile(r"[a-z]+/[a-z0-9.+-]{1,80}")
_CHARSETS: Final = frozenset({"utf-8", "utf8", "us-ascii", "ascii"})
_ACTION: Final = re.compile(r'(?:"[\x21\x23-\x7e]*")?')


class Posted(NamedTuple):
    """One message.

    Attributes:
        content_type: the whole header of the HTTP message.
        soap_action: as it came, quotes and all; None where there was none (answers have none).
        soap: the SOAP XML.
        root: MIME headers of the SOAP part; empty where there is no MIME.
        attachments: the other parts, in order.
    """

    content_type: str
    soap_action: str | None
    soap: bytes
    root: Headers = ()
    attachments: tuple[Part, ...] = ()

    @property
    def is_multipart(self) -> bool:
        """Whether it is MIME: X-Road keeps a message without attachments in MIME if it came so."""
        return bool(self.root)


class _Wire(msgspec.Struct, frozen=True):
    """The part `xroad`: what HTTP and MIME said around the bytes; members that are not known here are passed over."""

    content_type: str
    soap_action: str | None = None
    root: tuple[tuple[str, str], ...] = ()
    mime: tuple[tuple[tuple[str, str], ...], ...] = ()


_decode: Final = msgspec.json.Decoder(_Wire).decode


def of_http(
    content_type: str | None, soap_action: str | None, data: bytes, limits: mime.MimeLimits = mime.DEFAULT
) -> Posted:
    """A message as it was posted.

    Raises:
        SoapError: in X-Road's words.
    """
    if content_type is None:
        raise SoapError(Word.INVALID_REQUEST, "Could not get content type from request")
    if soap_action is not None and not _ACTION.fullmatch(soap_action):
        raise SoapError(Word.INVALID_SOAP_ACTION, "Malformed SOAPAction header")
    if not content_type.isascii():
        raise SoapError(Word.INVALID_CONTENT_TYPE, "Invalid content type: it is no ASCII text")
    try:
        kind = mime.content_type(content_type)
        if kind.base != mime.MULTIPART:
            _must_be_xml(kind)
            return Posted(content_type, soap_action, data)
        root, *attachments = mime.read(content_type, data, limits)
        _must_be_xml(mime.content_type(root.header(mime.CONTENT_TYPE) or ""))
    except MimeError as error:
        word = Word.INVALID_CONTENT_TYPE if error.rule in _OF_TYPES else Word.MIME_PARSING_FAILED
        raise SoapError(word, f"Malformed MIME message: {error.rule}") from None
    return Posted(content_type, soap_action, root.data, root.headers, tuple(attachments))


_OF_TYPES: Final = frozenset({"content-type", "media-type", "part-without-content-type", "part-with-two-content-types"})


def _must_be_xml(kind: mime.ContentType) -> None:
    if kind.base not in {TEXT_XML, XOP}:
        raise SoapError(Word.INVALID_CONTENT_TYPE, "Invalid content type: text/xml or multipart/related is expected")
    if kind.parameters.get("charset", "utf-8").lower() not in _CHARSETS:
        raise SoapError(Word.INVALID_CONTENT_TYPE, "Invalid content type: the charset must be UTF-8")


def to_http(posted: Posted) -> tuple[str, bytes]:
    """Content type and body; the boundary that came is kept unless it stands in a part."""
    if not posted.is_multipart:
        return posted.content_type, posted.soap
    parts = (Part(posted.root, posted.soap), *posted.attachments)
    kind = mime.content_type(posted.content_type)
    wanted = kind.parameters.get("boundary")
    boundary = mime.boundary_for(parts, wanted)
    header = posted.content_type if boundary == wanted else _with_boundary(kind, boundary)
    return header, mime.write(parts, boundary)


def multipart(soap: bytes, attachments: Sequence[Part], root_type: str = TEXT_XML_UTF8) -> Posted:
    """A message of our own with attachments: its boundary begins with `xroad`."""
    root: Headers = ((mime.CONTENT_TYPE, root_type),)
    boundary = mime.boundary_for((Part(root, soap), *attachments))
    kind = mime.ContentType(mime.MULTIPART, {"type": mime.content_type(root_type).base})
    return Posted(_with_boundary(kind, boundary), None, soap, root, tuple(attachments))


def _with_boundary(kind: mime.ContentType, boundary: str) -> str:
    parameters = {**kind.parameters, "boundary": boundary}
    return "; ".join([kind.base, *(f"{name}={mime.quoted(value)}" for name, value in parameters.items())])


def to_parts(posted: Posted) -> tuple[Carried, ...]:
    """The message as an opaque service's parts: body, `xroad`, attachments."""
    attachments = (
        Carried(f"{ATTACHMENT}{number}", _media_type(part), part.data)
        for number, part in enumerate(posted.attachments, 1)
    )
    return (Carried(BODY, TEXT_XML, posted.soap), around(posted), *attachments)


def around(posted: Posted) -> Carried:
    """The part `xroad` of a message: what HTTP and MIME said around its bytes."""
    headers = tuple(part.headers for part in posted.attachments)
    wire = _Wire(posted.content_type, posted.soap_action, posted.root, headers)
    return Carried(XROAD, XROAD_SOAP, msgspec.json.encode(wire))


def _media_type(part: Part) -> str:
    """Without parameters; what an envelope cannot name is bytes there, and keeps its name in MIME headers."""
    base = mime.content_type(part.header(mime.CONTENT_TYPE) or BYTES).base
    return base if _MEDIA_TYPE.fullmatch(base) else BYTES


def of_parts(parts: Sequence[Carried], soap: bytes | None = None) -> Posted:
    """The message that parts carry.

    Args:
        parts: of a question or an answer.
        soap: the SOAP XML, where it is not the body (a shaped service's `payload`).

    Raises:
        SoapError: the parts do not belong together, or hold what HTTP cannot.
    """
    by_id = {part.id: part for part in parts}
    wire = _wire(by_id.get(XROAD))
    data = [by_id.get(f"{ATTACHMENT}{number}") for number in range(1, len(wire.mime) + 1)]
    known = sum(part.id.startswith(ATTACHMENT) for part in parts)
    if BODY not in by_id or None in data or known != len(data):
        raise _malformed()
    attachments = tuple(
        Part(headers, part.data) for headers, part in zip(wire.mime, data, strict=True) if part is not None
    )
    posted = Posted(
        wire.content_type, wire.soap_action, by_id[BODY].data if soap is None else soap, wire.root, attachments
    )
    _must_come_back(posted)
    return posted


def action_of(part: Carried) -> str | None:
    """The SOAPAction in a part `xroad`.

    Raises:
        SoapError: the part is none.
    """
    return _wire(part).soap_action


def _wire(part: Carried | None) -> _Wire:
    if part is None or part.media_type != XROAD_SOAP or len(part.data) > MAX_WIRE_BYTES:
        raise _malformed()
    try:
        return _decode(part.data)
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise _malformed() from None


def _must_come_back(posted: Posted) -> None:
    """Whoever reads the HTTP message sees these very parts."""
    try:
        header, data = to_http(posted)
    except (MimeError, UnicodeEncodeError):
        raise _malformed() from None
    again = of_http(header, posted.soap_action, data, mime.MimeLimits(max_bytes=len(data)))  # sizes were judged before
    if (again.soap, again.attachments) != (posted.soap, posted.attachments):
        raise _malformed()


def _malformed() -> SoapError:
    return SoapError(Word.INVALID_MESSAGE, "The parts of the message do not belong together")
