"""Inclusion proofs for many records of one tree: what they share is made once.

Promises: the same paths as `bus.ledger.tree.Prover` gives one by one; within a full tile they cost a few look-ups.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from bus.ledger.tiles import WIDTH, Tile
from bus.ledger.tree import Prover, TileSource
from signing.merkle import levels_of

_WITHIN: Final = 8
"""How many nodes of a path lie within its tile of 256."""


class _Edge:
    """A source whose partial tiles are made once: those at a tree's right edge, which sources do not keep."""

    def __init__(self, source: TileSource) -> None:
        self._source = source
        self._partial: dict[Tile, Sequence[bytes]] = {}

    async def hashes(self, tile: Tile) -> Sequence[bytes]:
        """See `TileSource`."""
        if tile.width == WIDTH:
            return await self._source.hashes(tile)
        if tile not in self._partial:
            self._partial[tile] = await self._source.hashes(tile)
        return self._partial[tile]


class Proofs:
    """Proofs in a tree of one size."""

    def __init__(self, source: TileSource, size: int) -> None:
        self._source = source
        self._size = size
        self._prover = Prover(_Edge(source), size)
        self._tile = -1
        self._levels: list[list[bytes]] = []
        self._above: tuple[bytes, ...] = ()

    async def path(self, idx: int) -> tuple[bytes, ...]:
        """The inclusion path of one record, leaf to root.

        Raises:
            MerkleError: the record is not below the size.
            LedgerError: a tile cannot be had.
        """
        tile, place = divmod(idx, WIDTH)
        if (tile + 1) * WIDTH > self._size:
            return await self._prover.inclusion(idx)
        if tile != self._tile:
            whole = await self._prover.inclusion(idx)
            self._levels = levels_of(await self._source.hashes(Tile(0, tile)))
            self._above, self._tile = whole[_WITHIN:], tile
        within = tuple(self._levels[level][(place >> level) ^ 1] for level in range(_WITHIN))
        return within + self._above
