"""API keys of an agency's systems: a TOML file that holds their digests, never the keys (`config.keylines`).

Leaves out: judging a request, which is `bus.access`.
"""

import secrets
from datetime import datetime
from pathlib import Path
from typing import Annotated, Final

from pydantic import StringConstraints

from config.keylines import Digest, KeyFile, KeyLine, lifetime, new_key
from config.model import Name, Settings


class ApiKey(KeyLine):
    """One key's line in the file."""

    id: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{8}$")]
    """Names the key to people; it is no part of the key."""
    sha256: Digest
    """SHA-256 of the key's text, in hex."""
    system: Name
    """The agency's system that shows this key."""


class ApiKeyFile(Settings):
    """All keys of one agency."""

    keys: tuple[ApiKey, ...] = ()
    """In the order in which they were made."""


_FILE: Final = KeyFile[ApiKey](ApiKeyFile, "keys", "Digests of API keys, kept by `lienthong keys api-key`.")


def load_api_keys(path: Path) -> tuple[ApiKey, ...]:
    """Every key of a file, whatever its state.

    Raises:
        ConfigError: the file has mistakes.
        SecretError: the file is missing, empty or open to others.
    """
    return _FILE.load(path)


def new_api_key(path: Path, *, system: str, days: int, now: datetime, note: str = "") -> tuple[str, ApiKey]:
    """Add a key to a file, which is made where it is missing.

    Returns:
        The key's text, which is kept nowhere, and its line.
    """
    text, sha256 = new_key()
    made, ends = lifetime(now, days)
    line = ApiKey(id=secrets.token_hex(4), sha256=sha256, system=system, created_at=made, expires_at=ends, note=note)
    _FILE.add(path, line)
    return text, line


def revoke_api_key(path: Path, key_id: str, now: datetime) -> ApiKey:
    """Mark one key as revoked.

    Raises:
        ApiKeyError: no key of this id, or revoked already.
    """
    return _FILE.revoke(path, key_id, now)
