"""What a serving ledger does beside its records: anchors its checkpoints, archives each day and seals the archive.

Promises: nothing here is on the way of a record, and nothing here stops the ledger: what cannot be done now is told in
the log and tried again. Leaves out: the doing (`bus.ledger.anchoring`, `bus.ledger.archives`).
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING, Final, Self

import structlog

from bus.batches import NotSealedError
from bus.keystore import KeyAddressError
from bus.ledger.anchoring import STATE_FILE, Anchoring, wall
from bus.ledger.archives import make_due
from bus.ledger.port import LedgerError
from bus.ledger.seals import seal_due
from bus.storage.port import StoreError
from config.secrets import SecretError
from signing.container import ContainerError
from signing.day_archive import DayArchiveError
from signing.keys import KeyRefusedError
from signing.tlog_policy import PolicyError

if TYPE_CHECKING:
    from bus.ledger.files import LedgerFiles
    from bus.ledger.published import Reading

log = structlog.get_logger(__name__)
FIRST_AFTER_S: Final = 5.0
ARCHIVE_EVERY_S: Final = 600.0
"""How often it looks whether a day is over, in seconds."""


_LATER: Final = (LedgerError, StoreError, SecretError, PolicyError, DayArchiveError, ContainerError, OSError)
_SEAL_LATER: Final = (*_LATER, NotSealedError, KeyAddressError, KeyRefusedError)


class Upkeep:
    """Made by `start` on a running loop, ended by `close`."""

    def __init__(self, tasks: list[asyncio.Task[None]], anchoring: Anchoring | None) -> None:
        self._tasks = tasks
        self._anchoring = anchoring

    @classmethod
    def start(cls, files: LedgerFiles, ledger: Reading, now: Callable[[], datetime] = wall) -> Self:
        """Begin; a ledger without a folder has nothing to keep up.

        Args:
            files: where the ledger's parts are.
            ledger: gives the published checkpoint.
            now: the moment, aware.
        """
        tasks: list[asyncio.Task[None]] = []
        anchoring: Anchoring | None = None
        if files.anchoring is not None and files.anchors is not None and files.folder is not None:
            anchoring = Anchoring(
                files.anchoring, ledger.checkpoint, files.anchors, now=now, state_file=files.folder / STATE_FILE
            )
            tasks.append(asyncio.create_task(anchoring.run(), name="ledger-anchoring"))
        if files.archives is not None:
            tasks.append(asyncio.create_task(_archive(files, now), name="ledger-archives"))
        return cls(tasks, anchoring)

    async def close(self) -> None:
        """Stop, whatever is under way."""
        for task in self._tasks:
            task.cancel()
        for ended in await asyncio.gather(*self._tasks, return_exceptions=True):
            if isinstance(ended, Exception):
                log.error("ledger-upkeep-ended", reason=type(ended).__name__)
        if self._anchoring is not None:
            await self._anchoring.close()


async def _archive(files: LedgerFiles, now: Callable[[], datetime]) -> None:
    """Archive each day once it is over, and whatever was missed while nothing ran."""
    await asyncio.sleep(FIRST_AFTER_S)
    while True:
        try:
            for path in await asyncio.to_thread(make_due, files, now()):
                log.info("day-archived", file=path.name)
        except _LATER as error:
            log.error("day-not-archived", reason=str(error) or type(error).__name__)  # noqa: TRY400 - the reason says it
        await _seal(files)
        await asyncio.sleep(ARCHIVE_EVERY_S)


async def _seal(files: LedgerFiles) -> None:
    """Seal what was archived; without services it is said each time that the list will not outlast its certificate."""
    try:
        for path in await asyncio.to_thread(seal_due, files):
            if files.sealing is not None and files.sealing.lasting:
                log.info("day-sealed", file=path.name)
            else:
                log.warning("day-sealed-without-time-stamp", file=path.name, mend="set [evidence], then archive renew")
    except _SEAL_LATER as error:
        log.error("day-not-sealed", reason=str(error) or type(error).__name__)  # noqa: TRY400 - the reason says it
