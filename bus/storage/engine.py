"""SQLAlchemy engines set up for durability, one function per database.

Promises: a commit on these engines has reached the disk (SQLite: WAL with synchronous=FULL; PostgreSQL:
synchronous_commit=on, whatever the server's default). On SQLite a transaction opened by `writing` takes the write
lock at its start, so it never fails half-way for another's lock.
Leaves out: tables and formats.
"""

from __future__ import annotations

from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.exc import SQLAlchemyError

from bus.storage.port import MissingStoreError, StoreError

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterator

    from psycopg import Connection as PostgresConnection
    from sqlalchemy.pool import ConnectionPoolEntry

BUSY_TIMEOUT_MS: Final = 10_000
_WRITES: Final = "lienthong_writes"


def open_engine(url: str, *, create: bool = False) -> sa.Engine:
    """An engine for `sqlite:///path` or `postgresql://…`.

    Args:
        url: where the store is.
        create: let SQLite make the file and its folder; without it a missing file is an error.

    Raises:
        MissingStoreError: there is no such file and `create` is off.
        StoreError: the URL names another kind of database.
    """
    parsed = sa.make_url(url)
    backend = parsed.get_backend_name()
    if backend == "sqlite":
        return _sqlite(parsed, create=create)
    if backend == "postgresql":
        return _postgresql(parsed)
    raise StoreError(f"storage: {backend!r} is neither sqlite nor postgresql")


def sqlite_file(engine: sa.Engine) -> Path | None:
    """The database file of a SQLite engine; None for PostgreSQL."""
    if engine.dialect.name != "sqlite" or not engine.url.database:
        return None
    return Path(engine.url.database)


@contextmanager
def writing(connection: sa.Connection) -> Iterator[sa.Connection]:
    """One write transaction: committed at the end, rolled back on any error.

    Raises:
        StoreError: the engine failed (disk full, input/output, connection lost); the cause is chained.
    """
    with as_store_errors(connection.engine):
        connection.execution_options(**{_WRITES: True})
        with connection.begin():
            yield connection


@contextmanager
def as_store_errors(engine: sa.Engine) -> Iterator[None]:
    """Turn the database's errors into `StoreError`, without their text: it quotes the values bound."""
    driver_error: type[Exception] = engine.dialect.loaded_dbapi.Error
    try:
        yield
    except (SQLAlchemyError, driver_error) as error:
        cause = getattr(error, "orig", None) or error
        raise StoreError(f"storage: {type(cause).__name__}") from error


def _sqlite(url: sa.URL, *, create: bool) -> sa.Engine:
    if not url.database:
        raise StoreError("storage: a SQLite store is a file")
    if not create and not Path(url.database).is_file():
        raise MissingStoreError(f"storage: no store at {url.database}; create it first")
    if create:
        Path(url.database).parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        Path(url.database).touch(mode=0o600)
    engine = sa.create_engine(
        url,
        hide_parameters=True,
        connect_args={"isolation_level": None, "check_same_thread": False},
    )
    event.listen(engine, "connect", _set_up_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _set_up_sqlite(connection: sqlite3.Connection, _entry: ConnectionPoolEntry) -> None:
    for pragma in (
        f"busy_timeout={BUSY_TIMEOUT_MS}",
        "journal_mode=WAL",
        "synchronous=FULL",
        "fullfsync=ON",  # macOS: fsync alone stops at the drive's cache
        "secure_delete=ON",  # erased details are overwritten, not only unlinked
    ):
        connection.execute(f"PRAGMA {pragma}")


def _begin_sqlite(connection: sa.Connection) -> None:
    writes = connection.get_execution_options().get(_WRITES)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def _postgresql(url: sa.URL) -> sa.Engine:
    engine = sa.create_engine(url.set(drivername="postgresql+psycopg"), hide_parameters=True, paramstyle="format")
    event.listen(engine, "connect", _set_up_postgresql)
    return engine


def _set_up_postgresql(connection: PostgresConnection, _entry: ConnectionPoolEntry) -> None:
    connection.execute("SET synchronous_commit = on")
    connection.commit()
