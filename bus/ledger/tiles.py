"""The layout of a published log: tile paths, hash tiles, entry bundles (C2SP tlog-tiles 0.1.0).

Promises: pure; these bytes and paths are final. A full tile has 256 hashes and never changes; a partial one is named by
its width; the hash of a partial tile never goes up; an empty tile does not exist.
Leaves out: writing them anywhere, and who may read entry bundles.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from bus.ledger.port import MAX_LEAF_BYTES, LedgerError
from signing.merkle import HASH_BYTES, root

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

WIDTH: Final = 256
"""Hashes in a full tile, entries in a full bundle."""
MAX_LEVEL: Final = 63
CHECKPOINT_PATH: Final = "checkpoint"
_LENGTH_BYTES: Final = 2
_GROUP: Final = 1000


class TileError(LedgerError):
    """A tile or bundle that cannot be: the message names the rule."""


class Tile(NamedTuple):
    """One tile's place: `level` from the leaves, number `n` from the left, `width` hashes of 256."""

    level: int
    n: int
    width: int = WIDTH


def path_of_number(n: int) -> str:
    """`x001/x234/067` for 1234067: groups of three digits, all but the last with an x."""
    groups = [f"{n % _GROUP:03d}"]
    while n := n // _GROUP:
        groups.append(f"x{n % _GROUP:03d}")
    return "/".join(reversed(groups))


def tile_path(tile: Tile) -> str:
    """`tile/<L>/<N>[.p/<W>]`.

    Raises:
        TileError: the level, number or width is out of range.
    """
    _lawful(tile)
    return f"tile/{tile.level}/{path_of_number(tile.n)}{_partial(tile.width)}"


def entries_path(n: int, width: int = WIDTH) -> str:
    """`tile/entries/<N>[.p/<W>]`.

    Raises:
        TileError: the number or width is out of range.
    """
    _lawful(Tile(0, n, width))
    return f"tile/entries/{path_of_number(n)}{_partial(width)}"


def tiles_of(size: int) -> Iterator[Tile]:
    """The right edge of a tree of `size`: on every level the last tile, partial or full.

    With every tile left of them full, these are all the tiles that a checkpoint of `size` needs.
    """
    level, hashes = 0, size
    while hashes:
        n, width = divmod(hashes, WIDTH)
        yield Tile(level, n, width) if width else Tile(level, n - 1)
        level, hashes = level + 1, n


def new_tiles(old_size: int, size: int) -> Iterator[Tile]:
    """Every tile that a tree grown from `old_size` to `size` has anew, level by level, left to right."""
    if not 0 <= old_size <= size:
        raise TileError("tiles: a tree never shrinks")
    level, old, new = 0, old_size, size
    while new > old:
        for n in range(old // WIDTH, -(-new // WIDTH)):
            yield Tile(level, n, min(WIDTH, new - n * WIDTH))
        level, old, new = level + 1, old // WIDTH, new // WIDTH


def span(tile: Tile) -> tuple[int, int]:
    """The leaves [start, end) under a tile."""
    below = int(WIDTH**tile.level)
    start = tile.n * WIDTH * below
    return start, start + tile.width * below


def encode_tile(hashes: Sequence[bytes]) -> bytes:
    """A hash tile's bytes: its hashes, one after the other.

    Raises:
        TileError: not 1 to 256 hashes of 32 bytes.
    """
    if not 1 <= len(hashes) <= WIDTH or any(len(one) != HASH_BYTES for one in hashes):
        raise TileError(f"tile: 1 to {WIDTH} hashes of {HASH_BYTES} bytes")
    return b"".join(hashes)


def decode_tile(data: bytes) -> list[bytes]:
    """The inverse of `encode_tile`.

    Raises:
        TileError: not a whole number of hashes, none, or too many.
    """
    count, rest = divmod(len(data), HASH_BYTES)
    if rest or not 1 <= count <= WIDTH:
        raise TileError(f"tile: 1 to {WIDTH} hashes of {HASH_BYTES} bytes")
    return [data[i : i + HASH_BYTES] for i in range(0, len(data), HASH_BYTES)]


def hash_above(hashes: Sequence[bytes]) -> bytes:
    """The one hash that a full tile gives to the level above: the root of the subtree over its hashes.

    Raises:
        TileError: the tile is not full.
    """
    if len(hashes) != WIDTH:
        raise TileError("tile: only a full tile has a hash above")
    return root(hashes)


def encode_bundle(entries: Sequence[bytes]) -> bytes:
    """An entry bundle's bytes: each entry behind its length, 16 bits, big-endian.

    Raises:
        TileError: not 1 to 256 entries, or one over 65,535 bytes.
    """
    if not 1 <= len(entries) <= WIDTH or any(len(entry) > MAX_LEAF_BYTES for entry in entries):
        raise TileError(f"bundle: 1 to {WIDTH} entries of at most {MAX_LEAF_BYTES} bytes")
    return b"".join(len(entry).to_bytes(_LENGTH_BYTES, "big") + entry for entry in entries)


def decode_bundle(data: bytes) -> list[bytes]:
    """The inverse of `encode_bundle`.

    Raises:
        TileError: cut short, empty, or too many entries.
    """
    entries, at = [], 0
    while at < len(data):
        start = at + _LENGTH_BYTES
        at = start + int.from_bytes(data[at:start], "big")
        if start > len(data) or at > len(data):
            raise TileError("bundle: cut short")
        entries.append(data[start:at])
    if not 1 <= len(entries) <= WIDTH:
        raise TileError(f"bundle: 1 to {WIDTH} entries")
    return entries


def _partial(width: int) -> str:
    return "" if width == WIDTH else f".p/{width}"


def _lawful(tile: Tile) -> None:
    if not 0 <= tile.level <= MAX_LEVEL or tile.n < 0 or not 1 <= tile.width <= WIDTH:
        raise TileError(f"tile: a level from 0 to {MAX_LEVEL}, a number from 0, a width from 1 to {WIDTH}")
