"""The ledger in memory: the specification in plain dictionaries, and the ledger of tests and dry runs.

Promises: the port, sentence by sentence, except that nothing survives the process. The stored ledger must give the
same answers to the same calls; a property test compares the two.
Leaves out: durability, encryption, a publishing cadence (a checkpoint is signed when asked for).
"""

from __future__ import annotations

from base64 import b64encode
from typing import TYPE_CHECKING

from bus.ledger.port import (
    MAX_READ,
    Append,
    Appended,
    Details,
    Head,
    NoSuchRecordError,
    NotAskedError,
    OpenAsked,
    Outcome,
    Refusal,
    Refused,
)
from signing.merkle import Frontier, leaf_hash

if TYPE_CHECKING:
    from collections.abc import Callable


def unsigned_note(origin: str, size: int, root: bytes) -> bytes:
    """A checkpoint's body without any signature: nobody accepts it, which is right for a ledger in memory."""
    return f"{origin}\n{size}\n{b64encode(root).decode()}\n".encode()


class MemoryLedger:
    """A ledger that lives as long as its object.

    Args:
        origin: the checkpoint's first line.
        sign: makes the signed note from origin, size and root.
    """

    def __init__(self, origin: str = "ledger.test", sign: Callable[[str, int, bytes], bytes] = unsigned_note) -> None:
        self._origin = origin
        self._sign = sign
        self._records: list[Append] = []
        self._erased: set[int] = set()
        self._unique: dict[bytes, int] = {}
        self._quotas: dict[str, int] = {}
        self._settled_by: dict[int, int | None] = {}
        self._facts: dict[str, str] = {}
        self._frontier = Frontier()

    @property
    def origin(self) -> str:
        """See the port."""
        return self._origin

    @property
    def term(self) -> int:
        """Always the first term: it never restarts."""
        return 1

    async def append(self, item: Append) -> Outcome:
        """See the port."""
        if item.unique is not None and item.unique in self._unique:
            index = self._unique[item.unique]
            return Refused(Refusal.DUPLICATE, index, self._settled_by.get(index, index) is None)
        if item.closes is not None:
            if item.closes not in self._settled_by:
                raise NotAskedError("closes: no asked stands at this index")
            if (settled_by := self._settled_by[item.closes]) is not None:
                return Refused(Refusal.ALREADY_SETTLED, settled_by)
        for place, fact in enumerate(item.needs):
            if fact not in self._facts:
                return Refused(Refusal.NEEDS, place)
        for place, fact in enumerate(item.lacks):
            if fact in self._facts:
                return Refused(Refusal.EXISTS, place)
        if item.quota is not None and self._quotas.get(item.quota.bucket, 0) >= item.quota.limit:
            return Refused(Refusal.QUOTA)
        return Appended(self._record(item))

    def _record(self, item: Append) -> int:
        index = len(self._records)
        self._records.append(item)
        self._frontier.add(leaf_hash(item.leaf))
        if item.unique is not None:
            self._unique[item.unique] = index
        if item.quota is not None:
            self._quotas[item.quota.bucket] = self._quotas.get(item.quota.bucket, 0) + 1
        if item.deadline_ms is not None:
            self._settled_by[index] = None
        if item.closes is not None:
            self._settled_by[item.closes] = index
        if item.drops is not None:
            self._facts = {fact: group for fact, group in self._facts.items() if group != item.drops}
        for fact in item.puts:
            self._facts.setdefault(fact, item.group or "")
        return index

    async def read(self, start: int, end: int) -> list[bytes]:
        """See the port."""
        if not 0 <= start <= end:
            raise ValueError("read: a range starts at 0 or later and does not end before it starts")
        return [item.leaf for item in self._records[start : min(end, start + MAX_READ)]]

    async def details(self, index: int) -> Details | None:
        """See the port."""
        if not 0 <= index < len(self._records):
            raise NoSuchRecordError("no record stands at this index")
        item = self._records[index]
        return None if index in self._erased else Details(item.details, item.salt)

    async def erase(self, indexes: list[int]) -> int:
        """Erase details for good, as the stored ledger's `erase`."""
        there = {index for index in indexes if 0 <= index < len(self._records)} - self._erased
        self._erased |= there
        return len(there)

    async def head(self) -> Head:
        """See the port."""
        return Head(self._frontier.size, self._frontier.root())

    async def checkpoint(self) -> bytes:
        """See the port; here always at the head."""
        return self._sign(self._origin, self._frontier.size, self._frontier.root())

    async def open_asked(self, before_ms: int) -> list[OpenAsked]:
        """See the port."""
        found = [
            OpenAsked(index, item.deadline_ms, item.leaf)
            for index, item in enumerate(self._records)
            if item.deadline_ms is not None and item.deadline_ms < before_ms and self._settled_by[index] is None
        ]
        return sorted(found, key=lambda asked: (asked.deadline_ms, asked.index))[:MAX_READ]
