"""Small real systems on loopback for the adapters' tests: REST and SOAP servers, a SQLite file."""

from __future__ import annotations

import asyncio
import sqlite3
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import orjson
from aiohttp import web

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

AN = {"id": "096199000001", "ho": "Nguyễn", "dem": "Thị", "ten": "An", "born": "31/12/1999"}
BINH = {"id": "096150000002", "ho": "", "dem": "", "ten": "Trần Văn Bình", "born": "1950"}
TWINS = "096188000003"
NOBODY = "096177000004"
GARBLED = "096177000005"
SLOW = "096177000006"
FORBIDDEN = "096177000007"
UNLICENSED = "096177000008"
PEOPLE = {str(p["id"]): p for p in (AN, BINH)}
SLOW_S = 5.0


@asynccontextmanager
async def serving(app: web.Application) -> AsyncIterator[str]:
    """Run an app on a free loopback port; gives its base URL."""
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    host, port = runner.addresses[0][:2]
    try:
        yield f"http://{host}:{port}"
    finally:
        await runner.cleanup()


@asynccontextmanager
async def nowhere() -> AsyncIterator[str]:
    """A base URL at which nobody listens."""
    async with serving(web.Application()) as url:
        pass
    yield url


def rest_app() -> web.Application:
    """A register that wraps its data in a JSON string and dates in dd/MM/yyyy."""

    async def person(request: web.Request) -> web.Response:
        number = request.match_info["number"]
        if number == SLOW:
            await asyncio.sleep(SLOW_S)
        if number == GARBLED:
            return web.Response(text='{"error_code": "0", "data": "{', content_type="application/json")
        if number == FORBIDDEN:
            return web.json_response({"error_code": "005", "message": "cán bộ không có quyền"})
        if number == TWINS:
            return web.json_response({"error_code": "0", "data": _wrapped(AN, BINH)})
        if number not in PEOPLE:
            return web.json_response({"error_code": "-3", "message": f"không có {number}"})
        return web.json_response({"error_code": "0", "data": _wrapped(PEOPLE[number])})

    app = web.Application()
    app.router.add_get("/persons/{number}", person)
    app.router.add_route("HEAD", "/", _alive)
    return app


async def _alive(_: web.Request) -> web.Response:
    return web.Response()


def _wrapped(*people: dict[str, str]) -> str:
    return orjson.dumps([{"so": p["id"], "hoTen": p, "ngaySinh": p["born"]} for p in people]).decode()


def sqlite_file(path: Path) -> Path:
    """A people table with one pair of twins who share a number."""
    connection = sqlite3.connect(path)
    with connection:
        connection.execute("CREATE TABLE person (number TEXT, ho TEXT, dem TEXT, ten TEXT, born TEXT)")
        rows = [(p["id"], p["ho"], p["dem"], p["ten"], p["born"]) for p in (AN, BINH)]
        rows += [(TWINS, "Lê", "", "Một", "01/01/1988"), (TWINS, "Lê", "", "Hai", "01/01/1988")]
        rows += [(GARBLED, "Lê", "", "Ba", "31/02/1988")]
        connection.executemany("INSERT INTO person VALUES (?, ?, ?, ?, ?)", rows)
    connection.close()
    return path
