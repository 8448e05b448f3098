"""`lienthong witness` answers what c2sp.org/tlog-witness says, and never turns back."""

from __future__ import annotations

import asyncio
import hashlib
from base64 import b64encode
from pathlib import Path

import aiohttp
import pytest
from log_kit import KEY, ORIGIN, leaf
from witness_kit import NOW_S, made, serving

from bus.ledger import witness as module
from bus.ledger.witness import Witness, WitnessError
from signing.checkpoint import NoteKey, parse, read_lines, seal
from signing.cosignature import CosignatureVerifier
from signing.merkle import consistency_path, leaf_hash, root

HASHES = [leaf_hash(leaf(number)) for number in range(300)]
OTHER = [leaf_hash(b"other %d" % number) for number in range(300)]


def note(size: int, hashes: list[bytes] = HASHES, key: NoteKey = KEY) -> bytes:
    return seal(key.verifier.name, size, root(hashes[:size]), key)


def body(
    old: int, size: int, *, hashes: list[bytes] = HASHES, key: NoteKey = KEY, path: list[bytes] | None = None
) -> bytes:
    nodes = consistency_path(hashes[:size], old) if path is None else path
    lines = "".join(b64encode(node).decode() + "\n" for node in nodes)
    return f"old {old}\n{lines}\n".encode() + note(size, hashes, key)


async def post(url: str, data: bytes) -> tuple[int, bytes, str]:
    async with aiohttp.ClientSession() as session, session.post(f"{url}/add-checkpoint", data=data) as answer:
        return answer.status, await answer.read(), answer.headers["Content-Type"]


async def test_it_cosigns_what_goes_on_and_shows_it_to_monitors(tmp_path: Path):
    vkey = CosignatureVerifier.from_text(made(tmp_path, "audit.test/w1", KEY.verifier.text))
    shown = f"{hashlib.sha256(ORIGIN.encode()).hexdigest()}/checkpoint"
    async with serving(tmp_path) as url, aiohttp.ClientSession() as session:
        async with session.get(f"{url}/{shown}") as answer:
            assert answer.status == 404
        for old, size in ((0, 0), (0, 1), (1, 1), (1, 255), (255, 257), (257, 300)):
            status, answered, _ = await post(url, body(old, size))
            assert status == 200, (old, size, answered)
            (line,) = read_lines(answered)
            assert vkey.verify(line, parse(note(size))[0].body) == NOW_S
            async with session.get(f"{url}/{shown}") as answer:
                assert answer.headers["Content-Type"] == "text/plain; charset=utf-8"
                assert await answer.read() == note(size) + answered


async def test_each_wrong_request_gets_its_status(tmp_path: Path):
    made(tmp_path, "audit.test/w1", KEY.verifier.text)
    stranger = NoteKey("nobody.test/log", b"s" * 32)
    impostor = NoteKey(ORIGIN, b"i" * 32)
    async with serving(tmp_path) as url:
        assert (await post(url, body(0, 100)))[0] == 200
        for wrong in (
            b"",
            b"old 1",
            b"old 01\n\n" + note(101),
            b"old 100\nAAAA\n\n" + note(101),
            body(100, 101)[:-1],
            b"x" * 200_000,
        ):
            assert (await post(url, wrong))[0] in {400, 413}
        assert (await post(url, b"old 101\n\n" + note(100)))[0] == 400
        assert (await post(url, body(0, 101, key=stranger)))[0] == 404
        assert (await post(url, body(100, 101, key=impostor)))[0] == 403
        assert await post(url, body(99, 101)) == (409, b"100\n", "text/x.tlog.size")
        assert await post(url, body(0, 101)) == (409, b"100\n", "text/x.tlog.size")
        assert await post(url, b"old 100\n\n" + note(100, OTHER)) == (409, b"100\n", "text/x.tlog.size")
        assert (await post(url, body(100, 150, hashes=OTHER)))[0] == 422
        assert (await post(url, body(100, 150, path=[])))[0] == 422
        assert (await post(url, body(100, 150, path=[*consistency_path(HASHES[:150], 100), HASHES[0]])))[0] == 422
        assert (await post(url, body(100, 150)))[0] == 200


async def test_of_two_at_once_from_one_size_one_is_cosigned(tmp_path: Path):
    made(tmp_path, "audit.test/w1", KEY.verifier.text)
    async with serving(tmp_path) as url:
        assert (await post(url, body(0, 10)))[0] == 200
        answers = await asyncio.gather(*(post(url, body(10, size)) for size in range(11, 31)))
        assert sorted(status for status, _, _ in answers) == [200] + [409] * 19
        sizes = {answered for status, answered, _ in answers if status == 409}
        assert len(sizes) == 1


async def test_it_remembers_across_restarts_and_refuses_to_forget(tmp_path: Path):
    made(tmp_path, "audit.test/w1", KEY.verifier.text)
    async with serving(tmp_path) as url:
        assert (await post(url, body(0, 10)))[0] == 200
    async with serving(tmp_path) as url:
        assert await post(url, body(0, 12)) == (409, b"10\n", "text/x.tlog.size")
        assert (await post(url, body(10, 12)))[0] == 200
        with pytest.raises(WitnessError, match="another process"):
            Witness.open(tmp_path, lambda: NOW_S)
    lose(tmp_path)
    with pytest.raises(WitnessError, match="was lost"):
        Witness.open(tmp_path, lambda: NOW_S)


def lose(folder: Path) -> None:
    for file in (folder / "state").iterdir():
        file.unlink()


async def test_a_log_rolls_its_key_under_one_origin(tmp_path: Path):
    second = NoteKey(ORIGIN, b"2" * 32)
    made(tmp_path, "audit.test/w1", KEY.verifier.text)
    both = seal(ORIGIN, 10, root(HASHES[:10]), KEY, second)
    async with serving(tmp_path) as url:
        assert (await post(url, b"old 0\n\n" + both))[0] == 200
        assert (await post(url, body(10, 11, key=second)))[0] == 403
    module.trust(tmp_path, second.verifier.text)
    async with serving(tmp_path) as url:
        assert (await post(url, body(10, 11, key=second)))[0] == 200
