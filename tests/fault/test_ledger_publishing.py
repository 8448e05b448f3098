"""From the command line and across kills: proof files, a key that is rolled, a witness that is killed at any moment."""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import json
import os
import socket
import sys
from base64 import b64encode
from pathlib import Path

import aiohttp
import pytest
from ledger_kit import record
from log_kit import KEY, leaf
from typer.testing import CliRunner

from bus.cli.app import build
from bus.ledger import tools
from bus.ledger.process import LedgerFiles, note_keys_of, start_ledger
from signing.__main__ import main
from signing.checkpoint import check, seal
from signing.merkle import consistency_path, leaf_hash, root

ROOT = Path(__file__).parents[2]
HUB = """\
instance = "VN-test"
operator = "a100000"
state_folder = "state"
seal = "memory:hub"
[[workers]]
listen = "127.0.0.1:8441"
[link]
certificate = "link.pem"
key = "link.key.pem"
anchors = ["root.pem"]
[ledger]
origin = "ledger.example.vn/vn-test"
folder = "ledger"
note_key = "note.key"
vault_key = "vault.key"
guard_file = "head"
socket = "ledger.sock"
[registry]
repository = "registry"
online_key = "online-1.pem"
[bodies]
folder = "bodies"
"""


def run(*words: object) -> dict[str, object]:
    result = CliRunner().invoke(build(), [*map(str, words), "--json"])
    assert result.exception is None, result.exception
    return dict(json.loads(result.stdout))


def at(folder: Path) -> LedgerFiles:
    return LedgerFiles(
        origin="ledger.example.vn/vn-test",
        store_url=f"sqlite:///{folder}/ledger/ledger.sqlite3",
        guard_file=folder / "head",
        note_key_file=folder / "note.key",
        vault_key_file=folder / "vault.key",
        tiles_folder=folder / "ledger" / "tiles",
    )


async def grown(files: LedgerFiles, first: int, count: int) -> bytes:
    ledger = await start_ledger(files, cadence_s=3600)
    await asyncio.gather(*(ledger.append(record(number)) for number in range(first, first + count)))
    await ledger.publish()
    note = await ledger.checkpoint()
    await ledger.close()
    return note


def test_a_proof_file_from_the_command_line_holds_for_a_stranger(tmp_path: Path):
    hub = tmp_path / "hub.toml"
    hub.write_text(HUB, encoding="utf-8")
    vkey = str(run("ledger", "init", hub)["vkey"])
    asyncio.run(grown(at(tmp_path), 0, 600))
    for index in (0, 255, 256, 599):
        file = tmp_path / f"{index}.tlog-proof"
        run("ledger", "proof", hub, "--index", index, "--out", file)
        assert main([str(file), "--log-key", vkey]) == 0
        data = bytearray(file.read_bytes())
        data[60] ^= 1
        file.write_bytes(data)
        assert main([str(file), "--log-key", vkey]) != 0
    bare = tmp_path / "bare.tlog-proof"
    run("ledger", "proof", hub, "--index", 7, "--out", bare, "--no-record")
    assert main([str(bare), "--log-key", vkey]) == 2
    assert CliRunner().invoke(build(), ["ledger", "proof", str(hub), "--index", "600"]).exception is not None


def test_a_note_key_is_rolled_under_one_origin(tmp_path: Path):
    hub = tmp_path / "hub.toml"
    hub.write_text(HUB, encoding="utf-8")
    files = at(tmp_path)
    run("ledger", "init", hub)
    (first,) = note_keys_of(files)
    asyncio.run(grown(files, 0, 5))
    made = run("ledger", "new-note-key", hub, tmp_path / "new.key")
    both = dataclasses.replace(files, second_note_key_file=tmp_path / "new.key")
    second = note_keys_of(both)[1]
    assert made["vkey"] == second.verifier.text
    note = asyncio.run(grown(both, 5, 5))
    assert check(note, [first.verifier])[0].passed
    assert check(note, [second.verifier])[0].passed
    rolled = dataclasses.replace(files, note_key_file=tmp_path / "new.key", retired_note_keys=(first.verifier.text,))
    note = asyncio.run(grown(rolled, 10, 5))
    assert not check(note, [first.verifier])[0].passed
    assert check(note, [second.verifier])[0].passed
    assert {f.step: f.holds for f in tools.verify(rolled).findings if f.step != "details"} == {
        "leaves": True,
        "checkpoints": True,
        "guard": True,
    }
    forgotten = tools.verify(dataclasses.replace(rolled, retired_note_keys=()))
    assert not {f.step: f.holds for f in forgotten.findings}["checkpoints"]


HASHES = [leaf_hash(leaf(number)) for number in range(2000)]


def body(old: int, size: int) -> bytes:
    lines = "".join(b64encode(node).decode() + "\n" for node in consistency_path(HASHES[:size], old))
    return f"old {old}\n{lines}\n".encode() + seal(KEY.verifier.name, size, root(HASHES[:size]), KEY)


async def asked(session: aiohttp.ClientSession, url: str, old: int, size: int) -> tuple[int, bytes]:
    async with session.post(f"{url}/add-checkpoint", data=body(old, size)) as answer:
        return answer.status, await answer.read()


async def listening(session: aiohttp.ClientSession, url: str) -> None:
    while True:
        with contextlib.suppress(aiohttp.ClientError):
            async with session.get(f"{url}/checkpoint"):
                return
        await asyncio.sleep(0.05)


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as one:
        return int(one.getsockname()[1])


@pytest.mark.timeout(600)
async def test_a_witness_that_is_killed_never_turns_back(tmp_path: Path):
    run("witness", "init", tmp_path / "w", "--name", "audit.test/w1")
    run("witness", "trust", tmp_path / "w", KEY.verifier.text)
    port, known, tried = free_port(), 0, 0
    url = f"http://127.0.0.1:{port}"
    async with aiohttp.ClientSession() as session:
        for _ in range(4):
            process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-P", "-m", "bus", "witness", "serve", str(tmp_path / "w")),
                *("--listen", f"127.0.0.1:{port}"),
                stdout=asyncio.subprocess.DEVNULL,
                stderr=asyncio.subprocess.DEVNULL,
                env={**os.environ, "PYTHONPATH": str(ROOT)},
            )
            try:
                await listening(session, url)
                status, told = await asked(session, url, 1999, 2000)
                assert status == 409
                assert known <= int(told) <= max(known, tried), "it forgot what it had answered, or cosigned by itself"
                known = int(told)
                for _ in range(10):
                    assert (await asked(session, url, known, known + 7))[0] == 200
                    known += 7
                tried = known + 7
                last = asyncio.ensure_future(asked(session, url, known, tried))
                await asyncio.sleep(0)
            finally:
                process.kill()
                await process.wait()
            await asyncio.gather(last, return_exceptions=True)
    assert run("witness", "show", tmp_path / "w")["logs"] in (
        {KEY.verifier.name: known},
        {KEY.verifier.name: tried},
    )
