"""Cosignatures: a witness' word, with its time, that a checkpoint goes on from what it saw before.

Promises: `cosign` writes and `CosignatureVerifier.verify` reads `cosignature/v1` (Ed25519); keys have the C2SP text
forms; a line of the wrong length, or with a time of zero, does not hold.
Leaves out: ML-DSA-44 cosignatures (their lines are ignored, as of any unknown key), and the consistency that a witness
vouches for (`bus.ledger.witness`).

Sources: c2sp.org/tlog-cosignature v1.0.1, c2sp.org/signed-note v1.0.0.
"""

from __future__ import annotations

import secrets
from base64 import b64encode
from hashlib import sha256
from typing import Final, NamedTuple, Self

from signing.checkpoint import Checkpoint, NoteError, NoteKey, NoteVerifier, SignatureLine, key_parts, named

COSIGNATURE_V1: Final = b"\x04"
_SKEY_PREFIX: Final = "PRIVATE+KEY+"
_SEED_BYTES: Final = 32
_ID_BYTES: Final = 4
_TIME_BYTES: Final = 8
_BLOB_BYTES: Final = _TIME_BYTES + 64
_MAX_TIME_S: Final = 1 << 62


class CosignatureVerifier(NamedTuple):
    """A witness' public key: its name and its 32 Ed25519 bytes."""

    name: str
    public_key: bytes

    @property
    def key_id(self) -> bytes:
        """SHA-256(name ‖ LF ‖ 0x04 ‖ key), first four bytes."""
        return sha256(self.name.encode() + b"\n" + COSIGNATURE_V1 + self.public_key).digest()[:_ID_BYTES]

    @property
    def text(self) -> str:
        """The vkey: `name+hexid+base64(0x04 ‖ key)`."""
        return f"{self.name}+{self.key_id.hex()}+{b64encode(COSIGNATURE_V1 + self.public_key).decode('ascii')}"

    @classmethod
    def from_text(cls, text: str) -> Self:
        """Read a vkey.

        Raises:
            NoteError: malformed, of another type, or the id is another key's.
        """
        name, key_id, key = key_parts(text, COSIGNATURE_V1)
        verifier = cls(name, key)
        if verifier.key_id != key_id:
            raise NoteError("note key: the id is another key's")
        return verifier

    def verify(self, line: SignatureLine, body: bytes) -> int | None:
        """When this witness cosigned the checkpoint's text (seconds since the epoch); None where it did not."""
        if (line.name, line.key_id) != (self.name, self.key_id) or len(line.signature) != _BLOB_BYTES:
            return None
        time_s = int.from_bytes(line.signature[:_TIME_BYTES], "big")
        if not 0 < time_s < _MAX_TIME_S:
            return None
        holds = NoteVerifier(self.name, self.public_key).verify(line.signature[_TIME_BYTES:], _message(time_s, body))
        return time_s if holds else None


class CosignatureKey:
    """A witness' key in this process' memory."""

    __slots__ = ("_key", "_seed", "verifier")

    def __init__(self, name: str, seed: bytes) -> None:
        self._key = NoteKey(named(name), seed)
        self._seed = seed
        self.verifier = CosignatureVerifier(name, self._key.verifier.public_key)

    @classmethod
    def generate(cls, name: str) -> Self:
        """A fresh key under a witness' name (a URL without scheme)."""
        return cls(name, secrets.token_bytes(_SEED_BYTES))

    @classmethod
    def from_text(cls, text: str) -> Self:
        """Read the secret form.

        Raises:
            NoteError: malformed, of another type, or the id is another key's. Never quotes the text.
        """
        if not text.startswith(_SKEY_PREFIX):
            raise NoteError("note key: a secret key starts with PRIVATE+KEY+")
        name, key_id, seed = key_parts(text.removeprefix(_SKEY_PREFIX).strip(), COSIGNATURE_V1)
        key = cls(name, seed)
        if key.verifier.key_id != key_id:
            raise NoteError("note key: the id is another key's")
        return key

    def to_text(self) -> str:
        """The secret form, `PRIVATE+KEY+name+hexid+base64(0x04 ‖ seed)`."""
        encoded = b64encode(COSIGNATURE_V1 + self._seed).decode("ascii")
        return f"{_SKEY_PREFIX}{self.verifier.name}+{self.verifier.key_id.hex()}+{encoded}"

    def cosign(self, checkpoint: Checkpoint, time_s: int) -> SignatureLine:
        """Sign a checkpoint's text with a time (seconds since the epoch)."""
        signature = self._key.sign(_message(time_s, checkpoint.body))
        return SignatureLine(self.verifier.name, self.verifier.key_id, time_s.to_bytes(_TIME_BYTES, "big") + signature)


def _message(time_s: int, body: bytes) -> bytes:
    return b"cosignature/v1\ntime %d\n" % time_s + body
