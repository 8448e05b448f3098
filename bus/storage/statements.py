"""Hot statements: written in SQLAlchemy Core, compiled once per dialect, run on the driver's own cursor.

Promises: the same SQL that Core would run, without its 40 µs per statement. Parameters are positional everywhere.
Leaves out: which statements; each store has its own.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy.sql.elements import ClauseElement


class Statements:
    """What compiles and runs them on one connection.

    Args:
        connection: the writing one; nothing else may be under way on it while these run.
    """

    def __init__(self, connection: sa.Connection) -> None:
        driver: Any = connection.connection.driver_connection
        self._driver = driver
        self._dialect = connection.dialect
        self._is_sqlite = connection.dialect.name == "sqlite"
        self._cursor = driver.cursor()

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        if self._is_sqlite:
            self._cursor.execute("BEGIN IMMEDIATE")
        try:
            yield
            self._driver.commit()
        except BaseException:
            self._driver.rollback()
            raise

    def _many(self, statement: str, rows: list[tuple[Any, ...]]) -> None:
        if len(rows) == 1:
            self._cursor.execute(statement, rows[0])
        elif rows:
            self._cursor.executemany(statement, rows)

    def _insert(self, table: sa.Table, columns: list[str]) -> str:
        return self._compile(table.insert().values({name: sa.bindparam(name) for name in columns}), columns)

    def _compile(self, statement: ClauseElement, order: list[str]) -> str:
        """SQL text whose positional parameters come in `order`."""
        compiled = statement.compile(dialect=self._dialect)
        if getattr(compiled, "positiontup", None) != order:
            raise TypeError(f"statements: parameters stand in another order than {order}")
        return str(compiled)
