"""Identifiers of people, agencies, procedures, dossiers and businesses, as they are written in Vietnam.

Promises: a parser either returns the parts of a well-formed identifier or raises `IdentifierError` naming the rule;
neither the error nor the repr of a result ever holds the identifier of a person. Names are folded for comparison only.
Leaves out: whether the identifier exists anywhere; that is a question to its agency.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, field
from datetime import date
from typing import Final, Literal

Sex = Literal["male", "female"]
AgencyScheme = Literal["QCVN102", "QD20"]

RESERVED_PLACES: Final = range(900, 1000)
"""Place codes that no province (001-096) and no country of birth has: test and sample numbers live here."""

_CITIZEN: Final = re.compile(r"[0-9]{12}")
_OLD_CARD: Final = re.compile(r"[0-9]{9}")
_QCVN102: Final = re.compile(r"[0-9]{3}\.[0-9]{2}\.[0-9]{2}\.[A-Z][A-Z0-9][0-9]")
_QD20: Final = re.compile(r"[A-Z][0-9]{2}(\.[A-Z0-9]+)*")
_PROCEDURE: Final = re.compile(
    r"(?P<base>[0-9]\.[0-9]{6})(?P<part>\.[0-9]{3}\.[0-9]{2}\.[0-9]{2})?(?P<owner>\.[A-Z][0-9]{2})?"
)
_DOSSIER: Final = re.compile(r"(?P<agency>[0-9A-Z.]{3,35})-(?P<day>[0-9]{6})-(?P<counter>[0-9]{3,6})")
_DOSSIER_2018: Final = re.compile(
    r"(?P<agency>[0-9]{3}\.[0-9]{2}\.[0-9]{2}\.[A-Z][0-9]{2})-(?P<day>[0-9]{6})-(?P<counter>[0-9]{4,12})"
)
_TAX: Final = re.compile(r"(?P<base>[0-9]{10})(-?(?P<branch>[0-9]{3}))?")
_TAX_WEIGHTS: Final = (31, 29, 23, 19, 17, 13, 7, 5, 3)
_SOCIAL_INSURANCE: Final = re.compile(r"[0-9]{10}")
_QD20_MAX: Final = 35
_CENTURIES: Final = 5

# Real clients send these so that a required field "passes". A run of one digit is refused as well.
_PLACEHOLDERS: Final = frozenset({"000000001", "000000000001", "123456789", "123456789012", "012345678912"})


class IdentifierError(ValueError):
    """An identifier broke a rule. Holds the rule's name, never the identifier.

    Attributes:
        rule: dotted name, stable across versions, for instance ``citizen.shape``.
    """

    def __init__(self, rule: str) -> None:
        super().__init__(rule)
        self.rule = rule


@dataclass(frozen=True, slots=True)
class CitizenNumber:
    """A 12-digit personal identification number, taken apart (Decree 137/2015 art. 13, Circular 07/2016 art. 7).

    Digits 1-3 are the place of birth registration, 4 the century and sex (even male, odd female; 0-1 the 1900s),
    5-6 the year, 7-12 random. There is no check digit.
    """

    text: str = field(repr=False)
    place: str
    sex: Sex
    birth_year: int = field(repr=False)

    @classmethod
    def parse(cls, text: str) -> CitizenNumber:
        """Take a number apart.

        Raises:
            IdentifierError: ``citizen.shape``, ``citizen.placeholder`` or ``citizen.place``.
        """
        if not _CITIZEN.fullmatch(text):
            raise IdentifierError("citizen.shape")
        refuse_placeholder(text, "citizen.placeholder")
        if text[:3] == "000":
            raise IdentifierError("citizen.place")
        century, odd = divmod(int(text[3]), 2)
        return cls(text, text[:3], "female" if odd else "male", 1900 + 100 * century + int(text[4:6]))

    @property
    def reserved(self) -> bool:
        """Whether the number lies where no real person can have one."""
        return int(self.place) in RESERVED_PLACES

    def must_agree(self, *, sex: Sex | None = None, birth_year: int | None = None) -> None:
        """Check the digits against what another source says of the same person.

        Raises:
            IdentifierError: ``citizen.sex`` or ``citizen.birth-year``.
        """
        if sex is not None and sex != self.sex:
            raise IdentifierError("citizen.sex")
        if birth_year is not None and birth_year != self.birth_year:
            raise IdentifierError("citizen.birth-year")


def compose_citizen_number(place: int, sex: Sex, birth_year: int, serial: int) -> str:
    """Write a 12-digit number from its parts; the inverse of `CitizenNumber.parse`.

    Args:
        place: 1 to 999. Made-up people belong in `RESERVED_PLACES`.
        sex: decides, with the century, digit 4.
        birth_year: 1900 to 2399.
        serial: 0 to 999999.

    Raises:
        IdentifierError: ``citizen.range``.
    """
    century = (birth_year - 1900) // 100
    if not (1 <= place <= 999 and 0 <= century < _CENTURIES and 0 <= serial <= 999_999):  # noqa: PLR2004 - digit counts
        raise IdentifierError("citizen.range")
    return f"{place:03d}{2 * century + (sex == 'female')}{birth_year % 100:02d}{serial:06d}"


def refuse_placeholder(text: str, rule: str = "identifier.placeholder") -> None:
    """Refuse what is typed only so that a required field passes: 000000001, 222222222 and their kin.

    Raises:
        IdentifierError: with the given rule.
    """
    if text in _PLACEHOLDERS or len(set(text)) <= 1:
        raise IdentifierError(rule)


def old_card_number(text: str) -> str:
    """Check a 9-digit identity card number (CMND), still present in data.

    Raises:
        IdentifierError: ``old-card.shape`` or ``old-card.placeholder``.
    """
    if not _OLD_CARD.fullmatch(text):
        raise IdentifierError("old-card.shape")
    refuse_placeholder(text, "old-card.placeholder")
    return text


def social_insurance_number(text: str) -> str:
    """Check a person's 10-digit social insurance number.

    Raises:
        IdentifierError: ``social-insurance.shape`` or ``social-insurance.placeholder``.
    """
    if not _SOCIAL_INSURANCE.fullmatch(text):
        raise IdentifierError("social-insurance.shape")
    refuse_placeholder(text, "social-insurance.placeholder")
    return text


@dataclass(frozen=True, slots=True)
class AgencyCode:
    """An agency's published code and the rule it is written by. Codes are dated aliases: keep the agency id instead."""

    text: str
    scheme: AgencyScheme

    @classmethod
    def parse(cls, text: str) -> AgencyCode:
        """Recognise ``000.00.12.H26`` (QCVN 102:2016) or ``H26.12`` and business numbers (Decision 20/2020/QD-TTg).

        Anything else met in the wild (``28.22.H17``, ``null``) is for quarantine with this reason, never for guessing.

        Raises:
            IdentifierError: ``agency-code.shape`` or ``agency-code.check-digit``.
        """
        if _QCVN102.fullmatch(text):
            return cls(text, "QCVN102")
        if _QD20.fullmatch(text) and len(text) <= _QD20_MAX:
            return cls(text, "QD20")
        if len(text) == 10 and text.isascii() and text.isdigit():  # noqa: PLR2004 - a business number
            if _tax_check_digit(text[:9]) != int(text[9]):
                raise IdentifierError("agency-code.check-digit")
            return cls(text, "QD20")
        raise IdentifierError("agency-code.shape")

    @property
    def parent(self) -> str | None:
        """The code one level up as the code itself says: ``H26`` of ``H26.12``, none of ``H26``."""
        if self.scheme == "QD20":
            head, dot, _ = self.text.rpartition(".")
            return head if dot else None
        parts = self.text.split(".")
        for at, empty in ((0, "000"), (1, "00"), (2, "00")):
            if parts[at] != empty:
                parts[at] = empty
                return ".".join(parts)
        return None


@dataclass(frozen=True, slots=True)
class ProcedureCode:
    """A published procedure: its national base and, for a local one, its owner (Decision 362/QD-VPCP 2019)."""

    text: str
    base: str
    owner: str | None

    @classmethod
    def parse(cls, text: str) -> ProcedureCode:
        """Recognise ``1.000894``, ``2.002622.H56`` and ``1.000094.000.00.00.H56``.

        Raises:
            IdentifierError: ``procedure.shape``.
        """
        found = _PROCEDURE.fullmatch(text)
        if found is None:
            raise IdentifierError("procedure.shape")
        owner = found["owner"]
        return cls(text, found["base"], owner[1:] if owner else None)


@dataclass(frozen=True, slots=True)
class DossierCode:
    """A dossier's number (MaHoSo): receiving agency, day, running number of the day.

    `strict` is true for the form of Circular 01/2018/TT-VPCP art. 19; what newer systems write is accepted too.
    """

    text: str
    agency: str
    day: date
    counter: str
    strict: bool

    @classmethod
    def parse(cls, text: str) -> DossierCode:
        """Recognise ``000.00.12.H26-200401-0001`` and ``H26.12-250701-00001``; the six digits must be a real day.

        Raises:
            IdentifierError: ``dossier.shape`` or ``dossier.day``.
        """
        strict = _DOSSIER_2018.fullmatch(text)
        found = strict or _DOSSIER.fullmatch(text)
        if found is None:
            raise IdentifierError("dossier.shape")
        digits = found["day"]
        try:
            day = date(2000 + int(digits[:2]), int(digits[2:4]), int(digits[4:]))
        except ValueError:
            raise IdentifierError("dossier.day") from None
        return cls(text, found["agency"], day, found["counter"], strict is not None)


@dataclass(frozen=True, slots=True)
class TaxNumber:
    """A tax or business number: ten digits with a check digit, and three more for a branch."""

    base: str = field(repr=False)
    branch: str | None

    @classmethod
    def parse(cls, text: str) -> TaxNumber:
        """Recognise ``0100233488``, ``0314409058-002`` and ``0314409058002``.

        Since 1 July 2025 a household business is taxed under its owner's citizen number: parse that as what it is.

        Raises:
            IdentifierError: ``tax.shape``, ``tax.check-digit`` or ``tax.placeholder``.
        """
        found = _TAX.fullmatch(text)
        if found is None:
            raise IdentifierError("tax.shape")
        base = found["base"]
        refuse_placeholder(base, "tax.placeholder")
        if _tax_check_digit(base[:9]) != int(base[9]):
            raise IdentifierError("tax.check-digit")
        return cls(base, found["branch"])


def compose_tax_number(nine: str) -> str:
    """Append the check digit to the first nine digits.

    Raises:
        IdentifierError: ``tax.shape``, or ``tax.check-digit`` where no digit fits (the sum is a multiple of 11).
    """
    if len(nine) != len(_TAX_WEIGHTS) or not (nine.isascii() and nine.isdigit()):
        raise IdentifierError("tax.shape")
    check = _tax_check_digit(nine)
    if check is None:
        raise IdentifierError("tax.check-digit")
    return f"{nine}{check}"


def _tax_check_digit(nine: str) -> int | None:
    """Ten minus the weighted sum modulo 11; none where that is ten, which no digit can write."""
    check = 10 - sum(weight * int(digit) for weight, digit in zip(_TAX_WEIGHTS, nine, strict=True)) % 11
    return check if check < 10 else None  # noqa: PLR2004 - one digit


def fold_name(text: str) -> str:
    """Fold a person's name for comparison: accents, case, spacing and punctuation gone, the letter d-bar a plain d.

    ``Nguyễn Thị Đào``, ``NGUYEN THI DAO`` and ``nguyenthidao`` fold alike; so do the two places of a tone mark (Hòa,
    Hoà) and the look-alikes of d-bar that keyboards make. The fold is lossy: keep and show the original.
    """
    flat = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", text).casefold())
    return "".join(char for char in flat.translate(_D_BARS) if char.isalnum())


_D_BARS: Final = str.maketrans({"đ": "d", "ð": "d", "ɖ": "d"})


def same_name(one: str, other: str) -> bool:
    """Whether two spellings fold to the same name. An empty name is the same as nothing, not even as itself.

    False is a reason for review by a person, never for refusal.
    """
    folded = fold_name(one)
    return bool(folded) and folded == fold_name(other)
