"""The citizens' part of a hub, from its settings: registry, ledger by its socket, search tables, the face.

Promises: it may be stopped and started at any time; challenges given out before count no more. Leaves out: everything
on the way of an exchange.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from bus.app.audit_process import files_of
from bus.app.ledger_files import ledger_files
from bus.app.part import footing, serve
from bus.app.usages import Usages, UsagesParts
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
    async with footing(settings, "usages") as ground:
        running = await Usages.start(
            UsagesParts(
                ledger=ground.ledger,
                ledger_files=ledger_files(settings),
                files=files_of(settings, audit),
                snapshot=ground.snapshot,
                clock=ground.clock,
                operator=settings.operator,
                settings=usages,
                allow_development=settings.trust.allow_development_pki,
            )
        )
        await serve(running, stop, ready)
