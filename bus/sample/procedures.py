"""What the demo resolves, and what must come of it: the expected outcome of each requirement for each named person.

Promises: a table that the tests run against the real systems, and that the manual shows. Each outcome is either the
services that satisfy a requirement, or the reason of its gap (`registry.procedures.GapReason`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

    from schemas.text import Bilingual

CONSUMER: Final = "a100010"
CONSUMER_SYSTEM: Final = "one-stop"
CONSUMER_CODE: Final = "H26"
"""Who resolves: the city's one-stop system."""

POPULATION: Final = "a100001/population/person"
MARRIAGE: Final = "a100002/civil-status/marriage"
INSURANCE: Final = "a100003/social-insurance/member"
BUSINESS: Final = "a100004/business-registry/household-business"
LAND: Final = "a100007/land/holding"


@dataclass(frozen=True, slots=True)
class Case:
    """One dossier of the demo.

    Attributes:
        form: id@version of a registered form that passes the guard.
        parties: role to persona key; a newborn has no number and is no party.
        met: requirement to the services that satisfy it.
        gaps: requirement to the gap's reason.
    """

    key: str
    title: Bilingual
    form: str
    procedure: str
    parties: Mapping[str, str]
    met: Mapping[str, tuple[str, ...]]
    gaps: Mapping[str, str]


_BIRTH_GAPS: Final = {"birth-notification": "no-provider", "declaration": "citizen-must-supply"}
_BOTH: Final = (MARRIAGE, POPULATION)
_IDENTITIES: Final = {
    "identity-of-husband": (POPULATION,),
    "identity-of-wife": (POPULATION,),
    "residence-of-husband": (POPULATION,),
    "residence-of-wife": (POPULATION,),
}

CASES: Final[tuple[Case, ...]] = (
    Case(
        "birth",
        {"vi": "Liên thông khai sinh, con của vợ chồng", "en": "Linked birth registration, married parents"},
        "birth-linked@1",
        "3.000722",
        {"mother": "mother", "father": "father"},
        {
            "identity-of-mother": (POPULATION,),
            "identity-of-father": (POPULATION,),
            "marriage-of-parents": (MARRIAGE,),
            "residence-of-mother": (POPULATION,),
            "lawful-dwelling": (LAND,),
            "insurance-household": (INSURANCE,),
        },
        _BIRTH_GAPS,
    ),
    Case(
        "birth-lone",
        {"vi": "Liên thông khai sinh, mẹ đơn thân", "en": "Linked birth registration, lone mother"},
        "birth-linked@1",
        "3.000722",
        {"mother": "lone-mother"},
        {
            "identity-of-mother": (POPULATION,),
            "residence-of-mother": (POPULATION,),
            "lawful-dwelling": (POPULATION, POPULATION),
            "insurance-household": (INSURANCE,),
        },
        _BIRTH_GAPS,
    ),
    Case(
        "marriage",
        {"vi": "Đăng ký kết hôn, tên lệch giữa hai cơ quan", "en": "Marriage, a name that differs between registers"},
        "marriage@2",
        "1.000894",
        {"husband": "groom", "wife": "bride"},
        {**_IDENTITIES, "unmarried-husband": _BOTH},
        {"unmarried-wife": "mismatch", "declaration": "citizen-must-supply"},
    ),
    Case(
        "marriage-late",
        {"vi": "Đăng ký kết hôn, chỉ biết năm sinh", "en": "Marriage, a year-only birth"},
        "marriage@2",
        "1.000894",
        {"husband": "late-groom", "wife": "late-bride"},
        {**_IDENTITIES, "unmarried-husband": _BOTH, "unmarried-wife": _BOTH},
        {"declaration": "citizen-must-supply"},
    ),
    Case(
        "marriage-taken",
        {"vi": "Đăng ký kết hôn, một bên đang có chồng", "en": "Marriage, one side already married"},
        "marriage@2",
        "1.000894",
        {"husband": "groom", "wife": "taken"},
        {**_IDENTITIES, "unmarried-husband": _BOTH},
        {"unmarried-wife": "no-match", "declaration": "citizen-must-supply"},
    ),
    Case(
        "business",
        {"vi": "Thành lập hộ kinh doanh", "en": "Household business"},
        "household-business@1",
        "1.001612",
        {"owner": "founder"},
        {
            "identity-of-owner": (POPULATION,),
            "residence-of-owner": (POPULATION,),
            "only-business": (BUSINESS,),
            "premises": (LAND,),
            "social-insurance": (INSURANCE,),
        },
        {"tax-standing": "no-agreement", "application": "citizen-must-supply"},
    ),
    Case(
        "business-twice",
        {"vi": "Thành lập hộ kinh doanh, hai sổ bảo hiểm", "en": "Household business, two insurance books"},
        "household-business@1",
        "1.001612",
        {"owner": "twice"},
        {
            "identity-of-owner": (POPULATION,),
            "residence-of-owner": (POPULATION,),
            "only-business": (BUSINESS,),
        },
        {
            "premises": "no-match",
            "social-insurance": "several-matches",
            "tax-standing": "no-agreement",
            "application": "citizen-must-supply",
        },
    ),
    Case(
        "business-owner",
        {"vi": "Thành lập hộ kinh doanh thứ hai", "en": "A second household business"},
        "household-business@1",
        "1.001612",
        {"owner": "owner"},
        {
            "identity-of-owner": (POPULATION,),
            "residence-of-owner": (POPULATION,),
            "premises": (LAND,),
            "social-insurance": (INSURANCE,),
        },
        {"only-business": "no-match", "tax-standing": "no-agreement", "application": "citizen-must-supply"},
    ),
)
"""The first of each procedure is the demo's: birth, marriage, business."""

DEMO: Final = ("birth", "marriage", "business")

REFUSED_FORM: Final = "marriage@1"
REFUSED_FIELDS: Final = ("husbandAddress", "husbandMaritalStatus", "wifeAddress")
"""The form of older days and the fields for which the guard refuses it."""
