"""Proof files from a ledger's store, beside a serving ledger or without one.

Promises: only reads the store; the checkpoint is the newest that may be published under the ledger's own policy.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from bus.ledger.process import LedgerFiles, witnesses_of
from bus.ledger.published import NotPublishedError, PublishedLog
from bus.ledger.tree import OwnTiles
from bus.storage.kinds import open_store
from bus.storage.port import Store
from signing.merkle import leaf_hash


def proof_file(files: LedgerFiles, index: int, *, with_record: bool) -> bytes:
    """The proof file (c2sp.org/tlog-proof@v1) of a record; blocks.

    Args:
        files: where the ledger is.
        index: the record's number.
        with_record: whether the record's bytes go into the file, as its `extra`.

    Raises:
        NotPublishedError: no published checkpoint covers it.
        MissingStoreError, FormatVersionError, SecretError, LedgerError: the ledger cannot be looked at.
    """
    store = open_store(files.store_url)
    try:
        published = PublishedLog(_Kept(store, _newest(store, files)), files.tiles_folder)
        return asyncio.run(published.proof(index, with_leaf=with_record))
    finally:
        store.close()


class _Kept:
    """A store as the published log reads it."""

    def __init__(self, store: Store, note: bytes) -> None:
        self._store = store
        self._note = note

    async def read(self, start: int, end: int) -> Sequence[bytes]:
        return await asyncio.to_thread(self._store.read, start, end)

    async def hashes(self, start: int, end: int) -> Sequence[bytes]:
        kept = await asyncio.to_thread(self._store.kept, start, end)
        return [one.hash or leaf_hash(one.leaf or b"") for one in kept]

    async def checkpoint(self) -> bytes:
        return self._note


def _newest(store: Store, files: LedgerFiles) -> bytes:
    witnesses = witnesses_of(files)
    if witnesses is None:
        kept = store.signed()
        note = b"" if kept is None else kept.note
    else:
        own = _Kept(store, b"")
        witnessing = witnesses.of(store, OwnTiles(own.read, hashes=own.hashes))
        witnessing.resume()
        note = witnessing.note
    if not note:
        raise NotPublishedError("log: no checkpoint was published yet")
    return note
