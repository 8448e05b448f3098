"""The tiled log over HTTP, as c2sp.org/tlog-tiles has it, at the sizes where tiles begin and end."""

from __future__ import annotations

from base64 import b64decode
from pathlib import Path

import orjson
import pytest
from log_kit import AUDITOR, KEY, Leaves, Reader, leaf, reading

from bus.ledger.tiles import Tile, decode_bundle, decode_tile, entries_path, tile_path, tiles_of
from bus.ledger.tree import FetchedTiles, Prover
from signing.checkpoint import check
from signing.merkle import leaf_hash, root, verify_consistency, verify_inclusion
from signing.tlog_policy import Policy
from signing.tlog_proof import judge, read

SIZES = [1, 2, 255, 256, 257, 511, 512, 1000, 65_535, 65_536, 65_537, 70_000]


@pytest.mark.parametrize("size", SIZES)
async def test_every_tile_of_a_checkpoint_is_there_and_leads_to_its_root(size: int):
    leaves = Leaves(size)
    async with reading(leaves) as reader:
        verdict, checkpoint = check(await reader.fetch("checkpoint"), [KEY.verifier])
        assert verdict.passed
        assert checkpoint is not None
        tiles = {tile: decode_tile(await reader.fetch(tile_path(tile))) for tile in tiles_of(size)}
        assert all(len(hashes) == tile.width for tile, hashes in tiles.items())
        assert await Prover(FetchedTiles(reader.fetch), size).root() == checkpoint.root == leaves.root(size)
        last = max(0, size - 1) // 256
        entries = decode_bundle(await reader.fetch(entries_path(last, (size - 1) % 256 + 1)))
        assert [leaf_hash(entry) for entry in entries] == tiles[next(t for t in tiles if t.level == 0)]


async def test_a_tree_of_70000_has_the_tiles_of_the_specification():
    async with reading(Leaves(70_000)) as reader:
        for path, width in (
            ("tile/0/273.p/112", 112),
            ("tile/1/000", 256),
            ("tile/1/001.p/17", 17),
            ("tile/2/000.p/1", 1),
        ):
            assert len(await reader.fetch(path)) == width * 32
        assert (await reader.get("tile/0/273"))[0] == 404
        assert (await reader.get("tile/3/000.p/1"))[0] == 404


async def test_media_types_and_caching_are_as_specified():
    async with reading(Leaves(300)) as reader:
        _, _, headers = await reader.get("checkpoint")
        assert headers["Content-Type"] == "text/plain; charset=utf-8"
        assert headers["Cache-Control"] == "public, max-age=1"
        for path in ("tile/0/000", "tile/0/001.p/44", "tile/1/000.p/1"):
            _, _, headers = await reader.get(path)
            assert headers["Content-Type"] == "application/octet-stream"
            assert headers["Cache-Control"] == "public, max-age=31536000, immutable"
        _, _, headers = await reader.get("tile/entries/000", AUDITOR)
        assert headers["Content-Type"] == "application/octet-stream"
        assert headers["Cache-Control"] == "private, max-age=31536000, immutable"
        assert headers["Content-Encoding"] in {"gzip", "deflate"}


async def test_checkpoint_and_hash_tiles_are_for_anybody_and_entries_are_not():
    async with reading(Leaves(300)) as reader:
        assert [(await reader.get(path))[0] for path in ("checkpoint", "tile/0/000", "proof/7.tlog-proof")] == [200] * 3
        for path in ("tile/entries/000", "tile/entries/001.p/44", "proof/7.tlog-proof?record=1"):
            assert (await reader.get(path))[0] == 401
            assert (await reader.get(path, "lt_somebody"))[0] in {401, 403}
            assert (await reader.get(path, AUDITOR))[0] == 200


@pytest.mark.parametrize(
    "path",
    [
        "tile/0/0",
        "tile/00/000",
        "tile/0/000.p/0",
        "tile/0/000.p/256",
        "tile/0/000.p/01",
        "tile/0/x000/000",
        "tile/0/x00/000",
        "tile/64/000",
        "tile/0/000/",
        "tile/0/002",
        "tile/0/001",
        "tile/0/001.p/45",
        "tile/1/000.p/2",
        "tile/2/000",
        "tile/entries/001.p/45",
        "tile/-1/000",
        "tile/",
        "tile/0/%30%30%30.p/+1",
        "proof/300.tlog-proof",
        "proof/inclusion?index=300",
        "proof/inclusion?index=1&size=301",
        "proof/consistency?first=2&second=1",
    ],
)
async def test_what_no_checkpoint_covers_is_not_there(path: str):
    async with reading(Leaves(300)) as reader:
        assert (await reader.get(path, AUDITOR))[0] == 404


@pytest.mark.parametrize("path", ["proof/inclusion", "proof/inclusion?index=x", "proof/consistency?first=-1"])
async def test_a_number_that_is_none_is_refused(path: str):
    async with reading(Leaves(3)) as reader:
        assert (await reader.get(path))[0] == 400


async def test_partial_tiles_of_every_published_size_stay():
    leaves = Leaves(600)
    async with reading(leaves) as reader:
        for size in (1, 100, 256, 257, 512, 600):
            leaves.published = size
            assert [await reader.fetch(tile_path(tile)) for tile in tiles_of(size)]
        leaves.published = 600
        for size in (1, 100, 257):
            assert [await reader.fetch(tile_path(tile)) for tile in tiles_of(size)]


async def test_what_is_recorded_but_not_published_is_not_given_out():
    leaves = Leaves(600)
    leaves.published = 500
    async with reading(leaves) as reader:
        assert (await reader.get("tile/0/001"))[0] == 404
        assert (await reader.get("tile/0/001.p/244"))[0] == 200
        assert (await reader.get("tile/0/001.p/245"))[0] == 404


@pytest.mark.parametrize("size", [1, 2, 255, 256, 257, 1000])
async def test_proofs_over_http_hold(size: int):
    leaves = Leaves(size)
    async with reading(leaves) as reader:
        for index in sorted({0, size // 2, size - 1}):
            found = orjson.loads(await reader.fetch(f"proof/inclusion?index={index}"))
            path = [b64decode(node) for node in found["path"]]
            assert verify_inclusion(leaf_hash(leaf(index)), index, found["size"], path, leaves.root(size))
            consistent = orjson.loads(await reader.fetch(f"proof/consistency?first={index}"))
            path = [b64decode(node) for node in consistent["path"]]
            assert verify_consistency(index, size, leaves.root(index), leaves.root(size), path)
            await _file_holds(reader, index)


async def _file_holds(reader: Reader, index: int) -> None:
    proof = read(await reader.fetch(f"proof/{index}.tlog-proof?record=1"))
    assert proof.extra == leaf(index)
    assert judge(proof, leaf(index), Policy(logs=(KEY.verifier,)))[0].passed
    assert not judge(proof, leaf(index + 1), Policy(logs=(KEY.verifier,)))[0].passed


async def test_tiles_as_files_can_be_lost_or_torn_and_are_made_again(tmp_path: Path):
    leaves = Leaves(70_000)
    async with reading(leaves, tmp_path) as reader:
        first = await reader.fetch("tile/1/000")
        files = kept_in(tmp_path)
        assert len(files) == 257
        assert (tmp_path / tile_path(Tile(1, 0))).read_bytes() == first
    spoil(files, tmp_path / tile_path(Tile(1, 0)))
    async with reading(leaves, tmp_path) as reader:
        assert await reader.fetch("tile/1/000") == first
        assert root(decode_tile(first)) == leaves.root(65_536)


def kept_in(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file())


def spoil(files: list[Path], upper: Path) -> None:
    files[0].write_bytes(files[0].read_bytes()[:-1])
    files[1].unlink()
    upper.unlink()
