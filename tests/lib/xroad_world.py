"""The small nation with X-Road's names: a REST service passed through, one with schemas, and an existing service.

Everything between the client's socket and the service's is real; only the link to the hub is a direct call.
"""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from ipaddress import ip_network
from typing import Any, Final, NamedTuple

import aiohttp
from aiohttp import web
from multidict import CIMultiDict
from registry_folder import AGENCIES, folder
from world import World
from world_registry import BASIS, CONSUMER, POPULATION, WORLD_FAMILIES, WORLD_SCHEMAS, agreement
from yarl import URL

from adapters.xroad_rest import XRoadRestAdapter, XRoadRestSettings
from bus.access import Grants, Principal
from bus.xroad.around import Around, Limits
from bus.xroad.clients import Listed, Speakers
from bus.xroad.face import XRoadFace
from registry.snapshot import compile as compile_registry
from schemas.xroad.codes import Style

ONE_STOP: Final = "VN/GOV/H56.20/one-stop"
POPULATION_SUBSYSTEM: Final = "VN/GOV/G01/population"
ECHO: Final = "a100001/population/echo"
PERSONS: Final = "a100001/population/persons"
KEY, STRANGERS_KEY, OTHER_SYSTEM = "key-of-the-counter", "key-of-the-ministry", "key-of-another-system"
_ALIASES: Final = {"G22.99": "VN/GOV/G22.99", "G01": "VN/GOV/G01", "G15": "VN/GOV/G15", "H56.20": "VN/GOV/H56.20"}
_SUBSYSTEMS: Final = {
    "population": ["VN/GOV/G01/population", "VN/GOV/G01/dân-cư"],
    "civil-status": ["VN/GOV/G15/civil-status"],
    "one-stop": ["VN/GOV/H56.20/one-stop", "VN/GOV/H56.20/một-cửa"],
}
_SERVICES: Final = f"""
[[service]]
id = "{ECHO}"
name = {{ vi = "Tiếng vọng", en = "Echo" }}
shape = "opaque"
basis = "{BASIS}"
subject_scheme = "citizen"
xroad = {{ protocol = "rest", codes = ["echo", "tiếng-vọng"] }}

[[service.operation]]
name = "read"
assurance = "low"
officer_required = false
endpoints = ["GET /**", "HEAD /**", "OPTIONS /**", "TRACE /**"]

[[service.operation]]
name = "write"
safe = false
assurance = "low"
officer_required = false
endpoints = ["POST /**", "PUT /**", "PATCH /**", "DELETE /**"]

[[service.operation]]
name = "admin"
assurance = "low"
officer_required = false
endpoints = ["GET /admin/**", "GET /users/*/secret"]

[[service]]
id = "{PERSONS}"
name = {{ vi = "Công dân", en = "Persons" }}
shape = "shaped"
basis = "{BASIS}"
subject_scheme = "citizen"
xroad = {{ protocol = "rest", codes = ["persons"] }}

[[service.operation]]
name = "read"
assurance = "low"
officer_required = false
question = "persons.path@1"
answer = "person.answer@1"
endpoints = ["GET /persons/*"]

[[service.operation]]
name = "find"
assurance = "low"
officer_required = false
question = "persons.query@1"
answer = "person.answer@1"
endpoints = ["GET /persons"]

[[service.operation]]
name = "search"
assurance = "low"
officer_required = false
question = "persons.search@1"
answer = "person.answer@1"
endpoints = ["POST /search"]

[[service]]
id = "a100001/population/letters"
name = {{ vi = "Thư", en = "Letters" }}
shape = "opaque"
basis = "{BASIS}"
subject_scheme = "citizen"
xroad = {{ protocol = "soap" }}

[[service.operation]]
name = "send"
assurance = "low"
officer_required = false
xroad = "sendLetter.v1"
"""
_NUMBER: Final = {"type": "string", "x-term": "person.number", "pattern": "^[0-9]{12}$"}


def _derived(place: str, name: str) -> bytes:
    """The schema of a question that holds one number, at one place of the call."""
    inner = {"type": "object", "properties": {name: _NUMBER}, "required": [name], "additionalProperties": False}
    outer = {"type": "object", "properties": {place: inner}, "required": [place], "additionalProperties": False}
    return json.dumps(outer).encode()


_SCHEMAS: Final = {
    "schemas/persons.path/1.json": _derived("path", "0"),
    "schemas/persons.query/1.json": _derived("query", "number"),
    "schemas/persons.search/1.json": _derived("json", "number"),
}
_OPAQUE: Final = {"terms": "", "opaque_reason": '"A service behind X-Road"'}
_AGREEMENTS: Final = (
    agreement("ag-0200", ECHO, "read", **_OPAQUE)
    + agreement("ag-0201", ECHO, "write", **_OPAQUE)
    + agreement("ag-0202", PERSONS, "read", terms='["person.number", "person.full-name", "person.birth"]')
    + agreement("ag-0203", PERSONS, "search", terms='["person.number", "person.full-name", "person.birth"]')
    + agreement("ag-0204", PERSONS, "find", terms='["person.number", "person.full-name", "person.birth"]')
)


def xroad_files() -> dict[str, bytes]:
    """The registry of the world, spoken to by X-Road."""
    agencies = AGENCIES
    for code, member in _ALIASES.items():
        agencies = _edited(agencies, f'"{code}" }}]', f'"{code}" }}, {{ scheme = "XROAD", code = "{member}" }}]')
    for system, names in _SUBSYSTEMS.items():
        agencies = _edited(agencies, f'id = "{system}"\n', f'id = "{system}"\nxroad = {json.dumps(names)}\n')
    families: dict[str, str] = {
        **WORLD_FAMILIES,
        "agencies": agencies,
        "services": WORLD_FAMILIES["services"] + _SERVICES,
        "agreements": WORLD_FAMILIES["agreements"] + _AGREEMENTS,
    }
    return folder(**families) | WORLD_SCHEMAS | _SCHEMAS


def _edited(text: str, old: str, new: str) -> str:
    assert old in text, old
    return text.replace(old, new, 1)


class Call(NamedTuple):
    """What reached the existing service."""

    verb: str
    target: str
    headers: tuple[tuple[str, str], ...]
    body: bytes

    def header(self, name: str) -> str | None:
        return next((value for key, value in self.headers if key.lower() == name.lower()), None)

    def seen(self, name: str) -> str | None:
        """`verb`, `target`, `body` or a header; repeated ones joined."""
        if name in {"verb", "target", "body"}:
            value = getattr(self, name)
            return value.decode() if isinstance(value, bytes) else value
        return ", ".join(value for key, value in self.headers if key.lower() == name.lower()) or None


@dataclass
class Existing:
    """A REST service as it stands behind an X-Road security server: it says what it was asked, or what it is told."""

    calls: list[Call] = field(default_factory=list)
    status: int = 200
    reason: str | None = None
    body: bytes | None = None
    headers: Mapping[str, str] = field(default_factory=dict)

    def says(self, answer: object) -> None:
        """From now on, this JSON."""
        self.body, self.headers = json.dumps(answer).encode(), {"Content-Type": "application/json"}

    async def answer(self, request: web.Request) -> web.Response:
        body = await request.read()
        headers = tuple((name.decode(), value.decode()) for name, value in request.raw_headers)
        self.calls.append(Call(request.method, request.raw_path, headers, body))
        said = self.body if self.body is not None else self._said(request, body)
        return web.Response(status=self.status, reason=self.reason, body=said, headers=self.headers)

    def _said(self, request: web.Request, body: bytes) -> bytes:
        shown = {"verb": request.method, "target": request.raw_path, "body": hashlib.sha256(body).hexdigest()}
        return json.dumps(shown).encode()


class Reply(NamedTuple):
    """An answer of the face."""

    status: int
    reason: str
    headers: Mapping[str, str]
    names: tuple[str, ...]
    body: bytes

    @property
    def json(self) -> Any:  # noqa: ANN401 - whatever it holds
        return json.loads(self.body)

    @property
    def error(self) -> str | None:
        return self.headers.get("X-Road-Error")


class XRoadWorld(World):
    """The world, with a face and an existing service on loopback; made by `standing`."""

    def __init__(self, *, style: Style = Style.CAMEL, limits: Limits | None = None, **settings: Any) -> None:  # noqa: ANN401 - of Speakers
        super().__init__()
        self.snapshot = compile_registry(xroad_files() | self.pki.files(), 2)
        for one in [*self.workers, *self.nodes.values()]:
            one.directory.replace(self.snapshot, now_ms=self.now_ms)
        self.existing = Existing()
        self.grants = Grants(
            [
                (hashlib.sha256(KEY.encode()).hexdigest(), Principal(CONSUMER, "one-stop")),
                (hashlib.sha256(STRANGERS_KEY.encode()).hexdigest(), Principal(POPULATION, "population")),
                (hashlib.sha256(OTHER_SYSTEM.encode()).hexdigest(), Principal(CONSUMER, "other")),
            ]
        )
        given = {"listed": (Listed(ONE_STOP, (ip_network("127.0.0.0/8"),)),), **settings}
        speakers = Speakers(
            self.grants, self.consumer.directory, self.consumer.clock, served=lambda: {CONSUMER}, **given
        )
        self.around = Around(
            {CONSUMER: self.consumer.asker},
            self.consumer.directory,
            speakers,
            self.consumer.clock,
            style,
            limits or Limits(),
        )
        self.face = self.service_url = ""
        self._session: aiohttp.ClientSession | None = None

    @asynccontextmanager
    async def standing(self, extra: Any = (), **metaservices: Any) -> AsyncIterator[XRoadWorld]:  # noqa: ANN401 - as the face takes them
        """Face and service listen."""
        service, face = web.Application(), XRoadFace(self.around, extra=extra, metaservices=metaservices)
        service.router.add_route("*", r"/{rest:[\s\S]*}", self.existing.answer)
        runners = [
            web.AppRunner(service, auto_decompress=False),
            web.AppRunner(face.application(), auto_decompress=False),
        ]
        ports = []
        for runner in runners:
            await runner.setup()
            await web.TCPSite(runner, "127.0.0.1", 0).start()
            ports.append(runner.addresses[0][1])
        self.face = f"http://127.0.0.1:{ports[1]}"
        self.service_url = f"http://127.0.0.1:{ports[0]}/api"
        adapters = [self._adapter(self.service_url, *names) for names in (_ECHOES, _PERSONS)]
        self.population.adapters.update(dict(zip((ECHO, PERSONS), adapters, strict=True)))
        for adapter in adapters:
            await adapter.start()
        self._session = aiohttp.ClientSession(auto_decompress=False, skip_auto_headers=("Accept", "User-Agent"))
        try:
            yield self
        finally:
            await self._session.close()
            for adapter in adapters:
                await adapter.close()
            for runner in runners:
                await runner.cleanup()

    def _adapter(self, url: str, *operations: str) -> XRoadRestAdapter:
        tables = {name: {} for name in operations}
        settings = XRoadRestSettings(service_url=url, operations=tables, max_answer_bytes=1 << 25)
        return XRoadRestAdapter(settings)

    async def call(
        self,
        verb: str,
        path: str,
        body: bytes | None = None,
        *,
        service: str = f"{POPULATION_SUBSYSTEM}/echo",
        client: str | None = ONE_STOP,
        **headers: str,
    ) -> Reply:
        """One call as a client of a security server makes it; header names with `_` for `-`."""
        given = [(name.replace("_", "-"), value) for name, value in headers.items()]
        if client is not None:
            given.append(("X-Road-Client", client))
        return await self.send(verb, f"/r1/{service}{path}", given, body)

    async def send(
        self, verb: str, target: str, headers: Iterable[tuple[str, str]] = (), body: bytes | None = None
    ) -> Reply:
        """Any request, to the letter."""
        assert self._session is not None
        url, given = URL(f"{self.face}{target}", encoded=True), CIMultiDict(headers)
        async with self._session.request(verb, url, data=data_of(body), headers=given, allow_redirects=False) as said:
            names = tuple(name.decode() for name, _ in said.raw_headers)
            return Reply(said.status, said.reason or "", said.headers, names, await said.read())


def data_of(body: bytes | None) -> io.BytesIO | None:
    """Large bytes are sent as a file is, without holding up the loop."""
    return None if body is None else io.BytesIO(body)


_ECHOES: Final = ("read", "write", "admin")
_PERSONS: Final = ("read", "find", "search")
