"""Every store that a settings file or a state folder has: which format, where; the way to this program's format.

Promises: looking changes nothing; a store that is not there yet is passed over; SQLite is copied before it changes.
Leaves out: stopping whoever serves them; PostgreSQL's backups, which are its own tools'.
"""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import sqlalchemy as sa

from bus.app.audit import audit_files
from bus.app.ledger_files import ledger_at
from bus.app.prepare import State
from bus.app.schemas_process import store_url
from bus.audit.tables import INDEX
from bus.node.archive import DATABASE
from bus.registration.tables import REGISTRATION
from bus.storage import formats
from bus.storage.archive_tables import ARCHIVE
from bus.storage.engine import open_engine
from bus.storage.formats import Format
from bus.storage.port import MissingStoreError
from bus.storage.sql import LEDGER
from config.embedded import EmbeddedSettings
from config.hub import HubSettings
from config.load import kind_of, load
from config.node import NodeSettings


class StoreAt(NamedTuple):
    """One store: what it is called here, its kind, its address."""

    name: str
    kind: Format
    url: str


class Standing(NamedTuple):
    """How a store stands: its format now, this program's."""

    store: StoreAt
    stored: int
    newest: int


def stores_at(place: Path) -> list[StoreAt]:
    """The stores of a hub, a node, the embedded bus or its state folder; not all of them need to be there.

    Raises:
        NoLedgerHereError: a folder that no bus has used.
        ConfigError: the settings have mistakes.
    """
    kind = "folder" if place.is_dir() else kind_of(place)
    if kind == "node":
        agencies = load(place, NodeSettings).settings.agencies
        return [_archive(agency.id, agency.archive) for agency in agencies]
    ledger = ledger_at(place)
    found = [StoreAt("ledger", LEDGER, ledger.store_url)]
    if kind == "hub":
        hub = load(place, HubSettings).settings
        if hub.audit is not None:
            url = audit_files(hub.audit.folder, ledger, hub.audit.auditors).index_url
            found.append(StoreAt("search", INDEX, url))
        if hub.registration is not None:
            found.append(StoreAt("schemas", REGISTRATION, store_url(hub.registration.folder, ledger.store_url)))
        return found
    folder = place if kind == "folder" else load(place, EmbeddedSettings).settings.state_folder
    state = State(folder.absolute(), ledger.origin)
    archives = sorted(path for path in (state.folder / "archive").glob("a*") if path.is_dir())
    found.append(StoreAt("search", INDEX, state.audit.index_url))
    found.append(StoreAt("schemas", REGISTRATION, store_url(state.schemas, ledger.store_url)))
    return [*found, *(_archive(one.name, one) for one in archives)]


def standing(store: StoreAt) -> Standing | None:
    """A store's format; None where it is not there."""
    try:
        engine = open_engine(store.url)
    except MissingStoreError:
        return None
    try:
        with engine.connect() as connection:
            stored = formats.stored_version(connection, store.kind)
    finally:
        engine.dispose()
    return Standing(store, stored, store.kind.newest()) if stored else None


def migrate(place: Path, backups: Path | None) -> list[Standing]:
    """Bring every store here to this program's format; returns how each stood before.

    Args:
        place: as `stores_at`.
        backups: folder for copies of SQLite stores; PostgreSQL is backed up by its own tools before.

    Raises:
        StoreError: a store is served, newer than this program, or needs a folder for its backup.
    """
    found = [one for store in stores_at(place) if (one := standing(store)) is not None]
    for one in found:
        if one.stored != one.newest:
            _migrate(one.store, backups)
    return found


def _migrate(store: StoreAt, backups: Path | None) -> None:
    if backups is not None:
        backups.mkdir(parents=True, exist_ok=True, mode=0o700)
    engine: sa.Engine = open_engine(store.url)
    try:
        formats.migrate(engine, store.kind, backup=None if backups is None else backups / f"{store.name}.sqlite3")
    finally:
        engine.dispose()


def _archive(agency: str, folder: Path) -> StoreAt:
    return StoreAt(f"archive-{agency}", ARCHIVE, f"sqlite:///{folder / DATABASE}")
