"""The audit process put together: search tables fed from the ledger's store, and the auditors' face.

Promises: it stands beside the ledger's process and the workers and takes nothing from them but one append per look; the
search tables are made where they are missing, for they can always be made again. Leaves out: starting the ledger.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import structlog
from aiohttp import web

from bus.app.lasting import lasting
from bus.audit.holders import Outbox, outbox_of
from bus.audit.index import IndexStore, create_index
from bus.audit.indexer import Indexer, Shelf
from bus.audit.inquiry import Inquiries
from bus.audit.pseudonyms import Pseudonyms
from bus.audit.scope import Auditors
from bus.clock import Clock
from bus.http.audit import AuditFace
from bus.ledger.keys import read_vault_key
from bus.ledger.port import Ledger
from bus.ledger.process import LedgerFiles
from bus.ledger.tree import OwnTiles
from bus.ledger.vault import Vault
from bus.storage.kinds import open_store
from registry.snapshot import Snapshot

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class AuditFiles:
    """Where the search of a ledger is.

    Attributes:
        index_url: its tables, `sqlite:///path` or `postgresql://…`.
        names: folder of the pseudonyms' keys.
        auditors: the auditors' file.
    """

    index_url: str
    names: Path
    auditors: Path


def audit_files(folder: Path, ledger: LedgerFiles, auditors: Path) -> AuditFiles:
    """The usual places: beside the ledger's tables on PostgreSQL, else in a folder."""
    own = ledger.store_url.startswith("sqlite:")
    url = f"sqlite:///{folder / 'index.sqlite3'}" if own else ledger.store_url
    return AuditFiles(url, folder / "names", auditors)


@dataclass(frozen=True, slots=True)
class Opened:
    """A ledger's shelf and its search tables, opened; `close` lets go of both."""

    shelf: Shelf
    index: IndexStore
    names: Pseudonyms
    outbox: Outbox | None = None

    def indexer(self, *, only_reads: bool = False) -> Indexer:
        """What feeds the tables; with `only_reads` it finishes no order of erasure in the ledger's store."""
        if self.outbox is None:
            return Indexer(self.shelf, self.index, self.names, only_reads=only_reads)
        return Indexer(self.shelf, self.index, self.names, only_reads=only_reads, issue=self.outbox.issue)

    def close(self) -> None:
        """Let go of every connection."""
        self.index.close()
        self.shelf.store.close()


def open_shelf(ledger: LedgerFiles) -> Shelf:
    """The ledger's records beside whoever serves it.

    Raises:
        MissingStoreError, FormatVersionError, SecretError, LedgerKeyError: as when serving.
    """
    vault = Vault.under(read_vault_key(ledger.vault_key_file))
    return Shelf(open_store(ledger.store_url), vault)


def open_audit(ledger: LedgerFiles, files: AuditFiles) -> Opened:
    """Open shelf and search tables; the tables are made where they are missing.

    Raises:
        MissingStoreError, FormatVersionError, SecretError, LedgerKeyError: as when serving.
    """
    shelf = open_shelf(ledger)
    try:
        create_index(files.index_url)
        return Opened(shelf, IndexStore(files.index_url), Pseudonyms(files.names), outbox_of(ledger.folder))
    except BaseException:
        shelf.store.close()
        raise


@dataclass(frozen=True, slots=True)
class AuditParts:
    """What the audit face is made of.

    Attributes:
        listen: host:port; port 0 takes any.
        tls: none where a proxy before it ends TLS, or on loopback.
    """

    ledger: Ledger
    ledger_files: LedgerFiles
    files: AuditFiles
    snapshot: Callable[[], Snapshot]
    clock: Clock
    listen: str
    tls: ssl.SSLContext | None = None


class Audit:
    """The running search; made by `start`, ended by `close`."""

    def __init__(self, parts: AuditParts, opened: Opened, runner: web.AppRunner, auditors: Auditors) -> None:
        self._opened = opened
        self._runner = runner
        self._tasks = [lasting(auditors.watch, "auditors-watch")]
        self._host = parts.listen.rpartition(":")[0]
        self._tls = parts.tls is not None

    @classmethod
    async def start(cls, parts: AuditParts) -> Self:
        """Open, feed, listen.

        Raises:
            StoreError, SecretError, ConfigError: something it needs is missing or not usable.
            OSError: the address is taken.
        """
        auditors = await asyncio.to_thread(Auditors, parts.files.auditors)
        opened = await asyncio.to_thread(open_audit, parts.ledger_files, parts.files)
        indexer = opened.indexer()

        async def read(start: int, end: int) -> list[bytes]:
            return await asyncio.to_thread(opened.shelf.store.read, start, end)

        async def hashes(start: int, end: int) -> list[bytes]:
            return await asyncio.to_thread(opened.shelf.hashes, start, end)

        inquiries = Inquiries(
            ledger=parts.ledger,
            shelf=opened.shelf,
            index=opened.index,
            indexer=indexer,
            names=opened.names,
            snapshot=parts.snapshot,
            tiles=OwnTiles(read, parts.ledger_files.tiles_folder, hashes),
            clock=parts.clock,
        )
        runner = web.AppRunner(AuditFace(auditors, inquiries).application(), access_log=None)
        try:
            await runner.setup()
            host, _, port = parts.listen.rpartition(":")
            await web.TCPSite(runner, host.strip("[]"), int(port), ssl_context=parts.tls).start()
        except BaseException:
            await runner.cleanup()
            opened.close()
            raise
        audit = cls(parts, opened, runner, auditors)
        audit._tasks.append(lasting(indexer.run, "indexer"))
        log.info("audit-listening", url=audit.address)
        return audit

    @property
    def address(self) -> str:
        """Where auditors reach it."""
        return f"{'https' if self._tls else 'http'}://{self._host}:{self._runner.addresses[0][1]}"

    async def close(self) -> None:
        """Stop answering, stop feeding, let go."""
        await self._runner.cleanup()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await asyncio.to_thread(self._opened.close)
