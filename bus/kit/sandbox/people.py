"""The invented person whom a question is about, and their kin: the same in every register of one sandbox.

Promises: sex and year of birth follow the citizen number where it has them; every number made here lies in a range that
nobody has (`schemas.ids.RESERVED_PLACES`, place 989). Leaves out: whether a system holds somebody of that number.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Final

from bus.kit.sandbox.dice import dice_of
from bus.sample import names
from bus.sample.places import COMMUNES, PROVINCES
from schemas.ids import CitizenNumber, IdentifierError, compose_citizen_number, compose_tax_number

if TYPE_CHECKING:
    from random import Random

    from bus.sample.places import Commune
    from schemas.ids import Sex

PLACE: Final = 989
"""Place code of the numbers made here."""
TODAY: Final = date(2026, 7, 1)
"""The day at which a sandbox stands, so that its answers do not change over night."""
_GROWN: Final = 22
_YEAR: Final = re.compile(r"(19|20)[0-9]{2}")
_ROLES: Final = {"father": "male", "mother": "female", "husband": "male", "wife": "female", "grandfather": "male"}


@dataclass(frozen=True)
class Somebody:
    """One invented person.

    Attributes:
        number: a citizen number, or whatever else numbers them.
        name, birth: as the question says them, where it does.
    """

    seed: int
    number: str
    said_name: str | None = None
    said_birth: str | None = None
    as_sex: Sex | None = None

    @cached_property
    def _dice(self) -> Random:
        return dice_of(self.seed, "person", self.number)

    @cached_property
    def _parsed(self) -> CitizenNumber | None:
        try:
            return CitizenNumber.parse(self.number)
        except IdentifierError:
            return None

    @property
    def sex(self) -> Sex:
        """By the number, where it says so."""
        if self._parsed is not None:
            return self._parsed.sex
        return self.as_sex or ("female" if sum(map(ord, self.number)) % 2 else "male")

    @cached_property
    def citizen_number(self) -> str:
        """Their own number, or one made for somebody known by another."""
        if self._parsed is not None:
            return self.number
        serial = dice_of(self.seed, "serial", self.number).randrange(1_000_000)
        return compose_citizen_number(PLACE, self.sex, self.birth.year, serial)

    @cached_property
    def birth(self) -> date:
        """The day that the question says, or one in the year that the number says."""
        dice = dice_of(self.seed, "birth", self.number)
        said = self.said_birth or ""
        year = self._parsed.birth_year if self._parsed else dice.randint(1950, 2004)
        try:
            return date.fromisoformat(said)
        except ValueError:
            year = int(said) if _YEAR.fullmatch(said) else year
            return date(year, 1, 1) + timedelta(days=dice.randrange(365))

    @cached_property
    def name(self) -> str:
        """As the question says, or invented."""
        if self.said_name:
            return self.said_name
        return self._named(dice_of(self.seed, "name", self.number), None)

    def _named(self, dice: Random, family: str | None) -> str:
        male = self.sex == "male"
        middle = dice.choice(names.MIDDLE_MALE if male else names.MIDDLE_FEMALE)
        given = dice.choice(names.GIVEN_MALE if male else names.GIVEN_FEMALE)
        return " ".join(filter(None, (family or dice.choice(names.FAMILY), middle, given)))

    @property
    def grown(self) -> bool:
        """Old enough to be married and to own things."""
        return (TODAY - self.birth).days > _GROWN * 365

    @cached_property
    def married(self) -> bool:
        """Most of the grown-up are."""
        return self.grown and dice_of(self.seed, "married", self.number).random() < 0.75  # noqa: PLR2004 - a share

    @cached_property
    def commune(self) -> Commune:
        """Where they live: an invented commune of a real province."""
        return dice_of(self.seed, "home", self.number).choice(COMMUNES)

    @property
    def province(self) -> str:
        """The name of the province."""
        return PROVINCES[self.commune.province].name

    @cached_property
    def street(self) -> str:
        """House and street."""
        dice = dice_of(self.seed, "street", self.number)
        return f"Số {dice.randint(1, 98)}, {dice.choice(names.STREETS)}"

    @property
    def address(self) -> str:
        """The whole address."""
        return f"{self.street}, {self.commune.name}, {self.province}"

    @cached_property
    def ethnic(self) -> tuple[str, str]:
        """Code and name."""
        return dice_of(self.seed, "ethnic", self.number).choice((names.ETHNIC[0],) * 6 + names.ETHNIC)

    def digits(self, kind: str, prefix: str, count: int) -> str:
        """A number of another register: a prefix that nobody has, and digits."""
        dice = dice_of(self.seed, kind, self.number)
        return prefix + "".join(dice.choice("0123456789") for _ in range(count - len(prefix)))

    @cached_property
    def tax_number(self) -> str:
        """Ten digits with a right check digit."""
        for attempt in range(32):
            try:
                return compose_tax_number(self.digits(f"tax {attempt}", "99", 9))
            except IdentifierError:  # no check digit fits this one
                continue
        return self.citizen_number

    def day(self, kind: str) -> date:
        """Some day of their grown-up life, not after today."""
        begin = self.birth + timedelta(days=18 * 365)
        room = max((TODAY - begin).days, 30)
        return min(TODAY, begin + timedelta(days=dice_of(self.seed, "day", kind, self.number).randrange(room)))

    def kin(self, role: str) -> Somebody:
        """Somebody who stands in this role to them; for the couple's own roles it may be themselves."""
        if role in {"husband", "wife"} and _ROLES[role] == self.sex:
            return self
        sex: Sex = "female" if role == "mother" or (role in {"spouse", "husband", "wife"} and self._is_male) else "male"
        if role not in {"father", "mother", "spouse", "husband", "wife"}:
            sex = dice_of(self.seed, role, self.number).choice(("male", "female"))
        role = "spouse" if role in {"husband", "wife"} else role
        dice = dice_of(self.seed, "kin", role, self.number)
        years = {"father": -28, "mother": -26, "spouse": dice.randint(-4, 4), "child": 27}.get(
            role, dice.randint(-9, 9)
        )
        year = min(max(self.birth.year + years, 1900), TODAY.year - 1)
        number = compose_citizen_number(PLACE, sex, year, dice.randrange(1_000_000))
        family = self.name.partition(" ")[0] if role in {"father", "child"} else None
        other = Somebody(self.seed, number)
        return replace(other, said_name=other._named(dice, family))

    @property
    def _is_male(self) -> bool:
        return self.sex == "male"
