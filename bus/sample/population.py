"""The made-up population, one household at a time.

Promises: household number `n` depends on seed and `n` alone, so millions of people stream through a few megabytes of
memory and a part can be made again without the rest; numbers are unique up to `MAX_SIZE`. The people the demo names
come first, whatever the size. Leaves out: how each agency writes these facts down (the ``*_store`` modules).
"""

from __future__ import annotations

import random
from datetime import date, timedelta
from typing import TYPE_CHECKING, Final, NamedTuple

from bus.sample import names, personas
from bus.sample.people import (
    DIVORCED,
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
from bus.sample.places import COMMUNES, PROVINCES
from schemas.ids import IdentifierError, compose_citizen_number, compose_tax_number

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bus.sample.places import Commune
    from schemas.ids import Sex

MAX_SIZE: Final = 2_000_000
TODAY: Final = date(2026, 7, 1)
"""The day the sample stands at. The population does not age."""

_NOBODY: Final = Relative("", "")
_MERGER: Final = date(2025, 7, 1)
_SERIALS: Final = 1_000_000
_SECOND_BOOK: Final = 50  # added to the place code once a million serials are used up
_STRIDE: Final = 387_413  # no factor in common with a million: walks every serial once
_ADULT: Final = 18
_YEAR_ONLY_BEFORE: Final = 1975


def households(size: int, seed: int) -> Iterator[Household]:
    """Every household of a nation of `size` people, the demo's own first; the last is cut to fit.

    Raises:
        ValueError: a size that cannot hold the demo's people or that runs out of numbers.
    """
    first = personas.households()
    named = sum(len(household.people) for household in first)
    if not named <= size <= MAX_SIZE:
        message = f"size must lie between {named} and {MAX_SIZE}"
        raise ValueError(message)
    yield from first
    done, index = named, 0
    while done < size:
        household = _Draw(seed, index, done).household(size - done)
        yield household
        done += len(household.people)
        index += 1


class _Adult(NamedTuple):
    sex: Sex
    year: int
    family: str


class _Draw:
    """The dice of one household. Order of throws is part of the data: change it and every number changes."""

    def __init__(self, seed: int, index: int, people_before: int) -> None:
        self._dice = random.Random(seed * 1_000_003 + index)  # noqa: S311 - reproducible data, not secrets
        self._index = index
        self._next = people_before
        self._offset = seed * 7_919
        self._commune: Commune = COMMUNES[index % len(COMMUNES)]

    def household(self, room: int) -> Household:
        """Draw who lives here, then what they own."""
        dice = self._dice
        head_year = dice.randint(1935, 2003)
        head = self._person(_Adult("male" if dice.random() < 0.7 else "female", head_year, self._family()), "CH01")  # noqa: PLR2004 - a share
        people, marriages = [head], []
        if room > 1 and dice.random() < 0.75:  # noqa: PLR2004 - a share
            couple = self._marry(head, dice.random() < 0.06)  # noqa: PLR2004 - a share
            marriages.append(couple)
            head, partner = (couple.husband, couple.wife) if head.sex == "male" else (couple.wife, couple.husband)
            people[0] = head
            if couple.ended is None:
                people.append(partner)
                people += self._children(couple, room - 2)
        former = dice.choice(self._commune.old)
        return Household(
            book=f"99{self._index:07d}",
            commune=self._commune,
            former=former,
            street=f"Số {dice.randint(1, 98)}, {dice.choice(names.STREETS)}",
            people=tuple(people),
            marriages=tuple(marriages),
            parcels=self._parcels(people),
            businesses=self._businesses(head),
        )

    def _family(self) -> str:
        return self._dice.choice(names.FAMILY)

    def _name(self, sex: Sex, family: str) -> Name:
        dice = self._dice
        if sex == "male":
            return Name(family, dice.choice(names.MIDDLE_MALE), dice.choice(names.GIVEN_MALE))
        return Name(family, dice.choice(names.MIDDLE_FEMALE), dice.choice(names.GIVEN_FEMALE))

    def _person(
        self,
        who: _Adult,
        relation: str,
        parents: tuple[Relative, Relative] | None = None,
        marital: str = SINGLE,
    ) -> Person:
        """One person with a number of their own; the running count decides the serial, the dice the rest."""
        dice, count = self._dice, self._next
        self._next += 1
        last = min(TODAY, date(who.year, 12, 31))
        birth = date(who.year, 1, 1) + timedelta(days=dice.randrange((last - date(who.year, 1, 1)).days + 1))
        book, position = divmod(count, _SERIALS)
        serial = (position * _STRIDE + self._offset) % _SERIALS
        place = PROVINCES[self._commune.province].place + book * _SECOND_BOOK
        grown = TODAY.year - who.year >= _ADULT
        father, mother = parents or (self._distant("male", who.family), self._distant("female", self._family()))
        year_only = who.year < _YEAR_ONLY_BEFORE and dice.random() < 0.08  # noqa: PLR2004 - a share
        insured = not grown or dice.random() < 0.8  # noqa: PLR2004 - a share
        return Person(
            number=compose_citizen_number(place, who.sex, who.year, serial),
            old_card=f"99{count:07d}" if grown and who.year <= 2004 and dice.random() < 0.8 else "",  # noqa: PLR2004 - cards ended with them
            name=self._name(who.sex, who.family),
            sex=who.sex,
            birth_year=who.year,
            birth=None if year_only else birth,
            ethnic=names.ETHNIC[0] if dice.random() < 0.85 else dice.choice(names.ETHNIC),  # noqa: PLR2004 - a share
            marital=marital,
            blood=f"{dice.randrange(5):02d}",
            father=father,
            mother=mother,
            spouse=_NOBODY,
            relation=relation,
            insurance=f"99{count:08d}" if insured else "",
            employer=f"TZ{count % 89:02d}9M" if grown and insured and dice.random() < 0.5 else "",  # noqa: PLR2004 - a share
            flags=self._flags(who, insured=insured),
        )

    def _flags(self, who: _Adult, *, insured: bool) -> frozenset[Flag]:
        """Which registers disagree about this person: one in twenty-five has something, as real registers have."""
        dice = self._dice
        if dice.random() > 0.04:  # noqa: PLR2004 - a share
            return frozenset()
        flags: list[Flag] = ["name-misheard", "not-in-civil-status"]
        if insured:
            flags += ["two-insurance-books", "insured-by-old-card"]
        if TODAY.year - who.year >= _ADULT:
            flags += ["single-in-population", "land-by-old-card"]
        return frozenset({dice.choice(flags)})

    def _distant(self, sex: Sex, family: str) -> Relative:
        """A parent outside the household: a name, and what was typed into a required field."""
        return Relative(self._name(sex, family).full, self._dice.choice(("", "", "000000001", "123456")))

    def _marry(self, one: Person, ended: bool) -> Marriage:  # noqa: FBT001 - drawn by the caller, in order
        dice = self._dice
        year = max(1935, min(2006, one.birth_year + dice.randint(-4, 6)))
        other = self._person(
            _Adult("female" if one.sex == "male" else "male", year, self._family()),
            "CH02" if one.sex == "male" else "CH03",
        )
        state = DIVORCED if ended else MARRIED
        pair = [
            person._replace(marital=state, spouse=_NOBODY if ended else Relative(partner.name.full, partner.number))
            for person, partner in ((one, other), (other, one))
        ]
        husband, wife = pair if one.sex == "male" else pair[::-1]
        young = max(one.birth_year, other.birth_year)
        day = date(min(young + dice.randint(20, 30), TODAY.year - 1), dice.randint(1, 12), dice.randint(1, 28))
        end = min(TODAY, day + timedelta(days=dice.randint(400, 6000))) if ended else None
        return Marriage(husband, wife, day, f"{dice.randint(1, 400)}/{day.year}", end)

    def _children(self, couple: Marriage, room: int) -> list[Person]:
        dice = self._dice
        father, mother = couple.husband, couple.wife
        youngest, oldest = max(mother.birth_year + 19, couple.registered.year), min(mother.birth_year + 42, TODAY.year)
        if youngest > oldest:
            return []
        parents = (Relative(father.name.full, father.number), Relative(mother.name.full, mother.number))
        return [
            self._person(
                _Adult(dice.choice(("male", "female")), dice.randint(youngest, oldest), father.name.family),
                "CH04",
                parents,
            )
            for _ in range(min(room, dice.choice((0, 1, 1, 2, 2, 2, 3))))
        ]

    def _parcels(self, people: list[Person]) -> tuple[Parcel, ...]:
        dice, grown = self._dice, [one for one in people if one.relation != "CH04"]
        return tuple(
            Parcel(
                serial=f"CS 99{self._index:06d}{part}",
                sheet=dice.randint(1, 99),
                plot=dice.randint(1, 999),
                area_m2=dice.randint(300, 9000) / 10,
                issued=date(dice.randint(1995, 2025), dice.randint(1, 12), dice.randint(1, 28)),
                holders=tuple(grown),
            )
            for part in range(dice.choice((0, 1, 1, 1, 2)))
        )

    def _businesses(self, head: Person) -> tuple[Business, ...]:
        dice = self._dice
        if dice.random() > 0.12 or TODAY.year - head.birth_year < _ADULT + 2:  # noqa: PLR2004 - a share
            return ()
        day = date(dice.randint(2012, 2026), dice.randint(1, 6), dice.randint(1, 28))
        trade = dice.choice(names.TRADES)
        return (
            Business(
                code=f"99A8{self._index:06d}",
                tax_number=head.number if day >= _MERGER else tax_number(self._index),
                name=f"Hộ kinh doanh {head.name.middle} {head.name.given}".replace("  ", " "),
                owner=head,
                registered=day,
                state=dice.choice(("DANG_HOAT_DONG", "DANG_HOAT_DONG", "TAM_NGUNG", "DA_CHAM_DUT")),
                trade=trade,
            ),
        )


def tax_number(index: int) -> str:
    """A well-formed tax number that nobody holds: 99, the index, and a check digit (the next that has one)."""
    for step in range(11):
        try:
            return compose_tax_number(f"99{(index * 11 + step) % 10_000_000:07d}")
        except IdentifierError:
            continue
    message = "eleven neighbours without a check digit cannot be"
    raise AssertionError(message)
