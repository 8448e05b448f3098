"""What is said of Avro schemas, in Vietnamese and English. Names and types of schemas are public; data never appear."""

from __future__ import annotations

from registry.evolution.port import SchemaError
from registry.evolution.verdict import Place
from registry.model import Text


def refused(rule: str, vi: str, en: str, place: Place) -> SchemaError:
    """A text that is no Avro schema."""
    return SchemaError(rule, Text(vi=vi, en=en), place)


NOT_A_TYPE = (
    "not-a-type",
    "Chỗ này phải là tên kiểu, một đối tượng có type hoặc một danh sách.",
    "Here must be the name of a type, an object with a type, or a list.",
)
NAME_INVALID = (
    "name-invalid",
    "Tên phải gồm chữ cái La-tinh không dấu, chữ số và _, không bắt đầu bằng chữ số.",
    "A name is made of the letters A to Z, digits and _, and does not begin with a digit.",
)
NAME_MISSING = ("name-missing", "Kiểu có tên phải có thuộc tính name.", "A named type must have a name.")
NAME_TWICE = ("name-twice", "Tên này đã được định nghĩa.", "This name is already defined.")
MEMBER_MISSING = ("member-missing", "Thiếu thuộc tính bắt buộc: {0}.", "A required attribute is missing: {0}.")
MEMBER_INVALID = ("member-invalid", "Thuộc tính {0} không hợp lệ.", "The attribute {0} is not valid.")
UNION_NESTED = ("union-nested", "Hợp không được chứa trực tiếp một hợp khác.", "A union may not hold a union directly.")
UNION_TWICE = (
    "union-twice",
    "Hợp có hai nhánh cùng kiểu: {0}.",
    "A union has two branches of the same type: {0}.",
)
FIELD_TWICE = ("field-twice", "Hai trường cùng tên: {0}.", "Two fields have the same name: {0}.")
DEFAULT_INVALID = (
    "default-invalid",
    "Giá trị mặc định không thuộc kiểu của nó.",
    "The default is no value of its type.",
)
NAME_UNKNOWN = (
    "reference-unknown",
    "Không có kiểu nào tên {0} trước chỗ này và trong các lược đồ được tham chiếu.",
    "No type named {0} is defined before this place or in the schemas referred to.",
)
REFERENCES_TOO_LONG = (
    "too-long",
    "Các lược đồ được tham chiếu quá nhiều hoặc quá dài.",
    "The schemas referred to are too many or too long.",
)
