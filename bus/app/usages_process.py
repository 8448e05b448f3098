"""The citizens' part of a hub, from its settings: registry, ledger by its socket, search tables, the face.

Promises: it may be stopped and started at any time; challenges given out before count no more. Leaves out: everything
on the way of an exchange.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from bus.app.audit_process import files_of
from bus.app.hub_process import PATIENCE_S
from bus.app.ledger_files import ledger_files
from bus.app.registry import HubRegistry
from bus.app.usages import Usages, UsagesParts
from bus.clock import SteadyClock
from bus.ledger.client import LedgerClient
from config.hub import AuditSettings, HubSettings
from config.usages import UsagesSettings


async def run_usages(
    settings: HubSettings,
    usages: UsagesSettings,
    audit: AuditSettings,
    stop: asyncio.Event,
    ready: Callable[[], None],
) -> None:
    """The part's own process, until `stop`."""
    clock = SteadyClock()
    registry = await HubRegistry.start(
        settings.registry.repository,
        settings.state_folder / "usages" / "registry",
        settings.instance,
        clock,
        settings.registry.refresh_seconds,
    )
    ledger = await LedgerClient.connect(settings.ledger.socket, patience_s=PATIENCE_S)
    watching = asyncio.create_task(registry.watch(), name="registry-watch")
    try:
        running = await Usages.start(
            UsagesParts(
                ledger=ledger,
                ledger_files=ledger_files(settings),
                files=files_of(settings, audit),
                snapshot=lambda: registry.directory.snapshot,
                clock=clock,
                operator=settings.operator,
                settings=usages,
                allow_development=settings.trust.allow_development_pki,
            )
        )
        try:
            ready()
            await stop.wait()
        finally:
            await running.close()
    finally:
        watching.cancel()
        await asyncio.gather(watching, return_exceptions=True)
        await ledger.close()
