"""The catalogue of a database (SQLite, PostgreSQL) → the neutral form, for adapters of kind `sql`.

Promises: read only, and only the catalogue: names, types, keys and comments of tables and views. Values are looked at
when a sample is asked for, a bounded number, to find forms of dates and closed lists of codes; none of them is kept
but the codes of columns that hold few. The password comes from a file and goes nowhere else.
Leaves out joins: a view of the database is the place for them.
"""

from __future__ import annotations

import math
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import SplitResult, quote, urlsplit

import sqlalchemy as sa

from bus.kit.new.described import MAX_FIELDS, MAX_OPERATIONS, Described, FieldType, SourceField, SourceOperation
from bus.kit.new.forms import form_in, forms_of
from bus.kit.new.names import distinct, registry_name
from bus.kit.new.refused import SourceRefusedError
from config.secrets import read_secret

if TYPE_CHECKING:
    from sqlalchemy.engine.interfaces import ReflectedColumn

TIMEOUT_S: Final = 10.0
SAMPLE_ROWS: Final = 200
FEW: Final = 12
_SHORT: Final = 24
_PORT: Final = 5432
_SECRET: Final = "database-password"  # noqa: S105 - the name of a secret


@dataclass(frozen=True, slots=True)
class Database:
    """Where a database is: a SQLite file, or `postgresql://user@host:port/name` and a file with the password."""

    where: str
    password_file: Path | None = None
    ssl_mode: str = "verify-full"
    ca_file: Path | None = None
    schema: str | None = None


def read_database(database: Database, tables: Sequence[str] = (), *, sample: bool = False) -> Described:
    """Read the catalogue.

    Args:
        database: where it is.
        tables: only these tables and views; all otherwise.
        sample: look at values too, for forms of dates and for codes.

    Raises:
        SourceRefusedError: it cannot be reached or read; its messages are not passed on.
    """
    settings, secrets = _settings(database)
    with _catalogue(database) as connection:
        operations = tuple(_operations(connection, database, tables, sample=sample))
    title = Path(database.where).stem if settings["engine"] == "sqlite" else str(settings["database"])
    return Described("sql", "database", title, settings, operations, secrets=secrets)


def table_names(database: Database) -> tuple[str, ...]:
    """The tables and views there are.

    Raises:
        SourceRefusedError: it cannot be reached or read.
    """
    with _catalogue(database) as connection:
        inspector = sa.inspect(connection)
        return (*inspector.get_table_names(database.schema), *inspector.get_view_names(database.schema))


@contextmanager
def _catalogue(database: Database) -> Iterator[sa.Connection]:
    """A transaction that can only read; what a driver says goes no further than its code."""
    engine = _engine(database)
    try:
        with _transaction(engine) as connection:
            yield connection
    except (sa.exc.SQLAlchemyError, sqlite3.Error) as error:
        code = getattr(getattr(error, "orig", error), "sqlstate", None) or type(error).__name__
        raise SourceRefusedError("database", f"{_shown(database)} ({code})") from None
    finally:
        engine.dispose()


def _shown(database: Database) -> str:
    return database.where if "://" in database.where else Path(database.where).name


def _settings(database: Database) -> tuple[dict[str, object], dict[str, str]]:
    """The kind's own keys, and the secret that they name."""
    if "://" not in database.where:
        return {"engine": "sqlite", "file": str(Path(database.where).absolute())}, {}
    parts = _address(database)
    settings: dict[str, object] = {
        "engine": "postgresql",
        "host": str(parts.hostname),
        "port": parts.port or _PORT,
        "database": parts.path.strip("/"),
        "user": str(parts.username),
        "ssl_mode": database.ssl_mode,
    }
    if database.ca_file is not None:
        settings["ca_file"] = str(database.ca_file.absolute())
    if database.password_file is None:
        return settings, {}
    return {**settings, "password_file": _SECRET}, {_SECRET: "the database user's password"}


def _address(database: Database) -> SplitResult:
    try:
        parts = urlsplit(database.where)
        port, password = parts.port, parts.password
    except ValueError:
        raise SourceRefusedError("bad-option", "--database") from None
    if password is not None or parts.query:
        raise SourceRefusedError("secret-in-url", "--database")
    whole = parts.hostname and parts.username and parts.path.strip("/") and port != 0
    if parts.scheme not in {"postgresql", "postgres"} or not whole:
        raise SourceRefusedError("bad-option", "--database")
    return parts


def _engine(database: Database) -> sa.Engine:
    if "://" in database.where:
        return _postgresql(database, _address(database))
    file = Path(database.where).absolute()
    if not file.is_file():
        raise SourceRefusedError("no-such-file", file.name)

    def connect() -> sqlite3.Connection:
        connection = sqlite3.connect(f"file:{quote(str(file))}?mode=ro", uri=True, timeout=TIMEOUT_S)
        connection.execute("PRAGMA query_only = ON")
        return connection

    return sa.create_engine("sqlite://", creator=connect)


def _postgresql(database: Database, parts: SplitResult) -> sa.Engine:
    password = None if database.password_file is None else read_secret(database.password_file).decode().strip()
    name = parts.path.strip("/")
    url = sa.URL.create("postgresql+psycopg", parts.username, password, parts.hostname, parts.port or _PORT, name)
    arguments: dict[str, object] = {"sslmode": database.ssl_mode, "connect_timeout": math.ceil(TIMEOUT_S)}
    if database.ca_file is not None:
        arguments["sslrootcert"] = str(database.ca_file)
    return sa.create_engine(url, connect_args=arguments, hide_parameters=True)


@contextmanager
def _transaction(engine: sa.Engine) -> Iterator[sa.Connection]:
    with engine.connect() as connection:
        if engine.dialect.name == "postgresql":
            connection.execute(sa.text("SET TRANSACTION READ ONLY"))
            connection.execute(sa.text(f"SET LOCAL statement_timeout = {int(TIMEOUT_S * 1000)}"))
        yield connection


def _operations(
    connection: sa.Connection, database: Database, tables: Sequence[str], *, sample: bool
) -> Iterator[SourceOperation]:
    inspector = sa.inspect(connection)
    names = [*inspector.get_table_names(database.schema), *inspector.get_view_names(database.schema)]
    for wanted in tables:
        if wanted not in names:
            raise SourceRefusedError("no-such-table", wanted)
    if len(names) > MAX_OPERATIONS:
        raise SourceRefusedError("too-many-operations", "--table")
    taken: set[str] = set()
    for name in names:
        if tables and name not in tables:
            continue
        reader = _Table(connection, inspector, database.schema, name)
        fields = reader.fields()
        if sample:
            fields = tuple(reader.sampled(one) for one in fields)
        call = {"table": name, **({"schema": database.schema} if database.schema else {})}
        own = registry_name(name, "table")
        title = reader.comment or name
        yield SourceOperation(distinct(own, taken), name, title, fields, fields, call, many=True, safe=True)


class _Table:
    """One table or view as the catalogue has it."""

    def __init__(self, connection: sa.Connection, inspector: sa.Inspector, schema: str | None, name: str) -> None:
        self._connection = connection
        self._inspector = inspector
        self._table = sa.table(name, schema=schema)
        self._where: Any = (name, schema)
        self.comment = ""
        if connection.dialect.supports_comments:
            self.comment = str(inspector.get_table_comment(*self._where).get("text") or "")

    def fields(self) -> tuple[SourceField, ...]:
        """Every column that field maps can name."""
        columns = self._inspector.get_columns(*self._where)
        if len(columns) > MAX_FIELDS:
            raise SourceRefusedError("too-many-fields", str(self._where[0]))
        unique = self._unique()
        return tuple(_column(one, unique) for one in columns if not set(one["name"]) & set(". !"))

    def _unique(self) -> frozenset[str]:
        """Columns of which one alone tells rows apart."""
        keys: list[list[str | None]] = [[*self._inspector.get_pk_constraint(*self._where)["constrained_columns"]]]
        keys += [[*one["column_names"]] for one in self._inspector.get_unique_constraints(*self._where)]
        keys += [one["column_names"] for one in self._inspector.get_indexes(*self._where) if one.get("unique")]
        return frozenset(str(key[0]) for key in keys if len(key) == 1 and key[0] is not None)

    def sampled(self, one: SourceField) -> SourceField:
        """The field with what its values tell: the form of a date, the few codes it holds."""
        if one.type not in {"text", "date"}:
            return one
        column: sa.ColumnClause[Any] = sa.column(one.place)
        rows = sa.select(column).where(column.is_not(None)).select_from(self._table).limit(SAMPLE_ROWS)
        values = [str(value) for value in self._connection.execute(rows).scalars()]
        distinct_values = sorted(set(values))
        forms = one.forms or (forms_of(values) if values else ())
        few = len(values) >= 2 * len(distinct_values) and len(distinct_values) <= FEW
        codes = distinct_values if few and all(len(value) <= _SHORT for value in distinct_values) else []
        return replace(one, forms=forms, values=one.values or tuple(codes))


def _column(column: ReflectedColumn, unique: frozenset[str]) -> SourceField:
    kind = _kind(column["type"])
    label = str(column.get("comment") or "")
    length = getattr(column["type"], "length", None)
    forms = form_in(label) if kind in {"text", "date"} else ()
    values = getattr(column["type"], "enums", ())
    return SourceField(
        place=column["name"],
        names=(column["name"],),
        type=kind,
        label=label[:500],
        required=not column["nullable"],
        values=tuple(map(str, values)),
        max_length=length if isinstance(length, int) else None,
        forms=forms or (("yyyy-MM-dd",) if kind == "date" and _has_dates(column["type"]) else ()),
        unique=column["name"] in unique,
    )


_KINDS: Final[Mapping[type[Any], FieldType]] = {
    sa.Boolean: "boolean",
    sa.Integer: "integer",
    sa.Date: "date",
    sa.DateTime: "moment",
    sa.Numeric: "number",
    sa.String: "text",
}


def _kind(column_type: object) -> FieldType:
    return next((kind for known, kind in _KINDS.items() if isinstance(column_type, known)), "other")


def _has_dates(column_type: object) -> bool:
    """SQLite keeps dates as whatever text was put there; other databases have a type."""
    return not type(column_type).__module__.startswith("sqlalchemy.dialects.sqlite")
