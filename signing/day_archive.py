"""A day's archive of checkpoints: what a log published on one day, with its evidence, as one file for decades.

Promises: `write` and `read` agree to the byte; the same day gives the same file; whatever is in it can be judged with
this file and the reader's own keys alone (`signing.day_examine`), or with public tools: notes, tokens and paths are
files of their own. Leaves out: gathering (`bus.ledger.archives`), judging, records and who may read them.

Sources: docs/transparency.md §8; c2sp.org/tlog-checkpoint; RFC 3161 (tokens); RFC 9162 §2.1.4 (consistency paths).
"""

from __future__ import annotations

import hashlib
import re
from base64 import b64decode, b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Final, Literal

import msgspec
from msgspec import Meta

from signing.bundle import pem
from signing.checkpoint import parse
from signing.container import pack, unpack
from signing.evidence import EvidenceError, der_from_pem
from signing.verdict import VerdictError

KIND: Final = "lienthong-day"
MANIFEST: Final = "manifest.json"
SELECTION: Final = (
    "of each quarter of an hour the last checkpoint and the last time-stamped one; the first and the last"
)
_DIGITS: Final = 19
_NOTE: Final = re.compile(r"checkpoints/([0-9]{19})\.txt", re.ASCII)


class DayArchiveError(ValueError):
    """The files are no day's archive; the message names the rule."""


@dataclass(frozen=True, slots=True)
class Stamped:
    """A published checkpoint: the signed note with its cosignatures, and the time-stamp over it where there is one."""

    note: bytes
    token: bytes | None = None

    @property
    def size(self) -> int:
        """Of its tree."""
        return parse(self.note)[0].size


@dataclass(frozen=True, slots=True)
class DayArchive:
    """What one file holds.

    Attributes:
        origin: the log.
        day: UTC; a checkpoint belongs to the day of its last record.
        checkpoints: rising in size, one at least.
        paths: one consistency path to each of them from the one before; to the first from `previous`.
        previous: the last note of the archive before this one; None in the first of all.
        previous_day: that archive's day.
        log_keys: the log's public keys as its operator knows them: an offer.
        authorities: roots of the time-stamping authorities, DER: an offer.
    """

    origin: str
    day: date
    checkpoints: tuple[Stamped, ...]
    paths: tuple[tuple[bytes, ...], ...]
    previous: bytes | None = None
    previous_day: date | None = None
    log_keys: tuple[str, ...] = ()
    authorities: tuple[bytes, ...] = ()

    @property
    def name(self) -> str:
        """Its file's name."""
        return f"archive-{self.day.isoformat()}.zip"


class _File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    name: str
    length: int
    sha256: Annotated[str, Meta(pattern=r"^[0-9a-f]{64}\Z")]


class _Manifest(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    v: Literal[1]
    kind: Literal["lienthong-day"]
    origin: str
    day: date
    selection: str
    files: tuple[_File, ...]
    log_keys: tuple[str, ...] = ()
    previous_day: date | None = None


class _Step(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    first: int
    second: int
    path: tuple[str, ...]


def write(archive: DayArchive) -> bytes:
    """The file's bytes.

    Raises:
        ContainerError: over the container's limits.
    """
    return pack(files_of(archive))


def files_of(archive: DayArchive) -> dict[str, bytes]:
    """Every file of the archive, the manifest included."""
    files: dict[str, bytes] = {}
    for one in archive.checkpoints:
        files[f"checkpoints/{one.size:0{_DIGITS}d}.txt"] = one.note
        if one.token is not None:
            files[f"checkpoints/{one.size:0{_DIGITS}d}.tst"] = one.token
    if archive.previous is not None:
        files["previous.txt"] = archive.previous
    files |= {f"authorities/{number}.pem": pem(der) for number, der in enumerate(archive.authorities, start=1)}
    files["consistency.json"] = _json(_steps(archive))
    listed = tuple(_File(name, len(files[name]), hashlib.sha256(files[name]).hexdigest()) for name in sorted(files))
    manifest = _Manifest(
        1, KIND, archive.origin, archive.day, SELECTION, listed, archive.log_keys, archive.previous_day
    )
    return files | {MANIFEST: _json(manifest)}


def read(data: bytes) -> DayArchive:
    """Read a file; passes only what `write` gives.

    Raises:
        ContainerError: not a ZIP within the limits.
        DayArchiveError: not the files of a day's archive, or packed anew.
    """
    files = unpack(data)
    manifest = _manifest(files)
    if manifest is None:
        raise DayArchiveError("archive: its manifest is missing or not of version 1")
    try:
        archive = _archive(manifest, files)
        expected = files_of(archive)
    except (KeyError, ValueError, VerdictError, EvidenceError) as error:
        raise DayArchiveError("archive: a checkpoint, a path or a certificate does not read") from error
    if expected != files or pack(files) != data:
        raise DayArchiveError("archive: it is not the one spelling of what it holds")
    return archive


def looks_like(data: bytes) -> bool:
    """Whether a ZIP means to be a day's archive.

    Raises:
        ContainerError: not a ZIP within the limits.
    """
    return _manifest(unpack(data)) is not None


def _manifest(files: Mapping[str, bytes]) -> _Manifest | None:
    try:
        return msgspec.json.decode(files.get(MANIFEST, b""), type=_Manifest)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None


def _archive(manifest: _Manifest, files: Mapping[str, bytes]) -> DayArchive:
    names = sorted(match[1] for name in files if (match := _NOTE.fullmatch(name)))
    stamped = tuple(Stamped(files[f"checkpoints/{n}.txt"], files.get(f"checkpoints/{n}.tst")) for n in names)
    steps = msgspec.json.decode(files["consistency.json"], type=tuple[_Step, ...])
    paths = tuple(tuple(b64decode(node, validate=True) for node in step.path) for step in steps)
    roots = sorted((name for name in files if name.startswith("authorities/")), key=lambda one: (len(one), one))
    if not stamped:
        raise DayArchiveError("archive: it holds no checkpoint")
    return DayArchive(
        origin=manifest.origin,
        day=manifest.day,
        checkpoints=stamped,
        paths=paths,
        previous=files.get("previous.txt"),
        previous_day=manifest.previous_day,
        log_keys=manifest.log_keys,
        authorities=tuple(der for name in roots for der in der_from_pem(files[name])),
    )


def _steps(archive: DayArchive) -> tuple[_Step, ...]:
    """From which size to which size each path leads."""
    sizes = [one.size for one in archive.checkpoints]
    before = [] if archive.previous is None else [parse(archive.previous)[0].size]
    told = [*before, *sizes]
    return tuple(
        _Step(first, second, tuple(b64encode(node).decode("ascii") for node in path))
        for first, second, path in zip(told, told[1:], archive.paths, strict=False)
    )


def _json(value: object) -> bytes:
    return msgspec.json.format(msgspec.json.encode(value), indent=2) + b"\n"
