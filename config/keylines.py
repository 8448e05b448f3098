"""Files of keys: one TOML table per key, with its digest, dates and note; the keys themselves are nowhere.

Promises: a key is `lt_` and 256 random bits, shown once when it is made; what is kept is SHA-256 of its text in hex
(nothing to guess, so no slow hash on the way of each request); revoking keeps the line; a file is replaced whole.
Leaves out what a kind of key may do (`config.apikeys`, `config.auditors`, `config.registrants`) and judging a request.
"""

import hashlib
import json
import secrets
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated, Final, Generic, TypeAlias, TypeVar

from pydantic import AwareDatetime, Field, StringConstraints

from config.load import parse
from config.model import Settings
from config.secrets import read_secret, replace_secret

PREFIX: Final = "lt_"
Digest: TypeAlias = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]


class ApiKeyError(Exception):
    """There is no key of this id, it is revoked already, or one of this id is there."""


class KeyLine(Settings):
    """What every key's line has."""

    id: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,39}$")]
    """Names the key to people and in records; it is no part of the key."""
    created_at: AwareDatetime
    """When it was made."""
    expires_at: AwareDatetime
    """From when on it is refused."""
    revoked_at: AwareDatetime | None = None
    """When it was revoked; it is refused then, whatever its dates."""
    note: str = Field(default="", max_length=200)
    """For people."""

    def valid(self, at: datetime) -> bool:
        """Whether it is taken at a moment (aware)."""
        return self.revoked_at is None and self.created_at <= at < self.expires_at


Line = TypeVar("Line", bound=KeyLine)


class KeyFile(Generic[Line]):
    """One kind of file: how it is read, and replaced.

    Attributes:
        document: its model, with one member that holds the lines.
        table: that member's name.
        header: a comment that tells people what the file is.
    """

    def __init__(self, document: type[Settings], table: str, header: str) -> None:
        self.document: Final = document
        self.table: Final = table
        self.header: Final = header

    def load(self, path: Path) -> tuple[Line, ...]:
        """Every line, whatever its state.

        Raises:
            ConfigError: the file has mistakes.
            SecretError: the file is missing, empty or open to others.
        """
        read = parse(read_secret(path), self.document, file=str(path), folder=path.parent).settings
        lines: tuple[Line, ...] = getattr(read, self.table)
        return lines

    def add(self, path: Path, line: Line) -> None:
        """Add a line to a file, which is made where it is missing.

        Raises:
            ApiKeyError: there is one of this id.
        """
        known = self.load(path) if path.exists() else ()
        if any(one.id == line.id for one in known):
            raise ApiKeyError(f"{path}: there is a key of this id")
        self._keep(path, [*known, line])

    def revoke(self, path: Path, name: str, now: datetime) -> Line:
        """Refuse a key from now on; the line, as it stands then.

        Raises:
            ApiKeyError: none of this id, or revoked already.
        """
        known = self.load(path)
        found = next((one for one in known if one.id == name), None)
        if found is None:
            raise ApiKeyError(f"{path}: there is no key of this id")
        if found.revoked_at is not None:
            raise ApiKeyError(f"{path}: this key is revoked already")
        revoked = found.model_copy(update={"revoked_at": _second(now)})
        self._keep(path, [revoked if one is found else one for one in known])
        return revoked

    def _keep(self, path: Path, lines: Sequence[Line]) -> None:
        text = [f"# {self.header} The keys themselves are nowhere."]
        for line in lines:
            text += ["", *_table(self.table, line)]
        replace_secret(path, "\n".join([*text, ""]).encode())


def new_key() -> tuple[str, str]:
    """A key's text, which is to be kept nowhere, and its digest."""
    text = PREFIX + secrets.token_urlsafe(32)
    return text, digest(text)


def digest(key: str) -> str:
    """What a file keeps of a key."""
    return hashlib.sha256(key.encode()).hexdigest()


def lifetime(now: datetime, days: int) -> tuple[datetime, datetime]:
    """When a key made now begins and ends."""
    made = _second(now)
    return made, made + timedelta(days=days)


def _second(now: datetime) -> datetime:
    return now.astimezone(UTC).replace(microsecond=0)


def _table(name: str, row: Settings) -> Iterator[str]:
    """A TOML array-of-tables entry; members that are rows themselves follow as tables of their own."""
    yield f"[[{name}]]"
    inner: list[tuple[str, Iterable[Settings]]] = []
    for key, value in row:
        if isinstance(value, tuple) and all(isinstance(one, Settings) for one in value):
            inner.append((key, value))
        elif isinstance(value, tuple):
            yield f"{key} = [{', '.join(map(_quoted, value))}]"
        elif value is not None:
            yield f"{key} = {value.isoformat() if isinstance(value, datetime) else _quoted(value)}"
    for key, rows in inner:
        for one in rows:
            yield from ("", *_table(f"{name}.{key}", one))


def _quoted(text: object) -> str:
    # JSON's escapes are a part of TOML's for basic strings (TOML 1.0.0, String), but for DEL.
    return json.dumps(str(text), ensure_ascii=False).replace("\x7f", "\\u007f")
