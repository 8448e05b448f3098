"""The guard file: the last (size, root) signed, kept where no backup of the ledger reaches.

Promises: it is durable before a checkpoint leaves, and only ever rises. A ledger restored from an old backup is found
out before it can sign a second history.
Leaves out: who is right when guard and store disagree; the operator decides, the program refuses.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from bus.ledger.port import Head, LedgerError
from schemas.text import b64url_decode, b64url_encode

if TYPE_CHECKING:
    from typing import Self


class GuardError(LedgerError):
    """The guard forbids: the ledger would sign lower than, or against, what it has signed."""


class MissingGuardError(GuardError):
    """There is no guard file; a ledger that has one at its creation never serves without it."""


class _File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    origin: str
    size: int
    root: str


class Guard:
    """The guard of one origin.

    Args:
        path: a file on a disk that lives through a restore of the ledger.
        origin: the ledger's origin; a guard of another is refused.
    """

    def __init__(self, path: Path, origin: str) -> None:
        self._path = path
        self._origin = origin

    @classmethod
    def create(cls, path: Path, origin: str, head: Head) -> Self:
        """Write the first guard.

        Raises:
            GuardError: there is a guard file already.
        """
        if path.exists():
            raise GuardError(f"guard: {path} is there already")
        guard = cls(path, origin)
        guard._replace(head)
        return guard

    def read(self) -> Head:
        """What was signed last.

        Raises:
            MissingGuardError: there is no file.
            GuardError: it is not readable as a guard of this origin.
        """
        try:
            data = self._path.read_bytes()
        except FileNotFoundError as error:
            raise MissingGuardError(f"guard: no file at {self._path}") from error
        except OSError as error:
            raise GuardError(f"guard: {self._path} cannot be read ({type(error).__name__})") from error
        try:
            found = msgspec.json.decode(data, type=_File)
            head = Head(found.size, b64url_decode(found.root))
        except ValueError as error:
            raise GuardError(f"guard: {self._path} is no guard file") from error
        if found.origin != self._origin:
            raise GuardError(f"guard: {self._path} guards another origin")
        return head

    def advance(self, last: Head, new: Head) -> None:
        """Write `new` if `last` is what stands; durable when this returns.

        Raises:
            GuardError: something else was signed meanwhile, or `new` is not above `last`, or the disk failed.
        """
        if self.read() != last:
            raise GuardError("guard: another process signed for this origin")
        if new.size <= last.size:
            raise GuardError("guard: a checkpoint never goes down or stays")
        try:
            self._replace(new)
        except OSError as error:
            raise GuardError(f"guard: {self._path} cannot be written ({type(error).__name__})") from error

    def _replace(self, head: Head) -> None:
        data = msgspec.json.encode(_File(self._origin, head.size, b64url_encode(head.root)))
        fresh = self._path.with_name(self._path.name + ".new")
        descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(self._path)
        _sync_folder(self._path.parent)


def _sync_folder(folder: Path) -> None:
    """Make a rename durable."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
