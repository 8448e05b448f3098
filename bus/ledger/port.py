"""What the hub sees of the ledger: append, read, head, checkpoint.

Promises: values that cannot be recorded are refused when they are built, so a batch is never spoiled by one of them;
what each method guarantees stands on the method and is tested for every ledger (memory, stored, over the socket).
Leaves out: what a leaf says (`schemas.record`), proofs and publication (the next form of the ledger).
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Final, NamedTuple, Protocol, TypeAlias

import msgspec

if TYPE_CHECKING:
    from collections.abc import Sequence

MAX_LEAF_BYTES: Final = 65_535
"""C2SP tlog-tiles: an entry stands in its bundle behind a 16-bit length."""
MAX_DETAILS_BYTES: Final = 256 * 1024
MAX_UNIQUE_BYTES: Final = 256
MAX_BUCKET_CHARS: Final = 200
MAX_FACTS: Final = 256
MAX_FACT_CHARS: Final = 400
SALT_BYTES: Final = 32
MAX_READ: Final = 4096
"""How many records one `read` returns at most."""


class Quota(msgspec.Struct, frozen=True, array_like=True):
    """Count this record in `bucket`, and refuse it when the bucket already holds `limit` of them.

    The caller names the period in the bucket (`ag-0001/2026-11-22`); buckets untouched for a week may be forgotten.
    """

    bucket: str
    limit: int

    def __post_init__(self) -> None:
        """Refuse what no bucket can be.

        Raises:
            ValueError: the bucket's name is empty or over 200 characters, or the limit is negative.
        """
        if not 0 < len(self.bucket) <= MAX_BUCKET_CHARS or self.limit < 0:
            raise ValueError(f"quota: a bucket has 1 to {MAX_BUCKET_CHARS} characters and a limit from 0")


class Append(msgspec.Struct, frozen=True, array_like=True):
    """One record to be.

    Attributes:
        leaf: the bytes hashed into the tree (RFC 6962 leaf hash), 1 to 65,535; they name nobody.
        details: canonical JSON, personal, kept encrypted and erasable; at most 256 KiB.
        salt: the 32 random bytes of the leaf's commitment to the details; erased with them.
        unique: a second record with this key is refused for ever, across workers and restarts. 1 to 256 bytes.
            Keys that begin alike and rise with time (sealer, then UUIDv7) keep the index small and quick.
        quota: counted only when the record is appended.
        deadline_ms: set on an asked: when it must have its outcome, milliseconds since the epoch.
        closes: set on an outcome: index of the asked that it settles. An asked is settled once.
        needs: facts that must stand, or the record is refused. A fact is a text that an earlier record put; a stored
            ledger keeps only a keyed digest of it, so it may name a person.
        lacks: facts that must not stand.
        puts: facts that stand from this record on; one that stands already stays as it is.
        group: to which the facts put belong; given whenever there are any.
        drops: a group of which no fact stands any more after this record.
    """

    leaf: bytes
    details: bytes
    salt: bytes
    unique: bytes | None = None
    quota: Quota | None = None
    deadline_ms: int | None = None
    closes: int | None = None
    needs: tuple[str, ...] = ()
    lacks: tuple[str, ...] = ()
    puts: tuple[str, ...] = ()
    group: str | None = None
    drops: str | None = None

    def __post_init__(self) -> None:
        """Refuse what can never be recorded.

        Raises:
            ValueError: a member is over its limit, or the record is both an asked and an outcome.
        """
        if not 0 < len(self.leaf) <= MAX_LEAF_BYTES:
            raise ValueError(f"record: a leaf has 1 to {MAX_LEAF_BYTES} bytes")
        if len(self.details) > MAX_DETAILS_BYTES or len(self.salt) != SALT_BYTES:
            raise ValueError(f"record: details have at most {MAX_DETAILS_BYTES} bytes, a salt {SALT_BYTES}")
        if self.unique is not None and not 0 < len(self.unique) <= MAX_UNIQUE_BYTES:
            raise ValueError(f"record: a unique key has 1 to {MAX_UNIQUE_BYTES} bytes")
        if self.deadline_ms is not None and self.closes is not None:
            raise ValueError("record: either asked (deadline) or outcome (closes), not both")
        if self.needs or self.lacks or self.puts or self.drops is not None:
            self._check_facts()

    def _check_facts(self) -> None:
        facts = (*self.needs, *self.lacks, *self.puts, self.group or "", self.drops or "")
        if len(facts) > MAX_FACTS or any(len(fact) > MAX_FACT_CHARS for fact in facts):
            raise ValueError(f"record: at most {MAX_FACTS} facts of at most {MAX_FACT_CHARS} characters")
        if self.puts and not self.group:
            raise ValueError("record: facts are put into a group")


class Refusal(StrEnum):
    """Why a record was not appended. Checked in this order, so a replay never costs quota."""

    DUPLICATE = "duplicate"
    ALREADY_SETTLED = "already-settled"
    NEEDS = "needs"
    EXISTS = "exists"
    QUOTA = "quota"


class Appended(msgspec.Struct, frozen=True, tag="appended"):
    """The record stands at `index`, and survives power loss."""

    index: int


class Refused(msgspec.Struct, frozen=True, tag="refused"):
    """The record was not appended, and nothing was counted.

    Attributes:
        reason: see `Refusal`.
        index: for a duplicate, where the first record with this key stands; if settled, where that outcome stands; for
            needs and exists, the place within `needs` or `lacks` of the first fact that refused it; None for quota.
        open: whether that duplicate is an asked that has no outcome yet.
    """

    reason: Refusal
    index: int | None = None
    open: bool = False


Outcome: TypeAlias = Appended | Refused


class Details(msgspec.Struct, frozen=True, array_like=True):
    """The personal half of a record, with the salt that its leaf commits with."""

    details: bytes
    salt: bytes


class OpenAsked(msgspec.Struct, frozen=True, array_like=True):
    """An asked that has no outcome yet."""

    index: int
    deadline_ms: int
    leaf: bytes


class Head(NamedTuple):
    """How many records stand, and the RFC 6962 root (32 bytes) over them."""

    size: int
    root: bytes


class LedgerError(Exception):
    """Something about the ledger; the message never holds personal data."""


class LedgerStoppedError(LedgerError):
    """The ledger takes no records until its process is restarted; whoever gets this was not acknowledged.

    The record may or may not stand (the disk failed in mid-write): retry with the same unique key after the restart.
    """


class LedgerSupersededError(LedgerStoppedError):
    """A ledger with a higher term serves this origin; this one has stopped itself."""


class LedgerUnreachableError(LedgerError):
    """The ledger's process did not answer in time; retry with the same unique key."""


class NoSuchRecordError(LedgerError):
    """No record stands at this index."""


class PrunedRecordError(LedgerError):
    """The record's bytes were pruned by an order, below the minimum index; its place and its hash still stand."""


class NotAskedError(LedgerError):
    """`closes` names an index where no asked stands: a mistake of the caller. Nothing was recorded."""


class Ledger(Protocol):
    """An append-only log under one origin, for ever."""

    @property
    def origin(self) -> str:
        """The checkpoint's first line: a scheme-less URL (C2SP tlog-checkpoint)."""

    @property
    def term(self) -> int:
        """Rises by one with each start of the ledger; receipts carry it."""

    async def append(self, item: Append) -> Outcome:
        """Record `item`.

        When this returns `Appended`, the record survives power loss. When it returns `Refused`, nothing was written.
        When it raises or is cancelled, the record may or may not stand; retry with the same unique key to learn which.
        Records get indexes from 0 without gaps, in the order in which appends were accepted.

        Raises:
            NotAskedError: `closes` names no asked.
            LedgerStoppedError: the disk is full or failing, or a higher term has taken over.
            LedgerUnreachableError: the ledger's process does not answer (over the socket only).
        """

    async def read(self, start: int, end: int) -> Sequence[bytes]:
        """Leaves [start, end), cut short at the head and at `MAX_READ` records.

        Raises:
            ValueError: `start` is negative or over `end`.
            PrunedRecordError: one of them was pruned.
        """

    async def details(self, index: int) -> Details | None:
        """The details of one record; None when they were erased.

        Raises:
            NoSuchRecordError: no record stands at `index`.
        """

    async def head(self) -> Head:
        """Every acknowledged record is below `size`."""

    async def checkpoint(self) -> bytes:
        """The newest published signed note (C2SP tlog-checkpoint); up to a cadence (1 s) behind the head."""

    async def open_asked(self, before_ms: int) -> Sequence[OpenAsked]:
        """Asked records without outcome whose deadline is before `before_ms`, soonest first, at most `MAX_READ`."""
