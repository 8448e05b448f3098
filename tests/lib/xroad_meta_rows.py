"""Rows of the manual's page on what a node answers by itself: one call, what stands in the answer, and why."""

from __future__ import annotations

import gzip
import io
import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

import aiohttp
from world_registry import CONSUMER
from xroad_meta_kit import CIVIL_STATUS, CLIENT, Place, pki, snapshot, standing
from xroad_soap_request import envelope, parts_of

from bus.app.xroad import face_of
from bus.xroad.around import Around
from bus.xroad.face import XRoadFace
from registry.snapshot import Snapshot
from schemas.xroad.codes import Style

_JSON = (("Accept", "application/json"),)


class Row(NamedTuple):
    """One call.

    Attributes:
        call: how the page shows it.
        has: pieces of the answer (headers, body, unpacked): each must be there.
        lacks: pieces that must not.
        match: a regular expression by which real clients take the answer apart.
    """

    call: str
    method: str
    path: str
    headers: tuple[tuple[str, str], ...]
    body: bytes | None
    status: int
    has: tuple[str, ...]
    lacks: tuple[str, ...]
    match: str | None
    why: str


@dataclass
class Chapter:
    """Rows that are played on one face."""

    title: str
    about: str
    registry: Snapshot = field(default_factory=snapshot)
    style: Style = Style.CAMEL
    listed: bool = True
    pace_s: int = 0
    """Seconds that pass after each row."""
    rows: list[Row] = field(default_factory=list)

    def get(
        self,
        why: str,
        path: str,
        *has: str,
        status: int = 200,
        lacks: tuple[str, ...] = (),
        headers: tuple[tuple[str, str], ...] = (),
        match: str | None = None,
    ) -> Chapter:
        """A GET."""
        shown = [f"`GET {path}`".replace(CIVIL_STATUS, "…"), *(f"`{name}: {value}`" for name, value in headers)]
        sent = (*headers, ("X-Road-Client", CLIENT))
        self.rows.append(Row(", ".join(shown), "GET", path, sent, None, status, has, lacks, match, why))
        return self

    def soap(
        self,
        why: str,
        service: str,
        body: str,
        *has: str,
        lacks: tuple[str, ...] = (),
        match: str | None = None,
        server: str | None = None,
    ) -> Chapter:
        """A SOAP request to a service of the subsystem, or of the member where it begins with a stroke."""
        owner = "VN/GOV/H56.20/" if service.startswith("/") else CIVIL_STATUS
        data = envelope(CLIENT, f"{owner}/{service.lstrip('/')}", body, server)
        headers = (("Content-Type", "text/xml; charset=utf-8"),)
        target = "" if server is None else f", `securityServer` `{server}`"
        shown = re.sub(r"<(/?)\w+:", r"<\1", body)
        call = f"`{service.lstrip('/')}`: `{shown}`{target}"
        self.rows.append(Row(call, "POST", "/", headers, data, 200, has, lacks, match, why))
        return self

    async def play(self) -> None:
        """Make every call, and compare."""
        async with standing(_face, self.registry, style=self.style, listed=self.listed) as place:
            for row in self.rows:
                await _play(place, row)
                place.now[0] += self.pace_s * 1_000

    def page(self) -> Iterator[str]:
        """The chapter as Markdown."""
        yield from (f"### {self.title}", "", self.about, "", "| call | answer | why |", "|---|---|---|")
        for row in self.rows:
            told = [*([str(row.status)] if row.method == "GET" else []), *(f"`{one}`" for one in row.has)]
            told += [f"no `{one}`" for one in row.lacks] + ([f"matches `{row.match}`"] if row.match else [])
            cells = (row.call, "; ".join(told), row.why)
            yield (
                "| "
                + " | ".join(one.replace("|", "\\|").replace("\n", " ").replace(" `;", "`;") for one in cells)
                + " |"
            )
        yield ""


def _face(around: Around) -> XRoadFace:
    return face_of(around, "ss1", lambda: {CONSUMER: pki().signer(CONSUMER)})


async def _play(place: Place, row: Row) -> None:
    async with (
        aiohttp.ClientSession() as session,
        session.request(row.method, place.url + row.path, data=row.body, headers=row.headers) as reply,
    ):
        headers = {name.lower(): value for name, value in reply.headers.items()}
        body = await reply.read()
        assert reply.status == row.status, (row.why, body)
    text = "\n".join([*(f"{name}: {value}" for name, value in headers.items()), *_unpacked(headers, body)])
    for piece in row.has:
        assert piece.replace("{port}", place.url.rpartition(":")[2]) in text, (row.why, piece, text)
    for piece in row.lacks:
        assert piece not in text, (row.why, piece, text)
    if row.match is not None:
        assert re.search(row.match, body.decode("utf-8", "replace"), re.DOTALL | re.IGNORECASE), (row.why, body)


def _unpacked(headers: dict[str, str], body: bytes) -> Iterator[str]:
    """The answer's texts: of a container each file, of a compressed part what is in it."""
    if headers["content-type"] == "application/zip":
        with zipfile.ZipFile(io.BytesIO(body)) as archive:
            for name in archive.namelist():
                yield name
                yield archive.read(name).decode()
    elif "type=" in headers["content-type"]:
        for said, data in parts_of(headers, body):
            yield "\n".join(f"{name}:{value}" for name, value in said.items())
            yield (gzip.decompress(data) if said["content-type"] == "application/gzip" else data).decode()
    else:
        yield body.decode()
