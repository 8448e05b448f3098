"""X-Road's identifiers, message bytes, paths and endpoints under arbitrary input: laws, and one kind of refusal."""

from __future__ import annotations

import string
from urllib.parse import quote, unquote

from hypothesis import assume, given
from hypothesis import strategies as st

from schemas.xroad.ids import ClientId, IdError, ServiceId, client_of, decode, encode, party_of, server_of, service_of
from schemas.xroad.paths import Endpoint, PathError, nearest, segments_of
from schemas.xroad.rest import (
    REQUEST_HASH,
    REQUEST_ID,
    SKIPPED,
    VERBS,
    RestMessageError,
    RestRequest,
    RestResponse,
    parse,
    request_hash,
    request_of,
    response_of,
)

PART = st.text(st.characters(codec="utf-8", exclude_characters="/\\%:;", categories=("L", "N", "S", "P")), min_size=1)
PARTS = PART.filter(lambda text: text.strip(".") and text == text.strip() and len(text) < 100)
NAME = st.text(string.ascii_letters + "-", min_size=1, max_size=12).filter(lambda name: name.lower() not in SKIPPED)
VALUE = st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs")), max_size=40)
HEADERS = st.lists(st.tuples(NAME, VALUE), max_size=8)
TARGET = st.text(string.ascii_letters + string.digits + "-._~%/=&", max_size=30)
SEGMENT = st.text(string.ascii_letters + string.digits + "-_", min_size=1, max_size=4)
CLIENT = ("X-Road-Client", "VN/GOV/H26/one-stop")


@given(st.builds(ClientId, PARTS, PARTS, PARTS, st.none() | PARTS))
def test_a_client_is_read_as_it_is_written(client: ClientId):
    assert client_of(client.encoded) == client
    assert client_of("/".join(quote(part, safe="") for part in client if part)) == client


@given(st.builds(ClientId, PARTS, PARTS, PARTS, PARTS), PARTS)
def test_a_service_is_read_as_it_is_written(client: ClientId, code: str):
    service = ServiceId(client, code)
    assert service_of(service.encoded) == service


@given(st.text(max_size=60))
def test_identifiers_are_read_or_refused(text: str):
    for read in (client_of, service_of, server_of, party_of):
        try:
            found = read(text)
        except IdError:
            continue
        assert not set("%\\:;") & set(found.text)


@given(st.text(max_size=30))
def test_a_part_never_holds_what_splits_or_climbs(text: str):
    try:
        part = decode(text)
    except IdError:
        return
    assert "/" not in part
    assert part not in {"", ".", ".."}
    assert encode((part,)).isascii()


@given(st.sampled_from(VERBS), TARGET, HEADERS)
def test_a_request_is_read_as_it_is_written(verb: str, rest: str, headers: list[tuple[str, str]]):
    request = request_of(verb, f"/r1/{rest}", headers, request_id="r", message_id="m")
    assert parse(request.message) == request
    assert request.message.startswith(f"{verb}\r\n/r1/".encode())
    names = [name.lower() for name, _ in request.headers]
    assert names.count(REQUEST_ID) == 1
    assert REQUEST_HASH not in names
    assert not SKIPPED & set(names)


@given(st.integers(100, 999), VALUE, HEADERS, st.none() | st.binary(min_size=64, max_size=64))
def test_a_response_is_read_as_it_is_written(
    status: int, reason: str, headers: list[tuple[str, str]], digest: bytes | None
):
    request = request_of("GET", "/r1/VN/GOV/G01/population/echo", [CLIENT], request_id="r", message_id="m")
    response = response_of(status, reason, headers, request=request, body_digest=digest)
    assert parse(response.message) == response
    assert response.last(REQUEST_HASH) == request_hash(request.message, digest)


@given(st.binary(max_size=200) | st.binary(max_size=40).map(lambda tail: b"GET\r\n/r1/a\r\n" + tail))
def test_bytes_are_a_message_or_refused(data: bytes):
    try:
        message = parse(data)
    except RestMessageError:
        return
    assert message.message == data, "one message, one spelling"


@given(TARGET, HEADERS)
def test_what_is_logged_names_nobody(rest: str, headers: list[tuple[str, str]]):
    path, _, query = f"/r1/VN/GOV/G01/population/echo/{rest}".partition("?")
    request = RestRequest("GET", path, query or None, (*headers, CLIENT))
    filtered = parse(request.filtered)
    assert isinstance(filtered, RestRequest)
    assert (filtered.path, filtered.query) == ("/r1/VN/GOV/G01/population/echo", None)
    assert all(name.lower().startswith("x-road-") for name, _ in filtered.headers)
    said = parse(RestResponse(200, "OK", (*headers, CLIENT)).filtered)
    assert all(name.lower().startswith("x-road-") for name, _ in said.headers)


@given(st.text(string.printable + "é\u2028", max_size=40).map(lambda text: f"/{text}"))
def test_a_path_has_one_reading(path: str):
    try:
        segments = segments_of(path)
    except PathError:
        return
    again = unquote(unquote(path))
    assert again == unquote(path), "a second decoding finds nothing"
    assert len(segments) == path.count("/")
    assert "" not in segments[:-1]
    for segment in segments:
        assert not {"/", "\\", "\0", "\r", "\n"} & set(segment)
        assert segment.partition(";")[0].strip() not in {".", ".."}


@given(st.lists(SEGMENT, min_size=1, max_size=5), st.data())
def test_a_literal_beats_a_wildcard_and_the_rest_is_last(segments: list[str], data: st.DataObject):
    path = tuple(segments)
    literal = "GET /" + "/".join(path)
    number = data.draw(st.integers(0, len(path) - 1))
    starred = "GET /" + "/".join("*" if place == number else one for place, one in enumerate(path))
    rest = "GET /" + "/".join((*path[:number], "**"))
    for offered in ([literal, starred, rest], [rest, starred, literal]):
        for left in range(3):
            kept = [one for one in offered if one in (literal, starred, rest)[left:]]
            found = nearest([("it", kept)], "GET", path)
            assert found is not None
            assert found[1].endpoint == Endpoint.of((literal, starred, rest)[left])
    assert nearest([("it", [literal, starred, rest])], "PUT", path) is None


@given(st.lists(SEGMENT, min_size=1, max_size=5), st.lists(st.booleans(), min_size=5, max_size=5))
def test_wildcards_catch_what_they_stand_for(segments: list[str], starred: list[bool]):
    path = tuple(segments)
    pattern = ["*" if star else one for one, star in zip(path, starred, strict=False)]
    assume("*" in pattern)
    caught = Endpoint.of("* /" + "/".join(pattern)).match("PATCH", path)
    assert caught == tuple(one for one, rule in zip(path, pattern, strict=True) if rule == "*")
    assert Endpoint.of("GET /**").match("GET", path) == ("/".join(path),)
