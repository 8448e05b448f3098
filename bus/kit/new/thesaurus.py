"""Words that mean the same in the names of government systems, in Vietnamese (without accents) and English.

Promises: a concept stands for phrases that people and systems use for it; longer phrases win over shorter. It knows no
dictionary: terms are matched by their own names in both languages. Leaves out words that mean two things, such as
`so` (number) before a name of something without one.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

_TABLE: Final[dict[str, tuple[str, ...]]] = {
    # people
    "citizen-number": (
        *("so dinh danh ca nhan", "so dinh danh", "ma dinh danh", "ma dinh danh ca nhan", "dinh danh", "sddcn", "sdd"),
        *("cccd", "so cccd", "can cuoc cong dan", "so can cuoc cong dan", "so can cuoc", "ma so cong dan"),
        *("citizen number", "citizen id", "citizen no", "personal number", "personal id", "personal code"),
        *("national id", "national identification number", "identity number", "id number", "citizen identifier"),
    ),
    "old-card": ("cmnd", "so cmnd", "chung minh nhan dan", "so chung minh nhan dan", "chung minh thu"),
    "passport": ("ho chieu", "so ho chieu", "passport number", "passport no", "passport"),
    "full-name": (
        *("ho chu dem va ten", "ho chu dem ten", "ho ten dem", "ho va ten dem", "ho va ten", "ho ten", "ten day du"),
        *("full name", "fullname", "person name", "complete name", "hoten"),
    ),
    "birth": (
        *("ngay thang nam sinh", "ngay sinh", "nam sinh", "ngay thang sinh", "ntns"),
        *("date of birth", "birth date", "birthdate", "birthday", "dob", "year of birth", "born on", "sinh ngay"),
    ),
    "birth-place": ("noi sinh", "place of birth", "birth place", "birthplace"),
    "sex": ("gioi tinh", "sex", "gender", "phai"),
    "ethnicity": ("dan toc", "ethnicity", "ethnic group", "ethnic"),
    "nationality": ("quoc tich", "nationality", "citizenship"),
    "father": ("cha", "bo", "father", "cha de"),
    "mother": ("me", "mother", "me de"),
    "spouse": ("vo chong", "vo hoac chong", "spouse", "partner"),
    "wife": ("vo", "wife"),
    "husband": ("chong", "husband"),
    "child": ("con", "tre", "tre em", "child", "nguoi con"),
    "head": ("chu ho", "head of household", "household head", "head of the household", "head"),
    "representative": ("nguoi dai dien", "dai dien", "representative", "guardian", "nguoi giam ho", "giam ho"),
    "relation": ("quan he", "moi quan he", "relation", "relationship"),
    "marital": ("tinh trang hon nhan", "marital status", "civil status", "hon nhan"),
    "marriage": ("dang ky ket hon", "ket hon", "marriage"),
    "married": ("da ket hon", "dang co vo hoac chong", "dang co vo chong", "currently married", "married"),
    "household": ("ho gia dinh", "ho khau", "so ho khau", "household"),
    # places
    "permanent-address": (
        *("noi thuong tru", "dia chi thuong tru", "thuong tru", "noi dang ky thuong tru", "ho khau thuong tru"),
        *("permanent address", "permanent residence", "registered residence"),
    ),
    "current-address": ("noi o hien tai", "noi o hien nay", "cho o hien nay", "tam tru", "current address"),
    "address": ("dia chi", "address", "dia diem"),
    "commune": ("xa phuong", "phuong xa", "xa", "phuong", "commune", "ward"),
    "district": ("quan huyen", "quan", "huyen", "district"),
    "province": ("tinh thanh", "tinh thanh pho", "tinh", "thanh pho", "province", "city"),
    "country": ("quoc gia", "country"),
    # contact
    "phone": ("so dien thoai", "dien thoai", "sdt", "di dong", "phone number", "telephone", "mobile", "phone", "tel"),
    "email": ("email", "e mail", "thu dien tu", "dia chi email"),
    # papers and registers
    "insurance": ("bao hiem xa hoi", "bhxh", "social insurance", "bao hiem", "insurance", "insured"),
    "health-insurance": ("bao hiem y te", "bhyt", "health insurance"),
    "card": ("the", "card"),
    "tax-number": ("ma so thue", "mst", "tax code", "tax number", "tax id", "tin"),
    "tax": ("thue", "tax"),
    "debt": ("con no", "no thue", "no qua han", "debt", "owes"),
    "land": ("dat", "thua dat", "land", "parcel"),
    "plot": ("so thua", "to ban do", "plot"),
    "area": ("dien tich", "area"),
    "certificate": ("giay chung nhan", "gcn", "certificate", "chung nhan"),
    "business": ("ho kinh doanh", "hkd", "household business", "kinh doanh", "business"),
    "enterprise": ("doanh nghiep", "enterprise", "company"),
    "trade": ("nganh nghe", "trade", "occupation", "nghe nghiep"),
    "vaccine": ("vac xin", "vacxin", "vaccine", "vaccination", "tiem chung"),
    "dose": ("mui tiem", "mui", "dose", "lieu"),
    "licence": ("giay phep", "licence", "license", "bang lai"),
    # what a value is
    "number": ("so", "number", "no", "num", "serial"),
    "code": ("ma so", "ma", "code", "identifier", "id"),
    "name": ("ten", "name"),
    "date": ("ngay", "date", "day", "on"),
    "place": ("noi", "place", "where", "at"),
    "registered": ("dang ky", "registered", "registration", "register"),
    "issued": ("cap", "issued", "issue"),
    "valid-to": (
        "gia tri den",
        "co gia tri den",
        "het han",
        "ngay het han",
        "valid to",
        "valid until",
        "expiry",
        "expires",
    ),
    "valid-from": ("gia tri tu", "hieu luc tu", "valid from", "effective from"),
    "state": ("tinh trang hoat dong", "trang thai", "tinh trang", "state", "status"),
    "active": ("dang hoat dong", "dang tham gia", "con hieu luc", "hoat dong", "active", "currently"),
    "exists": ("ton tai", "khop", "trung khop", "exists", "matches", "agrees"),
    # who asks
    "request": (
        "ma yeu cau",
        "ma giao dich",
        "request id",
        "message id",
        "transaction id",
        "correlation id",
        "yeu cau",
    ),
    "procedure": (
        "ma thu tuc",
        "ma dvc",
        "ma tthc",
        "thu tuc hanh chinh",
        "dich vu cong",
        "procedure",
        "procedure code",
    ),
    "officer": ("ma can bo", "can bo", "officer id", "officer", "user id", "ma nguoi dung"),
    "unit": ("ma don vi", "don vi", "unit", "department"),
    "purpose": ("muc dich", "purpose"),
    "agency": ("ma co quan", "co quan", "agency"),
    "dossier": ("ma ho so", "so ho so", "ho so", "dossier"),
}
SMALL: Final = frozenset(
    {
        *("cua", "va", "hoac", "hay", "trong", "theo", "neu", "chi", "biet", "co", "la", "duoc", "cac", "mot", "voi"),
        *("of", "the", "a", "an", "and", "or", "in", "for", "to", "is", "was", "if", "only", "that", "this", "by"),
        *("nguoi", "cong", "dan", "person", "citizen", "thong", "tin", "information", "info", "du", "lieu", "data"),
    }
)
"""Words that carry little; they are left out where anything else is left."""
GENERIC: Final = frozenset(
    {"number", "code", "name", "date", "place", "state", "active", "exists", "address", "registered", "issued", "area"}
)
"""Concepts that every register has: alone they say nothing about which."""
ROLES: Final = frozenset({"father", "mother", "spouse", "wife", "husband", "child", "head", "representative"})
"""Whose field it is: a name of the father's is never the name of the person asked about."""

_PHRASES: Final[dict[tuple[str, ...], str]] = {
    tuple(phrase.split()): concept for concept, phrases in _TABLE.items() for phrase in phrases
}
_LONGEST: Final = max(map(len, _PHRASES))
VOCABULARY: Final = frozenset(word for phrase in _PHRASES for word in phrase) | SMALL


def concepts(words: Sequence[str]) -> tuple[str, ...]:
    """The words with known phrases put in place of their words, in order, each once; small words left out."""
    found = tuple(dict.fromkeys(_concepts(words)))
    return found or tuple(dict.fromkeys(words))


def _concepts(words: Sequence[str]) -> Iterator[str]:
    at = 0
    while at < len(words):
        for length in range(min(_LONGEST, len(words) - at), 0, -1):
            concept = _PHRASES.get(tuple(words[at : at + length]))
            if concept is not None:
                yield concept
                at += length
                break
        else:
            if words[at] not in SMALL:
                yield words[at]
            at += 1


def opened(word: str, vocabulary: frozenset[str] = VOCABULARY) -> tuple[str, ...]:
    """A word that is several written together (`hoten`, `sodinhdanh`), or the word itself.

    The fewest words win; single letters do not count.
    """
    if word in vocabulary or len(word) < _GLUED or word.isdigit():
        return (word,)
    best: list[tuple[str, ...] | None] = [()] + [None] * len(word)
    for end in range(1, len(word) + 1):
        for start in range(max(0, end - _WORD), end):
            before, piece = best[start], word[start:end]
            if before is None or piece not in vocabulary or len(piece) < _PIECE:
                continue
            here = best[end]
            if here is None or len(before) + 1 < len(here):
                best[end] = (*before, piece)
    return best[len(word)] or (word,)


_GLUED: Final = 5
_PIECE: Final = 2
_WORD: Final = 16
