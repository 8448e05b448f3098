"""API keys and OAuth2 clients of an agency's systems: a TOML file that holds digests (`config.keylines`).

Promises: a line is one or the other; an API key opens no token endpoint, and a client's secret asks no question.
Leaves out: judging a request, which is `bus.access`; handing out access tokens, which is `bus.http.oauth`.
"""

import secrets
from datetime import datetime
from pathlib import Path
from typing import Annotated, Final, Literal

from pydantic import StringConstraints

from config.keylines import Digest, KeyFile, KeyLine, lifetime, new_key
from config.model import Name, Settings


class ApiKey(KeyLine):
    """One key's line in the file."""

    id: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{8}$")]
    """Names the key to people; it is no part of the key."""
    sha256: Digest
    """SHA-256 of the key's text, in hex; of a client's secret likewise."""
    system: Name
    """The agency's system that shows this key."""
    use: Literal["api-key", "oauth-client"] = "api-key"
    """Shown with each question, or exchanged for access tokens at the node's token endpoint (`id` is the client's)."""


class ApiKeyFile(Settings):
    """All keys of one agency."""

    keys: tuple[ApiKey, ...] = ()
    """In the order in which they were made."""


_FILE: Final = KeyFile[ApiKey](ApiKeyFile, "keys", "Digests of API keys and OAuth2 clients, kept by `lienthong keys`.")


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


def new_oauth_client(path: Path, *, system: str, days: int, now: datetime, note: str = "") -> tuple[str, ApiKey]:
    """Add an OAuth2 client to a file, which is made where it is missing.

    Returns:
        The client's secret, which is kept nowhere, and its line; the line's `id` is the `client_id`.
    """
    text, sha256 = new_key()
    made, ends = lifetime(now, days)
    line = ApiKey(
        id=secrets.token_hex(4),
        sha256=sha256,
        system=system,
        use="oauth-client",
        created_at=made,
        expires_at=ends,
        note=note,
    )
    _FILE.add(path, line)
    return text, line


def revoke_api_key(path: Path, key_id: str, now: datetime) -> ApiKey:
    """Mark one key or client as revoked.

    Raises:
        ApiKeyError: no key of this id, or revoked already.
    """
    return _FILE.revoke(path, key_id, now)
