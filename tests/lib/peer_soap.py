"""A small SOAP population system on loopback: order-sensitive, watching officers, with faults 004 and 005."""

from __future__ import annotations

import asyncio
from pathlib import Path
from xml.sax.saxutils import escape

import peer_systems as people
from aiohttp import web
from lxml import etree

from schemas.xml import parse

WSDL = Path(__file__).parent / "peer_wsdl" / "population.wsdl"
SOAP = "http://schemas.xmlsoap.org/soap/envelope/"
REQUEST = "{urn:test:dancu:request}"
ORDER = ["MaYeuCau", "MaDVC", "MaTichHop", "MaDonVi", "MaCanBo", "SoDinhDanh", "HoVaTen", "NgayThangNamSinh"]


def envelope(body: str) -> bytes:
    """An envelope around a body."""
    return f'<s:Envelope xmlns:s="{SOAP}"><s:Body>{body}</s:Body></s:Envelope>'.encode()


def fault(code: str, text: str) -> bytes:
    """A fault as the population system writes it: its own code in the detail."""
    return envelope(
        f"<s:Fault><faultcode>s:Server</faultcode><faultstring>{escape(text)}</faultstring>"
        f"<detail><MaLoi>{code}</MaLoi></detail></s:Fault>"
    )


def citizens(*found: dict[str, str]) -> bytes:
    """A collection of citizens; `number` empty means nobody."""
    items = "".join(
        f"<CongDan><SoDinhDanh>{p['id']}</SoDinhDanh><HoVaTen><Ho>{p['ho']}</Ho><ChuDem>{p['dem']}</ChuDem>"
        f"<Ten>{p['ten']}</Ten></HoVaTen><NgayThangNamSinh>{_birth(p['born'])}</NgayThangNamSinh></CongDan>"
        for p in found
    )
    return envelope(
        f'<CongdanCollection xmlns="urn:test:dancu:response" ThoiDiemDuLieu="20261122120000">{items}'
        "</CongdanCollection>"
    )


def _birth(born: str) -> str:
    if len(born) == 4:
        return f"<Nam>{born}</Nam>"
    day, month, year = born.split("/")
    return f"<NgayThangNam>{year}{month}{day}</NgayThangNam>"


class PopulationServer:
    """Keeps every request's bytes in `seen`; `canned`, when set, is sent to everybody instead."""

    def __init__(self) -> None:
        self.seen: list[bytes] = []
        self.headers: list[dict[str, str]] = []
        self.canned: tuple[int, str, bytes] | None = None

    def app(self) -> web.Application:
        app = web.Application()
        app.router.add_post("/", self._answer)
        return app

    async def _answer(self, request: web.Request) -> web.Response:
        data = await request.read()
        self.seen.append(data)
        self.headers.append(dict(request.headers))
        status, kind, body = self.canned or await self._reply(data)
        return web.Response(status=status, body=body, content_type=kind, charset="utf-8")

    async def _reply(self, data: bytes) -> tuple[int, str, bytes]:
        asked = parse(data)[-1][0]
        names = [etree.QName(child).localname for child in asked]
        if names != [name for name in ORDER if name in names]:
            return 500, "text/xml", fault("001", "sai thứ tự")
        number = asked.findtext(f"{REQUEST}SoDinhDanh") or ""
        if etree.QName(asked).localname == "XacThucThongTinCongDan":
            known = str(number in people.PEOPLE).lower()
            body = f'<KetQuaXacThuc xmlns="urn:test:dancu:response"><TonTai>{known}</TonTai></KetQuaXacThuc>'
            return 200, "text/xml", envelope(body)
        return await self._citizen(number)

    async def _citizen(self, number: str) -> tuple[int, str, bytes]:
        if number == people.SLOW:
            await asyncio.sleep(people.SLOW_S)
        if number == people.FORBIDDEN:
            return 500, "text/xml", fault("005", f"cán bộ không có quyền hỏi {number}")
        if number == people.UNLICENSED:
            return 200, "text/xml", fault("004", "thủ tục không được phép")
        if number == people.GARBLED:
            return 200, "text/xml", envelope("<Nothing/>")[:-9]
        if number == people.TWINS:
            return 200, "text/xml", citizens(people.AN, people.BINH)
        return 200, "text/xml", citizens(*filter(None, [people.PEOPLE.get(number)]))
