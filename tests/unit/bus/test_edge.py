"""The edge that every request passes: correlation, language, problems; an unlisted error is bare."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer
from structlog.testing import capture_logs

from adapters.port import PeerError, PeerFault
from bus.access import Grants, Principal
from bus.http.agency import AgencyFace
from bus.http.edge import ShownError, correlation_key, edge, json_answer, language_of
from schemas.problems import Code, Problem, problem

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable

    Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

CITIZEN = "097195001234"


async def _fails(_request: web.Request) -> web.Response:
    raise ValueError(f"no such person: {CITIZEN}")


async def _refuses(_request: web.Request) -> web.Response:
    raise problem(Code.TOO_BUSY, retry_after_ms=2_500)


async def _shows(_request: web.Request) -> web.Response:
    raise ShownError(Problem(code=Code.FORM_ASKS_WHAT_IS_HELD), guard={"passed": False})


async def _peer(_request: web.Request) -> web.Response:
    raise PeerError(PeerFault.NOT_LICENSED, peer_code="004")


async def _echo(request: web.Request) -> web.Response:
    return json_answer({"correlation": request[correlation_key], "language": language_of(request)})


@pytest.fixture
async def client() -> AsyncIterator[TestClient[web.Request, web.Application]]:
    app = web.Application(middlewares=[edge])
    handlers: dict[str, Handler] = {"fails": _fails, "refuses": _refuses, "shows": _shows, "peer": _peer, "echo": _echo}
    for name, handler in handlers.items():
        app.router.add_get(f"/{name}", handler)
    async with TestClient(TestServer(app)) as running:
        yield running


async def test_an_unlisted_error_is_bare_and_only_logged_by_its_kind(client: TestClient):
    with capture_logs() as logs:
        answer = await client.get("/fails", headers={"X-Correlation-Id": "c-1"})
    body = await answer.json()
    assert (answer.status, body["number"], body["correlation"]) == (500, 901, "c-1")
    assert set(body) == {"type", "title", "status", "number", "text", "retry", "fault_at", "correlation"}
    assert CITIZEN not in json.dumps(body)
    assert [(line["event"], line["kind"], line["correlation"]) for line in logs] == [
        ("unlisted-error", "ValueError", "c-1")
    ]


async def test_busy_says_when_to_come_back(client: TestClient):
    answer = await client.get("/refuses")
    assert (answer.status, answer.headers["Retry-After"]) == (503, "2")


async def test_what_is_shown_beside_a_problem(client: TestClient):
    answer = await client.get("/shows")
    assert (answer.status, (await answer.json())["guard"]) == (409, {"passed": False})


async def test_a_system_s_fault_keeps_its_code(client: TestClient):
    body = await (await client.get("/peer")).json()
    assert (body["number"], body["params"], body["fault_at"]) == (504, {"peer_code": "004"}, "provider-system")


async def test_nothing_there(client: TestClient):
    answer = await client.get("/nowhere")
    assert (answer.status, (await answer.json())["number"], answer.content_type) == (
        404,
        805,
        "application/problem+json",
    )


@pytest.mark.parametrize(
    ("shown", "kept"), [("a", True), ("a" * 80, True), ("a" * 81, False), ("a b", False), ("ă", False)]
)
async def test_correlation(client: TestClient, shown: str, kept: bool):  # noqa: FBT001 - a column of the table
    answer = await client.get("/echo", headers={"X-Correlation-Id": shown})
    said = (await answer.json())["correlation"]
    assert answer.headers["X-Correlation-Id"] == said
    assert (said == shown) is kept


@pytest.mark.parametrize(
    ("wanted", "tongue"),
    [
        ("", "vi"),
        ("en", "en"),
        ("EN-us", "en"),
        ("vi, en", "vi"),
        ("en, vi", "en"),
        ("vi;q=0.5, en;q=0.8", "en"),
        ("en;q=0", "vi"),
        ("en;q=nonsense", "vi"),
        ("de, *;q=0.1", "vi"),
        ("en ; q=0.3", "en"),
        (",,;", "vi"),
    ],
)
async def test_language(client: TestClient, wanted: str, tongue: str):
    assert (await (await client.get("/echo", headers={"Accept-Language": wanted})).json())["language"] == tongue


async def test_an_agency_that_this_node_does_not_serve_is_forbidden():
    key = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"  # SHA-256 of "test"
    face = AgencyFace(Grants([(key, Principal("a199999"))]), {}, max_body_bytes=1_024)
    async with TestClient(TestServer(face.application())) as client:
        answer = await client.get("/dossiers/x", headers={"X-Api-Key": "test"})
        health = await client.get("/health")
        assert (answer.status, (await answer.json())["number"]) == (403, 803)
        assert (health.status, await health.json()) == (503, {"status": "no-hub"})
