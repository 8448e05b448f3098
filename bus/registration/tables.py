"""Tables of registered schemas, one set for SQLite and PostgreSQL. A change here needs a migration beside it.

Promises: a schema's row is never changed or deleted, so an id means the same for ever; versions come, are marked as
deleted, and go. Leaves out: settings' meaning (`registry.registered.settings`).
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
)

from bus.storage.formats import Format

METADATA: Final = MetaData()
_SEQUENCE: Final = BigInteger().with_variant(Integer, "sqlite")

STATE: Final = Table(
    "registration_state",
    METADATA,
    Column("id", Integer, CheckConstraint("id = 1"), primary_key=True, autoincrement=False),
    Column("generation", BigInteger, nullable=False),
)
"""`generation` rises with each hard deletion: what was kept of ids in memory is looked up again."""

CONTEXTS: Final = Table(
    "contexts",
    METADATA,
    Column("context", String(100), primary_key=True),
    Column("next_id", BigInteger, nullable=False),
    Column("listed", Boolean, nullable=False),
)

SCHEMAS: Final = Table(
    "schemas",
    METADATA,
    Column("context", String(100), primary_key=True),
    Column("id", BigInteger, primary_key=True),
    Column("guid", String(36), nullable=False),
    Column("type", String(10), nullable=False),
    Column("whole", String(64), nullable=False),
    Column("text_digest", String(64), nullable=False),
    Column("canonical_digest", String(64), nullable=False),
    Column("text", Text, nullable=False),
    Column("refs", LargeBinary, nullable=False),
    Column("metadata", LargeBinary, nullable=False),
    Column("rules", LargeBinary, nullable=False),
)
Index("schemas_guid", SCHEMAS.c.guid)
Index("schemas_whole", SCHEMAS.c.context, SCHEMAS.c.whole, SCHEMAS.c.id)

VERSIONS: Final = Table(
    "versions",
    METADATA,
    Column("context", String(100), primary_key=True),
    Column("subject", String(255), primary_key=True),
    Column("version", Integer, primary_key=True),
    Column("id", BigInteger, nullable=False),
    Column("deleted", Boolean, nullable=False),
    Column("time_ms", BigInteger, nullable=False),
)
Index("versions_id", VERSIONS.c.context, VERSIONS.c.id)

REFERENCES: Final = Table(
    "schema_references",
    METADATA,
    Column("context", String(100), primary_key=True),
    Column("id", BigInteger, primary_key=True),
    Column("place", Integer, primary_key=True),
    Column("to_context", String(100), nullable=False),
    Column("to_subject", String(255), nullable=False),
    Column("to_version", Integer, nullable=False),
)
Index("schema_referenced", REFERENCES.c.to_context, REFERENCES.c.to_subject, REFERENCES.c.to_version)

SETTINGS: Final = Table(
    "settings",
    METADATA,
    Column("context", String(100), primary_key=True),
    Column("subject", String(255), primary_key=True),
    Column("config", LargeBinary),
    Column("mode", String(20)),
)
"""An empty subject is its context's; an empty context is the whole's."""

CHANGES: Final = Table(
    "changes",
    METADATA,
    Column("seq", _SEQUENCE, primary_key=True, autoincrement=True),
    Column("time_ms", BigInteger, nullable=False),
    Column("actor", String(80), nullable=False),
    Column("agency", String(10)),
    Column("kind", String(20), nullable=False),
    Column("subject", String(400), nullable=False),
    Column("version", Integer),
    Column("schema_id", BigInteger),
    Column("detail", LargeBinary, nullable=False),
    Column("record", BigInteger),
)
"""Every change, only ever inserted; `record` is set once: where it stands in the ledger."""
_WAITING: Final = CHANGES.c.record.is_(None)
Index("changes_waiting", CHANGES.c.seq, sqlite_where=_WAITING, postgresql_where=_WAITING)

NAMED: Final = Table(
    "named_by_records",
    METADATA,
    Column("name", String(100), primary_key=True),
)
"""Schema versions (`subject@version`) that a record in the ledger names."""

NAMED_STATE: Final = Table(
    "named_by_records_state",
    METADATA,
    Column("id", Integer, CheckConstraint("id = 1"), primary_key=True, autoincrement=False),
    Column("next", BigInteger, nullable=False),
)
"""Records below `next` have been read."""

REGISTRATION: Final = Format("registration", METADATA)
