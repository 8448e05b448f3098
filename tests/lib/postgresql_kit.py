"""A PostgreSQL schema of its own for one test, where a server is reachable."""

from __future__ import annotations

import os
import uuid
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest
import sqlalchemy as sa

if TYPE_CHECKING:
    from collections.abc import Iterator

POSTGRESQL = os.environ.get("LIENTHONG_TEST_POSTGRESQL")
needs_postgresql = pytest.mark.skipif(not POSTGRESQL, reason="LIENTHONG_TEST_POSTGRESQL names no server")


@contextmanager
def own_schema() -> Iterator[str]:
    """The address of a fresh schema, dropped afterwards."""
    name = f"t{uuid.uuid4().hex}"
    base = sa.make_url(str(POSTGRESQL)).set(drivername="postgresql+psycopg")
    admin = sa.create_engine(base, isolation_level="AUTOCOMMIT")
    try:
        with admin.connect() as connection:
            connection.exec_driver_sql(f"CREATE SCHEMA {name}")
        url = base.update_query_dict({"options": f"-csearch_path={name}"})
        yield url.render_as_string(hide_password=False)
        with admin.connect() as connection:
            connection.exec_driver_sql(f"DROP SCHEMA {name} CASCADE")
    finally:
        admin.dispose()
