"""What the sample nation's HTTP servers share: a slow day on request, and nothing about the bus.

Promises: no request body is logged; a body over 64 KiB is refused. Leaves out TLS: these stand behind an agency's wall.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

from aiohttp import web

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Awaitable, Callable

MAX_BODY_BYTES: Final = 64 * 1024
STORE: Final = web.AppKey["sqlite3.Connection"]("store")
DELAY_S: Final = web.AppKey[float]("delay_s")


@web.middleware
async def slow_day(
    request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
) -> web.StreamResponse:
    """Wait as long as this system is said to take before answering."""
    await asyncio.sleep(request.app[DELAY_S])
    return await handler(request)


def application(store: sqlite3.Connection, delay_s: float) -> web.Application:
    """An empty application over one agency's file; the file is closed with it."""
    app = web.Application(middlewares=[slow_day], client_max_size=MAX_BODY_BYTES)
    app[STORE] = store
    app[DELAY_S] = delay_s

    async def close(app: web.Application) -> None:
        app[STORE].close()

    app.on_cleanup.append(close)
    return app
