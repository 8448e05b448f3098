"""SOAP requests as X-Road's clients write them, for tests: plain text, no code of the project."""

from __future__ import annotations

import re

import aiohttp

_NAMES = ("xRoadInstance", "memberClass", "memberCode", "subsystemCode", "serviceCode", "serviceVersion")
SPACES = (
    'xmlns:SOAP-ENV="http://schemas.xmlsoap.org/soap/envelope/" xmlns:xroad="http://x-road.eu/xsd/xroad.xsd"'
    ' xmlns:id="http://x-road.eu/xsd/identifiers" xmlns:om="http://x-road.eu/xsd/op-monitoring.xsd"'
    ' xmlns:m="http://x-road.eu/xsd/monitoring"'
)


def identifier(name: str, kind: str, text: str, names: tuple[str, ...] = _NAMES) -> str:
    inner = "".join(f"<id:{one}>{part}</id:{one}>" for one, part in zip(names, text.split("/"), strict=False))
    return f'<{name} id:objectType="{kind}">{inner}</{name}>'


def envelope(client: str, service: str, body: str, server: str | None = None) -> bytes:
    """`service` is `I/C/M/S/code[/version]`, or a member's, `I/C/M//code`."""
    kind = "SUBSYSTEM" if client.count("/") == 3 else "MEMBER"
    named = identifier("xroad:service", "SERVICE", service).replace("<id:subsystemCode></id:subsystemCode>", "")
    target = "" if server is None else identifier("xroad:securityServer", "SERVER", server, (*_NAMES[:3], "serverCode"))
    return (
        f'<?xml version="1.0" encoding="utf-8"?><SOAP-ENV:Envelope {SPACES}><SOAP-ENV:Header>'
        f"{identifier('xroad:client', kind, client)}{named}{target}<xroad:id>id-1</xroad:id>"
        "<xroad:userId>EE37701010101</xroad:userId><xroad:protocolVersion>4.0</xroad:protocolVersion>"
        f"</SOAP-ENV:Header><SOAP-ENV:Body>{body}</SOAP-ENV:Body></SOAP-ENV:Envelope>"
    ).encode()


async def post(url: str, data: bytes, **headers: str) -> tuple[dict[str, str], bytes]:
    """The answer's headers and bytes; HTTP always says 200."""
    sent = {"Content-Type": "text/xml; charset=utf-8", **headers}
    async with aiohttp.ClientSession() as session, session.post(f"{url}/", data=data, headers=sent) as reply:
        assert reply.status == 200
        return {name.lower(): value for name, value in reply.headers.items()}, await reply.read()


def parts_of(headers: dict[str, str], body: bytes) -> list[tuple[dict[str, str], bytes]]:
    """The MIME parts, taken apart as clients of X-Road do it: by the boundary's own bytes."""
    boundary = re.search(r'boundary="?(xroad[^";]+)', headers["content-type"])
    assert boundary, headers
    pieces = body.split(b"--" + boundary[1].encode())[1:-1]
    parts = []
    for piece in pieces:
        head, _, data = piece.removeprefix(b"\r\n").partition(b"\r\n\r\n")
        lines = (line.partition(":") for line in head.decode().split("\r\n"))
        parts.append(({name.lower(): value.strip() for name, _, value in lines}, data.removesuffix(b"\r\n")))
    return parts
