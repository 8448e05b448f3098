"""A soak of mixed adapters: every good one is asked steadily, and with the bad ones beside them or without."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from files_kit import drop, exchange
from peer_soap import WSDL
from peer_systems import AN, sqlite_file
from soak_systems import systems

from adapters.kinds import build
from adapters.port import Adapter, Officer, PeerError, Query

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

NUMBER = str(AN["id"])
GOOD = ("rest", "soap", "sql", "files", "memory")
BAD = ("hung", "slow", "crashing")
ANSWERS = {"name": "An"}
ASKERS = {"hung": 6, "slow": 4, "crashing": 2}
"""Who asks a bad one at the same time; a good one has two."""
PAUSE_S = 0.01
TEN = [{"to": "name", "from": "ten", "required": True}]


@dataclass
class Watched:
    """One adapter under load: what came of its questions, and how long each took (seconds)."""

    adapter: Adapter
    outcomes: Counter[str] = field(default_factory=Counter)
    took: list[float] = field(default_factory=list)
    circuits: set[str] = field(default_factory=set)


def _question(to: str) -> list[dict[str, object]]:
    return [{"to": to, "from": "body.number", "required": True}]


def _rest(url: str) -> dict[str, object]:
    answer = {"records": "data!", "fields": [{"to": "name", "from": "hoTen.ten", "required": True}]}
    operation = {"path": "/persons/{number}", "question": _question("path.number"), "answer": answer}
    return {"base_url": url, "operations": {"person": operation}}


def _soap(url: str) -> dict[str, object]:
    question = [
        {"to": "SoDinhDanh", "from": "body.number"},
        {"to": "MaCanBo", "from": "officer.id"},
        {"to": "MaDonVi", "from": "officer.unit"},
        {"to": "MaTichHop", "constant": "037"},
        {"to": "MaDVC", "from": "procedure"},
        {"to": "MaYeuCau", "from": "request_id"},
    ]
    answer = {"records": "CongDan", "fields": [{"to": "name", "from": "HoVaTen.Ten", "required": True}]}
    operation = {"call": "CungCapThongTinCongDan", "question": question, "answer": answer}
    return {"wsdl": str(WSDL), "address": url, "operations": {"person": operation}}


def _sql(folder: Path) -> dict[str, object]:
    folder.mkdir()
    sqlite_file(folder / "people.db")
    sql = "SELECT ten FROM person WHERE number = :number"
    operation = {"sql": sql, "question": _question("number"), "answer": {"fields": TEN}}
    return {"engine": "sqlite", "file": str(folder / "people.db"), "operations": {"person": operation}}


def _files(folder: Path) -> dict[str, object]:
    drop(exchange(folder) / "incoming", "people", [{"so": NUMBER, "ten": "An"}])
    operation = {"keys": {"so": "number"}, "question": _question("number"), "answer": {"fields": TEN}}
    return {"folder": str(folder / "exchange"), "poll_s": 0.1, "operations": {"person": operation}}


def _memory() -> dict[str, object]:
    records = [{"when": {"number": NUMBER}, "data": {"ten": "An"}}]
    answer = {"fields": TEN}
    operation = {"match": ["number"], "question": _question("number"), "answer": answer, "records": records}
    return {"operations": {"person": operation}}


def _bad(url: str, timeout_s: float) -> dict[str, object]:
    breaker = {"failures": 5, "share": 0.1, "window_s": 10, "open_s": 0.5}
    operation = {"path": "/person", "answer": {"fields": TEN}}
    return {"base_url": url, "timeout_s": timeout_s, "breaker": breaker, "operations": {"person": operation}}


def _made(urls: Mapping[str, str], folder: Path, *, bad: bool) -> dict[str, Adapter]:
    kinds = {
        "rest": ("rest", _rest(urls["rest"])),
        "soap": ("soap", _soap(urls["soap"])),
        "sql": ("sql", _sql(folder)),
        "files": ("files", _files(folder)),
        "memory": ("memory", _memory()),
        **({name: ("rest", _bad(urls[name], 30.0 if name == "slow" else 1.0)) for name in BAD} if bad else {}),
    }
    return {name: build(kind, settings) for name, (kind, settings) in kinds.items()}


async def soak(folder: Path, seconds: float, port: int, *, bad: bool) -> tuple[dict[str, Watched], int]:
    """Ask all of them for so long; what came of it, and how often the crashing system died."""
    deaths: list[int] = []
    async with systems(port, deaths, bad=bad) as urls, AsyncExitStack() as opened:
        watched = {name: Watched(adapter) for name, adapter in _made(urls, folder, bad=bad).items()}
        for one in watched.values():
            await one.adapter.start()
            opened.push_async_callback(one.adapter.close)
        until = time.monotonic() + seconds
        await asyncio.gather(
            *(_ask_until(one, until) for name, one in watched.items() for _ in range(ASKERS.get(name, 2)))
        )
    return watched, sum(deaths)


async def _ask_until(one: Watched, until: float) -> None:
    query = Query("person", {"number": NUMBER}, procedure="1.001193", officer=Officer("CB-0042", "U"), request_id="r-1")
    while time.monotonic() < until:
        began = time.monotonic()
        try:
            outcome = "right" if (await one.adapter.ask(query)).body == ANSWERS else "wrong"
        except PeerError as error:
            outcome = error.rule or error.kind.value
        one.took.append(time.monotonic() - began)
        one.outcomes[outcome] += 1
        one.circuits.add(one.adapter.guard.standing.circuit.value)
        await asyncio.sleep(PAUSE_S)
