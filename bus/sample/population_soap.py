"""The population database's SOAP service, as strict and as odd as the real one.

Promises: every call names officer, unit, procedure and a request number never used before; elements come in the order
of the WSDL or not at all; an unlicensed procedure is fault 004, an officer who is not let in is fault 005. Codes of our
own, told in docs/sample-nation.md: 001 wrong message, 002 request number used before. Nobody is ever made up: whoever
does not match is not there.
"""

from __future__ import annotations

import re
from collections import OrderedDict
from importlib.resources import files
from typing import TYPE_CHECKING, Final, NamedTuple

from aiohttp import web
from lxml import etree

from bus.sample.population_records import OPERATIONS, answer
from bus.sample.store import read_manifest
from bus.sample.wire import STORE, application
from schemas.ids import IdentifierError, fold_name, refuse_placeholder
from schemas.xml import XmlError, parse

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterator
    from pathlib import Path

    from schemas.xml import Element

ASK: Final = "http://dancuquocgia.bca"
SOAP: Final = "http://schemas.xmlsoap.org/soap/envelope/"
AS_OF: Final = web.AppKey[str]("as_of")
USED: Final = web.AppKey["_Used"]("used")

_ORDER: Final = re.compile(
    "MaYeuCau MaDVC MaTichHop MaDonVi MaCanBo (TaiKhoan )?(SoDienThoai )?(SoDinhDanh|SoCMND) HoVaTen NgayThangNamSinh "
)
_LONGEST: Final = {"MaYeuCau": 40, "MaDVC": 20, "MaTichHop": 20, "MaDonVi": 35, "MaCanBo": 20, "HoVaTen": 100}
_FORMS: Final = {"SoDinhDanh": r"[0-9]{12}", "SoCMND": r"[0-9]{9}", "Nam": r"[0-9]{4}", "NgayThangNam": r"[0-9]{8}"}
_BY_NUMBER: Final = "SELECT * FROM cong_dan WHERE so_dinh_danh = ?"
_BY_OLD_CARD: Final = "SELECT * FROM cong_dan WHERE so_cmnd = ?"
_REMEMBERED: Final = 100_000
_FAULTS: Final = {
    "001": "Yêu cầu sai cấu trúc",
    "002": "Mã yêu cầu đã được sử dụng",
    "004": "Thủ tục hành chính chưa được cấp quyền khai thác",
    "005": "Cán bộ không có quyền khai thác",
}


class _FaultError(Exception):
    """A refusal by code; the place names an element, never its content."""

    def __init__(self, code: str, place: str = "") -> None:
        super().__init__(code)
        self.code = code
        self.place = place


class _Question(NamedTuple):
    operation: str
    fields: dict[str, str]


class _Used:
    """Request numbers seen, the oldest forgotten first."""

    def __init__(self) -> None:
        self._seen: OrderedDict[str, None] = OrderedDict()

    def add(self, number: str) -> None:
        if number in self._seen:
            raise _FaultError("002", "MaYeuCau")
        self._seen[number] = None
        if len(self._seen) > _REMEMBERED:
            self._seen.popitem(last=False)


def app(folder: Path, store: sqlite3.Connection, delay_s: float = 0.0) -> web.Application:
    """The service on ``POST /dancu``; ``GET /dancu?wsdl`` shows its description."""
    service = application(store, delay_s)
    service[AS_OF] = f"{read_manifest(folder).as_of.replace('-', '')}000000"
    service[USED] = _Used()
    service.router.add_post("/dancu", _call)
    service.router.add_get("/dancu", _describe)
    return service


async def _describe(request: web.Request) -> web.Response:
    text = files("config").joinpath("sample", "adapters", "population.wsdl").read_text(encoding="utf-8")
    here = f"{request.scheme}://{request.host}/dancu"
    text = re.sub(r'(?<=<soap:address location=")[^"]*', here, text)
    return web.Response(text=text, content_type="text/xml")


async def _call(request: web.Request) -> web.Response:
    try:
        # ① the message, in order and complete
        question = _read(await request.read())
        # ② may this officer ask for this procedure
        _admit(request.app[STORE], question.fields)
        request.app[USED].add(question.fields["MaYeuCau"])
        # ③ who fits number, name and birth
        people = list(_matches(request.app[STORE], question.fields))
    except _FaultError as fault:
        return _reply(_fault(fault), status=500)
    return _reply(OPERATIONS[question.operation](people, request.app[AS_OF]))


def _read(body: bytes) -> _Question:
    try:
        envelope = parse(body)
    except XmlError:
        raise _FaultError("001") from None
    inside = envelope.find(f"{{{SOAP}}}Body")
    if envelope.tag != f"{{{SOAP}}}Envelope" or inside is None or len(inside) != 1:
        raise _FaultError("001", "Body")
    name = etree.QName(inside[0])
    if name.namespace != ASK or name.localname not in OPERATIONS:
        raise _FaultError("001", "Body")
    return _Question(name.localname, _fields(inside[0]))


def _fields(operation: Element) -> dict[str, str]:
    """Children in the WSDL's order; the birth's one child stands beside them under its own name."""
    children = list(operation.iterchildren("*"))
    names = [etree.QName(child) for child in children]
    if any(name.namespace != ASK for name in names) or not _ORDER.fullmatch(
        "".join(f"{name.localname} " for name in names)
    ):
        raise _FaultError("001", "order")
    birth = children.pop()
    if len(birth) != 1 or etree.QName(birth[0]).localname not in {"Nam", "NgayThangNam"}:
        raise _FaultError("001", "NgayThangNamSinh")
    fields = {etree.QName(child).localname: (child.text or "").strip() for child in [*children, birth[0]]}
    for name, value in fields.items():
        if not value or len(value) > _LONGEST.get(name, 40) or not re.fullmatch(_FORMS.get(name, r".+"), value):
            raise _FaultError("001", name)
    return fields


def _admit(store: sqlite3.Connection, fields: dict[str, str]) -> None:
    if store.execute("SELECT 1 FROM thu_tuc_cap_phep WHERE ma = ?", (fields["MaDVC"],)).fetchone() is None:
        raise _FaultError("004", "MaDVC")
    officer = store.execute(
        "SELECT hoat_dong FROM can_bo WHERE ma_can_bo = ? AND ma_don_vi = ?", (fields["MaCanBo"], fields["MaDonVi"])
    ).fetchone()
    if officer is None or not officer["hoat_dong"]:
        raise _FaultError("005", "MaCanBo")


def _matches(store: sqlite3.Connection, fields: dict[str, str]) -> Iterator[sqlite3.Row]:
    by_number = "SoDinhDanh" in fields
    number = fields["SoDinhDanh" if by_number else "SoCMND"]
    try:
        refuse_placeholder(number)
    except IdentifierError:
        raise _FaultError("001", "SoDinhDanh") from None
    name, year, day = fold_name(fields["HoVaTen"]), fields.get("Nam"), fields.get("NgayThangNam")
    for row in store.execute(_BY_NUMBER if by_number else _BY_OLD_CARD, (number,)):
        born = row["nam_sinh"] == year if year else row["ngay_sinh"] == day
        if born and row["ten_gap"] == name:
            yield row


def _fault(fault: _FaultError) -> Element:
    made = etree.Element(f"{{{SOAP}}}Fault", nsmap={"soapenv": SOAP})
    etree.SubElement(made, "faultcode").text = "soapenv:Client"
    etree.SubElement(made, "faultstring").text = f"{fault.code}: {_FAULTS[fault.code]}"
    detail = answer("LoiNghiepVu", etree.SubElement(made, "detail"))
    answer("MaLoi", detail, fault.code)
    answer("MoTa", detail, f"{_FAULTS[fault.code]} {fault.place}".strip())
    return made


def _reply(content: Element, status: int = 200) -> web.Response:
    envelope = etree.Element(f"{{{SOAP}}}Envelope", nsmap={"soapenv": SOAP})
    etree.SubElement(envelope, f"{{{SOAP}}}Body").append(content)
    return web.Response(
        body=etree.tostring(envelope, xml_declaration=True, encoding="UTF-8"),
        status=status,
        content_type="text/xml",
        charset="utf-8",
    )
