"""Where the made-up people live: communes before and after the merger of 1 July 2025.

Promises: every commune is invented (its name says "Mẫu", sample) and has a code that the statistics office never gave;
the three provinces are real ones so that addresses read right. Districts end on 30 June 2025 and linger in old records.
"""

from __future__ import annotations

from typing import Final, NamedTuple


class Commune(NamedTuple):
    """A commune of today and what stood there before.

    Attributes:
        code: five digits, 99 first: outside the range of the statistics office.
        old: codes and names of the communes merged into it on 1 July 2025, each with the district it lay in.
    """

    code: str
    name: str
    province: str
    old: tuple[OldCommune, ...]


class OldCommune(NamedTuple):
    """A commune until 30 June 2025, with the code of the district that was abolished the same day."""

    code: str
    name: str
    district: str


class Province(NamedTuple):
    """A province: its statistical code, its name, the place code of its made-up citizen numbers (9 and its own)."""

    code: str
    name: str
    place: int


PROVINCES: Final = {
    "01": Province("01", "Thành phố Hà Nội", 901),
    "31": Province("31", "Thành phố Hải Phòng", 931),
    "48": Province("48", "Thành phố Đà Nẵng", 948),
}

SONG_DONG: Final = Commune(
    "99101",
    "Xã Sông Đồng",
    "01",
    (OldCommune("99001", "Xã Sông Mẫu", "997"), OldCommune("99002", "Xã Đồng Mẫu", "997")),
)
"""The commune of the demo: the successor of two, with an agency of its own in the registry."""


def _more() -> tuple[Commune, ...]:
    heads = ("An", "Bình", "Cát", "Duyên", "Gia", "Hiệp", "Kim", "Lạc", "Nam", "Phú", "Quang", "Tân")
    communes = []
    for at, head in enumerate(heads):
        province = tuple(PROVINCES)[at % len(PROVINCES)]
        old = tuple(
            OldCommune(f"99{10 + 2 * at + part:03d}", f"Xã {head} Mẫu {word}", f"99{at % 3 + 4}")
            for part, word in enumerate(("Thượng", "Hạ"))
        )
        communes.append(Commune(f"99{110 + at}", f"Xã {head} Mẫu", province, old))
    return tuple(communes)


COMMUNES: Final = (SONG_DONG, *_more())
