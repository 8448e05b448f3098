"""Each archived day of a ledger, sealed by the operator: a signed list of digests beside the day's archive.

Promises: a list names the archive, each file in it, and the hash tiles and entry bundles of the day's records, by the
names under which they are published, so that `sha256sum` and `grep` find any of them; entry bundles that were pruned
before are left out. A day is sealed once. Leaves out: the archive itself (`bus.ledger.archives`), how a list is signed
(`bus.batches`), what asks for it (`bus.ledger.upkeep`, `lienthong ledger archive`).

Source: docs/transparency.md §8; docs/xades.md §7.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

from bus.batches import SealedDays
from bus.ledger.archives import ArchiveFolder
from bus.ledger.tiles import WIDTH, Tile, encode_tile, entries_path, tile_path
from bus.ledger.tree import OwnTiles
from bus.storage.kinds import open_store
from signing.batch import MAX_ENTRIES
from signing.checkpoint import parse
from signing.container import unpack
from signing.merkle import leaf_hash

if TYPE_CHECKING:
    from bus.ledger.files import LedgerFiles
    from bus.storage.port import Store


def seal_due(files: LedgerFiles) -> list[Path]:
    """Seal every archived day that is not sealed yet, oldest first; blocks.

    Returns:
        The containers made; none where nothing is due, or the ledger has no key to seal with.

    Raises:
        NotSealedError: services or key do not do it now; the days before stay sealed.
        KeyAddressError: the key cannot be opened.
        LedgerError, StoreError: archives or records cannot be read.
    """
    if files.archives is None or files.sealing is None:
        return []
    kept, sealed = ArchiveFolder(files.archives), SealedDays(files.archives)
    due = sorted(set(kept.days()) - set(sealed.done()))
    if not due:
        return []
    sealing = replace(files.sealing, entries=MAX_ENTRIES)
    store = open_store(files.store_url)
    try:
        return [path for day in due for path in sealed.seal(day, digests_of(kept, day, store, files), sealing)]
    finally:
        store.close()


def digests_of(kept: ArchiveFolder, day: date, store: Store, files: LedgerFiles) -> dict[str, bytes]:
    """What a day's list names, with SHA-256."""
    whole, archive = kept.path(day).read_bytes(), kept.read(day)
    found = {kept.path(day).name: sha256(whole).digest()}
    found |= {f"{kept.path(day).stem}/{name}": sha256(data).digest() for name, data in unpack(whole).items()}
    first = parse(archive.previous)[0].size if archive.previous is not None else 0
    return found | asyncio.run(_tiles(store, files, first, archive.checkpoints[-1].size))


async def _tiles(store: Store, files: LedgerFiles, first: int, end: int) -> dict[str, bytes]:
    """Hash tiles of level 0 and entry bundles that hold records [first, end), as wide as they are at `end`."""

    async def leaves(start: int, stop: int) -> Sequence[bytes]:
        return store.read(start, stop)

    async def hashes(start: int, stop: int) -> Sequence[bytes]:
        return [one.hash or leaf_hash(one.leaf or b"") for one in store.kept(start, stop)]

    tiles, minimum = OwnTiles(leaves, files.tiles_folder, hashes), store.minimum()
    found: dict[str, bytes] = {}
    for n in range(first // WIDTH, -(-end // WIDTH)):
        width = min(WIDTH, end - n * WIDTH)
        tile = Tile(0, n, width)
        found[tile_path(tile)] = sha256(encode_tile(await tiles.hashes(tile))).digest()
        if n * WIDTH >= minimum:
            found[entries_path(n, width)] = sha256(await tiles.bundle(n, width)).digest()
    return found
