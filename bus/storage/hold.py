"""Holding a store alone: a lock that ends with its process, however that ends.

Promises: of two living processes only one holds a store. The lock is a convenience that names the culprit at once;
what keeps the record safe is the term, which every append checks (a file system may lie about locks).
"""

from __future__ import annotations

import fcntl
import os
from typing import TYPE_CHECKING

import sqlalchemy as sa

from bus.storage.engine import as_store_errors, sqlite_file
from bus.storage.port import StoreHeldError

if TYPE_CHECKING:
    from pathlib import Path


class Hold:
    """The lock on one store, not yet taken."""

    def __init__(self) -> None:
        self._descriptor: int | None = None

    def take(self, connection: sa.Connection, name: str) -> None:
        """Take the lock, for as long as this object and `connection` are open.

        Raises:
            StoreHeldError: a living process has it.
        """
        path = sqlite_file(connection.engine)
        if path is None:
            _take_advisory(connection, name)
        else:
            self._take_file(path.with_name(path.name + ".hold"))

    def _take_file(self, path: Path) -> None:
        if self._descriptor is not None:
            return
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            os.close(descriptor)
            raise StoreHeldError(f"storage: another process serves this store ({path})") from error
        self._descriptor = descriptor

    def release(self) -> None:
        """Let go; an advisory lock of PostgreSQL goes with its connection."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None


def _take_advisory(connection: sa.Connection, name: str) -> None:
    key = sa.func.hashtextextended(sa.func.current_schema() + f" {name}", 0)
    with as_store_errors(connection.engine), connection.begin():
        if not connection.scalar(sa.select(sa.func.pg_try_advisory_lock(key))):
            raise StoreHeldError("storage: another process serves this store (PostgreSQL advisory lock)")
