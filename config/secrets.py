"""Secrets are files: this reads one and refuses a file that others could have read or changed.

Promises: a regular file of at most 64 KiB, owned by root or by this process' user, closed to others; group may
read it (that is how service managers hand secrets over) but never write it.
Leaves out: what is in it. Nothing here ever puts a byte of it into an error.
"""

import os
import stat
from pathlib import Path

MAX_SECRET_BYTES = 65_536
FORBIDDEN_MODE = stat.S_IWGRP | stat.S_IXGRP | stat.S_IRWXO


class SecretError(Exception):
    """A secret file is missing, open to others, too large or empty. ``rule`` names which."""

    def __init__(self, path: Path, rule: str, sentence: str) -> None:
        self.path = path
        self.rule = rule
        super().__init__(f"{path}: {sentence} [{rule}]")


def read_secret(path: Path) -> bytes:
    """The bytes of a secret file, a trailing line end removed.

    Raises:
        SecretError: with the rule that the file breaks and how to mend it.
    """
    try:
        # Non-blocking: a named pipe must not hold the start up.
        with open(path, "rb", opener=lambda name, flags: os.open(name, flags | os.O_NONBLOCK)) as file:
            _check(path, os.fstat(file.fileno()))
            data = file.read(MAX_SECRET_BYTES + 1)
    except FileNotFoundError:
        raise SecretError(path, "secret-missing", "there is no such file") from None
    except OSError as error:
        raise SecretError(path, "secret-unreadable", error.strerror or "it cannot be opened") from None
    if not data.strip():
        raise SecretError(path, "secret-empty", "the file is empty")
    return data.removesuffix(b"\n").removesuffix(b"\r")


def write_secret(path: Path, data: bytes) -> None:
    """Create a secret file that only this user can read.

    Raises:
        FileExistsError: a secret is never overwritten.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(descriptor)


def _check(path: Path, found: os.stat_result) -> None:
    if not stat.S_ISREG(found.st_mode):
        raise SecretError(path, "secret-no-file", "it is no regular file")
    if found.st_uid not in {0, os.geteuid()}:
        raise SecretError(path, "secret-owner", "it belongs to another user: chown it to this one or to root")
    if found.st_mode & FORBIDDEN_MODE:
        raise SecretError(path, "secret-mode", "others may read or change it: chmod 600 it")
    if found.st_size > MAX_SECRET_BYTES:
        raise SecretError(path, "secret-large", f"it is over {MAX_SECRET_BYTES} bytes")


def replace_secret(path: Path, data: bytes) -> None:
    """Put new content into a secret file in one step: readers see the old or the new, never a half."""
    fresh = path.with_name(f".{path.name}.{os.getpid()}.new")
    write_secret(fresh, data)
    fresh.replace(path)
