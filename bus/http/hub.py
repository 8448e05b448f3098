"""What a hub worker shows over HTTP beside the link: health, and the ledger as a tiled log (`bus.http.log`).

Promises: nothing here names a person or an exchange. Leaves out: the log's search (the ledger's own face).
"""

from __future__ import annotations

from aiohttp import web

from bus.directory import Directory
from bus.http.edge import edge, json_answer
from bus.http.log import LogFace
from bus.hub.routes import Routes
from bus.ledger.port import Ledger


class HubFace:
    """Routes beside the link."""

    def __init__(self, *, ledger: Ledger, routes: Routes, directory: Directory, log: LogFace) -> None:
        self._ledger = ledger
        self._routes = routes
        self._directory = directory
        self._log = log

    def application(self) -> web.Application:
        """The aiohttp application; the link's own route is added by the worker."""
        app = web.Application(middlewares=[edge])
        app.router.add_get("/health", self.health)
        app.add_routes(self._log.routes())
        return app

    async def health(self, _request: web.Request) -> web.Response:
        """Head of the ledger, version of the registry, who is connected."""
        head = await self._ledger.head()
        return json_answer(
            {
                "status": "ok",
                "ledger": {"origin": self._ledger.origin, "term": self._ledger.term, "size": head.size},
                "registry": self._directory.snapshot.version,
                "agencies": self._routes.agencies(),
            }
        )
