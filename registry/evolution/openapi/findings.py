"""What is said of a change of an interface: the difference, and what the author may do instead."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from registry.evolution.verdict import Finding
from registry.model import Text

if TYPE_CHECKING:
    from registry.evolution.openapi.compare import Point
    from registry.evolution.verdict import Place

_KEEP: Final = ("Giữ như cũ, hoặc mở một phiên bản chính mới.", "Keep it, or open a new major version.")
_TEXTS: Final[dict[str, tuple[str, str, str, str]]] = {
    "operation-removed": (
        "Không còn thao tác {0}.",
        "The operation {0} is gone.",
        "Giữ thao tác, hoặc đánh dấu deprecated.",
        "Keep the operation, or mark it as deprecated.",
    ),
    "parameter-required": (
        "Tham số {0} trở thành bắt buộc.",
        "The parameter {0} became required.",
        "Cho tham số là tùy chọn.",
        "Make the parameter optional.",
    ),
    "parameter-narrowed": (
        "Tham số {0} không còn nhận mọi giá trị như trước.",
        "The parameter {0} no longer takes every value that it took.",
        *_KEEP,
    ),
    "body-required": (
        "Thân yêu cầu trở thành bắt buộc.",
        "The body of the request became required.",
        "Cho thân là tùy chọn.",
        "Make the body optional.",
    ),
    "request-narrowed": (
        "Thân yêu cầu {0} không còn nhận mọi tài liệu như trước.",
        "The body of the request ({0}) no longer takes every document that it took.",
        "Chỉ thêm thuộc tính tùy chọn và chỉ nới lỏng ràng buộc.",
        "Only add optional properties, and only loosen constraints.",
    ),
    "response-widened": (
        "Câu trả lời {0} có thể chứa điều mà bên gọi cũ không chờ.",
        "The answer {0} may hold what older callers do not expect.",
        "Chỉ thu hẹp câu trả lời.",
        "Only narrow answers.",
    ),
    "not-compared": ("{0} khác nhau và không được so sánh.", "{0} differs and is not compared.", *_KEEP),
    "parameter-removed": (
        "Không còn tham số {0}: không biết bên nhận có bỏ qua nó không.",
        "The parameter {0} is gone: whether it is ignored or refused is not known.",
        "Giữ tham số và đánh dấu deprecated.",
        "Keep the parameter and mark it as deprecated.",
    ),
    "media-type-removed": (
        "Thân yêu cầu không còn kiểu {0}.",
        "The body of the request is no longer described as {0}.",
        *_KEEP,
    ),
    "response-added": (
        "Câu trả lời {0} chưa từng được mô tả.",
        "The answer {0} was not described before.",
        "Mô tả câu trả lời default ngay từ đầu.",
        "Describe a default answer from the beginning.",
    ),
    "response-removed": (
        "Câu trả lời {0} không còn được mô tả.",
        "The answer is no longer described as {0}.",
        *_KEEP,
    ),
    "schema-undecided": (
        "Không so sánh được các lược đồ của {0} ({1}).",
        "The schemas of {0} could not be compared ({1}).",
        *_KEEP,
    ),
    "servers-changed": ("Địa chỉ máy chủ thay đổi.", "The addresses of servers change.", *_KEEP),
    "parameter-added": (
        "Tham số tùy chọn {0} được thêm.",
        "The optional parameter {0} is added.",
        "Không cần làm gì.",
        "Nothing is needed.",
    ),
}


def finding(point: Point, writer: Place, reader: Place) -> Finding:
    """Words for it."""
    vi, en, mend_vi, mend_en = _TEXTS[point.rule]
    vi, en = vi.format(*point.said), en.format(*point.said)
    if point.judged is not None and point.judged.said is not None:
        vi, en = f"{vi} {point.judged.said.vi}", f"{en} {point.judged.said.en}"
    return Finding(point.rule, writer, reader, Text(vi=vi, en=en), Text(vi=mend_vi, en=mend_en))
