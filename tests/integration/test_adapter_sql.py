"""SQL on SQLite files: bound parameters only, read only, stopped in time, never more rows than declared."""

from __future__ import annotations

import sqlite3
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import peer_systems as people
import pytest
from peer_systems import sqlite_file

from adapters.kinds import build
from adapters.port import Adapter, PeerError, PeerFault, Query, Reach

if TYPE_CHECKING:
    from pathlib import Path

BY_NUMBER = [{"to": "n", "from": "body.n"}]
TEN = {"fields": [{"to": "name", "from": "ten"}]}
AN = str(people.AN["id"])


@asynccontextmanager
async def asking(folder: Path, sql: str, answer: dict[str, object] | None = None, **changes: object):
    if not (folder / "people.db").exists():
        sqlite_file(folder / "people.db")
    operation = {"sql": sql, "answer": answer or TEN, "question": changes.pop("question", BY_NUMBER)}
    if "optional" in changes:
        operation["optional"] = changes.pop("optional")
    settings = {"engine": "sqlite", "file": "people.db", **changes, "operations": {"p": operation}}
    adapter = build("sql", settings, folder=folder)
    await adapter.start()
    try:
        yield adapter
    finally:
        await adapter.close()


async def ask(adapter: Adapter, body: dict[str, object] | None = None, timeout_s: float = 30.0) -> dict[str, object]:
    return (await adapter.ask(Query("p", {"n": AN} if body is None else body, timeout_s=timeout_s))).body


async def refusal(adapter: Adapter, body: dict[str, object] | None = None, timeout_s: float = 30.0) -> PeerError:
    with pytest.raises(PeerError) as caught:
        await ask(adapter, body, timeout_s)
    return caught.value


SELECT = "SELECT ten FROM person WHERE number = :n"


async def test_parameters_are_bound(tmp_path: Path):
    async with asking(tmp_path, SELECT) as adapter:
        assert await ask(adapter) == {"name": "An"}
        assert (await refusal(adapter, {"n": "' OR '1'='1"})).kind is PeerFault.NO_MATCH


@pytest.mark.parametrize("body", [{}, {"n": None}, {"n": ""}])
async def test_a_missing_parameter_is_a_bad_question_and_no_no_match(tmp_path: Path, body: dict[str, object]):
    async with asking(tmp_path, SELECT) as adapter:
        error = await refusal(adapter, body)
    assert (error.kind, error.rule, error.at) == (PeerFault.BAD_QUESTION, "missing", "n")


async def test_a_parameter_declared_optional_may_be_null(tmp_path: Path):
    question = [*BY_NUMBER, {"to": "y", "from": "body.y"}]
    sql = SELECT + " AND (:y IS NULL OR born = :y)"
    async with asking(tmp_path, sql, question=question, optional=["y"]) as adapter:
        assert await ask(adapter) == {"name": "An"}
        assert (await refusal(adapter, {"n": AN, "y": "1900"})).kind is PeerFault.NO_MATCH


@pytest.mark.parametrize(
    ("value", "rule"), [([1], "not-plain"), ({"a": 1}, "not-plain"), (2**70, "parameter"), (10**30, "parameter")]
)
async def test_values_that_no_parameter_can_hold(tmp_path: Path, value: object, rule: str):
    question = [{"to": "n", "from": "body.n", "as": "raw"}]
    async with asking(tmp_path, SELECT, question=question) as adapter:
        error = await refusal(adapter, {"n": value})
    assert (error.kind, error.rule, error.outcome_known) == (PeerFault.BAD_QUESTION, rule, True)


@pytest.mark.parametrize(
    "sql",
    [
        "WITH x AS (SELECT :n) DELETE FROM person",
        "WITH x AS (SELECT :n) INSERT INTO person SELECT 1, 2, 3, 4, 5 FROM x",
        "WITH x AS (SELECT :n) UPDATE person SET ten = 'X'",
    ],
)
async def test_nothing_can_be_written(tmp_path: Path, sql: str):
    async with asking(tmp_path, sql) as adapter:
        assert (await refusal(adapter)).kind is PeerFault.FAULT
    rows = sqlite3.connect(tmp_path / "people.db").execute("SELECT count(*), max(ten = 'X') FROM person").fetchall()
    assert rows == [(5, 0)]


async def test_a_long_statement_is_stopped_by_the_database(tmp_path: Path):
    endless = (
        "WITH RECURSIVE w(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM w) SELECT max(i) AS ten FROM w WHERE :n = :n"
    )
    async with asking(tmp_path, endless, max_concurrency=1) as adapter:
        error = await refusal(adapter, timeout_s=0.1)
        assert (error.kind, error.retry) == (PeerFault.TIMEOUT, True)
    # leaving closes the adapter, which waits for its threads: this line proves that none runs on


async def test_two_rows_are_two_matches_and_three_are_too_many(tmp_path: Path):
    async with asking(tmp_path, "SELECT ten FROM person WHERE :n = :n") as adapter:
        assert (await refusal(adapter)).kind is PeerFault.SEVERAL_MATCHES
    twins = {"n": people.TWINS}
    listed = {**TEN, "list_as": "people", "max_records": 2}
    async with asking(tmp_path, SELECT + " ORDER BY ten DESC", listed) as adapter:
        assert await ask(adapter, twins) == {"people": [{"name": "Một"}, {"name": "Hai"}]}
    async with asking(tmp_path, SELECT, {**listed, "max_records": 1}) as adapter:
        error = await refusal(adapter, twins)
    assert (error.kind, error.rule) == (PeerFault.BAD_ANSWER, "too-many-records")


async def test_yes_or_no(tmp_path: Path):
    async with asking(tmp_path, SELECT, {"exists": True}) as adapter:
        assert await ask(adapter) == {"exists": True}
        assert await ask(adapter, {"n": people.NOBODY}) == {"exists": False}


async def test_a_date_that_does_not_exist_is_no_date(tmp_path: Path):
    born = {"fields": [{"to": "birth", "from": "born", "as": "date", "forms": ["dd/MM/yyyy"]}]}
    async with asking(tmp_path, "SELECT born FROM person WHERE number = :n", born) as adapter:
        error = await refusal(adapter, {"n": people.GARBLED})
    assert (error.kind, error.rule, error.at) == (PeerFault.BAD_ANSWER, "no-such-date", "birth")


async def test_a_column_that_the_map_expects_and_the_statement_lacks(tmp_path: Path):
    required = {"fields": [{"to": "name", "from": "ho_ten", "required": True}]}
    async with asking(tmp_path, SELECT, required) as adapter:
        assert (await refusal(adapter)).rule == "missing"


async def test_a_wrong_statement_is_a_fault_without_its_text(tmp_path: Path):
    async with asking(tmp_path, "SELECT nothing FROM nowhere WHERE 1 = :n") as adapter:
        error = await refusal(adapter)
    assert (error.kind, error.peer_code) == (PeerFault.FAULT, "SQLITE_ERROR")
    assert "nowhere" not in repr(error)


async def test_a_file_that_is_not_there_is_never_made(tmp_path: Path):
    async with asking(tmp_path, SELECT, file="absent.db") as adapter:
        error = await refusal(adapter)
        assert (error.kind, error.peer_code) == (PeerFault.UNREACHABLE, "SQLITE_CANTOPEN")
        assert (await adapter.probe()).reach is Reach.UNREACHABLE
    assert not (tmp_path / "absent.db").exists()


async def test_a_file_that_is_no_database(tmp_path: Path):
    (tmp_path / "people.db").write_bytes(b"no database at all, only text " * 100)
    async with asking(tmp_path, SELECT) as adapter:
        assert (await refusal(adapter)).kind is PeerFault.FAULT


async def test_a_path_with_odd_letters_stays_a_path(tmp_path: Path):
    folder = tmp_path / "a b?mode=rwc#%20đ"
    folder.mkdir()
    async with asking(folder, SELECT) as adapter:
        assert await ask(adapter) == {"name": "An"}


async def test_changes_made_by_the_owner_are_seen(tmp_path: Path):
    async with asking(tmp_path, SELECT) as adapter:
        assert await ask(adapter) == {"name": "An"}
        writer = sqlite3.connect(tmp_path / "people.db")
        with writer:
            writer.execute("UPDATE person SET ten = 'Bình' WHERE number = ?", (AN,))
        writer.close()
        assert await ask(adapter) == {"name": "Bình"}


async def test_an_adapter_that_was_not_started(tmp_path: Path):
    async with asking(tmp_path, SELECT) as adapter:
        await adapter.close()
        assert (await refusal(adapter)).rule == "not-started"
