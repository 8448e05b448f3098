"""Witnesses over real HTTP, in folders of their own."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from aiohttp import web

from bus.http.witness import WitnessFace
from bus.ledger import witness as module
from bus.ledger.witness import Witness

NOW_S = 1_800_000_000


def made(folder: Path, name: str, *vkeys: str) -> str:
    """A witness' folder that trusts these logs; returns its vkey."""
    vkey = module.init(folder, name)
    for one in vkeys:
        module.trust(folder, one)
    return vkey


@asynccontextmanager
async def serving(folder: Path, port: int = 0) -> AsyncIterator[str]:
    """Its address."""
    opened = Witness.open(folder, lambda: NOW_S)
    runner = web.AppRunner(WitnessFace(opened).application(), access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()
        opened.close()
