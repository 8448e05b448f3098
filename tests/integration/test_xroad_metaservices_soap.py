"""SOAP metaservices over real sockets: lists of methods, and descriptions that a stock client reads from us alone."""

from __future__ import annotations

import asyncio
from typing import Any

import aiohttp
import pytest
import zeep
from xroad_meta_kit import CIVIL_STATUS, CLIENT, KEY, snapshot, standing
from xroad_soap_request import envelope, parts_of, post

from bus.xroad.around import Around
from bus.xroad.face import XRoadFace
from bus.xroad.meta_soap import SoapMetadata
from bus.xroad.soap import SoapCalls
from registry.snapshot import Snapshot
from schemas.xml import Element, parse

XROAD = "{http://x-road.eu/xsd/xroad.xsd}"
IDS = "{http://x-road.eu/xsd/identifiers}"
WSDL = b"""<wsdl:definitions xmlns:wsdl="http://schemas.xmlsoap.org/wsdl/" xmlns:tns="urn:letters"
 xmlns:soap="http://schemas.xmlsoap.org/wsdl/soap/" xmlns:xs="http://www.w3.org/2001/XMLSchema"
 xmlns:xrd="http://x-road.eu/xsd/xroad.xsd" targetNamespace="urn:letters">
<wsdl:types><xs:schema><xs:import namespace="urn:letters" schemaLocation="letters.xsd"/>
<xs:import namespace="http://x-road.eu/xsd/xroad.xsd" schemaLocation="http://x-road.eu/xsd/xroad.xsd"/></xs:schema>
</wsdl:types>
<wsdl:message name="in"><wsdl:part name="body" element="tns:sendLetter"/></wsdl:message>
<wsdl:message name="out"><wsdl:part name="body" element="tns:sendLetterResponse"/></wsdl:message>
<wsdl:portType name="p"><wsdl:operation name="sendLetter"><wsdl:input message="tns:in"/>
<wsdl:output message="tns:out"/></wsdl:operation></wsdl:portType>
<wsdl:binding name="b" type="tns:p"><soap:binding transport="http://schemas.xmlsoap.org/soap/http"/>
<wsdl:operation name="sendLetter"><soap:operation soapAction=""/><wsdl:input><soap:body use="literal"/></wsdl:input>
<wsdl:output><soap:body use="literal"/></wsdl:output></wsdl:operation></wsdl:binding>
<wsdl:service name="s"><wsdl:port name="p" binding="tns:b"><soap:address location="http://10.1.2.3/inside"/>
</wsdl:port></wsdl:service></wsdl:definitions>"""
XSD = b"""<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema" targetNamespace="urn:letters">
<xs:element name="sendLetter" type="xs:string"/><xs:element name="sendLetterResponse" type="xs:string"/></xs:schema>"""


def face(around: Around) -> XRoadFace:
    metadata = SoapMetadata(around)
    return XRoadFace(around, extra=[metadata.add, SoapCalls(around, metadata.services).add])


def described() -> Snapshot:
    return snapshot(wsdl=WSDL, xsd=XSD)


def request(code: str, body: str | None = None, provider: str = CIVIL_STATUS) -> bytes:
    return envelope(CLIENT, f"{provider}/{code}", f"<xroad:{code}/>" if body is None else body)


def wsdl_of(code: str, version: str = "") -> bytes:
    inner = f"<xroad:serviceCode>{code}</xroad:serviceCode>" if code else ""
    inner += f"<xroad:serviceVersion>{version}</xroad:serviceVersion>" if version else ""
    return request("getWsdl", f"<xroad:getWsdl>{inner}</xroad:getWsdl>")


def body_of(data: bytes) -> Element:
    return parse(data)[-1][0]


def services(element: Element) -> list[str]:
    return ["/".join(part.text or "" for part in one) for one in element.findall(f"{XROAD}service")]


async def test_list_methods_and_allowed_methods():
    async with standing(face) as place:
        headers, data = await post(place.url, request("listMethods"))
        assert headers["content-type"] == "text/xml; charset=UTF-8"
        body = body_of(data)
        assert body.tag == f"{XROAD}listMethodsResponse"
        assert sorted(services(body)) == [f"{CIVIL_STATUS}/readLetter", f"{CIVIL_STATUS}/sendLetter/v1"]
        assert {one.get(f"{IDS}objectType") for one in body} == {"SERVICE"}
        _, data = await post(place.url, request("allowedMethods"))
        assert services(body_of(data)) == [f"{CIVIL_STATUS}/sendLetter/v1"]
        header = parse(data)[0]
        assert header.findtext(f"{XROAD}id") == "id-1"
        assert header.find(f"{XROAD}requestHash") is not None
        assert b"<SOAP-ENV:Envelope" in data


async def test_get_wsdl_comes_as_the_second_mime_part():
    async with standing(face, described()) as place:
        headers, data = await post(place.url, wsdl_of("sendLetter", "v1"))
        (_, soap), (said, wsdl) = parts_of(headers, data)
    assert b"content-type:text/xml\r\n" in data
    assert (said["content-type"], said["content-transfer-encoding"]) == ("text/xml", "binary")
    assert said["content-id"].startswith("<wsdl=")
    answer = body_of(soap)
    assert answer.tag == f"{XROAD}getWsdlResponse"
    assert answer.findtext(f"{XROAD}serviceCode") == "sendLetter"
    assert answer.findtext(f"{XROAD}serviceVersion") == "v1"
    assert b"10.1.2.3" not in wsdl
    assert f'location="{place.url}/"'.encode() in wsdl


@pytest.mark.parametrize(
    ("host", "leads_to"),
    [
        ("node.example:8580", "http://node.example:8580/"),
        ("[::1]:8580", "http://[::1]:8580/"),
        ("a b", "{url}/"),
        ("x:99999999", "{url}/"),
        ("a@b", "{url}/"),
        ('"><x', "{url}/"),
        ("a/b?c", "{url}/"),
    ],
)
async def test_a_description_leads_to_where_the_caller_reached_us(host: str, leads_to: str):
    async with standing(face, described()) as place:
        reader, writer = await asyncio.open_connection(*place.url.removeprefix("http://").split(":"))
        data = wsdl_of("sendLetter", "v1")
        head = f"POST / HTTP/1.1\r\nHost: {host}\r\nContent-Type: text/xml\r\nConnection: close\r\n"
        writer.write(f"{head}Content-Length: {len(data)}\r\n\r\n".encode() + data)
        answer = await reader.read()
        writer.close()
        await writer.wait_closed()
    assert f'<soap:address location="{leads_to.format(url=place.url)}"/>'.encode() in answer


async def test_a_stock_client_reads_the_whole_description_from_us():
    async with standing(face, described()) as place:
        headers, data = await post(place.url, wsdl_of("sendLetter", "v1"))
        wsdl = parts_of(headers, data)[1][1]
        asked: list[str] = []

        class FromUs(zeep.Transport):
            def load(self, url: str) -> bytes:
                asked.append(url)
                return wsdl if url == "http://start/" else super().load(url)

        client: Any = await asyncio.to_thread(zeep.Client, "http://start/", transport=FromUs())
    assert all(one.startswith(place.url) for one in asked[1:])
    assert f"{place.url}/descriptions/{CIVIL_STATUS}/letters/descriptions/letters.xsd" in asked
    assert client.service._binding_options["address"] == f"{place.url}/"


@pytest.mark.parametrize(
    ("data", "code", "text"),
    [
        (wsdl_of(""), "Server.ServerProxy.InvalidRequest", "Missing serviceCode in message body"),
        (wsdl_of("other"), "Server.ServerProxy.UnknownService", "Could not find wsdl URL for service"),
        (wsdl_of("sendLetter"), "Server.ServerProxy.UnknownService", "Could not find wsdl URL for service"),
        (
            wsdl_of("scans"),
            "Server.ServerProxy.ServiceType",
            "Service is a REST service and does not have a WSDL",
        ),
        (
            request("listMethods", provider="VN/GOV/G15/nothing"),
            "Server.ClientProxy.UnknownMember",
            "The service's subsystem is not known",
        ),
    ],
)
async def test_faults_of_metaservices(data: bytes, code: str, text: str):
    async with standing(face, described()) as place:
        _, answer = await post(place.url, data)
    fault = body_of(answer)
    assert (fault.findtext("faultcode"), fault.findtext("faultstring")) == (code, text)


async def test_a_description_that_leads_outside_is_not_shown():
    away = WSDL.replace(b'"letters.xsd"', b'"http://elsewhere.example/letters.xsd"')
    async with standing(face, snapshot(wsdl=away, xsd=XSD)) as place:
        _, answer = await post(place.url, wsdl_of("sendLetter", "v1"))
    fault = body_of(answer)
    assert fault.findtext("faultcode") == "Server.ServerProxy.InternalError"
    assert (fault.findtext("faultstring") or "").startswith("Failed reading service description from")


async def test_files_of_descriptions_are_for_those_whom_the_node_serves():
    path = f"/descriptions/{CIVIL_STATUS}/letters/descriptions/letters.xsd"
    async with (
        standing(face, described(), listed=False) as place,
        aiohttp.ClientSession() as session,
    ):
        async with session.get(place.url + path) as reply:
            assert reply.status == 500
        async with session.get(place.url + path, headers={"X-Api-Key": KEY}) as reply:
            assert (reply.status, await reply.read()) == (200, await reply.read())
        for wrong in ("letters/descriptions/none.xsd", "scans/descriptions/scans.yaml", "none/x.xsd"):
            url = f"{place.url}/descriptions/{CIVIL_STATUS}/{wrong}"
            async with session.get(url, headers={"X-Api-Key": KEY}) as reply:
                assert (reply.status, reply.headers["X-Road-Error"]) == (400, "Client.NotFound")
