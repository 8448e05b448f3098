"""Sets of data that a system drops as files, and the newest of them as the data that questions are answered from.

Promises: a set is judged whole before any of it is used: manifest, digests, formats, rows, keys; the newest by `as_of`
is used, an older or equal one never replaces it; a start after any crash ends with the newest good set in use, every
other dropped file in the drop folder or in quarantine with its reason, and nothing read twice.
Leaves out: when to look (`adapters.files`), and one caller at a time is the caller's promise.

    folder/incoming    the system writes here: its files, then NAME.manifest.json
    folder/work        taken, being judged
    folder/sets        judged good: <as_of>-NAME; the newest is in use
    folder/quarantine  refused: NAME, and NAME.reason.json
"""

from __future__ import annotations

import fcntl
import os
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

import structlog

from adapters.files_disk import FileRuleError, Folder, must_share_a_file_system
from adapters.files_rows import Index, rows_of
from adapters.files_taking import Taking
from adapters.port import DeclarationError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from adapters.files_manifest import Entry, Manifest
    from adapters.files_rows import Table

AHEAD: Final = timedelta(minutes=5)
"""A set from further in the future would shut out all that follow."""
log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Wanted:
    """What one operation looks up: a table, by these key fields."""

    table: str
    keys: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class DataSet:
    """A set in use: when its data is from, and an index per operation."""

    name: str
    as_of: datetime
    indexes: Mapping[str, Index]


@dataclass(frozen=True, slots=True)
class IntakeLimits:
    """What is taken. Sizes in bytes, times in seconds."""

    max_file_bytes: int
    max_rows: int
    settle_s: float
    keep_sets: int


class Intake:
    """The folder of one adapter: opened by `open`, looked into by `look`."""

    def __init__(
        self, root: Path, wanted: Mapping[str, Wanted], tables: Mapping[str, Table], limits: IntakeLimits
    ) -> None:
        self._root = root
        self._wanted = wanted
        self._tables = tables
        self._limits = limits
        self._open = ExitStack()
        self._sets: Folder | None = None
        self._incoming: Folder | None = None
        self._taking: Taking | None = None
        self.current: DataSet | None = None
        self.waiting = 0
        """Files in the drop folder that belong to no whole set (yet)."""

    @property
    def is_open(self) -> bool:
        """Whether the folder could be opened."""
        return self._taking is not None

    def open(self, now: datetime) -> None:
        """Open the folders, go on where a crash stopped, and load the newest good set.

        Raises:
            OSError: the folder, or its `incoming`, is not there.
            DeclarationError: another adapter works in it, or its parts are on different file systems.
        """
        with ExitStack() as opening:
            root = opening.enter_context(Folder.at(self._root))
            opening.enter_context(locked(self._root))
            incoming = opening.enter_context(root.inside("incoming"))
            work, sets, quarantine = (
                opening.enter_context(root.inside(name, make=True)) for name in ("work", "sets", "quarantine")
            )
            must_share_a_file_system(incoming, work, sets, quarantine)
            limits = self._limits
            taking = Taking(
                incoming,
                work,
                sets,
                quarantine,
                max_file_bytes=limits.max_file_bytes,
                settle_s=limits.settle_s,
            )
            self._taking, self._sets, self._incoming = taking, sets, incoming
            self._open = opening.pop_all()
        self._load_newest()
        for name in taking.unfinished():
            self._judge(taking, name, now)
        taking.put_away_orphans()

    def close(self) -> None:
        """Let go of the folders; the data stays in use. Safe to repeat."""
        self._taking = self._sets = self._incoming = None
        self._open.close()

    def look(self, now: datetime, tick: float) -> bool:
        """Take what has been dropped, in the order of its `as_of`; whether other data is in use afterwards.

        Raises:
            OSError: the folder cannot be worked in just now; look again later.
        """
        taking, incoming = self._taking, self._incoming
        if taking is None or incoming is None:
            return False
        before = self.current
        found = [(name, taking.whole(name, tick)) for name in taking.dropped()]
        whole = [(manifest.as_of or now, name, manifest) for name, manifest in found if manifest is not None]
        for _, name, manifest in sorted(whole, key=lambda one: one[:2]):
            taking.take(name, manifest.files)
            self._judge(taking, name, now)
        self.waiting = len(incoming.names())
        return self.current is not before

    def _judge(self, taking: Taking, name: str, now: datetime) -> None:
        """Keep and use one set that was taken, or refuse it."""
        try:
            manifest = taking.manifest(name)
            as_of = self._newer(manifest, now)
            data = DataSet(_name(as_of, name), as_of, self._indexes(taking, name, manifest, kept=False))
        except FileRuleError as error:
            taking.refuse(name, error)
            return
        taking.keep(name, data.name)
        self.current = data
        log.info("files-in-use", set=name, as_of=as_of.isoformat())
        self._forget_old()

    def _newer(self, manifest: Manifest, now: datetime) -> datetime:
        if manifest.as_of is None or manifest.code is not None:
            raise FileRuleError("manifest", "as_of" if manifest.as_of is None else "code")
        if manifest.as_of > now + AHEAD:
            raise FileRuleError("as-of-ahead", "as_of")
        if self.current is not None and manifest.as_of <= self.current.as_of:
            raise FileRuleError("not-newer", "as_of")
        return manifest.as_of.astimezone(UTC)

    def _indexes(self, taking: Taking, name: str, manifest: Manifest, *, kept: bool) -> dict[str, Index]:
        """Read every file once, into the index of each operation that asks of its table."""
        there = {entry.table for entry in manifest.files}
        wanted = {want.table for want in self._wanted.values()}
        if not there <= wanted:
            raise FileRuleError("unknown-table", "files.table")
        for table in sorted(wanted - there):
            raise FileRuleError("table-missing", table)
        indexes = {operation: Index(want.keys) for operation, want in self._wanted.items()}
        for entry in manifest.files:
            fill = [indexes[operation] for operation, want in self._wanted.items() if want.table == entry.table]
            try:
                self._fill(fill, taking.data(name, entry, kept=kept), entry)
            except FileRuleError as error:
                at = error.at if error.at == entry.name else f"{entry.name} {error.at}".strip()
                raise FileRuleError(error.rule, at) from None
        return indexes

    def _fill(self, indexes: Sequence[Index], data: bytes, entry: Entry) -> None:
        for number, row in rows_of(data, entry.format, self._tables[entry.table], self._limits.max_rows):
            for index in indexes:
                index.add(row, f"row {number}")

    def _load_newest(self) -> None:
        """After a start: the newest set that still is what it was when it was kept."""
        taking, sets = self._taking, self._sets
        if taking is None or sets is None:
            return
        for name in reversed(sets.names()):
            try:
                manifest = taking.manifest(name, kept=True)
                as_of = manifest.as_of or datetime.now(UTC)
                indexes = self._indexes(taking, name, manifest, kept=True)
            except FileRuleError as error:
                taking.refuse(name, error, kept=True)
                continue
            self.current = DataSet(name, as_of.astimezone(UTC), indexes)
            self._forget_old()
            return

    def _forget_old(self) -> None:
        if self._sets is not None:
            for name in self._sets.names()[: -self._limits.keep_sets]:
                self._sets.remove(name)


def _name(as_of: datetime, name: str) -> str:
    """Sorts by the moment."""
    return f"{as_of:%Y%m%dT%H%M%S.%fZ}-{name}"


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """One adapter works in a folder: a lock that ends with the process, whichever way it ends.

    Raises:
        DeclarationError: somebody else holds it.
    """
    descriptor = os.open(folder.resolve() / ".lock", os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    except BlockingIOError:
        raise DeclarationError(f"folder: {folder.name}: another adapter works in it [one-reader]") from None
    finally:
        os.close(descriptor)
