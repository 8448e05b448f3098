"""The business registry over REST: a token by client credentials (RFC 6749 clause 4.4), then plain JSON.

Promises: a token lasts ten minutes and works only while this process lives; without one the answer is 401. A person
without a business is an answer ({"dangLaChuHo": false}), not an error.
"""

from __future__ import annotations

import base64
import binascii
import hmac
import re
import secrets
import time
from typing import TYPE_CHECKING, Final
from urllib.parse import unquote

from aiohttp import web

from bus.sample.wire import STORE, application

if TYPE_CHECKING:
    import sqlite3

CLIENT_ID: Final = "lienthong"
LIFETIME_S: Final = 600
_SECRET: Final = web.AppKey[str]("secret")
_TOKENS: Final = web.AppKey[dict[str, float]]("tokens")
_NUMBER: Final = re.compile(r"[0-9]{12}")
_MAX_TOKENS: Final = 10_000


def app(store: sqlite3.Connection, secret: str, delay_s: float = 0.0) -> web.Application:
    """The service: ``POST /token`` and ``GET /hkd/v2/chu-ho/{number}``."""
    service = application(store, delay_s)
    service[_SECRET] = secret
    service[_TOKENS] = {}
    service.router.add_post("/token", _token)
    service.router.add_get("/hkd/v2/chu-ho/{number}", _of_owner)
    return service


async def _token(request: web.Request) -> web.Response:
    form = await request.post()
    given = _basic(request.headers.get("Authorization", ""))
    if form.get("grant_type") != "client_credentials":
        return web.json_response({"error": "unsupported_grant_type"}, status=400)
    if not hmac.compare_digest(given.encode(), f"{CLIENT_ID}:{request.app[_SECRET]}".encode()):
        return web.json_response({"error": "invalid_client"}, status=401)
    token, tokens, now = secrets.token_urlsafe(24), request.app[_TOKENS], time.monotonic()
    for old in [text for text, until in tokens.items() if until < now]:
        del tokens[old]
    if len(tokens) >= _MAX_TOKENS:
        return web.json_response({"error": "temporarily_unavailable"}, status=503)
    tokens[token] = now + LIFETIME_S
    return web.json_response({"access_token": token, "token_type": "Bearer", "expires_in": LIFETIME_S})


def _basic(header: str) -> str:
    """The pair of a Basic header, its halves percent-decoded (RFC 6749 clause 2.3.1); empty for anything else."""
    scheme, _, coded = header.partition(" ")
    if scheme != "Basic":
        return ""
    try:
        return ":".join(unquote(half) for half in base64.b64decode(coded, validate=True).decode().split(":", 1))
    except (binascii.Error, UnicodeDecodeError):
        return ""


async def _of_owner(request: web.Request) -> web.Response:
    token = request.headers.get("Authorization", "").removeprefix("Bearer ")
    if request.app[_TOKENS].get(token, 0.0) < time.monotonic():
        return web.json_response({"errorCode": "TOKEN", "message": "Token không hợp lệ hoặc hết hạn"}, status=401)
    number = request.match_info["number"]
    if not _NUMBER.fullmatch(number):
        return web.json_response({"errorCode": "INPUT", "message": "Số định danh không hợp lệ"}, status=400)
    rows = request.app[STORE].execute(
        "SELECT * FROM ho_kinh_doanh WHERE so_dinh_danh_chu_ho = ? AND trang_thai != 'DA_CHAM_DUT'", (number,)
    )
    return web.json_response(_answer(rows.fetchall()))


def _answer(rows: list[sqlite3.Row]) -> dict[str, object]:
    if not rows:
        return {"dangLaChuHo": False}
    row = rows[0]
    return {
        "dangLaChuHo": True,
        "soLuong": len(rows),
        "hoKinhDoanh": {
            "maSo": row["ma_so"],
            "maSoThue": row["ma_so_thue"],
            "ten": row["ten"],
            "chuHo": row["ho_ten_chu_ho"],
            "ngayDangKy": row["ngay_dang_ky"],
            "trangThai": row["trang_thai"],
            "nganhNghe": {"ma": row["ma_nganh"], "ten": row["ten_nganh"]},
            "diaChi": row["dia_chi"],
        },
    }
