"""The sandbox over HTTP: the node's face to agency systems, every answer marked, faults of the wire by header.

Promises: same paths, models and problems as a node (`bus.http.agency`); every JSON object that leaves holds
`"sandbox": true`, every answer the header `X-Sandbox`. Leaves out TLS and OAuth2 clients: it is for a team's machine.
"""

from __future__ import annotations

import copy
from typing import Any, Final

import orjson
from aiohttp import web

from bus.access import Grants, Principal
from bus.clock import Clock
from bus.directory import Directory
from bus.http import openapi
from bus.http.agency import AgencyFace, Desk
from bus.http.edge import Handler, json_answer
from bus.kit.sandbox.asker import SandboxAsker, SandboxDeclarer, SandboxDossiers, WireFaultError
from bus.kit.sandbox.delays import MOST_MS
from bus.kit.sandbox.faults import DISCONNECT, FAULTS, fault_named
from bus.kit.sandbox.served import Served
from bus.kit.sandbox.shelf import Shelf
from bus.kit.sandbox.wishes import NOTHING, WISHED, Wish, Wishes
from bus.node.dossier import Dossiers
from bus.problems import http_answer
from config.keylines import digest
from schemas.problems import Code, FaultAt, ProblemError, problem

KEY: Final = "sandbox"
"""The API key."""
FAULT_HEADER: Final = "X-Sandbox-Fault"
DELAY_HEADER: Final = "X-Sandbox-Delay-Ms"
MARK: Final = "X-Sandbox"
wire_key: Final = web.RequestKey("wire", list[str])
_WISHING: Final = ("/ask/", "/dossiers")
"""Paths that ask somebody: elsewhere there is nothing to fail or to wait for."""
_ANSWERS: Final = ("View", "Problem")
_JSON: Final = frozenset({"application/json", "application/problem+json"})
_PROXY_PAGE: Final = "<html><head><title>502 Bad Gateway</title></head><body><h1>502 Bad Gateway</h1></body></html>\n"


class SandboxFace(AgencyFace):
    """Routes of a node, answered from a shelf."""

    def __init__(self, shelf: Shelf, desk: Desk, agency: Principal, *, max_body_bytes: int) -> None:
        super().__init__(Grants([(digest(KEY), agency)]), {agency.agency: desk}, max_body_bytes=max_body_bytes)
        self._shelf = shelf

    def application(self) -> web.Application:
        """The aiohttp application of this face."""
        app = super().application()
        app.middlewares.insert(0, marked)
        app.middlewares.append(caught)
        app.router.add_get("/sandbox", self.contents)
        return app

    async def describe(self, _request: web.Request) -> web.Response:
        """The node's description, and what a sandbox adds."""
        return json_answer(document())

    async def contents(self, _request: web.Request) -> web.Response:
        """What is served, with a question for each operation that can be put as it stands."""
        return json_answer({"operations": [_example(served) for served in self._shelf], "faults": list(FAULTS)})


def desk_of(shelf: Shelf, wishes: Wishes, clock: Clock, agency: str, *, agreed: bool) -> Desk:
    """What a consumer's systems reach."""
    store, directory = SandboxDossiers(), Directory(shelf.snapshot, now_ms=clock())
    asker = SandboxAsker(shelf, wishes, clock, agency, agreed=agreed)
    dossiers = Dossiers(asker=asker, declarer=SandboxDeclarer(), store=store, directory=directory, clock=clock)
    return Desk(asker, dossiers, directory, store.new_number)


@web.middleware
async def caught(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Inside of everything that answers errors: a fault of the wire is no error of ours."""
    try:
        return await handler(request)
    except WireFaultError as fault:
        request[wire_key].append(fault.name)
        return web.Response()


@web.middleware
async def marked(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Take what the headers wish for; mark whatever leaves."""
    try:
        token = WISHED.set(_wished(request) if request.path.startswith(_WISHING) else NOTHING)
    except ProblemError as error:
        return _marked(http_answer(error.problem))
    wire: list[str] = []
    request[wire_key] = wire
    try:
        answer = await handler(request)
    finally:
        WISHED.reset(token)
    if DISCONNECT in wire:
        if request.transport is not None:
            request.transport.abort()
        return answer
    if wire:
        answer = web.Response(status=502, text=_PROXY_PAGE, content_type="text/html")
    return _marked(answer)


def _marked(answer: web.StreamResponse) -> web.StreamResponse:
    answer.headers[MARK] = "true"
    if isinstance(answer, web.Response) and answer.content_type in _JSON and isinstance(answer.body, bytes):
        said = orjson.loads(answer.body)
        if isinstance(said, dict) and "openapi" not in said:
            answer.body = orjson.dumps({"sandbox": True, **said})
    return answer


def _wished(request: web.Request) -> Wish:
    name, delay = request.headers.get(FAULT_HEADER), request.headers.get(DELAY_HEADER)
    fault = fault_named(name) if name is not None else None
    if name is not None and fault is None:
        raise problem(
            Code.REQUEST_MALFORMED, rule="sandbox-fault", place=FAULT_HEADER, fault_at=FaultAt.CONSUMER_SYSTEM
        )
    if delay is not None and not (delay.isascii() and delay.isdigit() and len(delay) < 6 and int(delay) <= MOST_MS):  # noqa: PLR2004 - digits of what fits
        raise problem(
            Code.REQUEST_MALFORMED, rule="sandbox-delay", place=DELAY_HEADER, fault_at=FaultAt.CONSUMER_SYSTEM
        )
    return Wish(fault, float(delay) if delay is not None else None)


def _example(served: Served) -> dict[str, object]:
    service, operation = served.service, served.operation
    return {
        "service": service.id,
        "operation": operation.name,
        "name": {"vi": service.name.vi, "en": service.name.en},
        "post": f"/ask/{service.id}/{operation.name}",
        "question": served.question_in_full(),
    }


def document() -> dict[str, Any]:
    """The node's OpenAPI description with the sandbox's own header and member."""
    described: dict[str, Any] = copy.deepcopy(openapi.document())
    described["info"]["title"] = "Lienthong sandbox: " + described["info"]["title"].partition(": ")[2]
    described["paths"] = {path: one for path, one in described["paths"].items() if path not in openapi.OAUTH_PATHS}
    described["security"] = [{"key": []}, {"bearer": []}]
    described["components"]["securitySchemes"] = {
        name: one for name, one in described["components"]["securitySchemes"].items() if name in {"key", "bearer"}
    }
    delay = {"type": "integer", "minimum": 0, "maximum": MOST_MS}
    wishes = [
        {"name": FAULT_HEADER, "in": "header", "required": False, "schema": {"enum": [*FAULTS]}},
        {"name": DELAY_HEADER, "in": "header", "required": False, "schema": delay},
    ]
    for path, operations in described["paths"].items():
        for verb in {"get", "post"} & operations.keys() if path.startswith(_WISHING) else ():
            operations[verb]["parameters"] = [*operations[verb]["parameters"], *wishes]
    for name, schema in described["components"]["schemas"].items():
        if name.endswith(_ANSWERS) and "properties" in schema:
            schema["properties"]["sandbox"] = {"const": True}
    return described
