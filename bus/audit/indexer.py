"""Feeds the search tables from the ledger's entries and details, behind the appends and apart from them.

Promises: it reads the store and never the hot path; where it was stopped it goes on; every record gets exactly one row,
in order, and a pruned one none; an order of erasure or pruning is carried out again when it is met, so one that a crash
cut short is finished here.
Leaves out: appending, checkpoints.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Sequence
from typing import Final, NamedTuple

import structlog

from bus.audit.index import Batch, IndexMovedError, IndexStore, Linked, Override
from bus.audit.pruning import KEPT_TYPES, prune_below
from bus.audit.pseudonyms import Pseudonyms
from bus.audit.rows import Row, Told, read_leaf, row_of, told
from bus.ledger.port import Details
from bus.ledger.vault import DetailsUnreadableError, Vault
from bus.storage.port import Store, StoreError
from signing.merkle import leaf_hash

log = structlog.get_logger(__name__)
STRIDE: Final = 1024
EVERY_S: Final = 0.2
_ERASE_AT_ONCE: Final = 5_000


class Shelf(NamedTuple):
    """The ledger's records as an index and an auditor read them: beside the process that serves it."""

    store: Store
    vault: Vault

    def opened(self, leaf: bytes, box: bytes | None) -> Details | None:
        """The details in a box; None where they are erased or do not open."""
        if box is None:
            return None
        try:
            return self.vault.unbox(box, leaf)
        except DetailsUnreadableError:
            return None

    def hashes(self, start: int, end: int) -> list[bytes]:
        """Leaf hashes of [start, end), pruned records' too."""
        return [one.hash or leaf_hash(one.leaf or b"") for one in self.store.kept(start, end)]

    def record(self, idx: int) -> tuple[bytes, Details | None]:
        """One leaf with its details."""
        leaf = self.store.read(idx, idx + 1)[0]
        return leaf, self.opened(leaf, self.store.details_range(idx, idx + 1).get(idx))

    def erase(self, ranges: Sequence[tuple[int, int]]) -> int:
        """Erase details for good; returns how many were there."""
        erased = 0
        for first, end in ranges:
            for start in range(first, end, _ERASE_AT_ONCE):
                erased += self.store.erase(range(start, min(end, start + _ERASE_AT_ONCE)))
        return erased


class _Read(NamedTuple):
    """One record on its way into the tables."""

    row: Row
    told: Told


class Indexer:
    """Feeds one index from one ledger.

    Args:
        shelf: the ledger's records.
        index: the tables.
        names: pseudonyms of people.
        only_reads: leave it to others to finish an order of erasure in the ledger's store.
        issue: given an order's id and number, tells those who hold copies if nobody has yet.
    """

    def __init__(
        self,
        shelf: Shelf,
        index: IndexStore,
        names: Pseudonyms,
        *,
        only_reads: bool = False,
        issue: Callable[[str, int], None] = lambda _order, _number: None,
    ) -> None:
        self._issue = issue
        self._shelf = shelf
        self._only_reads = only_reads
        self._index = index
        self._names = names
        self._lock = threading.Lock()

    async def run(self) -> None:
        """Follow the ledger, for ever; what the disk refuses is tried again."""
        while True:
            try:
                while await asyncio.to_thread(self.step):
                    pass
            except StoreError as error:
                log.warning("index-waits", reason=str(error))
            await asyncio.sleep(EVERY_S)

    async def reach(self, size: int, patience_s: float) -> int:
        """Feed until records below `size` are searchable or the patience ends; returns how far it came."""
        with_end = asyncio.timeout(patience_s)
        try:
            async with with_end:
                while await asyncio.to_thread(self._index.next) < size:
                    if not await asyncio.to_thread(self.step):
                        break
        except TimeoutError:
            pass
        return await asyncio.to_thread(self._index.next)

    def catch_up(self, progress: Callable[[int, int], None] = lambda _done, _all: None) -> int:
        """Feed until the ledger's head; returns how many records are searchable."""
        while self.step():
            progress(self._index.next(), self._shelf.store.head().size)
        return self._index.next()

    def step(self) -> int:
        """Feed one batch; returns how many records it had."""
        with self._lock:
            start = self._index.next()
            size = self._shelf.store.head().size
            if start >= size:
                return 0
            end = min(size, start + STRIDE)
            read = self._read(start, end)
            try:
                self._index.add(self._batch(start, end, read))
            except IndexMovedError:
                return 1  # somebody else fed it: look again
            self._erase(read)
            return end - start

    def rebuild(self, progress: Callable[[int, int], None] = lambda _done, _all: None) -> int:
        """Empty the tables and fill them again; returns how many records are searchable."""
        self._index.clear()
        return self.catch_up(progress)

    def _read(self, start: int, end: int) -> list[_Read]:
        kept = self._shelf.store.kept(start, end)
        boxes = self._shelf.store.details_range(start, start + len(kept))
        leaves = enumerate((one.leaf for one in kept), start=start)
        return [self._one(idx, leaf, boxes.get(idx)) for idx, leaf in leaves if leaf is not None]

    def _one(self, idx: int, leaf: bytes, box: bytes | None) -> _Read:
        record = read_leaf(leaf)
        details = self._shelf.opened(leaf, box)
        row = row_of(idx, record, erased=box is None)
        return _Read(row, told(record, details.details if details else None))

    def _batch(self, start: int, end: int, read: Sequence[_Read]) -> Batch:
        """Tie outcomes to their asked, people to pseudonyms."""
        rows: dict[int, Row] = {}
        links: dict[int, list[Linked]] = {}
        overrides: list[Override] = []
        # 1. what each record says itself
        for one in read:
            row, tells = one
            officer = self._names.officer(tells.officer, row.time_ms) if tells.officer else None
            rows[row.idx] = row._replace(
                basis=tells.basis, procedure=tells.procedure, dossier=tells.dossier, officer=officer
            )
            if tells.people:
                links[row.idx] = [
                    Linked(self._names.person(scheme, number, row.time_ms), row.time_ms, row.idx, row.idx)
                    for scheme, number in tells.people
                ]
            overrides += [Override(row.idx, place, *said) for place, said in enumerate(tells.overrides)]
        # 2. what outcomes have from the asked that they settle
        before = {row.asked for row in rows.values() if row.asked is not None and row.asked < start}
        earlier = self._index.rows(before)
        known: dict[int, list[Linked]] = {}
        for link in self._index.links_from(before):
            if link.idx == link.source:
                known.setdefault(link.idx, []).append(link)
        for idx, row in rows.items():
            if row.asked is None:
                continue
            asked = rows.get(row.asked) or earlier.get(row.asked)
            if asked is not None and row.asked < idx:
                rows[idx] = _settled(row, asked)
            people = links.get(row.asked) or known.get(row.asked) or ()
            inherited = [Linked(link.pseudonym, row.time_ms, idx, link.source) for link in people]
            if inherited:
                links[idx] = [*links.get(idx, ()), *inherited]
        together = [link for linked in links.values() for link in linked]
        return Batch(start, end, list(rows.values()), together, overrides)

    def _erase(self, read: Sequence[_Read]) -> None:
        for row, tells in read:
            if tells.order and not self._only_reads:
                self._issue(tells.order, row.idx)
            ranges = [(first, min(end, row.idx)) for first, end in tells.erases if first < row.idx]
            if ranges:
                if not self._only_reads:
                    self._shelf.erase(ranges)
                self._index.forget(ranges)
                log.info("erased", order=row.idx, ranges=len(ranges))
            if 0 < tells.prunes <= row.idx:
                if not self._only_reads:
                    prune_below(self._shelf.store, tells.prunes)
                self._index.prune(tells.prunes, sorted(KEPT_TYPES))
                log.info("pruned", order=row.idx, minimum=tells.prunes)


def _settled(row: Row, asked: Row) -> Row:
    return row._replace(
        latency_ms=max(0, row.time_ms - asked.time_ms),
        basis=asked.basis,
        procedure=asked.procedure,
        dossier=asked.dossier,
        officer=asked.officer,
    )
