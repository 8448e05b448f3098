"""The sample nation's servers on the wire: what they refuse, and that they run as processes of their own."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import urllib.request
from pathlib import Path
from typing import TYPE_CHECKING

import aiohttp
import pytest

from bus.sample.business_registry import CLIENT_ID
from bus.sample.personas import OFFICER, PERSONAS
from bus.sample.serve import serving
from bus.sample.store import build, read_key
from schemas.xml import parse

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

ROOT = Path(__file__).parents[2]
MOTHER = PERSONAS["mother"]


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("nation")
    build(folder, size=100, seed=1)
    return folder


@pytest.fixture
async def web() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as session:
        yield session


FIELDS = {
    "MaYeuCau": "r-1",
    "MaDVC": "3.000722",
    "MaTichHop": "037",
    "MaDonVi": OFFICER[1],
    "MaCanBo": OFFICER[0],
    "SoDinhDanh": MOTHER.number,
    "HoVaTen": MOTHER.name,
    "NgayThangNamSinh": "<NgayThangNam>19940312</NgayThangNam>",
}


def envelope(fields: dict[str, str], operation: str = "XacThucThongTinCongDan") -> bytes:
    inside = "".join(f"<{name}>{value}</{name}>" for name, value in fields.items())
    return (
        '<soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/"><soapenv:Body>'
        f'<{operation} xmlns="http://dancuquocgia.bca">{inside}</{operation}>'
        "</soapenv:Body></soapenv:Envelope>"
    ).encode()


async def call(web: aiohttp.ClientSession, port: int, body: bytes) -> tuple[int, str]:
    """The status and, of a fault, its code; of an answer, the verdict."""
    async with web.post(f"http://127.0.0.1:{port}/dancu", data=body, headers={"Content-Type": "text/xml"}) as reply:
        root = parse(await reply.read())
        found = root.findtext(".//{*}MaLoi") or root.findtext(".//{*}TonTai") or ""
        return reply.status, found


def reordered() -> dict[str, str]:
    return {"HoVaTen": FIELDS["HoVaTen"], **{name: value for name, value in FIELDS.items() if name != "HoVaTen"}}


WRONG = {
    "another order": envelope(reordered()),
    "no officer": envelope({name: value for name, value in FIELDS.items() if name != "MaCanBo"}),
    "an empty officer": envelope(FIELDS | {"MaCanBo": " "}),
    "no procedure": envelope({name: value for name, value in FIELDS.items() if name != "MaDVC"}),
    "a request number too long": envelope(FIELDS | {"MaYeuCau": "r" * 41}),
    "a number of eleven digits": envelope(FIELDS | {"SoDinhDanh": "99019400001"}),
    "a placeholder": envelope(FIELDS | {"SoDinhDanh": "222222222222"}),
    "a date with dashes": envelope(FIELDS | {"NgayThangNamSinh": "<NgayThangNam>1994-03-12</NgayThangNam>"}),
    "two births": envelope(FIELDS | {"NgayThangNamSinh": "<Nam>1994</Nam><NgayThangNam>19940312</NgayThangNam>"}),
    "an unknown operation": envelope(FIELDS, "XoaCongDan"),
    "no XML": b"{}",
    "a document type": b'<!DOCTYPE x [<!ENTITY e "e">]>' + envelope(FIELDS),
    "no envelope": b"<XacThucThongTinCongDan/>",
}


@pytest.mark.parametrize("body", WRONG.values(), ids=WRONG.keys())
async def test_a_wrong_message_is_fault_001(web: aiohttp.ClientSession, data: Path, body: bytes) -> None:
    async with serving("population", data) as port:
        assert await call(web, port, body) == (500, "001")


async def test_the_population_service_answers_refuses_and_remembers(web: aiohttp.ClientSession, data: Path) -> None:
    async with serving("population", data) as port:
        assert await call(web, port, envelope(FIELDS)) == (200, "true")
        assert await call(web, port, envelope(FIELDS)) == (500, "002")
        assert await call(web, port, envelope(FIELDS | {"MaYeuCau": "r-2", "MaDVC": "VPCP"})) == (500, "004")
        assert await call(web, port, envelope(FIELDS | {"MaYeuCau": "r-3", "MaDonVi": "G22"})) == (500, "005")
        year = {"MaYeuCau": "r-4", "NgayThangNamSinh": "<Nam>1994</Nam>"}
        assert await call(web, port, envelope(FIELDS | year)) == (200, "true")
        assert await call(web, port, envelope(FIELDS | {"MaYeuCau": "r-5", "HoVaTen": "Trần Thị Minh"})) == (
            200,
            "false",
        )
        card = {name: value for name, value in FIELDS.items() if name != "SoDinhDanh"}
        before, after = list(card.items())[:5], list(card.items())[5:]
        by_card = dict([*before, ("SoCMND", "999900012"), *after]) | {"MaYeuCau": "r-6"}
        assert await call(web, port, envelope(by_card)) == (200, "true")


async def test_a_fault_never_holds_what_was_sent(web: aiohttp.ClientSession, data: Path) -> None:
    async with serving("population", data) as port:
        body = envelope(FIELDS | {"MaDVC": "VPCP"})
        async with web.post(f"http://127.0.0.1:{port}/dancu", data=body) as reply:
            text = await reply.text()
    assert MOTHER.number not in text
    assert MOTHER.name not in text


async def test_the_description_names_its_own_address(web: aiohttp.ClientSession, data: Path) -> None:
    async with serving("population", data) as port, web.get(f"http://127.0.0.1:{port}/dancu?wsdl") as reply:
        assert f'location="http://127.0.0.1:{port}/dancu"' in await reply.text()


async def test_civil_status_is_always_200_and_says_no_in_a_code(web: aiohttp.ClientSession, data: Path) -> None:
    key = {"lgspaccesstoken": read_key(data, "civil-status-key")}
    good = {"soDinhDanh": MOTHER.number, "hoTen": MOTHER.name, "ngaySinh": "12/03/1994"}
    cases: list[tuple[dict[str, str], object, str]] = [
        (key, good, "1"),
        ({}, good, "3"),
        ({"lgspaccesstoken": "wrong"}, good, "3"),
        (key, good | {"ngaySinh": "1994-03-12"}, "2"),
        (key, good | {"soDinhDanh": 990194000012}, "2"),
        (key, [], "2"),
        (key, good | {"soDinhDanh": "990194999999"}, "0"),
    ]
    async with serving("civil-status", data) as port:
        for headers, body, status in cases:
            url = f"http://127.0.0.1:{port}/hotich/v1/ket-hon"
            async with web.post(url, json=body, headers=headers) as reply:
                assert reply.status == 200
                said = await reply.json()
                assert said["status"] == status
                assert isinstance(said["data"], str)
                assert bool(said["data"]) is (status == "1")


async def test_the_business_registry_wants_a_token_it_gave(web: aiohttp.ClientSession, data: Path) -> None:
    secret = read_key(data, "business-registry-key")
    basic = {"Authorization": aiohttp.encode_basic_auth(CLIENT_ID, secret)}
    form = {"grant_type": "client_credentials"}
    async with serving("business-registry", data) as port:
        base = f"http://127.0.0.1:{port}"
        async with web.post(f"{base}/token", data=form) as reply:
            assert reply.status == 401
        async with web.post(f"{base}/token", data={}, headers=basic) as reply:
            assert reply.status == 400
        async with web.post(f"{base}/token", data=form, headers=basic) as reply:
            token = (await reply.json())["access_token"]
        url = f"{base}/hkd/v2/chu-ho/{PERSONAS['owner'].number}"
        async with web.get(url, headers={"Authorization": "Bearer of bad news"}) as reply:
            assert reply.status == 401
        async with web.get(url, headers={"Authorization": f"Bearer {token}"}) as reply:
            assert (await reply.json())["hoKinhDoanh"]["trangThai"] == "DANG_HOAT_DONG"
        async with web.get(f"{base}/hkd/v2/chu-ho/12", headers={"Authorization": f"Bearer {token}"}) as reply:
            assert reply.status == 400


def test_a_server_is_a_process_that_says_where_it_is_and_stops_when_told(data: Path) -> None:
    command = [sys.executable, "-P", "-m", "bus.sample", "serve", "population", "--data", str(data), "--port", "0"]
    process = subprocess.Popen(
        command, env={**os.environ, "PYTHONPATH": str(ROOT)}, stdout=subprocess.PIPE, text=True, cwd=data
    )
    try:
        assert process.stdout is not None
        said = json.loads(process.stdout.readline())
        assert said["kind"] == "population"
        with urllib.request.urlopen(f"{said['url']}/dancu?wsdl", timeout=10) as reply:  # noqa: S310 - our own server
            assert b"XacThucThongTinCongDan" in reply.read()
    finally:
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=20)
    assert process.returncode == 0
