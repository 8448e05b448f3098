"""Hot statements: written in SQLAlchemy Core, compiled once per dialect, run on the driver's own cursor.

Promises: the same SQL that Core would run, without its 40 µs per statement. Parameters are positional everywhere. Many
rows go by `executemany` on SQLite and as one statement over arrays on PostgreSQL, where every statement is a journey.
Leaves out: which statements; each store has its own.
"""

from __future__ import annotations

from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

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

    @contextmanager
    def _looking_up(self) -> Iterator[None]:
        """No transaction: one journey per statement on PostgreSQL."""
        if self._is_sqlite:
            yield
            return
        self._driver.autocommit = True
        try:
            yield
        finally:
            self._driver.autocommit = False

    def _together(self) -> AbstractContextManager[object]:
        """Statements whose results nobody reads leave in one journey on PostgreSQL."""
        return nullcontext() if self._is_sqlite else self._driver.pipeline()

    def _many(self, statement: str, rows: Sequence[tuple[Any, ...]]) -> None:
        """Run a statement made by `_for_rows` for every row."""
        if not rows:
            return
        if not self._is_sqlite:
            self._cursor.execute(statement, [list(column) for column in zip(*rows, strict=True)])
        elif len(rows) == 1:
            self._cursor.execute(statement, rows[0])
        else:
            self._cursor.executemany(statement, rows)

    def _for_rows(self, columns: Sequence[sa.Column[Any]], make: Callable[..., ClauseElement]) -> str:
        """A statement over many rows: `make` gets one expression per column and writes it for one row.

        On SQLite the expressions are parameters; on PostgreSQL they are columns of unnested array parameters.
        """
        names = [column.name for column in columns]
        if self._is_sqlite:
            return self._compile(make(*(sa.bindparam(c.name, type_=c.type) for c in columns)), names)
        arrays = (sa.bindparam(c.name, type_=postgresql.ARRAY(c.type)) for c in columns)
        rows = sa.func.unnest(*arrays).table_valued(*(sa.column(f"v_{c.name}", c.type) for c in columns), name="v")
        return self._compile(make(*rows.render_derived().c), names)

    def _insert(self, table: sa.Table, names: list[str]) -> str:
        columns = [table.c[name] for name in names]
        return self._for_rows(columns, lambda *row: table.insert().from_select(names, sa.select(*row)))

    def _compile(self, statement: ClauseElement, order: list[str]) -> str:
        """SQL text whose positional parameters come in `order`."""
        compiled = statement.compile(dialect=self._dialect)
        if getattr(compiled, "positiontup", None) != order:
            raise TypeError(f"statements: parameters stand in another order than {order}")
        return str(compiled) if self._is_sqlite else str(compiled).replace("%s", "%b")  # binary: bytes as they are
