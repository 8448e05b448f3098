"""The deletion list: what was forgotten, when and by which rule, each line chained to the one before.

Promises: a line is on the disk before its piece is gone; a line that was altered, dropped from the middle or moved is
found; no person is named, and dossiers stand by digest only. The list outlives the archive: a backup holds it, and a
restore applies the newer list that the operator kept.
Leaves out: proof against a list cut at its end by who holds it: keep the head (`archive show`) elsewhere.

    {"n": 0, "at": moment, "class": "reply", "kind": "reply", "exchange": UUID or sha256:HEX, "kept": moment,
     "digest": HEX of the piece, "prev": HEX, SHA-256 of the line before (64 zeros in the first)}
"""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Final

import msgspec

from schemas.text import moment

FILE: Final = "deletions.jsonl"
FIRST: Final = "0" * 64
_UUID: Final = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.ASCII)


class DeletionListError(Exception):
    """The list does not hold together; the message names the line."""


class Deletion(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename={"class_": "class"}):
    """One line."""

    n: int
    at: str
    class_: str
    kind: str
    exchange: str
    kept: str
    digest: str
    prev: str


class Gone(msgspec.Struct, frozen=True):
    """A piece that is about to be forgotten."""

    class_: str
    kind: str
    exchange: str
    digest: bytes
    kept_ms: int


def named(exchange: str) -> str:
    """An exchange by its number; a dossier, or whatever else is no UUID, by its digest."""
    if _UUID.fullmatch(exchange):
        return exchange
    return f"sha256:{hashlib.sha256(exchange.encode()).hexdigest()}"


def read(data: bytes) -> tuple[list[Deletion], str]:
    """The lines and the head: the digest of the last line.

    Raises:
        DeletionListError: a line is malformed, out of its place, or not chained to the one before.
    """
    lines, head = [], FIRST
    for number, raw in enumerate(data.split(b"\n")[:-1]):
        try:
            line = msgspec.json.decode(raw, type=Deletion)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise DeletionListError(f"deletions: line {number + 1} does not read") from error
        if line.n != number or line.prev != head or msgspec.json.encode(line) != raw:
            raise DeletionListError(f"deletions: line {number + 1} is not chained to the one before")
        lines.append(line)
        head = hashlib.sha256(raw).hexdigest()
    if data and not data.endswith(b"\n"):
        raise DeletionListError("deletions: the last line is cut short")
    return lines, head


def read_list(folder: Path) -> tuple[list[Deletion], str]:
    """The list in an archive's folder; empty where nothing was ever forgotten.

    Raises:
        DeletionListError: as `read`.
    """
    path = folder / FILE
    return read(path.read_bytes()) if path.exists() else ([], FIRST)


def mend(folder: Path) -> None:
    """Drop a last line that a power loss cut short: nothing was deleted under it, for lines are durable first."""
    path = folder / FILE
    if path.exists() and not (data := path.read_bytes()).endswith(b"\n"):
        os.truncate(path, data.rfind(b"\n") + 1)


def append(folder: Path, gone: Sequence[Gone], now_ms: int) -> str:
    """Write the lines, durably; returns the new head.

    Raises:
        DeletionListError: the list that is there does not hold; nothing is written.
    """
    lines, head = read_list(folder)
    with os.fdopen(os.open(folder / FILE, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600), "wb") as file:
        for raw in _lines(gone, len(lines), head, now_ms):
            file.write(raw + b"\n")
            head = hashlib.sha256(raw).hexdigest()
        file.flush()
        os.fsync(file.fileno())
    return head


def _lines(gone: Iterable[Gone], first: int, head: str, now_ms: int) -> Iterable[bytes]:
    for number, one in enumerate(gone, start=first):
        raw = msgspec.json.encode(
            Deletion(
                n=number,
                at=moment(now_ms),
                class_=one.class_,
                kind=one.kind,
                exchange=named(one.exchange),
                kept=moment(one.kept_ms),
                digest=one.digest.hex(),
                prev=head,
            )
        )
        head = hashlib.sha256(raw).hexdigest()
        yield raw
