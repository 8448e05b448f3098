"""The audit part of a hub, from its settings: registry, ledger by its socket, search tables, auditors' face.

Promises: it may be stopped and started at any time, and goes on where it was. Leaves out: everything on the way of an
exchange.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from bus import net
from bus.app.audit import Audit, AuditFiles, AuditParts, audit_files
from bus.app.hub_process import PATIENCE_S
from bus.app.ledger_files import ledger_files
from bus.app.registry import HubRegistry
from bus.clock import SteadyClock
from bus.ledger.client import LedgerClient
from config.hub import AuditSettings, HubSettings


def files_of(settings: HubSettings, audit: AuditSettings) -> AuditFiles:
    """Where the search is, as the settings name it."""
    return audit_files(audit.folder, ledger_files(settings), audit.auditors)


async def run_audit(
    settings: HubSettings, audit: AuditSettings, stop: asyncio.Event, ready: Callable[[], None]
) -> None:
    """The part's own process, until `stop`."""
    clock = SteadyClock()
    registry = await HubRegistry.start(
        settings.registry.repository,
        settings.state_folder / "audit" / "registry",
        settings.instance,
        clock,
        settings.registry.refresh_seconds,
    )
    ledger = await LedgerClient.connect(settings.ledger.socket, patience_s=PATIENCE_S)
    watching = asyncio.create_task(registry.watch(), name="registry-watch")
    try:
        running = await Audit.start(
            AuditParts(
                ledger=ledger,
                ledger_files=ledger_files(settings),
                files=files_of(settings, audit),
                snapshot=lambda: registry.directory.snapshot,
                clock=clock,
                listen=audit.listen,
                tls=net.face_context(audit.certificate, audit.key) if audit.certificate and audit.key else None,
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
