"""One signed list of digests for hundreds of messages; inclusion checked with sha256sum and grep."""

from __future__ import annotations

import subprocess
from hashlib import sha256
from pathlib import Path

import pytest
from xades_kit import Bench, later

from signing import batch
from signing.verdict import Indication

MESSAGES = {f"019c-{number:04d}": f"message {number}".encode() for number in range(512)}
DIGESTS = {name: sha256(data).digest() for name, data in MESSAGES.items()}


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory):
    return Bench(tmp_path_factory.mktemp("batch"))


@pytest.fixture(scope="module")
def files(bench: Bench):
    pending = batch.begin_batch(DIGESTS, bench.signer.der, later(), issuers=[bench.ca.issuing.der])
    packet = pending.complete(bench.signer.sign(pending.to_sign))
    packet = packet.stamped(bench.stamp(packet.to_timestamp)).evidenced(bench.evidence())
    checked = bench.check(packet)
    assert checked.verdict.passed, str(checked.verdict)
    return checked.files


def test_every_message_of_a_batch_is_in_it(files: dict[str, bytes]):
    assert all(batch.check(files, name, data).passed for name, data in MESSAGES.items())
    assert batch.read(files[batch.NAME]) == DIGESTS


def test_another_message_or_name_is_not(files: dict[str, bytes]):
    assert batch.check(files, "019c-0001", b"other").reason is Indication.HASH_FAILURE
    assert batch.check(files, "019c-9999", b"other").reason is Indication.SIGNED_DATA_NOT_FOUND
    assert batch.check({}, "019c-0001", b"other").reason is Indication.FORMAT_FAILURE


def test_inclusion_is_checked_with_sha256sum_and_grep(files: dict[str, bytes], tmp_path: Path):
    (tmp_path / batch.NAME).write_bytes(files[batch.NAME])
    (tmp_path / "019c-0007").write_bytes(MESSAGES["019c-0007"])
    command = "sha256sum 019c-0007 | grep --line-regexp --fixed-strings --file=- digests.sha256"
    assert subprocess.run(["bash", "-ec", command], cwd=tmp_path, capture_output=True, check=False).returncode == 0
    (tmp_path / "019c-0007").write_bytes(b"altered")
    assert subprocess.run(["bash", "-ec", command], cwd=tmp_path, capture_output=True, check=False).returncode == 1


@pytest.mark.parametrize("name", ["", "-x", "a b", "a\nb", "a\\b", "ă", "x" * 201])
def test_a_name_that_is_not_plain_is_refused(name: str):
    with pytest.raises(batch.BatchError):
        batch.write({name: bytes(32)})


def test_a_list_has_one_spelling():
    good = batch.write(DIGESTS)
    lines = good.splitlines(keepends=True)
    for bad in (
        b"",
        good[:-1],
        good + b"\n",
        good.upper(),
        lines[1] + lines[0],
        lines[0] + lines[0],
        good.replace(b"  ", b" *"),
        b"\xff" + good,
    ):
        with pytest.raises(batch.BatchError):
            batch.read(bad)
