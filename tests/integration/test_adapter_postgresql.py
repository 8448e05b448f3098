"""SQL on PostgreSQL: the same contract, and that the server itself keeps the transaction read only and short."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager, contextmanager
from typing import TYPE_CHECKING, ClassVar

import peer_systems as people
import psycopg
import pytest
import sqlalchemy as sa
from psycopg import sql

from adapters.kinds import build
from adapters.port import Officer, PeerError, PeerFault, Query
from adapters.testing import AdapterContract

if TYPE_CHECKING:
    from collections.abc import Iterator

    from adapters.port import Adapter

SCHEMA = "lienthong_adapter_test"
FIELDS = [
    {"to": "number", "from": "so"},
    {"to": "name", "from": ["ho", "dem", "ten"], "join": " "},
    {"to": "birth", "from": "born", "as": "partial-date", "forms": ["yyyy-MM-dd", "yyyy"]},
    {"to": "area", "from": "area", "as": "number"},
]
PERSON = {
    "sql": f"""
        SELECT number AS so, ho, dem, ten, COALESCE(born::text, year) AS born, area
        FROM {SCHEMA}.person,
             (SELECT CASE WHEN :number = :slow THEN pg_sleep(30)::text END) AS wait
        WHERE number = :number
    """,  # noqa: S608 - a constant of this file
    "require": ["officer.id"],
    "question": [{"to": "number", "from": "body.number"}, {"to": "slow", "constant": people.SLOW}],
    "answer": {"fields": FIELDS},
}
ROWS = [
    (people.AN["id"], "Nguyễn", "Thị", "An", "1999-12-31", None, "12.50"),
    (people.BINH["id"], "", "", "Trần Văn Bình", None, "1950", None),
    (people.TWINS, "Lê", None, "Một", None, "1988", None),
    (people.TWINS, "Lê", None, "Hai", None, "1988", None),
    (people.GARBLED, "Lê", None, "Ba", None, "19x8", None),
]
COLUMNS = "number text, ho text, dem text, ten text, born date, year text, area numeric"


@contextmanager
def filled(url: str) -> Iterator[None]:
    with psycopg.connect(url, autocommit=True) as connection:
        name = sql.Identifier(SCHEMA)
        connection.execute(sql.SQL("DROP SCHEMA IF EXISTS {} CASCADE").format(name))
        connection.execute(sql.SQL("CREATE SCHEMA {}").format(name))
        connection.execute(sql.SQL("CREATE TABLE {}.person ({})").format(name, sql.SQL(COLUMNS)))
        insert = sql.SQL("INSERT INTO {}.person VALUES (%s, %s, %s, %s, %s, %s, %s)").format(name)
        with connection.cursor() as cursor:
            cursor.executemany(insert, ROWS)
        try:
            yield
        finally:
            connection.execute(sql.SQL("DROP SCHEMA {} CASCADE").format(name))


def settings(url: str, operation: dict[str, object] = PERSON, **changes: object) -> dict[str, object]:
    place = sa.make_url(url)
    return {
        "engine": "postgresql",
        "host": place.host,
        "port": place.port or 5432,
        "database": place.database,
        "user": place.username,
        **({"password_file": "password"} if place.password else {}),
        "ssl_mode": "disable",
        "max_concurrency": 3,
        "operations": {"person": operation},
        **changes,
    }


@asynccontextmanager
async def started(url: str, operation: dict[str, object] = PERSON, **changes: object):
    adapter = build("sql", settings(url, operation, **changes), lambda _: str(sa.make_url(url).password))
    await adapter.start()
    try:
        yield adapter
    finally:
        await adapter.close()


def about(number: object, timeout_s: float = 30.0) -> Query:
    return Query("person", {"number": number}, officer=Officer("CB-0042", "U"), timeout_s=timeout_s)


class TestPostgresql(AdapterContract):
    test_a_refusal_keeps_its_reason_and_code = None  # shown below with PostgreSQL's own rights

    found: ClassVar = {
        "a day": (
            about(people.AN["id"]),
            {"number": people.AN["id"], "name": "Nguyễn Thị An", "birth": "1999-12-31", "area": 12.5},
        ),
        "a year": (
            about(people.BINH["id"]),
            {"number": people.BINH["id"], "name": "Trần Văn Bình", "birth": "1950"},
        ),
    }
    nobody = about(people.NOBODY)
    several = about(people.TWINS)
    garbled = about(people.GARBLED)
    slow = about(people.SLOW, timeout_s=0.2)
    incomplete = Query("person", {"number": people.AN["id"]})
    url = ""

    @pytest.fixture(autouse=True)
    def _database(self, postgresql_url: str) -> Iterator[None]:
        self.url = postgresql_url
        with filled(postgresql_url):
            yield

    def opened(self):
        return started(self.url)

    def down(self):
        return started(self.url, host="127.0.0.1", port=1)


async def refusal(adapter: Adapter, query: Query) -> PeerError:
    with pytest.raises(PeerError) as caught:
        await adapter.ask(query)
    return caught.value


def writing(statement: str) -> dict[str, object]:
    return {
        "sql": f"WITH done AS ({statement} RETURNING number) SELECT number AS so FROM done WHERE :number = :number",  # noqa: S608 - constants below
        "question": [{"to": "number", "from": "body.number"}],
        "answer": {"fields": [{"to": "number", "from": "so"}]},
    }


@pytest.mark.parametrize(
    "statement",
    [
        f"DELETE FROM {SCHEMA}.person",  # noqa: S608 - a constant of this file
        f"UPDATE {SCHEMA}.person SET ten = 'X'",  # noqa: S608 - the same
        f"INSERT INTO {SCHEMA}.person (number) VALUES ('1')",  # noqa: S608 - the same
    ],
)
async def test_the_server_refuses_to_write(postgresql_url: str, statement: str):
    with filled(postgresql_url):
        async with started(postgresql_url, writing(statement)) as adapter:
            error = await refusal(adapter, about("1"))
        with psycopg.connect(postgresql_url) as connection:
            rows = connection.execute(f"SELECT count(*), count(*) FILTER (WHERE ten = 'X') FROM {SCHEMA}.person")  # noqa: S608 - the same
            assert rows.fetchone() == (len(ROWS), 0)
    assert (error.kind, error.peer_code) == (PeerFault.FAULT, "25006")


async def test_the_server_itself_stops_a_statement_in_time(postgresql_url: str):
    running = "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'lienthong' AND state = 'active'"
    with filled(postgresql_url):
        async with started(postgresql_url) as adapter:
            await asyncio.gather(*(refusal(adapter, about(people.SLOW, 0.2)) for _ in range(3)))
            found = await adapter.ask(about(people.AN["id"]))  # its thread is free again
            assert found.body["name"] == "Nguyễn Thị An"
            with psycopg.connect(postgresql_url) as connection:
                assert connection.execute(running).fetchone() == (0,)


async def test_no_transaction_is_left_open(postgresql_url: str):
    idle = "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'lienthong' AND state LIKE 'idle in%'"
    with filled(postgresql_url):
        async with started(postgresql_url) as adapter:
            await adapter.ask(about(people.AN["id"]))
            with psycopg.connect(postgresql_url) as connection:
                assert connection.execute(idle).fetchone() == (0,)


async def test_missing_rights_are_not_permitted(postgresql_url: str):
    asked = {
        "sql": "SELECT passwd AS so FROM pg_catalog.pg_shadow WHERE usename = :number",
        "question": [{"to": "number", "from": "body.number"}],
        "answer": {"fields": [{"to": "number", "from": "so"}]},
    }
    with filled(postgresql_url), psycopg.connect(postgresql_url, autocommit=True) as connection:
        connection.execute("DROP ROLE IF EXISTS lienthong_adapter_reader")
        connection.execute("CREATE ROLE lienthong_adapter_reader LOGIN PASSWORD 'reader'")
        try:
            url = sa.make_url(postgresql_url).set(username="lienthong_adapter_reader", password="reader")
            async with started(url.render_as_string(hide_password=False), asked) as adapter:
                error = await refusal(adapter, about("1"))
        finally:
            connection.execute("DROP ROLE lienthong_adapter_reader")
    assert (error.kind, error.peer_code, error.retry) == (PeerFault.NOT_PERMITTED, "42501", False)


async def test_a_value_that_the_type_cannot_hold_is_a_bad_question(postgresql_url: str):
    with filled(postgresql_url):
        async with started(postgresql_url) as adapter:
            error = await refusal(adapter, about("a\x00b"))
    assert (error.kind, error.outcome_known) == (PeerFault.BAD_QUESTION, True)
