"""A witness' process: its folder, its HTTP face."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path
from typing import Final

import structlog
from aiohttp import web

from bus.app.hub import listen_on, port_of
from bus.http.witness import WitnessFace
from bus.ledger.witness import Witness

log = structlog.get_logger(__name__)
GRACE_S: Final = 5.0


async def run_witness(folder: Path, listen: str, stop: asyncio.Event) -> None:
    """Serve until `stop`.

    Raises:
        WitnessError, SecretError: the folder cannot be served.
        OSError: the address is taken.
    """
    witness = await asyncio.to_thread(Witness.open, folder, lambda: int(time.time()))
    runner = web.AppRunner(WitnessFace(witness).application(), access_log=None, shutdown_timeout=GRACE_S)
    try:
        await runner.setup()
        listener = listen_on(listen)
        port = port_of(listener)
        await web.SockSite(runner, listener).start()
        log.info("witness-listening", listen=listen, port=port, vkey=witness.vkey, logs=list(witness.logs))
        await stop.wait()
    finally:
        await runner.cleanup()
        witness.close()
