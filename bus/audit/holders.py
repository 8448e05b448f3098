"""Orders of erasure on their way to those who hold copies: an outbox of files beside the ledger.

Promises: who holds what is found before the ledger's own details go; an order leaves only once it stands in the ledger;
it stays in the outbox until its holder's sealed answer lies beside it, which is kept for ever. Any process of the hub
may read and answer. Leaves out: sealing and carrying (`bus.hub.erasures`).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final, NamedTuple

import msgspec

from bus.audit.indexer import Shelf
from bus.audit.rows import read_leaf
from bus.storage.durable import replace_durably
from schemas.erasure_order import MAX_EXCHANGES, ErasureDone, ErasureOrder, OrderFormatError, decode_done, encode
from schemas.record import LeafType, Record, RecordFormatError, decode_details
from schemas.sealed import SealedFormatError, unpack

FOLDER: Final = "erasures"
_STRIDE: Final = 1024


class Draft(msgspec.Struct, frozen=True):
    """An order that may not stand in the ledger yet: what each holder would be told."""

    instance: str
    by: str
    reason: str
    holders: dict[str, tuple[str, ...]]


class Standing(NamedTuple):
    """How it stands with one order at one holder; `done` is None until it has answered."""

    order: int
    part: int
    agency: str
    exchanges: int
    done: ErasureDone | None


def holders(shelf: Shelf, ranges: Sequence[tuple[int, int]]) -> dict[str, tuple[str, ...]]:
    """Which agencies hold copies of the exchanges among these records: agency to the questions' numbers."""
    found: defaultdict[str, dict[str, None]] = defaultdict(dict)
    for idx, record in _records(shelf, ranges):
        asked = idx if record.type is LeafType.ASKED else record.asked
        exchange = None if asked is None else _exchange(shelf, asked)
        for agency in (record.consumer, record.provider):
            if exchange is not None and agency is not None:
                found[agency][exchange] = None
    return {agency: tuple(exchanges) for agency, exchanges in sorted(found.items())}


class Outbox:
    """The outbox of one ledger."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def draft(self, name: str, draft: Draft) -> None:
        """Keep, durably, what is about to be ordered under this id."""
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        replace_durably(self._folder / f"draft-{name}.json", msgspec.json.encode(draft))

    def discard(self, name: str) -> None:
        """The order was not recorded."""
        (self._folder / f"draft-{name}.json").unlink(missing_ok=True)

    def issue(self, name: str, order: int) -> None:
        """The order stands in the ledger under this number: its parts may leave. Doing it again does nothing."""
        try:
            draft = msgspec.json.decode((self._folder / f"draft-{name}.json").read_bytes(), type=Draft)
        except FileNotFoundError:
            return
        for agency, exchanges in draft.holders.items():
            for part, start in enumerate(range(0, len(exchanges), MAX_EXCHANGES)):
                told = exchanges[start : start + MAX_EXCHANGES]
                data = ErasureOrder(
                    1, "erasure-order", draft.instance, order, part, agency, draft.by, draft.reason, told
                )
                replace_durably(self._file(order, agency, part, "json"), encode(data))
        self.discard(name)

    def waiting(self) -> set[str]:
        """Holders that have an order to answer."""
        unanswered = (path for path in self._folder.glob("order-*.json") if not path.with_suffix(".done").exists())
        return {path.stem.split("-")[2] for path in unanswered}

    def pending(self, agency: str, at_most: int) -> list[bytes]:
        """Orders that this holder has not answered, oldest first."""
        waiting = sorted(self._folder.glob(f"order-*-{agency}-*.json"))
        return [path.read_bytes() for path in waiting if not path.with_suffix(".done").exists()][:at_most]

    def answered(self, done: ErasureDone, sealed: bytes) -> bool:
        """Keep a holder's sealed answer; False where no such order waits for one."""
        path = self._file(done.order, done.agency, done.part, "done")
        if path.exists() or not path.with_suffix(".json").exists():
            return False
        replace_durably(path, sealed)
        return True

    def standing(self) -> list[Standing]:
        """Every order at every holder, oldest first."""
        return [self._standing(path) for path in sorted(self._folder.glob("order-*.json"))]

    def drafts(self) -> list[str]:
        """Ids of orders that were cut short: not recorded; or recorded, which the search's feeder finishes."""
        return sorted(path.stem.removeprefix("draft-") for path in self._folder.glob("draft-*.json"))

    def _standing(self, path: Path) -> Standing:
        order = msgspec.json.decode(path.read_bytes(), type=ErasureOrder)
        try:
            done = decode_done(unpack(path.with_suffix(".done").read_bytes()).envelope)
        except (FileNotFoundError, SealedFormatError, OrderFormatError):
            done = None
        return Standing(order.order, order.part, order.agency, len(order.exchanges), done)

    def _file(self, order: int, agency: str, part: int, kind: str) -> Path:
        return self._folder / f"order-{order:019d}-{agency}-{part:04d}.{kind}"


def _records(shelf: Shelf, ranges: Sequence[tuple[int, int]]) -> Iterator[tuple[int, Record]]:
    for first, end in ranges:
        for start in range(first, end, _STRIDE):
            kept = shelf.store.kept(start, min(end, start + _STRIDE))
            for idx, one in enumerate(kept, start=start):
                record = read_leaf(one.leaf) if one.leaf is not None else None
                if record is not None and record.type in {LeafType.ASKED, LeafType.OUTCOME}:
                    yield idx, record


def _exchange(shelf: Shelf, asked: int) -> str | None:
    """The question's number, by the details of its record."""
    kept = shelf.store.kept(asked, asked + 1)
    if not kept or kept[0].leaf is None:
        return None
    opened = shelf.opened(kept[0].leaf, shelf.store.details_range(asked, asked + 1).get(asked))
    try:
        return None if opened is None else str(decode_details(opened.details).exchange)
    except RecordFormatError:
        return None


def outbox_of(folder: Path | None) -> Outbox | None:
    """The outbox beside a ledger's files; None where it keeps none."""
    return None if folder is None else Outbox(folder / FOLDER)
