"""The sample nation's servers as processes of their own: `python -P -m bus.sample serve KIND --data DIR`.

Promises: a server reads one agency's file and no other; it refuses to start on a folder that was not built. Leaves out
social insurance and land: their databases are reached by SQL, as files.
"""

from __future__ import annotations

import asyncio
import signal
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Final, Literal, cast

from aiohttp import web

from bus.sample import (
    business_registry,
    business_store,
    civil_status,
    civil_status_store,
    population_soap,
    population_store,
)
from bus.sample.store import BUSINESS_REGISTRY_KEY, CIVIL_STATUS_KEY, open_store, read_key

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable
    from pathlib import Path

Kind = Literal["population", "civil-status", "business-registry"]
PORTS: Final[dict[Kind, int]] = {"population": 18101, "civil-status": 18102, "business-registry": 18103}
"""Where each listens unless told otherwise; `config/sample/adapters` says the same."""

_GRACE_S: Final = 2.0


def application(kind: Kind, folder: Path, delay_s: float = 0.0) -> web.Application:
    """The server's application over its file in the data folder.

    Raises:
        StoreError: the folder was not built, or is of another format.
    """
    if kind == "population":
        return population_soap.app(folder, open_store(folder, population_store.FILE), delay_s)
    if kind == "civil-status":
        key = read_key(folder, CIVIL_STATUS_KEY)
        return civil_status.app(open_store(folder, civil_status_store.FILE), key, delay_s)
    key = read_key(folder, BUSINESS_REGISTRY_KEY)
    return business_registry.app(open_store(folder, business_store.FILE), key, delay_s)


@asynccontextmanager
async def serving(
    kind: Kind, folder: Path, port: int = 0, *, host: str = "127.0.0.1", delay_s: float = 0.0
) -> AsyncIterator[int]:
    """Serve until the block ends; yields the port that was really taken (0 asks for any)."""
    runner = web.AppRunner(application(kind, folder, delay_s), access_log=None, shutdown_timeout=_GRACE_S)
    await runner.setup()
    try:
        await web.TCPSite(runner, host, port).start()
        address = cast("tuple[str, int]", runner.addresses[0])
        yield address[1]
    finally:
        await runner.cleanup()


async def serve(
    kind: Kind, folder: Path, port: int, *, host: str, delay_s: float, ready: Callable[[int], None]
) -> None:
    """Serve until SIGINT or SIGTERM; `ready` hears the port once connections are accepted."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    async with serving(kind, folder, port, host=host, delay_s=delay_s) as taken:
        ready(taken)
        await stop.wait()
