"""The audit part of a hub, from its settings: registry, ledger by its socket, search tables, auditors' face.

Promises: it may be stopped and started at any time, and goes on where it was. Leaves out: everything on the way of an
exchange.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from bus import net
from bus.app.audit import Audit, AuditFiles, AuditParts, audit_files
from bus.app.ledger_files import ledger_files
from bus.app.part import footing, serve
from config.hub import AuditSettings, HubSettings


def files_of(settings: HubSettings, audit: AuditSettings) -> AuditFiles:
    """Where the search is, as the settings name it."""
    return audit_files(audit.folder, ledger_files(settings), audit.auditors)


async def run_audit(
    settings: HubSettings, audit: AuditSettings, stop: asyncio.Event, ready: Callable[[], None]
) -> None:
    """The part's own process, until `stop`."""
    async with footing(settings, "audit") as ground:
        running = await Audit.start(
            AuditParts(
                ledger=ground.ledger,
                ledger_files=ledger_files(settings),
                files=files_of(settings, audit),
                snapshot=ground.snapshot,
                clock=ground.clock,
                listen=audit.listen,
                tls=net.face_context(audit.certificate, audit.key) if audit.certificate and audit.key else None,
            )
        )
        await serve(running, stop, ready)
