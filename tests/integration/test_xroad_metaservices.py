"""Metaservices over real sockets: what X-Road's clients ask a security server about it and its neighbours."""

from __future__ import annotations

from typing import Any

import aiohttp
import orjson
import pytest
from lxml import etree
from xroad_meta_kit import CIVIL_STATUS, CLIENT, KEY, Place, snapshot, standing

from bus.xroad.around import Around
from bus.xroad.face import XRoadFace
from bus.xroad.meta_rest import RestMetadata
from schemas.xml import parse
from schemas.xroad.codes import Style

XROAD = "{http://x-road.eu/xsd/xroad.xsd}"
IDS = "{http://x-road.eu/xsd/identifiers}"


def face(around: Around) -> XRoadFace:
    metadata = RestMetadata(around)
    return XRoadFace(around, extra=[metadata.add], metaservices=metadata.services)


async def get(place: Place, path: str, **headers: str) -> tuple[int, dict[str, str], bytes]:
    async with aiohttp.ClientSession() as session, session.get(place.url + path, headers=headers) as reply:
        return reply.status, {name.lower(): value for name, value in reply.headers.items()}, await reply.read()


async def methods(place: Place, name: str, client: str = CLIENT) -> list[dict[str, Any]]:
    status, _, body = await get(place, f"/r1/{CIVIL_STATUS}/{name}", **{"X-Road-Client": client})
    assert status == 200, body
    return orjson.loads(body)["service"]


async def test_list_clients_is_xml_unless_json_is_accepted():
    async with standing(face) as place:
        status, headers, body = await get(place, "/listClients")
        assert (status, headers["content-type"]) == (200, "text/xml; charset=UTF-8")
        root = parse(body)
        assert root.tag == f"{XROAD}clientList"
        members = root.findall(f"{XROAD}member")
        shown = [[one.text for one in member.find(f"{XROAD}id")] for member in members]
        assert ["VN", "GOV", "G15"] in shown
        assert CIVIL_STATUS.split("/") in shown
        (system,) = [one for one in members if one.find(f"{XROAD}id/{IDS}subsystemCode") is not None][:1]
        assert system.find(f"{XROAD}id").get(f"{IDS}objectType") == "SUBSYSTEM"
        assert [etree.QName(one).localname for one in system] == ["id", "name", "subsystemName"]

        status, headers, body = await get(place, "/listClients", Accept="text/xml;q=1, application/json;q=0.1")
        assert headers["content-type"] == "application/json; charset=utf-8"
        listed = orjson.loads(body)["member"]
        assert {
            "id": {
                "xroad_instance": "VN",
                "member_class": "GOV",
                "member_code": "G15",
                "subsystem_code": "civil-status",
                "object_type": "SUBSYSTEM",
            },
            "name": "Bộ Tư pháp",
            "subsystem_name": "Hộ tịch điện tử",
        } in listed
        member = next(one for one in listed if one["id"].get("member_code") == "G01")
        assert "subsystem_code" not in member["id"]
        assert "subsystem_name" not in member


async def test_list_clients_of_an_instance():
    async with standing(face) as place:
        own = await get(place, "/listClients?xRoadInstance=VN")
        assert own[2] == (await get(place, "/listClients"))[2]
        status, _, body = await get(place, "/listClients?xRoadInstance=EE", Accept="application/json")
        assert (status, orjson.loads(body)) == (200, {"member": []})


async def test_lists_are_for_those_whom_the_node_serves():
    async with standing(face, listed=False) as place:
        status, headers, _ = await get(place, "/listClients")
        assert (status, headers["x-road-error"]) == (500, "Server.ClientProxy.SslAuthenticationFailed")
        assert (await get(place, "/listClients", **{"X-Api-Key": KEY}))[0] == 200
        assert (await get(place, "/listClients", **{"X-Api-Key": "another"}))[0] == 500
        status, headers, _ = await get(place, f"/r1/{CIVIL_STATUS}/listMethods", **{"X-Road-Client": CLIENT})
        assert (status, headers["x-road-error"]) == (500, "Server.ClientProxy.SslAuthenticationFailed")


async def test_list_methods_names_rest_services_only():
    async with standing(face) as place:
        found = {one["service_code"]: one for one in await methods(place, "listMethods")}
    assert set(found) == {"scans", "notes"}
    assert found["scans"] == {
        "member_class": "GOV",
        "member_code": "G15",
        "object_type": "SERVICE",
        "service_code": "scans",
        "service_type": "OPENAPI",
        "subsystem_code": "civil-status",
        "xroad_instance": "VN",
        "endpoint_list": [],
    }
    assert found["notes"]["service_type"] == "REST"
    assert found["notes"]["endpoint_list"] == [
        {"method": "GET", "path": "/notes/*"},
        {"method": "POST", "path": "/notes"},
        {"method": "PUT", "path": "/notes/*"},
    ]


async def test_allowed_methods_are_those_that_agreements_let_through_now():
    async with standing(face) as place:
        found = {one["service_code"]: one for one in await methods(place, "allowedMethods")}
        assert found["notes"]["endpoint_list"] == [{"method": "GET", "path": "/notes/*"}]
        place.now[0] = 1_810_000_000_000  # May 2027: the agreement ended with 2026
        assert "notes" not in {one["service_code"] for one in await methods(place, "allowedMethods")}


async def test_an_answer_bears_x_roads_headers():
    async with standing(face) as place:
        status, headers, _ = await get(
            place, f"/r1/{CIVIL_STATUS}/listMethods", **{"X-Road-Client": CLIENT, "X-Road-Id": "VN-1"}
        )
    assert (status, headers["content-type"]) == (200, "application/json")
    assert (headers["x-road-id"], headers["x-road-client"]) == ("VN-1", CLIENT)
    assert headers["x-road-service"] == f"{CIVIL_STATUS}/listMethods"
    assert len(headers["x-road-request-hash"]) == 88
    assert "x-road-request-id" in headers


async def test_a_subsystem_may_be_asked_by_its_alias():
    async with standing(face) as place:
        path = "/r1/VN/GOV/G15/h%E1%BB%99-t%E1%BB%8Bch/listMethods"
        _, headers, body = await get(place, path, **{"X-Road-Client": CLIENT})
    assert {one["subsystem_code"] for one in orjson.loads(body)["service"]} == {"hộ-tịch"}
    assert headers["x-road-service"] == path.removeprefix("/r1/")


async def test_get_openapi_hides_where_the_system_is():
    async with standing(face) as place:
        status, headers, body = await get(
            place, f"/r1/{CIVIL_STATUS}/getOpenAPI?serviceCode=scans", **{"X-Road-Client": CLIENT}
        )
    assert (status, headers["content-type"]) == (200, "application/json")
    document = orjson.loads(body)
    assert document["servers"] == document["paths"]["/scans/{id}"]["servers"]
    assert document["servers"] == [{"url": "http://example.org/xroad-endpoint"}]
    assert b"10.1.2" not in body


async def test_an_openapi_without_addresses_comes_as_it_was_written():
    written = b"openapi: 3.0.3\n# scans\ninfo: {title: Scans, version: '1'}\npaths: {}\n"
    async with standing(face, snapshot(written)) as place:
        _, headers, body = await get(
            place, f"/r1/{CIVIL_STATUS}/getOpenAPI?serviceCode=scans", **{"X-Road-Client": CLIENT}
        )
    assert (headers["content-type"], body) == ("text/yaml", written)


@pytest.mark.parametrize(
    ("path", "status", "code", "message"),
    [
        ("getOpenAPI?serviceCode=notes", 500, "Server.ServerProxy.InternalError", "Invalid service type: REST"),
        ("getOpenAPI?serviceCode=sendLetter", 500, "Server.ServerProxy.InternalError", "Invalid service type: WSDL"),
        ("getOpenAPI?serviceCode=other", 500, "Server.ServerProxy.InternalError", "Service not found"),
        ("getOpenAPI", 500, "Server.ServerProxy.InvalidRequest", "Missing serviceCode in message body"),
        ("getOpenAPI?servicecode=notes", 500, "Server.ServerProxy.InternalError", "Invalid service type: REST"),
    ],
)
async def test_errors_of_get_openapi_in_the_words_that_clients_match(path: str, status: int, code: str, message: str):
    async with standing(face) as place:
        got, headers, body = await get(place, f"/r1/{CIVIL_STATUS}/{path}", **{"X-Road-Client": CLIENT})
    assert (got, headers["x-road-error"], orjson.loads(body)["message"]) == (status, code, message)


async def test_a_description_that_cannot_be_read():
    async with standing(face, snapshot(b"openapi: &a 3\nb: *a\n"), style=Style.SNAKE) as place:
        _, headers, body = await get(
            place, f"/r1/{CIVIL_STATUS}/getOpenAPI?serviceCode=scans", **{"X-Road-Client": CLIENT}
        )
    assert headers["x-road-error"] == "server.serverproxy.internal_error"
    assert orjson.loads(body)["message"].startswith("Failed reading service description from")


async def test_other_verbs_and_strangers():
    headers = {"X-Road-Client": CLIENT}
    async with standing(face) as place, aiohttp.ClientSession() as session:
        async with session.post(f"{place.url}/r1/{CIVIL_STATUS}/listMethods", headers=headers) as reply:
            assert reply.headers["X-Road-Error"] == "Server.ServerProxy.AccessDenied"
        async with session.get(f"{place.url}/r1/VN/GOV/G99/x/listMethods", headers=headers) as reply:
            assert reply.headers["X-Road-Error"] == "Server.ClientProxy.UnknownMember"
        async with session.get(f"{place.url}/r1/{CIVIL_STATUS}/listMethods") as reply:
            assert reply.status == 400
