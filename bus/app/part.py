"""What a hub's parts stand on: the registry as it is published, the ledger by its socket; and how long they serve.

Promises: what was opened is closed, whatever ends the part. Leaves out what a part does.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import NamedTuple, Protocol

from bus.app.hub_process import PATIENCE_S
from bus.app.lasting import lasting
from bus.app.registry import HubRegistry
from bus.clock import Clock, SteadyClock
from bus.ledger.client import LedgerClient
from config.hub import HubSettings
from registry.snapshot import Snapshot


class Footing(NamedTuple):
    """What a part is given."""

    ledger: LedgerClient
    snapshot: Callable[[], Snapshot]
    clock: Clock


class Serving(Protocol):
    """A part that has started."""

    async def close(self) -> None:
        """Stop it."""


@asynccontextmanager
async def footing(settings: HubSettings, part: str) -> AsyncIterator[Footing]:
    """Follow the registry in a folder of the part's own, and reach the ledger."""
    clock = SteadyClock()
    registry = await HubRegistry.start(
        settings.registry.repository,
        settings.state_folder / part / "registry",
        settings.instance,
        clock,
        settings.registry.refresh_seconds,
    )
    ledger = await LedgerClient.connect(settings.ledger.socket, patience_s=PATIENCE_S)
    watching = lasting(registry.watch, "registry-watch")
    try:
        yield Footing(ledger, lambda: registry.directory.snapshot, clock)
    finally:
        watching.cancel()
        await asyncio.gather(watching, return_exceptions=True)
        await ledger.close()


async def serve(running: Serving, stop: asyncio.Event, ready: Callable[[], None]) -> None:
    """Say that it stands, and keep it until `stop`."""
    try:
        ready()
        await stop.wait()
    finally:
        await running.close()
