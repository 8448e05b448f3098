"""Three systems that the sample nation does not know: deaths by SOAP, health cards by REST, pensions in a database.

`python tests/lib/stranger_systems.py FOLDER --port 18201` puts what an integrator is given into FOLDER (a WSDL, an
OpenAPI file, a database) and serves the first two until stopped. Their people are invented.
"""

from __future__ import annotations

import argparse
import re
import shutil
import sqlite3
from pathlib import Path

from aiohttp import web

HERE = Path(__file__).parent / "strangers"
PORT = 18201
API_KEY = "khoa-the-bhyt"
NUMBER = "990158000061"
NAME = ("Lê", "Thị", "Hoa")
NOBODY = "990158000999"
SOAP = "http://schemas.xmlsoap.org/soap/envelope/"
DEATHS = "urn:example:khai-tu"


def lay_out(folder: Path, port: int = PORT) -> None:
    """What the integrator is given; the database is new each time."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "xsd").mkdir(exist_ok=True)
    shutil.copy(HERE / "xsd" / "death-types.xsd", folder / "xsd" / "death-types.xsd")
    for name in ("death.wsdl", "cards.yaml"):
        text = (HERE / name).read_text(encoding="utf-8").replace(f":{PORT}/", f":{port}/")
        (folder / name).write_text(text, encoding="utf-8")
    (folder / "pension.sqlite3").unlink(missing_ok=True)
    connection = sqlite3.connect(folder / "pension.sqlite3")
    connection.executescript((HERE / "pension.sql").read_text(encoding="utf-8"))
    connection.close()


def application() -> web.Application:
    """The two systems that listen."""
    app = web.Application()
    app.router.add_post("/khai-tu", deaths)
    app.router.add_get("/bhyt/api/the/{cccd}", cards)
    return app


async def deaths(request: web.Request) -> web.Response:
    """The register of deaths, by SOAP."""
    found = dict(re.findall(r"<(?:\w+:)?(\w+)>([^<]*)</", await request.text()))
    record = ""
    if list(found) != ["MaDonVi", "MaCanBo", "PhienBan", "SoDinhDanh"] or found["PhienBan"] != "2":
        body = "<s:Fault><faultcode>s:Client</faultcode><faultstring>bad question</faultstring></s:Fault>"
        return _soap(500, body)
    if found["SoDinhDanh"] == NUMBER:
        name = "".join(f"<{tag}>{part}</{tag}>" for tag, part in zip(("Ho", "ChuDem", "Ten"), NAME, strict=True))
        record = (
            f"<KhaiTu><SoDinhDanh>{NUMBER}</SoDinhDanh><HoVaTen>{name}</HoVaTen><GioiTinh>Nữ</GioiTinh>"
            "<NgayChet>2026-03-14</NgayChet><NoiChet>Hà Nội</NoiChet></KhaiTu>"
        )
    return _soap(200, f'<TraCuuKhaiTuResponse xmlns="{DEATHS}">{record}</TraCuuKhaiTuResponse>')


def _soap(status: int, body: str) -> web.Response:
    text = f'<s:Envelope xmlns:s="{SOAP}"><s:Body>{body}</s:Body></s:Envelope>'
    return web.Response(status=status, text=text, content_type="text/xml")


async def cards(request: web.Request) -> web.Response:
    """Health-insurance cards, by REST with an API key."""
    if request.headers.get("X-Api-Key") != API_KEY:
        return web.json_response({"maLoi": "401"}, status=401)
    if request.match_info["cccd"] != NUMBER:
        return web.json_response({"maLoi": "404"}, status=404)
    card = {
        "cccd": NUMBER,
        "hoTen": " ".join(NAME),
        "ngaySinh": "02/09/1958",
        "gioiTinh": "NU",
        "soTheBhyt": "HT2990000000061",
        "giaTriDen": "31/12/2027",
        "maKcbbd": "01-029",
        "diemTichLuy": 12,
    }
    return web.json_response({"maLoi": "00", "duLieu": card})


def main() -> None:
    """Lay out, then serve."""
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("--port", type=int, default=PORT)
    given = parser.parse_args()
    lay_out(given.folder, given.port)
    web.run_app(application(), host="127.0.0.1", port=given.port, print=None)


if __name__ == "__main__":
    main()
