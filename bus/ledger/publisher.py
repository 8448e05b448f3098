"""Signing checkpoints: at a fixed cadence, only when there is news, never lower, never against what was signed.

Promises: the guard file is durable before a note exists, so no crash makes the signer forget one. At a start the whole
way from the last signed (size, root) to the head is walked again: a store that lost or changed what was signed, or
that was restored from an old backup, is refused before it signs or records anything.
Leaves out: serving the note (its reader's affair), asking witnesses (`witnessing`), tiles (`tree`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from bus.ledger.guard import GuardError
from bus.ledger.port import Head
from bus.storage.port import Signed
from signing.checkpoint import parse
from signing.merkle import Frontier, leaf_hash

if TYPE_CHECKING:
    from collections.abc import Callable

    from bus.ledger.guard import Guard
    from bus.storage.port import Store

_STRIDE: Final = 4096

NoteSigner = "Callable[[str, int, bytes], bytes]"


def head_of(frontier: Frontier) -> Head:
    """Size and root of a frontier."""
    return Head(frontier.size, frontier.root())


class Publisher:
    """Signs for one ledger. Calls block: run them where that is allowed.

    Args:
        store: the ledger's store, held.
        guard: its guard.
        sign: makes the signed note from origin, size and root; the same input gives the same note.
    """

    def __init__(self, store: Store, guard: Guard, sign: Callable[[str, int, bytes], bytes]) -> None:
        self._store = store
        self._guard = guard
        self._sign = sign
        self._last = Head(0, b"")
        self.note = b""

    def resume(self, head: Frontier) -> None:
        """Check the store against the guard, and take up where the last process left.

        Raises:
            GuardError: the store holds less than was signed, or something else.
        """
        self._last = self._guard.read()
        # 1. nothing that was signed is missing
        if head.size < self._last.size:
            raise GuardError(f"guard: {self._last.size} records were signed, the store holds {head.size}")
        newest = self._store.signed()
        if newest is not None and newest.size > self._last.size:
            raise GuardError("guard: the store holds a checkpoint that the guard has not seen")
        # 2. the records up to it give the root that was signed
        frontier = Frontier.from_bytes(newest.frontier) if newest is not None else Frontier()
        self._extend(frontier, self._last.size)
        if head_of(frontier) != self._last:
            raise GuardError("guard: the store contradicts the checkpoint that was signed")
        # 3. the crash may have come between guard and note: sign the same again
        if newest is None or newest.size < self._last.size:
            self._keep(frontier)
        else:
            self.note = newest.note
        # 4. and the records after it lead to the head
        self._extend(frontier, head.size)
        if head_of(frontier) != head_of(head):
            raise GuardError("guard: the store's head does not follow from its records")

    def publish(self, head: Frontier) -> bool:
        """Sign `head` if it is news; returns whether it was.

        Raises:
            GuardError: another process signed meanwhile, or the guard cannot be written.
            StoreError: the store cannot keep the note.
        """
        new = head_of(head)
        if new.size == self._last.size:
            return False
        self._guard.advance(self._last, new)
        self._last = new
        self._keep(head)
        return True

    def keep_cosigned(self, note: bytes) -> None:
        """Keep a signed note with more signatures under it, in the place of the one that it was.

        Raises:
            StoreError: the store cannot keep it.
        """
        kept = self._store.signed(parse(note)[0].size)
        if kept is None or kept.note == note or _text(kept.note) != _text(note):
            return
        self._store.save_signed(kept._replace(note=note))
        if _text(self.note) == _text(note):
            self.note = note

    def _keep(self, frontier: Frontier) -> None:
        note = self._sign(self._store.origin, frontier.size, frontier.root())
        self._store.save_signed(Signed(frontier.size, note, frontier.to_bytes()))
        self.note = note

    def _extend(self, frontier: Frontier, size: int) -> None:
        while frontier.size < size:
            leaves = self._store.read(frontier.size, min(size, frontier.size + _STRIDE))
            if not leaves:
                raise GuardError(f"guard: the store has no record {frontier.size}")
            for leaf in leaves:
                frontier.add(leaf_hash(leaf))


def _text(note: bytes) -> bytes:
    """What is signed."""
    return note.partition(b"\n\n")[0]
