"""Format 2 of the ledger: the minimum index, and beside a pruned entry its leaf hash."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add both columns; nothing is pruned yet."""
    op.add_column("head", sa.Column("minimum", sa.BigInteger, nullable=False, server_default="0"))
    op.add_column("entries", sa.Column("hash", sa.LargeBinary, nullable=True))
