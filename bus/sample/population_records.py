"""What the population service says of people: one shape per operation, no more of a record than it is for.

Promises: number and name always, then only the parts that the operation is about, in the order of the WSDL. Leaves out
who may ask and who fits (`bus.sample.population_soap`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, cast

from lxml import etree

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable

    from schemas.xml import Element

ANSWER: Final = "http://www.mic.gov.vn/dancu/1.0"

_UNPREFIXED: Final = cast("dict[str, str]", {None: ANSWER})  # lxml takes None, its stubs do not know


def answer(name: str, parent: Element | None = None, text: str | None = None) -> Element:
    """An element of the answer namespace, alone or under another."""
    tag = f"{{{ANSWER}}}{name}"
    made = etree.Element(tag, nsmap=_UNPREFIXED) if parent is None else etree.SubElement(parent, tag)
    made.text = text
    return made


def _confirmation(people: list[sqlite3.Row], as_of: str) -> Element:
    result = answer("KetQuaXacThuc")
    result.set("ThoiDiemDuLieu", as_of)
    answer("TonTai", result, "true" if people else "false")
    return result


def _collection(*parts: Callable[[Element, sqlite3.Row], None]) -> Callable[[list[sqlite3.Row], str], Element]:
    """An answer that holds only these parts of a record, always after number and name."""

    def build(people: list[sqlite3.Row], as_of: str) -> Element:
        result = answer("CongdanCollection")
        result.set("SoCongDan", str(len(people)))
        result.set("ThoiDiemDuLieu", as_of)
        for row in people:
            person = answer("CongDan", result)
            _identity(person, row)
            for part in parts:
                part(person, row)
        return result

    return build


def _identity(person: Element, row: sqlite3.Row) -> None:
    answer("SoDinhDanh", person, row["so_dinh_danh"])
    answer("SoCMND", person, row["so_cmnd"])
    name = answer("HoVaTen", person)
    for tag, column in (("Ho", "ho"), ("ChuDem", "chu_dem"), ("Ten", "ten")):
        answer(tag, name, row[column])


def _traits(person: Element, row: sqlite3.Row) -> None:
    answer("GioiTinh", person, row["gioi_tinh"])
    answer("DanToc", person, row["dan_toc"])


def _marital(person: Element, row: sqlite3.Row) -> None:
    answer("TinhTrangHonNhan", person, row["tinh_trang_hon_nhan"])


def _blood_and_birth(person: Element, row: sqlite3.Row) -> None:
    answer("NhomMau", person, row["nhom_mau"])
    birth = answer("NgayThangNamSinh", person)
    answer("Nam", birth, row["nam_sinh"])
    if row["ngay_sinh"]:
        answer("NgayThangNam", birth, row["ngay_sinh"])


def _home(person: Element, row: sqlite3.Row) -> None:
    home = answer("ThuongTru", person)
    for tag, column in (
        ("MaTinhThanh", "ma_tinh"),
        ("MaQuanHuyen", "ma_huyen"),
        ("MaPhuongXa", "ma_xa"),
        ("ChiTiet", "chi_tiet"),
    ):
        answer(tag, home, row[column])
    answer("QuocGia", home, "VN")


def _family(person: Element, row: sqlite3.Row) -> None:
    answer("QuocTich", person, "VN")
    for tag, end in (("Cha", "cha"), ("Me", "me"), ("VoChong", "vo_chong")):
        relative = answer(tag, person)
        answer("HoVaTen", relative, row[f"ho_ten_{end}"])
        answer("SoDinhDanh", relative, row[f"so_{end}"])


def _household(person: Element, row: sqlite3.Row) -> None:
    head = answer("ChuHo", person)
    answer("QuanHe", head, row["quan_he_chu_ho"])
    answer("SoDinhDanh", head, row["so_chu_ho"])
    answer("SoSoHoKhau", person, row["so_so_ho_khau"])


OPERATIONS: Final[dict[str, Callable[[list[sqlite3.Row], str], Element]]] = {
    "XacThucThongTinCongDan": _confirmation,
    "CungCapThongTinCongDan": _collection(_traits, _marital, _blood_and_birth, _home, _family, _household),
    "XacMinhThongTinNoiOHienTai": _collection(_home),
    "CungCapThongTinHoGiaDinh": _collection(_household),
    "XacMinhTinhTrangHonNhan": _collection(_marital),
}
