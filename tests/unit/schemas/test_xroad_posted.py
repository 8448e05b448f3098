"""SOAP messages between HTTP and the parts of an envelope: the same bytes both ways, and nothing smuggled in."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from xroad_soap_messages import REQUEST

from schemas.parts import Carried
from schemas.xroad.codes import Word
from schemas.xroad.mime import Part
from schemas.xroad.posted import Posted, around, multipart, of_http, of_parts, to_http, to_parts
from schemas.xroad.soap import SoapError

PHOTO = Part(
    (
        ("content-type", 'image/png; name="ảnh.png"'.encode().decode("latin-1")),
        ("Content-Transfer-Encoding", "binary"),
        ("Content-ID", "<photo>"),
    ),
    b"\x89PNG\r\n\x1a\n\x00--",
)
SWA = (
    b"--MIME_boundary\r\nContent-Type: text/xml; charset=UTF-8\r\nContent-Transfer-Encoding: 8bit\r\n"
    b"Content-ID: <rootpart>\r\n\r\n" + REQUEST + b"\r\n--MIME_boundary\r\nContent-ID: <photo>\r\n"
    b"Content-Type: image/png\r\n\r\n\x89PNG\r\n--MIME_boundary--\r\n"
)
SWA_TYPE = 'multipart/related; type="text/xml"; start="<rootpart>"; boundary="MIME_boundary"'


def test_plain_xml_travels_as_body_and_what_http_said():
    posted = of_http("text/xml;charset=utf-8", '"urn:a"', REQUEST)
    parts = to_parts(posted)
    assert [(part.id, part.media_type) for part in parts] == [
        ("body", "text/xml"), ("xroad", "application/vnd.lienthong.xroad-soap+json"),
    ]  # fmt: skip
    assert parts[0].data == REQUEST
    assert json.loads(parts[1].data) == {
        "content_type": "text/xml;charset=utf-8", "soap_action": '"urn:a"', "root": [], "mime": [],
    }  # fmt: skip
    assert of_parts(parts) == posted
    assert to_http(posted) == ("text/xml;charset=utf-8", REQUEST)


def test_attachments_travel_as_parts_and_come_back_with_their_headers():
    posted = of_http(SWA_TYPE, None, SWA)
    parts = to_parts(posted)
    assert [(part.id, part.media_type) for part in parts[2:]] == [("attachment1", "image/png")]
    assert json.loads(parts[1].data)["mime"] == [[["content-type", "image/png"], ["Content-ID", "<photo>"]]]
    header, data = to_http(of_parts(parts))
    assert header == SWA_TYPE
    again = of_http(header, None, data)
    assert (again.soap, again.attachments) == (posted.soap, posted.attachments)
    assert b"\r\ncontent-type:image/png\r\nContent-ID: <photo>\r\n\r\n\x89PNG\r\n--MIME_boundary--" in data


def test_mtom_keeps_its_root_type():
    kind = 'multipart/related; type="application/xop+xml"; start="<r>"; start-info="text/xml"; boundary=b'
    data = (
        b'--b\r\nContent-Type: application/xop+xml; charset=UTF-8; type="text/xml"\r\nContent-ID: <r>\r\n\r\n'
        + REQUEST + b"\r\n--b\r\nContent-Type: a/b\r\n\r\nx\r\n--b--"
    )  # fmt: skip
    header, again = to_http(of_parts(to_parts(of_http(kind, '""', data))))
    assert header == kind
    assert b'content-type:application/xop+xml; charset=UTF-8; type="text/xml"\r\n' in again


def test_a_message_of_our_own_has_a_boundary_that_begins_with_xroad():
    header, data = to_http(multipart(REQUEST, (PHOTO,)))
    assert header.startswith('multipart/related; type="text/xml"; boundary="xroad')
    assert data.startswith(b"--xroad")
    assert b"\r\ncontent-type:text/xml; charset=UTF-8\r\n\r\n<?xml" in data
    assert of_http(header, None, data).attachments == (PHOTO,)


def test_how_large_a_message_may_be_says_the_node_and_nobody_else():
    large = multipart(REQUEST, (PHOTO._replace(data=bytes(17 << 20)),))
    assert of_parts(to_parts(large)).attachments == large.attachments


@given(st.binary(max_size=80), st.sampled_from(["MIME_boundary", "b", "xroad"]))
def test_whatever_an_attachment_holds_it_comes_back(data: bytes, boundary: str):
    attachment = PHOTO._replace(data=data + b"--" + boundary.encode())
    posted = multipart(REQUEST, (attachment,))
    wire = posted._replace(content_type=f'multipart/related; type="text/xml"; boundary="{boundary}"')
    assert of_http(*_first(to_http(of_parts(to_parts(wire))))).attachments == (attachment,)


def _first(http: tuple[str, bytes]) -> tuple[str, None, bytes]:
    return http[0], None, http[1]


WRONG: dict[str, tuple[str | None, str | None, bytes, Word]] = {
    "no content type": (None, None, REQUEST, Word.INVALID_REQUEST),
    "JSON": ("application/json", None, REQUEST, Word.INVALID_CONTENT_TYPE),
    "a type that is none": ("xml", None, REQUEST, Word.INVALID_CONTENT_TYPE),
    "another charset": ("text/xml; charset=windows-1258", None, REQUEST, Word.INVALID_CONTENT_TYPE),
    "a message that is no XML": (
        SWA_TYPE, None, SWA.replace(b"text/xml", b"text/html", 1), Word.INVALID_CONTENT_TYPE,
    ),
    "a part without a type": (
        SWA_TYPE, None, SWA.replace(b"Content-Type: image/png", b"a: b"), Word.INVALID_CONTENT_TYPE,
    ),
    "MIME cut off": (SWA_TYPE, None, SWA[:-20], Word.MIME_PARSING_FAILED),
    "an action without quotes": ("text/xml", "urn:a", REQUEST, Word.INVALID_SOAP_ACTION),
    "an action with a line end": ("text/xml", '"a\r\nX: y"', REQUEST, Word.INVALID_SOAP_ACTION),
    "an action with a quote inside": ("text/xml", '"a"b"', REQUEST, Word.INVALID_SOAP_ACTION),
}  # fmt: skip


@pytest.mark.parametrize("name", WRONG)
def test_http_that_is_refused_in_x_road_s_words(name: str):
    content_type, action, data, word = WRONG[name]
    with pytest.raises(SoapError) as refused:
        of_http(content_type, action, data)
    assert refused.value.word is word


@pytest.mark.parametrize("action", [None, "", '""', '"urn:a"', '"http://a.example/b#c"'])
def test_every_action_that_soap_allows_is_taken(action: str | None):
    assert of_http("text/xml", action, REQUEST).soap_action == action


def forged(**changed: object) -> tuple[Carried, ...]:
    body, xroad, photo = to_parts(of_http(SWA_TYPE, None, SWA))
    wire = json.loads(xroad.data) | changed
    return body, xroad._replace(data=json.dumps(wire).encode()), photo


FORGED: dict[str, tuple[Carried, ...]] = {
    "a header with a line end": forged(mime=[[["content-type", "a/b"], ["X", "y\r\nZ: z"]]]),
    "a header's name with a line end": forged(mime=[[["content-type", "a/b"], ["X: y\r\nZ", "z"]]]),
    "a header that ends the headers": forged(mime=[[["content-type", "a/b"], ["X", "y\r\n\r\n--"]]]),
    "a content type that adds a header": forged(mime=[[["content-type", "a/b\r\nX: y"]]]),
    "a header that is no Latin": forged(mime=[[["content-type", "a/b"], ["X", "\u1ea3"]]]),
    "a content type of another shape": forged(content_type="text/xml"),
    "MIME without a root": forged(root=[]),
    "a root that is no XML": forged(root=[["content-type", "text/html"]]),
    "an action that adds a header": forged(soap_action='"a\r\nX: y"'),
    "an attachment less": forged(mime=[]),
    "an attachment more": forged(mime=[[["content-type", "a/b"]], [["content-type", "a/b"]]]),
    "a list where text is": forged(content_type=[]),
    "a megabyte": (*forged()[:1], forged()[1]._replace(data=forged()[1].data + b" " * (1 << 20)), forged()[2]),
    "no JSON": (*forged()[:1], forged()[1]._replace(data=b"{"), forged()[2]),
    "no UTF-8": (*forged()[:1], forged()[1]._replace(data=b'{"content_type":"\xff"}'), forged()[2]),
    "another media type": (*forged()[:1], forged()[1]._replace(media_type="application/json"), forged()[2]),
    "no part of X-Road": (forged()[0], forged()[2]),
    "no body": forged()[1:],
    "an attachment of another number": (*forged()[:2], forged()[2]._replace(id="attachment2")),
    "an attachment beside": (*forged(), forged()[2]._replace(id="attachment3")),
}


@pytest.mark.parametrize("name", FORGED)
def test_parts_that_another_node_forged_are_refused(name: str):
    with pytest.raises(SoapError):
        of_parts(FORGED[name])


def test_a_payload_stands_for_the_body_of_a_shaped_service():
    posted = of_http("text/xml", None, REQUEST)
    parts = (Carried("body", "application/xml", b"<x/>"), around(posted), Carried("payload", "text/xml", REQUEST))
    assert of_parts(parts, REQUEST) == Posted("text/xml", None, REQUEST)
