"""The text of every problem, in Vietnamese and English, and its HTTP status.

Promises: one entry per `Code`, checked at import; a text names only `{parameters}` that the problem carries, so no
citizen's data can reach it. `docs/problems.md` is generated from this table.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from typing import Final, NamedTuple

from schemas.problems import Code, Problem
from schemas.text import Bilingual


class Text(NamedTuple):
    """How a problem is answered: HTTP status (RFC 9110 §15), Vietnamese, English."""

    status: int
    vi: str
    en: str


TEXTS: Final[Mapping[Code, Text]] = {
    Code.ENVELOPE_MALFORMED: Text(400, "Phong bì không đúng định dạng.", "The envelope is malformed."),
    Code.ENVELOPE_TOO_LARGE: Text(413, "Phong bì vượt quá {limit} byte.", "The envelope is over {limit} bytes."),
    Code.ENVELOPE_VERSION: Text(
        400,
        "Phiên bản phong bì không được hỗ trợ (hỗ trợ: {supported}).",
        "This envelope version is not supported (supported: {supported}).",
    ),
    Code.ENVELOPE_CRITICAL_EXTENSION: Text(
        400,
        "Phong bì có phần mở rộng bắt buộc mà bên nhận không hiểu.",
        "The envelope has a critical extension that the receiver does not understand.",
    ),
    Code.ENVELOPE_WRONG_INSTANCE: Text(
        400, "Phong bì thuộc một trục liên thông khác.", "The envelope belongs to another instance of the bus."
    ),
    Code.ENVELOPE_EXPIRED: Text(400, "Phong bì đã hết hạn.", "The envelope has expired."),
    Code.ENVELOPE_LIFETIME: Text(
        400,
        "Thời hạn của phong bì phải dương và không quá {limit_ms} ms.",
        "An envelope's lifetime must be positive and at most {limit_ms} ms.",
    ),
    Code.ENVELOPE_NOT_YET: Text(
        400,
        "Phong bì được tạo ở tương lai so với giờ của trục.",
        "The envelope was created in the future by the hub's clock.",
    ),
    Code.ENVELOPE_KIND: Text(
        400,
        "Thành phần này không hợp với loại phong bì.",
        "This member does not fit the kind of envelope.",
    ),
    Code.SEAL_INVALID: Text(400, "Dấu niêm phong không hợp lệ.", "The seal does not hold."),
    Code.SEAL_UNKNOWN_CERTIFICATE: Text(
        403,
        "Chứng thư niêm phong không có trong danh bạ.",
        "The sealing certificate is not in the directory.",
    ),
    Code.SEAL_CERTIFICATE_NOT_VALID: Text(
        403,
        "Chứng thư hoặc cơ quan niêm phong không còn hiệu lực tại thời điểm này.",
        "The sealing certificate, or its agency, is not valid at this time.",
    ),
    Code.SEAL_NOT_THE_CONSUMER: Text(
        403,
        "Phong bì do một cơ quan khác cơ quan hỏi niêm phong.",
        "The envelope was sealed by an agency other than the one it speaks for.",
    ),
    Code.LINK_NOT_FOR_SEALER: Text(
        403,
        "Kết nối này không được gửi thay cho cơ quan niêm phong.",
        "This link may not speak for the sealing agency.",
    ),
    Code.PART_DIGEST: Text(
        400, "Nội dung không khớp với mã băm trong phong bì.", "A body does not match its digest in the envelope."
    ),
    Code.PART_TOO_LARGE: Text(413, "Nội dung vượt quá {limit} byte.", "A body is over {limit} bytes."),
    Code.PART_MISSING: Text(400, "Thiếu nội dung nêu trong phong bì.", "A body named in the envelope is missing."),
    Code.PART_MEDIA_TYPE: Text(
        415,
        "Kiểu nội dung không đúng với lược đồ của dịch vụ.",
        "The media type is not the one of the service's schema.",
    ),
    Code.REPLAYED: Text(409, "Câu hỏi này đã được xử lý.", "This question was already handled."),
    Code.CLOCK_OFF: Text(
        400,
        "Đồng hồ lệch quá 30 giây so với trục (giờ của trục: {hub_time}).",
        "The clock is more than 30 seconds off the hub's ({hub_time}).",
    ),
    Code.ANSWER_TO_ANOTHER_QUESTION: Text(
        502, "Câu trả lời không thuộc về câu hỏi này.", "The answer does not belong to this question."
    ),
    Code.REPLACED_BY_SUCCESSOR: Text(
        409,
        "Cơ quan đã được sáp nhập; hãy dùng mã {successor}.",
        "The agency has been merged; use {successor}.",
    ),
    Code.PART_UNEXPECTED: Text(
        400,
        "Có nội dung mà lược đồ của dịch vụ không mô tả.",
        "There is a body that the service's schema does not describe.",
    ),
    Code.NOT_AGREED: Text(
        403,
        "Không có dịch vụ này hoặc chưa có thỏa thuận chia sẻ dữ liệu.",
        "There is no such service, or no agreement to use it.",
    ),
    Code.PURPOSE_NOT_AGREED: Text(
        403, "Mục đích này không có trong thỏa thuận.", "This purpose is not in the agreement."
    ),
    Code.BASIS_NOT_AGREED: Text(
        403, "Căn cứ pháp lý không đúng với thỏa thuận.", "The legal basis is not the agreement's."
    ),
    Code.FIELDS_NOT_AGREED: Text(
        403,
        "Có trường dữ liệu nằm ngoài thỏa thuận: {term}.",
        "A field is outside the agreement: {term}.",
    ),
    Code.ASSURANCE_TOO_LOW: Text(
        403,
        "Mức bảo đảm định danh phải từ {needed} trở lên.",
        "The subject's level of assurance must be at least {needed}.",
    ),
    Code.QUOTA_USED_UP: Text(
        429, "Đã dùng hết hạn mức {limit} của thỏa thuận.", "The agreement's quota of {limit} is used up."
    ),
    Code.DOSSIER_NOT_DECLARED: Text(
        403, "Hồ sơ chưa được khai báo là đang mở.", "The dossier is not declared as open."
    ),
    Code.SUBJECT_NOT_PARTY: Text(
        403,
        "Người được hỏi không phải là bên trong hồ sơ đã khai báo.",
        "The subject is not a party of the declared dossier.",
    ),
    Code.OFFICER_MISSING: Text(
        403, "Dịch vụ này cần mã cán bộ và đơn vị.", "This service needs the officer's id and unit."
    ),
    Code.PROCEDURE_NOT_AGREED: Text(
        403, "Thủ tục này không có trong thỏa thuận.", "This procedure is not in the agreement."
    ),
    Code.AGREEMENT_ENDED: Text(
        403,
        "Thỏa thuận {agreement} đã hết hạn, bị dừng hoặc bị thu hồi.",
        "Agreement {agreement} has ended, or is suspended or revoked.",
    ),
    Code.CONSENT_NOT_ACCEPTED: Text(
        403,
        "Sự đồng ý của công dân chưa được chấp nhận làm căn cứ.",
        "Consent is not accepted as a basis until signed consent artefacts exist.",
    ),
    Code.SUBJECT_PLACEHOLDER: Text(
        400, "Số định danh là số giả để lấp chỗ trống.", "The subject's number is a placeholder."
    ),
    Code.SUBJECT_NOT_NAMED: Text(
        403,
        "Câu hỏi nêu số của người hoặc tài sản không được khai là chủ thể.",
        "The question holds the number of somebody or something that it does not name as a subject.",
    ),
    Code.QUESTION_SHAPE: Text(
        400, "Câu hỏi không đúng lược đồ của dịch vụ.", "The question does not fit the service's schema."
    ),
    Code.ANSWER_SHAPE: Text(
        502,
        "Câu trả lời không đúng lược đồ hoặc vượt thỏa thuận.",
        "The answer does not fit the schema or the agreement.",
    ),
    Code.BODY_MALFORMED: Text(400, "Nội dung không đọc được.", "The body cannot be read."),
    Code.BODY_TOO_LARGE: Text(413, "Nội dung vượt quá {limit} byte.", "The body is over {limit} bytes."),
    Code.SCHEMA_VERSION: Text(
        400, "Phiên bản lược đồ không phải là {expected}.", "The schema version is not {expected}."
    ),
    Code.PROVIDER_NOT_REACHABLE: Text(503, "Cơ quan cung cấp chưa kết nối.", "The providing agency is not connected."),
    Code.PEER_NOT_ON_THIS_WORKER: Text(
        503, "Cơ quan cung cấp không ở trên tiến trình này.", "The providing agency is not on this worker."
    ),
    Code.TOO_BUSY: Text(
        503,
        "Đang quá tải; thử lại sau {retry_after_ms} ms.",
        "Too busy; try again in {retry_after_ms} ms.",
    ),
    Code.DEADLINE_PASSED: Text(504, "Đã quá thời hạn trả lời.", "The deadline for the answer has passed."),
    Code.NO_HUB: Text(503, "Chưa kết nối được với trục.", "There is no connection to the hub."),
    Code.SNAPSHOT_TOO_OLD: Text(503, "Danh bạ tại nút đã quá hạn.", "The node's registry snapshot has expired."),
    Code.OUTCOME_UNKNOWN: Text(
        504,
        "Không rõ kết quả: yêu cầu có thể đã được thực hiện.",
        "The outcome is unknown: the request may have been carried out.",
    ),
    Code.SEAL_KEY_AWAY: Text(
        503,
        "Thiết bị giữ khóa niêm phong tạm thời không dùng được.",
        "The hardware that holds the seal key cannot be used for the moment.",
    ),
    Code.NO_MATCH: Text(404, "Không tìm thấy bản ghi phù hợp.", "No record matches."),
    Code.SEVERAL_MATCHES: Text(
        409,
        "Có nhiều hơn một bản ghi phù hợp; không được đoán.",
        "More than one record matches; nobody may guess.",
    ),
    Code.SYSTEM_NOT_PERMITTED: Text(
        403,
        "Hệ thống của cơ quan cung cấp không cho phép cán bộ này (mã {peer_code}).",
        "The provider's system does not permit this officer (code {peer_code}).",
    ),
    Code.SYSTEM_NOT_LICENSED: Text(
        403,
        "Hệ thống của cơ quan cung cấp không cấp phép thủ tục này (mã {peer_code}).",
        "The provider's system does not license this procedure (code {peer_code}).",
    ),
    Code.SYSTEM_BAD_QUESTION: Text(
        400,
        "Hệ thống của cơ quan cung cấp từ chối câu hỏi.",
        "The provider's system refused the question.",
    ),
    Code.SYSTEM_UNREACHABLE: Text(
        502, "Không kết nối được hệ thống của cơ quan cung cấp.", "The provider's system cannot be reached."
    ),
    Code.SYSTEM_TIMEOUT: Text(
        504, "Hệ thống của cơ quan cung cấp trả lời quá chậm.", "The provider's system took too long."
    ),
    Code.SYSTEM_OVERLOADED: Text(
        503, "Hệ thống của cơ quan cung cấp đang quá tải.", "The provider's system is overloaded."
    ),
    Code.SYSTEM_BAD_ANSWER: Text(
        502,
        "Hệ thống của cơ quan cung cấp trả lời không đọc được hoặc về người khác.",
        "The provider's system answered unreadably, or about somebody else.",
    ),
    Code.SYSTEM_FAULT: Text(502, "Hệ thống của cơ quan cung cấp báo lỗi.", "The provider's system reported a fault."),
    Code.ADAPTER_MISSING: Text(
        503, "Nút chưa cấu hình bộ nối cho dịch vụ này.", "The node has no adapter for this service."
    ),
    Code.RECORD_NOT_WRITTEN: Text(
        503,
        "Không ghi được sổ trao đổi nên không giao kết quả.",
        "The exchange could not be recorded, so nothing is handed over.",
    ),
    Code.FORM_UNKNOWN: Text(404, "Không có phiên bản biểu mẫu này.", "There is no such registered form version."),
    Code.FORM_ASKS_WHAT_IS_HELD: Text(
        409,
        "Biểu mẫu yêu cầu công dân khai dữ liệu mà cơ quan nhà nước đã có.",
        "The form asks the citizen for data that an agency already holds.",
    ),
    Code.OVERRIDE_REASON: Text(
        400,
        "Lý do vượt rào phải là một trong bốn lý do đã công bố.",
        "The reason to pass the guard must be one of the four published ones.",
    ),
    Code.DOSSIER_UNKNOWN: Text(404, "Không có hồ sơ này.", "There is no such dossier."),
    Code.DOSSIER_CLOSED: Text(409, "Hồ sơ đã đóng.", "The dossier is closed."),
    Code.ROLE_MISSING: Text(400, "Thiếu người ở vai trò {role}.", "Nobody is named in the role {role}."),
    Code.DOSSIER_EXISTS: Text(409, "Hồ sơ này đã được mở.", "This dossier is already open."),
    Code.FIELD_NOT_BOUND: Text(
        409,
        "Trường {field} chưa gắn với từ điển nên không biết cơ quan nào đã có dữ liệu này.",
        "Field {field} is bound to no dictionary term, so nobody can tell who already holds it.",
    ),
    Code.KEY_MISSING: Text(401, "Thiếu khóa truy cập.", "The access key is missing."),
    Code.KEY_WRONG: Text(401, "Khóa truy cập không đúng.", "The access key is wrong."),
    Code.AGENCY_NOT_HERE: Text(
        403, "Khóa này không thuộc cơ quan được nêu.", "This key does not belong to the agency named."
    ),
    Code.REQUEST_MALFORMED: Text(400, "Yêu cầu không đúng định dạng.", "The request is malformed."),
    Code.NOT_FOUND: Text(404, "Không có địa chỉ này.", "There is nothing at this address."),
    Code.METHOD_NOT_ALLOWED: Text(
        405, "Phương thức không được phép tại địa chỉ này.", "The method is not allowed at this address."
    ),
    Code.NOT_THIS_ROLE: Text(
        403, "Vai trò của khóa này không được làm việc đó.", "The role of this key may not do that."
    ),
    Code.REPORT_UNKNOWN: Text(404, "Không có báo cáo này.", "There is no such report."),
    Code.TOKEN_MISSING: Text(
        401,
        "Thiếu mã xác thực định danh điện tử của chính công dân.",
        "The citizen's own e-ID token is missing.",
    ),
    Code.TOKEN_REFUSED: Text(
        401, "Mã xác thực định danh điện tử không được chấp nhận.", "The citizen's e-ID token is not accepted."
    ),
    Code.TOKEN_USED: Text(
        401,
        "Mã xác thực này đã được dùng hoặc lời thách đã hết hạn; hãy xin lời thách mới và đăng nhập lại.",
        "This token has been used, or its challenge has expired; ask for a new challenge and sign in again.",
    ),
    Code.IDENTIFIED_TOO_WEAKLY: Text(
        403,
        "Mức độ định danh thấp hơn mức {least} mà việc này đòi hỏi.",
        "The person was identified below the level {least} that this needs.",
    ),
    Code.NOT_YOUR_OWN: Text(
        403, "Mỗi người chỉ xem được thông tin về chính mình.", "People can see only what is about themselves."
    ),
    Code.TOO_MANY_LOOKS: Text(429, "Đã xem quá nhiều lần; hãy thử lại sau.", "Looked up too often; try again later."),
    Code.ISSUER_NOT_REACHABLE: Text(
        503,
        "Chưa lấy được khóa của đơn vị cấp định danh điện tử; hãy thử lại sau.",
        "The keys of the e-ID issuer cannot be had now; try again later.",
    ),
    Code.INTERNAL: Text(
        500,
        "Lỗi bên trong; hãy nêu mã tương quan khi báo lỗi.",
        "An internal error; name the correlation id when you report it.",
    ),
}

if missing := set(Code) - TEXTS.keys():
    raise AssertionError(f"problems without a text: {sorted(missing)}")


_FOREIGN: Final[Mapping[int, int]] = {1: 400, 2: 403, 3: 400, 4: 503, 5: 502, 6: 503, 7: 409, 8: 400}


def entry_of(code: Code) -> Text:
    """The entry of a number; one that only a newer peer knows is told by its number alone."""
    listed = TEXTS.get(code)
    if listed is not None:
        return listed
    status = _FOREIGN.get(code // 100, 500)
    return Text(status, f"Lỗi số {code:d} của một bên mới hơn.", f"Problem {code:d}, of a newer peer.")


def text_of(problem: Problem) -> Bilingual:
    """The two texts with their parameters filled in; a parameter that is missing is shown as an ellipsis."""
    known: defaultdict[str, str | int] = defaultdict(lambda: "…", problem.params)
    text = entry_of(problem.code)
    return Bilingual(vi=text.vi.format_map(known), en=text.en.format_map(known))


def slug(code: Code) -> str:
    """The code's name as the problem type's last path segment."""
    return code.name.lower().replace("_", "-")
