"""The search tables filled in bulk: rows by the driver itself, secondary indexes made when all rows are there."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import sqlalchemy as sa

from bus.audit.index import Batch, create_index
from bus.audit.rows import Row
from bus.audit.tables import INDEX, RECORDS, STATE, SUBJECTS
from bus.storage.engine import open_engine, sqlite_file

FEED = "subjects_feed"


def fill(url: str, batches: Iterable[Batch], say: Callable[[str], None]) -> None:
    """Create the tables and fill them; people are sorted once instead of finding their place one by one."""
    create_index(url)
    engine = open_engine(url)
    secondary = [index for table in INDEX.metadata.tables.values() for index in table.indexes]
    lite = sqlite_file(engine) is not None
    feed = _sqlite if lite else _postgresql
    with engine.connect() as connection:
        driver: Any = connection.connection.driver_connection
        for index in secondary:
            driver.execute(f"DROP INDEX {index.name}")
        driver.execute(f"CREATE TABLE {FEED} AS SELECT * FROM subjects WHERE 1 = 0")  # noqa: S608 - a bench's own words
        began, end = time.perf_counter(), 0
        for batch in batches:
            feed(driver, "records", Row._fields, batch.rows)
            feed(driver, FEED, [column.name for column in SUBJECTS.columns], batch.links)
            end = batch.end
        say(f"  rows in {time.perf_counter() - began:.0f} s")
        began = time.perf_counter()
        driver.execute(f"INSERT INTO subjects SELECT * FROM {FEED} ORDER BY pseudonym, time_ms, idx, source")  # noqa: S608 - a bench's own words
        driver.execute(f"DROP TABLE {FEED}")
        if not lite:
            driver.commit()
    with engine.connect() as connection:
        for index in secondary:
            index.create(connection)
        connection.execute(sa.update(STATE).values(next=end))
        connection.exec_driver_sql("ANALYZE")
        connection.commit()
    engine.dispose()
    say(f"  people sorted, indexes made in {time.perf_counter() - began:.0f} s")


def _sqlite(driver: Any, table: str, columns: Sequence[str], rows: Sequence[tuple[Any, ...]]) -> None:  # noqa: ANN401 - sqlite3's
    driver.execute("BEGIN")
    places = ", ".join("?" for _ in columns)
    driver.executemany(f"INSERT INTO {table} VALUES ({places})", rows)  # noqa: S608 - as above
    driver.execute("COMMIT")


def _postgresql(driver: Any, table: str, columns: Sequence[str], rows: Sequence[tuple[Any, ...]]) -> None:  # noqa: ANN401 - psycopg's
    with driver.cursor() as cursor, cursor.copy(f"COPY {table} ({', '.join(columns)}) FROM STDIN") as copy:
        for row in rows:
            copy.write_row(row)
    driver.commit()


if tuple(column.name for column in RECORDS.columns) != Row._fields:
    raise TypeError("bulk: the columns of `records` stand in another order than a row's fields")
