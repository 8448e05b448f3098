"""The population database: names in three parts (or all in the last), dates as digits, districts that are gone.

Quirks kept from real answers: one record in ten has the whole name in `ten`; the commune is today's but the district
code is one abolished on 1 July 2025; parents' numbers are whatever was typed; a marriage may not have arrived yet.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from bus.sample import personas
from bus.sample.people import SINGLE
from schemas.ids import fold_name

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bus.sample.people import Household, Person

FILE = "population.sqlite3"
TABLES = {
    "cong_dan": (
        "so_dinh_danh TEXT PRIMARY KEY, so_cmnd TEXT, ho TEXT, chu_dem TEXT, ten TEXT, ten_gap TEXT, gioi_tinh TEXT,"
        " nam_sinh TEXT, ngay_sinh TEXT, dan_toc TEXT, tinh_trang_hon_nhan TEXT, nhom_mau TEXT, ma_tinh TEXT,"
        " ma_huyen TEXT, ma_xa TEXT, chi_tiet TEXT, ho_ten_cha TEXT, so_cha TEXT, ho_ten_me TEXT, so_me TEXT,"
        " ho_ten_vo_chong TEXT, so_vo_chong TEXT, quan_he_chu_ho TEXT, so_chu_ho TEXT, so_so_ho_khau TEXT"
    ),
    "can_bo": "ma_can_bo TEXT PRIMARY KEY, ma_don_vi TEXT, hoat_dong INTEGER",
    "thu_tuc_cap_phep": "ma TEXT PRIMARY KEY",
}
INDEXES: tuple[str, ...] = ("theo_cmnd ON cong_dan (so_cmnd)", "theo_so_ho_khau ON cong_dan (so_so_ho_khau)")

LICENSED = ("1.000894", "1.001193", "1.001612", "1.004222", "3.000722")
"""Procedures that may ask; any other gets fault 004."""


def rows(household: Household) -> Iterator[tuple[str, tuple[object, ...]]]:
    """One row per person under the roof."""
    head = household.people[0].number
    for person in household.people:
        yield "cong_dan", _row(person, household, head)


def _row(person: Person, household: Household, head: str) -> tuple[object, ...]:
    whole = person.number.endswith("3")
    single = "single-in-population" in person.flags
    spouse = ("", "") if single else (person.spouse.name, person.spouse.number)
    return (
        person.number,
        person.old_card,
        "" if whole else person.name.family,
        "" if whole else person.name.middle,
        person.name.full if whole else person.name.given,
        fold_name(person.name.full),
        "1" if person.sex == "male" else "2",
        str(person.birth_year),
        f"{person.birth:%Y%m%d}" if person.birth else "",
        person.ethnic[0],
        SINGLE if single else person.marital,
        person.blood,
        household.commune.province,
        household.former.district,
        household.commune.code,
        f"{household.street}, {household.commune.name}",
        person.father.name,
        person.father.number,
        person.mother.name,
        person.mother.number,
        *spouse,
        person.relation,
        head,
        household.book,
    )


def fixed_rows() -> Iterator[tuple[str, tuple[object, ...]]]:
    """The officers and procedures that the ministry lets in."""
    for code, unit in (personas.OFFICER, ("CB010002", "H26"), ("CB990001", "G22")):
        yield "can_bo", (code, unit, 1)
    yield "can_bo", (*personas.SUSPENDED_OFFICER, 0)
    for procedure in LICENSED:
        yield "thu_tuc_cap_phep", (procedure,)
