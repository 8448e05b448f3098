"""The business registry: household businesses with their owner, state and trade."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bus.sample.people import Household

FILE = "business_registry.sqlite3"
TABLES = {
    "ho_kinh_doanh": (
        "ma_so TEXT PRIMARY KEY, ma_so_thue TEXT, ten TEXT, so_dinh_danh_chu_ho TEXT, ho_ten_chu_ho TEXT,"
        " ngay_dang_ky TEXT, trang_thai TEXT, ma_nganh TEXT, ten_nganh TEXT, dia_chi TEXT"
    ),
}
INDEXES: tuple[str, ...] = ("theo_chu_ho ON ho_kinh_doanh (so_dinh_danh_chu_ho)",)


def rows(household: Household) -> Iterator[tuple[str, tuple[object, ...]]]:
    """One row per household business, closed ones included."""
    for one in household.businesses:
        yield (
            "ho_kinh_doanh",
            (
                one.code,
                one.tax_number,
                one.name,
                one.owner.number,
                one.owner.name.full.upper(),
                f"{one.registered:%d/%m/%Y}",
                one.state,
                *one.trade,
                f"{household.street}, {household.commune.name}",
            ),
        )


def fixed_rows() -> Iterator[tuple[str, tuple[object, ...]]]:
    """None."""
    return iter(())
