"""Civil status: the electronic register of births and marriages; dates as dd/MM/yyyy, its own spelling of names."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bus.sample.spelling import civil_status_name

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bus.sample.people import Household, Person

FILE = "civil_status.sqlite3"
TABLES = {
    "nguoi": (
        "so_dinh_danh TEXT PRIMARY KEY, ho_ten TEXT, ngay_sinh TEXT, gioi_tinh TEXT, ho_ten_cha TEXT, ho_ten_me TEXT,"
        " noi_dang_ky TEXT"
    ),
    "ket_hon": (
        "so_dang_ky TEXT, quyen_so TEXT, ngay_dang_ky TEXT, noi_dang_ky TEXT, so_chong TEXT, ho_ten_chong TEXT,"
        " so_vo TEXT, ho_ten_vo TEXT, trang_thai TEXT, ngay_ly_hon TEXT"
    ),
}
INDEXES: tuple[str, ...] = ("theo_chong ON ket_hon (so_chong)", "theo_vo ON ket_hon (so_vo)")


def rows(household: Household) -> Iterator[tuple[str, tuple[object, ...]]]:
    """The people ever entered, and the marriages, also ended ones."""
    for person in household.people:
        if "not-in-civil-status" not in person.flags:
            yield "nguoi", _row(person, household)
    for one in household.marriages:
        number, _, year = one.entry.partition("/")
        yield (
            "ket_hon",
            (
                number,
                f"{year}/KH",
                f"{one.registered:%d/%m/%Y}",
                household.former.name,
                one.husband.number,
                civil_status_name(one.husband),
                one.wife.number,
                civil_status_name(one.wife),
                "LY_HON" if one.ended else "HIEU_LUC",
                f"{one.ended:%d/%m/%Y}" if one.ended else "",
            ),
        )


def _row(person: Person, household: Household) -> tuple[object, ...]:
    return (
        person.number,
        civil_status_name(person),
        f"{person.birth:%d/%m/%Y}" if person.birth else str(person.birth_year),
        "Nam" if person.sex == "male" else "Nữ",
        person.father.name,
        person.mother.name,
        household.former.name,
    )


def fixed_rows() -> Iterator[tuple[str, tuple[object, ...]]]:
    """None."""
    return iter(())
