"""Why a text is no OpenAPI description, in Vietnamese and English."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from registry.evolution.port import SchemaError
from registry.model import Text

if TYPE_CHECKING:
    from registry.evolution.verdict import Place

_TEXTS: Final = {
    "budget-spent": ("Bản mô tả quá phức tạp.", "The description is too complex."),
    "too-long": ("Các tệp được tham chiếu quá dài.", "The files referred to are too long."),
    "version-unknown": ("openapi phải là 3.0.x hoặc 3.1.x.", "openapi must be 3.0.x or 3.1.x."),
    "member-missing": ("Thiếu {0}.", "{0} is missing."),
    "member-invalid": ("{0} không hợp lệ.", "{0} is not valid."),
    "path-invalid": ("Đường dẫn phải bắt đầu bằng / và không trùng.", "A path begins with / and is there once."),
    "parameter-twice": ("Tham số {0} có hai lần.", "The parameter {0} is there twice."),
    "operation-twice": ("operationId {0} có hai lần.", "The operationId {0} is there twice."),
    "reference-unknown": ("Không tìm thấy {0}.", "{0} is not found."),
}


def refused(rule: str, said: str, place: Place) -> SchemaError:
    """The refusal by a rule, about a member of the description."""
    vi, en = _TEXTS[rule]
    return SchemaError(rule, Text(vi=vi.format(said), en=en.format(said)), place)
