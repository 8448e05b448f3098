"""X-Road's SOAP protocol at a node's face, call by call; docs/xroad-calls.md is printed from it."""

from __future__ import annotations

import pytest
from xroad_soap_rows import PHOTO, PHOTO_BODY, Chapter
from xroad_soap_world import SUBSYSTEM, fields, message
from xroad_world import ONE_STOP

_HASH = '<xrd:requestHash algorithmId="http://www.w3.org/2001/04/xmlenc#sha512">'
_X = 'xmlns:x="http://x-road.eu/xsd/xroad.xsd"'
_SERVER = (
    '<xrd:securityServer id:objectType="SERVER"><id:xRoadInstance>VN</id:xRoadInstance><id:memberClass>GOV'
    "</id:memberClass><id:memberCode>G01</id:memberCode><id:serverCode>ss1</id:serverCode></xrd:securityServer>"
)
BARE = message(body=PHOTO_BODY).replace(b"<SOAP-ENV:Header></SOAP-ENV:Header>", b"")


def without(name: str) -> bytes:
    """The usual message without a field."""
    wanted = [one for one in fields(ONE_STOP, f"{SUBSYSTEM}/citizenPhoto/v1") if not one.startswith(f"<xrd:{name}")]
    return message(*(one for one in wanted), body=PHOTO_BODY)


def to(code: str, body: str, client: str = ONE_STOP, subsystem: str = SUBSYSTEM) -> bytes:
    return message(*fields(client, f"{subsystem}/{code}"), body=body)


HTTP = (
    Chapter("HTTP", "`POST /` of the same listener. Of the headers, content type and SOAPAction pass, and no other.")
    .call("the usual message", "`Content-Type: text/xml`", saw="Content-Type: text/xml\r\n")
    .call(
        "content types pass as they are written",
        '`Content-Type: TEXT/XML;Charset="utf-8"`',
        content_type='TEXT/XML;Charset="utf-8"',
        saw='Content-Type: TEXT/XML;Charset="utf-8"\r\n',
        back="text/xml; charset=UTF-8",
    )
    .call(
        "SOAP without attachments may say so", "`Content-Type: application/xop+xml`", content_type="application/xop+xml"
    )
    .call("a byte order mark is XML", "EF BB BF before the XML", body=b"\xef\xbb\xbf" + PHOTO)
    .call("none is needed", "no `SOAPAction`", saw="Accept-Encoding: identity")
    .call("empty", "`SOAPAction:`", action="", saw="SOAPAction: \r\n")
    .call("empty in quotes", '`SOAPAction: ""`', action='""', saw='SOAPAction: ""\r\n')
    .call("a URI in quotes", '`SOAPAction: "urn:photo"`', action='"urn:photo"', saw='SOAPAction: "urn:photo"\r\n')
    .call(
        "SOAP 1.1 wants quotes, X-Road too", "`SOAPAction: urn:photo`", "Client.InvalidSoapAction", action="urn:photo"
    )
    .call(
        "whatever a service goes by, it is what was agreed",
        '`SOAPAction: "http://citizens.example.vn/citizenErase"`',
        "Client.InvalidSoapAction",
        action='"http://citizens.example.vn/citizenErase"',
    )
    .call("only POST", "`GET /`", "Client.InvalidHttpMethod", method="GET", body=b"", content_type=None)
    .call("it says how to read the rest", "no `Content-Type`", "Client.InvalidRequest", content_type=None)
    .call(
        "another one", "`Content-Type: application/json`", "Client.InvalidContentType", content_type="application/json"
    )
    .call(
        "SOAP 1.2 is not spoken",
        "`Content-Type: application/soap+xml`",
        "Client.InvalidContentType",
        content_type="application/soap+xml",
    )
    .call(
        "texts are UTF-8",
        "`Content-Type: text/xml; charset=windows-1258`",
        "Client.InvalidContentType",
        content_type="text/xml; charset=windows-1258",
    )
)
HEADER = (
    Chapter("The header", "Fields of `http://x-road.eu/xsd/xroad.xsd`; others are carried along unread.")
    .call("no header", "`<SOAP-ENV:Header>` is missing", "Client.MissingHeader", body=BARE)
    .call("a client is needed", "no `client`", "Client.MissingHeaderField", body=without("client"))
    .call("a service is needed", "no `service`", "Client.MissingHeaderField", body=without("service"))
    .call("an id is needed", "no `id`", "Client.MissingHeaderField", body=without("id"))
    .call("a version is needed", "no `protocolVersion`", "Client.MissingHeaderField", body=without("protocolVersion"))
    .call(
        "each once",
        "`userId` twice",
        "Client.DuplicateHeaderField",
        change=("<xrd:issue>", "<xrd:userId>x</xrd:userId><xrd:issue>"),
    )
    .call(
        "each code once",
        "`memberCode` twice",
        "Client.DuplicateHeaderField",
        change=("</xrd:client>", "<id:memberCode>x</id:memberCode></xrd:client>"),
    )
    .call(
        "any 4.x",
        "`protocolVersion` 4.3",
        change=(">4.0<", ">4.3<"),
        saw="<xrd:protocolVersion>4.3</xrd:protocolVersion>",
    )
    .call("no other", "`protocolVersion` 3.1", "Client.InvalidProtocolVersion", change=(">4.0<", ">3.1<"))
    .call(
        "identifiers say what they are",
        "`client` without `id:objectType`",
        "Client.InvalidXml",
        change=(' id:objectType="SUBSYSTEM"', ""),
    )
    .call(
        "and nothing else",
        "`client` of type SERVICE",
        "Client.InvalidXml",
        change=('id:objectType="SUBSYSTEM"', 'id:objectType="SERVICE"'),
    )
    .call("a code is one word", "`memberCode` H56.20/x", "Client.InvalidXml", change=(">H56.20<", ">H56.20/x<"))
    .call(
        "prefixes mean nothing",
        "`id` under a prefix of its own",
        change=("<xrd:id>", f"<x:id {_X}>"),
        body=PHOTO.replace(b"</xrd:id>", b"</x:id>"),
        back=f"</x:id><x:requestHash {_X} ",
    )
    .call(
        "extensions pass",
        "a field of another namespace",
        change=("<xrd:issue>", '<o:token xmlns:o="urn:o">t</o:token><xrd:issue>'),
        saw='<o:token xmlns:o="urn:o">t</o:token>',
    )
    .call(
        "it selects nothing: the hub reaches every node",
        "`securityServer`",
        change=("<xrd:issue>", f"{_SERVER}<xrd:issue>"),
        saw="<id:serverCode>ss1</id:serverCode>",
    )
    .call(
        "a request has none, and may have one",
        "`requestHash`",
        change=("<xrd:issue>", '<xrd:requestHash algorithmId="x">eA==</xrd:requestHash><xrd:issue>'),
        back=_HASH,
    )
    .call("no DOCTYPE", "`<!DOCTYPE x>`", "Client.InvalidXml", body=b"<!DOCTYPE x>" + PHOTO)
    .call(
        "an envelope of SOAP 1.1",
        "another namespace",
        "Client.InvalidSoap",
        body=PHOTO.replace(b"http://schemas.xmlsoap.org/soap/envelope/", b"urn:soap-2"),
    )
)
BODY = (
    Chapter("The body", "One child, named as the service code of the header.")
    .call("nothing", "an empty body", "Client.InvalidBody", body=to("citizenPhoto/v1", ""))
    .call("one too many", "two children", "Client.InvalidBody", body=to("citizenPhoto/v1", PHOTO_BODY * 2))
    .call(
        "who is let in by the header is served by it",
        "`<citizenErase/>` under the code `citizenPhoto`",
        "Client.InconsistentHeaders",
        body=to("citizenPhoto/v1", "<citizenErase/>"),
    )
    .call(
        "X-Road lets this pass",
        "`<citizenPhotoOfAnybody/>` under the code `citizenPhoto`",
        "Client.InconsistentHeaders",
        body=to("citizenPhoto/v1", "<citizenPhotoOfAnybody/>"),
    )
    .call(
        "a fault is no request",
        "`<SOAP-ENV:Fault/>`",
        "Client.InvalidMessage",
        body=to("citizenPhoto/v1", "<SOAP-ENV:Fault/>"),
    )
)
SERVICES = (
    Chapter("Services", "What is not there and what is not agreed are answered alike.")
    .call(
        "a version is part of the name",
        "`citizenPhoto` without `serviceVersion`",
        "Server.ServerProxy.AccessDenied",
        body=to("citizenPhoto", PHOTO_BODY),
    )
    .call(
        "a code has no dot",
        "`citizenPhoto.v1` without `serviceVersion`",
        "Server.ServerProxy.AccessDenied",
        body=to("citizenPhoto.v1", "<citizenPhoto.v1/>"),
    )
    .call(
        "no agreement", "`citizenErase`", "Server.ServerProxy.AccessDenied", body=to("citizenErase", "<citizenErase/>")
    )
    .call("no such service", "`nothing`", "Server.ServerProxy.AccessDenied", body=to("nothing", "<nothing/>"))
    .call(
        "no such subsystem",
        "`VN/GOV/G01/none`",
        "Server.ClientProxy.UnknownMember",
        body=to("x", "<x/>", subsystem="VN/GOV/G01/none"),
    )
    .call("a REST service", "`echo`", "Server.ServerProxy.ServiceType", body=to("echo", "<echo/>"))
    .call(
        "a subsystem's other name",
        "`VN/GOV/G01/dân-cư`",
        body=to("citizenPhoto/v1", PHOTO_BODY, subsystem="VN/GOV/G01/dân-cư"),
    )
    .call(
        "another's client",
        "`VN/GOV/G01/population` as client",
        "Server.ClientProxy.UnknownMember",
        body=to("citizenPhoto/v1", PHOTO_BODY, client="VN/GOV/G01/population"),
    )
)
CHAPTERS = (HTTP, HEADER, BODY, SERVICES)


def page() -> list[str]:
    """What the manual prints of these tests."""
    return ["## SOAP", "", *(line for chapter in CHAPTERS for line in chapter.page())]


@pytest.mark.parametrize("chapter", CHAPTERS, ids=lambda chapter: chapter.title)
async def test_calls(chapter: Chapter):
    await chapter.play()
