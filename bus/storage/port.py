"""The ledger's storage seam: one durable append under a known head, and a few reads.

Promises: a store decides nothing; it writes one batch whole or not at all, and only where the writer knew the head.
What stands on each method is tested on every engine by `bus.storage.testing`.
Leaves out: threads (calls block; the ledger has its own), and what the bytes mean (details arrive encrypted).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

MAX_BATCH: Final = 4096
"""The most entries of one append."""


class StoreError(Exception):
    """The store could not do it; whether the write stands is unknown until it is opened anew."""


class HeadMovedError(StoreError):
    """Somebody else wrote: the head or the term is not what the writer knew. Nothing was written."""


class StoreHeldError(StoreError):
    """Another process serves this store."""


class MissingStoreError(StoreError):
    """There is no store here; creating one is a separate command."""


class StoreExistsError(StoreError):
    """There is a store here already; it is never overwritten."""


class FormatVersionError(StoreError):
    """The store's format is newer than this program, or older and waits for `lienthong migrate`."""


class PrunedEntryError(StoreError):
    """An entry's bytes were pruned; its leaf hash still stands."""


class StoredHead(NamedTuple):
    """What the next append must know.

    Attributes:
        size: how many entries stand.
        term: rises with each `take_over`.
        frontier: the Merkle frontier over the entries, as its maker serialised it; empty at first.
    """

    size: int
    term: int
    frontier: bytes


class Entry(NamedTuple):
    """One row to be written.

    Attributes:
        leaf: public bytes.
        details: encrypted, erasable.
        unique: a key that no other entry has.
        deadline_ms: makes the entry an asked, open until an entry closes it.
        closes: index of the asked that this entry settles.
    """

    leaf: bytes
    details: bytes
    unique: bytes | None = None
    deadline_ms: int | None = None
    closes: int | None = None


class Fact(NamedTuple):
    """A fact to stand: its digest, its group's digest, the index of the entry that put it."""

    digest: bytes
    group: bytes
    idx: int


class Batch(NamedTuple):
    """What one append writes.

    Attributes:
        entries: in order.
        frontier: the Merkle frontier after them.
        now_ms: the writer's clock.
        quotas: the new count of each bucket touched.
        drops: groups whose facts go; before `puts` come.
        puts: facts that stand from here on; none stands already.
    """

    entries: Sequence[Entry]
    frontier: bytes
    now_ms: int
    quotas: Mapping[str, int] = {}
    drops: Sequence[bytes] = ()
    puts: Sequence[Fact] = ()


class Wanted(NamedTuple):
    """What to look up, each at most once."""

    unique: Sequence[bytes] = ()
    buckets: Sequence[str] = ()
    asked: Sequence[int] = ()
    facts: Sequence[bytes] = ()


class Place(NamedTuple):
    """Where the entry with a key stands, and whether it is an asked without outcome."""

    idx: int
    open: bool


class Known(NamedTuple):
    """What the store holds of the things looked up; absent keys are absent here too.

    Attributes:
        unique: key to its place.
        quotas: bucket to count.
        asked: index of an asked to the index that settled it, or None while open.
        facts: digest of a standing fact to its group's.
    """

    unique: Mapping[bytes, Place] = {}
    quotas: Mapping[str, int] = {}
    asked: Mapping[int, int | None] = {}
    facts: Mapping[bytes, bytes] = {}


class Kept(NamedTuple):
    """What stands of an entry: its leaf, or once that was pruned the leaf's hash."""

    leaf: bytes | None
    hash: bytes | None = None


class OpenRow(NamedTuple):
    """An asked without outcome."""

    idx: int
    deadline_ms: int
    leaf: bytes


class Signed(NamedTuple):
    """A checkpoint that was signed, with the frontier at its size (so that the next start need not read all)."""

    size: int
    note: bytes
    frontier: bytes


def must_lie_below(minimum: int, indexes: Iterable[int], size: int) -> None:
    """Refuse what cannot be pruned.

    Raises:
        ValueError: an index is not below the minimum, or the minimum is over the size.
    """
    if not 0 <= minimum <= size or any(not 0 <= index < minimum for index in indexes):
        raise ValueError("storage: entries are pruned below a minimum index, which the head is not below")


class Store(Protocol):
    """One ledger's tables."""

    @property
    def origin(self) -> str:
        """The origin given at creation; it never changes."""

    def take_over(self, now_ms: int) -> StoredHead:
        """Hold the store alone and raise the term by one, durably.

        Buckets untouched for a week are forgotten here.

        Raises:
            StoreHeldError: another living process holds it.
        """

    def head(self) -> StoredHead:
        """The head as it stands now, whoever wrote it."""

    def known(self, wanted: Wanted) -> Known:
        """Look up keys, counts, asked entries and facts, as of the head."""

    def append(self, batch: Batch, expected: StoredHead) -> StoredHead:
        """Write the batch whole and move the head from `expected`.

        When this returns, the batch survives power loss. At most `MAX_BATCH` entries, at least one.

        Raises:
            HeadMovedError: size or term is not as expected; nothing was written.
            StoreError: the engine failed; the batch stands whole or not at all.
        """

    def read(self, start: int, end: int) -> list[bytes]:
        """Leaves [start, end), cut short at the head.

        Raises:
            PrunedEntryError: one of them was pruned.
        """

    def kept(self, start: int, end: int) -> list[Kept]:
        """What stands of the entries [start, end), cut short at the head."""

    def minimum(self) -> int:
        """The minimum index: entries below it may be pruned, none from it on is (C2SP tlog-tiles)."""

    def prune(self, minimum: int, hashes: Mapping[int, bytes]) -> int:
        """Raise the minimum index and, durably with it, put leaf hashes in the place of leaves below it.

        Details and everything else stay. Pruning again what is pruned changes nothing.

        Args:
            minimum: the new minimum index; a lower one than stands is passed over.
            hashes: leaf hash by index, each below `minimum`; entries that are not named keep their leaf.

        Returns:
            How many leaves were there to prune.

        Raises:
            ValueError: an index is not below `minimum`, or `minimum` is over the head; nothing was pruned.
        """

    def details(self, index: int) -> bytes | None:
        """The encrypted details, or None when erased.

        Raises:
            KeyError: no entry stands at `index`.
        """

    def details_range(self, start: int, end: int) -> dict[int, bytes | None]:
        """Encrypted details of [start, end) by index, None where erased."""

    def erase(self, indexes: Sequence[int]) -> int:
        """Erase details for good; returns how many were there to erase. Leaves stay."""

    def open_asked(self, before_ms: int, limit: int) -> list[OpenRow]:
        """Open asked entries whose deadline is before `before_ms`, soonest first."""

    def save_signed(self, signed: Signed) -> None:
        """Keep a signed checkpoint, durably; one of the same size is replaced."""

    def signed(self, up_to: int | None = None) -> Signed | None:
        """The signed checkpoint of the highest size (at most `up_to`)."""

    def signed_after(self, size: int) -> Signed | None:
        """The signed checkpoint of the lowest size over `size`."""

    def close(self) -> None:
        """Let go of the hold and of every connection; closing twice is fine."""
