"""What each kind of adapter costs beside the plain call to the same system: processor time of both ends in one process.

The plain call is the very request that the adapter sent, sent again by aiohttp (or SQLite's own module), its reply read
and thrown away. What the adapter adds: the field maps both ways, checks, limits.
"""

from __future__ import annotations

import dataclasses
import importlib.util
import itertools
import sqlite3
import time
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from types import ModuleType
from typing import Any, Final, NamedTuple

import aiohttp
from aiohttp import web
from bench_table import show
from peer_soap import WSDL, PopulationServer
from peer_systems import AN, rest_app, serving, sqlite_file
from xroad_soap_messages import REQUEST
from xroad_soap_world import ExistingSoap
from yarl import URL

from adapters.kinds import build
from adapters.port import Adapter, Query
from schemas.parts import BODY, XROAD, Carried
from schemas.xroad import posted, rest

ROUNDS, TIMES = 5, 100
SOAP_SERVICE: Final = "VN/GOV/G01/citizens/citizenConfirm/v1"
INTEGRATION: Final = Path(__file__).parents[1] / "integration"


class Sent(NamedTuple):
    """A request as a system saw it."""

    verb: str
    path: str
    headers: dict[str, str]
    body: bytes


def module(name: str) -> ModuleType:
    """The contract's tests know how each kind is set up and asked."""
    spec = importlib.util.spec_from_file_location(name, INTEGRATION / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    found = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(found)
    return found


CONTRACT, BRIDGE, FILES = map(module, ("test_adapter_contract", "test_xroad_bridge", "test_adapter_files"))


@asynccontextmanager
async def http_kind(
    app: web.Application, make: Callable[[str], Adapter]
) -> AsyncIterator[tuple[Adapter, list[Sent], str]]:
    """An adapter in front of a system that keeps what it is asked."""
    sent: list[Sent] = []

    @web.middleware
    async def keeping(
        request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
    ) -> web.StreamResponse:
        if not sent:
            headers = {name: value for name, value in request.headers.items() if name not in {"Host", "Content-Length"}}
            sent.append(Sent(request.method, request.raw_path, headers, await request.read()))
        return await handler(request)

    app.middlewares.append(keeping)
    async with serving(app) as url, CONTRACT.started(make(url)) as adapter:
        yield adapter, sent, url


async def micros(work: Callable[[], Awaitable[object]]) -> float:
    """The best of some rounds, in microseconds of this process' processor time a call."""
    best = float("inf")
    for _ in range(ROUNDS):
        began = time.process_time_ns()
        for _ in itertools.repeat(None, TIMES):
            await work()
        best = min(best, (time.process_time_ns() - began) / TIMES / 1000)
    return best


async def test_each_kind_beside_the_plain_call(tmp_path: Path):
    person: Query = next(iter(CONTRACT.People.found.values()))[0]
    kinds: dict[str, tuple[web.Application, Callable[[str], Adapter], Query]] = {
        "rest": (rest_app(), lambda url: build("rest", CONTRACT.rest_settings(url)), person),
        "soap": (
            PopulationServer().app(),
            lambda url: build("soap", CONTRACT.soap_settings(url), folder=WSDL.parent),
            person,
        ),
        "xroad-bridge, REST": (
            BRIDGE.server().app(),
            lambda url: build("xroad-bridge", BRIDGE.rest_settings(url)),
            BRIDGE.AN,
        ),
        "xroad-bridge, SOAP": (
            BRIDGE.server().app(),
            lambda url: build("xroad-bridge", BRIDGE.soap_settings(url)),
            BRIDGE.AN,
        ),
        "xroad-rest": (rest_app(), xroad_rest, dataclasses.replace(person, body={}, parts=rest_parts())),
        "xroad-soap": (soap_app(), xroad_soap, dataclasses.replace(person, body={}, parts=soap_parts())),
    }
    rows: list[tuple[Any, ...]] = []
    for name, (app, make, query) in kinds.items():
        async with http_kind(app, make) as (adapter, sent, url):
            await adapter.ask(query)
            by_adapter = await micros(lambda one=adapter, asked=query: one.ask(asked))
            rows.append(_row(name, await plain_http(sent[0], url), by_adapter))
    rows.append(await sqlite_row(tmp_path, person))
    async with CONTRACT.started(build("memory", CONTRACT.MEMORY)) as adapter:
        rows.append(("memory", "-", await micros(lambda: adapter.ask(person)), "-"))
    async with FILES.TestWatch().opened() as adapter:
        held = FILES.about(str(person.body["number"]))
        rows.append(("files, watched", "-", await micros(lambda: adapter.ask(held)), "-"))
    show("adapters, one question at a time", ("kind", "plain us", "adapter us", "times"), rows, "both ends together")
    assert rows


def xroad_rest(url: str) -> Adapter:
    return build("xroad-rest", {"service_url": f"{url}/persons", "operations": {"person": {}}})


def rest_parts() -> tuple[Carried, ...]:
    """An opaque call for the first of `peer_systems`."""
    target, headers = f"/r1/VN/GOV/G01/population/persons/{AN['id']}", [("X-Road-Client", "VN/GOV/H26/one-stop")]
    message = rest.request_of("GET", target, headers, request_id=str(uuid.uuid4()), message_id="VN-1")
    return Carried(BODY, rest.BYTES, b""), Carried(XROAD, rest.REQUEST_TYPE, message.message)


def xroad_soap(url: str) -> Adapter:
    return build("xroad-soap", {"service_url": f"{url}/ws", "operations": {"person": {"service": SOAP_SERVICE}}})


def soap_app() -> web.Application:
    app = web.Application()
    app.router.add_post("/ws", ExistingSoap().handle)
    return app


def soap_parts() -> tuple[Carried, ...]:
    return posted.to_parts(posted.of_http("text/xml", '""', REQUEST))


async def plain_http(sent: Sent, url: str) -> float:
    async with aiohttp.ClientSession() as session:

        async def call() -> None:
            target = URL(url + sent.path, encoded=True)
            async with session.request(sent.verb, target, headers=sent.headers, data=sent.body or None) as said:
                assert await said.read()

        return await micros(call)


async def sqlite_row(folder: Path, person: Query) -> tuple[Any, ...]:
    sqlite_file(folder / "people.db")
    with sqlite3.connect(folder / "people.db") as database:
        asked = {"number": person.body["number"], "slow": "0"}

        async def call() -> None:
            assert database.execute(CONTRACT.SLOW_SQL, asked).fetchall()

        plain = await micros(call)
    settings = CONTRACT.sqlite_settings("people.db")
    async with CONTRACT.started(build("sql", settings, folder=folder)) as adapter:
        return _row("sql, SQLite", plain, await micros(lambda: adapter.ask(person)))


def _row(name: str, plain: float, by_adapter: float) -> tuple[Any, ...]:
    return name, plain, by_adapter, by_adapter / plain
