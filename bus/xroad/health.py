"""`GET /health` of the X-Road face: whether a load balancer should send calls here.

Promises: 200 while a hub can be reached for some agency of this node, else 503; nothing but that is told, and nobody
need show anything to ask.
"""

from __future__ import annotations

from aiohttp import web

from bus.xroad.around import Around


class Health:
    """The node's state, as short as can be."""

    def __init__(self, around: Around) -> None:
        self._around = around

    def add(self, app: web.Application) -> None:
        """Add the route."""
        app.router.add_get("/health", self._health)

    async def _health(self, _request: web.Request) -> web.Response:
        reachable = any(asker.connected for asker in self._around.askers.values())
        state = "ok" if reachable else "no-hub"
        return web.json_response({"status": state}, status=200 if reachable else 503)
