"""PUT, GET and DELETE of /bodies/{exchange}/{part}: parts too large to travel inside a message.

Promises: only a peer with an open session may put, and only under its own certificate; only a peer that the hub
granted a body to may get it; owner and grantee may delete it. A body whose length or SHA-256 is not what the
request's headers say is refused and nothing of it kept. Every refusal is a status and one word.
Leaves out: which part of which exchange is granted to whom: `bus.hub` asks `Spool.holds` and calls `Spool.grant`
when it forwards, and `Spool.forget` at the outcome.
"""

from __future__ import annotations

import base64
import binascii
import contextlib
import re
from collections.abc import Callable
from typing import Final

import aiohttp
import orjson
from aiohttp import web

from bus import net
from bus.link.spool import Announced, Name, Spool, SpoolError

DIGEST_HEADER: Final = "Content-Digest"
"""RFC 9530 §2, with sha-256 alone."""
_PATH: Final = "/bodies/{exchange}/{part}"
_EXCHANGE: Final = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")
_PART: Final = re.compile(r"[a-z][a-z0-9-]{0,39}")
_DIGEST: Final = re.compile(r"sha-256=:([A-Za-z0-9+/]{43}=):")
_STATUS: Final = {
    "no-certificate": 403,
    "no-session": 403,
    "name-malformed": 400,
    "digest-malformed": 400,
    "length-missing": 411,
    "body-unknown": 404,
    "body-exists": 409,
    "body-too-large": 413,
    "exchange-quota": 413,
    "owner-quota": 413,
    "body-length": 422,
    "body-digest": 422,
    "body-broken-off": 400,
    "spool-full": 507,
    "body-damaged": 500,
}


class Bodies:
    """The three methods, for the application that listens with `net.server_context`.

    Args:
        spool: where bodies wait.
        has_session: whether the holder of the certificate with this thumbprint has a session with this hub.
    """

    def __init__(self, spool: Spool, has_session: Callable[[str], bool]) -> None:
        self._spool = spool
        self._has_session = has_session

    def routes(self) -> list[web.RouteDef]:
        """The routes."""
        return [web.put(_PATH, self.put), web.get(_PATH, self.get, allow_head=False), web.delete(_PATH, self.delete)]

    async def put(self, request: web.Request) -> web.Response:
        """Take a body: 201, or 200 if the very same is here already."""
        try:
            name = self._named(request, self._peer(request))
            new = await self._spool.put(name, _announced(request), request.content.iter_any())
        except SpoolError as refused:
            return _refusal(refused.rule)
        except (aiohttp.ClientError, web.RequestPayloadError, ConnectionError, TimeoutError):
            return _refusal("body-broken-off")
        except OSError:
            return _refusal("spool-full")
        return web.Response(status=201 if new else 200)

    async def get(self, request: web.Request) -> web.StreamResponse:
        """Give a body to one that it was granted to."""
        try:
            name = self._granted(request)
        except SpoolError as refused:
            return _refusal(refused.rule)
        announced = self._spool.announced(name)
        response = web.StreamResponse(headers={DIGEST_HEADER: digest_text(announced.sha256)})
        response.content_type = "application/octet-stream"
        response.content_length = announced.length
        await response.prepare(request)
        async with contextlib.aclosing(self._spool.read(name)) as pieces:
            async for piece in pieces:
                await response.write(piece)
        await response.write_eof()
        return response

    async def delete(self, request: web.Request) -> web.Response:
        """Forget a body that the peer put, or that it was granted and needs no more."""
        try:
            peer = self._peer(request)
            own = self._named(request, peer)
            granted = self._spool.granted_to(peer, own.exchange, own.part)
        except SpoolError as refused:
            return _refusal(refused.rule)
        self._spool.drop(own)
        if granted is not None:
            self._spool.drop(granted)
        return web.Response(status=204)

    def _peer(self, request: web.Request) -> str:
        certificate = net.peer_certificate(request)
        if certificate is None:
            raise SpoolError("no-certificate")
        x5t = net.thumbprint(certificate)
        if not self._has_session(x5t):
            raise SpoolError("no-session")
        return x5t

    def _named(self, request: web.Request, owner: str) -> Name:
        exchange, part = request.match_info["exchange"], request.match_info["part"]
        if not _EXCHANGE.fullmatch(exchange) or not _PART.fullmatch(part):
            raise SpoolError("name-malformed")
        return Name(owner, exchange, part)

    def _granted(self, request: web.Request) -> Name:
        peer = self._peer(request)
        wanted = self._named(request, peer)
        name = self._spool.granted_to(peer, wanted.exchange, wanted.part)
        if name is None:
            raise SpoolError("body-unknown")
        return name


def _announced(request: web.Request) -> Announced:
    if request.content_length is None:
        raise SpoolError("length-missing")
    return Announced(request.content_length, digest_of(request.headers.get(DIGEST_HEADER, "")))


def digest_text(sha256: bytes) -> str:
    """The header's value."""
    return f"sha-256=:{base64.b64encode(sha256).decode('ascii')}:"


def digest_of(text: str) -> bytes:
    """The SHA-256 of a header's value.

    Raises:
        SpoolError: anything but one sha-256.
    """
    found = _DIGEST.fullmatch(text)
    if found is None:
        raise SpoolError("digest-malformed")
    try:
        return base64.b64decode(found.group(1), validate=True)
    except binascii.Error as error:
        raise SpoolError("digest-malformed") from error


def _refusal(rule: str) -> web.Response:
    body = orjson.dumps({"code": rule})
    return web.Response(
        status=_STATUS[rule], body=body, content_type="application/json", headers={"Connection": "close"}
    )
