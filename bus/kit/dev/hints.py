"""What to do about a fault, by its rule or else its reason: a sentence for developers in both languages."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from adapters.port import PeerError, PeerFault
from registry.model import Text

_BY_RULE: Final[Mapping[str, Text]] = {
    "missing": Text(
        "Trường bắt buộc không có: xem lại `from`, hoặc bỏ `required` nếu hệ thống có thể thiếu.",
        "A required field is not there: look at `from`, or drop `required` where the system may lack it.",
    ),
    "not-text": Text(
        "Hệ thống đưa số hay đối tượng, không phải chuỗi: khai `as` khác, hoặc sửa đường dẫn.",
        "The system gives a number or an object, no string: declare another `as`, or mend the path.",
    ),
    "not-an-object": Text(
        "Đường dẫn đi qua một giá trị đơn: bước trước đó không phải đối tượng.",
        "The path leads through a plain value: the step before is no object.",
    ),
    "not-json-text": Text("Sau `!` phải là chuỗi chứa JSON.", "What `!` opens must be a string that holds JSON."),
    "date-form": Text("Ngày có dạng khác: thêm vào `forms`.", "The date has another form: add it to `forms`."),
    "no-such-date": Text("Ngày không tồn tại, như 31/02.", "No such day, like 31/02."),
    "unknown-code": Text("Mã ngoài bảng: thêm vào `codes`.", "A code outside the table: add it to `codes`."),
    "about-another": Text(
        "Bản ghi không phải của người được hỏi: xem `same`.", "The record is not about whom was asked: see `same`."
    ),
    "media-type": Text(
        "Kiểu nội dung lạ: khai trong `media_types` nếu đó là JSON.",
        "An unknown media type: name it in `media_types` if it is JSON.",
    ),
    "no-result-code": Text("`outcome.code` chỉ vào chỗ không có.", "`outcome.code` names a place that is not there."),
    "wsdl": Text("Không khớp WSDL: sửa bản WSDL ở máy.", "Does not fit the WSDL: mend the local copy."),
    "redirect": Text("Địa chỉ đã chuyển: sửa base_url.", "The address moved: mend base_url."),
    "too-large": Text("Lớn hơn max_answer_bytes.", "Larger than max_answer_bytes."),
    "too-many-records": Text("Nhiều hơn max_records.", "More than max_records."),
    "unknown-operation": Text("Tệp chưa khai thao tác này.", "The file does not declare this operation."),
}
_BY_REASON: Final[Mapping[PeerFault, Text]] = {
    PeerFault.NO_MATCH: Text("Hệ thống không có người này.", "The system holds nobody of that description."),
    PeerFault.SEVERAL_MATCHES: Text(
        "Nhiều bản ghi khớp: hỏi chặt hơn, hoặc khai `list_as`.",
        "Several records fit: ask narrowly, or `list_as`.",
    ),
    PeerFault.UNREACHABLE: Text("Không nối được: địa chỉ, mạng, TLS?", "No connection: address, network, TLS?"),
    PeerFault.TIMEOUT: Text("Quá hạn: xem timeout_s.", "Out of time: see timeout_s."),
    PeerFault.NOT_PERMITTED: Text("Hệ thống từ chối: quyền, khóa?", "It refuses: permission, key?"),
    PeerFault.FAULT: Text(
        "Mã lỗi chưa khai: thêm vào `faults` hoặc `statuses`.", "An undeclared code: add it to `faults` or `statuses`."
    ),
}


def hint(error: PeerError) -> Text | None:
    """What to look at; None where the reason says enough."""
    return _BY_RULE.get(error.rule or "") or _BY_REASON.get(error.kind)
