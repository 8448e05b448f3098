"""The ledger's two key files: the note key that signs checkpoints, the vault key that encrypts details.

Promises: both are secret files (`config.secrets`); a key is never overwritten and never quoted.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from bus.ledger.port import LedgerError
from config.secrets import read_secret, write_secret
from schemas.text import b64url_decode, b64url_encode
from signing.checkpoint import NoteError, NoteKey
from signing.vault import KEY_BYTES, new_key

if TYPE_CHECKING:
    from pathlib import Path


class LedgerKeyError(LedgerError):
    """The file holds no key of its kind, or the note key of another origin."""


def read_note_key(path: Path, origin: str) -> NoteKey:
    """The note key in its C2SP text form; its name is the ledger's origin.

    Raises:
        SecretError: the file is missing or open to others.
        LedgerKeyError: it is not this origin's key.
    """
    try:
        key = NoteKey.from_text(read_secret(path).decode())
    except (NoteError, UnicodeDecodeError):
        raise LedgerKeyError(f"ledger: {path} holds no note key") from None
    if key.verifier.name != origin:
        raise LedgerKeyError(f"ledger: the key in {path} signs for {key.verifier.name}, not for {origin}")
    return key


def read_vault_key(path: Path) -> bytes:
    """A vault key: 32 bytes in base64url without padding.

    Raises:
        SecretError: the file is missing or open to others.
        LedgerKeyError: it is no such key.
    """
    try:
        key = b64url_decode(read_secret(path).decode())
    except ValueError:
        raise LedgerKeyError(f"ledger: {path} holds no vault key") from None
    if len(key) != KEY_BYTES:
        raise LedgerKeyError(f"ledger: the key in {path} has not {KEY_BYTES} bytes")
    return key


def new_note_key(path: Path, origin: str) -> NoteKey:
    """Write a fresh note key for this origin.

    Raises:
        FileExistsError: there is a file already.
    """
    key = NoteKey.generate(origin)
    write_secret(path, key.to_text().encode() + b"\n")
    return key


def new_vault_key(path: Path) -> bytes:
    """Write a fresh vault key; also the form of a node's archive key.

    Raises:
        FileExistsError: there is a file already.
    """
    key = new_key()
    write_secret(path, b64url_encode(key).encode() + b"\n")
    return key
