"""What the repository is made of: names, roles, lifetimes, and writing files so that readers never see half of one.

Promises that ``write`` is durable and atomic. Source: TUF specification 1.0.33 §4 (formats), §6.2 (consistent
snapshots).
"""

from __future__ import annotations

import os
import tempfile
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from fcntl import LOCK_EX, flock
from pathlib import Path
from typing import TYPE_CHECKING, Final

from bus.registry.keys import DIRECTORY, REGISTRAR
from registry import sections

if TYPE_CHECKING:
    from collections.abc import Iterator

METADATA: Final = "metadata"
TARGETS: Final = "targets"
ROLE_SECTIONS: Final = {DIRECTORY: sections.DIRECTORY, REGISTRAR: sections.REGISTRAR}
MAX_SECTION_BYTES: Final = 256 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Lifetimes:
    """How long signatures hold: the offline roles long, freshness short."""

    root: timedelta = timedelta(days=730)
    targets: timedelta = timedelta(days=730)
    directory: timedelta = timedelta(days=366)
    registrar: timedelta = timedelta(days=366)
    snapshot: timedelta = timedelta(days=30)
    timestamp: timedelta = timedelta(days=1)


def target_path(section: str) -> str:
    """The section's TUF target path; its first part decides which role may sign it."""
    role = next(role for role, names in ROLE_SECTIONS.items() if section in names)
    return f"{role}/{section}.json"


def stored_path(section: str, digest: str) -> str:
    """Where the section's bytes lie in the repository: content-addressed."""
    role, _, name = target_path(section).partition("/")
    return f"{TARGETS}/{role}/{digest}.{name}"


def metadata_path(role: str, version: int | None) -> str:
    """Where a role's metadata lies; only the timestamp has no version in its name."""
    return f"{METADATA}/{role}.json" if version is None else f"{METADATA}/{version}.{role}.json"


def write(path: Path, data: bytes) -> None:
    """Replace ``path`` by ``data``; when it returns, the new content survives power loss."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=".writing-")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fchmod(file.fileno(), 0o644)
            os.fsync(file.fileno())
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
    sync(path.parent)


def sync(path: Path) -> None:
    """Make a file, or the renames inside a folder, survive power loss."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


@contextmanager
def only_writer(folder: Path) -> Iterator[None]:
    """One publisher at a time, across processes; waits for the other."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / ".lock").open("wb") as file:
        flock(file, LOCK_EX)
        yield
