"""Format 2 of the search tables: one service's outcomes along one index."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the index."""
    where = sa.text("outcome IS NOT NULL")
    columns = ["service", "outcome", "time_ms", "idx"]
    op.create_index("records_service_outcome", "records", columns, sqlite_where=where, postgresql_where=where)
