"""The supervisor of a hub: its ledger and workers as processes of their own, kept running.

Promises: a part that dies is started again after a pause that grows with each death and is short again once it has
lived a minute; a part that ends by itself before it ever stood ends the hub with its exit code, for trying again would
not mend a missing key; on SIGTERM or SIGINT the workers drain before the ledger ends; no part outlives a
supervisor that was killed. Leaves out: what the parts do (`bus.app.hub_process`, `bus.app.ledger_process`).
"""

from __future__ import annotations

import asyncio
import os
import sys
from pathlib import Path
from typing import Final, NamedTuple

import structlog

from config.hub import HubSettings

log = structlog.get_logger(__name__)
ROOT: Final = Path(__file__).resolve().parents[2]
STOP_S: Final = 20.0
YOUNG_S: Final = 60.0
_PAUSES_S: Final = (0.2, 0.5, 1.0, 2.0, 5.0)


class PartFailedError(Exception):
    """A part of the hub cannot start; it has said why itself.

    Attributes:
        code: its exit code.
    """

    def __init__(self, part: str, code: int) -> None:
        super().__init__(f"the hub's {part} did not start; its own message says why")
        self.code = code


async def supervise(file: Path, settings: HubSettings, stop: asyncio.Event) -> None:
    """Keep the ledger and every worker running, until `stop`.

    Raises:
        PartFailedError: one of them cannot start; the others have been stopped.
    """
    log.info("hub-starting", workers=len(settings.workers), ledger=settings.ledger.origin)
    ending = asyncio.Event()
    ledger = asyncio.create_task(_keep(file, "ledger", ending))
    workers = [asyncio.create_task(_keep(file, f"worker-{number}", stop)) for number in range(len(settings.workers))]
    if settings.ledger_http is not None:
        workers.append(asyncio.create_task(_keep(file, "log", stop)))
    if settings.audit is not None:
        workers.append(asyncio.create_task(_keep(file, "audit", stop)))
    if settings.usages is not None:
        workers.append(asyncio.create_task(_keep(file, "usages", stop)))
    if settings.registration is not None:
        workers.append(asyncio.create_task(_keep(file, "schemas", stop)))
    stopped = asyncio.create_task(stop.wait())
    await asyncio.wait({stopped, ledger, *workers}, return_when=asyncio.FIRST_COMPLETED)
    stop.set()
    await asyncio.wait(workers)
    ending.set()  # the ledger outlives its workers, so that what they had asked gets its outcome
    await asyncio.wait({ledger, stopped})
    for part in (ledger, *workers):
        part.result()


async def _keep(file: Path, part: str, stop: asyncio.Event) -> None:
    """Run one part; start it again when it dies."""
    loop = asyncio.get_running_loop()
    deaths, ever_stood = 0, False
    while not stop.is_set():
        began = loop.time()
        life = await _live(file, part, stop)
        if life.code is None:
            return
        log.error("hub-part-died", part=part, code=life.code)
        ever_stood = ever_stood or life.stood
        if not ever_stood and life.code > 0:
            raise PartFailedError(part, life.code)
        deaths = 0 if loop.time() - began >= YOUNG_S else deaths
        await _pause(_PAUSES_S[min(deaths, len(_PAUSES_S) - 1)], stop)
        deaths += 1


class _Life(NamedTuple):
    """One life of a part: its exit code, negative where a signal killed it, None where it was told to stop."""

    code: int | None
    stood: bool


async def _live(file: Path, part: str, stop: asyncio.Event) -> _Life:
    told, tell = os.pipe()
    try:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-P", "-m", "bus", "hub", str(file), "--part", part),
            *("--parent", str(os.getpid()), "--ready", str(tell)),
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            pass_fds=(tell,),
            start_new_session=True,
        )
        os.close(tell)
        ended, stopped = asyncio.create_task(process.wait()), asyncio.create_task(stop.wait())
        await asyncio.wait({ended, stopped}, return_when=asyncio.FIRST_COMPLETED)
        stopped.cancel()
        if ended.done():
            return _Life(ended.result(), bool(os.read(told, 1)))
        await _end(process, part)
        return _Life(None, stood=True)
    finally:
        os.close(told)


async def _end(process: asyncio.subprocess.Process, part: str) -> None:
    process.terminate()
    try:
        await asyncio.wait_for(process.wait(), STOP_S)
    except TimeoutError:
        log.error("hub-part-killed", part=part)  # noqa: TRY400 - there is no trace worth reading
        process.kill()
        await process.wait()


async def _pause(seconds: float, stop: asyncio.Event) -> None:
    waiting = asyncio.ensure_future(stop.wait())
    await asyncio.wait({waiting}, timeout=seconds)
    waiting.cancel()
