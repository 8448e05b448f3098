"""The concrete stores, named in one place."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bus.storage.sql import SqlStore, create_store

if TYPE_CHECKING:
    from bus.storage.port import Store


def open_store(url: str) -> Store:
    """Open an existing ledger store: `sqlite:///path` or `postgresql://…`.

    Raises:
        MissingStoreError: there is none; creating one is a separate command (`create_store`).
        FormatVersionError: its format is not this program's.
    """
    return SqlStore(url)


__all__ = ["create_store", "open_store"]
