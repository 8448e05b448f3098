"""Format 1 of the registered schemas: contexts, schemas, versions, references, settings, changes."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

_SEQUENCE = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    """Create every table."""
    op.create_table(
        "registration_state",
        sa.Column("id", sa.Integer, sa.CheckConstraint("id = 1"), primary_key=True, autoincrement=False),
        sa.Column("generation", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "contexts",
        sa.Column("context", sa.String(100), primary_key=True),
        sa.Column("next_id", sa.BigInteger, nullable=False),
        sa.Column("listed", sa.Boolean, nullable=False),
    )
    op.create_table(
        "schemas",
        sa.Column("context", sa.String(100), primary_key=True),
        sa.Column("id", sa.BigInteger, primary_key=True),
        sa.Column("guid", sa.String(36), nullable=False),
        sa.Column("type", sa.String(10), nullable=False),
        sa.Column("whole", sa.String(64), nullable=False),
        sa.Column("text_digest", sa.String(64), nullable=False),
        sa.Column("canonical_digest", sa.String(64), nullable=False),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("refs", sa.LargeBinary, nullable=False),
        sa.Column("metadata", sa.LargeBinary, nullable=False),
        sa.Column("rules", sa.LargeBinary, nullable=False),
    )
    op.create_table(
        "versions",
        sa.Column("context", sa.String(100), primary_key=True),
        sa.Column("subject", sa.String(255), primary_key=True),
        sa.Column("version", sa.Integer, primary_key=True),
        sa.Column("id", sa.BigInteger, nullable=False),
        sa.Column("deleted", sa.Boolean, nullable=False),
        sa.Column("time_ms", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "schema_references",
        sa.Column("context", sa.String(100), primary_key=True),
        sa.Column("id", sa.BigInteger, primary_key=True),
        sa.Column("place", sa.Integer, primary_key=True),
        sa.Column("to_context", sa.String(100), nullable=False),
        sa.Column("to_subject", sa.String(255), nullable=False),
        sa.Column("to_version", sa.Integer, nullable=False),
    )
    op.create_table(
        "settings",
        sa.Column("context", sa.String(100), primary_key=True),
        sa.Column("subject", sa.String(255), primary_key=True),
        sa.Column("config", sa.LargeBinary),
        sa.Column("mode", sa.String(20)),
    )
    op.create_table(
        "changes",
        sa.Column("seq", _SEQUENCE, primary_key=True, autoincrement=True),
        sa.Column("time_ms", sa.BigInteger, nullable=False),
        sa.Column("actor", sa.String(80), nullable=False),
        sa.Column("agency", sa.String(10)),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("subject", sa.String(400), nullable=False),
        sa.Column("version", sa.Integer),
        sa.Column("schema_id", sa.BigInteger),
        sa.Column("detail", sa.LargeBinary, nullable=False),
        sa.Column("record", sa.BigInteger),
    )
    op.create_table(
        "named_by_records",
        sa.Column("name", sa.String(100), primary_key=True),
    )
    op.create_table(
        "named_by_records_state",
        sa.Column("id", sa.Integer, sa.CheckConstraint("id = 1"), primary_key=True, autoincrement=False),
        sa.Column("next", sa.BigInteger, nullable=False),
    )
    op.create_index("schemas_guid", "schemas", ["guid"])
    op.create_index("schemas_whole", "schemas", ["context", "whole", "id"])
    op.create_index("versions_id", "versions", ["context", "id"])
    op.create_index("schema_referenced", "schema_references", ["to_context", "to_subject", "to_version"])
    waiting = sa.text("record IS NULL")
    op.create_index("changes_waiting", "changes", ["seq"], sqlite_where=waiting, postgresql_where=waiting)
