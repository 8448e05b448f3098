"""SOAP: order, mandatory facts, faults wherever they hide, replies decoded only when they obey the schema."""

from __future__ import annotations

import dataclasses
import shutil
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import peer_systems as people
import pytest
from lxml import etree
from peer_soap import ORDER, WSDL, PopulationServer, citizens, envelope, fault
from peer_systems import serving

from adapters.kinds import build
from adapters.port import Adapter, DeclarationError, Officer, PeerError, PeerFault, Query, Reach
from schemas.xml import parse

if TYPE_CHECKING:
    from pathlib import Path

QUESTION = [  # not in the schema's order, on purpose
    {
        "to": "NgayThangNamSinh.Nam",
        "from": "body.birth",
        "as": "partial-date",
        "forms": ["yyyy"],
        "skip_other_forms": True,
    },
    {
        "to": "NgayThangNamSinh.NgayThangNam",
        "from": "body.birth",
        "as": "date",
        "forms": ["yyyy-MM-dd"],
        "write": "yyyyMMdd",
        "skip_other_forms": True,
    },
    {"to": "HoVaTen", "from": "body.name"},
    {"to": "SoDinhDanh", "from": "body.number"},
    {"to": "MaCanBo", "from": "officer.id"},
    {"to": "MaDonVi", "from": "officer.unit"},
    {"to": "MaTichHop", "constant": "037"},
    {"to": "MaDVC", "from": "procedure"},
    {"to": "MaYeuCau", "from": "request_id"},
]
PERSON = {
    "call": "CungCapThongTinCongDan",
    "question": QUESTION,
    "answer": {
        "records": "CongDan",
        "as_of": {"from": "ThoiDiemDuLieu", "forms": ["yyyyMMddHHmmss"]},
        "fields": [
            {"to": "number", "from": "SoDinhDanh", "required": True},
            {"to": "nth_child", "from": "ConThu", "as": "integer"},
        ],
    },
}
KNOWN = {
    "call": "XacThucThongTinCongDan",
    "question": QUESTION,
    "answer": {"fields": [{"to": "exists", "from": "TonTai", "as": "boolean", "required": True}]},
}
AN = str(people.AN["id"])
ASKED = Query(
    "person",
    {"number": AN, "name": "Nguyễn Thị An"},
    procedure="1.001193",
    officer=Officer("CB-0042", "000.00.12.H26"),
    request_id="r-1",
)


def settings(url: str = "http://127.0.0.1:9", **changes: object) -> dict[str, object]:
    return {
        "wsdl": WSDL.name,
        "address": url,
        "faults": {"004": "not-licensed", "005": "not-permitted"},
        "operations": {"person": PERSON, "known": KNOWN},
        **changes,
    }


@asynccontextmanager
async def asking(server: PopulationServer, **changes: object):
    async with serving(server.app()) as url:
        adapter = build("soap", settings(url, **changes), folder=WSDL.parent)
        await adapter.start()
        try:
            yield adapter
        finally:
            await adapter.close()


async def refusal(adapter: Adapter, query: Query = ASKED) -> PeerError:
    with pytest.raises(PeerError) as caught:
        await adapter.ask(query)
    return caught.value


async def answered(body: bytes, status: int = 200, kind: str = "text/xml", query: Query = ASKED) -> PeerError:
    server = PopulationServer()
    server.canned = (status, kind, body)
    async with asking(server) as adapter:
        return await refusal(adapter, query)


@pytest.mark.parametrize(("birth", "inner"), [("1999-12-31", "19991231"), ("1950", "1950")])
async def test_elements_go_out_in_the_schemas_order(birth: str, inner: str):
    server = PopulationServer()
    async with asking(server) as adapter:
        await adapter.ask(dataclasses.replace(ASKED, body={**ASKED.body, "birth": birth}))
    body = parse(server.seen[0])[-1][0]
    assert [etree.QName(child).localname for child in body] == ORDER
    assert [child.text for child in body[-1]] == [inner]
    assert server.headers[0]["SOAPAction"] == '""'
    assert server.headers[0]["Content-Type"] == "text/xml; charset=utf-8"


async def test_the_yes_or_no_form():
    async with asking(PopulationServer()) as adapter:
        known = dataclasses.replace(ASKED, operation="known")
        assert (await adapter.ask(known)).body == {"exists": True}
        nobody = dataclasses.replace(known, body={"number": people.NOBODY})
        assert (await adapter.ask(nobody)).body == {"exists": False}


async def test_the_moment_of_the_data():
    async with asking(PopulationServer()) as adapter:
        assert (await adapter.ask(ASKED)).as_of == datetime(2026, 11, 22, 5, tzinfo=UTC)


@pytest.mark.parametrize(
    ("changes", "at"),
    [
        ({"officer": None}, "officer.id"),
        ({"officer": Officer("CB", "")}, "officer.unit"),
        ({"procedure": None}, "procedure"),
        ({"request_id": ""}, "request_id"),
    ],
)
async def test_per_officer_facts_are_mandatory_and_checked_before_sending(changes: dict[str, object], at: str):
    server = PopulationServer()
    async with asking(server) as adapter:
        error = await refusal(adapter, dataclasses.replace(ASKED, **changes))
    assert (error.kind, error.rule, error.at, error.outcome_known) == (PeerFault.BAD_QUESTION, "missing", at, True)
    assert server.seen == []


@pytest.mark.parametrize(
    ("changes", "rule"),
    [
        ({"body": {}}, "wsdl"),
        ({"body": {"number": "12"}}, "cvc-pattern-valid"),
        ({"body": {"number": 96199000001}}, "not-text"),
        ({"body": {"number": AN, "name": "a\x00b"}}, "wsdl"),
        ({"body": {"number": AN, "birth": "31/12/1999"}}, None),
        ({"request_id": "r" * 41}, "cvc-maxlength-valid"),
    ],
)
async def test_a_request_against_the_wsdl_is_never_sent(changes: dict[str, object], rule: str | None):
    server = PopulationServer()
    async with asking(server) as adapter:
        query = dataclasses.replace(ASKED, **changes)
        if rule is None:  # a form that no field takes: the optional birth stays out
            await adapter.ask(query)
            assert b"NgayThangNamSinh" not in server.seen[0]
            return
        error = await refusal(adapter, query)
    assert (error.kind, error.rule) == (PeerFault.BAD_QUESTION, rule)
    assert server.seen == []


@pytest.mark.parametrize("status", [200, 500])
@pytest.mark.parametrize(
    ("code", "kind"), [("004", PeerFault.NOT_LICENSED), ("005", PeerFault.NOT_PERMITTED), ("777", PeerFault.FAULT)]
)
async def test_a_fault_is_a_fault_whatever_the_status(status: int, code: str, kind: PeerFault):
    error = await answered(fault(code, "công dân 096199000001 không tồn tại"), status)
    assert (error.kind, error.peer_code) == (kind, code)
    assert "096199000001" not in repr(error)


F11 = "<s:Fault><faultcode>{}</faultcode><faultstring>{}</faultstring></s:Fault>"


@pytest.mark.parametrize(
    ("body", "kind", "code", "outcome_known"),
    [
        (F11.format("004", "x"), PeerFault.NOT_LICENSED, "004", True),
        (F11.format("s:Client.005", "x"), PeerFault.FAULT, "Client.005", True),
        (F11.format("s:Server", "004"), PeerFault.NOT_LICENSED, "004", True),
        (F11.format("s:Server", "005: Cán bộ không có quyền"), PeerFault.NOT_PERMITTED, "005", True),
        (F11.format("s:Server", "0961990000 01"), PeerFault.FAULT, "Server", False),
        (F11.format("s:Client", "sai"), PeerFault.BAD_QUESTION, "Client", True),
        (F11.format("", ""), PeerFault.FAULT, None, True),
        ("<s:Fault/>", PeerFault.FAULT, None, True),
    ],
)
async def test_where_a_fault_may_hold_its_code(
    body: str,
    kind: PeerFault,
    code: str | None,
    outcome_known: bool,  # noqa: FBT001 - a table's column
):
    error = await answered(envelope(body), 500)
    assert (error.kind, error.peer_code, error.outcome_known) == (kind, code, outcome_known)


async def test_a_soap_12_fault():
    body = (
        '<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope"><s:Body><s:Fault><s:Code>'
        "<s:Value>s:Sender</s:Value><s:Subcode><s:Value>005</s:Value></s:Subcode></s:Code>"
        '<s:Reason><s:Text xml:lang="vi">không có quyền</s:Text></s:Reason></s:Fault></s:Body></s:Envelope>'
    )
    error = await answered(body.encode(), 400, "application/soap+xml")
    assert (error.kind, error.peer_code) == (PeerFault.NOT_PERMITTED, "005")


YES = envelope('<KetQuaXacThuc xmlns="urn:test:dancu:response"><TonTai>true</TonTai></KetQuaXacThuc>')
BOMB = b'<!DOCTYPE a [<!ENTITY x "xxxxxxxx"><!ENTITY y "&x;&x;&x;">]>' + citizens(people.AN).replace(b"Nguy", b"&y;")


@pytest.mark.parametrize(
    ("body", "rule"),
    [
        (b"", "empty"),
        (b"<html><body>Service is down</body></html>", "not-an-envelope"),
        (b"<html>", "malformed"),
        (BOMB, "doctype"),
        (b'<!DOCTYPE a SYSTEM "file:///etc/passwd">' + citizens(people.AN), "doctype"),
        (citizens(people.AN).replace(b"<CongDan>", b"<CongDan>" + b"<a>" * 200), "too-deep"),
        (citizens(people.AN).decode().encode("utf-16"), "encoding"),
        (envelope(""), "empty-body"),
        (envelope("<Nothing/>"), "unexpected-element"),
        (
            envelope('<KetQuaXacThuc xmlns="urn:test:dancu:response"><TonTai>true</TonTai></KetQuaXacThuc>'),
            "unexpected-element",
        ),
        (citizens(people.AN).replace(b"096199000001", b"12"), "cvc-pattern-valid"),
        (citizens(people.AN).replace(b"<Ho>", b"<HO>").replace(b"</Ho>", b"</HO>"), "element-content"),
        (citizens(people.AN).replace(b"</CongDan>", b"<ConThu>hai</ConThu></CongDan>"), "cvc-datatype-valid-1-2-1"),
        (citizens(people.AN).replace(b"20261122120000", b"20261322120000"), "no-such-date"),
        (citizens(people.AN).replace(b"</s:Body>", b"</s:Body><s:Body/>"), "not-an-envelope"),
        (citizens(people.AN) + b"<!-- " + b"x" * 2_000_000 + b" -->", "too-large"),
    ],
)
async def test_nothing_is_made_up_from_an_unreadable_reply(body: bytes, rule: str):
    error = await answered(body)
    assert (error.kind, error.rule, error.outcome_known) == (PeerFault.BAD_ANSWER, rule, False)
    assert "096199000001" not in repr(error)


async def test_a_value_that_zeep_would_lose_in_silence_is_an_error_and_leaves_no_log(
    capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
):
    body = citizens(people.AN).replace(b"</CongDan>", b"<ConThu>096199000001</ConThu></CongDan>")
    assert (await answered(body)).rule == "cvc-datatype-valid-1-2-1"  # larger than xs:int
    assert "096199000001" not in caplog.text + "".join(capfd.readouterr())


async def test_schema_hints_in_a_reply_are_not_followed():
    instance = b'xmlns:i="http://www.w3.org/2001/XMLSchema-instance"'
    hint = b"<CongdanCollection " + instance + b' i:schemaLocation="urn:x http://127.0.0.1:9/x.xsd" '
    server = PopulationServer()
    server.canned = (200, "text/xml", citizens(people.AN).replace(b"<CongdanCollection ", hint))
    async with asking(server) as adapter:
        assert (await adapter.ask(ASKED)).body == {"number": AN}


@pytest.mark.parametrize(
    ("status", "kind", "body", "fault_kind", "rule"),
    [
        (503, "text/html", b"<html>", PeerFault.OVERLOADED, None),
        (502, "text/html", b"<html>", PeerFault.UNREACHABLE, None),
        (404, "text/html", b"<html>", PeerFault.FAULT, None),
        (500, "text/xml", b"not xml", PeerFault.FAULT, None),
        (500, "text/xml", citizens(people.AN), PeerFault.FAULT, None),
        (200, "application/json", b"{}", PeerFault.BAD_ANSWER, "media-type"),
        (200, "multipart/related", b"--x", PeerFault.BAD_ANSWER, "media-type"),
        (302, "text/xml", b"", PeerFault.BAD_ANSWER, "redirect"),
    ],
)
async def test_http_errors_without_a_fault(
    status: int, kind: str, body: bytes, fault_kind: PeerFault, rule: str | None
):
    error = await answered(body, status, kind)
    assert (error.kind, error.rule) == (fault_kind, rule)


async def test_numbers_in_the_reply_are_read_by_the_schema():
    server = PopulationServer()
    body = citizens(people.AN).replace(b"</CongDan>", b"<ConThu>2</ConThu></CongDan>")
    server.canned = (200, "text/xml", body)
    async with asking(server) as adapter:
        assert (await adapter.ask(ASKED)).body == {"number": AN, "nth_child": 2}


@pytest.mark.parametrize("cut", [b"<!-- x -->", b"<?x y?>", b"<![CDATA[]]>"])
async def test_what_is_judged_is_what_is_decoded(cut: bytes):
    server = PopulationServer()
    body = citizens(people.AN).replace(b"096199000001", b"0961" + cut + b"99000001")
    server.canned = (200, "text/xml", body)
    async with asking(server) as adapter:
        assert (await adapter.ask(ASKED)).body == {"number": AN}


async def start(folder: Path, **changes: object) -> str:
    adapter = build("soap", settings(**changes), folder=folder)
    try:
        await adapter.start()
    except DeclarationError as error:
        return str(error)
    finally:
        await adapter.close()
    return "started"


@pytest.mark.parametrize(
    ("operation", "part"),
    [
        ({**PERSON, "call": "TraCuu"}, "no such operation"),
        ({**PERSON, "question": [*QUESTION, {"to": "DanToc", "from": "body.x"}]}, "DanToc: not in the WSDL"),
        (
            {**PERSON, "question": [*QUESTION, {"to": "NgayThangNamSinh.Thang", "from": "body.x"}]},
            "NgayThangNamSinh.Thang: not in the WSDL",
        ),
        ({**PERSON, "answer": {"records": "Nguoi", "fields": [{"to": "a", "from": "b"}]}}, "Nguoi: not in"),
        ({**PERSON, "answer": {"records": "CongDan", "fields": [{"to": "a", "from": "b"}]}}, "b: not in the WSDL"),
    ],
)
async def test_paths_that_the_wsdl_does_not_have_are_found_at_start(operation: dict[str, object], part: str):
    assert part in await start(WSDL.parent, operations={"person": operation})


async def test_a_wsdl_that_is_not_there():
    assert "no such file" in await start(WSDL.parent, wsdl="other.wsdl")


@pytest.mark.parametrize(
    ("old", "new", "part"),
    [
        ("xsd/request-types.xsd", "http://127.0.0.1:9/x.xsd", "wsdl"),
        ("xsd/request-types.xsd", "file:///etc/passwd", "wsdl"),
        ("xsd/request-types.xsd", "../../../etc/passwd", "outside its folder"),
        ("xsd/request-types.xsd", "xsd/missing.xsd", "outside its folder"),
        ("<definitions", "<!DOCTYPE definitions><definitions", "doctype"),
        ('type="q:YeuCau"', 'type="q:None"', "wsdl"),
        ("</definitions>", "", "malformed"),
    ],
)
async def test_a_wsdl_reaches_nothing_outside_its_folder(tmp_path: Path, old: str, new: str, part: str):
    folder = shutil.copytree(WSDL.parent, tmp_path / "w")
    text = (folder / WSDL.name).read_text()
    assert old in text
    (folder / WSDL.name).write_text(text.replace(old, new))
    said = await start(folder)
    assert part in said
    assert said != "started"


async def test_it_probes_by_address():
    async with asking(PopulationServer()) as adapter:
        assert (await adapter.probe()).reach is Reach.REACHABLE
    adapter = build("soap", settings(), folder=WSDL.parent)
    assert (await refusal(adapter)).rule == "not-started"
