"""The small nation with SOAP services of X-Road: one judged by schemas, one passed through, an existing one for both.

Everything between the client's socket and the service's is real; only the link to the hub is a direct call.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from io import BytesIO
from pathlib import Path
from typing import Any, Final, NamedTuple

from aiohttp import web
from peer_systems import serving
from world_registry import BASIS, agreement
from xroad_soap_messages import ANSWER, ID, ISSUE, NAMESPACES, USER, VERSION
from xroad_world import XRoadWorld, xroad_files

from adapters.kinds import build
from bus.xroad.meta_soap import SoapMetadata
from bus.xroad.soap import SoapCalls
from registry.snapshot import compile as compile_registry
from schemas.xroad import posted
from schemas.xroad.posted import Posted

FOLDER: Final = Path(__file__).parent / "xroad_wsdl"
CITIZENS: Final = "a100001/population/citizens"
PHOTOS: Final = "a100001/population/photos"
SUBSYSTEM: Final = "VN/GOV/G01/population"
NUMBER, NAME = "097195001234", "Nguyễn Thị Mẫu"
NAMESPACE: Final = "http://citizens.example.vn/"
_CODES_OF: Final = {"confirm": "citizenConfirm/v1", "photo": "citizenPhoto/v1", "erase": "citizenErase"}
_DESCRIPTION: Final = (
    'description = "descriptions/citizens.wsdl", files = ["descriptions/types/citizens.xsd", "descriptions/common.xsd"]'
)
_SERVICES: Final = f"""
[[service]]
id = "{CITIZENS}"
name = {{ vi = "Công dân", en = "Citizens" }}
shape = "shaped"
basis = "{BASIS}"
subject_scheme = "citizen"
xroad = {{ protocol = "soap", {_DESCRIPTION} }}

[[service.operation]]
name = "confirm"
assurance = "low"
officer_required = false
question = "citizens.question@1"
answer = "citizens.answer@1"
xroad = "citizenConfirm.v1"

[[service]]
id = "{PHOTOS}"
name = {{ vi = "Ảnh", en = "Photos" }}
shape = "opaque"
basis = "{BASIS}"
subject_scheme = "citizen"
xroad = {{ protocol = "soap", {_DESCRIPTION} }}

[[service.operation]]
name = "photo"
assurance = "low"
officer_required = false
xroad = "citizenPhoto.v1"

[[service.operation]]
name = "erase"
assurance = "low"
officer_required = false
xroad = "citizenErase"
"""
_XSD: Final = f"""<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema" xmlns="{NAMESPACE}"
    targetNamespace="{NAMESPACE}" elementFormDefault="qualified">
  <xs:simpleType name="So"><xs:restriction base="xs:string"><xs:pattern value="[0-9]{{12}}"/></xs:restriction>
  </xs:simpleType><xs:element name="%s"><xs:complexType><xs:sequence><xs:element name="number" type="So"/>%s
  </xs:sequence></xs:complexType></xs:element></xs:schema>"""
_SCHEMAS: Final = {
    "schemas/citizens.question/1.xsd": (
        _XSD % ("citizenConfirm", '<xs:element name="fullName" type="xs:string"/>')
    ).encode(),
    "schemas/citizens.question/1.terms.toml": (
        b'[[field]]\npath = "citizenConfirm/number"\nterm = "person.number"\n'
        b'[[field]]\npath = "citizenConfirm/fullName"\nterm = "person.full-name"\n'
    ),
    "schemas/citizens.answer/1.xsd": (
        _XSD
        % (
            "citizenConfirmResponse",
            '<xs:element name="exists" type="xs:boolean"/><xs:element name="address" type="xs:string" minOccurs="0"/>',
        )
    ).encode(),
    "schemas/citizens.answer/1.terms.toml": (
        b'[[field]]\npath = "citizenConfirmResponse/number"\nterm = "person.number"\n'
        b'[[field]]\npath = "citizenConfirmResponse/exists"\nterm = "marriage.exists"\n'
        b'[[field]]\npath = "citizenConfirmResponse/address"\nterm = "person.residence"\n'
    ),
}
_AGREEMENTS: Final = agreement(
    "ag-0300", CITIZENS, "confirm", terms='["person.number", "marriage.exists"]'
) + agreement("ag-0301", PHOTOS, "photo", terms="", opaque_reason='"Ảnh là tệp nhị phân"')


def soap_files() -> dict[str, bytes]:
    """The registry of the X-Road world, with SOAP services beside it."""
    files = dict(xroad_files())
    files["services/all.toml"] += _SERVICES.encode()
    files["agreements/all.toml"] += _AGREEMENTS.encode()
    described = {
        f"descriptions/{path.relative_to(FOLDER).as_posix()}": path.read_bytes()
        for path in FOLDER.rglob("*")
        if path.is_file()
    }
    return files | _SCHEMAS | described


class Seen(NamedTuple):
    """What reached the existing service."""

    headers: tuple[tuple[str, str], ...]
    body: bytes

    def header(self, name: str) -> str | None:
        return next((value for key, value in self.headers if key.lower() == name.lower()), None)


Answer = Callable[[Posted], Awaitable[tuple[int, str, bytes]]]


async def well(asked: Posted) -> tuple[int, str, bytes]:
    """A dutiful service: the request's header byte by byte, and an answer."""
    return 200, "text/xml; charset=utf-8", repeated(asked.soap)


def repeated(soap: bytes, body: str = ANSWER) -> bytes:
    """The request's header around another body, as plain text: this service knows no XML library."""
    head, tag, rest = soap.partition(b"<SOAP-ENV:Body>")
    return head + tag + body.encode() + b"</SOAP-ENV:Body>" + rest.partition(b"</SOAP-ENV:Body>")[2]


class ExistingSoap:
    """A SOAP service as it stands behind a security server; `answer` says what it does."""

    def __init__(self) -> None:
        self.seen: list[Seen] = []
        self.answer: Answer = well

    async def handle(self, request: web.Request) -> web.Response:
        body = await request.read()
        self.seen.append(Seen(tuple((n.decode(), v.decode()) for n, v in request.raw_headers), body))
        asked = posted.of_http(request.headers["Content-Type"], request.headers.get("SOAPAction"), body)
        status, content_type, said = await self.answer(asked)
        return web.Response(status=status, body=said, headers={"Content-Type": content_type})


class Said(NamedTuple):
    """An answer of the face."""

    status: int
    content_type: str
    body: bytes

    @property
    def text(self) -> str:
        return self.body.decode()

    @property
    def fault(self) -> str:
        """The code of a fault, "" when it is none."""
        return self.text.partition("<faultcode>")[2].partition("</faultcode>")[0]


class SoapWorld(XRoadWorld):
    """The X-Road world with its SOAP half; made by `speaking`."""

    def __init__(self, **settings: Any) -> None:  # noqa: ANN401 - as the world takes them
        super().__init__(**settings)
        self.service = ExistingSoap()
        self.snapshot = compile_registry(soap_files() | self.pki.files(), 3)
        for one in [*self.workers, *self.nodes.values()]:
            one.directory.replace(self.snapshot, now_ms=self.now_ms)

    @asynccontextmanager
    async def speaking(self, address: str | None = None, **settings: object) -> AsyncIterator[SoapWorld]:
        """Face and existing service listen; `address`: of another service instead; `settings`: of its adapters."""
        meta = SoapMetadata(self.around)
        calls = SoapCalls(self.around, meta.services)
        app = web.Application(client_max_size=1 << 23)
        app.router.add_post("/ws", self.service.handle)
        async with AsyncExitStack() as stack:
            url = address or f"{await stack.enter_async_context(serving(app))}/ws"
            for service, operations in ((CITIZENS, ["confirm"]), (PHOTOS, ["photo", "erase"])):
                tables = {name: {"service": f"{SUBSYSTEM}/{_CODES_OF[name]}"} for name in operations}
                given = {"service_url": url, "operations": tables, "max_answer_bytes": 1 << 23, **settings}
                adapter = build("xroad-soap", given)
                self.population.adapters[service] = adapter
                await adapter.start()
                stack.push_async_callback(adapter.close)
            yield await stack.enter_async_context(self.standing((calls.add, meta.add)))

    @property
    def wsdl(self) -> str:
        """Where the description of the citizens' service is read."""
        return f"{self.face}/descriptions/{SUBSYSTEM}/citizens/descriptions/citizens.wsdl"

    async def post(
        self, body: bytes | BytesIO, content_type: str | None = "text/xml", *, method: str = "POST", **headers: str
    ) -> Said:
        """One message as a client of a security server posts it."""
        assert self._session is not None
        given = headers | ({} if content_type is None else {"Content-Type": content_type})
        skip = ("Content-Type",)
        async with self._session.request(
            method, f"{self.face}/", data=body, headers=given, skip_auto_headers=skip
        ) as said:
            return Said(said.status, said.headers["Content-Type"], await said.read())


def fields(client: str, service: str, *more: str, user: str | None = USER) -> tuple[str, ...]:
    """Header fields, identifiers as `A/B/C/D[/code[/version]]`."""
    named = (_identifier("client", "SUBSYSTEM", client), _identifier("service", "SERVICE", service))
    return (*named, ID, *([user] if user else []), ISSUE, VERSION, *more)


_CODES: Final = ("xRoadInstance", "memberClass", "memberCode", "subsystemCode", "serviceCode", "serviceVersion")


def _identifier(name: str, kind: str, text: str) -> str:
    codes = "".join(f"<id:{tag}>{code}</id:{tag}>" for tag, code in zip(_CODES, text.split("/"), strict=False))
    return f'<xrd:{name} id:objectType="{kind}">{codes}</xrd:{name}>'


def message(*header: str, body: str) -> bytes:
    """An envelope on one line, as libraries write it."""
    inner = "".join(header)
    return (
        f"<SOAP-ENV:Envelope {NAMESPACES}><SOAP-ENV:Header>{inner}</SOAP-ENV:Header>"
        f"<SOAP-ENV:Body>{body}</SOAP-ENV:Body></SOAP-ENV:Envelope>"
    ).encode()
