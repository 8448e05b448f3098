"""What becomes of each record of a batch: appended or refused, as if they came one after the other.

Promises: pure; the same answers as the ledger in memory gives to the same records in the same order, given what the
store knows of their keys, buckets, asked records and facts.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from bus.ledger.port import Append, Appended, NotAskedError, Outcome, Quota, Refusal, Refused
from bus.storage.port import Fact, Place, Wanted

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from bus.storage.port import Known

Answer: TypeAlias = Outcome | NotAskedError


class Facts(NamedTuple):
    """A record's facts as the store knows them: digests only."""

    needs: tuple[bytes, ...] = ()
    lacks: tuple[bytes, ...] = ()
    puts: tuple[bytes, ...] = ()
    group: bytes = b""
    drops: bytes | None = None


class Decision(NamedTuple):
    """One answer per record, the records that go in, and what else changes with them."""

    answers: list[Answer]
    accepted: list[Append]
    quotas: Mapping[str, int]
    drops: list[bytes]
    puts: list[Fact]


_NONE = Facts()


def hidden(item: Append, hide: Callable[[str], bytes]) -> Facts:
    """The record's facts through the digest `hide`."""
    if not (item.needs or item.lacks or item.puts or item.drops is not None):
        return _NONE
    return Facts(
        tuple(map(hide, item.needs)),
        tuple(map(hide, item.lacks)),
        tuple(map(hide, item.puts)),
        hide(item.group or ""),
        None if item.drops is None else hide(item.drops),
    )


def wanted(items: Sequence[Append], facts: Iterable[Facts]) -> Wanted:
    """Every key, bucket, asked index and fact that a batch names, once."""
    return Wanted(
        list({item.unique for item in items if item.unique is not None}),
        list({item.quota.bucket for item in items if item.quota is not None}),
        list({item.closes for item in items if item.closes is not None}),
        list({fact for of in facts for fact in (*of.needs, *of.lacks, *of.puts)}),
    )


def decide(items: Sequence[Append], facts: Sequence[Facts], known: Known, size: int) -> Decision:
    """Decide a batch on a ledger of `size` records."""
    state = _State(known, size)
    answers = [state.take(item, its) for item, its in zip(items, facts, strict=True)]
    return Decision(answers, state.accepted, state.quotas, state.drops, state.puts)


class _State:
    """What is known, and what the records before this one in the batch add to it."""

    def __init__(self, known: Known, size: int) -> None:
        self._next = size
        self._unique = dict(known.unique)
        self._asked = dict(known.asked)
        self._counts = dict(known.quotas)
        self._standing = dict(known.facts)
        self.accepted: list[Append] = []
        self.quotas: dict[str, int] = {}
        self.drops: list[bytes] = []
        self.puts: list[Fact] = []

    def take(self, item: Append, facts: Facts) -> Answer:
        refused = self._repeated(item) or self._unmet(facts)
        if refused is not None:
            return refused
        if item.quota is not None and not self._count(item.quota):
            return Refused(Refusal.QUOTA)
        return self._accept(item, facts)

    def _repeated(self, item: Append) -> Refused | NotAskedError | None:
        if item.unique is not None and (place := self._unique.get(item.unique)):
            still_open = place.open and self._asked.get(place.idx) is None
            return Refused(Refusal.DUPLICATE, place.idx, still_open)
        if item.closes is None:
            return None
        if item.closes not in self._asked:
            return NotAskedError("closes: no asked stands at this index")
        settled_by = self._asked[item.closes]
        return None if settled_by is None else Refused(Refusal.ALREADY_SETTLED, settled_by)

    def _unmet(self, facts: Facts) -> Refused | None:
        for place, fact in enumerate(facts.needs):
            if fact not in self._standing:
                return Refused(Refusal.NEEDS, place)
        for place, fact in enumerate(facts.lacks):
            if fact in self._standing:
                return Refused(Refusal.EXISTS, place)
        return None

    def _count(self, quota: Quota) -> bool:
        count = self._counts.get(quota.bucket, 0)
        if count >= quota.limit:
            return False
        self._counts[quota.bucket] = self.quotas[quota.bucket] = count + 1
        return True

    def _accept(self, item: Append, facts: Facts) -> Appended:
        index = self._next
        self._next += 1
        self.accepted.append(item)
        if item.unique is not None:
            self._unique[item.unique] = Place(index, open=item.deadline_ms is not None)
        if item.deadline_ms is not None:
            self._asked[index] = None
        if item.closes is not None:
            self._asked[item.closes] = index
        self._change(facts, index)
        return Appended(index)

    def _change(self, facts: Facts, index: int) -> None:
        if facts.drops is not None:
            self.drops.append(facts.drops)
            self._standing = {fact: group for fact, group in self._standing.items() if group != facts.drops}
            self.puts = [fact for fact in self.puts if fact.group != facts.drops]
        for digest in facts.puts:
            if digest not in self._standing:
                self._standing[digest] = facts.group
                self.puts.append(Fact(digest, facts.group, index))
