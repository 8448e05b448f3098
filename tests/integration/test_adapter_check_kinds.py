"""The check of adapters that are themselves to blame, of SOAP, and of a kind that hides its connections."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar

import peer_systems as people
from aiohttp import web
from check_kit import SAMPLES, Files, checked, checked_target, rows
from peer_soap import WSDL, PopulationServer
from peer_systems import AN, rest_app, serving

from adapters.http import HttpPipe
from adapters.kind import Kind
from adapters.port import Found, PeerError, Query
from adapters.rest import RestAdapter, RestSettings
from bus.kit.check.target import Target, of_file
from bus.kit.check.verdicts import Verdict


class Inventing(RestAdapter):
    """Has a sample citizen for whatever goes wrong, as one in the field had."""

    kind: ClassVar[str] = "inventing"

    async def _ask(self, query: Query) -> Found:
        try:
            return await super()._ask(query)
        except PeerError:
            return Found({"number": AN["id"], "name": "Nguyễn Thị An", "birth": "1999-12-31"})


class Mixing(RestAdapter):
    """Keeps the question at hand where every question keeps it."""

    kind: ClassVar[str] = "mixing"

    async def _ask(self, query: Query) -> Found:
        self._at_hand = query
        await asyncio.sleep(0.01)
        return await super()._ask(self._at_hand)


class Hidden(RestAdapter):
    """Makes connections that no detour reaches."""

    kind: ClassVar[str] = "hidden"

    async def start(self) -> None:
        await super().start()
        self._pipe: HttpPipe
        self._pipe._detour = None


class With(Target):
    """A target whose kinds are these besides ours."""

    @property
    def kinds(self) -> Mapping[str, Kind[Any]]:
        return {**super().kinds, **{one.kind: Kind(RestSettings, one) for one in (Inventing, Mixing, Hidden)}}


async def of_kind(kind: str, folder: Path) -> tuple[dict[str, str], dict[str, str]]:
    """What is unmet and what is not judged."""
    async with serving(rest_app()) as url:
        files = Files(folder).write(url)
        made = of_file("rest", files.adapter, {}, None)
        result = await checked_target(With(kind, made.table, made.folder, {}, made.place), files)
    return rows(result, Verdict.UNMET), rows(result, Verdict.NOT_JUDGED)


async def test_an_adapter_that_invents_answers(tmp_path: Path):
    unmet, _ = await of_kind("inventing", tmp_path)
    assert set(unmet) == {"3.9", "4.5", "4.6", "4.7", "4.9", "4.12", "4.13", "4.14"}


async def test_an_adapter_that_mixes_answers(tmp_path: Path):
    unmet, _ = await of_kind("mixing", tmp_path)
    assert set(unmet) == {"4.16"}
    assert unmet["4.16"].endswith("were another's")


async def test_a_kind_whose_connections_cannot_be_led_is_not_judged_on_them(tmp_path: Path):
    unmet, untold = await of_kind("hidden", tmp_path)
    assert unmet == {}
    assert set(untold) >= {"4.10", "4.11", "4.12", "4.13", "4.14", "4.15", "4.17"}


async def test_a_declared_rate_is_no_fault(tmp_path: Path):
    async with serving(rest_app()) as url:
        result = await checked(Files(tmp_path).write(url, "max_per_second = 100\nburst = 2"))
    assert rows(result, Verdict.UNMET) == {}
    judged = {line.row.number: line.judged.verdict for line in result.lines}
    assert judged["5.2"] is Verdict.IDLE
    assert judged["4.16"] is Verdict.MET


SOAP = """\
wsdl = "population.wsdl"
address = "{url}"
max_concurrency = 4
timeout_s = 5.0

[faults]
"004" = "not-licensed"
"005" = "not-permitted"

[operations.person]
call = "CungCapThongTinCongDan"
question = [
    {{ to = "SoDinhDanh", from = "body.number", required = true }},
    {{ to = "MaCanBo", from = "officer.id" }},
    {{ to = "MaDonVi", from = "officer.unit" }},
    {{ to = "MaTichHop", constant = "037" }},
    {{ to = "MaDVC", from = "procedure" }},
    {{ to = "MaYeuCau", from = "request_id" }},
]

[operations.person.answer]
records = "CongDan"
same = {{ SoDinhDanh = "body.number" }}
as_of = {{ from = "ThoiDiemDuLieu", forms = ["yyyyMMddHHmmss"] }}

[[operations.person.answer.fields]]
to = "number"
from = "SoDinhDanh"
required = true

[[operations.person.answer.fields]]
to = "birth"
from = ["NgayThangNamSinh.NgayThangNam", "NgayThangNamSinh.Nam"]
as = "partial-date"
forms = ["yyyyMMdd", "yyyy"]
"""


async def test_soap(tmp_path: Path):
    files = Files(tmp_path)
    shutil.copytree(WSDL.parent, tmp_path, dirs_exist_ok=True)
    files.samples.write_text(SAMPLES, encoding="utf-8")
    async with serving(PopulationServer().app()) as url:
        files.adapter.write_text(SOAP.format(url=url), encoding="utf-8")
        result = await checked_target(of_file("soap", files.adapter, {}, None), files)
    assert rows(result, Verdict.UNMET) == {}
    met = rows(result, Verdict.MET)
    assert {f"4.{row}" for row in (1, 2, 5, 6, 7, 8, *range(10, 20))} <= met.keys()
    assert met["4.7"] == "1 refusal(s)"
    assert people.FORBIDDEN not in str(result)


def xroad_app() -> web.Application:
    """A REST service that knows X-Road's calls only."""

    async def person(request: web.Request) -> web.Response:
        number = request.match_info.get("number", "")
        if "X-Road-Client" not in request.headers or number == people.FORBIDDEN:
            return web.json_response({"type": "no"}, status=403)
        found = people.PEOPLE.get(number)
        return web.json_response(
            {"number": number, "birth": found["born"]} if found else {}, status=200 if found else 404
        )

    app = web.Application()
    app.router.add_get("/api/persons/{number}", person)
    app.router.add_route("HEAD", "/{rest:.*}", person)
    return app


XROAD = """\
service_url = "{url}/api"
max_concurrency = 4
timeout_s = 5.0
statuses = {{ 404 = "no-match", 403 = "not-permitted" }}
service = "VN/GOV/G01/population/persons"
caller = {{ client = "VN/GOV/G01/gateway" }}

[operations.person]
endpoint = "GET /persons/*"
"""


async def test_a_service_of_x_road(tmp_path: Path):
    files = Files(tmp_path)
    text = SAMPLES.replace('body = { number = "', 'body = { path = { 0 = "').replace('" }\n', '" } }\n')
    text = text.replace('"000.00.12.H26" } }', '"000.00.12.H26" }\nfields = ["person.birth"]')
    text = text.replace('answer = { birth = "1999-12-31" } }', "answer = {}")
    files.samples.write_text(text.replace('code = "005"', 'code = "403"'), encoding="utf-8")
    async with serving(xroad_app()) as url:
        files.adapter.write_text(XROAD.format(url=url), encoding="utf-8")
        result = await checked_target(of_file("xroad-rest", files.adapter, {}, None), files)
    assert rows(result, Verdict.UNMET) == {}
    met = rows(result, Verdict.MET)
    assert {"3.11", *(f"4.{row}" for row in (2, 5, 6, 7, *range(9, 20)))} <= met.keys()
