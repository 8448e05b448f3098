"""Hash tiles of a growing log, and proofs from them: the same code for whoever holds the leaves and whoever fetches.

Promises: a tile of a published size is a pure function of the leaves, so whatever is kept of it can be lost and made
again; a full tile is kept in memory and, where a folder is given, in an immutable file; a proof is made from tiles
alone, whatever the size of the log.
Leaves out: who may see tiles (`bus.http.log`); whether fetched tiles are true: proofs from them are verified against a
checkpoint's root by whoever asked.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Final, Protocol, TypeVar

from bus.ledger.port import LedgerError
from bus.ledger.tiles import (
    WIDTH,
    Tile,
    TileError,
    decode_tile,
    encode_bundle,
    encode_tile,
    entries_path,
    hash_above,
    tile_path,
)
from signing.merkle import (
    NodeReader,
    consistency_path_from,
    inclusion_path_from,
    leaf_hash,
    root,
    subtree_root,
)

ReadLeaves = Callable[[int, int], Awaitable[Sequence[bytes]]]
"""Leaves [start, end), perhaps cut short."""
Fetch = Callable[[str], Awaitable[bytes]]
"""The bytes at a path of a published log (`tile/0/000`)."""
Result = TypeVar("Result")
KEPT_TILES: Final = 4096
_LEVEL_BITS: Final = 8
_NOTHING: Final = bytes(32)


class TileSource(Protocol):
    """Whatever gives a tile's hashes."""

    async def hashes(self, tile: Tile) -> Sequence[bytes]:
        """The tile's hashes, left to right, exactly `tile.width`.

        Raises:
            LedgerError: they cannot be had.
        """


class OwnTiles:
    """Tiles of the log whose leaves are at hand.

    Args:
        read: reads leaves.
        folder: where full tiles are kept as files, in the published layout; None keeps them in memory only.
        hashes: reads leaf hashes, of pruned records too; None makes them of the leaves.
    """

    def __init__(self, read: ReadLeaves, folder: Path | None = None, hashes: ReadLeaves | None = None) -> None:
        self._read = read
        self._leaf_hashes = hashes
        self._folder = folder
        self._kept: OrderedDict[Tile, Sequence[bytes]] = OrderedDict()

    async def hashes(self, tile: Tile) -> Sequence[bytes]:
        """See `TileSource`."""
        full = tile.width == WIDTH
        found = self._kept.get(tile)
        if found is not None:
            self._kept.move_to_end(tile)
            return found
        made = await asyncio.to_thread(self._from_file, tile) if full else None
        if made is None:
            made = await self._made(tile)
            if full and self._folder is not None:
                await asyncio.to_thread(_keep, self._folder / tile_path(tile), encode_tile(made))
        if full:
            self._remember(tile, made)
        return made

    async def bundle(self, n: int, width: int = WIDTH) -> bytes:
        """An entry bundle's bytes.

        Raises:
            LedgerError: the log has not that many records.
        """
        entries_path(n, width)  # refuses what no bundle can be
        return encode_bundle(await _all(self._read, n * WIDTH, n * WIDTH + width))

    async def fill(self, size: int, told: Callable[[int], None] | None = None) -> None:
        """Make every full tile of a tree of this size that is not in its file yet, left to right."""
        if self._folder is None:
            return
        for n in range(size // WIDTH):
            tile = Tile(0, n)
            while True:
                if not await asyncio.to_thread((self._folder / tile_path(tile)).exists):
                    await self.hashes(tile)
                if (tile.n + 1) % WIDTH:
                    break
                tile = Tile(tile.level + 1, tile.n // WIDTH)
            if told is not None:
                told((n + 1) * WIDTH)

    async def _made(self, tile: Tile) -> Sequence[bytes]:
        start = tile.n * WIDTH
        if tile.level == 0 and self._leaf_hashes is not None:
            return await _all(self._leaf_hashes, start, start + tile.width)
        if tile.level == 0:
            return [leaf_hash(leaf) for leaf in await _all(self._read, start, start + tile.width)]
        return [hash_above(await self.hashes(Tile(tile.level - 1, start + i))) for i in range(tile.width)]

    def _from_file(self, tile: Tile) -> Sequence[bytes] | None:
        if self._folder is None:
            return None
        try:
            hashes = decode_tile((self._folder / tile_path(tile)).read_bytes())
        except (OSError, TileError):
            return None  # lost or torn: it is made again
        return hashes if len(hashes) == WIDTH else None

    def _remember(self, tile: Tile, hashes: Sequence[bytes]) -> None:
        self._kept[tile] = hashes
        if len(self._kept) > KEPT_TILES:
            self._kept.popitem(last=False)


async def _all(read: ReadLeaves, start: int, end: int) -> list[bytes]:
    """Everything of [start, end), however often it is cut short."""
    found: list[bytes] = []
    while start + len(found) < end:
        more = await read(start + len(found), end)
        if not more:
            raise LedgerError(f"tiles: the log has no record {start + len(found)}")
        found += more
    return found


class FetchedTiles:
    """Tiles of a log that somebody else publishes."""

    def __init__(self, fetch: Fetch) -> None:
        self._fetch = fetch
        self._kept: OrderedDict[Tile, Sequence[bytes]] = OrderedDict()

    async def hashes(self, tile: Tile) -> Sequence[bytes]:
        """See `TileSource`.

        Raises:
            TileError: what came is no tile of this width.
        """
        found = self._kept.get(tile)
        if found is None:
            found = decode_tile(await self._fetch(tile_path(tile)))
            if len(found) != tile.width:
                raise TileError("tile: not of the width that was asked for")
            self._kept[tile] = found
            if len(self._kept) > KEPT_TILES:
                self._kept.popitem(last=False)
        return found

    def forget(self) -> None:
        """Drop what was fetched: for when it proved wrong."""
        self._kept.clear()


class Prover:
    """Proofs in a tree of one size, from tiles."""

    def __init__(self, source: TileSource, size: int) -> None:
        self._source = source
        self._size = size
        self._nodes: dict[tuple[int, int], bytes] = {}

    async def root(self) -> bytes:
        """The root over all leaves of this size (at least one)."""
        return await self._run(lambda node: subtree_root(node, 0, self._size))

    async def inclusion(self, index: int) -> tuple[bytes, ...]:
        """The path of one leaf.

        Raises:
            MerkleError: the index is not below the size.
            LedgerError: a tile cannot be had.
        """
        return await self._run(lambda node: inclusion_path_from(node, index, self._size))

    async def consistency(self, first: int) -> tuple[bytes, ...]:
        """The path from an earlier size.

        Raises:
            MerkleError: the earlier size is over this one.
            LedgerError: a tile cannot be had.
        """
        return await self._run(lambda node: consistency_path_from(node, first, self._size))

    async def _run(self, build: Callable[[NodeReader], Result]) -> Result:
        """Run a pure builder: first to see which nodes it reads (that depends on sizes alone), then with them."""
        wanted: dict[tuple[int, int], None] = {}

        def note(level: int, n: int) -> bytes:
            wanted[level, n] = None
            return _NOTHING

        build(note)
        for level, n in wanted:
            if (level, n) not in self._nodes:
                self._nodes[level, n] = await self._node(level, n)
        return build(lambda level, n: self._nodes[level, n])

    async def _node(self, level: int, n: int) -> bytes:
        """The hash of a complete subtree over 2**level leaves: a few neighbours of one tile, hashed together."""
        tile_level, above = divmod(level, _LEVEL_BITS)
        start, count = n << above, 1 << above
        number, offset = divmod(start, WIDTH)
        there = (self._size >> _LEVEL_BITS * tile_level) - number * WIDTH
        hashes = await self._source.hashes(Tile(tile_level, number, min(WIDTH, there)))
        return root(hashes[offset : offset + count])


def _keep(path: Path, data: bytes) -> None:
    """Put an immutable file in place whole; a cache, so nothing waits for the disk, and a full disk costs only time."""
    fresh = path.with_name(f".{path.name}.{os.getpid()}")
    with contextlib.suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        fresh.write_bytes(data)
        fresh.replace(path)
