"""Every kind of adapter keeps the contract of the one in memory, each over a real system of its own."""

from __future__ import annotations

import dataclasses
import tempfile
from contextlib import asynccontextmanager
from pathlib import Path
from typing import ClassVar

import peer_systems as people
from peer_soap import WSDL, PopulationServer
from peer_systems import nowhere, rest_app, serving, sqlite_file

from adapters.kinds import build
from adapters.port import Adapter, Officer, PeerFault, Query
from adapters.testing import AdapterContract

NAME_FIELD = {"to": "name", "from": "hoTen", "parts": ["ho", "dem", "ten"]}
BIRTH_FIELD = {"to": "birth", "from": "ngaySinh", "as": "partial-date", "forms": ["dd/MM/yyyy", "yyyy"]}
AN_BODY = {"number": "096199000001", "name": "Nguyễn Thị An", "birth": "1999-12-31"}
BINH_BODY = {"number": "096150000002", "name": "Trần Văn Bình", "birth": "1950"}


def about(number: str, timeout_s: float = 30.0) -> Query:
    return Query(
        "person",
        {"number": number},
        procedure="1.001193",
        officer=Officer("CB-0042", "000.00.12.H26"),
        request_id="r-1",
        timeout_s=timeout_s,
    )


@asynccontextmanager
async def started(adapter: Adapter):
    await adapter.start()
    try:
        yield adapter
    finally:
        await adapter.close()


class People(AdapterContract):
    """The same questions and answers for every kind."""

    found: ClassVar = {
        "a day of birth": (about(str(people.AN["id"])), AN_BODY),
        "a year of birth": (about(str(people.BINH["id"])), BINH_BODY),
    }
    nobody = about(people.NOBODY)
    several = about(people.TWINS)
    garbled = about(people.GARBLED)
    slow = about(people.SLOW, timeout_s=0.05)
    refused = (about(people.FORBIDDEN), PeerFault.NOT_PERMITTED, "005")
    incomplete = dataclasses.replace(about(str(people.AN["id"])), officer=None)


def _memory_records() -> list[dict[str, object]]:
    held = [
        {"when": {"number": p["id"]}, "data": {"so": p["id"], "hoTen": p, "ngaySinh": p["born"]}}
        for p in people.PEOPLE.values()
    ]
    twin = {"so": people.TWINS, "hoTen": {"ten": "Một"}}
    return [
        *held,
        {"when": {"number": people.TWINS}, "data": twin},
        {"when": {"number": people.TWINS}, "data": twin},
        {"when": {"number": people.GARBLED}, "data": {"so": 12}},
        {"when": {"number": people.SLOW}, "delay_s": people.SLOW_S},
        {"when": {"number": people.FORBIDDEN}, "code": "005"},
    ]


MEMORY = {
    "faults": {"005": "not-permitted"},
    "operations": {
        "person": {
            "require": ["officer.id"],
            "match": ["number"],
            "question": [{"to": "number", "from": "body.number"}],
            "answer": {"fields": [{"to": "number", "from": "so", "required": True}, NAME_FIELD, BIRTH_FIELD]},
            "records": _memory_records(),
        }
    },
}


class TestMemory(People):
    test_a_system_that_is_down_is_unreachable = None  # there is no system besides the adapter

    @asynccontextmanager
    async def opened(self):
        async with started(build("memory", MEMORY)) as adapter:
            yield adapter


def rest_settings(url: str) -> dict[str, object]:
    return {
        "base_url": url,
        "max_concurrency": 4,
        "faults": {"005": "not-permitted", "-3": "no-match"},
        "operations": {
            "person": {
                "path": "/persons/{number}",
                "require": ["officer.id", "officer.unit"],
                "question": [
                    {"to": "path.number", "from": "body.number", "required": True},
                    {"to": "header.X-Officer", "from": "officer.id"},
                ],
                "outcome": {"code": "error_code", "ok": ["0", "00"]},
                "answer": {
                    "records": "data!",
                    "fields": [{"to": "number", "from": "so", "required": True}, NAME_FIELD, BIRTH_FIELD],
                },
            }
        },
    }


class TestRest(People):
    @asynccontextmanager
    async def opened(self):
        async with serving(rest_app()) as url, started(build("rest", rest_settings(url))) as adapter:
            yield adapter

    @asynccontextmanager
    async def down(self):
        async with nowhere() as url, started(build("rest", rest_settings(url))) as adapter:
            yield adapter


def soap_settings(url: str) -> dict[str, object]:
    question = [  # not in the schema's order, on purpose
        {"to": "SoDinhDanh", "from": "body.number"},
        {"to": "MaCanBo", "from": "officer.id"},
        {"to": "MaDonVi", "from": "officer.unit"},
        {"to": "MaTichHop", "constant": "037"},
        {"to": "MaDVC", "from": "procedure"},
        {"to": "MaYeuCau", "from": "request_id"},
    ]
    return {
        "wsdl": WSDL.name,
        "address": url,
        "faults": {"004": "not-licensed", "005": "not-permitted"},
        "operations": {
            "person": {
                "call": "CungCapThongTinCongDan",
                "question": question,
                "answer": {
                    "records": "CongDan",
                    "as_of": {"from": "ThoiDiemDuLieu", "forms": ["yyyyMMddHHmmss"]},
                    "fields": [
                        {"to": "number", "from": "SoDinhDanh", "required": True},
                        {"to": "name", "from": "HoVaTen", "parts": ["Ho", "ChuDem", "Ten"]},
                        {
                            "to": "birth",
                            "from": ["NgayThangNamSinh.NgayThangNam", "NgayThangNamSinh.Nam"],
                            "as": "partial-date",
                            "forms": ["yyyyMMdd", "yyyy"],
                        },
                    ],
                },
            },
            "known": {
                "call": "XacThucThongTinCongDan",
                "question": question,
                "answer": {"fields": [{"to": "exists", "from": "TonTai", "as": "boolean", "required": True}]},
            },
        },
    }


class TestSoap(People):
    @asynccontextmanager
    async def opened(self):
        async with (
            serving(PopulationServer().app()) as url,
            started(build("soap", soap_settings(url), folder=WSDL.parent)) as adapter,
        ):
            yield adapter

    @asynccontextmanager
    async def down(self):
        async with nowhere() as url, started(build("soap", soap_settings(url), folder=WSDL.parent)) as adapter:
            yield adapter


SLOW_SQL = """
WITH RECURSIVE wait(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM wait WHERE n < 50000000 AND :number = :slow)
SELECT number AS so, ho, dem, ten, born FROM person, (SELECT max(n) FROM wait) WHERE number = :number
"""
SQL_FIELDS = [
    {"to": "number", "from": "so"},
    {"to": "name", "from": ["ho", "dem", "ten"], "join": " "},
    {"to": "birth", "from": "born", "as": "partial-date", "forms": ["dd/MM/yyyy", "yyyy"]},
]


def sqlite_settings(file: str) -> dict[str, object]:
    return {
        "engine": "sqlite",
        "file": file,
        "operations": {
            "person": {
                "sql": SLOW_SQL,
                "require": ["officer.id"],
                "question": [
                    {"to": "number", "from": "body.number"},
                    {"to": "slow", "constant": people.SLOW},
                ],
                "answer": {"fields": SQL_FIELDS},
            }
        },
    }


class TestSqlite(People):
    test_a_refusal_keeps_its_reason_and_code = None  # a file refuses nobody

    @asynccontextmanager
    async def opened(self):
        with tempfile.TemporaryDirectory() as folder:
            sqlite_file(Path(folder) / "people.db")
            async with started(build("sql", sqlite_settings("people.db"), folder=Path(folder))) as adapter:
                yield adapter

    @asynccontextmanager
    async def down(self):
        with tempfile.TemporaryDirectory() as folder:
            async with started(build("sql", sqlite_settings("none.db"), folder=Path(folder))) as adapter:
                yield adapter
