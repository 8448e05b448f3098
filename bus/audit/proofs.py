"""Inclusion proofs for many records of one tree: what neighbours share is made once.

Promises: the same paths as `bus.ledger.tree.Prover` gives one by one; within a full tile they cost a few look-ups.
"""

from __future__ import annotations

from typing import Final

from bus.ledger.tiles import WIDTH, Tile
from bus.ledger.tree import Prover, TileSource
from signing.merkle import levels_of

_WITHIN: Final = 8
"""How many nodes of a path lie within its tile of 256."""


class Proofs:
    """Proofs in a tree of one size."""

    def __init__(self, source: TileSource, size: int) -> None:
        self._source = source
        self._size = size
        self._prover = Prover(source, size)
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
