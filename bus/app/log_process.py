"""The ledger's own face: a process of its own, or a part of the embedded bus, on an address of its own.

Promises: what it serves survives it: tiles are made from the records, and files of them may be deleted at any time.
Leaves out: TLS, which a proxy in front does; who may search (`bus.audit`).
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Final, Self

import structlog
from aiohttp import web

from bus.app.grants import KeyFiles
from bus.app.hub import listen_on, port_of
from bus.app.lasting import lasting
from bus.http.log import LogFace
from bus.http.readers import by_key
from bus.ledger.client import LedgerClient
from bus.ledger.port import LedgerError
from bus.ledger.published import NotPublishedError, PublishedLog, Reading
from config.hub import HubSettings, LedgerHttpSettings

log = structlog.get_logger(__name__)
PATIENCE_S: Final = 30.0
FILL_EVERY_S: Final = 10.0
GRACE_S: Final = 5.0


class LedgerFace:
    """A listening face; made by `start`, ended by `close`."""

    def __init__(self, published: PublishedLog, runner: web.AppRunner, keys: KeyFiles, port: int) -> None:
        self._published = published
        self._runner = runner
        self._tasks = [
            lasting(keys.watch, "auditor-keys-watch"),
            lasting(self._fill, "tiles-fill"),
        ]
        self.port = port

    @classmethod
    async def start(cls, ledger: Reading, tiles: Path | None, *, listen: str, auditor_keys: Path | None) -> Self:
        """Listen.

        Raises:
            ConfigError, SecretError: the auditors' keys cannot be read.
            OSError: the address is taken.
        """
        keys = KeyFiles({} if auditor_keys is None else {"auditor": auditor_keys})
        published = PublishedLog(ledger, tiles)
        face = LogFace(published, by_key(keys.grants))
        runner = web.AppRunner(face.application(), access_log=None, shutdown_timeout=GRACE_S)
        await runner.setup()
        listener = listen_on(listen)
        port = port_of(listener)
        await web.SockSite(runner, listener).start()
        log.info("ledger-face-listening", listen=listen, port=port)
        return cls(published, runner, keys, port)

    async def close(self) -> None:
        """Finish what is under way, and stop."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._runner.cleanup()

    async def _fill(self) -> None:
        """Keep the files of full tiles complete, so that no reader waits for a whole log to be hashed."""
        while True:
            try:
                newest = await self._published.newest()
                await self._published.tiles.fill(newest.size)
            except NotPublishedError:
                log.debug("ledger-face-waits", reason="no checkpoint yet")
            except LedgerError as error:
                log.warning("tiles-not-filled", reason=str(error))
            await asyncio.sleep(FILL_EVERY_S)


async def run_log(
    settings: HubSettings, http: LedgerHttpSettings, stop: asyncio.Event, ready: Callable[[], None]
) -> None:
    """The face's own process, until `stop`."""
    ledger = await LedgerClient.connect(settings.ledger.socket, patience_s=PATIENCE_S)
    try:
        face = await LedgerFace.start(
            ledger, settings.ledger.folder / "tiles", listen=http.listen, auditor_keys=http.auditor_keys
        )
        try:
            ready()
            await stop.wait()
        finally:
            await face.close()
    finally:
        await ledger.close()
