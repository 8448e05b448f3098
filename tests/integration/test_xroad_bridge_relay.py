"""An X-Road client of ours calls a service of another X-Road: through face, bus and bridge, byte for byte."""

from __future__ import annotations

from contextlib import asynccontextmanager

import pytest
from peer_systems import serving
from security_server import SecurityServer
from xroad_world import ECHO, KEY, ONE_STOP, POPULATION_SUBSYSTEM, XRoadWorld

from adapters.kinds import build
from adapters.port import DeclarationError, PeerError, PeerFault, Query
from schemas.parts import BODY, PAYLOAD, XROAD, Carried
from schemas.xroad.rest import REQUEST_TYPE

BRIDGE = "EE/GOV/70000001/vn-bridge"
SERVICE = "EE/GOV/70000562/population/persons"
MESSAGE = b"GET\r\n/r1/VN/GOV/G01/population/echo/a\r\nX-Road-Client:VN/GOV/H56.20/one-stop\r\n"


def table(url: str, **more: object) -> dict[str, object]:
    operations = {name: {"protocol": "relay", "service": SERVICE} for name in ("read", "write", "admin")}
    return {"server": url, "client": BRIDGE, "operations": operations, **more}


async def persons(verb: str, path: str, body: bytes) -> tuple[int, str, bytes]:
    if path.startswith("/away"):
        return 404, "application/problem+json; charset=utf-8", b"{}"
    return 200, "application/x-register", b"\x00\xff" + verb.encode() + path.encode() + body


def other_x_road(**more: object) -> SecurityServer:
    return SecurityServer([BRIDGE], {SERVICE: persons}, **more)


@asynccontextmanager
async def bridged(behind: SecurityServer, **more: object):
    world = XRoadWorld()
    async with world.standing(), serving(behind.app()) as url:
        adapter = build("xroad-bridge", table(url, **more))
        await adapter.start()
        world.population.adapters[ECHO] = adapter
        try:
            yield world
        finally:
            await adapter.close()


async def test_a_call_and_its_answer_pass_as_they_are():
    behind = other_x_road()
    async with bridged(behind, represented_party="GOV/{consumer}") as world:
        said = await world.call(
            "POST", "/p/1?q=%C3%A1", b"\x01\x02", Accept="a/b", Content_Type="x/y", X_Own="1", X_Road_UserId="CB-7",
            X_Road_Id="mine-1", X_Api_Key=KEY,
        )  # fmt: skip
    assert (said.status, said.body) == (200, b"\x00\xffPOST/p/1?q=%C3%A1\x01\x02")
    assert said.headers["Content-Type"] == "application/x-register"
    assert (said.headers["x-road-id"], said.headers["x-road-client"]) == ("mine-1", ONE_STOP)
    assert said.headers["x-road-service"] == f"{POPULATION_SUBSYSTEM}/echo"
    ((line, headers, body),) = behind.seen
    assert (line, body) == (f"POST /r1/{SERVICE}/p/1?q=%C3%A1", b"\x01\x02")
    assert (headers["X-Road-Client"], headers["X-Road-UserId"]) == (BRIDGE, "CB-7")
    assert headers["X-Road-Id"].startswith("EE-")
    assert headers["X-Road-Represented-Party"] == "GOV/H56.20"
    assert (headers["Accept"], headers["Content-Type"], headers["X-Own"]) == ("a/b", "x/y", "1")
    assert "X-Api-Key" not in headers


async def test_the_services_own_error_passes():
    async with bridged(other_x_road()) as world:
        said = await world.call("GET", "/away")
    assert (said.status, said.error, said.body) == (404, None, b"{}")
    assert said.headers["Content-Type"] == "application/problem+json; charset=utf-8"


async def test_a_refusal_of_the_other_x_road_is_one_of_ours():
    async with bridged(other_x_road(denied={(BRIDGE, SERVICE)})) as world:
        assert (await world.call("GET", "/a")).error == "Server.ServerProxy.ServiceFailed.AccessDenied"
    faults = {"AccessDenied": "unreachable"}
    async with bridged(other_x_road(denied={(BRIDGE, SERVICE)}), faults=faults) as world:
        assert (await world.call("GET", "/a")).error == "Server.ServerProxy.ServiceFailed.NetworkError"


@pytest.mark.parametrize("header", ["x-road-id", "x-road-client", "x-road-service", "x-road-request-hash"])
async def test_a_reply_to_another_request_is_no_answer(header: str):
    async with bridged(other_x_road(spoil={header: "VN/GOV/X/other"})) as world:
        said = await world.call("GET", "/a")
    assert said.error == "Server.ServerProxy.ServiceFailed.InvalidResponse"


@pytest.mark.parametrize(
    "parts",
    [
        (),
        (Carried(BODY, "a/b", b""),),
        (Carried(BODY, "a/b", b""), Carried(XROAD, "text/plain", MESSAGE)),
        (Carried(BODY, "a/b", b""), Carried(XROAD, REQUEST_TYPE, b"nothing")),
        (Carried(BODY, "a/b", b""), Carried(XROAD, REQUEST_TYPE, MESSAGE.replace(b"/a\r", b"/%2e%2e/a\r"))),
        (Carried(BODY, "a/b", b""), Carried(XROAD, REQUEST_TYPE, MESSAGE), Carried(PAYLOAD, "a/b", b"x")),
    ],
)
async def test_what_is_no_call_of_x_roads_is_not_sent(parts: tuple[Carried, ...]):
    behind = other_x_road()
    async with serving(behind.app()) as url:
        adapter = build("xroad-bridge", table(url))
        await adapter.start()
        with pytest.raises(PeerError) as caught:
            await adapter.ask(Query("read", {}, parts=parts))
        await adapter.close()
    assert (caught.value.kind, caught.value.outcome_known, behind.seen) == (PeerFault.BAD_QUESTION, True, [])


def test_a_relay_maps_nothing():
    wrong = table("http://localhost")
    wrong["operations"] = {"read": {"protocol": "relay", "service": SERVICE, "answer": {"exists": True}}}
    with pytest.raises(DeclarationError, match=r"operations\.read\.answer: Extra inputs"):
        build("xroad-bridge", wrong)
