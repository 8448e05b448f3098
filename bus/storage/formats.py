"""Format versions: which one a store has, and the one way from an older to the newest.

Promises: nothing opens a store whose format this program does not know; nothing upgrades a store unasked or without a
backup; creating a store never touches an existing one. A migration is one transaction.
Leaves out: going back. An older program refuses a newer store; restore the backup.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

import sqlalchemy as sa
from alembic.config import Config
from alembic.runtime.environment import EnvironmentContext
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory

from bus.storage.engine import as_store_errors, sqlite_file, writing
from bus.storage.port import FormatVersionError, MissingStoreError, StoreError, StoreExistsError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from alembic.runtime.migration import MigrationStep

_MIGRATIONS: Final = Path(__file__).parent / "migrations"


@dataclass(frozen=True, slots=True)
class Format:
    """One kind of store: its tables and the folder of its migrations."""

    name: str
    metadata: sa.MetaData

    @property
    def version_table(self) -> str:
        """The table that holds the format version, so that kinds may share a database."""
        return f"{self.name}_format"

    def script(self) -> ScriptDirectory:
        """The migrations, oldest to newest."""
        config = Config()
        config.set_main_option("script_location", str(_MIGRATIONS / self.name).replace("%", "%%"))
        config.set_main_option("path_separator", "os")
        return ScriptDirectory.from_config(config)

    def newest(self) -> int:
        """The format version that this program reads and writes."""
        return int(self.script().get_current_head() or "0")


def stored_version(connection: sa.Connection, kind: Format) -> int:
    """The store's format version; 0 where there is no store."""
    with as_store_errors(connection.engine):
        context = MigrationContext.configure(connection, opts={"version_table": kind.version_table})
        return int(context.get_current_revision() or "0")


def require_current(engine: sa.Engine, kind: Format) -> None:
    """Pass only a store of the newest known format.

    Raises:
        MissingStoreError: there is no such store.
        FormatVersionError: newer than this program, or older and waiting for `migrate`.
    """
    with as_store_errors(engine), engine.connect() as connection:
        stored = stored_version(connection, kind)
    newest = kind.newest()
    if stored == 0:
        raise MissingStoreError(f"storage: no {kind.name} store here; create it first")
    if stored > newest:
        raise FormatVersionError(
            f"storage: the {kind.name} store has format {stored}, this program knows {newest}: use the newer program"
        )
    if stored < newest:
        raise FormatVersionError(
            f"storage: the {kind.name} store has format {stored}, this program needs {newest}: run `lienthong migrate`"
        )


def create(engine: sa.Engine, kind: Format, *rows: sa.Insert) -> None:
    """Create the tables of the newest format with their first rows, whole or not at all.

    Raises:
        StoreExistsError: there is a store already.
    """
    with engine.connect() as connection, writing(connection):
        if stored_version(connection, kind):
            raise StoreExistsError(f"storage: a {kind.name} store is here already")
        _upgrade(connection, kind)
        for row in rows:
            connection.execute(row)


def migrate(engine: sa.Engine, kind: Format, *, backup: Path | None) -> tuple[int, int]:
    """Bring an older store to the newest format; returns both versions.

    Args:
        engine: where the store is; nobody may be serving it.
        kind: its kind.
        backup: where SQLite's copy goes first, a file that does not exist yet. PostgreSQL is backed up by its own
            tools before: there None says that this was done.

    Raises:
        StoreError: a SQLite store without a place for the backup, or a place already taken.
    """
    with engine.connect() as connection:
        stored, newest = stored_version(connection, kind), kind.newest()
        if stored == 0 or stored > newest:
            connection.rollback()
            require_current(engine, kind)
        if stored == newest:
            return stored, newest
        connection.rollback()
        if sqlite_file(engine) is not None:
            _back_up(connection, backup)
        with writing(connection):
            _upgrade(connection, kind)
    return stored, newest


def _back_up(connection: sa.Connection, backup: Path | None) -> None:
    if backup is None or backup.exists():
        raise StoreError("storage: a migration needs a new file for the backup")
    driver = connection.connection.driver_connection
    if driver is None:
        raise StoreError("storage: no connection to back up from")
    with as_store_errors(connection.engine):
        driver.execute("VACUUM INTO ?", (str(backup),))
    backup.chmod(0o600)


def _upgrade(connection: sa.Connection, kind: Format) -> None:
    script = kind.script()

    def steps(revision: str, _context: MigrationContext) -> Iterable[MigrationStep]:
        return script._upgrade_revs("head", revision)  # noqa: SLF001 - what alembic's own `upgrade` command calls

    with EnvironmentContext(Config(), script, fn=steps) as environment:
        environment.configure(
            connection=connection,
            target_metadata=kind.metadata,
            version_table=kind.version_table,
            transactional_ddl=True,
        )
        environment.run_migrations()
