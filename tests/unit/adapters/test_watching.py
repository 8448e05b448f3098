"""Watching an adapter: off unless asked for, apart per question, and over with its block."""

from __future__ import annotations

import asyncio
import tomllib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from check_kit import REST
from peer_systems import AN, BINH, NOBODY, rest_app, serving, sqlite_file

from adapters import watching
from adapters.http import Reply, Request
from adapters.kinds import build
from adapters.port import Adapter, Officer, PeerError, Query
from adapters.watching import Detour, Statement


@asynccontextmanager
async def started(adapter: Adapter) -> AsyncIterator[Adapter]:
    await adapter.start()
    try:
        yield adapter
    finally:
        await adapter.close()


def rest_settings(url: str) -> dict[str, object]:
    return tomllib.loads(REST.format(url=url, more=""))


@asynccontextmanager
async def rest() -> AsyncIterator[Adapter]:
    async with serving(rest_app()) as url, started(build("rest", rest_settings(url))) as adapter:
        yield adapter


def about(number: str) -> Query:
    return Query("person", {"number": number}, officer=Officer("CB-0042", "000.00.12.H26"))


SQL = {
    "engine": "sqlite",
    "file": "people.db",
    "operations": {
        "person": {
            "sql": "SELECT number AS so FROM person WHERE number = :number",
            "question": [{"to": "number", "from": "body.number"}],
            "answer": {"fields": [{"to": "number", "from": "so"}]},
        }
    },
}


async def test_a_question_over_http_is_seen_whole():
    async with rest() as adapter:
        with watching.watching() as seen:
            await adapter.ask(about(AN["id"]))
        assert seen.mapped is not None
        assert seen.mapped["path"] == {"number": AN["id"]}
        (move,) = seen.moves
        assert isinstance(move.sent, Request)
        assert isinstance(move.came, Reply)
        assert move.came.status == 200
        assert isinstance(seen.read, dict)
        assert AN["id"] not in repr(seen)  # what was seen is not shown in passing


async def test_questions_at_once_are_seen_apart():
    async def one(adapter: Adapter, number: str) -> object:
        with watching.watching() as seen:
            await adapter.ask(about(number))
        return seen.mapped["path"]["number"], len(seen.moves)

    async with rest() as adapter:
        found = await asyncio.gather(one(adapter, AN["id"]), one(adapter, BINH["id"]))
    assert found == [(AN["id"], 1), (BINH["id"], 1)]


async def test_nobody_watches_afterwards():
    async with rest() as adapter:
        with watching.watching() as seen, pytest.raises(PeerError):
            await adapter.ask(about(NOBODY))
        await adapter.ask(about(AN["id"]))
        assert watching.seen() is None
        assert len(seen.moves) == 1


async def test_a_statement_is_seen_with_its_parameters_and_rows(tmp_path: Path):
    sqlite_file(tmp_path / "people.db")
    async with started(build("sql", SQL, folder=tmp_path)) as adapter:
        with watching.watching() as seen:
            await adapter.ask(about(AN["id"]))
        (move,) = seen.moves
        assert isinstance(move.sent, Statement)
        assert move.sent.parameters["number"] == AN["id"]
        assert move.came == seen.read


async def test_a_detour_is_taken_and_the_system_hears_its_own_name():
    heard: list[bytes] = []

    async def relay(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heard.append(await reader.readuntil(b"\r\n\r\n"))
        writer.close()

    server = await asyncio.start_server(relay, "127.0.0.1", 0)
    way = Detour(*server.sockets[0].getsockname()[:2])
    adapter = build("rest", rest_settings("http://register.invalid/base"))
    with watching.led_through(way):
        await adapter.start()
    try:
        with pytest.raises(PeerError):
            await adapter.ask(about(AN["id"]))
    finally:
        await adapter.close()
        server.close()
    assert heard[0].startswith(b"GET /base/persons/")
    assert b"Host: register.invalid\r\n" in heard[0]


async def test_https_asks_the_detour_by_connect():
    heard: list[bytes] = []

    async def relay(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heard.append(await reader.readuntil(b"\r\n\r\n"))
        writer.close()

    server = await asyncio.start_server(relay, "127.0.0.1", 0)
    way = Detour(*server.sockets[0].getsockname()[:2])
    adapter = build("rest", rest_settings("https://register.invalid"))
    with watching.led_through(way):
        await adapter.start()
    try:
        with pytest.raises(PeerError):
            await adapter.ask(about(AN["id"]))
    finally:
        await adapter.close()
        server.close()
    assert heard[0].startswith(b"CONNECT register.invalid:443 ")
