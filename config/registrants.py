"""Who may use the registry of schemas: a TOML file with each key's digest, agency and rights.

Promises: those of `config.keylines`. Leaves out: judging a request (`bus.registration.access`).
"""

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Final, Self

from pydantic import Field, StringConstraints, model_validator

from config.keylines import Digest, KeyFile, KeyLine, lifetime, new_key
from config.model import AgencyId, Settings


class Right(StrEnum):
    """What a key may do to subjects."""

    READ = "read"
    """See subjects, versions, schemas, settings."""
    CHECK = "check"
    """Ask whether a schema would be compatible."""
    WRITE = "write"
    """Register versions and mark them as deleted."""
    ADMIN = "admin"
    """Change settings and modes, delete for good, delete contexts."""


EVERYTHING: tuple[Right, ...] = tuple(Right)


class Grant(Settings):
    """Rights over subjects that begin alike."""

    subjects: Annotated[str, StringConstraints(pattern=r"^(:(\*|\.[A-Za-z0-9_.-]{0,99}):)?[^:\x00-\x1f]{0,255}$")]
    """Where: `orders-` (default context), `:.gov:civil.` (a context), `:*:` (every context)."""
    may: Annotated[tuple[Right, ...], Field(min_length=1, strict=False)]
    """What: read, check, write, admin."""


class Registrant(KeyLine):
    """One key's line in the file; `id` is the user name that clients show, and the name in the list of changes."""

    agency: AgencyId
    """Whose key it is."""
    sha256: Digest | None = None
    """SHA-256 of the secret's text, in hex."""
    certificate: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{43}$")] | None = None
    """Thumbprint (x5t#S256) of the certificate that counts in place of a secret."""
    rights: tuple[Grant, ...] = ()
    """What the key may do; nothing where none is given."""

    @model_validator(mode="after")
    def _can_be_shown(self) -> Self:
        if self.sha256 is None and self.certificate is None:
            raise ValueError("a registrant shows a secret (sha256) or a certificate")
        return self


class RegistrantFile(Settings):
    """All keys of a registry of schemas."""

    registrants: tuple[Registrant, ...] = ()
    """In the order in which they were made."""


_FILE: Final = KeyFile[Registrant](RegistrantFile, "registrants", "Keys of the registry of schemas, by digest.")


def load_registrants(path: Path) -> tuple[Registrant, ...]:
    """Every key of a file, whatever its state.

    Raises:
        ConfigError: the file has mistakes.
        SecretError: the file is missing, empty or open to others.
    """
    return _FILE.load(path)


def new_registrant(
    path: Path,
    *,
    name: str,
    agency: str,
    rights: Sequence[Grant],
    days: int,
    now: datetime,
    note: str = "",
    certificate: str | None = None,
) -> tuple[str, Registrant]:
    """Add a key to a file, which is made where it is missing; with a certificate's thumbprint, that one instead.

    Returns:
        The secret's text, which is kept nowhere ("" for a certificate), and the line.

    Raises:
        ApiKeyError: there is a key of this name.
        ValidationError: a member is not of its form.
    """
    text, sha256 = new_key() if certificate is None else ("", None)
    made, ends = lifetime(now, days)
    line = Registrant(
        id=name,
        agency=agency,
        sha256=sha256,
        certificate=certificate,
        rights=tuple(rights),
        created_at=made,
        expires_at=ends,
        note=note,
    )
    _FILE.add(path, line)
    return text, line


def revoke_registrant(path: Path, name: str, now: datetime) -> Registrant:
    """Refuse a key from now on.

    Raises:
        ApiKeyError: no key of this name, or revoked already.
    """
    return _FILE.revoke(path, name, now)
