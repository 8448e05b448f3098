"""Who may look into the ledger: a TOML file with each auditor's key digest, agency and scope.

Promises: those of `config.keylines`. Leaves out: judging a request (`bus.audit.scope`).
"""

from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Final

from pydantic import StringConstraints

from config.keylines import Digest, KeyFile, KeyLine, lifetime, new_key
from config.model import AgencyId, Settings

SCOPE = r"nation|ministry:a[0-9]{6}|agency:a[0-9]{6}"


class Role(StrEnum):
    """What an auditor may do."""

    AUDITOR = "auditor"
    """Search records, details included, and read reports."""
    REPORTS = "reports"
    """Read reports only: they name agencies and no person."""


class Auditor(KeyLine):
    """One auditor's line in the file; `id` names the auditor in every inquiry's record."""

    agency: AgencyId
    """Whose auditor it is."""
    role: Role = Role.AUDITOR
    """What the auditor may do."""
    scope: Annotated[str, StringConstraints(pattern=f"^({SCOPE})$")]
    """How far the auditor may see: nation; ministry:ID with all under it; agency:ID."""
    sha256: Digest
    """SHA-256 of the key's text, in hex."""


class AuditorFile(Settings):
    """All auditors of a hub."""

    auditors: tuple[Auditor, ...] = ()
    """In the order in which they were appointed."""


_FILE: Final = KeyFile[Auditor](
    AuditorFile, "auditors", "Auditors and the digests of their keys, kept by `lienthong keys auditor`."
)


def load_auditors(path: Path) -> tuple[Auditor, ...]:
    """Every auditor of a file, whatever the key's state.

    Raises:
        ConfigError: the file has mistakes.
        SecretError: the file is missing, empty or open to others.
    """
    return _FILE.load(path)


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
    text, sha256 = new_key()
    made, ends = lifetime(now, days)
    line = Auditor(
        id=name, agency=agency, role=role, scope=scope, sha256=sha256, created_at=made, expires_at=ends, note=note
    )
    _FILE.add(path, line)
    return text, line


def revoke_auditor(path: Path, name: str, now: datetime) -> Auditor:
    """Refuse an auditor's key from now on.

    Raises:
        ApiKeyError: no auditor of this id, or revoked already.
    """
    return _FILE.revoke(path, name, now)
