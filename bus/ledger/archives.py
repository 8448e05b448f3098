"""Days' archives of a ledger: made at the roll of the day, made later for days that were missed, never made twice.

Promises: a day is archived once it is over, from store and anchors alone; which records are of a day follows from their
own times, so the same ledger gives the same file; a file is put in place whole and durably, and never replaced. Each
goes on from the one before. A day without a published checkpoint has no file.
Leaves out: the file's form (`signing.day_archive`), judging (`signing.day_examine`), copying it off the machine.
"""

from __future__ import annotations

import asyncio
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Final

from bus.ledger.files import verifiers_of
from bus.ledger.port import LedgerError
from bus.ledger.tree import OwnTiles, Prover
from bus.storage.durable import replace_durably
from bus.storage.kinds import open_store
from schemas.record import RecordFormatError, decode_leaf
from schemas.text import moment_ms
from signing.checkpoint import parse
from signing.day_archive import DayArchive, Stamped, read, write
from signing.merkle import leaf_hash
from signing.tlog_policy import Policy

if TYPE_CHECKING:
    from bus.ledger.files import LedgerFiles
    from bus.storage.port import Signed, Store

GRACE: Final = timedelta(minutes=10)
"""How long after midnight a day counts as over: its last checkpoint and cosignatures come a little later."""
_QUARTERS: Final = 96
_DAY: Final = timedelta(days=1)


class ArchiveExistsError(LedgerError):
    """There is an archive of this day already; it is never replaced."""


class ArchiveFolder:
    """The archives of one ledger."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    @property
    def folder(self) -> Path:
        """Where they are, and the signed lists beside them (`bus.ledger.seals`)."""
        return self._folder

    def days(self) -> list[date]:
        """The days that have a file, rising."""
        names = (path.stem.removeprefix("archive-") for path in self._folder.glob("archive-????-??-??.zip"))
        return sorted(date.fromisoformat(name) for name in names)

    def path(self, day: date) -> Path:
        """Where a day's file is or would be."""
        return self._folder / f"archive-{day.isoformat()}.zip"

    def read(self, day: date) -> DayArchive:
        """One day's archive.

        Raises:
            LedgerError: there is none.
            DayArchiveError, ContainerError: the file is damaged.
        """
        try:
            return read(self.path(day).read_bytes())
        except FileNotFoundError as error:
            raise LedgerError(f"archives: none of {day.isoformat()}") from error

    def keep(self, archive: DayArchive) -> Path:
        """Put a day's file in place.

        Raises:
            ArchiveExistsError: there is one.
        """
        path = self.path(archive.day)
        if path.exists():
            raise ArchiveExistsError(f"archives: {path.name} is there already")
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        replace_durably(path, write(archive))
        return path


def make_due(files: LedgerFiles, now: datetime) -> list[Path]:
    """Archive every day that is over and has no file yet, oldest first; blocks.

    Args:
        files: where the ledger is; it may be serving.
        now: the moment, aware.

    Returns:
        The files made.

    Raises:
        LedgerError, StoreError: the ledger cannot be read, or the archive before is damaged.
    """
    if files.archives is None:
        return []
    kept = ArchiveFolder(files.archives)
    days, until = kept.days(), (now - GRACE).astimezone(UTC).date() - _DAY
    if days and days[-1] >= until:
        return []
    store = open_store(files.store_url)
    try:
        maker = _Maker(store, files, kept.read(days[-1]) if days else None)
        made = []
        while (archive := maker.next(until)) is not None:
            made.append(kept.keep(archive))
        return made
    finally:
        store.close()


@dataclass(frozen=True, slots=True)
class _Published:
    """The published checkpoints of a store: signed, and with the policy's quorum."""

    store: Store
    policy: Policy | None

    def up_to(self, size: int, over: int = -1) -> Signed | None:
        """The one of the highest size up to `size` and over `over`."""
        found = self.store.signed(size)
        while found is not None and found.size > over and not self._counts(found.note):
            found = self.store.signed(found.size - 1) if found.size else None
        return found if found is not None and found.size > over else None

    def after(self, size: int, up_to: int) -> Signed | None:
        """The one of the lowest size over `size`, up to `up_to`."""
        found = self.store.signed_after(size)
        while found is not None and found.size <= up_to and not self._counts(found.note):
            found = self.store.signed_after(found.size)
        return found if found is not None and found.size <= up_to else None

    def _counts(self, note: bytes) -> bool:
        return self.policy is None or self.policy.met(set(self.policy.cosigned(*parse(note)).times))


class _Maker:
    """Makes one day after another."""

    def __init__(self, store: Store, files: LedgerFiles, last: DayArchive | None) -> None:
        policy = None
        if files.policy_file is not None and not files.publish_without_quorum:
            policy = Policy.from_text(files.policy_file.read_bytes())
        self._store = store
        self._files = files
        self._published = _Published(store, policy)
        self._keys = tuple(key.text for key in verifiers_of(files))
        self._last_note = last.checkpoints[-1].note if last is not None else None
        self._last_day = last.day if last is not None else None
        self._size = last.checkpoints[-1].size if last is not None else 0

    def next(self, until: date) -> DayArchive | None:
        """The next day that has a published checkpoint, up to `until`; None where there is none."""
        newest = self._published.up_to(self._store.head().size, self._size)
        if newest is None:
            return None
        day = self._day_of(self._size)
        if self._last_day is not None:
            day = max(day, self._last_day + _DAY)
        while day <= until:
            end = self._first_since(_midnight(day + _DAY), newest.size)
            if self._published.up_to(end, self._size) is not None:
                return self._made(day, end)
            # Its records are under no checkpoint of their own: they go with the first that covers them.
            day = max(day + _DAY, self._day_of(end))
        return None

    def _made(self, day: date, end: int) -> DayArchive:
        chosen = self._chosen(day, end)
        notes = ([self._last_note] if self._last_note is not None else []) + [one.note for one in chosen]
        archive = DayArchive(
            origin=self._store.origin,
            day=day,
            checkpoints=chosen,
            paths=asyncio.run(self._paths([parse(note)[0].size for note in notes])),
            previous=self._last_note,
            previous_day=self._last_day,
            log_keys=self._keys,
            authorities=self._files.anchoring.anchors if self._files.anchoring is not None else (),
        )
        self._last_note, self._last_day, self._size = chosen[-1].note, day, chosen[-1].size
        return archive

    def _chosen(self, day: date, end: int) -> tuple[Stamped, ...]:
        """The selection that `signing.day_archive.SELECTION` states."""
        found: dict[int, Stamped] = {}
        first = self._published.after(self._size, end)
        if first is not None:
            found[first.size] = Stamped(first.note)
        anchors = [] if self._files.anchors is None else self._files.anchors.between(self._size, end)
        start = self._size
        for quarter in range(1, _QUARTERS + 1):
            size = end if quarter == _QUARTERS else self._first_since(_midnight(day) + quarter * _DAY / _QUARTERS, end)
            last = self._published.up_to(size, start)
            if last is not None:
                found[last.size] = Stamped(last.note)
            for anchor in [one for one in anchors if start < one.size <= size][-1:]:
                found[anchor.size] = Stamped(anchor.note, anchor.token)
            start = max(start, size)
        return tuple(found[size] for size in sorted(found))

    async def _paths(self, sizes: Sequence[int]) -> tuple[tuple[bytes, ...], ...]:
        """From each size to the next."""

        async def leaves(start: int, end: int) -> Sequence[bytes]:
            return self._store.read(start, end)

        async def hashes(start: int, end: int) -> Sequence[bytes]:
            return [one.hash or leaf_hash(one.leaf or b"") for one in self._store.kept(start, end)]

        tiles = OwnTiles(leaves, self._files.tiles_folder, hashes)
        return tuple([await Prover(tiles, second).consistency(first) for first, second in pairwise(sizes)])

    def _first_since(self, moment: datetime, up_to: int) -> int:
        """The number of records before a moment, looked for from the last archive on: their times rise."""
        at_ms = round(moment.timestamp() * 1000)
        return self._size + bisect_left(range(self._size, up_to), at_ms, key=self._time_of)

    def _day_of(self, index: int) -> date:
        return datetime.fromtimestamp(self._time_of(index) / 1000, UTC).date()

    def _time_of(self, index: int) -> int:
        """When a record was made, by the record itself, ms since the epoch."""
        try:
            return moment_ms(decode_leaf(self._store.read(index, index + 1)[0]).time)
        except (IndexError, RecordFormatError) as error:
            raise LedgerError(f"archives: record {index} states no time") from error


def _midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=UTC)
