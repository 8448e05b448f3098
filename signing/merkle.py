"""Merkle trees as in Certificate Transparency: roots, inclusion and consistency, for seals and for the ledger.

Promises: hashes are SHA-256, 32 bytes; a path is accepted only at exactly the length that index and size imply;
builders raise on impossible arguments, verifiers answer False and never raise on hostile paths; a frontier's root
equals `root` over all leaf hashes ever added to it.
Leaves out: storage. Builders read complete subtrees through a `NodeReader`, so that a tile store can prove
without holding every leaf.

Sources: RFC 6962 §2.1 (hashes, paths), RFC 9162 §2.1.3.2 and §2.1.4.2 (verification).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from hashlib import sha256
from typing import Final, Self

HASH_BYTES: Final = 32
_SIZE_BYTES: Final = 8
EMPTY_ROOT: Final = sha256(b"").digest()
"""The root of a tree of no leaves (RFC 6962 §2.1)."""

NodeReader = Callable[[int, int], bytes]
"""`node(level, n)`: hash of the complete subtree over leaves `n * 2**level` to `(n + 1) * 2**level - 1`."""


class MerkleError(ValueError):
    """A builder was asked for a leaf, size or frontier that cannot be."""


def leaf_hash(data: bytes) -> bytes:
    """SHA-256(0x00 ‖ data)."""
    return sha256(b"\x00" + data).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """SHA-256(0x01 ‖ left ‖ right)."""
    return sha256(b"\x01" + left + right).digest()


class Frontier:
    """The right edge of a growing tree: append leaf hashes and know the root, holding log2(size) hashes.

    Inside: roots of the complete subtrees that make up the tree, largest first, one for every set bit of the size.
    """

    __slots__ = ("_peaks", "size")

    def __init__(self) -> None:
        self._peaks: list[bytes] = []
        self.size = 0

    def add(self, leaf_hash: bytes) -> None:
        """Append one leaf hash (32 bytes)."""
        if len(leaf_hash) != HASH_BYTES:
            raise MerkleError("merkle: a leaf hash has 32 bytes")
        peak, size = leaf_hash, self.size
        while size & 1:
            peak = node_hash(self._peaks.pop(), peak)
            size >>= 1
        self._peaks.append(peak)
        self.size += 1

    def root(self) -> bytes:
        """The root over every leaf hash added so far."""
        if not self._peaks:
            return EMPTY_ROOT
        *rest, hashed = self._peaks
        for peak in reversed(rest):
            hashed = node_hash(peak, hashed)
        return hashed

    def copy(self) -> Self:
        """An independent frontier at the same size."""
        twin = type(self)()
        twin._peaks, twin.size = list(self._peaks), self.size  # noqa: SLF001 - a copy of its own kind
        return twin

    def to_bytes(self) -> bytes:
        """Size as eight bytes, big-endian, then the peaks, largest first."""
        return self.size.to_bytes(_SIZE_BYTES, "big") + b"".join(self._peaks)

    @classmethod
    def from_bytes(cls, data: bytes) -> Self:
        """Read `to_bytes`.

        Raises:
            MerkleError: not exactly one peak for every set bit of the size.
        """
        size = int.from_bytes(data[:_SIZE_BYTES], "big")
        if len(data) != _SIZE_BYTES + HASH_BYTES * size.bit_count():
            raise MerkleError("merkle: a frontier holds one hash for every set bit of its size")
        frontier = cls()
        frontier.size = size
        frontier._peaks = [data[i : i + HASH_BYTES] for i in range(_SIZE_BYTES, len(data), HASH_BYTES)]
        return frontier


def levels_of(leaf_hashes: Sequence[bytes]) -> list[list[bytes]]:
    """Every level of the tree, leaves first; an odd last node is carried up unhashed (RFC 6962 §2.1)."""
    levels = [list(leaf_hashes)]
    while len(levels[-1]) > 1:
        below = levels[-1]
        above = [node_hash(below[i], below[i + 1]) for i in range(0, len(below) - 1, 2)]
        if len(below) % 2:
            above.append(below[-1])
        levels.append(above)
    return levels


def root(leaf_hashes: Sequence[bytes]) -> bytes:
    """The tree's root over leaf hashes."""
    return levels_of(leaf_hashes)[-1][0] if leaf_hashes else EMPTY_ROOT


def root_and_paths(leaf_hashes: Sequence[bytes]) -> tuple[bytes, tuple[tuple[bytes, ...], ...]]:
    """The root and every leaf's inclusion path, from one pass over a non-empty batch."""
    if not leaf_hashes:
        raise MerkleError("merkle: a batch has at least one leaf")
    levels = levels_of(leaf_hashes)
    paths = tuple(
        tuple(row[(i >> level) ^ 1] for level, row in enumerate(levels[:-1]) if (i >> level) ^ 1 < len(row))
        for i in range(len(leaf_hashes))
    )
    return levels[-1][0], paths


def reader_of(leaf_hashes: Sequence[bytes]) -> NodeReader:
    """A `NodeReader` over leaf hashes held in memory."""
    levels = levels_of(leaf_hashes)
    return lambda level, n: levels[level][n]


def subtree_root(node: NodeReader, start: int, end: int) -> bytes:
    """MTH(D[start:end]) from complete subtrees; `start` is a multiple of the range's split (RFC 6962 §2.1)."""
    pieces = []
    while start < end:
        level = (end - start).bit_length() - 1
        pieces.append(node(level, start >> level))
        start += 1 << level
    hashed = pieces.pop()
    while pieces:
        hashed = node_hash(pieces.pop(), hashed)
    return hashed


def inclusion_path_from(node: NodeReader, index: int, size: int) -> tuple[bytes, ...]:
    """PATH(index, D[size]) (RFC 6962 §2.1.1), leaf to root.

    Raises:
        MerkleError: the index is not below the size.
    """
    if not 0 <= index < size:
        raise MerkleError("merkle: the index must be below the size")
    path, start, end = [], 0, size
    while end - start > 1:
        middle = start + _split(end - start)
        if index < middle:
            path.append(subtree_root(node, middle, end))
            end = middle
        else:
            path.append(subtree_root(node, start, middle))
            start = middle
    return tuple(reversed(path))


def inclusion_path(leaf_hashes: Sequence[bytes], index: int) -> tuple[bytes, ...]:
    """The inclusion path of one leaf among leaf hashes held in memory."""
    return inclusion_path_from(reader_of(leaf_hashes), index, len(leaf_hashes))


def consistency_path_from(node: NodeReader, first: int, second: int) -> tuple[bytes, ...]:
    """PROOF(first, D[second]) (RFC 6962 §2.1.2); empty when `first` is 0 or equals `second`.

    Raises:
        MerkleError: not `0 <= first <= second`.
    """
    if not 0 <= first <= second:
        raise MerkleError("merkle: the first size must not exceed the second")
    if first in (0, second):
        return ()
    path, start, end = [], 0, second
    while first != end:
        middle = start + _split(end - start)
        if first <= middle:
            path.append(subtree_root(node, middle, end))
            end = middle
        else:
            path.append(subtree_root(node, start, middle))
            start = middle
    if start:  # the old root itself is known to the verifier: it is sent only when it is a part of the old tree
        path.append(subtree_root(node, start, end))
    return tuple(reversed(path))


def consistency_path(leaf_hashes: Sequence[bytes], first: int) -> tuple[bytes, ...]:
    """The consistency path from the first `first` leaves to all of them."""
    return consistency_path_from(reader_of(leaf_hashes), first, len(leaf_hashes))


def path_length(index: int, size: int) -> int:
    """How many nodes PATH(index, D[size]) has: the fork from the last leaf, then every left turn above it."""
    inner = (index ^ (size - 1)).bit_length()
    return inner + (index >> inner).bit_count()


def root_from_path(hashed: bytes, index: int, size: int, path: Sequence[bytes]) -> bytes | None:
    """The root that a leaf hash and its path lead to, or None when the path cannot belong to (index, size)."""
    if not 0 <= index < size or len(path) != path_length(index, size):
        return None
    inner = (index ^ (size - 1)).bit_length()
    for sibling in path[:inner]:
        if len(sibling) != HASH_BYTES:
            return None
        hashed = sha256(b"\x01" + (sibling + hashed if index & 1 else hashed + sibling)).digest()
        index >>= 1
    for sibling in path[inner:]:  # above the fork from the last leaf every sibling stands on the left
        if len(sibling) != HASH_BYTES:
            return None
        hashed = sha256(b"\x01" + sibling + hashed).digest()
    return hashed


def verify_inclusion(hashed: bytes, index: int, size: int, path: Sequence[bytes], tree_root: bytes) -> bool:
    """Whether the leaf hash stands at `index` in the tree of `size` leaves with this root (RFC 9162 §2.1.3.2)."""
    return len(tree_root) == HASH_BYTES and root_from_path(hashed, index, size, path) == tree_root


def verify_consistency(first: int, second: int, first_root: bytes, second_root: bytes, path: Sequence[bytes]) -> bool:
    """Whether the larger tree only appended to the smaller (RFC 9162 §2.1.4.2).

    A first size of 0 is consistent with anything, by an empty path and the empty root.
    """
    if not 0 <= first <= second or any(len(node) != HASH_BYTES for node in path):
        return False
    if first in (0, second):
        return not path and first_root == (second_root if first == second else EMPTY_ROOT)
    nodes = list(path) if first & (first - 1) else [first_root, *path]
    if not nodes:
        return False
    return _roots_from_consistency(first - 1, second - 1, nodes) == (first_root, second_root)


def _roots_from_consistency(fn: int, sn: int, nodes: Sequence[bytes]) -> tuple[bytes, bytes] | None:
    """Both roots that a consistency path leads to; None when it has too many or too few nodes (steps 4 to 7)."""
    while fn & 1:
        fn, sn = fn >> 1, sn >> 1
    first = second = nodes[0]
    for node in nodes[1:]:
        if sn == 0:
            return None
        if fn & 1 or fn == sn:
            first, second = node_hash(node, first), node_hash(node, second)
            while fn and not fn & 1:
                fn, sn = fn >> 1, sn >> 1
        else:
            second = node_hash(second, node)
        fn, sn = fn >> 1, sn >> 1
    return (first, second) if sn == 0 else None


def _split(width: int) -> int:
    """The largest power of two smaller than `width` (RFC 6962 §2.1)."""
    return 1 << (width - 1).bit_length() - 1
