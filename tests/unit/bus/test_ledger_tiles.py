"""The published layout, byte for byte and path for path (C2SP tlog-tiles 0.1.0)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bus.ledger.tiles import (
    Tile,
    TileError,
    decode_bundle,
    decode_tile,
    encode_bundle,
    encode_tile,
    entries_path,
    hash_above,
    new_tiles,
    path_of_number,
    span,
    tile_path,
    tiles_of,
)
from signing.merkle import Frontier, leaf_hash, root


@pytest.mark.parametrize(
    ("n", "path"),
    [
        (0, "000"),
        (7, "007"),
        (999, "999"),
        (1000, "x001/000"),
        (1234067, "x001/x234/067"),
        (10**9, "x001/x000/x000/000"),
    ],
)
def test_numbers_are_paths_of_three_digits(n: int, path: str):
    assert path_of_number(n) == path


@pytest.mark.parametrize(
    ("tile", "path"),
    [
        (Tile(0, 0), "tile/0/000"),
        (Tile(1, 0, 1), "tile/1/000.p/1"),
        (Tile(0, 1234067, 8), "tile/0/x001/x234/067.p/8"),
        (Tile(63, 5), "tile/63/005"),
    ],
)
def test_tiles_have_paths(tile: Tile, path: str):
    assert tile_path(tile) == path


def test_bundles_have_paths():
    assert entries_path(273, 112) == "tile/entries/273.p/112"
    assert entries_path(1234067) == "tile/entries/x001/x234/067"


@pytest.mark.parametrize("tile", [Tile(64, 0), Tile(-1, 0), Tile(0, -1), Tile(0, 0, 0), Tile(0, 0, 257)])
def test_a_tile_that_cannot_be_has_no_path(tile: Tile):
    with pytest.raises(TileError):
        tile_path(tile)


@pytest.mark.parametrize(
    ("size", "edge"),
    [
        (0, []),
        (1, [Tile(0, 0, 1)]),
        (255, [Tile(0, 0, 255)]),
        (256, [Tile(0, 0), Tile(1, 0, 1)]),  # the specification's example
        (257, [Tile(0, 1, 1), Tile(1, 0, 1)]),
        (70_000, [Tile(0, 273, 112), Tile(1, 1, 17), Tile(2, 0, 1)]),  # and its other
        (65_536, [Tile(0, 255), Tile(1, 0), Tile(2, 0, 1)]),
    ],
)
def test_the_right_edge_of_a_tree(size: int, edge: list[Tile]):
    assert list(tiles_of(size)) == edge


def test_a_tree_of_70_000_has_the_tiles_of_the_specification():
    tiles = list(new_tiles(0, 70_000))
    full = [[tile for tile in tiles if tile.level == level and tile.width == 256] for level in range(3)]
    assert [len(one) for one in full] == [273, 1, 0]


@given(st.lists(st.integers(0, 90_000), min_size=1, max_size=6))
def test_growing_in_steps_gives_every_full_tile_once_and_each_right_edge(sizes: list[int]):
    sizes = sorted(sizes)
    seen: list[Tile] = []
    for old, new in zip([0, *sizes], sizes, strict=False):
        fresh = list(new_tiles(old, new))
        if new > old:
            assert set(fresh) | set(seen) >= set(tiles_of(new))
        seen += fresh
    full = [tile for tile in seen if tile.width == 256]
    assert len(full) == len(set(full))
    assert set(full) == {tile for tile in new_tiles(0, sizes[-1]) if tile.width == 256}


def test_a_tree_never_shrinks():
    with pytest.raises(TileError):
        list(new_tiles(5, 4))


def test_a_tile_tells_its_leaves():
    assert span(Tile(0, 3, 5)) == (768, 773)
    assert span(Tile(1, 2, 4)) == (2 * 65_536, 2 * 65_536 + 4 * 256)


def test_hash_tiles_are_the_hashes_and_carry_the_root_up():
    hashes = [leaf_hash(b"%d" % i) for i in range(256)]
    data = encode_tile(hashes)
    assert len(data) == 8192
    assert decode_tile(data) == hashes
    frontier = Frontier()
    for one in hashes:
        frontier.add(one)
    assert hash_above(hashes) == root(hashes) == frontier.root()
    with pytest.raises(TileError, match="only a full tile"):
        hash_above(hashes[:255])


@pytest.mark.parametrize("data", [b"", bytes(31), bytes(33), bytes(257 * 32)])
def test_what_is_no_tile_is_refused(data: bytes):
    with pytest.raises(TileError):
        decode_tile(data)


@pytest.mark.parametrize("hashes", [[], [bytes(31)], [bytes(32)] * 257])
def test_no_tile_is_made_of_what_cannot_be(hashes: list[bytes]):
    with pytest.raises(TileError):
        encode_tile(hashes)


def test_a_bundle_is_entries_behind_their_lengths():
    assert encode_bundle([b"", b"ab", bytes(258)]) == b"\x00\x00" + b"\x00\x02ab" + b"\x01\x02" + bytes(258)


@given(st.lists(st.binary(max_size=300), min_size=1, max_size=256))
def test_bundles_come_back(entries: list[bytes]):
    assert decode_bundle(encode_bundle(entries)) == entries


def test_the_longest_entry_fits_and_a_longer_one_does_not():
    assert decode_bundle(encode_bundle([bytes(65_535)])) == [bytes(65_535)]
    with pytest.raises(TileError):
        encode_bundle([bytes(65_536)])


@pytest.mark.parametrize("data", [b"", b"\x00", b"\x00\x01", b"\x00\x03ab", b"\x00\x00" * 257])
def test_what_is_no_bundle_is_refused(data: bytes):
    with pytest.raises(TileError):
        decode_bundle(data)
