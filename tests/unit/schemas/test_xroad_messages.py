"""X-Road's REST messages, identifiers and endpoints to the byte: the examples by which both sides must agree."""

from __future__ import annotations

import base64
import hashlib

import pytest

from schemas.xroad.ids import IdError, Party, ServerId, client_of, party_of, server_of, service_of
from schemas.xroad.paths import Endpoint, PathError, nearest, segments_of
from schemas.xroad.rest import (
    MAX_HEADERS,
    MAX_MESSAGE_BYTES,
    RestMessageError,
    RestRequest,
    RestResponse,
    media_type_of,
    parse,
    request_hash,
    request_of,
    response_of,
)

CAME = [
    ("Host", "ss1"),
    ("Accept", "application/json"),
    ("X-Road-Client", "DEV/ORG/444/Sub%20A"),
    ("User-Agent", "curl"),
    ("X-Road-UserId", "EE1234"),
    ("x-road-request-id", "client's own"),
    ("X-Own", "é: b"),
]
REQUEST = (
    "POST\r\n"
    "/r1/DEV/COM/222/TESTSERVICE/pets/cats/1?full=true&x\r\n"
    "Accept:application/json\r\n"
    "X-Road-Client:DEV/ORG/444/Sub%20A\r\n"
    "X-Road-UserId:EE1234\r\n"
    "X-Own:é: b\r\n"
    "x-road-request-id:f92591a3-6bf0-49b1-987b-0dd78c034cc3\r\n"
    "x-road-id:DEV-1b2f4aa4-d8f8-40fc-bbfd-ae2b29e2ce8c\r\n"
)
FILTERED = (
    "POST\r\n"
    "/r1/DEV/COM/222/TESTSERVICE/pets\r\n"
    "X-Road-Client:DEV/ORG/444/Sub%20A\r\n"
    "X-Road-UserId:EE1234\r\n"
    "x-road-request-id:f92591a3-6bf0-49b1-987b-0dd78c034cc3\r\n"
    "x-road-id:DEV-1b2f4aa4-d8f8-40fc-bbfd-ae2b29e2ce8c\r\n"
)


def request() -> RestRequest:
    return request_of(
        "POST",
        "/r1/DEV/COM/222/TESTSERVICE/pets/cats/1?full=true&x",
        CAME,
        request_id="f92591a3-6bf0-49b1-987b-0dd78c034cc3",
        message_id="DEV-1b2f4aa4-d8f8-40fc-bbfd-ae2b29e2ce8c",
    )


def test_a_request_to_the_byte():
    assert request().message.decode() == REQUEST
    assert parse(REQUEST.encode()) == request()


def test_a_request_as_it_is_logged():
    assert request().filtered.decode() == FILTERED
    assert request_of("GET", "/r1/a/b/c/d/e?x", [], request_id="r", message_id="m").filtered.startswith(
        b"GET\r\n/r1/a/b/c/d/e\r\n"
    )


def test_what_a_request_names():
    service = request().service
    assert (service.client.text, service.code) == ("DEV/COM/222/TESTSERVICE", "pets")
    assert (request().service_path, request().query) == ("/cats/1", "full=true&x")
    assert client_of(request().last("x-road-client") or "").subsystem == "Sub A"


@pytest.mark.parametrize(
    ("target", "path", "query"), [("/r1/a", "/r1/a", None), ("/r1/a?", "/r1/a", ""), ("/r1/a?b?c", "/r1/a", "b?c")]
)
def test_path_and_query(target: str, path: str, query: str | None):
    made = request_of("GET", target, [], request_id="r", message_id="m")
    assert (made.path, made.query) == (path, query)
    assert made.message.decode().split("\r\n")[1] == target


def test_a_response_to_the_byte():
    came = [("Content-Type", "text/plain"), ("Server", "x"), ("X-Road-Error", "forged"), ("X-Own", "1"), ("X-Own", "2")]
    response = response_of(404, "Not Found", came, request=request(), body_digest=None)
    digest = base64.b64encode(hashlib.sha512(REQUEST.encode()).digest()).decode()
    assert response.message.decode() == (
        "404\r\n"
        "Not Found\r\n"
        "Content-Type:text/plain\r\n"
        "X-Own:1\r\n"
        "X-Own:2\r\n"
        "x-road-id:DEV-1b2f4aa4-d8f8-40fc-bbfd-ae2b29e2ce8c\r\n"
        "x-road-client:DEV/ORG/444/Sub%20A\r\n"
        "x-road-service:DEV/COM/222/TESTSERVICE/pets\r\n"
        "x-road-request-id:f92591a3-6bf0-49b1-987b-0dd78c034cc3\r\n"
        f"x-road-request-hash:{digest}\r\n"
    )
    assert parse(response.message) == response
    assert b"X-Own" not in response.filtered


def test_the_hash_with_a_body_is_of_both_digests():
    body = hashlib.sha512(b"body").digest()
    both = hashlib.sha512(hashlib.sha512(b"message").digest() + body).digest()
    assert request_hash(b"message", body) == base64.b64encode(both).decode()


@pytest.mark.parametrize(
    ("data", "rule", "line"),
    [
        (b"", "line-ends", 0),
        (b"GET\r\n/r1/a", "line-ends", 0),
        (b"GET\n/r1/a\n", "line-ends", 0),
        (b"BREW\r\n/r1/a\r\n", "verb", 1),
        (b"GET\r\nr1/a\r\n", "target", 2),
        (b"GET\r\nhttp://h/r1/a\r\n", "target", 2),
        (b"GET\r\n/r1/a b\r\n", "target", 2),
        (b"GET\r\n/r1/a#b\r\n", "target", 2),
        (b"GET\r\n/r1/a\r\nno colon\r\n", "header", 3),
        (b"GET\r\n/r1/a\r\nA:b\r\n:b\r\n", "header", 4),
        (b"GET\r\n/r1/a\r\nA:b\nc\r\n", "header", 3),
        (b"GET\r\n/r1/a\r\nHost:b\r\n", "skipped", 3),
        (b"200\r\nOK\x00\r\n", "reason", 2),
        (b"99\r\nOK\r\n", "verb", 1),
        (b"GET\r\n/r1/\xff\r\n", "utf-8", 0),
        (b"GET\r\n/r1/a\r\n" + b"A:b\r\n" * (MAX_HEADERS + 1), "headers", 0),
        (b"GET\r\n/" + b"a" * MAX_MESSAGE_BYTES, "size", 0),
    ],
)
def test_bytes_that_are_no_message(data: bytes, rule: str, line: int):
    with pytest.raises(RestMessageError) as caught:
        parse(data)
    assert (caught.value.rule, caught.value.line) == (rule, line)


def test_the_last_header_counts():
    response = RestResponse(200, "OK", (("A", "1"), ("a", "2")))
    assert (response.last("a"), response.last("b")) == ("2", None)


@pytest.mark.parametrize(
    ("header", "part"),
    [
        (None, "application/octet-stream"),
        ("", "application/octet-stream"),
        ("Text/XML; charset=utf-8", "text/xml"),
        ("application/vnd.api+json", "application/vnd.api+json"),
        ("what is this", "application/octet-stream"),
        ("a/" + "b" * 81, "application/octet-stream"),
    ],
)
def test_media_types_as_parts_name_them(header: str | None, part: str):
    assert media_type_of(header) == part


def test_identifiers():
    assert client_of("VN/GOV/H26").text == "VN/GOV/H26"
    assert client_of("VN/GOV/H26/m%E1%BB%99t-c%E1%BB%ADa").subsystem == "một-cửa"
    assert client_of("VN/GOV/a+b").member_code == "a+b"
    assert client_of("VN/GOV/H26/s").member.text == "VN/GOV/H26"
    assert service_of("a/b/c/d/e").encoded == "a/b/c/d/e"
    assert server_of("a/b/c/d") == ServerId("a", "b", "c", "d")
    assert (party_of("c"), party_of("COM/c").text) == (Party(None, "c"), "COM/c")


@pytest.mark.parametrize(
    ("text", "rule", "place"),
    [
        ("VN/GOV", "parts", ""),
        ("VN/GOV/", "empty", "2"),
        ("VN/GOV/%2F", "characters", "2"),
        ("VN/GOV/a%3Ab", "characters", "2"),
        ("VN/GOV/a%00", "characters", "2"),
        ("VN/%20GOV/a", "characters", "1"),
        ("VN/GOV/%E2%80%8Ba", "characters", "2"),
        ("VN/GOV/..", "dots", "2"),
        ("VN/GOV/%2e", "dots", "2"),
        ("VN/GOV/%", "encoding", "2"),
        ("VN/GOV/%C3", "encoding", "2"),
        ("VN/GOV/" + "a" * 256, "length", "2"),
    ],
)
def test_identifiers_that_are_none(text: str, rule: str, place: str):
    with pytest.raises(IdError) as caught:
        client_of(text)
    assert (caught.value.rule, caught.value.place) == (rule, place)


@pytest.mark.parametrize(
    "text", ["GET", "GET persons", "BREW /a", "get /a", "GET /a/**/b", "GET /a*", "GET /***", "GET /a%20b", ""]
)
def test_endpoints_that_are_none(text: str):
    with pytest.raises(PathError, match="endpoint"):
        Endpoint.of(text)


OFFERED = [
    ("all", ["* /**"]),
    ("read", ["GET /**", "GET /persons/*/homes"]),
    ("person", ["GET /persons/*"]),
    ("me", ["GET /persons/me"]),
    ("root", ["GET /"]),
    ("any-verb", ["* /persons/me"]),
]


@pytest.mark.parametrize(
    ("verb", "path", "owner", "caught"),
    [
        ("GET", "", "root", ()),
        ("GET", "/", "root", ()),
        ("PUT", "", "all", ("",)),
        ("GET", "/persons", "read", ("persons",)),
        ("GET", "/persons/", "read", ("persons/",)),
        ("GET", "/persons/7", "person", ("7",)),
        ("GET", "/persons/me", "me", ()),
        ("PUT", "/persons/me", "any-verb", ()),
        ("GET", "/persons/7/homes", "read", ("7",)),
        ("GET", "/persons/7/other", "read", ("persons/7/other",)),
        ("GET", "/persons/%6de", "me", ()),
    ],
)
def test_the_nearest_endpoint(verb: str, path: str, owner: str, caught: tuple[str, ...]):
    found = nearest(OFFERED, verb, segments_of(path))
    assert found is not None
    assert (found[0], found[1].caught) == (owner, caught)


@pytest.mark.parametrize("path", ["a", "/" + "a" * 8_001, "/a" * 201])
def test_paths_that_are_too_much(path: str):
    with pytest.raises(PathError, match=r"slash|length"):
        segments_of(path)
