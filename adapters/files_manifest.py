"""The manifest beside files that are handed over: which they are, how long, with which digest, as of when.

Promises: a manifest that holds names exactly its files; names are plain, each stands once; unknown keys are errors.
Leaves out: whether the files are as it says (`adapters.files_taking`).

    {"v": 1, "as_of": "2026-11-22T05:00:00+07:00", "files": [
        {"name": "people.csv", "table": "data", "format": "csv", "length": 4711, "sha256": "…64 hex digits…"}]}
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Final, Literal

from pydantic import AfterValidator, BeforeValidator, Field, ValidationError, model_validator

from adapters.files_disk import FILE_NAME, FileRuleError
from adapters.operation import Strict
from schemas.json import JsonError, read

SUFFIX: Final = ".manifest.json"
MAX_BYTES: Final = 256 * 1024
MAX_FILES: Final = 64
_YEARS: Final = range(1900, 9999)
Format = Literal["json", "jsonl", "csv", "xml"]


def _plain_name(name: str) -> str:
    if not FILE_NAME.match(name) or name.endswith(SUFFIX):
        raise ValueError("a plain file name")
    return name


def _moment(value: object) -> object:
    return datetime.fromisoformat(value) if isinstance(value, str) else value


def _zoned(value: datetime) -> datetime:
    """A moment with its zone, of a year with four digits, so that it is one in UTC too and sorts by its text."""
    if value.tzinfo is None or value.year not in _YEARS:
        raise ValueError("a moment names its zone, and a year of ours")
    return value


class Entry(Strict):
    """One file."""

    name: Annotated[str, AfterValidator(_plain_name)]
    table: str = Field(default="data", pattern=r"^[A-Za-z0-9_-]{1,64}$")
    format: Format
    length: int = Field(ge=0)
    sha256: str = Field(pattern=r"^[0-9A-Fa-f]{64}$")


class Manifest(Strict):
    """One set of files. `in_reply_to` and `code` belong to answers: the question's digest, the system's own code."""

    v: Literal[1]
    as_of: Annotated[datetime, BeforeValidator(_moment), AfterValidator(_zoned)] | None = None
    in_reply_to: str | None = Field(default=None, pattern=r"^[0-9A-Fa-f]{64}$")
    code: str | None = Field(default=None, pattern=r"^[A-Za-z0-9._:-]{1,32}$")
    files: Annotated[tuple[Entry, ...], BeforeValidator(lambda v: tuple(v) if isinstance(v, list) else v)] = Field(
        default=(), max_length=MAX_FILES
    )

    @model_validator(mode="after")
    def _each_once(self) -> Manifest:
        if len({entry.name for entry in self.files}) != len(self.files):
            raise ValueError("a file stands twice")
        if len({entry.table for entry in self.files}) != len(self.files):
            raise ValueError("a table stands twice")
        return self


def read_manifest(data: bytes) -> Manifest:
    """Read one; a byte order mark, as Windows tools write it, is passed over.

    Raises:
        FileRuleError: `not-json` (perhaps it is still being written), or `manifest` at the key that is wrong.
    """
    try:
        value = read(data.removeprefix(b"\xef\xbb\xbf"))
    except JsonError as error:
        raise FileRuleError("not-json", f"line {error.line}") from None
    try:
        return Manifest.model_validate(value)
    except ValidationError as error:
        known = {*Manifest.model_fields, *Entry.model_fields}
        place = error.errors()[0]["loc"]
        shown = ".".join(str(part) for part in place if isinstance(part, int) or part in known)
        raise FileRuleError("manifest", shown) from None
