"""The closed list of rules that an authored folder can break, each worded in Vietnamese and English.

Promises that a rule's name is never reused for another meaning: scripts and editors match on it. Leaves out syntax
mistakes of TOML and JSON, whose rules and words come from ``schemas.positions``.
"""

from __future__ import annotations

from typing import Final

_FILES: Final = {
    "unknown-file": (
        "Tệp không thuộc thư mục nào của sổ đăng ký; xem docs/registry.md",
        "This file belongs to no part of the registry folder; see docs/registry.md",
    ),
    "missing-file": ("Thiếu tệp {name}", "The file {name} is missing"),
    "private-key": (
        "Tệp chứa khoá bí mật: xoá khỏi sổ đăng ký và thay khoá ngay",
        "This file holds a private key: remove it from the registry and replace the key now",
    ),
    "not-a-certificate": (
        "Tệp {name} phải chứa đúng một chứng thư PEM",
        "The file {name} must hold exactly one PEM certificate",
    ),
}

_FORM: Final = {
    "unknown-key": ("Khoá '{name}' không có trong định dạng", "The key '{name}' is not part of the format"),
    "missing-key": ("Thiếu khoá bắt buộc '{name}'", "The required key '{name}' is missing"),
    "wrong-type": ("Sai kiểu giá trị của '{name}': cần {expected}", "Wrong type for '{name}': {expected} is wanted"),
    "bad-form": ("'{name}' phải có dạng {pattern}", "'{name}' must look like {pattern}"),
    "not-one-of": ("'{name}' phải là một trong: {expected}", "'{name}' must be one of: {expected}"),
    "bad-date": (
        "'{name}' phải là ngày (2025-07-01) hoặc thời điểm có múi giờ (2025-07-01T08:00:00+07:00), năm 1900-2199",
        "'{name}' must be a date (2025-07-01) or a moment with its offset (2025-07-01T08:00:00+07:00), years 1900-2199",
    ),
    "out-of-range": ("'{name}' nằm ngoài giới hạn: {limit}", "'{name}' is out of range: {limit}"),
    "bad-value": ("Giá trị của '{name}' không hợp lệ: {why}", "The value of '{name}' is not valid: {why}"),
}

_COMMON: Final = {
    "duplicate": ("{what} '{name}' đã được khai báo ở {where}", "{what} '{name}' is already declared at {where}"),
    "dates-reversed": (
        "Ngày kết thúc phải sau ngày bắt đầu (ngày kết thúc không tính vào hiệu lực)",
        "The end must come after the start (the end day itself is no longer valid)",
    ),
    "unknown-agency": ("Không có cơ quan '{name}'", "There is no agency '{name}'"),
    "unknown-system": ("Cơ quan '{agency}' không có hệ thống '{name}'", "Agency '{agency}' has no system '{name}'"),
    "unknown-service": ("Không có dịch vụ '{name}'", "There is no service '{name}'"),
    "unknown-operation": (
        "Dịch vụ '{service}' không có thao tác '{name}'",
        "Service '{service}' has no operation '{name}'",
    ),
    "unknown-term": ("Từ điển không có thuật ngữ '{name}'", "The dictionary has no term '{name}'"),
    "unknown-codelist": ("Không có danh mục mã '{name}'", "There is no code list '{name}'"),
    "unknown-code": ("Danh mục '{codelist}' không có mã '{name}'", "Code list '{codelist}' has no code '{name}'"),
    "unknown-schema": ("Không có lược đồ '{name}'", "There is no schema '{name}'"),
    "unknown-evidence": ("Không có loại bằng chứng '{name}'", "There is no evidence type '{name}'"),
    "unknown-procedure": ("Không có thủ tục '{name}'", "There is no procedure '{name}'"),
    "unknown-role": ("Thủ tục '{procedure}' không có vai trò '{name}'", "Procedure '{procedure}' has no role '{name}'"),
}

_DIRECTORY: Final = {
    "circle": ("{what} tạo thành vòng: {name}", "{what} go round in a circle: {name}"),
    "successor-without-end": (
        "Cơ quan có đơn vị kế thừa thì phải có valid_to",
        "An agency with successors needs its valid_to",
    ),
    "successor-not-valid": (
        "Đơn vị kế thừa '{name}' chưa có hiệu lực vào ngày cơ quan này kết thúc",
        "The successor '{name}' is not valid on the day that this agency ends",
    ),
    "alias-overlap": (
        "Mã '{name}' cùng lúc thuộc cơ quan '{other}' (khai báo ở {where})",
        "The code '{name}' belongs to agency '{other}' at the same time (declared at {where})",
    ),
    "alias-form": ("Mã '{name}' sai dạng của {scheme}", "The code '{name}' does not have the form of {scheme}"),
    "xroad-member": (
        "Hệ thống con X-Road '{name}' thuộc thành viên '{member}', cơ quan này không có bí danh XROAD đó",
        "The X-Road subsystem '{name}' is of member '{member}', which is no XROAD alias of this agency",
    ),
    "certificate-twice": (
        "Chứng thư này đã được đăng ký ở {where}",
        "This certificate is already registered at {where}",
    ),
}

_CATALOGUE: Final = {
    "codelist-needed": (
        "Thuật ngữ kiểu 'code' phải có danh mục mã (codelist)",
        "A term of type 'code' needs its codelist",
    ),
    "schema-needed": (
        "Thao tác của dịch vụ 'shaped' phải có lược đồ {name}",
        "An operation of a shaped service needs its {name} schema",
    ),
    "xroad-subsystem": (
        "Hệ thống '{name}' chưa có định danh hệ thống con X-Road (xroad)",
        "System '{name}' has no X-Road subsystem identifier (xroad)",
    ),
    "xroad-not-spoken": (
        "'{name}' không dùng với giao thức X-Road của dịch vụ này",
        "'{name}' has no meaning for the X-Road protocol of this service",
    ),
    "xroad-endpoint": (
        "'{name}' không phải mẫu đường dẫn: `*` là một đoạn, `**` chỉ đứng cuối, không mã hoá %",
        "'{name}' is no endpoint: `*` is one whole segment, `**` stands last, nothing is percent-encoded",
    ),
    "xroad-reserved": (
        "Mã dịch vụ '{name}' là của siêu dịch vụ X-Road",
        "Service code '{name}' is that of a metaservice of X-Road",
    ),
    "two-schemas": ("'{name}' vừa có .json vừa có .xsd", "'{name}' has both a .json and an .xsd"),
    "bad-schema": ("Lược đồ sai ở từ khoá '{keyword}'", "The schema is wrong at keyword '{keyword}'"),
    "bad-xsd": ("XSD bị từ chối: {why}", "The XSD is refused: {why}"),
    "remote-reference": (
        "$ref chỉ được trỏ tới '#/$defs/…' trong cùng tệp",
        "$ref may only point to '#/$defs/…' in the same file",
    ),
    "schema-dialect": (
        "Chỉ dùng JSON Schema 2020-12, không dùng '{keyword}' ở đây",
        "Only JSON Schema 2020-12 is used, and '{keyword}' not here",
    ),
    "unbound": ("Thuộc tính này thiếu x-term", "This property lacks x-term"),
    "open-object": (
        "Đối tượng phải đóng: bỏ additionalProperties hoặc đặt false",
        "Objects are closed: leave out additionalProperties or set it to false",
    ),
    "shape-keyword": (
        "Từ khoá '{keyword}' không dùng được ở phần khung (chỉ dùng bên trong thuộc tính có x-term)",
        "The keyword '{keyword}' cannot stand in the frame (only inside a property with x-term)",
    ),
    "term-inside-term": (
        "x-term nằm trong một thuộc tính đã có x-term",
        "x-term stands inside a property that already has x-term",
    ),
    "term-type": (
        "Thuật ngữ '{name}' có kiểu {wanted}, lược đồ lại khai kiểu khác",
        "Term '{name}' is of type {wanted}; the schema says otherwise",
    ),
    "field-not-in-xsd": ("XSD không có phần tử nào khớp '{name}'", "No element of the XSD matches '{name}'"),
    "opaque-evidence": (
        "Dịch vụ 'opaque' không bao giờ là bằng chứng: '{name}'",
        "An opaque service never counts as evidence: '{name}'",
    ),
    "term-not-in-answer": (
        "Câu trả lời của '{operation}' không có thuật ngữ '{name}'",
        "The answer of '{operation}' does not hold the term '{name}'",
    ),
    "breaks-agreements": (
        "Không tương thích với '{old}' mà các thoả thuận {agreements} đang dùng: {why}. Dịch vụ mới: '{suggested}'",
        "Not compatible with '{old}', which the agreements {agreements} use: {why}. As a new service: '{suggested}'",
    ),
    "version-rewritten": (
        "Bản '{name}' đã công bố thì không đổi nội dung: hãy thêm bản mới",
        "The published version '{name}' never changes: add a new version",
    ),
    "condition-nowhere": (
        "Câu trả lời của '{operation}' không có chỗ '{name}', nên điều kiện không bao giờ đạt",
        "The answer of '{operation}' has no place '{name}', so the condition is never met",
    ),
    "condition-in-xml": (
        "Điều kiện `satisfied_when` đọc câu trả lời JSON; '{operation}' trả lời bằng XML",
        "`satisfied_when` reads answers in JSON; '{operation}' answers in XML",
    ),
    "question-field": (
        "Câu hỏi của '{operation}' không có trường '{name}'",
        "The question of '{operation}' has no field '{name}'",
    ),
    "question-incomplete": (
        "Câu hỏi của '{operation}' thiếu trường bắt buộc '{name}'",
        "The question of '{operation}' lacks its required field '{name}'",
    ),
}

_AGREEMENTS: Final = {
    "operation-not-offered": (
        "Dịch vụ '{service}' không có thao tác '{name}'",
        "Service '{service}' does not offer operation '{name}'",
    ),
    "term-not-offered": (
        "Dịch vụ '{service}' không trả thuật ngữ '{name}' qua các thao tác đã thoả thuận",
        "Service '{service}' does not give the term '{name}' through the agreed operations",
    ),
    "purpose-not-offered": (
        "Thao tác '{operation}' không phục vụ mục đích '{name}'",
        "Operation '{operation}' is not offered for purpose '{name}'",
    ),
    "opaque-reason-needed": (
        "Thoả thuận về dịch vụ 'opaque' phải có opaque_reason",
        "An agreement about an opaque service needs its opaque_reason",
    ),
    "opaque-reason-idle": (
        "opaque_reason chỉ dùng cho dịch vụ 'opaque'",
        "opaque_reason is only for opaque services",
    ),
    "terms-of-opaque": (
        "Dịch vụ 'opaque' không được kiểm tra nên không thoả thuận theo thuật ngữ",
        "An opaque service is not validated, so no terms can be agreed",
    ),
    "terms-needed": ("Thoả thuận phải nêu ít nhất một thuật ngữ", "The agreement must name at least one term"),
    "assurance-too-low": (
        "Mức bảo đảm thấp hơn mức '{wanted}' mà thao tác '{operation}' đòi hỏi",
        "The assurance level is below '{wanted}', which operation '{operation}' demands",
    ),
    "agreement-overlap": (
        "Trùng với thoả thuận '{other}' (khai báo ở {where}): cùng bên dùng, dịch vụ, thao tác, mục đích và thời gian",
        "Overlaps agreement '{other}' (declared at {where}): same consumer, service, operation, purpose and time",
    ),
}

_PROCEDURES: Final = {
    "citizen-only-list": (
        "Yêu cầu citizen_only không được có danh sách bằng chứng",
        "A citizen_only requirement cannot have evidence lists",
    ),
    "new-role-asked": (
        "Vai trò '{name}' do thủ tục tạo ra nên chưa cơ quan nào có dữ liệu",
        "The role '{name}' is created by the procedure, so no agency can hold data yet",
    ),
    "scheme-mismatch": (
        "Vai trò '{role}' dùng mã '{wanted}', còn dịch vụ '{service}' dùng '{name}'",
        "The role '{role}' is a '{wanted}', but service '{service}' knows a '{name}'",
    ),
}

RULES: Final[dict[str, tuple[str, str]]] = {
    **_FILES,
    **_FORM,
    **_COMMON,
    **_DIRECTORY,
    **_CATALOGUE,
    **_AGREEMENTS,
    **_PROCEDURES,
}
