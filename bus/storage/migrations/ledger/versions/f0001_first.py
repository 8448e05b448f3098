"""Format 1 of the ledger: head, entries, details, keys, asked, facts, quotas, signed checkpoints."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def _index() -> sa.types.TypeEngine[int]:
    return sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    """Create every table."""
    op.create_table(
        "head",
        sa.Column("id", _index(), sa.CheckConstraint("id = 1"), primary_key=True, autoincrement=False),
        sa.Column("origin", sa.String(255), nullable=False),
        sa.Column("size", sa.BigInteger, nullable=False),
        sa.Column("term", sa.BigInteger, nullable=False),
        sa.Column("frontier", sa.LargeBinary, nullable=False),
    )
    op.create_table(
        "entries",
        sa.Column("idx", _index(), primary_key=True, autoincrement=False),
        sa.Column("leaf", sa.LargeBinary, nullable=False),
    )
    op.create_table(
        "details",
        sa.Column("idx", _index(), primary_key=True, autoincrement=False),
        sa.Column("sealed", sa.LargeBinary, nullable=True),
    )
    op.create_table(
        "unique_keys",
        sa.Column("key", sa.LargeBinary, primary_key=True),
        sa.Column("idx", sa.BigInteger, nullable=False),
        sqlite_with_rowid=False,
    )
    _create_asked()
    _create_facts()
    op.create_table(
        "quotas",
        sa.Column("bucket", sa.String(200), primary_key=True),
        sa.Column("count", sa.BigInteger, nullable=False),
        sa.Column("touched_ms", sa.BigInteger, nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "signed_checkpoints",
        sa.Column("size", _index(), primary_key=True, autoincrement=False),
        sa.Column("note", sa.LargeBinary, nullable=False),
        sa.Column("frontier", sa.LargeBinary, nullable=False),
    )


def _create_asked() -> None:
    op.create_table(
        "asked",
        sa.Column("idx", _index(), primary_key=True, autoincrement=False),
        sa.Column("deadline_ms", sa.BigInteger, nullable=False),
        sa.Column("settled_by", sa.BigInteger, nullable=True),
    )
    still_open = sa.text("settled_by IS NULL")
    op.create_index(
        "open_asked",
        "asked",
        ["deadline_ms", "idx"],
        sqlite_where=still_open,
        postgresql_where=still_open,
    )


def _create_facts() -> None:
    op.create_table(
        "facts",
        sa.Column("digest", sa.LargeBinary, primary_key=True),
        sa.Column("grp", sa.LargeBinary, nullable=False),
        sa.Column("idx", sa.BigInteger, nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_index("fact_groups", "facts", ["grp"])
