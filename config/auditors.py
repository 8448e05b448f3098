"""Who may look into the ledger: a TOML file with each auditor's key digest, agency and scope.

Promises: as for API keys: a key is `lt_` and 256 random bits, shown once, kept as SHA-256; revoking keeps the line.
Leaves out: judging a request (`bus.audit.scope`).
"""

import json
import secrets
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import Annotated

from pydantic import AwareDatetime, Field, StringConstraints

from config.apikeys import PREFIX, ApiKeyError, digest
from config.load import parse
from config.model import AgencyId, Settings
from config.secrets import read_secret, replace_secret

SCOPE = r"nation|ministry:a[0-9]{6}|agency:a[0-9]{6}"


class Role(StrEnum):
    """What an auditor may do."""

    AUDITOR = "auditor"
    """Search records, details included, and read reports."""
    REPORTS = "reports"
    """Read reports only: they name agencies and no person."""


class Auditor(Settings):
    """One auditor's line in the file."""

    id: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,39}$")]
    """Names the auditor in every inquiry's record."""
    agency: AgencyId
    """Whose auditor it is."""
    role: Role = Role.AUDITOR
    """What the auditor may do."""
    scope: Annotated[str, StringConstraints(pattern=f"^({SCOPE})$")]
    """How far the auditor may see: nation; ministry:ID with all under it; agency:ID."""
    sha256: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
    """SHA-256 of the key's text, in hex."""
    created_at: AwareDatetime
    """When the key was made."""
    expires_at: AwareDatetime
    """From when on it is refused."""
    revoked_at: AwareDatetime | None = None
    """When it was revoked."""
    note: str = Field(default="", max_length=200)
    """For people: the decision that appointed the auditor."""

    def valid(self, at: datetime) -> bool:
        """Whether the key is taken at a moment (aware)."""
        return self.revoked_at is None and self.created_at <= at < self.expires_at


class AuditorFile(Settings):
    """All auditors of a hub."""

    auditors: tuple[Auditor, ...] = ()
    """In the order in which they were appointed."""


def load_auditors(path: Path) -> tuple[Auditor, ...]:
    """Every auditor of a file, whatever the key's state.

    Raises:
        ConfigError: the file has mistakes.
        SecretError: the file is missing, empty or open to others.
    """
    return parse(read_secret(path), AuditorFile, file=str(path), folder=path.parent).settings.auditors


def new_auditor(
    path: Path, *, name: str, agency: str, scope: str, role: Role, days: int, now: datetime, note: str = ""
) -> tuple[str, Auditor]:
    """Appoint an auditor in a file, which is made where it is missing.

    Returns:
        The key's text, which is kept nowhere, and the line.

    Raises:
        ApiKeyError: there is an auditor of this id.
        ValidationError: a member is not of its form.
    """
    known = load_auditors(path) if path.exists() else ()
    if any(one.id == name for one in known):
        raise ApiKeyError(f"{path}: there is an auditor of this id")
    text = PREFIX + secrets.token_urlsafe(32)
    made = now.astimezone(UTC).replace(microsecond=0)
    line = Auditor(
        id=name,
        agency=agency,
        role=role,
        scope=scope,
        sha256=digest(text),
        created_at=made,
        expires_at=made + timedelta(days=days),
        note=note,
    )
    replace_secret(path, _toml([*known, line]))
    return text, line


def revoke_auditor(path: Path, name: str, now: datetime) -> Auditor:
    """Refuse an auditor's key from now on.

    Raises:
        ApiKeyError: no auditor of this id, or revoked already.
    """
    known = load_auditors(path)
    found = next((one for one in known if one.id == name), None)
    if found is None or found.revoked_at is not None:
        raise ApiKeyError(f"{path}: there is no auditor of this id whose key still counts")
    revoked = found.model_copy(update={"revoked_at": now.astimezone(UTC).replace(microsecond=0)})
    replace_secret(path, _toml([revoked if one is found else one for one in known]))
    return revoked


def _toml(auditors: Sequence[Auditor]) -> bytes:
    lines = [
        "# Auditors and the digests of their keys, kept by `lienthong keys auditor`. The keys themselves are nowhere."
    ]
    for one in auditors:
        lines += ["", "[[auditors]]"]
        for name, value in one:
            if value is not None:
                lines.append(f"{name} = {value.isoformat() if isinstance(value, datetime) else _quoted(value)}")
    return "\n".join([*lines, ""]).encode()


def _quoted(text: object) -> str:
    # JSON's escapes are a part of TOML's for basic strings (TOML 1.0.0, String), but for DEL.
    return json.dumps(str(text), ensure_ascii=False).replace("\x7f", "\\u007f")
