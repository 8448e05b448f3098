"""What an operator does to a ledger from outside: create, show, verify, erase, migrate, put a lost guard back.

Promises: plain functions for the command line; `show` and `verify` only read and may run beside a serving ledger.
`verify` trusts nothing that is stored beside the entries: it hashes every leaf again and holds everything against that.
Leaves out: words for people and tables, which are the command line's.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from bus.ledger.guard import Guard, GuardError, MissingGuardError
from bus.ledger.keys import new_note_key, new_vault_key, read_note_key, read_vault_key
from bus.ledger.port import Head
from bus.ledger.process import note_keys_of, verifiers_of
from bus.ledger.publisher import head_of
from bus.ledger.vault import DetailsUnreadableError, Vault
from bus.storage import formats
from bus.storage.engine import open_engine
from bus.storage.kinds import create_store, open_store
from bus.storage.port import StoreExistsError
from bus.storage.sql import LEDGER
from schemas.record import RecordFormatError, decode_leaf, opens
from signing.checkpoint import NoteVerifier, check
from signing.merkle import EMPTY_ROOT, Frontier, leaf_hash

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from bus.ledger.process import LedgerFiles
    from bus.storage.port import Kept, Signed, Store

_STRIDE: Final = 1024
_PRUNED: Final = "pruned"
_FOR_EVER_MS: Final = 2**62


@dataclass(frozen=True, slots=True)
class Shown:
    """A ledger at a glance.

    Attributes:
        origin: its name.
        vkeys: the public keys that sign checkpoints now, as auditors need them.
        store_format: format version of the store.
        term: of the last start; 0 before the first.
        head: size and root by the head row.
        signed: the newest checkpoint's note; None before the first start.
        guarded: the last size and root signed, by the guard file; None when there is no file.
        open_asked: how many asked records wait for their outcome, counted up to 4096.
        anchored: size of the newest time-stamped checkpoint; None where there is none.
    """

    origin: str
    vkeys: tuple[str, ...]
    store_format: int
    term: int
    head: Head
    signed: bytes | None
    guarded: Head | None
    open_asked: int
    anchored: int | None = None


@dataclass(frozen=True, slots=True)
class Finding:
    """One step of `verify`: what was looked at, whether it holds, and how many."""

    step: str
    holds: bool
    count: int
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Verified:
    """The outcome of `verify`: the head by the leaves themselves, and a finding per step."""

    head: Head
    findings: tuple[Finding, ...]

    @property
    def holds(self) -> bool:
        """Whether every step holds."""
        return all(finding.holds for finding in self.findings)


def init(files: LedgerFiles) -> str:
    """Create an empty ledger: store, guard file, and whichever key is not there yet. Returns the vkey.

    A creation that was cut short is finished by a second call.

    Raises:
        StoreExistsError: a ledger is there already; nothing was touched.
        LedgerKeyError, SecretError: a key file that is there is not usable.
    """
    if files.guard_file.exists():
        raise StoreExistsError(f"ledger: {files.guard_file} guards a ledger already")
    if not files.note_key_file.exists():
        new_note_key(files.note_key_file, files.origin)
    if not files.vault_key_file.exists():
        new_vault_key(files.vault_key_file)
    note_key = read_note_key(files.note_key_file, files.origin)
    read_vault_key(files.vault_key_file)
    try:
        create_store(files.store_url, files.origin)
    except StoreExistsError:
        if not _never_started(files):
            raise
    files.guard_file.parent.mkdir(parents=True, exist_ok=True)
    Guard.create(files.guard_file, files.origin, Head(0, EMPTY_ROOT))
    return note_key.verifier.text


def show(files: LedgerFiles) -> Shown:
    """Look at a ledger.

    Raises:
        MissingStoreError, FormatVersionError: as when serving.
    """
    store = open_store(files.store_url)
    try:
        at, signed = store.head(), store.signed()
        anchors = [] if files.anchors is None else files.anchors.sizes()
        return Shown(
            origin=store.origin,
            vkeys=tuple(key.verifier.text for key in note_keys_of(files)),
            store_format=LEDGER.newest(),
            term=at.term,
            head=head_of(_frontier(at.frontier)),
            signed=None if signed is None else signed.note,
            guarded=_guarded(files),
            open_asked=len(store.open_asked(_FOR_EVER_MS, 4096)),
            anchored=anchors[-1] if anchors else None,
        )
    finally:
        store.close()


def verify(files: LedgerFiles, progress: Callable[[int, int], None] | None = None) -> Verified:
    """Hold a whole ledger against its own leaves.

    1. every leaf up to the head is there, and their root is the head's
    2. every checkpoint is signed by the log's key and tells the root of that many leaves
    3. the guard file tells the root of that many leaves
    4. what was pruned lies below the minimum index, and its hashes give the same root
    5. every box of details opens under its leaf, and the leaf's commitment opens with them; erased ones are counted

    Args:
        files: where it is.
        progress: told (leaves done, leaves in all) now and then.

    Raises:
        MissingStoreError, FormatVersionError, SecretError, LedgerKeyError: it cannot be looked at.
    """
    verifiers = verifiers_of(files)
    vault = Vault.under(read_vault_key(files.vault_key_file))
    store = open_store(files.store_url)
    try:
        return walk(store, verifiers, vault, _guarded(files), progress)
    finally:
        store.close()


def walk(
    store: Store,
    verifiers: Sequence[NoteVerifier],
    vault: Vault,
    guarded: Head | None,
    progress: Callable[[int, int], None] | None = None,
) -> Verified:
    """`verify` over an opened store; `guarded` is what the guard file holds, None where there is no file."""
    return _Walk(store, verifiers, vault, guarded).go(progress or (lambda _done, _all: None))


def erase(files: LedgerFiles, indexes: Sequence[int]) -> int:
    """Erase the details and salts of these records for good, also beside a serving ledger; leaves stay.

    Returns:
        How many were there to erase.
    """
    store = open_store(files.store_url)
    try:
        return store.erase(indexes)
    finally:
        store.close()


def migrate(files: LedgerFiles, backup: Path | None) -> tuple[int, int]:
    """Bring the store to this program's format; returns the old and the new version.

    Raises:
        StoreError: a SQLite store needs a new file for the backup; a PostgreSQL store is backed up before (None).
    """
    engine = open_engine(files.store_url)
    try:
        return formats.migrate(engine, LEDGER, backup=backup)
    finally:
        engine.dispose()


def restore_guard(files: LedgerFiles, note: bytes) -> Head:
    """Put a lost guard file back, from the newest checkpoint that anybody has (nodes, auditors keep them).

    Raises:
        GuardError: there is a guard; or the note is not this log's; or the store does not hold what it tells, or has
            itself signed something newer.
    """
    if files.guard_file.exists():
        raise GuardError(f"guard: {files.guard_file} is there")
    verdict, checkpoint = check(note, verifiers_of(files))
    if checkpoint is None:
        raise GuardError(f"guard: not a checkpoint of this log ({verdict.step})")
    head = Head(checkpoint.size, checkpoint.root)
    store = open_store(files.store_url)
    try:
        if store.signed_after(head.size) is not None:
            raise GuardError("guard: the store holds a newer checkpoint; take that")
        frontier = Frontier()
        for kept in _kept(store, head.size):
            for one in kept:
                frontier.add(one.hash or leaf_hash(one.leaf or b""))
        if head_of(frontier) != head:
            raise GuardError("guard: the store does not hold what this checkpoint tells")
    finally:
        store.close()
    Guard.create(files.guard_file, files.origin, head)
    return head


class _Walk:
    """One pass over all leaves, with everything else held against them."""

    def __init__(self, store: Store, verifiers: Sequence[NoteVerifier], vault: Vault, guarded: Head | None) -> None:
        self._store = store
        self._verifiers = verifiers
        self._vault = vault
        self._guarded = guarded
        self._frontier = Frontier()
        newest = store.signed()  # before the head: beside a serving ledger both go on rising
        self._newest = -1 if newest is None else newest.size
        self._at = store.head()
        self._next: Signed | None = store.signed_after(-1)
        self._notes = 0
        self._wrong_notes: list[int] = []
        self._wrong_details: list[int] = []
        self._erased = 0
        self._pruned: list[int] = []
        self._minimum = store.minimum()
        self._guard_holds = guarded is not None and guarded == Head(0, EMPTY_ROOT)

    def go(self, progress: Callable[[int, int], None]) -> Verified:
        self._hold_against(self._frontier)
        for kept in _kept(self._store, self._at.size):
            start = self._frontier.size
            boxes = self._store.details_range(start, start + len(kept))
            for index, one in enumerate(kept, start=start):
                self._frontier.add(one.hash or leaf_hash(one.leaf or b""))
                self._hold_against(self._frontier)
                self._look_into(index, one, boxes.get(index, b""))
            progress(self._frontier.size, self._at.size)
        return Verified(head_of(self._frontier), tuple(self._findings()))

    def _hold_against(self, frontier: Frontier) -> None:
        if self._guarded is not None and frontier.size == self._guarded.size:
            self._guard_holds = head_of(frontier) == self._guarded
        if self._next is None or self._next.size != frontier.size:
            return
        self._notes += 1
        _, checkpoint = check(self._next.note, self._verifiers)
        if checkpoint is None or Head(checkpoint.size, checkpoint.root) != head_of(frontier):
            self._wrong_notes.append(self._next.size)
        self._next = self._store.signed_after(frontier.size)

    def _look_into(self, index: int, kept: Kept, box: bytes | None) -> None:
        leaf = kept.leaf
        if leaf is None:
            self._pruned.append(index)
            self._erased += box is None
            return
        if box is None:
            self._erased += 1
            return
        try:
            opened = self._vault.unbox(box, leaf)
            holds = opens(decode_leaf(leaf), opened.details, opened.salt)
        except (DetailsUnreadableError, RecordFormatError):
            holds = False
        if not holds:
            self._wrong_details.append(index)

    def _findings(self) -> Iterator[Finding]:
        found = head_of(self._frontier)
        whole = found == head_of(_frontier(self._at.frontier)) and found.size == self._at.size
        yield Finding("leaves", whole, found.size)
        beyond = self._newest > found.size
        yield Finding("checkpoints", not self._wrong_notes and not beyond, self._notes, _places(self._wrong_notes))
        guarded = 0 if self._guarded is None else self._guarded.size
        yield Finding("guard", self._guard_holds, guarded, "" if self._guarded else "there is no guard file")
        if self._minimum or self._pruned:
            beyond_minimum = [index for index in self._pruned if index >= self._minimum]
            detail = _places(beyond_minimum) or f"by order, below the minimum index {self._minimum}"
            yield Finding(_PRUNED, not beyond_minimum, len(self._pruned), detail)
        opened = found.size - self._erased - len(self._wrong_details)
        detail = _places(self._wrong_details) or (f"{self._erased} erased" if self._erased else "")
        yield Finding("details", not self._wrong_details, opened, detail)


def _kept(store: Store, size: int) -> Iterator[list[Kept]]:
    """What stands of [0, size) in strides; ends early where an entry is missing."""
    start = 0
    while start < size and (kept := store.kept(start, min(size, start + _STRIDE))):
        yield kept
        start += len(kept)


def _places(indexes: Sequence[int]) -> str:
    shown = ", ".join(map(str, indexes[:10]))
    return shown + (f" and {len(indexes) - 10} more" if len(indexes) > 10 else "")  # noqa: PLR2004 - as many as shown


def _frontier(data: bytes) -> Frontier:
    return Frontier.from_bytes(data) if data else Frontier()


def _guarded(files: LedgerFiles) -> Head | None:
    try:
        return Guard(files.guard_file, files.origin).read()
    except MissingGuardError:
        return None


def _never_started(files: LedgerFiles) -> bool:
    store = open_store(files.store_url)
    try:
        at = store.head()
        return store.origin == files.origin and (at.size, at.term) == (0, 0)
    finally:
        store.close()
