"""What the authority issued: one JSON line per certificate, each bound to the one before it by SHA-256.

Promises: a certificate leaves only after its line is on the disk; a line that was altered, taken out or put in is found
when the journal is opened; the answer to a request that comes twice is the certificate that it got.
Leaves out: revocation, and the registry, which makes certificates known.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import Final

import msgspec

MAX_LINE_BYTES: Final = 65_536
_START: Final = sha256(b"").hexdigest()


class JournalError(Exception):
    """The journal is not the one that was written; the message names the line."""


class Issued(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One line.

    Attributes:
        number: from 1.
        at: when it was issued.
        agency: for whom.
        request: id of the request.
        replaces: thumbprint of the certificate that it was asked with.
        x5t: thumbprint of the new one.
        not_after: when that one ends.
        certificate: DER.
        previous: SHA-256 of the line before, hex.
    """

    number: int
    at: str
    agency: str
    request: str
    replaces: str
    x5t: str
    not_after: str
    certificate: bytes
    previous: str


class Journal:
    """One file, one writer."""

    def __init__(self, file: Path) -> None:
        """Open or begin a journal.

        Raises:
            JournalError: it was altered.
            OSError: it cannot be read.
        """
        self._file = file
        self._lines: list[Issued] = []
        self._last = _START
        for line in _lines(file):
            self._lines.append(self._read(line))
            self._last = sha256(line).hexdigest()

    @property
    def lines(self) -> tuple[Issued, ...]:
        """Everything that was issued, the oldest first."""
        return tuple(self._lines)

    def of_request(self, request: str) -> Issued | None:
        """What a request got."""
        return next((one for one in self._lines if one.request == request), None)

    def renewals_of(self, x5t: str) -> int:
        """How many certificates were asked for with this one."""
        return sum(one.replaces == x5t for one in self._lines)

    def append(self, one: Issued) -> Issued:
        """Write a line; when this returns it survives power loss."""
        kept = msgspec.structs.replace(one, number=len(self._lines) + 1, previous=self._last)
        line = msgspec.json.encode(kept)
        self._file.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(self._file, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)
        with os.fdopen(descriptor, "ab") as file:
            file.write(line + b"\n")
            file.flush()
            os.fsync(file.fileno())
        self._lines.append(kept)
        self._last = sha256(line).hexdigest()
        return kept

    def _read(self, line: bytes) -> Issued:
        number = len(self._lines) + 1
        try:
            one = msgspec.json.decode(line, type=Issued)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise JournalError(f"{self._file}: line {number} is none of ours") from error
        if (one.number, one.previous) != (number, self._last):
            raise JournalError(f"{self._file}: line {number} does not follow the one before it")
        return one


def _lines(file: Path) -> Iterator[bytes]:
    if file.exists():
        with file.open("rb") as opened:
            while line := opened.readline(MAX_LINE_BYTES):
                yield line.removesuffix(b"\n")
