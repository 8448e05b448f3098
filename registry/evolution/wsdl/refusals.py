"""Why a text is no WSDL, in Vietnamese and English."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, cast

from registry.evolution.port import SchemaError
from registry.evolution.verdict import Place
from registry.model import Text

if TYPE_CHECKING:
    from schemas.xml import Element

_TEXTS: Final = {
    "not-xml": ("Không phải XML được chấp nhận ({0}).", "This is no XML that is accepted ({0})."),
    "too-long": ("Mô tả và các tệp được tham chiếu quá dài.", "The description and what it refers to are too long."),
    "budget-spent": ("Mô tả quá phức tạp.", "The description is too complex."),
    "not-wsdl": ("Phần tử gốc phải là definitions của WSDL 1.1.", "The root must be definitions of WSDL 1.1."),
    "name-missing": ("Thiếu thuộc tính {0}.", "The attribute {0} is missing."),
    "name-twice": ("{0} được định nghĩa hai lần.", "{0} is defined twice."),
    "name-unknown": ("Không có {0}.", "There is no {0}."),
    "reference-unknown": (
        "Không có {0} trong các tài liệu được tham chiếu.",
        "No {0} among the documents referred to.",
    ),
}


def refused(rule: str, said: str = "", node: Element | None = None, document: str = "", line: int = 0) -> SchemaError:
    """The refusal by a rule; ``said`` is a name from the description."""
    vi, en = _TEXTS[rule]
    place = place_of(node, document) if node is not None else Place("", line or None, document)
    return SchemaError(rule, Text(vi=vi.format(said[:200]), en=en.format(said[:200])), place)


def place_of(node: Element, document: str = "") -> Place:
    """Where an element stands."""
    return Place(node.getroottree().getpath(node), cast("int | None", node.sourceline), document)
