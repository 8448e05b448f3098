"""Pruning by a minimum index: records that have outlived every term give way to their hashes, by an order that stands.

Promises: a plan comes first and changes nothing; it is refused while a record below still has its details, waits for
its outcome, is younger than the least term, is not published, or is not in a day's archive; the order stands in the
ledger before anything goes. Every proof, root and checkpoint stays: a leaf's hash takes its place. Orders of erasure
and changes of the registry keep their bytes. Leaves out: giving room back to the disk (VACUUM, while it is stopped).

Source: c2sp.org/tlog-tiles, "Pruning" (the minimum index; bundles at or below it may be answered with an error).
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256
from typing import Final

from bus.audit.rows import read_leaf
from bus.ledger.port import LedgerError
from bus.ledger.tiles import WIDTH
from bus.storage.port import Kept, Store
from schemas.record import LeafType
from schemas.text import moment_ms
from signing.merkle import leaf_hash

KEPT_TYPES: Final = frozenset({LeafType.ERASURE, LeafType.REGISTRY})
"""Types of records that are kept for ever."""
LEAST_MONTHS: Final = 12
_MONTH_MS: Final = 2_629_746_000
_STRIDE: Final = 1024
_FOR_EVER_MS: Final = 2**62


class PruningRefusedError(LedgerError):
    """These records cannot be pruned: the message names the rule and the first record."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What pruning would do.

    Attributes:
        origin: of the ledger.
        minimum: the minimum index as it stands.
        new_minimum: the one to be: the end of a full bundle of 256.
        records: how many would be pruned.
        kept: how many below it keep their bytes.
        bytes: how many bytes of leaves would go.
        first: time of the first record that would go.
        last: time of the last one.
    """

    origin: str
    minimum: int
    new_minimum: int
    records: int
    kept: int
    bytes: int
    first: str
    last: str

    @property
    def id(self) -> str:
        """What the second step names, so that it does what was shown: another plan has another."""
        told = f"{self.origin}|{self.minimum}|{self.new_minimum}|{self.records}|{self.kept}|{self.bytes}"
        return sha256(told.encode()).hexdigest()[:12]


@dataclass(frozen=True, slots=True)
class Bounds:
    """What a plan is held against.

    Attributes:
        published: size of the newest published checkpoint.
        archived: size at the end of the newest day's archive; None where none are made.
        now_ms: the moment to count back from.
    """

    published: int
    archived: int | None
    now_ms: int


def index_at(store: Store, before_ms: int) -> int:
    """How many records were made before a moment."""
    size, minimum = store.head().size, store.minimum()

    def time_of(index: int) -> int:
        record = read_leaf(store.read(index, index + 1)[0])
        return moment_ms(record.time) if record is not None else 0

    return minimum + bisect_left(range(minimum, size), before_ms, key=time_of)


def plan(store: Store, index: int, bounds: Bounds) -> Plan:
    """What pruning the records below `index` would do: down to the last full bundle; nothing is changed.

    Raises:
        PruningRefusedError: nothing would go, or something below must stay.
    """
    minimum, new = store.minimum(), index // WIDTH * WIDTH
    if new <= minimum:
        raise PruningRefusedError(f"pruning: nothing to prune below {index}; the minimum index is {minimum}")
    if new > bounds.published:
        raise PruningRefusedError(f"pruning: only {bounds.published} records are under a published checkpoint")
    if bounds.archived is None or new > bounds.archived:
        raise PruningRefusedError(f"pruning: days' archives reach to record {bounds.archived or 0} only")
    if waiting := [row.idx for row in store.open_asked(_FOR_EVER_MS, 4096) if row.idx < new]:
        raise PruningRefusedError(f"pruning: record {min(waiting)} waits for its outcome")
    records = kept = size = 0
    times: list[str] = []
    for idx, leaf, box in _standing(store, minimum, new):
        record = read_leaf(leaf)
        if record is not None and record.type in KEPT_TYPES:
            kept += 1
            continue
        if box is not None:
            raise PruningRefusedError(f"pruning: record {idx} still has its details: lienthong ledger retain, erase")
        if record is None or moment_ms(record.time) > bounds.now_ms - LEAST_MONTHS * _MONTH_MS:
            raise PruningRefusedError(f"pruning: record {idx} is younger than {LEAST_MONTHS} months")
        records, size = records + 1, size + len(leaf)
        times = [times[0] if times else record.time, record.time]
    first, last = times or ("", "")
    return Plan(store.origin, minimum, new, records, kept, size, first, last)


def prune_below(store: Store, minimum: int) -> int:
    """Put hashes in the place of all leaves below a minimum index but those kept for ever; returns how many went.

    May be cut short and called again. Only for an order that stands.
    """
    pruned = 0
    for start in range(0, minimum, _STRIDE):
        end = min(minimum, start + _STRIDE)
        pruned += store.prune(end, {idx: leaf_hash(leaf) for idx, leaf in _going(store, start, end)})
    return pruned


def _going(store: Store, start: int, end: int) -> Iterator[tuple[int, bytes]]:
    for idx, leaf, _box in _standing(store, start, end):
        record = read_leaf(leaf)
        if record is None or record.type not in KEPT_TYPES:
            yield idx, leaf


def _standing(store: Store, start: int, end: int) -> Iterator[tuple[int, bytes, bytes | None]]:
    """Number, leaf and box of the entries that were not pruned."""
    for at in range(start, end, _STRIDE):
        until = min(end, at + _STRIDE)
        entries: list[Kept] = store.kept(at, until)
        boxes = store.details_range(at, until)
        for idx, one in enumerate(entries, start=at):
            if one.leaf is not None:
                yield idx, one.leaf, boxes.get(idx)
