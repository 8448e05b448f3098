"""The ledger's own process from a hub's settings.

Promises: nothing is created here but the socket's folder; a missing ledger stops the start with the reason. Leaves out:
keeping it running (`bus.app.supervisor`), making it (`lienthong ledger init`).
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from bus.app import heap
from bus.app.ledger_files import ledger_files
from bus.ledger.process import serve
from config.hub import HubSettings


async def run_ledger(settings: HubSettings, stop: asyncio.Event, ready: Callable[[], None]) -> None:
    """Serve the ledger until `stop`; raises why it stopped itself."""
    ledger = settings.ledger
    ledger.socket.parent.mkdir(parents=True, exist_ok=True, mode=0o700)

    def stands() -> None:
        heap.settle()
        ready()

    serving = asyncio.create_task(
        serve(ledger_files(settings), ledger.socket, ready=stands, cadence_s=ledger.checkpoint_seconds)
    )
    stopped = asyncio.create_task(stop.wait())
    await asyncio.wait({serving, stopped}, return_when=asyncio.FIRST_COMPLETED)
    stopped.cancel()
    if serving.done():
        serving.result()
    serving.cancel()
    await asyncio.gather(serving, return_exceptions=True)
