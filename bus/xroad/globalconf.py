"""X-Road's global configuration for whoever reads it: `/verificationconf`, `/internalconf`, `/externalconf`.

Promises: made from the registry of now, the same bytes for the same version of it; the directory is signed by an agency
of this node, the operator's before others, at most once a minute, and expires in ten; without a key to sign with the
directory is refused and the rest is answered.
Leaves out: private parameters (there is no central server to be managed by), and why a client should trust the anchor:
it compares the certificate's fingerprint with what it was told elsewhere. Trust between nodes is the TUF registry's
(ADR 0004), never this file's.
Source: PR-GCONF; `GET /verificationconf` of X-Road's signed document download (PR-SIGDOC §3).
"""

from __future__ import annotations

import asyncio
import io
import uuid
import zipfile
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Final

import msgspec
from aiohttp import web

from bus.xroad.around import Around
from bus.xroad.kept import Kept
from bus.xroad.meta_rest import must_be_known
from bus.xroad.origin import address_of, origin_of
from bus.xroad.shared_params import VERSION, Server, anchor, shared_params
from registry.snapshot import Snapshot
from registry.xroad import NamedClient
from schemas.xroad.codes import ErrorCode, Side, Word, XRoadError
from signing.keys import Signer
from signing.xroad_conf import ConfigurationFile, SignedDirectory, directory, signed

LIFETIME_MS: Final = 600_000
_SUBSYSTEM_SLASHES: Final = 3
ANCHOR: Final = "/configuration-anchor.xml"
"""X-Road hands anchors out by its own pages; a node does it here."""
_FILE: Final = "shared-params.xml"
_IDENTIFIER: Final = "SHARED-PARAMETERS"
_ZIP_DATE: Final = (1980, 1, 1, 0, 0, 0)
_NO_KEY: Final = ErrorCode(Side.CLIENT_PROXY, Word.KEY_NOT_FOUND)
_NOT_FOUND: Final = 404


class GlobalConfiguration:
    """The configuration of one node's X-Road."""

    def __init__(self, around: Around, signers: Callable[[], Mapping[str, Signer]], server_code: str) -> None:
        """`signers`: the seal keys of this node's agencies, as they are when it is called."""
        self._around = around
        self._signers = signers
        self._server_code = server_code
        self._texts: Kept[bytes] = Kept(around.clock)
        self._directories: Kept[SignedDirectory] = Kept(around.clock)

    def add(self, app: web.Application) -> None:
        """Add the routes."""
        app.router.add_get("/verificationconf", self._verification, allow_head=False)
        for path in ("/internalconf", "/externalconf"):
            app.router.add_get(path, self._directory, allow_head=False)
        app.router.add_get(ANCHOR, self._anchor, allow_head=False)
        app.router.add_get(f"/V{VERSION}/{{version:[0-9]{{1,12}}}}/{_FILE}", self._file, allow_head=False)

    async def _verification(self, request: web.Request) -> web.Response:
        must_be_known(self._around, request)
        instance = self._around.instance
        snapshot = self._around.directory.snapshot
        data = await self._shared(snapshot, address_of(request, port=False))
        expires = datetime.fromtimestamp((self._around.clock() + LIFETIME_MS) / 1000, UTC)
        metadata = {
            "contentIdentifier": _IDENTIFIER,
            "instanceIdentifier": instance,
            "contentFileName": _FILE,
            "contentLocation": _location(snapshot),
            "expirationDate": f"{expires:%Y-%m-%dT%H:%M:%SZ}",
            "configurationVersion": str(VERSION),
        }
        files = {
            f"verificationconf/{instance}/{_FILE}": data,
            f"verificationconf/{instance}/{_FILE}.metadata": msgspec.json.encode(metadata),
            "verificationconf/instance-identifier": instance.encode(),
        }
        headers = {"Content-Disposition": 'filename="verificationconf.zip"'}
        return web.Response(
            body=await asyncio.to_thread(_packed, files), content_type="application/zip", headers=headers
        )

    async def _directory(self, request: web.Request) -> web.Response:
        must_be_known(self._around, request)
        if request.query.get("version", str(VERSION)) != str(VERSION):
            return web.Response(status=_NOT_FOUND, text="This version of the configuration is not available")
        found = await self._signed(self._around.directory.snapshot, address_of(request, port=False))
        return web.Response(body=found.body, headers={"Content-Type": found.content_type})

    async def _anchor(self, request: web.Request) -> web.Response:
        must_be_known(self._around, request)
        at = datetime.fromtimestamp(self._around.clock() / 1000, UTC)
        url = f"{origin_of(request)}/internalconf"
        written = anchor(self._around.instance, url, self._signer().certificate, at)
        return web.Response(body=written, content_type="text/xml", charset="utf-8")

    async def _file(self, request: web.Request) -> web.Response:
        must_be_known(self._around, request)
        snapshot = self._around.directory.snapshot
        if int(request.match_info["version"]) != snapshot.version:
            return web.Response(status=_NOT_FOUND, text="The configuration has moved on")
        shared = await self._shared(snapshot, address_of(request, port=False))
        return web.Response(body=shared, content_type="text/xml", charset="utf-8")

    async def _signed(self, snapshot: Snapshot, address: str) -> SignedDirectory:
        shared = await self._shared(snapshot, address)
        listed = ConfigurationFile(_IDENTIFIER, self._around.instance, _location(snapshot), shared)
        return await self._directories.get(
            (snapshot.version, address), lambda: _signed(listed, self._signer(), self._around.clock())
        )

    def _signer(self) -> Signer:
        """The operator's key where it is here, else the first agency's by id.

        Raises:
            XRoadError: `KeyNotFound`, there is none.
        """
        operator, signers = self._around.directory.snapshot.operator, self._signers()
        chosen = operator if operator in signers else min(signers, default=None)
        if chosen is None:
            raise XRoadError(_NO_KEY, "This node has no key to sign the configuration with")
        return signers[chosen]

    async def _shared(self, snapshot: Snapshot, address: str) -> bytes:
        return await self._texts.get((snapshot.version, address), lambda: self._written(snapshot, address))

    def _written(self, snapshot: Snapshot, address: str) -> bytes:
        now_ms, instance = self._around.clock(), self._around.instance
        clients = [one for one in snapshot.xroad.clients(now_ms) if one.identifier.partition("/")[0] == instance]
        return shared_params(instance, clients, snapshot.anchors, self._servers(clients, address))

    def _servers(self, clients: list[NamedClient], address: str) -> Iterator[Server]:
        """The bus, which reaches every subsystem; and this node, once for each agency that it serves."""
        book, now_ms = self._around.book, self._around.clock()
        subsystems = [one.identifier for one in clients if one.identifier.count("/") == _SUBSYSTEM_SLASHES]
        members = [one.identifier for one in clients if one.identifier.count("/") != _SUBSYSTEM_SLASHES]
        operator = book.canonical(self._around.directory.snapshot.operator, None, now_ms)
        if operator in members:
            yield Server(operator, "bus", address, subsystems)
        for member in members:
            found = book.client(member, now_ms)
            if found is not None and self._around.speakers.serves(found.agency):
                own = [one for one in subsystems if one.startswith(f"{member}/")]
                yield Server(member, self._server_code, address, own)


def _signed(file: ConfigurationFile, signer: Signer, now_ms: int) -> SignedDirectory:
    expires = datetime.fromtimestamp(now_ms / 1000, UTC) + timedelta(milliseconds=LIFETIME_MS)
    inner_boundary, boundary = f"inner{uuid.uuid4().hex}", f"outer{uuid.uuid4().hex}"
    return signed(directory([file], VERSION, expires, inner_boundary), inner_boundary, signer, boundary)


def _location(snapshot: Snapshot) -> str:
    return f"/V{VERSION}/{snapshot.version}/{_FILE}"


def _packed(files: Mapping[str, bytes]) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(zipfile.ZipInfo(name, _ZIP_DATE), data, zipfile.ZIP_DEFLATED)
    return target.getvalue()
