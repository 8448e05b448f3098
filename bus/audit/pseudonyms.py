"""Pseudonyms of people in the search tables: a keyed digest under a key per month, and where those keys are kept.

Promises: a pseudonym is HMAC-SHA-256 cut to 16 bytes; without the keys nobody can tell whose it is or try numbers; keys
are made when a month's first record is indexed and never leave this folder; a lost key is made up for by a rebuild, as
far as details are still there. Leaves out: recording look-ups (`bus.audit.inquiry`).
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from contextlib import suppress
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from typing import Final

from config.secrets import SecretError, read_secret, write_secret
from schemas.text import b64url_decode, b64url_encode

PSEUDONYM_BYTES: Final = 16
_KEY_BYTES: Final = 32
_DAY_MS: Final = 86_400_000
_NAME: Final = re.compile(r"\d{4}-\d{2}\.key", re.ASCII)


class Pseudonyms:
    """The key folder of one index.

    Args:
        folder: one secret file per month, such as `2026-11.key`.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._keys: dict[str, bytes] = {}

    def person(self, scheme: str, number: str, at_ms: int) -> bytes:
        """Whom a record of this moment is about."""
        return _digest(self._key(_epoch(at_ms)), f"subject|{scheme}|{number}")

    def officer(self, officer: str, at_ms: int) -> bytes:
        """The officer who acted at this moment."""
        return _digest(self._key(_epoch(at_ms)), f"officer|{officer}")

    def of_person(self, scheme: str, number: str) -> tuple[bytes, ...]:
        """Every pseudonym that this person has or had."""
        return tuple(_digest(key, f"subject|{scheme}|{number}") for key in self._all())

    def of_officer(self, officer: str) -> tuple[bytes, ...]:
        """Every pseudonym that this officer has or had."""
        return tuple(_digest(key, f"officer|{officer}") for key in self._all())

    def _all(self) -> list[bytes]:
        epochs = (file.stem for file in self._folder.glob("*.key") if _NAME.fullmatch(file.name))
        return [self._key(epoch) for epoch in sorted(epochs)]

    def _key(self, epoch: str) -> bytes:
        found = self._keys.get(epoch)
        if found is None:
            found = self._keys[epoch] = self._read_or_make(self._folder / f"{epoch}.key")
        return found

    def _read_or_make(self, file: Path) -> bytes:
        if not file.exists():
            self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            with suppress(FileExistsError):  # another process was quicker: its key counts
                write_secret(file, b64url_encode(secrets.token_bytes(_KEY_BYTES)).encode() + b"\n")
        try:
            key = b64url_decode(read_secret(file).decode())
        except ValueError:
            key = b""
        if len(key) != _KEY_BYTES:
            raise SecretError(file, "secret-form", "it holds no pseudonym key")
        return key


def _epoch(at_ms: int) -> str:
    """The month of a moment (UTC)."""
    return _month(at_ms // _DAY_MS)


@lru_cache(maxsize=4096)
def _month(day: int) -> str:
    return f"{datetime.fromtimestamp(day * _DAY_MS / 1000, UTC):%Y-%m}"


def _digest(key: bytes, text: str) -> bytes:
    return hmac.digest(key, text.encode(), hashlib.sha256)[:PSEUDONYM_BYTES]
