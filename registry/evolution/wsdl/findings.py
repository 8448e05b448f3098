"""What is said of a change of a service: the difference, and what the author may do instead."""

from __future__ import annotations

from typing import Final

from registry.evolution.verdict import Finding, Place
from registry.model import Text

_KEEP: Final = ("Giữ như cũ, hoặc mở một phiên bản chính mới.", "Keep it, or open a new major version.")
_TEXTS: Final[dict[str, tuple[str, str, str, str]]] = {
    "operation-removed": ("Không còn thao tác {0}.", "The operation {0} is gone.", *_KEEP),
    "message-changed": (
        "Các phần của thông điệp của {0} thay đổi.",
        "The parts of a message of {0} change.",
        *_KEEP,
    ),
    "binding-changed": ("Cách gọi {0} thay đổi.", "The way in which {0} is spoken changes.", *_KEEP),
    "port-removed": ("Không còn cổng {0}.", "The port {0} is gone.", *_KEEP),
    "request-narrowed": (
        "Dịch vụ không còn nhận mọi yêu cầu như trước: {0}",
        "The service no longer takes every request that it took: {0}",
        "Chỉ thêm phần tử tùy chọn và chỉ nới lỏng ràng buộc.",
        "Only add optional elements, and only loosen constraints.",
    ),
    "response-widened": (
        "Câu trả lời có thể chứa điều mà bên gọi cũ không chờ: {0}",
        "An answer may hold what older callers do not expect: {0}",
        "Chỉ thu hẹp câu trả lời.",
        "Only narrow answers.",
    ),
    "types-undecided": (
        "Không so sánh được các lược đồ nhúng: {0}",
        "The embedded schemas could not be compared: {0}",
        *_KEEP,
    ),
    "address-changed": ("Địa chỉ của cổng {0} thay đổi.", "The address of the port {0} changes.", *_KEEP),
}


def finding(rule: str, writer: Place, reader: Place, said: Text) -> Finding:
    """Words for a rule; ``said`` fills in what it is about."""
    vi, en, mend_vi, mend_en = _TEXTS[rule]
    return Finding(
        rule, writer, reader, Text(vi=vi.format(said.vi), en=en.format(said.en)), Text(vi=mend_vi, en=mend_en)
    )
