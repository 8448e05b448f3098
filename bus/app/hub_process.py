"""A hub from its settings: one ledger process, N workers with an address each, and the supervisor that keeps them.

Promises: workers never touch the ledger's store, only its socket; a part that dies is started again after a pause that
grows; on SIGTERM or SIGINT the workers drain before the ledger ends. Nothing is created here: a missing ledger or
registry stops the start with the reason. Leaves out: making keys, ledgers and registries (`lienthong keys|ledger|…`).
"""

from __future__ import annotations

import asyncio
import gc
import os
import sys
import time
from collections.abc import Awaitable
from pathlib import Path
from typing import Any, Final

import structlog

from bus import net
from bus.app.hub import HubWorker, WorkerParts, listen_on
from bus.app.registry import HubRegistry, freshen
from bus.clock import SteadyClock
from bus.hub.desk import InFlight
from bus.keystore import open_key
from bus.ledger.client import LedgerClient
from bus.ledger.process import LedgerFiles, serve
from bus.link.hub import HubSettings as LinkSettings
from bus.link.limits import LinkLimits
from bus.link.spool import Spool, SpoolLimits
from bus.registry.keys import load_online_keys
from config.hub import Engine, HubSettings, WorkerSettings
from config.secrets import read_secret

log = structlog.get_logger(__name__)
ROOT: Final = Path(__file__).resolve().parents[2]
PATIENCE_S: Final = 30.0
STOP_S: Final = 20.0
_PAUSES_S: Final = (0.2, 0.5, 1.0, 2.0, 5.0)


def ledger_files(settings: HubSettings) -> LedgerFiles:
    """The ledger's parts as the settings name them."""
    ledger = settings.ledger
    if ledger.engine is Engine.POSTGRESQL and ledger.database_url is not None:
        url = read_secret(ledger.database_url).decode()
    else:
        url = f"sqlite:///{ledger.folder / 'ledger.sqlite3'}"
    return LedgerFiles(
        origin=ledger.origin,
        store_url=url,
        guard_file=ledger.guard_file,
        note_key_file=ledger.note_key,
        vault_key_file=ledger.vault_key,
        tiles_folder=ledger.folder / "tiles",
        second_note_key_file=ledger.second_note_key,
        retired_note_keys=ledger.retired_note_keys,
        policy_file=ledger.policy,
        witness_wait_s=ledger.witness_seconds,
        publish_without_quorum=ledger.publish_without_quorum,
    )


async def run_ledger(settings: HubSettings, stop: asyncio.Event) -> None:
    """The ledger's own process, until `stop`; raises why it stopped itself."""
    ledger = settings.ledger
    ledger.socket.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    serving = asyncio.ensure_future(serve(ledger_files(settings), ledger.socket, cadence_s=ledger.checkpoint_seconds))
    await _until(serving, stop)


async def run_worker(settings: HubSettings, number: int, stop: asyncio.Event) -> None:
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
            tls=net.server_context(settings.link.certificate, settings.link.key, anchors_of(settings.link.anchors)),
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
        )
    )
    tasks = []
    if number == 0:
        online = load_online_keys(settings.registry.online_key)
        tasks.append(asyncio.create_task(freshen(settings.registry.repository, online)))
    gc.collect()
    gc.freeze()  # what stands now stays: collections need not walk it again
    try:
        await stop.wait()
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await worker.close()
        await ledger.close()


async def supervise(file: Path, settings: HubSettings, stop: asyncio.Event) -> None:
    """Keep the ledger and every worker running as processes of their own, until `stop`."""
    log.info("hub-starting", workers=len(settings.workers), ledger=settings.ledger.origin)
    ending = asyncio.Event()
    ledger = asyncio.create_task(_keep(file, "ledger", ending))
    workers = [asyncio.create_task(_keep(file, f"worker-{number}", stop)) for number in range(len(settings.workers))]
    if settings.ledger_http is not None:
        workers.append(asyncio.create_task(_keep(file, "log", stop)))
    if settings.audit is not None:
        workers.append(asyncio.create_task(_keep(file, "audit", stop)))
    await stop.wait()
    await asyncio.gather(*workers)
    ending.set()  # the ledger outlives its workers, so that what they had asked gets its outcome
    await ledger


async def _keep(file: Path, part: str, stop: asyncio.Event) -> None:
    """Run one part; start it again when it dies."""
    deaths = 0
    while not stop.is_set():
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-P", "-m", "bus", "hub", str(file), "--part", part),
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            start_new_session=True,
        )
        ended = asyncio.create_task(process.wait())
        await _first(ended, stop)
        if not ended.done():
            process.terminate()
            await _end(process, ended)
            return
        log.error("hub-part-died", part=part, code=process.returncode)
        await _pause(_PAUSES_S[min(deaths, len(_PAUSES_S) - 1)], stop)
        deaths += 1


async def _first(ended: asyncio.Future[Any], stop: asyncio.Event) -> None:
    """Wait until this ends or everything shall stop."""
    stopping = asyncio.create_task(stop.wait())
    ended.add_done_callback(lambda _: stopping.cancel())
    await asyncio.gather(stopping, return_exceptions=True)


async def _end(process: asyncio.subprocess.Process, ended: Awaitable[int]) -> None:
    try:
        await asyncio.wait_for(ended, STOP_S)
    except TimeoutError:
        process.kill()
        await process.wait()


async def _pause(seconds: float, stop: asyncio.Event) -> None:
    waiting = asyncio.ensure_future(stop.wait())
    await asyncio.wait({waiting}, timeout=seconds)
    waiting.cancel()


async def _until(work: asyncio.Future[None], stop: asyncio.Event) -> None:
    """Work until told to stop; what the work raises is raised."""
    await _first(work, stop)
    if work.done():
        work.result()
    work.cancel()
    await asyncio.gather(work, return_exceptions=True)


def anchors_of(files: tuple[Path, ...]) -> str:
    """The anchors' PEM text."""
    return "".join(file.read_text("ascii") for file in files)


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
