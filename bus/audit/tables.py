"""The search tables, one set for SQLite and PostgreSQL. A change here needs a migration beside it.

Promises: nothing here that entries and details could not give again; people stand as pseudonyms only.
Leaves out: the ledger's own tables (`bus.storage.tables`), beside which these live in a store of their own.
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
    SmallInteger,
    String,
    Table,
)

from bus.storage.formats import Format

METADATA: Final = MetaData()
_INDEX: Final = BigInteger().with_variant(Integer, "sqlite")

STATE: Final = Table(
    "index_state",
    METADATA,
    Column("id", Integer, CheckConstraint("id = 1"), primary_key=True, autoincrement=False),
    Column("next", BigInteger, nullable=False),
)

RECORDS: Final = Table(
    "records",
    METADATA,
    Column("idx", _INDEX, primary_key=True, autoincrement=False),
    Column("time_ms", BigInteger, nullable=False),
    Column("type", SmallInteger, nullable=False),
    Column("consumer", String(10)),
    Column("provider", String(10)),
    Column("service", String(100)),
    Column("purpose", String(40)),
    Column("outcome", String(20)),
    Column("code", SmallInteger),
    Column("validated", Boolean),
    Column("asked", BigInteger),
    Column("latency_ms", BigInteger),
    Column("basis", String(120)),
    Column("procedure", String(80)),
    Column("dossier", String(80)),
    Column("officer", LargeBinary),
    Column("erased", Boolean, nullable=False),
)
"""One row per leaf. An outcome has basis, procedure, dossier and officer from the asked that it settles."""

TIME: Final = Index("records_time", RECORDS.c.time_ms, RECORDS.c.idx)
SEARCHED: Final = (
    "dossier",
    "officer",
    "procedure",
    "service",
    "consumer",
    "provider",
    "code",
    "outcome",
    "basis",
    "purpose",
)
"""Columns with an index of their own, the most telling first: a search goes by the first one that it names."""
for _name in SEARCHED:
    _filled = RECORDS.c[_name].is_not(None)
    Index(
        f"records_{_name}",
        RECORDS.c[_name],
        RECORDS.c.time_ms,
        RECORDS.c.idx,
        sqlite_where=_filled,
        postgresql_where=_filled,
    )
PAIRS: Final = {"service": "outcome"}
"""Columns whose index has a second one behind: what failed at a service is one in thirty of its records."""
_ENDED: Final = RECORDS.c.outcome.is_not(None)
Index(
    "records_service_outcome",
    RECORDS.c.service,
    RECORDS.c.outcome,
    RECORDS.c.time_ms,
    RECORDS.c.idx,
    sqlite_where=_ENDED,
    postgresql_where=_ENDED,
)
_PAIRED: Final = RECORDS.c.asked.is_not(None)
Index("records_asked", RECORDS.c.asked, sqlite_where=_PAIRED, postgresql_where=_PAIRED)

SUBJECTS: Final = Table(
    "subjects",
    METADATA,
    Column("pseudonym", LargeBinary, primary_key=True),
    Column("time_ms", BigInteger, primary_key=True),
    Column("idx", BigInteger, primary_key=True),
    Column("source", BigInteger, primary_key=True),
    sqlite_with_rowid=False,
)
"""Whom a record is about; `source` is the record whose details said so (an outcome has its asked's people too)."""
Index("subjects_source", SUBJECTS.c.source)

OVERRIDES: Final = Table(
    "overrides",
    METADATA,
    Column("idx", BigInteger, primary_key=True),
    Column("place", SmallInteger, primary_key=True),
    Column("field", String(80), nullable=False),
    Column("reason", String(40), nullable=False),
)

INDEX: Final = Format("index", METADATA)
