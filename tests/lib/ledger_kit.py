"""Ledgers for tests: records told apart by a number, a stored ledger on any store, guard and key at hand."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from bus.ledger.guard import Guard
from bus.ledger.port import Append, Head
from bus.ledger.sequencer import StoredLedger
from bus.ledger.vault import Vault
from signing.checkpoint import NoteKey, seal
from signing.merkle import EMPTY_ROOT

if TYPE_CHECKING:
    from pathlib import Path

    from bus.storage.port import Store

ORIGIN = "ledger.test/one"
NOTE_KEY = NoteKey(ORIGIN, bytes(range(32)))
VAULT_KEY = b"k" * 32
NOW_MS = 1_800_000_000_000
NEVER_S = 3600.0


def record(number: int, **members: Any) -> Append:  # noqa: ANN401 - whatever Append takes
    """The record of this number."""
    return Append(b'{"leaf":%d}' % number, b'{"details":%d}' % number, number.to_bytes(32, "big"), **members)


def sign(origin: str, size: int, root: bytes) -> bytes:
    """A checkpoint under the tests' note key."""
    return seal(origin, size, root, NOTE_KEY)


def new_guard(folder: Path) -> Guard:
    """The guard of a ledger that has signed nothing yet."""
    return Guard.create(folder / "guard.json", ORIGIN, Head(0, EMPTY_ROOT))


async def started(store: Store, folder: Path, cadence_s: float = NEVER_S) -> StoredLedger:
    """A ledger on the store, with the guard in `folder`; it publishes when told."""
    return await StoredLedger.start(
        store,
        vault=Vault.under(VAULT_KEY),
        guard=Guard(folder / "guard.json", ORIGIN),
        sign=sign,
        clock=lambda: time.time_ns() // 1_000_000,
        cadence_s=cadence_s,
    )
