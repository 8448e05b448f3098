"""What a dictionary term asks for, and values that read as real: names, numbers, days, addresses, codes, money.

Promises: values of one person agree with each other; a term is understood by its id first, by its English and its
Vietnamese name after; a term that is not understood has no values here, and its schema alone decides.
Leaves out: whether a value fits (`json_answers`, `xml_answers` try them in order and keep the first that does).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, timezone
from functools import lru_cache
from typing import TYPE_CHECKING, Final, Protocol

from bus.kit.sandbox.dice import dice_of
from bus.kit.sandbox.people import TODAY
from bus.sample import names
from bus.sample.places import PROVINCES
from schemas.ids import IdentifierError, TaxNumber

if TYPE_CHECKING:
    from bus.kit.sandbox.people import Somebody
    from registry.model import Codelist, Term

Plain = str | int | float | bool
Values = Sequence[Plain]
_NATION: Final = timezone(timedelta(hours=7))
_ROLES: Final = {
    "father": "father",
    "mother": "mother",
    "spouse": "spouse",
    "husband": "husband",
    "wife": "wife",
    "child": "child",
    "guardian": "guardian",
    "requester": "requester",
    "doctor": "doctor",
    "officer": "officer",
    "signer": "signer",
    "staff": "officer",
    "cha": "father",
    "me": "mother",
    "vo chong": "spouse",
}
"""Words of a term → who is meant instead of the subject."""


@dataclass(frozen=True, slots=True)
class Meant:
    """One term at one place, for one person: what the rules below read."""

    words: str
    who: Somebody
    seed: int
    name: str

    def day(self) -> date:
        """A day of its own for every term."""
        return self.who.day(self.words)

    def number(self, low: int, high: int) -> int:
        """A number of its own for every term."""
        return dice_of(self.seed, "number", self.words, self.who.number).randint(low, high)


class Dictionary(Protocol):
    """What is asked of a registry: its terms and its code lists."""

    def term(self, term_id: str) -> Term | None:
        """The dictionary term."""

    def codelist(self, codelist_id: str, version: int | None = None) -> Codelist | None:
        """That version of the code list, or the newest."""


def values_for(dictionary: Dictionary, term_id: str | None, name: str, who: Somebody, seed: int) -> Values | None:
    """Values that a term may have for somebody, the likeliest first; none where it is not understood.

    `name` is the member's or element's own: what tells parts of one term from another, and all there is without a term.
    None says that there is nothing to tell: a spouse of somebody unmarried.
    """
    if not who.married and re.search(r"spouse|vo chong", _flat(f"{term_id or name}")):
        return None
    term = dictionary.term(term_id) if term_id else None
    coded = _codes(dictionary, term, who, seed) if term is not None else ()
    part = _PARTS.get(_flat(name))
    if part is not None and (term_id is None or "name" in term_id or "place" in term_id or "residence" in term_id):
        return (*_made(part, term, term_id or name, who, seed), *coded)
    for words in _spellings(term_id, term, name):
        for rule, make in _RULES:
            if rule.search(words):
                return (*_made(make, term, words, who, seed), *coded)
    return coded or ((f"{term.name.vi} (mẫu)",) if term is not None else ())


def _made(make: Callable[[Meant], Values], term: Term | None, words: str, who: Somebody, seed: int) -> Values:
    return make(Meant(words, _person_of(words, who), seed, term.name.vi if term else words))


def days(day: date, minute: int = 570) -> Values:
    """A day in the forms that registers write: ISO, with a time, without marks, day first, the year alone."""
    at = datetime.combine(day, time(minute // 60 % 24, minute % 60), _NATION)
    utc = at.astimezone(UTC)
    return (
        day.isoformat(),
        at.isoformat(),
        f"{utc:%Y-%m-%dT%H:%M:%S.000Z}",
        f"{at:%Y%m%d%H%M%S}",
        f"{at:%Y%m%d%H%M}",
        f"{day:%Y%m%d}",
        f"{day:%d/%m/%Y}",
        f"{day:%Y/%m/%d}",
        f"{at:%Y/%m/%d %H:%M:%S}",
        f"{at:%d/%m/%Y %H:%M:%S}",
        f"{at:%Y-%m-%dT%H:%M:%S}",
        f"{at:%d/%m/%Y %H:%M}",
        f"{at:%Y-%m-%d %H:%M:%S}",
        f"{day:%Y%m}",
        f"{day:%Y}",
        day.year,
    )


def _spellings(term_id: str | None, term: Term | None, name: str) -> Iterable[str]:
    yield _flat(term_id or name)
    if term is not None:
        yield _flat(term.name.en)
        yield _flat(term.name.vi)
        yield _flat(name)


@lru_cache(maxsize=4096)
def _flat(text: str) -> str:
    """Small letters without marks, one blank between words: `person.full-name` is `person full name`."""
    text = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", text)
    plain = unicodedata.normalize("NFD", text.replace("đ", "d").replace("Đ", "D"))
    kept = "".join(char for char in plain if not unicodedata.combining(char)).lower()
    return " ".join(re.findall(r"[a-z0-9]+", kept))


def _person_of(words: str, who: Somebody) -> Somebody:
    found = next((role for word, role in _ROLES.items() if re.search(rf"\b{word}\b", words)), None)
    return who.kin(found) if found else who


def _codes(dictionary: Dictionary, term: Term, who: Somebody, seed: int) -> Values:
    codelist = dictionary.codelist(term.codelist) if term.codelist else None
    codes = list(codelist.codes) if codelist else []
    dice_of(seed, "code", term.id, who.number).shuffle(codes)
    return codes


def _name(meant: Meant) -> Values:
    return (meant.who.name, meant.who.name.upper())


def _name_part(which: int) -> Callable[[Meant], Values]:
    def make(meant: Meant) -> Values:
        parts = meant.who.name.split()
        return ((parts[0], " ".join(parts[1:-1]) or parts[0], parts[-1])[which],)

    return make


def _number(meant: Meant) -> Values:
    return (meant.who.citizen_number, meant.who.digits("card", "99", 9))


def _sex(meant: Meant) -> Values:
    male = meant.who.sex == "male"
    return ("male", "Nam", "M", "1", 1, "0", 0) if male else ("female", "Nữ", "F", "2", 2, "0", 0)


def _married(meant: Meant) -> Values:
    return (True, "married", "2", "Đã kết hôn") if meant.who.married else (False, "single", "1", "Độc thân")


def _address(meant: Meant) -> Values:
    return (meant.who.address, meant.who.street, meant.who.commune.name)


def _commune(meant: Meant) -> Values:
    return (meant.who.commune.code, meant.who.commune.name)


def _province(meant: Meant) -> Values:
    province = PROVINCES[meant.who.commune.province]
    return (province.code, province.name)


def _organisation(meant: Meant) -> Values:
    return (f"Ủy ban nhân dân {meant.who.commune.name}",)


def _mail(meant: Meant) -> Values:
    return (f"{_flat(meant.who.name).replace(' ', '.')}@mau.example",)


def _digits(kind: str, prefix: str, *counts: int) -> Callable[[Meant], Values]:
    return lambda meant: tuple(meant.who.digits(f"{kind} {meant.words}", prefix, count) for count in counts)


def _phone(meant: Meant) -> Values:
    """Ten digits of a range that no operator has, and no tax number whatever reads it."""
    digits = meant.who.digits(f"phone {meant.words}", "0999", 9)
    taken = next((last for last in "0123456789" if _is_tax_number(digits + last)), "")
    return (digits + ("5" if taken != "5" else "6"),)


def _is_tax_number(text: str) -> bool:
    try:
        TaxNumber.parse(text)
    except IdentifierError:
        return False
    return True


def _entry(meant: Meant) -> Values:
    """The number of an entry in a book of a year."""
    number, year = meant.number(1, 320), meant.day().year
    return (f"{number}/{year}", f"{number:02d}/{year}", f"{number:05d}", number)


def _money(meant: Meant) -> Values:
    amount = meant.number(2, 480) * 5_000
    return (amount, str(amount), f"{amount}.00", f"{amount:.2f}")


def _between(low: int, high: int) -> Callable[[Meant], Values]:
    def make(meant: Meant) -> Values:
        found = meant.number(low, high)
        return (found, str(found), f"{found:02d}", f"{found}.00")

    return make


def _area(meant: Meant) -> Values:
    area = meant.number(400, 4_000) / 10
    return (area, round(area), f"{area}")


def _business(meant: Meant) -> Values:
    given = meant.who.name.rpartition(" ")[2]
    return (f"Hộ kinh doanh {given} Mẫu",)


def _trade(meant: Meant) -> Values:
    code, name = dice_of(meant.seed, "trade", meant.who.number).choice(names.TRADES)
    return (name, code) if re.search(r"name|ten", meant.words) else (code, name)


def _dossier(meant: Meant) -> Values:
    number = meant.number(1, 99_999)
    return (f"H26.901-260630-{number:05d}", f"000.00.12.H26-260630-{number % 10_000:04d}")


def _named(meant: Meant) -> Values:
    return (f"{meant.name} (mẫu)",)


_PARTS: Final[dict[str, Callable[[Meant], Values]]] = {
    "ho": _name_part(0),
    "chu dem": _name_part(1),
    "ten": _name_part(2),
    "ho va ten": _name,
    "ma tinh thanh": _province,
    "ma phuong xa": _commune,
    "ma quan huyen": lambda meant: (meant.who.commune.old[0].district,),
    "chi tiet": _address,
    "quoc gia": lambda _: ("VN", "Việt Nam"),
}
"""Members of a name or an address that stand under one term together."""
_OFFICES: Final = "agency|unit|place|bank|facility|issuer|clinic|department|employer|service|partner"
_WHEN: Final = "on|at|since|from|to|until|day|moment|when|began|due|before|after"
_KIN: Final = (
    "father|mother|spouse|husband|wife|child|guardian|requester|head|holder|person|owner|payer|citizen|patient"
)
_KINDS: Final[tuple[tuple[str, Callable[[Meant], Values]], ...]] = (
    (r"\bexists$|\bactive$|\bvalid$", lambda _: (True, "true", "1", 1)),
    (r"in debt$|\bdeleted$|\bblocked$", lambda _: (False, "false", "0", 0)),
    (r"life state|tinh trang song", lambda _: ("alive", "living", "1", "Còn sống")),
    (r"as of$|thoi diem du lieu", lambda _: days(TODAY, 0)),
    (r"relation|quan he", lambda _: ("head", "CH01", "Chủ hộ", "self", "1")),
    (r"(holder|owner|payer) kind$", lambda _: ("person", "individual", "citizen", "1")),
    (r"agency code$|agency$|organ id$", lambda _: ("H26.901", "000.00.12.H26", "H26")),
    (r"marital|\bmarried$|hon nhan", _married),
    (r"tax number|tax code|ma so thue", lambda meant: (meant.who.tax_number,)),
    (r"old card|cmnd", _digits("card", "99", 9)),
    (r"citizen number|identity number|so dinh danh|can cuoc|cccd|patient identity", _number),
    (rf"\b({_KIN}) (id|number)$", _number),
    (r"(social )?insurance number|so bhxh|patient code", _digits("insurance", "99", 10, 12)),
    (r"card numbers?$|so the", lambda meant: (f"HC4{meant.who.digits('health', '99', 12)}",)),
    (rf"\b({_KIN}) name$", _name),
    (r"trade|nganh nghe", _trade),
    (r"business (registered |foreign |short |proposed )?name$|trading name|ten (hkd|doanh nghiep)", _business),
    (rf"({_OFFICES}).*\bname$", _organisation),
    (r"full name|ho (va )?ten|\b(doctor|officer|signer|staff|account) name$", _name),
    (r"\bbirth$|date of birth|ngay sinh|birth moment", lambda meant: days(meant.who.birth)),
    (r"\bsex( code)?$|gioi tinh", _sex),
    (r"nationality|quoc tich", lambda _: ("VN", "Việt Nam", "VNM", "000")),
    (r"ethnic|dan toc", lambda meant: meant.who.ethnic),
    (r"religion|ton giao", lambda _: ("Không", "00")),
    (r"commune|phuong xa|\bma xa\b", _commune),
    (r"province|tinh thanh", _province),
    (r"email|thu dien tu", _mail),
    (r"phone|mobile|fax|dien thoai", _phone),
    (r"\burl$|website|\blink$", lambda meant: (f"https://mau.example/{meant.number(1, 9999)}",)),
    (r"\bip$", lambda _: ("192.0.2.10",)),
    (r"\bmac$", lambda _: ("02:00:5e:00:53:01",)),
    (r"address|residence|hometown|dia chi|noi o|\bdetail$|(birth|death) place|registered at|ation place", _address),
    (r"percent|ty le", _between(0, 100)),
    (r"area|dien tich", _area),
    (r"amount|fee$|price|capital|cost|total|\bpays$|money|\bbase$|paid by|so tien", _money),
    (r"dossier (code|number)$|ma ho so", _dossier),
    (r"procedure code$|ma (tthc|thu tuc)", lambda _: ("1.001193", "2.002622", "1.001193.000.00.00.H26")),
    (r"\byear$", lambda meant: (meant.day().year, str(meant.day().year))),
    (r"\bmonth$", _between(1, 12)),
    (r"count|quantity|copies|pages|\bdays$|months|row number|order$|statistics|so luong", _between(1, 30)),
    (r"valid to$|use until$|expires|het han", lambda meant: days(TODAY + timedelta(days=meant.number(200, 2_000)))),
    (rf" ({_WHEN})$|date|\bngay\b|thoi diem", lambda meant: days(meant.day(), meant.number(420, 1020))),
    (r"\b(number|series|code|reference|id|book|page)$", _entry),
    (r"name$|^ten\b|note$|text$|title$|subject$|reason$|summary$|content$|kind$|purpose$|ghi chu", _named),
)
_RULES: Final = tuple((re.compile(rule), make) for rule, make in _KINDS)
