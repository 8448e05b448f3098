"""Why a text is no Protobuf schema, in Vietnamese and English."""

from __future__ import annotations

from typing import Final

from registry.evolution.port import SchemaError
from registry.evolution.verdict import Place
from registry.model import Text

_TEXTS: Final = {
    "not-protobuf": (
        "Không phải Protobuf: gặp {0} ở chỗ không được phép.",
        "This is no Protobuf: {0} may not stand here.",
    ),
    "too-long": ("Lược đồ dài quá giới hạn.", "The schema is longer than may be."),
    "too-deep": ("Lược đồ lồng nhau quá sâu.", "The schema nests too deeply."),
    "too-many-nodes": ("Lược đồ có quá nhiều khai báo.", "The schema has too many declarations."),
    "budget-spent": ("Lược đồ quá phức tạp.", "The schema is too complex."),
    "syntax-unknown": ("syntax phải là proto2 hoặc proto3.", "syntax must be proto2 or proto3."),
    "reference-unknown": (
        "Không có tệp {0} trong các lược đồ được tham chiếu.",
        "No file {0} among the schemas referred to.",
    ),
    "type-unknown": ("Không có kiểu nào tên {0}.", "There is no type named {0}."),
    "name-twice": ("Tên {0} đã được dùng.", "The name {0} is used already."),
    "number-twice": ("Số {0} đã được dùng.", "The number {0} is used already."),
    "number-invalid": ("Số {0} không được phép ở đây.", "The number {0} may not stand here."),
    "number-reserved": ("Số hoặc tên {0} đã được giữ chỗ.", "The number or name {0} is reserved."),
    "label-invalid": ("Nhãn của trường {0} không được phép ở đây.", "The label of the field {0} may not stand here."),
    "enum-without-zero": (
        "Giá trị đầu tiên của một enum proto3 phải là 0.",
        "The first value of an enum in proto3 must be 0.",
    ),
    "enum-empty": ("Một enum phải có ít nhất một giá trị.", "An enum must have a value."),
}


def refused(rule: str, said: str, line: int | None, document: str, pointer: str = "") -> SchemaError:
    """The refusal by a rule, about a name or number of the schema."""
    vi, en = _TEXTS[rule]
    return SchemaError(rule, Text(vi=vi.format(said), en=en.format(said)), Place(pointer, line or None, document))
