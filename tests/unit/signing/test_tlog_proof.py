"""Proof files (c2sp.org/tlog-proof@v1), and what `lienthong-check` says of them."""

from pathlib import Path

import pytest

from signing.__main__ import main
from signing.checkpoint import NoteKey, seal
from signing.merkle import inclusion_path, leaf_hash, root
from signing.tlog_policy import Policy
from signing.tlog_proof import ProofFile, ProofFileError, judge, read, write

LOG = NoteKey("log.test/one", bytes(range(32)))
LEAVES = [b"leaf %d" % number for number in range(7)]
HASHES = [leaf_hash(leaf) for leaf in LEAVES]
NOTE = seal("log.test/one", len(LEAVES), root(HASHES), LOG)


def proof(index: int, extra: bytes | None = None) -> ProofFile:
    return ProofFile(index, inclusion_path(HASHES, index), NOTE, extra)


@pytest.mark.parametrize("index", range(7))
def test_every_record_is_proven_by_its_file_alone(index: int, tmp_path: Path):
    file = tmp_path / "record.tlog-proof"
    file.write_bytes(write(proof(index, LEAVES[index])))
    assert read(file.read_bytes()) == proof(index, LEAVES[index])
    assert main([str(file), "--log-key", LOG.verifier.text]) == 0
    assert main([str(file)]) == 2, "nobody's key: a doubt"


def test_the_readers_own_record_counts_before_the_files(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    file, leaf = tmp_path / "record.tlog-proof", tmp_path / "leaf"
    file.write_bytes(write(proof(3)))
    assert main([str(file), "--log-key", LOG.verifier.text]) == 2
    leaf.write_bytes(LEAVES[3])
    assert main([str(file), "--log-key", LOG.verifier.text, "--leaf", str(leaf)]) == 0
    leaf.write_bytes(LEAVES[4])
    assert main([str(file), "--log-key", LOG.verifier.text, "--leaf", str(leaf)]) == 1
    assert "HASH_FAILURE" in capsys.readouterr().out


def test_a_policy_can_be_asked_for(tmp_path: Path):
    file, policy = tmp_path / "record.tlog-proof", tmp_path / "policy"
    file.write_bytes(write(proof(3, LEAVES[3])))
    policy.write_text(f"log {LOG.verifier.text}\nquorum none\n", encoding="utf-8")
    assert main([str(file), "--policy", str(policy)]) == 0
    policy.write_text("nonsense\n", encoding="utf-8")
    assert main([str(file), "--policy", str(policy)]) == 2


def test_no_flipped_byte_is_taken():
    whole = write(proof(3, LEAVES[3]))
    policy = Policy(logs=(LOG.verifier,))
    for place in range(len(whole)):
        flipped = bytearray(whole)
        flipped[place] ^= 1
        try:
            found = read(bytes(flipped))
        except ProofFileError:
            continue
        assert not judge(found, found.extra or b"", policy)[0].passed, place


@pytest.mark.parametrize(
    "change",
    [
        (b"@v1", b"@v2"),
        (b"index 3", b"index 03"),
        (b"index 3", b"index -3"),
        (b"index 3\n", b""),
        (b"\n\n", b"\n"),
        (b"=\n\n", b"\n\n"),
        (b"extra ", b"extra"),
    ],
)
def test_what_is_not_as_specified_is_refused(change: tuple[bytes, bytes]):
    with pytest.raises(ProofFileError):
        read(write(proof(3, LEAVES[3])).replace(*change, 1))
