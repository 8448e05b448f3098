"""SOAP messages of X-Road: pieces found in bytes are the parser's own, what is put in changes nothing else."""

from __future__ import annotations

from xml.sax.saxutils import escape, quoteattr

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree
from xroad_soap_messages import ANSWER, FIELDS, REQUEST, envelope

from schemas.xml import XmlError, parse
from schemas.xroad import splicing
from schemas.xroad.ids import ClientId, Party, ServerId, ServiceId
from schemas.xroad.soap import (
    Fault,
    Header,
    Message,
    SoapError,
    differing,
    is_hash_of,
    read_request,
    read_response,
    request_hash,
)
from schemas.xroad.tags import closed

TEXTS = st.text(st.sampled_from("ab ảĐ\u2028&<>'\"/!-[]?😀"), max_size=8)
NOISE = st.sampled_from(
    [
        "",
        " ",
        "\n\t",
        "<!-- <a> -->",
        "<!--]]>-->",
        "<![CDATA[</a><b>]]>",
        "<?p <a> \"'?>",
        "&lt;a>",
        "&#60;",
        ">",
        "'\"",
    ]
)
VALUES = TEXTS | st.sampled_from([">", "/>", "'>\"", "<!--"])
ATTRIBUTES = st.dictionaries(st.sampled_from(["a", "b", "x:c"]), VALUES, max_size=3)


@st.composite
def elements(draw: st.DrawFn, depth: int = 0) -> str:
    """Well-formed XML that looks like something else."""
    name = draw(st.sampled_from(["a", "b", "x:a", "tên"]))
    quoted = "".join(f" {key}={quoteattr(value)}" for key, value in draw(ATTRIBUTES).items())
    space = draw(st.sampled_from(["", " ", "\n"]))
    if draw(st.booleans()):
        return f"<{name}{quoted}{space}/>"
    children = draw(st.lists(elements(depth + 1), max_size=3)) if depth < 3 else []
    inner = "".join(draw(NOISE) + escape(draw(TEXTS)) + child for child in children) + draw(NOISE)
    return f"<{name}{quoted}{space}>{inner}</{name}{space}>"


def in_order(element: etree._Element, depth: int = 0) -> list[tuple[int, str]]:
    """Depth and name of each element, children before their parent."""
    below = [one for child in element for one in in_order(child, depth + 1)]
    name = etree.QName(element).localname
    return [*below, (depth, f"{element.prefix}:{name}" if element.prefix else name)]


@given(NOISE.filter(lambda text: text[:1] in {"", " ", "\n"} or text.startswith(("<!--", "<?"))), elements())
def test_pieces_are_where_the_parser_sees_elements(before: str, inner: str):
    data = f'{before.strip()}<r xmlns:x="urn:x">{inner}</r>'.encode()
    root = parse(data)
    tags = list(closed(data, 99))
    assert [(tag.depth, tag.name(data)) for tag in tags] == in_order(root)
    assert tags[-1].outer(data) == data[len(before.strip().encode()) :]
    for tag in tags:
        piece = tag.outer(data)
        assert piece.startswith(b"<")
        assert piece.endswith(b">")
        assert tag.content(data) in piece
        alone = parse(b'<r xmlns:x="urn:x">' + piece + b"</r>")
        assert len(alone) == 1
    assert [tag for tag in tags if tag.depth <= 1] == list(closed(data, 1))


CODES = st.text(st.characters(categories=["L", "N"]), min_size=1, max_size=12)
LINES = st.text(st.characters(categories=["L", "N", "P", "Zs"]), max_size=20)
CLIENTS = st.builds(ClientId, CODES, CODES, CODES, st.none() | CODES)
HEADERS = st.builds(
    Header,
    client=CLIENTS,
    service=st.builds(ServiceId, st.builds(ClientId, CODES, CODES, CODES, CODES), st.just("ask"), st.none() | CODES),
    id=LINES,
    protocol_version=st.sampled_from(["4.0", "4.1", "4.12"]),
    user_id=st.none() | LINES,
    issue=st.none() | LINES,
    security_server=st.none() | st.builds(ServerId, CODES, CODES, CODES, CODES),
    represented_party=st.none() | st.builds(Party, st.none() | CODES, CODES),
    request_hash=st.none(),
)


@given(HEADERS)
def test_a_header_that_is_written_is_read(header: Header):
    message = read_request(splicing.request_of(header, b"<ask/>"))
    assert message.header == header
    answer = read_response(splicing.answer_to(message, b"<askResponse/>"))
    assert isinstance(answer, Message)
    assert differing(header, answer.header) is None
    assert answer.header == header._replace(request_hash=request_hash(message.data))


PIECES = [
    b"", b"<", b">", b"/", b'"', b"<x/>", b"<!-- -->", b"<![CDATA[", b"]]>", b"&amp;", b"&x;", b"\x00", b"\xff",
    b"</xrd:id>", b"<xrd:id>1</xrd:id>", b' xmlns=""', b"SOAP-ENV:", "ả".encode(),
]  # fmt: skip
PLACES = st.lists(st.tuples(st.integers(0, len(REQUEST)), st.sampled_from(PIECES)), max_size=4)


def broken(places: list[tuple[int, bytes]], cut: int) -> bytes:
    data = REQUEST
    for at, piece in places:
        data = data[:at] + piece + data[at + (len(piece) if cut % 2 else 0) :]
    return data[: len(data) - cut % 7] if cut % 3 == 0 else data


@settings(max_examples=300)
@given(PLACES, st.integers(0, 40))
def test_any_bytes_are_a_message_or_refused(places: list[tuple[int, bytes]], cut: int):
    data = broken(places, cut)
    try:
        message = read_request(data)
    except SoapError:
        return
    own = read_response(splicing.answer_to(message, ANSWER.encode()))
    assert isinstance(own, Message)
    assert differing(message.header, own.header) is None


@settings(max_examples=300)
@given(PLACES, st.integers(0, 40))
def test_a_hash_is_put_into_any_answer_and_nothing_else(places: list[tuple[int, bytes]], cut: int):
    try:
        response = read_response(broken(places, cut))
    except SoapError:
        return
    if isinstance(response, Fault):
        return
    data = splicing.with_hash(response, REQUEST)
    again = read_response(data)
    assert isinstance(again, Message)
    assert again.header.request_hash is not None
    assert is_hash_of(again.header.request_hash, REQUEST)
    assert again.header._replace(request_hash=None) == response.header._replace(request_hash=None)
    assert etree.tostring(again.wrapper) == etree.tostring(response.wrapper)
    if response.header.request_hash is None:
        assert len(data) > len(response.data)
        assert data.startswith(response.data[: response.data.index(b"id>")])
        assert data.endswith(response.data[-40:])


@given(st.binary(max_size=60))
def test_bytes_that_are_nothing_are_refused(data: bytes):
    with pytest.raises(SoapError):
        read_response(data)
    with pytest.raises((SoapError, XmlError)):
        read_request(data + b"<")


def test_what_came_is_kept_between_fields():
    came = envelope(*FIELDS[:3], "<!-- between -->", *FIELDS[3:], body=ANSWER)
    response = read_response(came)
    assert isinstance(response, Message)
    assert b"<!-- between -->" in splicing.with_hash(response, REQUEST)
