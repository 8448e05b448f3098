"""The ledger over HTTP as a C2SP tiled log, with proofs on request.

Promises: paths, media types and bodies are those of c2sp.org/tlog-tiles; checkpoint and hash tiles are for anybody,
entry bundles for who has a role; tiles and bundles may be cached for ever, the checkpoint for a second, proofs not.
Leaves out: what a role is: `may_read` refuses whoever has none.

    GET checkpoint   GET minimum-index   GET proof/inclusion?index=N[&size=S]      → {index, size, path}
    GET tile/<L>/<N>[.p/<W>]             GET proof/consistency?first=A[&second=B]  → {first, second, path}
    GET tile/entries/<N>[.p/<W>]         GET proof/<N>.tlog-proof[?record=1]       → c2sp.org/tlog-proof@v1
                                         GET proof/anchor?index=N                  → {size, checkpoint, time_stamps}
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable
from http import HTTPStatus
from typing import Final

from aiohttp import web

from bus.http.edge import edge, json_answer
from bus.ledger.port import PrunedRecordError
from bus.ledger.published import Kind, NotPublishedError, PublishedLog, place_of

MayRead = Callable[[web.Request], object]
"""Raises ProblemError for whoever may not read entries."""
_FOR_EVER: Final = "max-age=31536000, immutable"
_MAX_DIGITS: Final = 19


class LogFace:
    """Routes of one published log."""

    def __init__(self, published: PublishedLog, may_read: MayRead) -> None:
        self._published = published
        self._may_read = may_read

    def application(self) -> web.Application:
        """An application with these routes alone."""
        app = web.Application(middlewares=[edge])
        app.add_routes(self.routes())
        return app

    def routes(self) -> list[web.RouteDef]:
        """The routes; HEAD goes with each."""
        return [
            web.get("/checkpoint", self.checkpoint),
            web.get("/minimum-index", self.minimum),
            web.get("/tile/{rest:.+}", self.tile),
            web.get("/proof/inclusion", self.inclusion),
            web.get("/proof/consistency", self.consistency),
            web.get("/proof/anchor", self.anchor),
            web.get("/proof/{index}.tlog-proof", self.proof),
        ]

    async def checkpoint(self, _request: web.Request) -> web.Response:
        """The newest signed note (c2sp.org/tlog-checkpoint)."""
        try:
            note = await self._published.checkpoint()
        except NotPublishedError as error:
            raise web.HTTPNotFound from error
        return _text(note, "public, max-age=1")

    async def minimum(self, _request: web.Request) -> web.Response:
        """The minimum index: bundles that end at or below it may be gone (410)."""
        return _text(b"%d\n" % await self._published.minimum(), "public, max-age=60")

    async def tile(self, request: web.Request) -> web.Response:
        """A hash tile or an entry bundle."""
        try:
            place = place_of(request.path.removeprefix("/"))
            entries = place.kind is Kind.ENTRIES
            if entries:
                self._may_read(request)
            body = await self._published.resource(place)
        except NotPublishedError as error:
            raise web.HTTPNotFound from error
        except PrunedRecordError:
            return _gone()
        caching = f"{'private' if entries else 'public'}, {_FOR_EVER}"
        answer = web.Response(body=body, content_type="application/octet-stream", headers={"Cache-Control": caching})
        if entries:
            answer.enable_compression()
        return answer

    async def inclusion(self, request: web.Request) -> web.Response:
        """The path of one record to the root of a published size."""
        index, size = _number(request, "index"), _number(request, "size", optional=True)
        try:
            size, path = await self._published.inclusion(index or 0, size)
        except NotPublishedError as error:
            raise web.HTTPNotFound from error
        return json_answer({"index": index, "size": size, "path": _nodes(path)})

    async def consistency(self, request: web.Request) -> web.Response:
        """The path from one published size to another."""
        first, second = _number(request, "first"), _number(request, "second", optional=True)
        try:
            second, path = await self._published.consistency(first or 0, second)
        except NotPublishedError as error:
            raise web.HTTPNotFound from error
        return json_answer({"first": first, "second": second, "path": _nodes(path)})

    async def anchor(self, request: web.Request) -> web.Response:
        """The first time-stamped checkpoint that covers a record (RFC 3161)."""
        try:
            found = await self._published.anchored(_number(request, "index") or 0)
        except NotPublishedError as error:
            raise web.HTTPNotFound from error
        stamps = [b64encode(found.token).decode("ascii")]
        return json_answer({"size": found.size, "checkpoint": found.note.decode(), "time_stamps": stamps})

    async def proof(self, request: web.Request) -> web.Response:
        """A record's proof file under the newest checkpoint; with the record itself for who may read entries."""
        index = _digits(request.match_info["index"])
        with_leaf = request.query.get("record") == "1"
        if with_leaf:
            self._may_read(request)
        try:
            return _text(await self._published.proof(index, with_leaf=with_leaf), "no-store")
        except NotPublishedError as error:
            raise web.HTTPNotFound from error
        except PrunedRecordError:
            return _gone()


def _text(body: bytes, caching: str) -> web.Response:
    return web.Response(body=body, content_type="text/plain", charset="utf-8", headers={"Cache-Control": caching})


def _gone() -> web.Response:
    """C2SP tlog-tiles, "Pruning": an error for what ends at or below the minimum index."""
    return web.Response(status=HTTPStatus.GONE, text="pruned: below the minimum index\n")


def _number(request: web.Request, name: str, *, optional: bool = False) -> int | None:
    text = request.query.get(name)
    if text is None and optional:
        return None
    return _digits(text or "")


def _digits(text: str) -> int:
    if not text.isascii() or not text.isdigit() or len(text) > _MAX_DIGITS:
        raise web.HTTPBadRequest
    return int(text)


def _nodes(path: tuple[bytes, ...]) -> list[str]:
    return [b64encode(node).decode("ascii") for node in path]
