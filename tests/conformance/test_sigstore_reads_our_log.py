"""Our log under a verifier of C2SP checkpoints from PyPI that is not ours: sigstore-python's, which reads Rekor's.

It takes the signed note by its Ed25519 key, a record's inclusion path, and that both name one root; consistency is
pymerkle's part (`test_foreign_log_tools.py`).
"""

from __future__ import annotations

from base64 import b64encode
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from log_kit import KEY, ORIGIN, Leaves
from sigstore._internal.merkle import verify_merkle_inclusion
from sigstore._internal.rekor.checkpoint import SignedCheckpoint, verify_checkpoint
from sigstore._internal.trust import Keyring
from sigstore.errors import VerificationError
from sigstore_models.common import v1

from signing.merkle import inclusion_path, leaf_hash

if TYPE_CHECKING:
    from collections.abc import Callable

SIZES = [1, 2, 255, 256, 257, 1000]


@pytest.fixture(scope="module")
def keys() -> Keyring:
    """Our ledger's key as their trusted root would hold it."""
    key = Ed25519PublicKey.from_public_bytes(KEY.verifier.public_key)
    der = key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return Keyring([v1.PublicKey(raw_bytes=b64encode(der), key_details=v1.PublicKeyDetails.PKIX_ED25519)])


async def entry(log: Leaves, index: int) -> Any:  # noqa: ANN401 - the one member that their verifier reads
    """A record with its proof, in the shape of their log's answers."""
    size = log.published
    hashes = [leaf_hash(one) for one in log.leaves[:size]]
    proof = SimpleNamespace(
        log_index=index,
        tree_size=size,
        hashes=list(inclusion_path(hashes, index)),
        root_hash=log.root(size),
        checkpoint=SimpleNamespace(envelope=(await log.checkpoint()).decode()),
    )
    inner = SimpleNamespace(
        inclusion_proof=proof,
        canonicalized_body=log.leaves[index],
        log_id=SimpleNamespace(key_id=KEY.verifier.key_id),
    )
    return SimpleNamespace(_inner=inner)


def judge(keys: Keyring, one: Any) -> None:  # noqa: ANN401 - as `entry` makes it
    verify_checkpoint(keys, one)
    verify_merkle_inclusion(one)


@pytest.mark.parametrize("size", SIZES)
async def test_it_takes_our_checkpoints_and_paths(keys: Keyring, size: int):
    log = Leaves(size)
    for index in sorted({0, size // 2, size - 1}):
        judge(keys, await entry(log, index))
    read = SignedCheckpoint.from_text((await log.checkpoint()).decode()).checkpoint
    assert (read.origin, read.log_size, bytes.fromhex(read.log_hash)) == (ORIGIN, size, log.root(size))


def flipped(data: bytes) -> bytes:
    return bytes([data[0] ^ 1]) + data[1:]


def _text(one: Any, old: str, new: str) -> None:  # noqa: ANN401 - as `entry` makes it
    checkpoint = one._inner.inclusion_proof.checkpoint
    assert old in checkpoint.envelope
    checkpoint.envelope = checkpoint.envelope.replace(old, new, 1)


CHANGES: dict[str, Callable[[Any], object]] = {
    "record": lambda one: setattr(one._inner, "canonicalized_body", flipped(one._inner.canonicalized_body)),
    "path": lambda one: one._inner.inclusion_proof.hashes.append(flipped(one._inner.inclusion_proof.hashes.pop())),
    "index": lambda one: setattr(one._inner.inclusion_proof, "log_index", 8),
    "root": lambda one: setattr(one._inner.inclusion_proof, "root_hash", flipped(one._inner.inclusion_proof.root_hash)),
    "size in the note": lambda one: _text(one, "\n300\n", "\n301\n"),
    "origin in the note": lambda one: _text(one, ORIGIN, f"x{ORIGIN[1:]}"),
}


@pytest.mark.parametrize("change", CHANGES)
async def test_it_sees_one_flipped_byte(keys: Keyring, change: str):
    one = await entry(Leaves(300), 7)
    judge(keys, one)
    CHANGES[change](one)
    with pytest.raises(VerificationError):
        judge(keys, one)
