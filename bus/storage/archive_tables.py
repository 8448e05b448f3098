"""The evidence archive's tables. A change here needs a migration beside it."""

from __future__ import annotations

from typing import Final

from sqlalchemy import BigInteger, Column, Index, LargeBinary, MetaData, String, Table

from bus.storage.formats import Format

METADATA: Final = MetaData()

ANSWERS: Final = Table(
    "answers",
    METADATA,
    Column("sealer", String(100), primary_key=True),
    Column("exchange", String(100), primary_key=True),
    Column("box", LargeBinary, nullable=False),
    Column("kept_ms", BigInteger, nullable=False),
)

STARTED: Final = Table(
    "started",
    METADATA,
    Column("sealer", String(100), primary_key=True),
    Column("exchange", String(100), primary_key=True),
    Column("kept_ms", BigInteger, nullable=False),
)

EVIDENCE: Final = Table(
    "evidence",
    METADATA,
    Column("exchange", String(100), primary_key=True),
    Column("kind", String(40), primary_key=True),
    Column("digest", LargeBinary, primary_key=True),
    Column("box", LargeBinary, nullable=False),
    Column("kept_ms", BigInteger, nullable=False),
)

ALL: Final = (ANSWERS, STARTED, EVIDENCE)
for _table in ALL:
    Index(f"{_table.name}_kept", _table.c.kept_ms)

ARCHIVE: Final = Format("archive", METADATA)
