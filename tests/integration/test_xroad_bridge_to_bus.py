"""A bridge whose security server is a node of ours: both sides of X-Road's protocols, each written from X-Road's pages.

Also mutual TLS, and what operational monitoring sees of calls that go through the bus.
"""

from __future__ import annotations

import ssl
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from link_world import Authority
from security_server import SecurityServer
from xroad_meta_kit import NOW_MS
from xroad_soap_world import NAME, NAMESPACE, NUMBER, SUBSYSTEM, SoapWorld
from xroad_world import ONE_STOP, POPULATION_SUBSYSTEM, XRoadWorld

from adapters.kinds import build
from adapters.port import Adapter, Officer, PeerError, PeerFault, Query, Reach
from bus.net import system_context
from bus.xroad.meta import Metadata
from bus.xroad.meta_rest import RestMetadata
from bus.xroad.opmon import Records
from bus.xroad.opmon_json import compressed

ECHO = {
    "protocol": "rest",
    "service": f"{POPULATION_SUBSYSTEM}/echo",
    "path": "/p/{n}",
    "question": [{"to": "path.n", "from": "body.n"}, {"to": "query.q", "from": "body.q"}],
    "answer": {"fields": [{"to": "target", "from": "target"}, {"to": "body", "from": "body"}]},
}
WRITE = {**ECHO, "method": "POST", "question": [*ECHO["question"], {"to": "json.text", "from": "body.text"}]}
CONFIRM = {
    "protocol": "soap",
    "service": f"{SUBSYSTEM}/citizenConfirm/v1",
    "namespace": NAMESPACE,
    "question": [
        {"to": "number", "from": "body.number", "required": True},
        {"to": "fullName", "from": "body.name", "required": True},
    ],
    "answer": {
        "same": {"number": "body.number"},
        "fields": [{"to": "exists", "from": "exists", "as": "boolean", "required": True}],
    },
}


def query(operation: str, body: dict[str, object]) -> Query:
    return Query(operation, body, officer=Officer("CB-0042", "U"), request_id="0198f2f0-1111-7222-8333-944455566677")


@asynccontextmanager
async def started(server: str, **more: object):
    table = {"server": server, "client": ONE_STOP, **more}
    adapter = build("xroad-bridge", table)
    await adapter.start()
    try:
        yield adapter
    finally:
        await adapter.close()


def json_world() -> XRoadWorld:
    """Its existing service says that it speaks JSON."""
    world = XRoadWorld()
    world.existing.headers = {"Content-Type": "application/json"}
    return world


async def refusal(adapter: Adapter, asked: Query) -> PeerError:
    with pytest.raises(PeerError) as caught:
        await adapter.ask(asked)
    return caught.value


async def test_rest_through_a_node_and_the_bus():
    world = json_world()
    metadata = RestMetadata(world.around)
    async with (
        world.standing([metadata.add]),
        started(world.face, operations={"read": ECHO, "write": WRITE}) as adapter,
    ):
        found = await adapter.ask(query("read", {"n": "Đào 1", "q": "á b"}))
        assert found.body["target"] == "/api/p/%C4%90%C3%A0o%201?q=%C3%A1%20b"
        assert (await adapter.probe()).reach is Reach.REACHABLE
        written = await adapter.ask(query("write", {"n": "1", "q": "x", "text": "Nguyễn"}))
    assert written.body["target"] == "/api/p/1?q=x"
    assert len(str(written.body["body"])) == 64
    assert world.existing.calls[-1].header("X-Road-UserId") == "CB-0042"
    assert world.existing.calls[-1].header("X-Road-Id") == "VN-0198f2f0-1111-7222-8333-944455566677"


async def test_refusals_of_a_node_are_x_roads():
    world = XRoadWorld()
    nobody = {**ECHO, "service": f"{POPULATION_SUBSYSTEM}/nothing"}
    async with world.standing(), started(world.face, operations={"read": ECHO, "none": nobody}) as adapter:
        error = await refusal(adapter, query("none", {"n": "1", "q": "1"}))
        assert (error.kind, error.peer_code) == (PeerFault.NOT_PERMITTED, "Server.ServerProxy.AccessDenied")
        world.existing.status = 404
        world.existing.body = b"{}"
        assert (await refusal(adapter, query("read", {"n": "1", "q": "1"}))).peer_code == "404"


async def test_soap_through_a_node_and_the_bus():
    world = SoapWorld()
    async with world.speaking(), started(world.face, operations={"confirm": CONFIRM}) as adapter:
        found = await adapter.ask(query("confirm", {"number": NUMBER, "name": NAME}))
        assert found.body == {"exists": True}
        error = await refusal(adapter, query("confirm", {"number": "12", "name": NAME}))
        assert error.kind is PeerFault.BAD_QUESTION
        assert error.peer_code == "Client.InvalidBody"


async def test_monitoring_knows_how_long_a_call_was_with_the_bus():
    world = json_world()
    records = Records(world.consumer.clock, Metadata(world.around).exists)
    async with world.standing([records.add_to]), started(world.face, operations={"read": ECHO}) as adapter:
        await adapter.ask(query("read", {"n": "097195001234", "q": "1"}))
    (line,) = records.between(0, NOW_MS)
    assert line.request_in_ms <= (line.request_out_ms or 0) <= (line.response_in_ms or 0) <= line.response_out_ms
    assert (line.succeeded, line.status, line.rest_method) == (True, 200, "GET")
    assert line.service is not None
    assert (line.service.code, line.message_id) == ("echo", "VN-0198f2f0-1111-7222-8333-944455566677")
    assert b"097195001234" not in compressed([line], frozenset(), lambda _: "REST")


@asynccontextmanager
async def over_tls(context: ssl.SSLContext, app: web.Application):
    server = TestServer(app, host="127.0.0.1")
    await server.start_server(ssl=context)
    try:
        yield f"https://127.0.0.1:{server.port}"
    finally:
        await server.close()


async def test_mutual_tls_to_the_security_server(tmp_path: Path):
    authority = Authority(tmp_path)
    authority.client("bridge")
    (tmp_path / "ca.pem").write_text(authority.anchors)

    async def person(_verb: str, path: str, _body: bytes) -> tuple[int, str, bytes]:
        return 200, "application/json", b'{"target": "' + path.encode() + b'"}'

    behind = SecurityServer([ONE_STOP], {f"{POPULATION_SUBSYSTEM}/echo": person})
    shown = {"certificate_file": str(tmp_path / "bridge.pem"), "key_file": str(tmp_path / "bridge.key")}
    async with over_tls(authority.server(), behind.app()) as url:
        for files, answered in (({"ca_file": str(tmp_path / "ca.pem"), **shown}, True), ({}, False)):
            table = {"server": url, "client": ONE_STOP, "tls": files, "operations": {"read": ECHO}}
            adapter = build(
                "xroad-bridge",
                table,
                tls=lambda one: system_context(one.ca_file, one.certificate_file, one.key_file),
            )
            await adapter.start()
            asked = query("read", {"n": "1", "q": "2"})
            if answered:
                assert (await adapter.ask(asked)).body["target"] == "/p/1?q=2"
            else:
                assert (await refusal(adapter, asked)).kind is PeerFault.UNREACHABLE
            await adapter.close()
