"""What becomes of each record of a batch: appended or refused, as if they came one after the other.

Promises: pure; the same answers as the ledger in memory gives to the same records in the same order, given what the
store knows of their keys, buckets and asked records.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from bus.ledger.port import Append, Appended, NotAskedError, Outcome, Quota, Refusal, Refused

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from bus.storage.port import Known

Answer: TypeAlias = Outcome | NotAskedError


class Questions(NamedTuple):
    """What must be looked up before a batch can be decided."""

    unique: list[bytes]
    buckets: list[str]
    asked: list[int]


class Decision(NamedTuple):
    """One answer per record, the records that go in, and the new count of each bucket they touched."""

    answers: list[Answer]
    accepted: list[Append]
    quotas: dict[str, int]


def questions(items: Iterable[Append]) -> Questions:
    """Every key, bucket and asked index that a batch names, once."""
    unique, buckets, asked = set(), set(), set()
    for item in items:
        if item.unique is not None:
            unique.add(item.unique)
        if item.quota is not None:
            buckets.add(item.quota.bucket)
        if item.closes is not None:
            asked.add(item.closes)
    return Questions(list(unique), list(buckets), list(asked))


def decide(items: Sequence[Append], known: Known, size: int) -> Decision:
    """Decide a batch on a ledger of `size` records."""
    state = _State(known, size)
    return Decision([state.take(item) for item in items], state.accepted, state.quotas)


class _State:
    """What is known, and what the records before this one in the batch add to it."""

    def __init__(self, known: Known, size: int) -> None:
        self._next = size
        self._unique = dict(known.unique)
        self._asked = dict(known.asked)
        self._counts = dict(known.quotas)
        self.accepted: list[Append] = []
        self.quotas: dict[str, int] = {}

    def take(self, item: Append) -> Answer:
        if item.unique is not None and item.unique in self._unique:
            return Refused(Refusal.DUPLICATE, self._unique[item.unique])
        if item.closes is not None:
            if item.closes not in self._asked:
                return NotAskedError("closes: no asked stands at this index")
            if (settled_by := self._asked[item.closes]) is not None:
                return Refused(Refusal.ALREADY_SETTLED, settled_by)
        if item.quota is not None and not self._count(item.quota):
            return Refused(Refusal.QUOTA)
        return self._accept(item)

    def _count(self, quota: Quota) -> bool:
        count = self._counts.get(quota.bucket, 0)
        if count >= quota.limit:
            return False
        self._counts[quota.bucket] = self.quotas[quota.bucket] = count + 1
        return True

    def _accept(self, item: Append) -> Appended:
        index = self._next
        self._next += 1
        self.accepted.append(item)
        if item.unique is not None:
            self._unique[item.unique] = index
        if item.deadline_ms is not None:
            self._asked[index] = None
        if item.closes is not None:
            self._asked[item.closes] = index
        return Appended(index)
