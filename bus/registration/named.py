"""Which schema versions the ledger's records name: read from their details, behind the appends and apart from them.

Promises: a version that a record names is known as such before anybody can delete it for good (`named` reads up to the
ledger's head first), and stays known when the record's details are erased later. Leaves out: schemas of technical
contexts, which no service uses and no record names.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterable
from contextlib import suppress
from typing import Final

import sqlalchemy as sa
import structlog
from sqlalchemy.dialects import postgresql, sqlite

from bus.audit.indexer import Shelf
from bus.registration.store import Reader
from bus.registration.tables import NAMED, NAMED_STATE
from bus.storage.engine import writing
from bus.storage.port import StoreError
from registry.registered.names import Subject
from schemas.record import RecordFormatError, decode_details

log = structlog.get_logger(__name__)
STRIDE: Final = 1024
EVERY_S: Final = 5.0


class NamedVersions:
    """Follows one ledger for one registry's governed context."""

    def __init__(self, store: Reader, shelf: Shelf, governed: str | None) -> None:
        self._store = store
        self._shelf = shelf
        self._governed = governed
        self._lock = threading.Lock()

    def named(self, subject: Subject, version: int) -> bool:
        """Whether a record names this version; blocks until every record has been read."""
        if subject.context != self._governed:
            return False
        self.catch_up()
        name = f"{subject.name}@{version}"
        with self._store.reading() as connection:
            return connection.scalar(sa.select(NAMED.c.name).where(NAMED.c.name == name)) is not None

    def catch_up(self) -> None:
        """Read every record that has not been read."""
        with self._lock:
            while self._step():
                pass

    async def watch(self) -> None:
        """Follow the ledger, for ever; what the disk refuses is tried again."""
        while True:
            try:
                await asyncio.to_thread(self.catch_up)
            except StoreError as error:
                log.warning("named-versions-wait", reason=str(error))
            await asyncio.sleep(EVERY_S)

    def close(self) -> None:
        """Let go of the ledger's store."""
        self._shelf.store.close()

    def _step(self) -> bool:
        with self._store.reading() as connection:
            start = int(connection.scalars(sa.select(NAMED_STATE.c.next)).one())
        end = min(self._shelf.store.head().size, start + STRIDE)
        if end <= start:
            return False
        names = set(self._names(start, end))
        with self._store.engine.connect() as connection, writing(connection):
            insert = sqlite.insert if connection.dialect.name == "sqlite" else postgresql.insert
            for name in sorted(names):
                connection.execute(insert(NAMED).values(name=name).on_conflict_do_nothing())
            connection.execute(sa.update(NAMED_STATE).values(next=end))
        return True

    def _names(self, start: int, end: int) -> Iterable[str]:
        kept, boxes = self._shelf.store.kept(start, end), self._shelf.store.details_range(start, end)
        for place, one in enumerate(kept, start=start):
            opened = self._shelf.opened(one.leaf, boxes.get(place)) if one.leaf is not None else None
            with suppress(RecordFormatError):
                if opened is not None and (schema := decode_details(opened.details).schema) is not None:
                    yield schema
