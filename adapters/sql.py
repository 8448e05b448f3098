"""Systems whose data is reached by SQL: SQLite files and PostgreSQL, read only.

Promises: what a question carries reaches the database as bound parameters only; nothing can be
written (SQLite opens read only with `query_only`; PostgreSQL runs in a READ ONLY transaction that is
rolled back); a statement that takes too long is stopped by the database itself, so that no thread
outlives its question for long; more rows than the cap are refused, not cut.
Leaves out: writing, transactions over several statements, streaming.
"""

from __future__ import annotations

import asyncio
import math
import re
import sqlite3
import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, ClassVar, Final, Literal, cast
from urllib.parse import quote

import sqlalchemy as sa
from pydantic import Field, model_validator
from sqlalchemy.pool import QueuePool

from adapters import values, watching
from adapters.operation import Courier, Operation, Settings, Texts
from adapters.port import Adapter, Found, PeerError, PeerFault, Probe, Query, Reach
from adapters.surroundings import Surroundings

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_SELECT: Final = re.compile(r"\s*(select|with)\b[^;]*", re.IGNORECASE)
_QUOTED: Final = re.compile(r"'(?:[^']|'')*'|\"[^\"]*\"|--[^\n]*|/\*.*?\*/", re.DOTALL)
_PARAMETER: Final = re.compile(r"(?<![:\w]):([A-Za-z_]\w*)")
_HERE: Final = ("localhost", "127.0.0.1", "::1")
STEPS_BETWEEN_LOOKS: Final = 1000
"""SQLite looks at the clock after so many steps of its machine: some 10 µs."""


class SqlOperation(Operation):
    """One operation: one SELECT with :parameters, each filled by a field of the question."""

    sql: str
    optional: Texts = ()
    """Parameters that may be NULL; any other that the question does not fill is a bad question."""

    @model_validator(mode="after")
    def _check_sql(self) -> SqlOperation:
        bare = _QUOTED.sub(" '' ", self.sql)
        if not _SELECT.fullmatch(bare):
            raise ValueError("sql is one SELECT (or WITH … SELECT) without a semicolon")
        if set(_PARAMETER.findall(bare)) != {field.to for field in self.question}:
            raise ValueError("the sql's :parameters and the question's fields are not the same")
        if not {field.to for field in self.question} >= set(self.optional):
            raise ValueError("`optional` names parameters of the question")
        return self


class SqlSettings(Settings):
    """Settings of kind `sql`. SQLite needs `file`; PostgreSQL `host`, `database`, `user`, `password_file`."""

    engine: Literal["sqlite", "postgresql"]
    file: str | None = None
    host: str | None = None
    port: int = Field(default=5432, ge=1, le=65535)
    database: str | None = None
    user: str | None = None
    password_file: str | None = None
    ssl_mode: Literal["disable", "require", "verify-ca", "verify-full"] = "verify-full"
    ca_file: str | None = None
    operations: dict[str, SqlOperation] = Field(min_length=1)

    @model_validator(mode="after")
    def _check_place(self) -> SqlSettings:
        if self.engine == "sqlite" and self.file is None:
            raise ValueError("sqlite needs `file`")
        if self.engine == "postgresql" and not (self.host and self.database and self.user):
            raise ValueError("postgresql needs `host`, `database` and `user`")
        return self

    @property
    def unverified(self) -> str | None:
        """A database elsewhere must prove who it is; on this machine nobody stands between."""
        far = self.engine == "postgresql" and self.host not in _HERE and not str(self.host).startswith("/")
        return "ssl_mode" if far and self.ssl_mode in ("disable", "require") else None


class SqlAdapter(Adapter):
    """Asks a database, in threads of its own."""

    kind: ClassVar[str] = "sql"

    def __init__(self, settings: SqlSettings, surroundings: Surroundings | None = None) -> None:
        super().__init__(settings.bounds)
        self._settings = settings
        self._surroundings = surroundings or Surroundings()
        self._couriers = {name: Courier(op, settings.faults) for name, op in settings.operations.items()}
        self._statements = {name: sa.text(op.sql) for name, op in settings.operations.items()}
        self._engine: sa.Engine | None = None
        self._threads: ThreadPoolExecutor | None = None

    @property
    def operations(self) -> frozenset[str]:
        """The operations declared."""
        return frozenset(self._couriers)

    async def start(self) -> None:
        """Prepare the pool; no connection is made yet, for the system may be down just now."""
        await self.close()
        settings = self._settings
        for courier in self._couriers.values():
            courier.read_secrets(settings, self._surroundings.secrets)
        if settings.engine == "sqlite":
            self._engine = _sqlite(settings, self._surroundings.folder)
        else:
            self._engine = _postgresql(settings, self._surroundings)
        self._threads = ThreadPoolExecutor(settings.max_concurrency, thread_name_prefix="adapter-sql")

    async def close(self) -> None:
        """Close connections and threads; statements still running are stopped by their own time limit."""
        engine, self._engine = self._engine, None
        threads, self._threads = self._threads, None
        if threads is not None:
            await asyncio.to_thread(threads.shutdown, wait=True, cancel_futures=True)
        if engine is not None:
            engine.dispose()

    async def _ask(self, query: Query) -> Found:
        operation, courier = self._settings.operations[query.operation], self._couriers[query.operation]
        # ① the parameters, or bad-question with nothing sent
        parameters = _parameters(operation, courier.request(query))
        # ② the rows: one more than allowed tells that there are too many
        cap = operation.answer.max_records if operation.answer.list_as is not None else 1
        timeout_s = min(query.timeout_s, self._settings.timeout_s)
        rows = await self._rows(self._statements[query.operation], parameters, cap + 1, timeout_s)
        # ③ the answer
        return courier.found(rows, query) if rows else courier.absent()

    async def _rows(
        self, statement: sa.TextClause, parameters: Mapping[str, object], limit: int, timeout_s: float
    ) -> list[object]:
        engine, threads = self._engine, self._threads
        if engine is None or threads is None:
            raise PeerError(PeerFault.UNREACHABLE, rule="not-started", retry=False)
        deadline = time.monotonic() + timeout_s

        def run() -> list[object]:
            with _connection(engine, deadline) as connection:
                found = connection.execute(statement, dict(parameters)).mappings().fetchmany(limit)
                return [values.plain(row) for row in found]

        seen = watching.seen()
        moved = None if seen is None else seen.sends(watching.Statement(str(statement), parameters))
        try:
            rows = await asyncio.get_running_loop().run_in_executor(threads, run)
        except sa.exc.DBAPIError as error:
            raise _refusal(error) from None
        except OverflowError:  # SQLite has no place for such a number
            raise PeerError(PeerFault.BAD_QUESTION, rule="parameter") from None
        if moved is not None:
            moved.came = rows
        return rows

    async def _probe(self) -> Probe:
        await self._rows(sa.text("SELECT CURRENT_TIMESTAMP AS said"), {}, 1, self._settings.timeout_s)
        return Probe(Reach.REACHABLE, "a statement was answered")


def _parameters(operation: SqlOperation, fields: Mapping[str, object]) -> dict[str, object]:
    """Every parameter, plain; a missing one must have been declared optional, for NULL matches nobody."""
    for name in (field.to for field in operation.question):
        if name not in fields and name not in operation.optional:
            raise PeerError(PeerFault.BAD_QUESTION, rule="missing", at=name)
        if isinstance(fields.get(name), Mapping | list):
            raise PeerError(PeerFault.BAD_QUESTION, rule="not-plain", at=name)
    return dict.fromkeys(operation.optional) | dict(fields)


def _sqlite(settings: SqlSettings, folder: Path) -> sa.Engine:
    file = (folder / str(settings.file)).absolute()

    def connect() -> sqlite3.Connection:
        connection = sqlite3.connect(f"file:{quote(str(file))}?mode=ro", uri=True, check_same_thread=False)
        connection.execute("PRAGMA query_only = ON")
        return connection

    return sa.create_engine("sqlite://", creator=connect, poolclass=QueuePool, **_pool(settings))


def _postgresql(settings: SqlSettings, surroundings: Surroundings) -> sa.Engine:
    password = None if settings.password_file is None else surroundings.secrets(settings.password_file).strip()
    way = watching.detour()
    url = sa.URL.create(
        "postgresql+psycopg",
        username=settings.user,
        password=password,
        host=settings.host,
        port=settings.port if way is None else way.port,
        database=settings.database,
    )
    arguments = {
        "sslmode": settings.ssl_mode,
        "connect_timeout": math.ceil(settings.connect_timeout_s),
        "application_name": "lienthong",
    }
    if settings.ca_file is not None:
        arguments["sslrootcert"] = str(surroundings.folder / settings.ca_file)
    if way is not None:
        arguments["hostaddr"] = way.host  # `host` stays the name that the certificate must bear
    return sa.create_engine(url, connect_args=arguments, hide_parameters=True, **_pool(settings))


def _pool(settings: SqlSettings) -> dict[str, Any]:
    return {"pool_size": settings.max_concurrency, "max_overflow": 0, "pool_timeout": settings.timeout_s}


@contextmanager
def _connection(engine: sa.Engine, deadline: float) -> Iterator[sa.Connection]:
    """A read-only connection that the database itself stops at the deadline."""
    with engine.connect() as connection:
        if engine.dialect.name == "sqlite":
            raw = cast("sqlite3.Connection", connection.connection.dbapi_connection)
            raw.set_progress_handler(lambda: time.monotonic() > deadline, STEPS_BETWEEN_LOOKS)
        else:
            left_ms = max(1, math.ceil((deadline - time.monotonic()) * 1000))
            connection.execute(sa.text("SET TRANSACTION READ ONLY"))
            connection.execute(sa.text("SELECT set_config('statement_timeout', :ms, true)"), {"ms": str(left_ms)})
        yield connection  # leaving closes the connection, which rolls the transaction back


_BY_CODE: Final = {
    # SQLite's result codes
    "SQLITE_INTERRUPT": PeerFault.TIMEOUT,
    "SQLITE_CANTOPEN": PeerFault.UNREACHABLE,
    "SQLITE_BUSY": PeerFault.OVERLOADED,
    "SQLITE_LOCKED": PeerFault.OVERLOADED,
    # SQLSTATE (PostgreSQL, appendix A), then its classes
    "57014": PeerFault.TIMEOUT,
    "42501": PeerFault.NOT_PERMITTED,
    "57P03": PeerFault.UNREACHABLE,
    "08": PeerFault.UNREACHABLE,
    "22": PeerFault.BAD_QUESTION,
    "28": PeerFault.NOT_PERMITTED,
    "53": PeerFault.OVERLOADED,
    "57": PeerFault.UNREACHABLE,
}


def _refusal(error: sa.exc.DBAPIError) -> PeerError:
    """The database's own code decides; its message quotes values and is never read. Nothing was written."""
    original = error.orig
    code = getattr(original, "sqlite_errorname", None) or getattr(original, "sqlstate", None)
    if code is None:
        kind = PeerFault.BAD_QUESTION if isinstance(error, sa.exc.DataError) else PeerFault.UNREACHABLE
        return PeerError(kind, outcome_known=True)
    kind = _BY_CODE.get(code) or _BY_CODE.get(code[:2], PeerFault.FAULT)
    return PeerError(kind, peer_code=code, outcome_known=True)
