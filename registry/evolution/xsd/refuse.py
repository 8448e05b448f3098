"""How a text that is no usable schema is refused: one sentence per rule, in Vietnamese and English.

Promises that every refusal of this format is written here. Leaves out differences between two schemas
(``registry.evolution.xsd.words``).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from registry.evolution.port import SchemaError
from registry.evolution.verdict import Place
from registry.model import Text

if TYPE_CHECKING:
    from registry.evolution.xsd.model import Where

_LONGEST_NAME: Final = 200
_SAID: Final[dict[str, Text]] = {
    "too-large": Text(vi="Lược đồ dài quá giới hạn.", en="The schema is longer than allowed."),
    "not-xml": Text(vi="Văn bản không phải XML được nhận: {}.", en="The text is no XML that may enter: {}."),
    "not-a-schema": Text(
        vi="Văn bản không phải lược đồ XSD 1.0 hợp lệ: {}.", en="The text is no valid XSD 1.0 schema: {}."
    ),
    "reference-unknown": Text(
        vi="Lược đồ dẫn tới {} nhưng không có trong các tham chiếu kèm theo.",
        en="The schema refers to {}, which is not among the references given.",
    ),
    "namespace-mismatch": Text(
        vi="Tài liệu {} có không gian tên khác với nơi dẫn tới nó.",
        en="The document {} has another namespace than the place that refers to it says.",
    ),
    "name-unknown": Text(vi="{} không được khai báo ở đâu.", en="{} is declared nowhere."),
    "declared-twice": Text(vi="{} được khai báo hai lần.", en="{} is declared twice."),
    "circular": Text(vi="{} được định nghĩa qua chính nó.", en="{} is defined by itself."),
    "too-deep": Text(vi="{} lồng hoặc kế thừa quá sâu.", en="{} nests or derives too deeply."),
    "too-complex": Text(
        vi="Lược đồ cần nhiều việc hơn giới hạn ({}).", en="The schema takes more work than allowed ({})."
    ),
    "pattern-too-heavy": Text(
        vi="Mẫu (pattern) có số lần lặp lồng nhau quá lớn.", en="The pattern nests repetitions that are too large."
    ),
}


def refuse(rule: str, what: str = "", where: Where | None = None, place: Place | None = None) -> SchemaError:
    """The error to raise; ``what`` is a name or word of the schema, which is public."""
    said = _SAID[rule]
    what = what if len(what) <= _LONGEST_NAME else f"{what[:_LONGEST_NAME]}…"
    found = place or (where.place() if where else Place())
    return SchemaError(rule, Text(vi=said.vi.replace("{}", what), en=said.en.replace("{}", what)), found)
