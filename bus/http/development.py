"""The development PKI over HTTP: time-stamps (RFC 3161 §3.4), OCSP (RFC 6960 appendix A), lists and certificates.

Promises: only what the standards' clients ask for, with the standards' media types; requests of at most 16 KiB.
Leaves out: TLS and access: it listens on loopback alone (`bus.app.development_services`).
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final
from urllib.parse import unquote

import msgspec
from aiohttp import web

from bus.keystore.development import DevelopmentKeys
from config.secrets import read_secret
from signing.devocsp import DevResponder, crl
from signing.devtsa import DevTimeStamper

MAX_BODY_BYTES: Final = 16_384
CRL_LIFETIME: Final = timedelta(days=7)
_QUERY: Final = "application/timestamp-query"
_REPLY: Final = "application/timestamp-reply"
_OCSP_REQUEST: Final = "application/ocsp-request"
_OCSP_RESPONSE: Final = "application/ocsp-response"
_CRL: Final = "application/pkix-crl"
_CERTIFICATE: Final = "application/x-pem-file"


class RevokedFile:
    """Which certificates are revoked, and since when: a JSON object in the folder, read anew for each question."""

    def __init__(self, keys: DevelopmentKeys) -> None:
        self._file: Path = keys.folder / "revoked.json"

    def read(self) -> dict[int, datetime]:
        """Serial number → since when.

        Raises:
            msgspec.DecodeError: the file was altered by hand.
        """
        if not self._file.exists():
            return {}
        found = msgspec.json.decode(self._file.read_bytes(), type=dict[str, datetime])
        return {int(serial, 16): since for serial, since in found.items()}

    def revoke(self, serial: int, since: datetime) -> datetime:
        """Revoke for good; the moment since when it is, which stays the first one."""
        known = self.read()
        since = known.setdefault(serial, since)
        text = msgspec.json.encode({f"{number:x}": moment for number, moment in sorted(known.items())})
        fresh = self._file.with_suffix(".new")
        fresh.write_bytes(msgspec.json.format(text) + b"\n")
        fresh.replace(self._file)
        return since


@dataclass(frozen=True, slots=True)
class DevelopmentFace:
    """Routes of a development PKI."""

    keys: DevelopmentKeys
    stamper: DevTimeStamper
    responder: DevResponder
    revoked: RevokedFile
    now: Callable[[], datetime]

    @classmethod
    def open(cls, keys: DevelopmentKeys, now: Callable[[], datetime]) -> DevelopmentFace:
        """The services of a folder.

        Raises:
            OSError, SecretError, ValueError: something of it is missing or open to others.
        """
        parts = {name: (read_secret(keys.service_key(name)), _pem(keys, name)) for name in ("tsa", "ocsp")}
        stamper = DevTimeStamper(*parts["tsa"], first_serial=int(now().timestamp() * 1000))
        responder = DevResponder(*parts["ocsp"], keys.issuing.read_bytes())
        return cls(keys, stamper, responder, RevokedFile(keys), now)

    def application(self) -> web.Application:
        """The aiohttp application."""
        app = web.Application(client_max_size=MAX_BODY_BYTES)
        app.router.add_post("/tsa", self.stamp)
        app.router.add_post("/ocsp", self.ocsp)
        app.router.add_get("/ocsp/{request:.+}", self.ocsp_by_path)
        app.router.add_get("/{name:root|issuing}.crl", self.revocations)
        app.router.add_get("/{name:root|issuing}.pem", self.certificate)
        return app

    async def stamp(self, request: web.Request) -> web.Response:
        """A time-stamp."""
        if request.content_type != _QUERY:
            raise web.HTTPUnsupportedMediaType
        return web.Response(body=self.stamper.answer(await request.read(), self.now()), content_type=_REPLY)

    async def ocsp(self, request: web.Request) -> web.Response:
        """What is known of a certificate."""
        if request.content_type != _OCSP_REQUEST:
            raise web.HTTPUnsupportedMediaType
        return self._known(await request.read())

    async def ocsp_by_path(self, request: web.Request) -> web.Response:
        """The same, asked by GET: base64 of the request in the path."""
        try:
            return self._known(base64.b64decode(unquote(request.match_info["request"]), validate=True))
        except binascii.Error as error:
            raise web.HTTPBadRequest from error

    async def revocations(self, request: web.Request) -> web.Response:
        """The root's list, as it was made with the root, or the issuing authority's, fresh."""
        if request.match_info["name"] == "root":
            body = self.keys.root_crl.read_bytes()
        else:
            key = read_secret(self.keys.issuing_key)
            body = crl(self.keys.issuing.read_bytes(), key, self.revoked.read(), self.now(), CRL_LIFETIME)
        return web.Response(body=body, content_type=_CRL)

    async def certificate(self, request: web.Request) -> web.Response:
        """An authority's certificate."""
        file = self.keys.root if request.match_info["name"] == "root" else self.keys.issuing
        return web.Response(body=file.read_bytes(), content_type=_CERTIFICATE)

    def _known(self, asked: bytes) -> web.Response:
        body = self.responder.answer(asked, self.revoked.read(), self.now())
        return web.Response(body=body, content_type=_OCSP_RESPONSE)


def _pem(keys: DevelopmentKeys, name: str) -> bytes:
    return keys.service_certificate(name).read_bytes()


def utc_now() -> datetime:
    """The machine's time, whole seconds: what certificates and answers are dated with."""
    return datetime.now(UTC).replace(microsecond=0)
