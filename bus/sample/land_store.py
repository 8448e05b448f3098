"""The land office: parcels, certificates, holders in capitals; addresses as they were when the paper was made.

Quirks: certificates before 2016 name the holder by the old card alone unless they were made again; one person may
hold several parcels.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bus.sample.people import Household, Parcel, Person

FILE = "land.sqlite3"
TABLES = {
    "giay_chung_nhan": (
        "so_phat_hanh TEXT PRIMARY KEY, so_to INTEGER, so_thua INTEGER, dien_tich REAL, loai_dat TEXT, ngay_cap TEXT,"
        " dia_chi TEXT, ma_xa_cu TEXT, la_dat_o INTEGER"
    ),
    "chu_su_dung": "so_phat_hanh TEXT, loai_giay_to TEXT, so_giay_to TEXT, ho_ten TEXT",
}
INDEXES: tuple[str, ...] = ("theo_giay_to ON chu_su_dung (so_giay_to)",)
_CITIZEN_NUMBER_FROM = 2016


def rows(household: Household) -> Iterator[tuple[str, tuple[object, ...]]]:
    """Each certificate and, per holder, the paper that names them."""
    for at, parcel in enumerate(household.parcels):
        yield (
            "giay_chung_nhan",
            (
                parcel.serial,
                parcel.sheet,
                parcel.plot,
                parcel.area_m2,
                "ONT" if at == 0 else "LUC",
                f"{parcel.issued:%Y%m%d}",
                f"{household.street}, {household.former.name}",
                household.former.code,
                int(at == 0),
            ),
        )
        for person in parcel.holders:
            yield "chu_su_dung", (parcel.serial, *_paper(person, parcel), person.name.full.upper())


def _paper(person: Person, parcel: Parcel) -> tuple[str, str]:
    old = "land-by-old-card" in person.flags or parcel.issued.year < _CITIZEN_NUMBER_FROM
    return ("CMND", person.old_card) if old and person.old_card else ("CCCD", person.number)


def fixed_rows() -> Iterator[tuple[str, tuple[object, ...]]]:
    """None."""
    return iter(())
