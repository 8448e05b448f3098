"""Our log under tools that are not ours: Go's signed notes, tiles and Merkle proofs (golang.org/x/mod/sumdb), C2SP
cosignatures of transparency-dev/formats, and pymerkle's RFC 9162 proofs from PyPI.

The Go program is `foreign/`; it is built here from the Go module proxy, where there is `go`.
"""

from __future__ import annotations

import asyncio
import shutil
from pathlib import Path

import pytest
from ledger_kit import NOTE_KEY, ORIGIN, VAULT_KEY, new_guard, record, sign
from log_kit import KEY, Leaves, leaf, reading
from pymerkle import InmemoryTree, InvalidProof, verify_consistency, verify_inclusion
from pymerkle.proof import MerkleProof

from bus.ledger.guard import Guard
from bus.ledger.sequencer import StoredLedger, Witnesses
from bus.ledger.vault import Vault
from bus.storage.memory import MemoryStore
from signing.merkle import consistency_path, inclusion_path, leaf_hash, root
from signing.tlog_policy import Policy

SOURCE = Path(__file__).parent / "foreign"
SIZES = [1, 2, 3, 255, 256, 257, 1000]


async def ran(*words: str) -> tuple[int, str]:
    process = await asyncio.create_subprocess_exec(
        *words, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT, cwd=SOURCE
    )
    out, _ = await process.communicate()
    return process.returncode or 0, out.decode()


@pytest.fixture(scope="session")
def foreign(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The program, built once."""
    go = shutil.which("go")
    if go is None:
        pytest.skip("there is no go on this machine")
    file = tmp_path_factory.mktemp("foreign") / "foreign"
    code, out = asyncio.run(ran(go, "build", "-o", str(file), "."))
    if code and "proxy" in out:
        pytest.skip("the Go module proxy is not reached from this machine")
    assert code == 0, out
    return str(file)


@pytest.mark.parametrize("size", SIZES)
async def test_go_reads_our_log(foreign: str, size: int, tmp_path: Path):
    leaves, old = Leaves(size), tmp_path / "old"
    async with reading(leaves) as reader:
        leaves.published = max(1, size // 3)
        keep(old, await leaves.checkpoint())
        leaves.published = size
        code, out = await ran(foreign, "verify", reader.url, KEY.verifier.text, str(old))
        assert code == 0, out


def keep(file: Path, note: bytes) -> None:
    file.write_bytes(note)


@pytest.mark.parametrize("wrong", ["record", "signature", "history"])
async def test_go_sees_one_flipped_byte(foreign: str, wrong: str, tmp_path: Path):
    leaves, old = Leaves(300), tmp_path / "old"
    keep(old, await Leaves(100).checkpoint())
    if wrong == "history":
        leaves.leaves[7] = flipped(leaves.leaves[7])
    note = await leaves.checkpoint()
    if wrong == "signature":
        note = note[:-3] + (b"A" if note[-3:-2] != b"A" else b"B") + note[-2:]
    if wrong == "record":
        leaves.leaves[7] = flipped(leaves.leaves[7])
    leaves.note = note
    async with reading(leaves) as reader:
        code, out = await ran(foreign, "verify", reader.url, KEY.verifier.text, str(old))
    assert code == 1, out


def flipped(data: bytes) -> bytes:
    return data[:-1] + bytes([data[-1] ^ 1])


async def test_a_witness_that_is_not_ours_cosigns_our_checkpoints(foreign: str, tmp_path: Path):
    new_guard(tmp_path)
    process = await asyncio.create_subprocess_exec(
        foreign, "witness", "foreign.test/w", NOTE_KEY.verifier.text, stdout=asyncio.subprocess.PIPE
    )
    assert process.stdout is not None
    url, vkey = (await process.stdout.readline()).decode().split()
    text = f"log {NOTE_KEY.verifier.text}\nwitness foreign {vkey} {url}\nquorum foreign\n"
    policy = Policy.from_text(text.encode())
    store = MemoryStore(ORIGIN)
    try:
        for first in (0, 300):  # the second time the ledger has to learn the witness' size
            ledger = await StoredLedger.start(
                store,
                vault=Vault.under(VAULT_KEY),
                guard=Guard(tmp_path / "guard.json", ORIGIN),
                sign=sign,
                clock=lambda: 0,
                cadence_s=3600,
                witnesses=Witnesses(policy, 30.0),
            )
            for step in (1, 255, 44):
                await asyncio.gather(*(ledger.append(record(first + step * 1000 + n)) for n in range(step)))
                await ledger.publish()
                await ledger.cosign()
                verdict, checkpoint = policy.judge(await ledger.checkpoint())
                assert verdict.passed, verdict
                assert checkpoint is not None
                assert checkpoint.size == (await ledger.head()).size
            await ledger.close()
            store = store.reopened()
    finally:
        process.kill()
        await process.wait()


@pytest.mark.parametrize("size", SIZES)
def test_pymerkle_agrees_on_roots_inclusion_and_consistency(size: int):
    tree = InmemoryTree(algorithm="sha256")
    for number in range(size):
        tree.append_entry(leaf(number))
    hashes = [leaf_hash(leaf(number)) for number in range(size)]
    assert tree.get_root() == root(hashes)
    for index in sorted({0, size // 3, size // 2, size - 1}):
        theirs = tree.prove_inclusion(index + 1)
        verify_inclusion(hashes[index], root(hashes), theirs)
        assert tuple(theirs.path[1:]) == inclusion_path(hashes, index)
        ours = rebuilt(theirs, [hashes[index], *inclusion_path(hashes, index)])
        verify_inclusion(hashes[index], root(hashes), ours)
        with pytest.raises(InvalidProof):
            verify_inclusion(flipped(hashes[index]), root(hashes), ours)
    for first in sorted({1, (size + 1) // 2, size}):
        verify_consistency(root(hashes[:first]), root(hashes), tree.prove_consistency(first, size))
        assert len(consistency_path(hashes, first)) <= len(tree.prove_consistency(first, size).path)


def rebuilt(proof: MerkleProof, path: list[bytes]) -> MerkleProof:
    """Their proof with our path in it."""
    data = proof.serialize()
    data["path"] = [node.hex() for node in path]
    return MerkleProof.deserialize(data)
