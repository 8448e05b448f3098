"""Social insurance: names shouted without accents, addresses as they were before the merger, some people twice.

Quirks: some rows know the old card only, so a question by citizen number finds nobody; some people hold two books, so
it finds two. The health-insurance card number is the social insurance number with a prefix of five.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from bus.sample.spelling import shouted

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bus.sample.people import Household, Person

FILE = "social_insurance.sqlite3"
TABLES = {
    "nguoi_tham_gia": (
        "so_bhxh TEXT PRIMARY KEY, so_dinh_danh TEXT, so_cmnd TEXT, ho_ten TEXT, ngay_sinh TEXT, gioi_tinh TEXT,"
        " ma_ho TEXT, so_the_bhyt TEXT, gia_tri_tu TEXT, gia_tri_den TEXT, ma_don_vi TEXT, dia_chi TEXT,"
        " dang_tham_gia INTEGER, cap_nhat TEXT"
    ),
}
INDEXES: tuple[str, ...] = ("theo_so_dinh_danh ON nguoi_tham_gia (so_dinh_danh)",)
_CHILD_FROM = 2020


def rows(household: Household) -> Iterator[tuple[str, tuple[object, ...]]]:
    """One row per insured person, two for some."""
    for person in household.people:
        if not person.insurance:
            continue
        yield "nguoi_tham_gia", _row(person, household, person.insurance, active=True)
        if "two-insurance-books" in person.flags:
            yield "nguoi_tham_gia", _row(person, household, f"98{person.insurance[2:]}", active=True)


def _row(person: Person, household: Household, number: str, *, active: bool) -> tuple[object, ...]:
    prefix = "TE1" if person.birth_year >= _CHILD_FROM else "GD4"
    born = f"{person.birth:%d/%m/%Y}" if person.birth else str(person.birth_year)
    return (
        number,
        "" if "insured-by-old-card" in person.flags else person.number,
        person.old_card,
        shouted(person.name),
        born,
        "1" if person.sex == "male" else "0",
        f"HGD{household.book}",
        f"{prefix}{household.commune.province}{number}",
        "01/01/2026",
        "31/12/2026",
        person.employer,
        f"{household.street}, {household.former.name}",
        int(active),
        "2026-06-30",
    )


def fixed_rows() -> Iterator[tuple[str, tuple[object, ...]]]:
    """None."""
    return iter(())
