"""What is said of a change of Protobuf schemas: the difference, and what the author may do instead."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from registry.evolution.verdict import Finding
from registry.model import Text

if TYPE_CHECKING:
    from registry.evolution.protobuf.compare import Point

_TEXTS: Final[dict[str, tuple[str, str, str, str]]] = {
    "message-removed": (
        "Bên đọc không có thông điệp {0}.",
        "The reader has no message {0}.",
        "Giữ thông điệp, hoặc đánh dấu deprecated.",
        "Keep the message, or mark it as deprecated.",
    ),
    "type-changed": (
        "Kiểu ghi là {0}, kiểu đọc là {1}: trên đường truyền chúng khác nhau.",
        "The type written is {0}, the type that reads is {1}: they differ on the wire.",
        "Giữ chỗ (reserved) số cũ và thêm trường mới với số mới.",
        "Reserve the old number and add a new field with a new number.",
    ),
    "required-added": (
        "Bên đọc bắt buộc có trường {0}, bên ghi thì không.",
        "The reader requires the field {0}, the writer need not write it.",
        "Dùng optional.",
        "Make it optional.",
    ),
    "repeated-removed": (
        "Trường {0} lặp lại và được gói (packed); bên đọc chờ một giá trị.",
        "The field {0} is repeated and packed; the reader expects one value.",
        "Giữ repeated, hoặc thêm trường mới.",
        "Keep it repeated, or add a new field.",
    ),
    "oneof-field-removed": (
        "Bên đọc không biết nhánh {0} của oneof và không thể biết nhánh nào đã được đặt.",
        "The reader does not know the field {0} of the oneof, and cannot tell which one was set.",
        "Giữ trường trong oneof, hoặc đánh dấu deprecated.",
        "Keep the field in the oneof, or mark it as deprecated.",
    ),
    "fields-joined-in-oneof": (
        "Các trường có thể cùng được đặt nay loại trừ nhau trong oneof {0}.",
        "Fields that could be set together now exclude one another in the oneof {0}.",
        "Chỉ đưa trường mới vào oneof.",
        "Put only new fields into the oneof.",
    ),
    "enum-value-removed": (
        "Enum đóng (proto2) của bên đọc không có: {0}.",
        "The reader's closed enum (proto2) lacks: {0}.",
        "Giữ các giá trị.",
        "Keep the values.",
    ),
    "bytes-as-text": (
        "bytes được đọc thành string: proto2 không nói rõ điều gì xảy ra nếu không phải UTF-8.",
        "bytes are read as string: proto2 does not say what happens to those that are not UTF-8.",
        "Giữ bytes.",
        "Keep bytes.",
    ),
    "extensions": (
        "Phần mở rộng (extend) của proto2 không được so sánh.",
        "Extensions of proto2 are not compared.",
        "Đưa các trường vào chính thông điệp.",
        "Put the fields into the message itself.",
    ),
    "features": (
        "Các features của edition không được so sánh.",
        "Features of an edition are not compared.",
        "Dùng các giá trị mặc định của edition.",
        "Use the edition's defaults.",
    ),
    "package-changed": (
        "Gói đổi từ {0} thành {1}: Any và các dịch vụ dùng tên đầy đủ.",
        "The package changes from {0} to {1}: Any and services use full names.",
        "Giữ tên gói.",
        "Keep the package.",
    ),
    "field-renamed": (
        "Trường {0} nay tên là {1}: JSON dùng tên.",
        "The field {0} is now named {1}: JSON uses names.",
        "Giữ tên, hoặc đặt json_name.",
        "Keep the name, or set json_name.",
    ),
    "number-not-reserved": (
        "Trường {0} bị bỏ mà số {1} không được giữ chỗ.",
        "The field {0} goes and its number {1} is not reserved.",
        "Thêm reserved cho số và tên.",
        "Reserve the number and the name.",
    ),
    "reserved-number-used": (
        "Số {0} từng được giữ chỗ nay được dùng lại.",
        "The number {0} was reserved and is used again.",
        "Dùng một số mới.",
        "Take a new number.",
    ),
    "only-last-read": (
        "Trường {0} có thể có nhiều giá trị; bên đọc chỉ giữ giá trị cuối (thông điệp thì gộp lại).",
        "The field {0} may have several values; the reader keeps the last one (messages are merged).",
        "Giữ repeated nếu cần mọi giá trị.",
        "Keep it repeated if every value counts.",
    ),
    "number-cast": (
        "Số {0} được đọc thành {1}: số không vừa bị cắt.",
        "A number {0} is read as {1}: one that does not fit is cut.",
        "Chỉ nới rộng kiểu số.",
        "Only widen types of numbers.",
    ),
    "enum-value-unknown": (
        "Enum của bên đọc không có tên cho: {0}.",
        "The reader's enum has no name for: {0}.",
        "Giữ các giá trị.",
        "Keep the values.",
    ),
    "message-as-bytes": (
        "Một thông điệp được đọc thành bytes.",
        "A message is read as bytes.",
        "Giữ kiểu thông điệp.",
        "Keep the type of message.",
    ),
}


def finding(point: Point) -> Finding:
    """Words for it."""
    vi, en, mend_vi, mend_en = _TEXTS[point.rule]
    said = Text(vi=vi.format(*point.said), en=en.format(*point.said))
    return Finding(point.rule, point.writer, point.reader, said, Text(vi=mend_vi, en=mend_en))
