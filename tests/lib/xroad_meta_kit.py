"""X-Road's face over a small registry, on a real socket, with no hub: for what a node answers by itself."""

from __future__ import annotations

import ipaddress
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from hashlib import sha256

from peer_systems import serving
from world_registry import Pki, made
from xroad_folder import xroad_folder

from bus.access import Grants, Principal
from bus.directory import Directory
from bus.xroad.around import Around
from bus.xroad.clients import Listed, Speakers
from bus.xroad.face import XRoadFace
from registry.snapshot import Snapshot
from registry.snapshot import compile as compile_registry
from schemas.xroad.codes import Style

NOW_MS = 1_790_000_000_000
CONSUMER, PROVIDER = "a200003", "a100002"
CLIENT = "VN/GOV/H56.20/one-stop"
CIVIL_STATUS = "VN/GOV/G15/civil-status"
KEY = "a-key-of-the-one-stop-portal"
LOOPBACK = ipaddress.ip_network("127.0.0.0/8")
OPENAPI = b"""openapi: 3.0.3
info: {title: Scans, version: "1"}
servers:
  - url: https://10.1.2.3/internal
paths:
  /scans/{id}:
    servers: [{url: "https://10.1.2.4"}]
    get: {responses: {"200": {description: ok}}}
"""
PLAIN_SERVICE = """
[[service]]
id = "a100002/civil-status/notes"
name = { vi = "Ghi chú", en = "Notes" }
shape = "opaque"
basis = "278/2025/NĐ-CP"
subject_scheme = "citizen"
xroad = { protocol = "rest", codes = ["notes"] }

[[service.operation]]
name = "fetch"
assurance = "low"
officer_required = false
endpoints = ["GET /notes/*"]

[[service.operation]]
name = "write"
assurance = "low"
officer_required = false
safe = false
endpoints = ["POST /notes", "PUT /notes/*"]
"""
AGREEMENT = """
[[agreement]]
id = "ag-notes"
consumer = "a200003"
consumer_system = "one-stop"
service = "a100002/civil-status/notes"
operations = ["fetch"]
purposes = ["audit"]
basis = "278/2025/NĐ-CP"
valid_from = 2025-07-01
valid_to = 2026-12-31
opaque_reason = "Ghi chú chưa có cấu trúc"
"""


@cache
def pki() -> Pki:
    return Pki(made(datetime.fromtimestamp(NOW_MS / 1000, UTC)))


@cache
def snapshot(scans: bytes = OPENAPI, wsdl: bytes = b"<definitions/>", xsd: bytes = b"<schema/>") -> Snapshot:
    files = xroad_folder()
    files["descriptions/scans.yaml"] = scans
    files["descriptions/letters.wsdl"] = wsdl
    files["descriptions/letters.xsd"] = xsd
    files["services/all.toml"] += PLAIN_SERVICE.encode()
    files["agreements/all.toml"] += AGREEMENT.encode()
    return compile_registry(files | pki().files(), 1)


@dataclass
class Place:
    """A face that stands."""

    url: str
    around: Around
    now: list[int] = field(default_factory=list)


def around(now: list[int], registry: Snapshot, *, style: Style, listed: bool) -> Around:
    grants = Grants([(sha256(KEY.encode()).hexdigest(), Principal(CONSUMER, "one-stop"))])
    directory = Directory(registry, now_ms=now[0])
    clients = [Listed(CLIENT, (LOOPBACK,))] if listed else []
    speakers = Speakers(grants, directory, lambda: now[0], served=lambda: {CONSUMER}, listed=clients)
    return Around({}, directory, speakers, lambda: now[0], style)


@asynccontextmanager
async def standing(
    make: Callable[[Around], XRoadFace],
    registry: Snapshot | None = None,
    *,
    style: Style = Style.CAMEL,
    listed: bool = True,
) -> AsyncIterator[Place]:
    now = [NOW_MS]
    parts = around(now, registry or snapshot(), style=style, listed=listed)
    async with serving(make(parts).application()) as url:
        yield Place(url, parts, now)
