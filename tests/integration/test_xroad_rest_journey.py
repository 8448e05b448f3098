"""An X-Road client's REST calls through a real bus: face over TLS, node, hub, node, an existing service, and back."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator

import pytest
from multidict import CIMultiDict
from xroad_nation import CLIENT, STRANGER, SYSTEM, XRoadNation
from xroad_world import Reply
from yarl import URL

from adapters.kinds import build
from adapters.port import Officer, Query, Reach
from schemas.record import LeafType
from schemas.xroad.rest import VERBS, RestResponse, request_hash, request_of, response_of

FIVE_MB = bytes(range(256)) * 20_480


@pytest.fixture(scope="module")
def xroad(tmp_path_factory: pytest.TempPathFactory) -> Iterator[XRoadNation]:
    running = XRoadNation(tmp_path_factory.mktemp("xroad-nation"))
    yield running
    running.close()


@pytest.fixture(autouse=True)
def _as_ever(xroad: XRoadNation) -> None:
    xroad.existing.status, xroad.existing.reason, xroad.existing.body, xroad.existing.headers = 200, None, None, {}


@pytest.mark.parametrize("verb", VERBS)
async def test_every_verb_goes_there_and_back(xroad: XRoadNation, verb: str):
    said = await xroad.call(verb, "/a/b?x=1", headers=[("X-Road-Id", f"verb-{verb}")])
    assert (said.status, said.error, said.headers["x-road-id"]) == (200, None, f"verb-{verb}")
    seen = xroad.existing.calls[-1]
    assert (seen.verb, seen.target, seen.header("X-Road-Client")) == (verb, "/api/a/b?x=1", CLIENT)
    assert seen.header("x-road-request-id") == said.headers["x-road-request-id"]


async def test_five_megabytes_there_and_back(xroad: XRoadNation):
    xroad.existing.body = FIVE_MB[::-1]
    said = await xroad.call("POST", "/large", FIVE_MB, headers=[("Content-Type", "application/octet-stream")])
    assert (said.status, said.body == FIVE_MB[::-1]) == (200, True)
    seen = xroad.existing.calls[-1]
    assert seen.body == FIVE_MB


async def test_the_hash_is_of_what_was_sent(xroad: XRoadNation):
    said = await xroad.call("PUT", "/a?b", b"payload", headers=[("X-Road-Id", "hash-1"), ("User-Agent", "gone")])
    seen = xroad.existing.calls[-1]
    sent = [(name, value) for name, value in seen.headers if name not in {"Host", "Content-Length"}]
    head = "".join(f"{name}:{value}\r\n" for name, value in sent)
    message = f"PUT\r\n/r1/VN-test/GOV/G01/population/echo/a?b\r\n{head}".encode()
    assert said.headers["x-road-request-hash"] == request_hash(message, hashlib.sha512(b"payload").digest())


async def test_a_service_s_own_error_is_no_error_of_ours(xroad: XRoadNation):
    xroad.existing.status, xroad.existing.reason, xroad.existing.body = 418, "I'm a teapot", b"<no/>"
    xroad.existing.headers = {"Content-Type": "application/xml;charset=utf-8", "X-Own": "1", "Location": "/else"}
    said = await xroad.call("GET", "/tea")
    assert (said.status, said.reason, said.error, said.body) == (418, "I'm a teapot", None, b"<no/>")
    assert (said.headers["Content-Type"], said.headers["X-Own"]) == ("application/xml;charset=utf-8", "1")
    assert said.names[-6:] == (
        *("x-road-id", "x-road-client", "x-road-service", "x-road-request-id", "x-road-request-hash"),
        "Content-Length",
    )


async def test_a_redirect_is_the_client_s_affair(xroad: XRoadNation):
    before = len(xroad.existing.calls)
    xroad.existing.status, xroad.existing.headers = 302, {"Location": "http://169.254.169.254/"}
    said = await xroad.call("GET", "/moved")
    assert (said.status, said.headers["Location"]) == (302, "http://169.254.169.254/")
    assert len(xroad.existing.calls) == before + 1


async def test_a_compressed_answer_stays_compressed(xroad: XRoadNation):
    xroad.existing.body, xroad.existing.headers = b"\x1f\x8b not really", {"Content-Encoding": "gzip"}
    said = await xroad.call("GET", "/zip", headers=[("Accept-Encoding", "gzip")])
    assert (said.body, said.headers["Content-Encoding"]) == (b"\x1f\x8b not really", "gzip")


async def test_who_may_speak(xroad: XRoadNation):
    key = [("X-Api-Key", xroad.nation.key)]
    assert (await xroad.call("GET", "/a", shows=SYSTEM)).status == 200
    assert (await xroad.call("GET", "/a", shows=None, headers=key)).status == 200
    assert xroad.existing.calls[-1].header("X-Api-Key") is None
    for shows, headers in ((None, []), (STRANGER, []), (None, [("X-Api-Key", "guessed")])):
        said = await xroad.call("GET", "/a", shows=shows, headers=headers)
        assert (said.status, said.error) == (500, "Server.ClientProxy.SslAuthenticationFailed")


async def test_the_ledger_says_who_asked_what_for_whom(xroad: XRoadNation):
    before = await xroad.nation.size()
    headers = [("X-Road-Id", "record-1"), ("X-Road-UserId", "CB-7"), ("X-Road-Represented-Party", "GOV/H26.9")]
    assert (await xroad.call("POST", "/a", b"secret of a citizen", headers=headers)).status == 200
    asked, outcome = await xroad.nation.records(before)
    assert (asked.record.type, outcome.record.type) == (LeafType.ASKED, LeafType.OUTCOME)
    assert (asked.record.consumer, asked.record.provider) == ("a100010", "a100001")
    assert (asked.record.purpose, outcome.record.outcome, outcome.record.validated) == (
        "verification",
        "answered",
        False,
    )
    details = asked.details
    assert details is not None
    assert (details.correlation, details.officer.id, details.officer.unit) == ("record-1", "CB-7", "GOV/H26.9")
    assert [part.id for part in details.parts] == ["body", "xroad"]
    assert b"citizen" not in str(details).encode()


async def test_a_refusal_at_the_hub_is_recorded_and_found_by_its_detail(xroad: XRoadNation):
    before = await xroad.nation.size()
    said = await xroad.call("GET", "/admin/x")
    assert (said.status, said.error) == (500, "Server.ServerProxy.AccessDenied")
    (refused,) = await xroad.nation.records(before)
    assert (refused.record.outcome, refused.record.code) == ("refused", 201)
    assert said.json["detail"] == refused.details.exchange


async def test_a_body_over_the_limit_goes_nowhere(xroad: XRoadNation):
    before = await xroad.nation.size()
    said = await xroad.call("POST", "/large", bytes(9 * 1024 * 1024))
    assert (said.status, said.error) == (400, "Client.InvalidBody")
    assert await xroad.nation.size() == before


def test_a_response_is_written_as_x_road_writes_it():
    request = request_of(
        "GET", "/r1/VN/GOV/G01/p/s", [("X-Road-Client", "VN/GOV/H26")], request_id="r-1", message_id="m-1"
    )
    response = response_of(200, "OK", [("Date", "x"), ("X-Road-Id", "forged")], request=request, body_digest=None)
    assert isinstance(response, RestResponse)
    assert response.message.decode().split("\r\n")[:6] == [
        *("200", "OK", "Date:x", "x-road-id:m-1", "x-road-client:VN/GOV/H26", "x-road-service:VN/GOV/G01/p/s")
    ]


async def _get(xroad: XRoadNation, path: str, shows: str | None = SYSTEM, **headers: str) -> Reply:
    url = URL(f"{xroad.face}{path}", encoded=True)
    return await xroad.nation.ground.there(xroad._called("GET", url, None, shows, CIMultiDict(headers)))


async def test_a_node_tells_what_a_security_server_tells(xroad: XRoadNation):
    members = (await _get(xroad, "/listClients", Accept="application/json")).json["member"]
    assert CLIENT.split("/")[-1] in {one["id"].get("subsystem_code") for one in members}
    listed = await _get(xroad, "/r1/VN-test/GOV/G01/population/allowedMethods", **{"X-Road-Client": CLIENT})
    assert [one["service_code"] for one in listed.json["service"]] == ["echo", "person"]
    directory = await _get(xroad, "/internalconf")
    location = re.search(rb"Content-location: (/V2/\d+/shared-params.xml)", directory.body)
    assert location
    assert (await _get(xroad, location[1].decode())).body.startswith(b"<?xml")
    assert (await _get(xroad, "/verificationconf")).headers["Content-Type"] == "application/zip"
    assert (await _get(xroad, "/health", None)).json == {"status": "ok"}
    assert (await _get(xroad, "/listClients", None)).error == "Server.ClientProxy.SslAuthenticationFailed"


async def test_a_bridge_reaches_the_node_as_it_would_a_security_server(xroad: XRoadNation):
    operation = {
        "protocol": "rest",
        "service": "VN-test/GOV/G01/population/echo",
        "path": "/p/{n}",
        "method": "POST",
        "question": [{"to": "path.n", "from": "body.n"}, {"to": "json.text", "from": "body.text"}],
        "answer": {"fields": [{"to": "target", "from": "target"}]},
    }
    table = {"server": xroad.face, "client": CLIENT, "tls": {}, "operations": {"write": operation}}
    adapter = build("xroad-bridge", table, tls=lambda _: xroad.tls(SYSTEM))
    xroad.existing.headers = {"Content-Type": "application/json"}
    await adapter.start()
    try:
        asked = Query("write", {"n": "1", "text": "Đào"}, officer=Officer("CB-7", "U"))
        assert (await adapter.ask(asked)).body == {"target": "/api/p/1"}
        assert (await adapter.probe()).reach is Reach.REACHABLE
    finally:
        await adapter.close()
