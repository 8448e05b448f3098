"""The ledger's tables, one set for SQLite and PostgreSQL. A change here needs a migration beside it.

Promises: entries are only ever inserted; what changes is the head row, counts, an asked's outcome, erased details, and
under the minimum index a leaf that its hash takes the place of.
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import BigInteger, CheckConstraint, Column, Index, Integer, LargeBinary, MetaData, String, Table

METADATA: Final = MetaData()
_INDEX: Final = BigInteger().with_variant(Integer, "sqlite")
"""SQLite's INTEGER PRIMARY KEY is the row's own address: appends touch the last page only."""

HEAD: Final = Table(
    "head",
    METADATA,
    Column("id", _INDEX, CheckConstraint("id = 1"), primary_key=True, autoincrement=False),
    Column("origin", String(255), nullable=False),
    Column("size", BigInteger, nullable=False),
    Column("term", BigInteger, nullable=False),
    Column("frontier", LargeBinary, nullable=False),
    Column("minimum", BigInteger, nullable=False, server_default="0"),
)

ENTRIES: Final = Table(
    "entries",
    METADATA,
    Column("idx", _INDEX, primary_key=True, autoincrement=False),
    Column("leaf", LargeBinary, nullable=False),  # empty once pruned: `hash` stands for it then
    Column("hash", LargeBinary, nullable=True),
)

DETAILS: Final = Table(
    "details",
    METADATA,
    Column("idx", _INDEX, primary_key=True, autoincrement=False),
    Column("sealed", LargeBinary, nullable=True),
)

UNIQUE: Final = Table(
    "unique_keys",
    METADATA,
    Column("key", LargeBinary, primary_key=True),
    Column("idx", BigInteger, nullable=False),
    sqlite_with_rowid=False,
)

ASKED: Final = Table(
    "asked",
    METADATA,
    Column("idx", _INDEX, primary_key=True, autoincrement=False),
    Column("deadline_ms", BigInteger, nullable=False),
    Column("settled_by", BigInteger, nullable=True),
)
_OPEN: Final = ASKED.c.settled_by.is_(None)
OPEN_ASKED: Final = Index("open_asked", ASKED.c.deadline_ms, ASKED.c.idx, sqlite_where=_OPEN, postgresql_where=_OPEN)

QUOTAS: Final = Table(
    "quotas",
    METADATA,
    Column("bucket", String(200), primary_key=True),
    Column("count", BigInteger, nullable=False),
    Column("touched_ms", BigInteger, nullable=False),
    sqlite_with_rowid=False,
)

FACTS: Final = Table(
    "facts",
    METADATA,
    Column("digest", LargeBinary, primary_key=True),
    Column("grp", LargeBinary, nullable=False),
    Column("idx", BigInteger, nullable=False),
    sqlite_with_rowid=False,
)
FACT_GROUPS: Final = Index("fact_groups", FACTS.c.grp)

SIGNED: Final = Table(
    "signed_checkpoints",
    METADATA,
    Column("size", _INDEX, primary_key=True, autoincrement=False),
    Column("note", LargeBinary, nullable=False),
    Column("frontier", LargeBinary, nullable=False),
)
