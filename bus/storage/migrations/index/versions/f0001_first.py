"""Format 1 of the search tables: records, subjects, overrides."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

_INDEX = sa.BigInteger().with_variant(sa.Integer, "sqlite")
_SEARCHED = (
    "dossier",
    "officer",
    "code",
    "outcome",
    "procedure",
    "service",
    "consumer",
    "provider",
    "basis",
    "purpose",
)


def upgrade() -> None:
    """Create every table."""
    op.create_table(
        "index_state",
        sa.Column("id", sa.Integer, sa.CheckConstraint("id = 1"), primary_key=True, autoincrement=False),
        sa.Column("next", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "records",
        sa.Column("idx", _INDEX, primary_key=True, autoincrement=False),
        sa.Column("time_ms", sa.BigInteger, nullable=False),
        sa.Column("type", sa.SmallInteger, nullable=False),
        sa.Column("consumer", sa.String(10)),
        sa.Column("provider", sa.String(10)),
        sa.Column("service", sa.String(100)),
        sa.Column("purpose", sa.String(40)),
        sa.Column("outcome", sa.String(20)),
        sa.Column("code", sa.SmallInteger),
        sa.Column("validated", sa.Boolean),
        sa.Column("asked", sa.BigInteger),
        sa.Column("latency_ms", sa.BigInteger),
        sa.Column("basis", sa.String(120)),
        sa.Column("procedure", sa.String(80)),
        sa.Column("dossier", sa.String(80)),
        sa.Column("officer", sa.LargeBinary),
        sa.Column("erased", sa.Boolean, nullable=False),
    )
    op.create_index("records_time", "records", ["time_ms", "idx"])
    for name in _SEARCHED:
        _create_index(f"records_{name}", name, [name, "time_ms", "idx"])
    _create_index("records_asked", "asked", ["asked"])
    op.create_table(
        "subjects",
        sa.Column("pseudonym", sa.LargeBinary, primary_key=True),
        sa.Column("time_ms", sa.BigInteger, primary_key=True),
        sa.Column("idx", sa.BigInteger, primary_key=True),
        sa.Column("source", sa.BigInteger, primary_key=True),
        sqlite_with_rowid=False,
    )
    op.create_index("subjects_source", "subjects", ["source"])
    op.create_table(
        "overrides",
        sa.Column("idx", sa.BigInteger, primary_key=True),
        sa.Column("place", sa.SmallInteger, primary_key=True),
        sa.Column("field", sa.String(80), nullable=False),
        sa.Column("reason", sa.String(40), nullable=False),
    )


def _create_index(name: str, filled: str, columns: list[str]) -> None:
    """An index over the rows that have the column at all."""
    where = sa.text(f"{filled} IS NOT NULL")
    op.create_index(name, "records", columns, sqlite_where=where, postgresql_where=where)
