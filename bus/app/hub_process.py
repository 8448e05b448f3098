"""One hub worker as a process of its own, from the hub's settings.

Promises: a worker never touches the ledger's store, only its socket; SIGTERM drains it. Nothing is created here but the
trusted copy of the registry: a missing key or registry stops the start with the reason. Leaves out: keeping it running
(`bus.app.supervisor`), making keys and registries (`lienthong keys|registry`).
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import Final

from bus import net
from bus.app import heap
from bus.app.hub import HubWorker, WorkerParts, listen_on
from bus.app.lasting import lasting
from bus.app.registry import HubRegistry, freshen
from bus.clock import SteadyClock
from bus.hub.desk import InFlight
from bus.keystore import open_key
from bus.ledger.client import LedgerClient
from bus.link.hub import HubSettings as LinkSettings
from bus.link.limits import LinkLimits
from bus.link.spool import Spool, SpoolLimits
from bus.node.renewals import RenewalPlace
from bus.registry.keys import load_online_keys
from config.hub import HubSettings, WorkerSettings

PATIENCE_S: Final = 30.0


async def run_worker(settings: HubSettings, number: int, stop: asyncio.Event, ready: Callable[[], None]) -> None:
    """One worker's own process, until `stop`."""
    clock = SteadyClock()
    own = settings.workers[number]
    registry = await HubRegistry.start(
        settings.registry.repository,
        settings.state_folder / f"worker-{number}" / "registry",
        settings.instance,
        clock,
        settings.registry.refresh_seconds,
    )
    ledger = await LedgerClient.connect(settings.ledger.socket, patience_s=PATIENCE_S)
    worker = await HubWorker.start(
        WorkerParts(
            listener=listen_on(own.listen),
            tls=net.server_context(settings.link.certificate, settings.link.key, net.anchors_in(settings.link.anchors)),
            link=_link_settings(settings, number),
            registry=registry,
            signer=open_key(settings.seal),
            ledger=ledger,
            clock=clock,
            limits=InFlight(settings.limits.max_in_flight, settings.limits.max_in_flight_per_agency),
            spool=Spool(
                settings.bodies.folder / f"worker-{number}",
                SpoolLimits(
                    max_body_bytes=settings.bodies.max_body_bytes, max_total_bytes=settings.bodies.max_spool_bytes
                ),
                time.monotonic,
            ),
            tiles=settings.ledger.folder / "tiles",
            workers=len(settings.workers),
            leads=number == 0,
            authority=settings.renewal.socket if settings.renewal is not None else None,
            renewal=_own_renewal(settings),
        )
    )
    tasks = []
    if number == 0:
        online = load_online_keys(settings.registry.online_key)
        tasks.append(lasting(lambda: freshen(settings.registry.repository, online), "freshen"))
    heap.settle()
    ready()
    try:
        await stop.wait()
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await worker.close()
        await ledger.close()


def _own_renewal(settings: HubSettings) -> RenewalPlace | None:
    if settings.renewal is None or settings.renewal.folder is None:
        return None
    return RenewalPlace(settings.renewal.folder, settings.seal, settings.trust.certificate_warning_days)


def _link_settings(settings: HubSettings, number: int) -> LinkSettings:
    addresses = tuple(address_of(worker) for worker in settings.workers)
    link = settings.link
    return LinkSettings(
        instance=settings.instance,
        worker=f"w{number}",
        workers=lambda: addresses,
        bodies=f"https://{settings.workers[number].public or settings.workers[number].listen}",
        batch_window_ms=link.batch_window_ms,
        handshakes_per_s=link.handshakes_per_second,
        limits=LinkLimits(
            streams=link.credits, max_message_bytes=link.max_inline_bytes, heartbeat_s=link.heartbeat_seconds
        ),
    )


def address_of(worker: WorkerSettings) -> str:
    """What nodes are told to dial."""
    return f"wss://{worker.public or worker.listen}/link"
