"""Erasing details for good, by an order that is itself a record, and the retention that follows from a record's class.

Promises: the order stands in the ledger, with its reason and range, before anything is erased; leaves and every proof
stay; what an order names is gone from the store, and from the search tables once they have met the order; orders
themselves are never erased. Both parties of an exchange are told by an outbox (`bus.audit.holders`), which they ask.
Leaves out: copies that agency systems made.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final, NamedTuple

from bus.audit.holders import Draft, Outbox, holders
from bus.audit.indexer import Shelf
from bus.audit.inquiry import own_record
from bus.audit.pruning import KEPT_TYPES
from bus.audit.rows import read_leaf
from bus.clock import Clock
from bus.ids import new_id
from bus.ledger.port import Appended, Ledger, LedgerError
from schemas.inquiry import Erasure, encode
from schemas.record import LeafType
from schemas.text import moment_ms

LEAST_MONTHS: Final = 12
"""Exchanges are kept a year at least (Implementing Regulation (EU) 2022/1463 art. 17)."""
MAX_RANGES: Final = 1000
RETENTION: Final = "retention"
_MONTH_MS: Final = 2_629_746_000
"""A twelfth of a Gregorian year, rounded up."""
_STRIDE: Final = 1024
CLASSES: Final[Mapping[str, frozenset[LeafType]]] = {
    "exchanges": frozenset({LeafType.ASKED, LeafType.OUTCOME, LeafType.DELIVERED, LeafType.STATUS}),
    "declarations": frozenset({LeafType.DECLARED}),
    "inquiries": frozenset({LeafType.INQUIRY}),
}
"""Classes of records by what they record; registry changes and orders of erasure are kept for ever."""


class ErasureRefusedError(LedgerError):
    """The order cannot be given: the message names the rule."""


class Erased(NamedTuple):
    """What an order did: where it stands, what it names, how many details were there to erase."""

    order: int
    ranges: tuple[tuple[int, int], ...]
    details: int


class Order(NamedTuple):
    """Who orders what, and why."""

    agency: str
    by: str
    reason: str
    ranges: tuple[tuple[int, int], ...]


async def erase(
    ledger: Ledger, shelf: Shelf, order: Order, clock: Clock, told: tuple[Outbox, str] | None = None
) -> Erased:
    """Record the order, then carry it out. Cut short in between, the search tables' feeder finishes it.

    Args:
        ledger: takes the record.
        shelf: has the details.
        order: who erases what, and why.
        clock: the hub's.
        told: the outbox to those who hold copies, and the instance; None tells nobody.

    Raises:
        ErasureRefusedError: nothing named, not below the ledger's head, an order of erasure among it, too many ranges.
        LedgerError: it could not be recorded; nothing was erased.
    """
    size = (await ledger.head()).size
    if not order.ranges or any(not 0 <= first < end <= size for first, end in order.ranges):
        raise ErasureRefusedError(f"erasure: name records from 0 to {size - 1}")
    if len(order.ranges) > MAX_RANGES:
        raise ErasureRefusedError(f"erasure: at most {MAX_RANGES} ranges in one order")
    if any(_kept(shelf, first, end) for first, end in order.ranges):
        raise ErasureRefusedError("erasure: orders of erasure and changes of the registry are kept for ever")
    number = new_id()
    if told is not None:
        told[0].draft(number, Draft(told[1], order.by, order.reason, holders(shelf, order.ranges)))
    details = encode(Erasure(erasure=number, by=order.by, reason=order.reason, ranges=order.ranges))
    outcome = await ledger.append(own_record(LeafType.ERASURE, order.agency, details, clock()))
    if not isinstance(outcome, Appended):
        if told is not None:
            told[0].discard(number)
        raise ErasureRefusedError("erasure: the order could not be recorded")
    if told is not None:
        told[0].issue(number, outcome.index)
    return Erased(outcome.index, order.ranges, shelf.erase(order.ranges))


def together(indexes: Iterable[int]) -> tuple[tuple[int, int], ...]:
    """Numbers as half-open ranges."""
    ranges: list[tuple[int, int]] = []
    for idx in sorted(set(indexes)):
        if ranges and ranges[-1][1] == idx:
            ranges[-1] = (ranges[-1][0], idx + 1)
        else:
            ranges.append((idx, idx + 1))
    return tuple(ranges)


def expired(shelf: Shelf, months: Mapping[str, int], now_ms: int) -> tuple[tuple[int, int], ...]:
    """Records older than their class is kept, whose details are still there.

    Args:
        shelf: the records.
        months: class to months, each at least `LEAST_MONTHS`.
        now_ms: the moment to count back from.

    Raises:
        ErasureRefusedError: a class that there is not, or too short a time.
    """
    if unknown := months.keys() - CLASSES.keys():
        raise ErasureRefusedError(f"retention: no class {min(unknown)}; there are {', '.join(CLASSES)}")
    if any(kept < LEAST_MONTHS for kept in months.values()):
        raise ErasureRefusedError(f"retention: at least {LEAST_MONTHS} months")
    before = {kind: now_ms - months[name] * _MONTH_MS for name in months for kind in CLASSES[name]}
    return together(_older(shelf, before))


def _older(shelf: Shelf, before: Mapping[LeafType, int]) -> Iterable[int]:
    latest, start, size = max(before.values(), default=0), 0, shelf.store.head().size
    while start < size:
        kept = shelf.store.kept(start, min(size, start + _STRIDE))
        boxes = shelf.store.details_range(start, start + len(kept))
        for idx, one in enumerate(kept, start=start):
            record = read_leaf(one.leaf) if one.leaf is not None else None
            if record is None or boxes.get(idx) is None:
                continue
            at_ms = moment_ms(record.time)
            if at_ms >= latest:
                return  # hub time never goes back: nothing after this is older
            if at_ms < before.get(record.type, 0):
                yield idx
        start += len(kept)


def _kept(shelf: Shelf, first: int, end: int) -> bool:
    for start in range(first, end, _STRIDE):
        leaves = (one.leaf for one in shelf.store.kept(start, min(end, start + _STRIDE)))
        records = (read_leaf(leaf) for leaf in leaves if leaf is not None)
        if any(record is not None and record.type in KEPT_TYPES for record in records):
            return True
    return False
