"""Keeping things secret at rest: one key per record, wrapped by a key-encryption key; bodies in authenticated chunks.

Promises: AES-256-GCM; what opens is what was sealed under the same associated data, or `VaultError`; a record whose
wrapped key is destroyed stays closed for good, whoever holds the key-encryption key; of a body no chunk can be
dropped, repeated, reordered or cut off unseen.
Leaves out: where keys and ciphertexts are kept, and which key-encryption key is current.

Sources: NIST SP 800-38D (GCM); RFC 3394 (AES key wrap); Hoang, Reyhanitabar, Rogaway, Vizár 2015, "Online
authenticated-encryption and its nonce-reuse misuse-resistance" (STREAM); the nonce layout of age-encryption.org/v1.
"""

from __future__ import annotations

import os
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.keywrap import InvalidUnwrap, aes_key_unwrap, aes_key_wrap

KEY_BYTES: Final = 32
WRAPPED_BYTES: Final = KEY_BYTES + 8
NONCE_BYTES: Final = 12
TAG_BYTES: Final = 16
CHUNK_BYTES: Final = 64 * 1024
"""Plaintext bytes of every chunk of a body but the last, which may be shorter and is empty only in an empty body."""
_COUNTER_BYTES: Final = 11


class VaultError(Exception):
    """Something does not open: a wrong key, altered bytes, or not what the associated data says. Holds no content."""


def new_key() -> bytes:
    """A fresh 32-byte key."""
    return os.urandom(KEY_BYTES)


def wrap_key(key_encryption_key: bytes, key: bytes) -> bytes:
    """A record's key under a key-encryption key, 40 bytes; deterministic, so no nonce can run out (RFC 3394 §2.2.1)."""
    _sized(key)
    return aes_key_wrap(_sized(key_encryption_key), key)


def unwrap_key(key_encryption_key: bytes, wrapped: bytes) -> bytes:
    """Inverse of `wrap_key`.

    Raises:
        VaultError: another key-encryption key, or altered bytes.
    """
    if len(wrapped) != WRAPPED_BYTES:
        raise VaultError(f"vault: a wrapped key has {WRAPPED_BYTES} bytes")
    try:
        return aes_key_unwrap(_sized(key_encryption_key), wrapped)
    except InvalidUnwrap as error:
        raise VaultError("vault: the key does not unwrap") from error


def seal_record(key: bytes, plaintext: bytes, aad: bytes) -> bytes:
    """Nonce ‖ ciphertext ‖ tag, 28 bytes longer than the plaintext.

    Args:
        key: 32 bytes, one per record; the random nonce lets the same record be sealed anew a few times.
        plaintext: the record.
        aad: what the record is bound to, such as ledger origin and index; not stored.
    """
    nonce = os.urandom(NONCE_BYTES)
    return nonce + AESGCM(_sized(key)).encrypt(nonce, plaintext, aad)


def open_record(key: bytes, sealed: bytes, aad: bytes) -> bytes:
    """Inverse of `seal_record`.

    Raises:
        VaultError: another key, other associated data, or altered bytes.
    """
    if len(sealed) < NONCE_BYTES + TAG_BYTES:
        raise VaultError("vault: a sealed record has at least 28 bytes")
    try:
        return AESGCM(_sized(key)).decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], aad)
    except InvalidTag as error:
        raise VaultError("vault: the record does not open") from error


class BodySealer:
    """Encrypts one body chunk by chunk. The key serves this body and no other: nonces count from zero."""

    __slots__ = ("_aad", "_cipher", "_closed", "_index")

    def __init__(self, key: bytes, aad: bytes) -> None:
        self._cipher = AESGCM(_sized(key))
        self._aad = aad
        self._index = 0
        self._closed = False

    def chunk(self, plaintext: bytes, *, last: bool) -> bytes:
        """The next chunk, 16 bytes longer than its plaintext: 65,536 bytes, fewer only in the last.

        Raises:
            VaultError: a chunk after the last, or of a length that a reader would refuse.
        """
        if self._closed:
            raise VaultError("vault: the body has had its last chunk")
        if not _lawful(len(plaintext), self._index, last=last):
            raise VaultError(f"vault: a chunk has {CHUNK_BYTES} bytes; the last has fewer or as many, none only alone")
        nonce = _chunk_nonce(self._index, last=last)
        self._index += 1
        self._closed = last
        return self._cipher.encrypt(nonce, plaintext, self._aad)


class BodyOpener:
    """Decrypts one body chunk by chunk; `done` tells whether its last chunk has been seen."""

    __slots__ = ("_aad", "_cipher", "_index", "done")

    def __init__(self, key: bytes, aad: bytes) -> None:
        self._cipher = AESGCM(_sized(key))
        self._aad = aad
        self._index = 0
        self.done = False

    def chunk(self, sealed: bytes, *, last: bool) -> bytes:
        """The plaintext of the next chunk; `last` must be what the sealer said.

        Raises:
            VaultError: altered, out of order, cut short, or anything after the last.
        """
        if self.done or not _lawful(len(sealed) - TAG_BYTES, self._index, last=last):
            raise VaultError("vault: no such chunk follows here")
        try:
            plaintext = self._cipher.decrypt(_chunk_nonce(self._index, last=last), sealed, self._aad)
        except InvalidTag as error:
            raise VaultError("vault: the chunk does not open") from error
        self._index += 1
        self.done = last
        return plaintext


def _lawful(length: int, index: int, *, last: bool) -> bool:
    """Whether a chunk may have this many plaintext bytes: one body has one way to be cut."""
    if not last:
        return length == CHUNK_BYTES
    return 0 <= length <= CHUNK_BYTES and (length > 0 or index == 0)


def _chunk_nonce(index: int, *, last: bool) -> bytes:
    return index.to_bytes(_COUNTER_BYTES, "big") + (b"\x01" if last else b"\x00")


def _sized(key: bytes) -> bytes:
    if len(key) != KEY_BYTES:
        raise VaultError(f"vault: a key has {KEY_BYTES} bytes")
    return key
