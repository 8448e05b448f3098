"""The vectors of docs/ledger.md, made with nothing of ours, and made again by us; the page must hold them."""

from __future__ import annotations

import base64
import re
import subprocess
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from ledger_kit import NOTE_KEY, ORIGIN, record

from bus.ledger.tiles import encode_bundle, hash_above
from bus.ledger.vault import DetailsUnreadableError, Vault
from signing.checkpoint import seal
from signing.merkle import leaf_hash, root

if TYPE_CHECKING:
    from collections.abc import Sequence

PAGE = (Path(__file__).parents[3] / "docs" / "ledger.md").read_text()
LEAVES = [b"a", b"bb", b"ccc"]


def mth(leaves: Sequence[bytes]) -> bytes:
    """RFC 6962 §2.1, word for word."""
    if not leaves:
        return sha256(b"").digest()
    if len(leaves) == 1:
        return sha256(b"\x00" + leaves[0]).digest()
    k = 1
    while k * 2 < len(leaves):
        k *= 2
    return sha256(b"\x01" + mth(leaves[:k]) + mth(leaves[k:])).digest()


def indented(text: str) -> str:
    return "".join(f"    {line}\n" if line else "\n" for line in text.splitlines())


def test_leaf_hashes_and_root():
    for leaf in LEAVES:
        assert mth([leaf]) == leaf_hash(leaf)
        assert mth([leaf]).hex() in PAGE
    assert mth(LEAVES) == root([leaf_hash(leaf) for leaf in LEAVES])
    assert mth(LEAVES).hex() in PAGE


def test_the_checkpoint_by_the_specifications_words():
    key = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
    public = b"\x01" + key.public_key().public_bytes_raw()
    body = f"{ORIGIN}\n3\n{base64.b64encode(mth(LEAVES)).decode()}\n"
    key_id = sha256(ORIGIN.encode() + b"\n" + public).digest()[:4]
    signature = base64.b64encode(key_id + key.sign(body.encode())).decode()
    note = f"{body}\n— {ORIGIN} {signature}\n"
    assert seal(ORIGIN, 3, mth(LEAVES), NOTE_KEY) == note.encode()
    assert indented(note) in PAGE
    vkey = f"{ORIGIN}+{key_id.hex()}+{base64.b64encode(public).decode()}"
    assert vkey == NOTE_KEY.verifier.text
    assert vkey in PAGE


def test_bundle_and_tile():
    by_hand = b"".join(len(leaf).to_bytes(2, "big") + leaf for leaf in LEAVES)
    assert encode_bundle(LEAVES) == by_hand
    assert by_hand.hex() in PAGE
    leaves = [b"%d" % i for i in range(256)]
    assert mth(leaves) == hash_above([leaf_hash(leaf) for leaf in leaves])
    assert mth(leaves).hex() in PAGE


def test_the_pages_own_commands_check_a_checkpoint(tmp_path: Path):
    commands = "\n".join(line.strip() for line in re.findall(r"^ {7}(\S.*)$", PAGE, re.MULTILINE))
    assert "openssl pkeyutl" in commands
    (tmp_path / "checkpoint").write_bytes(seal(ORIGIN, 3, mth(LEAVES), NOTE_KEY))
    assert by_openssl(tmp_path, commands) == 0
    (tmp_path / "checkpoint").write_bytes(seal(ORIGIN, 3, mth(LEAVES), NOTE_KEY).replace(b"\n3\n", b"\n4\n"))
    assert by_openssl(tmp_path, commands) != 0


def by_openssl(folder: Path, commands: str) -> int:
    done = subprocess.run(
        ["bash", "-ec", commands],
        cwd=folder,
        env={"VKEY": NOTE_KEY.verifier.text, "PATH": "/usr/bin:/bin"},
        capture_output=True,
        check=False,
    )
    return done.returncode


def test_a_box_opens_beside_its_own_leaf_only():
    vault = Vault.under(b"k" * 32)
    item, other = record(0), record(1)
    box = vault.box(item, leaf_hash(item.leaf))
    assert len(box) == 40 + 12 + 32 + len(item.details) + 16
    assert vault.unbox(box, item.leaf).details == item.details
    for wrong_box, leaf in ((box, other.leaf), (box[:-1], item.leaf), (b"", item.leaf)):
        with pytest.raises(DetailsUnreadableError):
            vault.unbox(wrong_box, leaf)
    with pytest.raises(DetailsUnreadableError):
        Vault.under(b"x" * 32).unbox(box, item.leaf)
    assert vault.box(item, leaf_hash(item.leaf)) != box


def test_a_facts_digest_needs_the_key():
    assert Vault.under(b"k" * 32).hide("d") == Vault.under(b"k" * 32).hide("d")
    assert Vault.under(b"k" * 32).hide("d") != Vault.under(b"x" * 32).hide("d")
    assert len(Vault.under(b"k" * 32).hide("d")) == 32
