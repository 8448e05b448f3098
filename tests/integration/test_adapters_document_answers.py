"""The examples of docs/adapters.md answer: each against a small system of its kind, only addresses changed."""

from __future__ import annotations

import asyncio
import re
import sqlite3
import tomllib
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import orjson
import pytest
from aiohttp import web
from files_kit import DropSystem, exchange
from peer_soap import WSDL, PopulationServer
from peer_systems import AN, serving

from adapters.kinds import build
from adapters.port import Officer, PeerError, PeerFault, Query

if TYPE_CHECKING:
    from adapters.port import Adapter

TEXT = (Path(__file__).parents[2] / "docs" / "adapters.md").read_text(encoding="utf-8")
NUMBER = str(AN["id"])


def examples(kind: str) -> list[dict[str, Any]]:
    return [tomllib.loads(text) for text in re.findall(rf"```toml {kind}\n(.*?)```", TEXT, re.DOTALL)]


def about(operation: str, **more: str) -> Query:
    officer = Officer("CB-0042", "000.00.12.H26")
    body = {"citizen_number": NUMBER, **more}
    return Query(operation, body, procedure="1.001193", officer=officer, request_id="r-1", timeout_s=5.0)


@asynccontextmanager
async def started(kind: str, settings: dict[str, Any], folder: Path = Path()):
    adapter: Adapter = build(kind, settings, lambda _: "k3y", folder=folder)
    await adapter.start()
    try:
        yield adapter
    finally:
        await adapter.close()


def civil_status(seen: list[Any]) -> web.Application:
    async def wrapped(request: web.Request) -> web.Response:
        seen.append((request.headers["lgspaccesstoken"], await request.json()))
        data = {"soDinhDanh": NUMBER, "nksHoTen": "Nguyễn Thị An", "nksNgaySinh": "1999", "nksGioiTinh": "Nữ"}
        return web.json_response({"status": "1", "data": orjson.dumps([data]).decode()})

    async def plain(request: web.Request) -> web.Response:
        seen.append(request.match_info["number"])
        return web.json_response({"hoTen": "Nguyễn Thị An"})

    app = web.Application()
    app.router.add_post("/lgsp/hotich/v1/khai-sinh", wrapped)
    app.router.add_get("/hotich/v1/khai-sinh/{number}", plain)
    return app


async def test_rest():
    seen: list[Any] = []
    first, second = examples("rest")
    async with serving(civil_status(seen)) as url:
        async with started("rest", {**first, "base_url": f"{url}/lgsp"}) as adapter:
            found = await adapter.ask(about("extract", full_name="Nguyễn Thị An", birth="1999"))
        assert found.body == {"full_name": "Nguyễn Thị An", "birth": "1999", "sex": "female"}
        assert seen == [("k3y", {"soDinhDanh": NUMBER, "hoTen": "Nguyễn Thị An", "namSinh": "1999"})]
        async with started("rest", {**second, "base_url": url}) as adapter:
            assert (await adapter.ask(about("extract"))).body == {"full_name": "Nguyễn Thị An"}
            assert adapter.guard.retried == {"extract"}


async def test_soap():
    (example,) = examples("soap")
    async with (
        serving(PopulationServer().app()) as url,
        started("soap", {**example, "address": url}, WSDL.parent) as adapter,
    ):
        assert (await adapter.ask(about("confirm"))).body == {"exists": True}


async def test_sql(tmp_path: Path):
    connection = sqlite3.connect(tmp_path / "social_insurance.sqlite3")
    with connection:
        connection.execute("CREATE TABLE nguoi_tham_gia (so_dinh_danh TEXT, so_bhxh TEXT, dang_tham_gia INTEGER)")
        connection.execute("INSERT INTO nguoi_tham_gia VALUES (?, '0123456789', 1)", [NUMBER])
    connection.close()
    (example,) = examples("sql")
    async with started("sql", example, tmp_path) as adapter:
        assert (await adapter.ask(about("status"))).body == {"insurance_number": "0123456789", "active": True}


async def _taken(system: DropSystem) -> list[tuple[str, dict[str, object], str]]:
    for _ in range(1000):
        if taken := system.take():
            return taken
        await asyncio.sleep(0.01)
    raise AssertionError("no question was placed")


async def test_files_as_questions_and_answers(tmp_path: Path):
    example = examples("files")[1]
    system = DropSystem(exchange(tmp_path, "questions", "answers"))
    async with started("files", example, tmp_path) as adapter:
        asking = asyncio.create_task(adapter.ask(about("extract")))
        ((name, request, digest),) = await _taken(system)
        assert (name, request) == ("r-1", {"soDinhDanh": NUMBER})
        system.answer(name, digest, {"hoTen": "Nguyễn Thị An"})
        assert (await asking).body == {"full_name": "Nguyễn Thị An"}
        assert (await adapter.ask(about("extract"))).body == {"full_name": "Nguyễn Thị An"}  # a repeat, from `answered`
        assert system.taken == ["r-1"]


async def test_memory():
    (example,) = examples("memory")
    async with started("memory", example) as adapter:
        query = Query("standing", {"citizen_number": "990189000061"})
        assert (await adapter.ask(query)).body == {"in_debt": False}
        with pytest.raises(PeerError) as caught:
            await adapter.ask(Query("standing", {"citizen_number": "990189000062"}))
        assert caught.value.kind is PeerFault.TIMEOUT
