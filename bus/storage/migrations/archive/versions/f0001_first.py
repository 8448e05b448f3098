"""Format 1 of the evidence archive: answers, started, evidence."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create every table."""
    op.create_table(
        "answers",
        sa.Column("sealer", sa.String(100), primary_key=True),
        sa.Column("exchange", sa.String(100), primary_key=True),
        sa.Column("box", sa.LargeBinary, nullable=False),
        sa.Column("kept_ms", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "started",
        sa.Column("sealer", sa.String(100), primary_key=True),
        sa.Column("exchange", sa.String(100), primary_key=True),
        sa.Column("kept_ms", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "evidence",
        sa.Column("exchange", sa.String(100), primary_key=True),
        sa.Column("kind", sa.String(40), primary_key=True),
        sa.Column("digest", sa.LargeBinary, primary_key=True),
        sa.Column("box", sa.LargeBinary, nullable=False),
        sa.Column("kept_ms", sa.BigInteger, nullable=False),
    )
    for table in ("answers", "started", "evidence"):
        op.create_index(f"{table}_kept", table, ["kept_ms"])
