"""Civil status over REST, with the habits of the real one: always 200, results as JSON inside a JSON string.

Promises: a query names number, name and birth (ngaySinh as dd/MM/yyyy, or namSinh), and carries the shared key in the
header ``lgspaccesstoken``; "status" tells the outcome: "1" found, "0" nobody, "2" a wrong query, "3" a wrong key.
"""

from __future__ import annotations

import hmac
import re
from typing import TYPE_CHECKING, Final

import orjson
from aiohttp import web

from bus.sample.wire import STORE, application

if TYPE_CHECKING:
    import sqlite3

KEY_HEADER: Final = "lgspaccesstoken"
_KEY: Final = web.AppKey[str]("key")
_NUMBER: Final = re.compile(r"[0-9]{12}")
_BIRTH: Final = re.compile(r"[0-9]{2}/[0-9]{2}/[0-9]{4}|[0-9]{4}")
_MESSAGES: Final = {"1": "Thành công", "0": "Không tìm thấy", "2": "Dữ liệu vào không hợp lệ", "3": "Không có quyền"}


def app(store: sqlite3.Connection, key: str, delay_s: float = 0.0) -> web.Application:
    """The service: ``POST /hotich/v1/ket-hon`` and ``POST /hotich/v1/khai-sinh``."""
    service = application(store, delay_s)
    service[_KEY] = key
    service.router.add_post("/hotich/v1/ket-hon", _marriage)
    service.router.add_post("/hotich/v1/khai-sinh", _birth)
    return service


async def _marriage(request: web.Request) -> web.Response:
    """The person as entered here, with the marriage that stands, if one does."""
    number, refused = await _asked(request)
    if refused is not None:
        return refused
    store = request.app[STORE]
    person = store.execute("SELECT * FROM nguoi WHERE so_dinh_danh = ?", (number,)).fetchone()
    if person is None:
        return _reply("0")
    found = store.execute(
        "SELECT * FROM ket_hon WHERE (so_chong = ? OR so_vo = ?) AND trang_thai = 'HIEU_LUC'", (number, number)
    ).fetchone()
    return _reply("1", _married(person, found) if found else _unmarried(person))


def _unmarried(person: sqlite3.Row) -> dict[str, str]:
    return {"hoTen": person["ho_ten"], "ngaySinh": person["ngay_sinh"], "dangCoVoChong": "0"}


def _married(person: sqlite3.Row, entry: sqlite3.Row) -> dict[str, str]:
    other = "vo" if entry["so_chong"] == person["so_dinh_danh"] else "chong"
    return {
        **_unmarried(person),
        "dangCoVoChong": "1",
        "soDangKy": entry["so_dang_ky"],
        "quyenSo": entry["quyen_so"],
        "ngayDangKy": entry["ngay_dang_ky"],
        "noiDangKy": entry["noi_dang_ky"],
        "voChongHoTen": entry[f"ho_ten_{other}"],
        "voChongSoDinhDanh": entry[f"so_{other}"],
    }


async def _birth(request: web.Request) -> web.Response:
    """The entry of a birth."""
    number, refused = await _asked(request)
    if refused is not None:
        return refused
    found = request.app[STORE].execute("SELECT * FROM nguoi WHERE so_dinh_danh = ?", (number,)).fetchone()
    if found is None:
        return _reply("0")
    names = {
        "soDinhDanh": "so_dinh_danh",
        "nksHoTen": "ho_ten",
        "nksNgaySinh": "ngay_sinh",
        "nksGioiTinh": "gioi_tinh",
        "chaHoTen": "ho_ten_cha",
        "meHoTen": "ho_ten_me",
        "noiDangKy": "noi_dang_ky",
    }
    return _reply("1", {name: found[column] for name, column in names.items()})


async def _asked(request: web.Request) -> tuple[str, web.Response | None]:
    """The number asked about, or the refusal."""
    if not hmac.compare_digest(request.headers.get(KEY_HEADER, "").encode(), request.app[_KEY].encode()):
        return "", _reply("3")
    try:
        query = orjson.loads(await request.read())
    except orjson.JSONDecodeError:
        return "", _reply("2")
    number, name, day, year = (_text(query, field) for field in ("soDinhDanh", "hoTen", "ngaySinh", "namSinh"))
    if not (_NUMBER.fullmatch(number) and name and _BIRTH.fullmatch(day or year)):
        return "", _reply("2")
    return number, None


def _text(query: object, field: str) -> str:
    value = query.get(field) if isinstance(query, dict) else None
    return value.strip() if isinstance(value, str) else ""


def _reply(status: str, data: dict[str, str] | None = None) -> web.Response:
    body = {
        "status": status,
        "message": _MESSAGES[status],
        "data": "" if data is None else orjson.dumps(data).decode(),
    }
    return web.Response(body=orjson.dumps(body), content_type="application/json")
