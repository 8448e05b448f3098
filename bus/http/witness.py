"""A witness over HTTP (c2sp.org/tlog-witness): `add-checkpoint` for logs, the newest cosigned note for monitors.

Promises: statuses, bodies and media types are the specification's; nothing but a checkpoint's signature authorises.
Leaves out: TLS, which a proxy in front does.
"""

from __future__ import annotations

from aiohttp import web

from bus.ledger.witness import MAX_BODY_BYTES, Witness


class WitnessFace:
    """Routes of one witness."""

    def __init__(self, witness: Witness) -> None:
        self._witness = witness

    def application(self) -> web.Application:
        """The aiohttp application."""
        app = web.Application(client_max_size=MAX_BODY_BYTES)
        app.router.add_post("/add-checkpoint", self.add_checkpoint)
        app.router.add_get("/{origin:[0-9a-f]{64}}/checkpoint", self.checkpoint)
        return app

    async def add_checkpoint(self, request: web.Request) -> web.Response:
        """Cosign, or say why not."""
        answer = await self._witness.add_checkpoint(await request.read())
        return web.Response(status=answer.status, body=answer.body, content_type=answer.media_type)

    async def checkpoint(self, request: web.Request) -> web.Response:
        """The newest note cosigned of the log whose origin's SHA-256 is asked for."""
        note = self._witness.by_hash(request.match_info["origin"])
        if not note:
            raise web.HTTPNotFound
        return web.Response(
            body=note, content_type="text/plain", charset="utf-8", headers={"Cache-Control": "max-age=1"}
        )
