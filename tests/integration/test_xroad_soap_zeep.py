"""Stock zeep as a client of the face: it reads the description from us, calls us, and notices nothing."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest
import requests
import zeep
import zeep.exceptions
import zeep.wsdl.attachments
from xroad_soap_world import NAME, NAMESPACE, NUMBER, SUBSYSTEM, SoapWorld
from xroad_world import ONE_STOP

from schemas.xroad import posted
from schemas.xroad.mime import Part
from schemas.xroad.posted import Posted

IMAGE = b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 8
PARTS = ("xRoadInstance", "memberClass", "memberCode", "subsystemCode", "serviceCode", "serviceVersion")


@pytest.fixture
async def world() -> AsyncIterator[SoapWorld]:
    async with SoapWorld().speaking() as world:
        yield world


@pytest.fixture
def session() -> Iterator[requests.Session]:
    with requests.Session() as session:
        session.trust_env = False
        yield session


def identifier(kind: str, text: str) -> dict[str, str]:
    return {"objectType": kind, **dict(zip(PARTS, text.split("/"), strict=False))}


def header(code: str, version: str | None = "v1") -> dict[str, Any]:
    """X-Road's header as any zeep client hands it over; the WSDL says how it is written."""
    service = identifier("SERVICE", f"{SUBSYSTEM}/{code}" + (f"/{version}" if version else ""))
    return {
        "client": identifier("SUBSYSTEM", ONE_STOP),
        "service": service,
        "id": "zeep-1",
        "userId": "CB-0001",
        "protocolVersion": "4.0",
    }


def stock_client(world: SoapWorld, session: requests.Session) -> Any:  # noqa: ANN401 - zeep annotates little
    transport = zeep.Transport(session=session, timeout=20, operation_timeout=20)
    return zeep.Client(world.wsdl, transport=transport)


async def test_a_stock_client_asks_through_the_face(world: SoapWorld, session: requests.Session):
    def story() -> Any:  # noqa: ANN401 - what zeep made
        client = stock_client(world, session)
        return client.service.citizenConfirm(
            number=NUMBER, fullName=NAME, _soapheaders={**header("citizenConfirm"), "issue": "H56-1"}
        )

    world.service.answer = answer
    said = await asyncio.to_thread(story)
    assert (said.body.number, said.body.exists, said.body.address) == (NUMBER, True, None)
    assert (said.header.id, said.header.userId, said.header.issue) == ("zeep-1", "CB-0001", "H56-1")
    assert said.header.client.subsystemCode == "one-stop"
    assert said.header.service.serviceVersion == "v1"
    (seen,) = world.service.seen
    assert seen.header("SOAPAction") == '""'
    assert NAME.encode() in seen.body


async def answer(asked: Posted) -> tuple[int, str, bytes]:
    """zeep declares each header field's namespace on the field itself, under prefixes of its own."""
    head, _, _ = asked.soap.partition(b"<soap-env:Body>")
    body = f'<citizenConfirmResponse xmlns="http://citizens.example.vn/"><number>{NUMBER}</number><exists>1</exists></citizenConfirmResponse>'
    return 200, "text/xml", head + f"<soap-env:Body>{body}</soap-env:Body></soap-env:Envelope>".encode()


async def test_a_stock_client_reads_attachments(world: SoapWorld, session: requests.Session):
    async def photo(asked: Posted) -> tuple[int, str, bytes]:
        head, _, _ = asked.soap.partition(b"<soap-env:Body>")
        body = (
            '<citizenPhotoResponse xmlns="http://citizens.example.vn/"><photo>cid:photo</photo></citizenPhotoResponse>'
        )
        soap = head + f"<soap-env:Body>{body}</soap-env:Body></soap-env:Envelope>".encode()
        image = Part((("content-type", "image/png"), ("Content-ID", "<photo>")), IMAGE)
        return 200, *posted.to_http(posted.multipart(soap, (image,)))

    def story() -> Any:  # noqa: ANN401 - what zeep made
        client = stock_client(world, session)
        return client.service.citizenPhoto(number=NUMBER, _soapheaders=header("citizenPhoto"))

    world.service.answer = photo
    said = await asyncio.to_thread(story)
    assert isinstance(said, zeep.wsdl.attachments.MessagePack)
    assert said.root.body.photo == "cid:photo"
    assert [(one.content_type, one.content_id, one.content) for one in said.attachments] == [
        ("image/png", "<photo>", IMAGE)
    ]


async def test_a_stock_client_reads_mtom(world: SoapWorld, session: requests.Session):
    async def photo(asked: Posted) -> tuple[int, str, bytes]:
        head, _, _ = asked.soap.partition(b"<soap-env:Body>")
        include = '<x:Include xmlns:x="http://www.w3.org/2004/08/xop/include" href="cid:photo"/>'
        body = f'<citizenPhotoResponse xmlns="{NAMESPACE}"><photo>{include}</photo></citizenPhotoResponse>'
        soap = head + f"<soap-env:Body>{body}</soap-env:Body></soap-env:Envelope>".encode()
        root = (("content-type", 'application/xop+xml; charset=UTF-8; type="text/xml"'), ("Content-ID", "<root>"))
        image = Part((("content-type", "image/png"), ("Content-ID", "<photo>")), IMAGE)
        kind = 'multipart/related; type="application/xop+xml"; start="<root>"; start-info="text/xml"; boundary="=_mtom"'
        return 200, *posted.to_http(Posted(kind, None, soap, root, (image,)))

    def story() -> Any:  # noqa: ANN401 - what zeep made
        return stock_client(world, session).service.citizenPhoto(number=NUMBER, _soapheaders=header("citizenPhoto"))

    world.service.answer = photo
    said = await asyncio.to_thread(story)
    assert base64.b64decode(said.body.photo) == IMAGE


async def test_a_stock_client_understands_our_faults(world: SoapWorld, session: requests.Session):
    def story() -> zeep.exceptions.Fault:
        client = stock_client(world, session)
        with pytest.raises(zeep.exceptions.Fault) as refused:
            client.service.citizenConfirm(
                number="12", fullName=NAME, _soapheaders={**header("citizenConfirm"), "issue": "1"}
            )
        return refused.value

    fault = await asyncio.to_thread(story)
    assert fault.code == "Client.InvalidBody"
    assert fault.message is not None
    assert "301" in fault.message
    assert fault.detail.findtext("faultDetail")
    assert world.service.seen == []


async def test_the_request_that_zeep_wrote_reaches_the_service_to_the_byte(world: SoapWorld, session: requests.Session):
    sent: list[bytes] = []

    def keep(prepared: requests.PreparedRequest) -> requests.PreparedRequest:
        sent.append(prepared.body if isinstance(prepared.body, bytes) else b"")
        return prepared

    def story() -> None:
        client = stock_client(world, session)
        session.auth = keep
        client.service.citizenConfirm(
            number=NUMBER, fullName=NAME, _soapheaders={**header("citizenConfirm"), "issue": "1"}
        )

    world.service.answer = answer
    await asyncio.to_thread(story)
    assert [seen.body for seen in world.service.seen] == sent
