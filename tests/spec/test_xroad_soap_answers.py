"""X-Road's SOAP protocol at a node's face: attachments, answers and faults; docs/xroad-calls.md is printed from it."""

from __future__ import annotations

import pytest
from xroad_soap_rows import ANSWER_BODY, MULTIPART, PHOTO, Chapter
from xroad_soap_world import SUBSYSTEM, Answer, fields, message, repeated
from xroad_world import ONE_STOP

from schemas.xroad import posted
from schemas.xroad.codes import Style
from schemas.xroad.mime import Part
from schemas.xroad.posted import Posted

_HASH = '<xrd:requestHash algorithmId="http://www.w3.org/2001/04/xmlenc#sha512">'
ERASE = message(*fields(ONE_STOP, f"{SUBSYSTEM}/citizenErase"), body="<citizenErase/>")


def mime(*parts: Part, content_type: str = MULTIPART, soap: bytes = PHOTO) -> bytes:
    root = (("content-type", "text/xml; charset=UTF-8"), ("Content-ID", "<root>"))
    return posted.to_http(Posted(content_type, None, soap, root, parts))[1]


PDF = Part((("content-type", "application/pdf"), ("Content-ID", "<a>")), b"%PDF-1.7")
ATTACHED = mime(PDF)


async def with_attachment(asked: Posted) -> tuple[int, str, bytes]:
    kind = 'multipart/related; type="text/xml"; boundary="=_theirs"'
    root = (("content-type", "text/xml"),)
    return 200, *posted.to_http(Posted(kind, None, repeated(asked.soap, ANSWER_BODY), root, (PDF,)))


ATTACHMENTS = (
    Chapter("Attachments", "multipart/related, the message first; the bytes and MIME headers of each part pass.")
    .call(
        "one attachment",
        "an attachment",
        body=ATTACHED,
        content_type=MULTIPART,
        saw="\r\ncontent-type:application/pdf\r\nContent-ID: <a>\r\n\r\n%PDF-1.7\r\n--MIME_boundary--",
    )
    .call(
        "MIME without attachments stays MIME",
        "no attachment",
        body=mime(),
        content_type=MULTIPART,
        saw="--MIME_boundary\r\ncontent-type:text/xml; charset=UTF-8\r\nContent-ID: <root>\r\n\r\n<SOAP-ENV:Envelope",
    )
    .call(
        "an answer's boundary is the service's",
        "an attachment in the answer",
        service=with_attachment,
        back='multipart/related; type="text/xml"; boundary="=_theirs"\r\n\r\n--=_theirs\r\ncontent-type:text/xml\r\n',
    )
    .call("the hash is of the first part", "an attachment", body=ATTACHED, content_type=MULTIPART, back=_HASH)
    .call(
        "the message is the first part for every reader",
        "`start` names the second",
        "Client.MimeParsingFailed",
        body=ATTACHED,
        content_type=MULTIPART.replace("<root>", "<a>"),
    )
    .call(
        "and readable by every reader",
        "`Content-Transfer-Encoding: base64` on the message",
        "Client.MimeParsingFailed",
        body=ATTACHED.replace(b"Content-ID: <root>", b"Content-ID: <root>\r\nContent-Transfer-Encoding: base64"),
        content_type=MULTIPART,
    )
    .call(
        "cut off",
        "the last delimiter is missing",
        "Client.MimeParsingFailed",
        body=ATTACHED[:-20],
        content_type=MULTIPART,
    )
    .call(
        "parts say what they are",
        "a part without content type",
        "Client.InvalidContentType",
        body=ATTACHED.replace(b"content-type:application/pdf", b"X-Other: y"),
        content_type=MULTIPART,
    )
    .call(
        "no boundary",
        "`multipart/related`",
        "Client.MimeParsingFailed",
        body=ATTACHED,
        content_type="multipart/related",
    )
)


async def own_hash(asked: Posted) -> tuple[int, str, bytes]:
    said = repeated(asked.soap, ANSWER_BODY)
    return (
        200,
        "text/xml",
        said.replace(b"<xrd:issue>", b'<xrd:requestHash algorithmId="x">eA==</xrd:requestHash><xrd:issue>'),
    )


def changed(old: bytes, new: bytes, status: int = 200, content_type: str = "text/xml") -> Answer:
    async def service(asked: Posted) -> tuple[int, str, bytes]:
        return status, content_type, repeated(asked.soap, ANSWER_BODY).replace(old, new)

    return service


FAULT = (
    b'<e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/"><e:Body><e:Fault><faultcode>e:Server.Busy</faultcode>'
    b"<faultstring>later</faultstring></e:Fault></e:Body></e:Envelope>"
)


def says(status: int, body: bytes, content_type: str = "text/xml") -> Answer:
    async def service(_: Posted) -> tuple[int, str, bytes]:
        return status, content_type, body

    return service


_FAILED = "Server.ServerProxy.ServiceFailed."
ANSWERS = (
    Chapter(
        "Answers", "The answer of a service that is passed through: its bytes, with the request's hash behind `id`."
    )
    .call("the hash is put in", "an answer", back=f"</xrd:id>{_HASH}")
    .call("one that came is replaced", "an answer with `requestHash`", service=own_hash, back=f"</xrd:id>{_HASH}")
    .call(
        "its content type is X-Road's",
        "`text/xml;charset=utf8`",
        service=changed(b"", b"", content_type="text/xml;charset=utf8"),
        back="text/xml; charset=UTF-8\r\n\r\n",
    )
    .call(
        "a fault passes as it came", "a fault, HTTP 500", "e:Server.Busy", service=says(500, FAULT), back=FAULT.decode()
    )
    .call("the same", "a fault, HTTP 200", "e:Server.Busy", service=says(200, FAULT), back=FAULT.decode())
    .call(
        "X-Road calls it HttpError", "a fault, HTTP 400", "e:Server.Busy", service=says(400, FAULT), back=FAULT.decode()
    )
    .call(
        "an answer to another request",
        "another `id`",
        f"{_FAILED}InvalidResponse",
        service=changed(b"4894e35d", b"4894e35e"),
    )
    .call(
        "every field is repeated",
        "no `userId`",
        f"{_FAILED}InvalidResponse",
        service=changed(b"<xrd:userId>CB-0001</xrd:userId>", b""),
    )
    .call("nothing", "an empty answer", f"{_FAILED}InvalidResponse", service=says(200, b""))
    .call(
        "another wrapper", "`<other/>`", f"{_FAILED}InvalidResponse", service=changed(b"citizenPhotoResponse", b"other")
    )
    .call("HTML", "`Content-Type: text/html`", f"{_FAILED}InvalidResponse", service=says(200, b"<html/>", "text/html"))
    .call("no redirect is followed", "HTTP 302", f"{_FAILED}InvalidResponse", service=says(302, b""))
    .call("HTTP's own errors", "HTTP 503", f"{_FAILED}IOError", service=says(503, b"", "text/html"))
)
FAULTS = (
    Chapter(
        "Faults of ours",
        "HTTP 200, text/xml, the literal prefix `SOAP-ENV`; the detail is what logs know the error by.",
    )
    .call(
        "the layout is X-Road's to the byte",
        "a client that is not known",
        "Server.ClientProxy.UnknownMember",
        change=("one-stop", "two-stop"),
        back='text/xml; charset=UTF-8\r\n\r\n<?xml version="1.0" encoding="UTF-8"?><SOAP-ENV:Envelope xmlns:SOAP-ENV="http://schemas.xmlsoap.org/soap/envelope/"><SOAP-ENV:Body><SOAP-ENV:Fault><faultcode>',
    )
    .call(
        "detail",
        "the same",
        "Server.ClientProxy.UnknownMember",
        change=("one-stop", "two-stop"),
        back='<faultactor></faultactor><detail><faultDetail xmlns="">',
    )
)
SNAKE = (
    Chapter("Faults as X-Road 7.8 writes them", 'With `error_style = "snake"`.', {"style": Style.SNAKE})
    .call(
        "a field that is missing",
        "no `id`",
        "client.missing_header_field",
        change=("<xrd:id>4894e35d-bf0f-44a6-867a-8e51f1daa7e0</xrd:id>", ""),
    )
    .call("no agreement", "`citizenErase`", "server.serverproxy.access_denied", body=ERASE)
)
CHAPTERS = (ATTACHMENTS, ANSWERS, FAULTS, SNAKE)


def page() -> list[str]:
    """What the manual prints of these tests."""
    return [line for chapter in CHAPTERS for line in chapter.page()]


@pytest.mark.parametrize("chapter", CHAPTERS, ids=lambda chapter: chapter.title)
async def test_calls(chapter: Chapter):
    await chapter.play()
