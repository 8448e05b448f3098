"""The tree at the sizes where tiles begin and end: roots by the definition, and every proof, made from tiles alone."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from functools import cache
from hashlib import sha256
from itertools import combinations_with_replacement

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bus.ledger.tree import OwnTiles, Prover
from signing.merkle import (
    EMPTY_ROOT,
    Frontier,
    leaf_hash,
    node_hash,
    verify_consistency,
    verify_inclusion,
)

SIZES = (0, 1, 255, 256, 257, 65_535, 65_536)
MOST = 65_800


@cache
def hashes() -> tuple[bytes, ...]:
    return tuple(leaf_hash(b"%d" % number) for number in range(MOST))


@cache
def root_by_definition(start: int, end: int) -> bytes:
    """MTH(D[start:end]) of RFC 6962 §2.1, word for word."""
    if end - start <= 1:
        return hashes()[start] if end > start else sha256(b"").digest()
    split = 1 << (end - start - 1).bit_length() - 1
    return node_hash(root_by_definition(start, start + split), root_by_definition(start + split, end))


async def read_hashes(start: int, end: int) -> Sequence[bytes]:
    return hashes()[start : min(end, start + 4096)]


@cache
def tiles() -> OwnTiles:
    return OwnTiles(read_hashes, hashes=read_hashes)


def inclusion_holds(index: int, size: int) -> bool:
    path = asyncio.run(Prover(tiles(), size).inclusion(index))
    root = root_by_definition(0, size)
    wrong = verify_inclusion(hashes()[index ^ 1], index, size, path, root)
    return verify_inclusion(hashes()[index], index, size, path, root) and not wrong


def consistency_holds(first: int, second: int) -> bool:
    path = asyncio.run(Prover(tiles(), second).consistency(first))
    roots = root_by_definition(0, first), root_by_definition(0, second)
    forked = bytes([roots[0][0] ^ 1]) + roots[0][1:]
    wrong = first > 0 and verify_consistency(first, second, forked, roots[1], path)
    return verify_consistency(first, second, *roots, path) and not wrong


def test_frontiers_give_the_roots_of_the_definition():
    frontier = Frontier()
    assert frontier.root() == EMPTY_ROOT == root_by_definition(0, 0)
    for size, hashed in enumerate(hashes()[: max(SIZES)], start=1):
        frontier.add(hashed)
        if size in SIZES:
            assert frontier.root() == root_by_definition(0, size)
            assert Frontier.from_bytes(frontier.to_bytes()).root() == frontier.root()


@pytest.mark.parametrize("size", SIZES[1:])
def test_tiles_give_root_and_inclusion_at_each_edge(size: int):
    assert asyncio.run(Prover(tiles(), size).root()) == root_by_definition(0, size)
    for index in {0, size // 2, size - 1} | {edge for edge in (254, 255, 256, 65_534) if edge < size}:
        assert inclusion_holds(index, size), index


@pytest.mark.parametrize(("first", "second"), list(combinations_with_replacement(SIZES, 2)))
def test_each_size_goes_on_from_each_smaller_one(first: int, second: int):
    assert consistency_holds(first, second)


@settings(max_examples=25)
@given(st.data())
def test_any_record_in_any_tree(data: st.DataObject):
    size = data.draw(st.integers(2, MOST))
    assert inclusion_holds(data.draw(st.integers(0, size - 1)), size)


@settings(max_examples=25)
@given(st.integers(0, MOST), st.integers(0, MOST))
def test_any_two_sizes(one: int, other: int):
    assert consistency_holds(*sorted((one, other)))
