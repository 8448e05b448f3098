"""The registry of schemas of a hub, from its settings: ledger by its socket, tables, comparison processes, face.

Promises: it may be stopped and started at any time, and goes on where it was. Leaves out: everything on the way of an
exchange.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

from bus import net
from bus.app.audit import open_shelf
from bus.app.hub_process import PATIENCE_S
from bus.app.ledger_files import ledger_files
from bus.app.part import serve
from bus.app.schemas import Schemas, SchemasParts
from bus.clock import SteadyClock
from bus.ledger.client import LedgerClient
from bus.registration.pool import Limits
from config.hub import HubSettings, RegistrationSettings


def store_url(folder: Path, ledger_url: str) -> str:
    """Where its tables are: beside the ledger's on PostgreSQL, else in a folder."""
    return f"sqlite:///{folder / 'schemas.sqlite3'}" if ledger_url.startswith("sqlite:") else ledger_url


def limits_of(registration: RegistrationSettings) -> Limits:
    """What comparing may take, as the settings say."""
    return Limits(registration.processes, registration.job_seconds, registration.memory_bytes)


async def run_schemas(
    settings: HubSettings, registration: RegistrationSettings, stop: asyncio.Event, ready: Callable[[], None]
) -> None:
    """The part's own process, until `stop`."""
    files = ledger_files(settings)
    certificate, key = registration.certificate, registration.key
    anchors = net.anchors_in(registration.client_anchors) if registration.client_anchors else None
    ledger = await LedgerClient.connect(settings.ledger.socket, patience_s=PATIENCE_S)
    try:
        running = await Schemas.start(
            SchemasParts(
                store_url=store_url(registration.folder, files.store_url),
                registrants=registration.registrants,
                listen=registration.listen,
                operator=settings.operator,
                clock=SteadyClock(),
                name=settings.instance,
                ledger=ledger,
                governed=registration.governed_context,
                limits=limits_of(registration),
                shelf=await asyncio.to_thread(open_shelf, files),
                tls=net.face_context(certificate, key, anchors) if certificate and key else None,
            )
        )
        await serve(running, stop, ready)
    finally:
        await ledger.close()
