"""API keys of an agency's systems: a TOML file that holds their digests, never the keys.

Promises: a key is `lt_` and 256 random bits, shown once when it is made; the file keeps SHA-256 of its text in hex
(nothing to guess, so no slow hash on the way of each request), its system, its dates; revoking keeps the line.
Leaves out: judging a request, which is `bus.access`.
"""

import hashlib
import json
import secrets
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated

from pydantic import AwareDatetime, Field, StringConstraints

from config.load import parse
from config.model import Name, Settings
from config.secrets import read_secret, replace_secret

PREFIX = "lt_"


class ApiKey(Settings):
    """One key's line in the file."""

    id: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{8}$")]
    """Names the key to people; it is no part of the key."""
    sha256: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
    """SHA-256 of the key's text, in hex."""
    system: Name
    """The agency's system that shows this key."""
    created_at: AwareDatetime
    """When it was made."""
    expires_at: AwareDatetime
    """From when on it is refused."""
    revoked_at: AwareDatetime | None = None
    """When it was revoked; it is refused then, whatever its dates."""
    note: str = Field(default="", max_length=200)
    """For people."""

    def valid(self, at: datetime) -> bool:
        """Whether the key is taken at a moment (aware)."""
        return self.revoked_at is None and self.created_at <= at < self.expires_at


class ApiKeyFile(Settings):
    """All keys of one agency."""

    keys: tuple[ApiKey, ...] = ()
    """In the order in which they were made."""


class ApiKeyError(Exception):
    """There is no key of this id, or it is revoked already."""


def load_api_keys(path: Path) -> tuple[ApiKey, ...]:
    """Every key of a file, whatever its state.

    Raises:
        ConfigError: the file has mistakes.
        SecretError: the file is missing, empty or open to others.
    """
    return parse(read_secret(path), ApiKeyFile, file=str(path), folder=path.parent).settings.keys


def digest(key: str) -> str:
    """What the file keeps of a key."""
    return hashlib.sha256(key.encode()).hexdigest()


def new_api_key(path: Path, *, system: str, days: int, now: datetime, note: str = "") -> tuple[str, ApiKey]:
    """Add a key to a file, which is made where it is missing.

    Returns:
        The key's text, which is kept nowhere, and its line.
    """
    text = PREFIX + secrets.token_urlsafe(32)
    made = now.astimezone(UTC).replace(microsecond=0)
    line = ApiKey(
        id=secrets.token_hex(4),
        sha256=digest(text),
        system=system,
        created_at=made,
        expires_at=made + timedelta(days=days),
        note=note,
    )
    known = load_api_keys(path) if path.exists() else ()
    replace_secret(path, _toml([*known, line]))
    return text, line


def revoke_api_key(path: Path, key_id: str, now: datetime) -> ApiKey:
    """Mark one key as revoked.

    Raises:
        ApiKeyError: no key of this id, or revoked already.
    """
    keys = load_api_keys(path)
    found = next((key for key in keys if key.id == key_id), None)
    if found is None:
        raise ApiKeyError(f"{path}: there is no key of this id")
    if found.revoked_at is not None:
        raise ApiKeyError(f"{path}: this key is revoked already")
    revoked = found.model_copy(update={"revoked_at": now.astimezone(UTC).replace(microsecond=0)})
    replace_secret(path, _toml([revoked if key is found else key for key in keys]))
    return revoked


def _toml(keys: Sequence[ApiKey]) -> bytes:
    lines = ["# Digests of API keys, kept by `lienthong keys api-key`. The keys themselves are nowhere."]
    for key in keys:
        lines += ["", "[[keys]]"]
        for name, value in key:
            if value is not None:
                lines.append(f"{name} = {value.isoformat() if isinstance(value, datetime) else _quoted(value)}")
    return "\n".join([*lines, ""]).encode()


def _quoted(text: str) -> str:
    # JSON's escapes are a part of TOML's for basic strings (TOML 1.0.0, String), but for DEL.
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
