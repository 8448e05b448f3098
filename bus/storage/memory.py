"""The store in memory: the specification for every engine, and the store of tests.

Promises: the port, sentence by sentence, in plain dictionaries. `reopened` shows what a restart would find.
Leaves out: surviving the process.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Final

from bus.storage.port import (
    Batch,
    HeadMovedError,
    Kept,
    Known,
    OpenRow,
    Place,
    PrunedEntryError,
    Signed,
    StoredHead,
    StoreHeldError,
    Wanted,
    must_lie_below,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

QUOTA_KEPT_MS: Final = 7 * 24 * 3600 * 1000


class MemoryTables:
    """What lives on the disk of a real engine; shared by the stores opened on it one after the other."""

    def __init__(self, origin: str) -> None:
        self.origin = origin
        self.head = StoredHead(0, 0, b"")
        self.leaves: list[bytes] = []
        self.details: list[bytes | None] = []
        self.unique: dict[bytes, int] = {}
        self.quotas: dict[str, tuple[int, int]] = {}
        self.asked: dict[int, tuple[int, int | None]] = {}
        self.facts: dict[bytes, bytes] = {}
        self.signed: dict[int, Signed] = {}
        self.minimum = 0
        self.pruned: dict[int, bytes] = {}
        self.holder: object | None = None
        self.lock = threading.Lock()


class MemoryStore:
    """A store on `MemoryTables`."""

    def __init__(self, origin: str, tables: MemoryTables | None = None) -> None:
        self._t = tables or MemoryTables(origin)

    @property
    def origin(self) -> str:
        """See the port."""
        return self._t.origin

    def reopened(self) -> MemoryStore:
        """A second store on the same tables, as another process would open it."""
        return MemoryStore(self._t.origin, self._t)

    def take_over(self, now_ms: int) -> StoredHead:
        """See the port."""
        t = self._t
        with t.lock:
            if t.holder not in {None, self}:
                raise StoreHeldError("another process serves this store")
            t.holder = self
            t.head = t.head._replace(term=t.head.term + 1)
            t.quotas = {k: v for k, v in t.quotas.items() if v[1] >= now_ms - QUOTA_KEPT_MS}
            return t.head

    def head(self) -> StoredHead:
        """See the port."""
        return self._t.head

    def known(self, wanted: Wanted) -> Known:
        """See the port."""
        t = self._t
        return Known(
            {key: self._place(t.unique[key]) for key in wanted.unique if key in t.unique},
            {bucket: t.quotas[bucket][0] for bucket in wanted.buckets if bucket in t.quotas},
            {index: t.asked[index][1] for index in wanted.asked if index in t.asked},
            {digest: t.facts[digest] for digest in wanted.facts if digest in t.facts},
        )

    def _place(self, index: int) -> Place:
        asked = self._t.asked.get(index)
        return Place(index, asked is not None and asked[1] is None)

    def append(self, batch: Batch, expected: StoredHead) -> StoredHead:
        """See the port."""
        t = self._t
        with t.lock:
            if (t.head.size, t.head.term) != (expected.size, expected.term):
                raise HeadMovedError("the head is not where this writer left it")
            for index, entry in enumerate(batch.entries, start=expected.size):
                t.leaves.append(entry.leaf)
                t.details.append(entry.details)
                if entry.unique is not None:
                    t.unique[entry.unique] = index
                if entry.deadline_ms is not None:
                    t.asked[index] = (entry.deadline_ms, None)
                if entry.closes is not None:
                    t.asked[entry.closes] = (t.asked[entry.closes][0], index)
            for group in batch.drops:
                t.facts = {digest: its for digest, its in t.facts.items() if its != group}
            t.facts.update({fact.digest: fact.group for fact in batch.puts})
            t.quotas.update({bucket: (count, batch.now_ms) for bucket, count in batch.quotas.items()})
            t.head = StoredHead(expected.size + len(batch.entries), expected.term, batch.frontier)
            return t.head

    def read(self, start: int, end: int) -> list[bytes]:
        """See the port."""
        if any(index in self._t.pruned for index in range(start, min(end, len(self._t.leaves)))):
            raise PrunedEntryError("an entry was pruned")
        return self._t.leaves[start:end]

    def kept(self, start: int, end: int) -> list[Kept]:
        """See the port."""
        pruned = self._t.pruned
        leaves = enumerate(self._t.leaves[start:end], start=start)
        return [Kept(None, pruned[index]) if index in pruned else Kept(leaf) for index, leaf in leaves]

    def minimum(self) -> int:
        """See the port."""
        return self._t.minimum

    def prune(self, minimum: int, hashes: Mapping[int, bytes]) -> int:
        """See the port."""
        must_lie_below(minimum, hashes, self._t.head.size)
        fresh = {index: hashed for index, hashed in hashes.items() if index not in self._t.pruned}
        self._t.pruned |= fresh
        self._t.minimum = max(minimum, self._t.minimum)
        for index in fresh:
            self._t.leaves[index] = b""
        return len(fresh)

    def details(self, index: int) -> bytes | None:
        """See the port."""
        if not 0 <= index < len(self._t.details):
            raise KeyError(index)
        return self._t.details[index]

    def details_range(self, start: int, end: int) -> dict[int, bytes | None]:
        """See the port."""
        return dict(enumerate(self._t.details[start:end], start=start))

    def erase(self, indexes: Sequence[int]) -> int:
        """See the port."""
        there = [i for i in set(indexes) if 0 <= i < len(self._t.details) and self._t.details[i] is not None]
        for index in there:
            self._t.details[index] = None
        return len(there)

    def open_asked(self, before_ms: int, limit: int) -> list[OpenRow]:
        """See the port."""
        t = self._t
        rows = [
            OpenRow(index, deadline_ms, t.leaves[index])
            for index, (deadline_ms, settled_by) in t.asked.items()
            if settled_by is None and deadline_ms < before_ms
        ]
        return sorted(rows, key=lambda row: (row.deadline_ms, row.idx))[:limit]

    def save_signed(self, signed: Signed) -> None:
        """See the port."""
        self._t.signed[signed.size] = signed

    def signed(self, up_to: int | None = None) -> Signed | None:
        """See the port."""
        sizes = [size for size in self._t.signed if up_to is None or size <= up_to]
        return self._t.signed[max(sizes)] if sizes else None

    def signed_after(self, size: int) -> Signed | None:
        """See the port."""
        sizes = [its for its in self._t.signed if its > size]
        return self._t.signed[min(sizes)] if sizes else None

    def close(self) -> None:
        """See the port."""
        if self._t.holder is self:
            self._t.holder = None
