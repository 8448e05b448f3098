"""The people that the demo, the manual and the tests name. They exist at every population size.

Promises: their numbers begin with 990, a place code that nothing else in the sample uses and nobody in the world has.
What each is for stands in `Persona.about`; what each procedure should answer stands in `bus.sample.procedures`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from bus.sample.people import (
    MARRIED,
    SINGLE,
    Business,
    Flag,
    Household,
    Marriage,
    Name,
    Parcel,
    Person,
    Relative,
)
from bus.sample.places import COMMUNES
from schemas.ids import compose_citizen_number, compose_tax_number

if TYPE_CHECKING:
    from schemas.ids import Sex
    from schemas.text import Bilingual

PLACE: Final = 990
OFFICER: Final = ("CB010001", "H26.901")
"""An officer (code, unit) that the population database lets in: the civil-status clerk of the demo's commune."""
SUSPENDED_OFFICER: Final = ("CB010009", "H26.901")
"""An officer whose account is suspended there: fault 005."""

_NOBODY: Final = Relative("", "")
_TRADE: Final = ("5610", "Nhà hàng và dịch vụ ăn uống lưu động")


@dataclass(frozen=True, slots=True)
class Persona:
    """Somebody to open a dossier for: what the counter knows of them, and why they are here.

    Attributes:
        key: the handle used by the command line.
        number: citizen number; empty for a newborn, who has none yet.
        birth: ``yyyy-mm-dd``, or ``yyyy`` where only the year is known.
    """

    key: str
    number: str
    name: str
    birth: str
    sex: Sex
    about: Bilingual


def _person(  # noqa: PLR0913 - a row of a table
    serial: int,
    name: tuple[str, str, str],
    sex: Sex,
    year: int,
    day: tuple[int, int] | None,
    *,
    marital: str = SINGLE,
    relation: str = "CH01",
    flags: frozenset[Flag] = frozenset(),
    ethnic: tuple[str, str] = ("01", "Kinh"),
) -> Person:
    return Person(
        number=compose_citizen_number(PLACE, sex, year, serial),
        old_card=f"9999{serial:05d}",
        name=Name(*name),
        sex=sex,
        birth_year=year,
        birth=date(year, *day) if day else None,
        ethnic=ethnic,
        marital=marital,
        blood="00",
        father=Relative(f"{name[0]} Văn Cội", "000000001"),
        mother=Relative("Trần Thị Nguồn", ""),
        spouse=_NOBODY,
        relation=relation,
        insurance=f"9999{serial:06d}",
        employer="TZH990L",
        flags=flags,
    )


def _couple(husband: Person, wife: Person, registered: date, entry: str) -> Marriage:
    man = husband._replace(marital=MARRIED, spouse=Relative(wife.name.full, wife.number))
    woman = wife._replace(marital=MARRIED, relation="CH02", spouse=Relative(husband.name.full, husband.number))
    return Marriage(man, woman, registered, entry, None)


_FATHER = _person(11, ("Nguyễn", "Hữu", "Đức"), "male", 1992, (11, 5))
_MOTHER = _person(12, ("Trần", "Thị", "Bình Minh"), "female", 1994, (3, 12))
_PARENTS: Final = _couple(_FATHER, _MOTHER, date(2021, 5, 20), "45/2021")

_LONE_MOTHER = _person(21, ("Lò", "Thị", "Ín"), "female", 1996, (8, 30), ethnic=("03", "Thái"))
_GRANDMOTHER = _person(22, ("Lò", "Thị", "Panh"), "female", 1961, None, relation="CH05", ethnic=("03", "Thái"))

_GROOM = _person(31, ("Phạm", "Quốc", "Đạt"), "male", 1996, (1, 17))
_BRIDE = _person(32, ("Lê", "Thị Ngọc", "Ngân"), "female", 1998, (9, 2), flags=frozenset({"name-misheard"}))
_LATE_GROOM = _person(41, ("Vừ", "A", "Páo"), "male", 1969, None, ethnic=("08", "Mông"))
_LATE_BRIDE = _person(42, ("Hoàng", "Thị", "Hòa"), "female", 1972, (4, 9))
_TAKEN = _person(51, ("Đỗ", "Thị Thu", "Hà"), "female", 1993, (6, 6), flags=frozenset({"single-in-population"}))
_TAKEN_BY = _person(52, ("Mai", "Xuân", "Trường"), "male", 1990, (2, 14))
_HIDDEN: Final = _couple(_TAKEN_BY, _TAKEN, date(2026, 5, 4), "61/2026")

_FOUNDER = _person(61, ("Vũ", "Thị Lan", "Chi"), "female", 1989, (12, 1))
_TWICE = _person(71, ("Bùi", "Văn", "Hai"), "male", 1984, (7, 23), flags=frozenset({"two-insurance-books"}))
_OWNER = _person(81, ("Đặng", "Văn", "Phúc"), "male", 1979, (10, 10))


def _household(
    serial: int,
    people: tuple[Person, ...],
    *,
    marriages: tuple[Marriage, ...] = (),
    land: bool = False,
    businesses: tuple[Business, ...] = (),
    at: int = 0,
) -> Household:
    commune = COMMUNES[at]
    parcels = (Parcel(f"CS 999{serial:05d}", 12, 300 + serial, 96.5, date(2022, 3, 1), people[:2]),) if land else ()
    return Household(
        book=f"99{9_000_000 + serial}",
        commune=commune,
        former=commune.old[serial % 2],
        street=f"Số {serial}, thôn Đình",
        people=people,
        marriages=marriages,
        parcels=parcels,
        businesses=businesses,
    )


@lru_cache(maxsize=1)
def households() -> tuple[Household, ...]:
    """The households of the named people; the first six live in the commune that came of the merger."""
    shop = Business(
        "99A8999081", compose_tax_number("999990810"), "Hộ kinh doanh Quán Phúc", _OWNER, date(2019, 4, 2),
        "DANG_HOAT_DONG", _TRADE,
    )  # fmt: skip
    return (
        _household(11, (_PARENTS.husband, _PARENTS.wife), marriages=(_PARENTS,), land=True),
        _household(21, (_LONE_MOTHER, _GRANDMOTHER)),
        _household(31, (_GROOM,), land=True),
        _household(32, (_BRIDE,)),
        _household(41, (_LATE_GROOM,)),
        _household(42, (_LATE_BRIDE,), land=True),
        _household(51, (_HIDDEN.husband, _HIDDEN.wife), marriages=(_HIDDEN,), at=1),
        _household(61, (_FOUNDER,), land=True),
        _household(71, (_TWICE,), at=4),
        _household(81, (_OWNER,), land=True, businesses=(shop,), at=4),
    )


def _persona(key: str, person: Person, vi: str, en: str) -> Persona:
    birth = person.birth.isoformat() if person.birth else str(person.birth_year)
    return Persona(key, person.number, person.name.full, birth, person.sex, {"vi": vi, "en": en})


PERSONAS: Final[dict[str, Persona]] = {
    one.key: one
    for one in (
        _persona("father", _FATHER, "Cha của trẻ sắp được đăng ký khai sinh", "Father of the child to be registered"),
        _persona("mother", _MOTHER, "Mẹ của trẻ, đã kết hôn, có đất ở", "Mother of the child, married, holds land"),
        Persona(
            "child", "", "Nguyễn Minh An", "2026-10-28", "female",
            {"vi": "Trẻ mới sinh, chưa có số định danh", "en": "The newborn; no citizen number yet"},
        ),
        _persona(
            "lone-mother", _LONE_MOTHER,
            "Mẹ đơn thân, không có giấy chứng nhận đất; chỗ ở được chứng minh bằng thông tin hộ gia đình",
            "Lone mother without land; household data proves the dwelling instead",
        ),
        Persona(
            "lone-child", "", "Lò Minh Khôi", "2026-11-02", "male",
            {"vi": "Con của mẹ đơn thân", "en": "The lone mother's newborn"},
        ),
        _persona("groom", _GROOM, "Người sắp kết hôn, dữ liệu thống nhất", "To be married; every register agrees"),
        _persona(
            "bride", _BRIDE,
            "Người sắp kết hôn; hộ tịch ghi tên khác một chữ: phải xem xét, không tự động từ chối",
            "To be married; civil status spells her name otherwise: review, never refusal",
        ),
        _persona("late-groom", _LATE_GROOM, "Chỉ biết năm sinh", "Only the year of birth is known"),
        _persona(
            "late-bride", _LATE_BRIDE,
            "Tên viết kiểu dấu cũ và không dấu ở các cơ quan: vẫn là một người",
            "Her name is spelt three ways that fold alike: no review",
        ),
        _persona(
            "taken", _TAKEN,
            "Hộ tịch đã ghi kết hôn nhưng dân cư còn ghi độc thân",
            "Married in civil status, still single in the population database",
        ),
        _persona("founder", _FOUNDER, "Người sắp mở hộ kinh doanh", "About to open a household business"),
        _persona(
            "twice", _TWICE,
            "Có hai sổ bảo hiểm xã hội: hai kết quả, không được chọn thay",
            "Holds two social insurance books: two matches, never guessed",
        ),
        _persona(
            "owner", _OWNER,
            "Đang có một hộ kinh doanh: không được mở thêm",
            "Already runs a household business: may not open another",
        ),
    )
}  # fmt: skip
"""By key; the order is the order of the manual."""
