"""Folders that two sides write into: reading without being led astray, moving without losing.

Promises: a name is one plain name, never a path; a symlink, FIFO, device, folder or a file with a second name is never
read; no read goes past its cap; a move never overwrites; when `write` and `move` return, what they did survives power
loss. Every folder is held open, so that swapping a path later leads nowhere.
Leaves out: which file belongs where (`adapters.files_taking`), and network file systems that lie about rename.
Source: POSIX.1-2017, rename() and openat().
"""

from __future__ import annotations

import errno
import os
import re
import shutil
import stat
from contextlib import suppress
from typing import TYPE_CHECKING, Final, Self

from adapters.port import DeclarationError

if TYPE_CHECKING:
    from pathlib import Path

FILE_NAME: Final = re.compile(r"^(?!.*\.\.)[A-Za-z0-9][A-Za-z0-9._-]{0,99}\Z")
_FOLDER: Final = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_READ: Final = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
_FRESH: Final = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
_NO_FILE: Final = frozenset({errno.ELOOP, errno.EMLINK, errno.ENXIO})
"""A symlink, a socket or a pipe that nobody serves."""


class FileRuleError(Exception):
    """A file or a set of files broke a rule. `rule` is a fixed word, `at` a place, never a value."""

    def __init__(self, rule: str, at: str = "") -> None:
        super().__init__(f"{rule} at {at}" if at else rule)
        self.rule = rule
        self.at = at


class Folder:
    """One folder, held open until `close`."""

    def __init__(self, fd: int, name: str) -> None:
        self._fd = fd
        self.name = name

    @classmethod
    def at(cls, path: Path) -> Folder:
        """Open a folder by the path that the settings give, wherever its symlinks lead.

        Raises:
            OSError: it is not there, or is no folder.
        """
        return cls(os.open(path.resolve(), _FOLDER), path.name)

    def inside(self, name: str, *, make: bool = False, mode: int = 0o700) -> Folder:
        """Open a folder in this one; `make` creates it, durably, where it is missing."""
        if make and self.looked_at(name) is None:
            os.mkdir(name, mode, dir_fd=self._fd)
            self.sync()
        return Folder(os.open(name, _FOLDER, dir_fd=self._fd), name)

    def close(self) -> None:
        """Let go of the folder."""
        os.close(self._fd)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def names(self) -> list[str]:
        """What is in it, sorted, dot files left out."""
        return sorted(name for name in os.listdir(self._fd) if not name.startswith("."))  # noqa: PTH208 - a descriptor has no Path

    def looked_at(self, name: str) -> os.stat_result | None:
        """What stands under a name, itself and not what it leads to; None when nothing does."""
        try:
            return os.stat(name, dir_fd=self._fd, follow_symlinks=False)
        except FileNotFoundError:
            return None

    def read(self, name: str, max_bytes: int) -> bytes:
        """The whole of one regular file.

        Raises:
            FileRuleError: `no-such-file`, `not-a-file`, `not-readable`, `second-name` or `too-large`, at the name.
            OSError: it cannot be read just now.
        """
        try:
            descriptor = os.open(name, _READ, dir_fd=self._fd)
        except FileNotFoundError:
            raise FileRuleError("no-such-file", name) from None
        except PermissionError:
            raise FileRuleError("not-readable", name) from None
        except OSError as error:
            if error.errno in _NO_FILE:
                raise FileRuleError("not-a-file", name) from None
            raise
        found = os.fstat(descriptor)
        if not stat.S_ISREG(found.st_mode):  # before fdopen, which stumbles over folders
            os.close(descriptor)
            raise FileRuleError("not-a-file", name)
        with os.fdopen(descriptor, "rb") as file:
            if found.st_nlink != 1:
                raise FileRuleError("second-name", name)
            data = file.read(max_bytes + 1)
        if len(data) > max_bytes:
            raise FileRuleError("too-large", name)
        return data

    def write(self, name: str, data: bytes, mode: int = 0o600) -> None:
        """Write a file of ours, whole and durable: written beside, then put in place."""
        beside = f".{name}.new"
        self.remove(beside)  # of ours, from before a crash; or planted there, where others may write
        descriptor = os.open(beside, _FRESH, mode, dir_fd=self._fd)
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(descriptor)
        os.rename(beside, name, src_dir_fd=self._fd, dst_dir_fd=self._fd)
        self.sync()

    def move(self, name: str, to: Folder, new_name: str | None = None) -> None:
        """Move a file or folder, durably; only one mover of a name succeeds.

        Raises:
            FileNotFoundError: it is gone, somebody else moved it.
            FileExistsError: the new name is taken; nothing was moved.
        """
        target = new_name or name
        if to.looked_at(target) is not None:
            raise FileExistsError(target)
        os.rename(name, target, src_dir_fd=self._fd, dst_dir_fd=to._fd)
        to.sync()
        self.sync()

    def remove(self, name: str) -> None:
        """Remove a file, or a folder with all that is in it; gone already is as good."""
        found = self.looked_at(name)
        if found is None:
            return
        if stat.S_ISDIR(found.st_mode):
            with suppress(FileNotFoundError):
                shutil.rmtree(name, dir_fd=self._fd)
        else:
            with suppress(FileNotFoundError):
                os.unlink(name, dir_fd=self._fd)

    def sync(self) -> None:
        """Make what was renamed here survive power loss."""
        os.fsync(self._fd)

    def device(self) -> int:
        """Which file system it is on: rename is atomic within one only."""
        return os.fstat(self._fd).st_dev


def must_share_a_file_system(*folders: Folder) -> None:
    """Refuse folders between which nothing can be renamed.

    Raises:
        DeclarationError: one of them is a mount of its own.
    """
    first = folders[0]
    for other in folders[1:]:
        if other.device() != first.device():
            raise DeclarationError(f"folder: {first.name} and {other.name} are on different file systems [rename]")
