"""SOAP calls of X-Road over real sockets: which bytes reach the existing service, and which bytes come back."""

from __future__ import annotations

from collections.abc import AsyncIterator
from io import BytesIO

import pytest
from world import word_of
from xroad_soap_messages import ANSWER, QUESTION
from xroad_soap_world import NUMBER, PHOTOS, SUBSYSTEM, SoapWorld, fields, message, repeated
from xroad_world import KEY, ONE_STOP, STRANGERS_KEY

from adapters.port import Query
from schemas.xroad import posted
from schemas.xroad.mime import Part
from schemas.xroad.posted import Posted
from schemas.xroad.soap import Message, is_hash_of, read_request, read_response

CONFIRM = message(*fields(ONE_STOP, f"{SUBSYSTEM}/citizenConfirm/v1"), body=QUESTION)
PHOTO_BODY = '<p:citizenPhoto xmlns:p="http://citizens.example.vn/"><p:number>097195001234</p:number></p:citizenPhoto>'
PHOTO = message(*fields(ONE_STOP, f"{SUBSYSTEM}/citizenPhoto/v1"), body=PHOTO_BODY)
PHOTO_ANSWER = '<p:citizenPhotoResponse xmlns:p="http://citizens.example.vn/"><p:photo>cid:photo</p:photo></p:citizenPhotoResponse>'
IMAGE = Part((("content-type", "image/png"), ("Content-ID", "<photo>")), b"\x89PNG\r\n\x1a\n--\x00" * 99)
MANDATE = (
    b"--MIME_boundary\r\nContent-Type: text/xml; charset=UTF-8\r\nContent-ID: <rootpart>\r\n\r\n"
    + PHOTO
    + b"\r\n--MIME_boundary\r\nContent-Type: application/pdf; name=a.pdf\r\nContent-Transfer-Encoding: binary\r\n"
    b"Content-ID: <data.bin>\r\n\r\n%PDF-1.7\r\n\x00\xff\r\n--MIME_boundary--\r\n"
)
SWA = 'multipart/related; type="text/xml"; start="<rootpart>"; boundary="MIME_boundary"'


@pytest.fixture
async def world() -> AsyncIterator[SoapWorld]:
    async with SoapWorld().speaking() as world:
        yield world


async def photo(asked: Posted) -> tuple[int, str, bytes]:
    return 200, "text/xml", repeated(asked.soap, PHOTO_ANSWER)


def answered(data: bytes) -> Message:
    found = read_response(data)
    assert isinstance(found, Message)
    return found


async def test_a_judged_service_gets_the_client_s_bytes_and_the_client_its_own_header_back(world: SoapWorld):
    said = await world.post(CONFIRM, 'text/xml;charset="utf-8"', SOAPAction='""', X_Other="private")
    (seen,) = world.service.seen
    assert seen.body == CONFIRM
    assert (seen.header("Content-Type"), seen.header("SOAPAction")) == ('text/xml;charset="utf-8"', '""')
    assert seen.header("X_Other") is None
    assert (said.status, said.content_type) == (200, "text/xml; charset=UTF-8")
    response, request = answered(said.body), read_request(CONFIRM)
    assert response.header._replace(request_hash=None) == request.header
    assert response.header.request_hash is not None
    assert is_hash_of(response.header.request_hash, CONFIRM)
    assert response.wrapper.findtext("{*}exists") == "true"


async def test_only_agreed_terms_come_back(world: SoapWorld):
    more = ANSWER.replace(
        "</ns1:citizenConfirmResponse>", "<ns1:address>Xã Mẫu</ns1:address></ns1:citizenConfirmResponse>"
    )

    async def talks(asked: Posted) -> tuple[int, str, bytes]:
        return 200, "text/xml", repeated(asked.soap, more)

    world.service.answer = talks
    said = await world.post(CONFIRM)
    assert answered(said.body).wrapper.findtext("{*}exists") == "true"
    assert "Xã Mẫu" not in said.text


async def test_what_is_passed_through_changes_in_the_hash_alone(world: SoapWorld):
    world.service.answer = photo
    said = await world.post(PHOTO, SOAPAction='"http://citizens.example.vn/photo"')
    (seen,) = world.service.seen
    assert seen.body == PHOTO
    head, tag, tail = said.text.partition("<xrd:requestHash ")
    assert tag
    assert (head + tail.partition("</xrd:requestHash>")[2]).encode() == repeated(PHOTO, PHOTO_ANSWER)


async def test_attachments_go_both_ways_to_the_byte(world: SoapWorld):
    async def with_image(asked: Posted) -> tuple[int, str, bytes]:
        root = (("content-type", "text/xml"), ("Content-ID", "<r>"))
        kind = 'multipart/related; type="text/xml"; start="<r>"; boundary="=_service"'
        return 200, *posted.to_http(Posted(kind, None, repeated(asked.soap, PHOTO_ANSWER), root, (IMAGE,)))

    world.service.answer = with_image
    said = await world.post(MANDATE, SWA, SOAPAction='""')
    (seen,) = world.service.seen
    assert seen.header("Content-Type") == SWA
    came = posted.of_http(SWA, None, seen.body)
    assert came.soap == PHOTO
    assert came.attachments == posted.of_http(SWA, None, MANDATE).attachments
    assert came.attachments[0].data == b"%PDF-1.7\r\n\x00\xff"
    assert said.content_type == 'multipart/related; type="text/xml"; start="<r>"; boundary="=_service"'
    answer = posted.of_http(said.content_type, None, said.body)
    assert answer.attachments == (IMAGE,)
    said_hash = answered(answer.soap).header.request_hash
    assert said_hash is not None
    assert is_hash_of(said_hash, PHOTO)  # of the first part's bytes


async def test_a_large_attachment_reaches_the_service_and_comes_back(world: SoapWorld):
    scan = IMAGE._replace(data=bytes(range(256)) * 8_000)

    async def gives_back(asked: Posted) -> tuple[int, str, bytes]:
        soap = repeated(asked.soap, PHOTO_ANSWER)
        return 200, *posted.to_http(posted.multipart(soap, asked.attachments))

    world.service.answer = gives_back
    adapter = world.population.adapters[PHOTOS]
    found = await adapter.ask(Query("photo", {}, parts=posted.to_parts(posted.multipart(PHOTO, (scan,)))))
    assert posted.of_parts(found.parts).attachments == (scan,)
    assert [part.media_type for part in found.parts] == [
        "text/xml",
        "application/vnd.lienthong.xroad-soap+json",
        "image/png",
    ]


async def test_mtom_passes(world: SoapWorld):
    world.service.answer = photo
    kind = SWA.replace('"text/xml"', '"application/xop+xml"; start-info="text/xml"')
    body = MANDATE.replace(b"text/xml; charset=UTF-8", b'application/xop+xml; charset=UTF-8; type="text/xml"')
    said = await world.post(body, kind, SOAPAction='""')
    (seen,) = world.service.seen
    assert seen.header("Content-Type") == kind
    assert b'content-type:application/xop+xml; charset=UTF-8; type="text/xml"\r\n' in seen.body
    assert answered(said.body).header.request_hash is not None


@pytest.mark.parametrize("status", [200, 500])
async def test_a_fault_of_a_service_that_is_passed_through_is_its_answer(world: SoapWorld, status: int):
    fault = (
        b'<?xml version="1.0"?><e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/"><e:Body><e:Fault>'
        b"<faultcode>e:Server.NoPhoto</faultcode><faultstring>ask in writing</faultstring></e:Fault></e:Body>"
        b"</e:Envelope>"
    )

    async def refuses(_: Posted) -> tuple[int, str, bytes]:
        return status, "text/xml", fault

    world.service.answer = refuses
    said = await world.post(PHOTO)
    assert (said.status, said.content_type, said.body) == (200, "text/xml; charset=UTF-8", fault)
    assert [word_of(record) for record, _ in await world.records()] == ["asked", "answered"]


async def test_a_fault_of_a_judged_service_is_no_answer(world: SoapWorld):
    async def refuses(_: Posted) -> tuple[int, str, bytes]:
        fault = (
            '<e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/"><e:Body><e:Fault><faultcode>e:Server'
            f"</faultcode><faultstring>citizen {NUMBER} is unknown</faultstring></e:Fault></e:Body></e:Envelope>"
        )
        return 500, "text/xml", fault.encode()

    world.service.answer = refuses
    said = await world.post(CONFIRM)
    assert said.fault == "Server.ServerProxy.ServiceFailed.InternalError"
    assert NUMBER not in said.text


async def test_the_record_names_user_and_subject(world: SoapWorld):
    await world.post(CONFIRM)
    (asked, details), (outcome, _) = await world.records()
    assert (word_of(asked), word_of(outcome)) == ("asked", "answered")
    assert details.officer is not None
    assert (details.officer.id, details.officer.unit) == ("CB-0001", "one-stop")
    assert [(who.scheme, who.id) for who in details.subjects] == [("citizen", NUMBER)]
    assert details.correlation == "4894e35d-bf0f-44a6-867a-8e51f1daa7e0"


CALLS: dict[str, tuple[str, str, str]] = {
    "not agreed": ("citizenErase", "<citizenErase/>", "Server.ServerProxy.AccessDenied"),
    "nothing of that name": ("citizenNone", "<citizenNone/>", "Server.ServerProxy.AccessDenied"),
    "another version": ("citizenConfirm/v2", QUESTION, "Server.ServerProxy.AccessDenied"),
    "no version": ("citizenConfirm", QUESTION, "Server.ServerProxy.AccessDenied"),
    "a REST service": ("echo", "<echo/>", "Server.ServerProxy.ServiceType"),
    "a question of another shape": ("citizenConfirm/v1", '<citizenConfirm xmlns="urn:x"/>', "Client.InvalidBody"),
}


@pytest.mark.parametrize("name", CALLS)
async def test_a_call_that_goes_nowhere_is_a_fault(world: SoapWorld, name: str):
    code, body, expected = CALLS[name]
    said = await world.post(message(*fields(ONE_STOP, f"{SUBSYSTEM}/{code}"), body=body))
    assert (said.status, said.content_type, said.fault) == (200, "text/xml; charset=UTF-8", expected)
    assert said.body.startswith(b'<?xml version="1.0" encoding="UTF-8"?><SOAP-ENV:Envelope ')
    assert b'<detail><faultDetail xmlns="">' in said.body
    assert world.service.seen == []


async def test_who_speaks_is_decided_by_what_the_request_shows(world: SoapWorld):
    other = await world.post(CONFIRM, **{"X-Api-Key": STRANGERS_KEY})
    assert other.fault == "Server.ClientProxy.SslAuthenticationFailed"
    unknown = await world.post(CONFIRM.replace(b"one-stop", b"two-stop"))
    assert unknown.fault == "Server.ClientProxy.UnknownMember"
    nowhere = await world.post(CONFIRM.replace(b"<id:subsystemCode>population", b"<id:subsystemCode>nothing"))
    assert nowhere.fault == "Server.ClientProxy.UnknownMember"
    assert world.service.seen == []


async def test_nobody_s_bytes_are_read(world: SoapWorld):
    async with SoapWorld(listed=()).speaking() as unlisted:
        said = [await unlisted.post(CONFIRM), await unlisted.post(b"hello", "text/plain")]
        shown = await unlisted.post(CONFIRM, **{"X-Api-Key": KEY})
    assert [one.fault for one in said] == ["Server.ClientProxy.SslAuthenticationFailed"] * 2
    assert shown.fault == ""
    assert (await world.post(CONFIRM)).fault == ""


async def test_http_that_is_no_call_is_a_fault(world: SoapWorld):
    said = [
        await world.post(b"", method="GET"),
        await world.post(CONFIRM, "application/json"),
        await world.post(CONFIRM, None),
        await world.post(CONFIRM, "text/xml", SOAPAction="urn:x"),
        await world.post(MANDATE[:-30], SWA),
        await world.post(b"<x/>"),
        await world.post(BytesIO(b"x" * (5 * 1024 * 1024))),
        await world.post(MANDATE.replace(PHOTO, CONFIRM), SWA),
    ]
    assert [one.fault for one in said] == [
        "Client.InvalidHttpMethod",
        "Client.InvalidContentType",
        "Client.InvalidRequest",
        "Client.InvalidSoapAction",
        "Client.MimeParsingFailed",
        "Client.InvalidSoap",
        "Client.InvalidBody",
        "Client.InvalidMessage",
    ]
    assert {one.status for one in said} == {200}


LIES: dict[str, tuple[bytes, bytes]] = {
    "another id": (b"4894e35d", b"4894e35e"),
    "another user": (b"CB-0001", b"CB-0002"),
    "another client": (b"one-stop", b"two-stop"),
    "no user": (b"<xrd:userId>CB-0001</xrd:userId>", b""),
    "no header": (b"SOAP-ENV:Header", b"SOAP-ENV:Head"),
    "another wrapper": (b"citizenPhotoResponse", b"other"),
    "no XML": (b"</SOAP-ENV:Envelope>", b""),
}


@pytest.mark.parametrize("name", LIES)
async def test_an_answer_to_another_request_is_none(world: SoapWorld, name: str):
    old, new = LIES[name]

    async def lies(asked: Posted) -> tuple[int, str, bytes]:
        return 200, "text/xml", repeated(asked.soap, PHOTO_ANSWER).replace(old, new)

    world.service.answer = lies
    said = await world.post(PHOTO)
    assert said.fault == "Server.ServerProxy.ServiceFailed.InvalidResponse"


@pytest.mark.parametrize("status", [301, 404, 503])
async def test_http_errors_of_the_service_are_its_failure(world: SoapWorld, status: int):
    async def fails(_: Posted) -> tuple[int, str, bytes]:
        return status, "text/html", b"<html/>"

    world.service.answer = fails
    said = await world.post(PHOTO)
    assert said.fault.startswith("Server.ServerProxy.ServiceFailed.")
