"""Who may use the registry of schemas: a TOML file with each key's digest, agency and rights.

Promises: as for API keys: a secret is `lt_` and 256 random bits, shown once, kept as SHA-256 (nothing to guess, so no
slow hash on the way of each request); revoking keeps the line.
Leaves out: judging a request (`bus.registration.access`).
"""

import json
import secrets
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Self

from pydantic import AwareDatetime, Field, StringConstraints, model_validator

from config.apikeys import PREFIX, ApiKeyError, digest
from config.load import parse
from config.model import AgencyId, Settings
from config.secrets import read_secret, replace_secret


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


class Registrant(Settings):
    """One key's line in the file."""

    id: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,39}$")]
    """The user name that clients show, and the name in the list of changes."""
    agency: AgencyId
    """Whose key it is."""
    sha256: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")] | None = None
    """SHA-256 of the secret's text, in hex."""
    certificate: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{43}$")] | None = None
    """Thumbprint (x5t#S256) of the certificate that counts in place of a secret."""
    rights: tuple[Grant, ...] = ()
    """What the key may do; nothing where none is given."""
    created_at: AwareDatetime
    """When it was made."""
    expires_at: AwareDatetime
    """From when on it is refused."""
    revoked_at: AwareDatetime | None = None
    """When it was revoked."""
    note: str = Field(default="", max_length=200)
    """For people."""

    @model_validator(mode="after")
    def _can_be_shown(self) -> Self:
        if self.sha256 is None and self.certificate is None:
            raise ValueError("a registrant shows a secret (sha256) or a certificate")
        return self

    def valid(self, at: datetime) -> bool:
        """Whether it is taken at a moment (aware)."""
        return self.revoked_at is None and self.created_at <= at < self.expires_at


class RegistrantFile(Settings):
    """All keys of a registry of schemas."""

    registrants: tuple[Registrant, ...] = ()
    """In the order in which they were made."""


def load_registrants(path: Path) -> tuple[Registrant, ...]:
    """Every key of a file, whatever its state.

    Raises:
        ConfigError: the file has mistakes.
        SecretError: the file is missing, empty or open to others.
    """
    return parse(read_secret(path), RegistrantFile, file=str(path), folder=path.parent).settings.registrants


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
    known = load_registrants(path) if path.exists() else ()
    if any(one.id == name for one in known):
        raise ApiKeyError(f"{path}: there is a key of this name")
    text = PREFIX + secrets.token_urlsafe(32) if certificate is None else ""
    made = now.astimezone(UTC).replace(microsecond=0)
    line = Registrant(
        id=name,
        agency=agency,
        sha256=digest(text) if certificate is None else None,
        certificate=certificate,
        rights=tuple(rights),
        created_at=made,
        expires_at=made + timedelta(days=days),
        note=note,
    )
    replace_secret(path, _toml([*known, line]))
    return text, line


def revoke_registrant(path: Path, name: str, now: datetime) -> Registrant:
    """Refuse a key from now on.

    Raises:
        ApiKeyError: no key of this name, or revoked already.
    """
    known = load_registrants(path)
    found = next((one for one in known if one.id == name), None)
    if found is None or found.revoked_at is not None:
        raise ApiKeyError(f"{path}: there is no key of this name that still counts")
    revoked = found.model_copy(update={"revoked_at": now.astimezone(UTC).replace(microsecond=0)})
    replace_secret(path, _toml([revoked if one is found else one for one in known]))
    return revoked


def _toml(registrants: Sequence[Registrant]) -> bytes:
    lines = ["# Keys of the registry of schemas, by digest. The secrets themselves are nowhere."]
    for one in registrants:
        lines += ["", "[[registrants]]"]
        for name, value in one:
            if name != "rights" and value is not None:
                lines.append(f"{name} = {value.isoformat() if isinstance(value, datetime) else _quoted(value)}")
        for grant in one.rights:
            may = ", ".join(_quoted(str(right)) for right in grant.may)
            lines += ["", "[[registrants.rights]]", f"subjects = {_quoted(grant.subjects)}", f"may = [{may}]"]
    return "\n".join([*lines, ""]).encode()


def _quoted(text: object) -> str:
    # JSON's escapes are a part of TOML's for basic strings (TOML 1.0.0, String), but for DEL.
    return json.dumps(str(text), ensure_ascii=False).replace("\x7f", "\\u007f")
