"""A stand-in for a security server on loopback: X-Road's REST and SOAP towards a client's system, from its protocol.

It knows nothing of the project's own code for X-Road, so that a mistake there is not made here a second time.
"""

from __future__ import annotations

import base64
import uuid
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from hashlib import sha512
from typing import Any
from urllib.parse import unquote
from xml.sax.saxutils import escape

from aiohttp import web
from lxml import etree

from schemas.xml import parse

SOAP = "http://schemas.xmlsoap.org/soap/envelope/"
XROAD = "http://x-road.eu/xsd/xroad.xsd"
IDS = "http://x-road.eu/xsd/identifiers"
STRIPPED = {
    "transfer-encoding", "keep-alive", "proxy-authenticate", "proxy-authorization", "te", "trailer", "upgrade",
    "connection", "user-agent", "host", "content-length", "server", "expect",
}  # fmt: skip
RestService = Callable[[str, str, bytes], Awaitable[tuple[int, str, bytes]]]
"""Verb, path behind the service code with query, body → status, media type, body."""
SoapService = Callable[[Any], Awaitable[str]]
"""The body's child → the content of `…Response`, or a whole `<SOAP-ENV:Fault>`."""


class LostError(Exception):
    """Raised by a service: the connection to it was lost."""


_LOST = "Server.ServerProxy.ServiceFailed.NetworkError"


@dataclass
class SecurityServer:
    """Services by `INSTANCE/CLASS/MEMBER/SUBSYSTEM/code[/version]`; every request is kept in `seen`."""

    clients: list[str] = field(default_factory=list)
    rest: dict[str, RestService] = field(default_factory=dict)
    soap: dict[str, SoapService] = field(default_factory=dict)
    denied: set[tuple[str, str]] = field(default_factory=set)
    snake: bool = False
    spoil: dict[str, str] = field(default_factory=dict)
    """Reply headers (REST) or text of the reply (SOAP: from → to) that are written wrongly."""
    attachments: tuple[bytes, ...] | None = None
    """Of SOAP replies; with any, even with none of them, the reply is MIME."""
    seen: list[tuple[str, dict[str, str], bytes]] = field(default_factory=list)

    def app(self) -> web.Application:
        app = web.Application()
        app.router.add_get("/listClients", self._list_clients)
        app.router.add_post("/", self._soap)
        app.router.add_route("*", "/r1/{tail:.*}", self._rest)
        return app

    async def _list_clients(self, _: web.Request) -> web.Response:
        members = "".join(f"<xroad:member>{_client(one)}</xroad:member>" for one in self.clients)
        text = (
            f'<?xml version="1.0" encoding="UTF-8"?><xroad:clientList xmlns:xroad="{XROAD}" xmlns:id="{IDS}">'
            f"{members}</xroad:clientList>"
        )
        return web.Response(text=text, content_type="text/xml")

    async def _rest(self, request: web.Request) -> web.Response:
        body = await request.read()
        self.seen.append((f"{request.method} {request.raw_path}", dict(request.headers), body))
        path = request.raw_path.partition("?")[0]
        parts = [unquote(one) for one in path.split("/")[2:]]
        client = unquote(request.headers.get("X-Road-Client", ""))
        service = "/".join(parts[:5])
        if not client:
            return self._refused(request, "Client.BadRequest", "Error parsing request")
        if client.count("/") not in (2, 3) or len(parts) < 5:
            return self._refused(request, "Client.BadRequest", "Malformed identifier")
        if service not in self.rest:
            return self._refused(request, "Server.ServerProxy.UnknownService", f"Unknown service: {service}")
        if (client, service) in self.denied:
            return self._refused(request, "Server.ServerProxy.AccessDenied", f"Request is not allowed: {service}")
        behind = "/" + "/".join(request.raw_path.split("/")[7:])
        try:
            status, kind, data = await self.rest[service](request.method, behind, body)
        except LostError:
            return self._refused(request, _LOST, "Connection lost")
        request_id = str(uuid.uuid4())
        headers = {
            "x-road-id": request.headers.get("X-Road-Id") or f"XX-{uuid.uuid4()}",
            "x-road-client": request.headers["X-Road-Client"],
            "x-road-service": "/".join(path.split("/")[2:7]),
            "x-road-request-id": request_id,
            "x-road-request-hash": _rest_hash(request, request_id, body),
            "Content-Type": kind,
        }
        headers |= self.spoil
        kept = {name: value for name, value in headers.items() if value}
        return web.Response(status=status, headers=kept, body=data)

    def _refused(self, request: web.Request, code: str, message: str) -> web.Response:
        written = self._written(code)
        status = 500 if code.lower().startswith("server.") else 400
        wanted = request.headers.get("Accept", "")
        if "text/xml" in wanted or "application/xml" in wanted or "text/*" in wanted:
            text = (
                f"<error><type>{written}</type><message>{escape(message)}</message>"
                f"<detail>{uuid.uuid4()}</detail></error>"
            )
            return web.Response(status=status, headers={"X-Road-Error": written}, text=text, content_type="text/xml")
        answer = {"type": written, "message": message, "detail": str(uuid.uuid4())}
        return web.json_response(answer, status=status, headers={"X-Road-Error": written})

    async def _soap(self, request: web.Request) -> web.Response:
        data = await request.read()
        self.seen.append(("POST /", dict(request.headers), data))
        header, body = parse(data)
        service, client = header.find(f"{{{XROAD}}}service"), header.find(f"{{{XROAD}}}client")
        name = "/".join(one.text or "" for one in service)
        caller = "/".join(one.text or "" for one in client)
        if name not in self.soap:
            return self._fault("Server.ServerProxy.UnknownService", f"Unknown service: {name}")
        if (caller, name) in self.denied:
            return self._fault("Server.ServerProxy.AccessDenied", f"Request is not allowed: {name}")
        try:
            answer = await self.soap[name](body[0])
        except LostError:
            return self._fault(_LOST, "Connection lost")
        if answer.startswith("<SOAP-ENV:Fault>"):
            return _xml(_envelope("", answer))
        digest = base64.b64encode(sha512(data).digest()).decode()
        said = "".join(etree.tostring(one, encoding="unicode", with_tail=False) for one in header)
        said += (
            f'<x:requestHash xmlns:x="{XROAD}" algorithmId="http://www.w3.org/2001/04/xmlenc#sha512">'
            f"{digest}</x:requestHash>"
        )
        code = etree.QName(body[0])
        wrapped = f'<a:{code.localname}Response xmlns:a="{code.namespace}">{answer}</a:{code.localname}Response>'
        text = _envelope(said, wrapped)
        for right, wrong in self.spoil.items():
            text = text.replace(right, wrong)
        return _xml(text) if self.attachments is None else _mime(text, self.attachments)

    def _fault(self, code: str, message: str) -> web.Response:
        return _xml(_envelope("", fault(self._written(code), message)))

    def _written(self, code: str) -> str:
        if not self.snake:
            return code
        *prefix, last = code.split(".")
        spelled = "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in last).strip("_")
        return ".".join([*(one.lower() for one in prefix), spelled])


def fault(code: str, message: str) -> str:
    """A fault as a security server writes it; HTTP says 200."""
    return (
        f"<SOAP-ENV:Fault><faultcode>{code}</faultcode><faultstring>{escape(message)}</faultstring><faultactor/>"
        f'<detail><faultDetail xmlns="">{uuid.uuid4()}</faultDetail></detail></SOAP-ENV:Fault>'
    )


def _envelope(header: str, body: str) -> str:
    return (
        f'<?xml version="1.0" encoding="UTF-8"?><SOAP-ENV:Envelope xmlns:SOAP-ENV="{SOAP}">'
        f"<SOAP-ENV:Header>{header}</SOAP-ENV:Header><SOAP-ENV:Body>{body}</SOAP-ENV:Body></SOAP-ENV:Envelope>"
    )


def _xml(text: str) -> web.Response:
    return web.Response(text=text, content_type="text/xml", charset="UTF-8")


def _mime(text: str, attachments: tuple[bytes, ...]) -> web.Response:
    parts = [b"content-type:text/xml\r\n\r\n" + text.encode()]
    parts += [b"content-type:image/png\r\ncontent-id: <a>\r\n\r\n" + data for data in attachments]
    body = b"".join(b"--xroadx\r\n" + part + b"\r\n" for part in parts) + b"--xroadx--\r\n"
    return web.Response(body=body, headers={"Content-Type": 'multipart/related; type="text/xml"; boundary=xroadx'})


def _client(identifier: str) -> str:
    names = ("xRoadInstance", "memberClass", "memberCode", "subsystemCode")
    parts = identifier.split("/")
    kind = "SUBSYSTEM" if len(parts) == 4 else "MEMBER"
    inner = "".join(f"<id:{name}>{part}</id:{name}>" for name, part in zip(names, parts, strict=False))
    return f'<xroad:id id:objectType="{kind}">{inner}</xroad:id><xroad:name>Tên</xroad:name>'


def _rest_hash(request: web.Request, request_id: str, body: bytes) -> str:
    """Over the message bytes: verb, path with query, each header `Name:Value` as it came, the request's id last."""
    lines = [request.method.encode(), request.raw_path.encode()]
    lines += [name + b":" + value for name, value in request.raw_headers if name.decode().lower() not in STRIPPED]
    lines.append(f"x-road-request-id:{request_id}".encode())
    message = b"".join(line + b"\r\n" for line in lines)
    digest = sha512(message).digest()
    if body:
        digest = sha512(digest + sha512(body).digest()).digest()
    return base64.b64encode(digest).decode()
