"""What is true of the made-up people: one household at a time, before any agency writes it down its own way.

Promises: values only; every number lies in a range that no real person, card, book or business has.

* citizen number: place code 9 and the province's (990 for the people the demo names)
* old card, social insurance number, tax number: begin with 99
* commune codes: begin with 99; land certificate serials: begin with CS 99
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal, NamedTuple

if TYPE_CHECKING:
    from datetime import date

    from bus.sample.places import Commune, OldCommune
    from schemas.ids import Sex

Flag = Literal[
    "name-misheard",  # civil status holds another spelling that does not fold alike
    "single-in-population",  # a marriage that the population database has not heard of
    "two-insurance-books",  # social insurance holds the person twice
    "insured-by-old-card",  # social insurance knows the old card only
    "land-by-old-card",  # the land certificate names the old card only
    "not-in-civil-status",  # born before the electronic register and never entered
]

SINGLE: Final = "1"
MARRIED: Final = "2"
DIVORCED: Final = "3"


class Name(NamedTuple):
    """A Vietnamese name in its three parts; the middle one may be empty."""

    family: str
    middle: str
    given: str

    @property
    def full(self) -> str:
        """The parts in order, one blank between them."""
        return " ".join(part for part in self if part)


class Relative(NamedTuple):
    """A relative as another person's record names them; the number may be empty or a leftover of few digits."""

    name: str
    number: str


class Person(NamedTuple):
    """A living person. `birth` is none where only the year is known, which is lawful for older people."""

    number: str
    old_card: str
    name: Name
    sex: Sex
    birth_year: int
    birth: date | None
    ethnic: tuple[str, str]
    marital: str
    blood: str
    father: Relative
    mother: Relative
    spouse: Relative
    relation: str
    insurance: str
    employer: str
    flags: frozenset[Flag] = frozenset()


class Marriage(NamedTuple):
    """A registered marriage; `ended` is the day of divorce."""

    husband: Person
    wife: Person
    registered: date
    entry: str
    ended: date | None


class Parcel(NamedTuple):
    """A parcel of land with a certificate and the people who hold it."""

    serial: str
    sheet: int
    plot: int
    area_m2: float
    issued: date
    holders: tuple[Person, ...]


class Business(NamedTuple):
    """A household business. Registered before 1 July 2025 it has a tax number of its own, later its owner's number."""

    code: str
    tax_number: str
    name: str
    owner: Person
    registered: date
    state: Literal["DANG_HOAT_DONG", "TAM_NGUNG", "DA_CHAM_DUT"]
    trade: tuple[str, str]


class Household(NamedTuple):
    """People under one roof, head first, and what they own."""

    book: str
    commune: Commune
    former: OldCommune
    street: str
    people: tuple[Person, ...]
    marriages: tuple[Marriage, ...]
    parcels: tuple[Parcel, ...]
    businesses: tuple[Business, ...]
