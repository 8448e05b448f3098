"""Why a source is refused: a closed list of rules, each worded in Vietnamese and English.

Promises: a refusal names rule and place, never a value of the source. Rules of `schemas.xml` and `schemas.yaml` pass
through under their own names.
"""

from __future__ import annotations

from typing import Final

from registry.model import Text

RULES: Final[dict[str, tuple[str, str]]] = {
    "no-such-file": ("Không đọc được tệp.", "The file cannot be read."),
    "too-large": ("Tệp quá lớn.", "The file is too large."),
    "encoding": ("Tệp phải là UTF-8.", "The file must be UTF-8."),
    "malformed": ("Tệp sai cú pháp.", "The file is not well formed."),
    "too-deep": ("Tệp lồng quá sâu.", "The file is nested too deeply."),
    "doctype": ("XML có DOCTYPE thì bị từ chối.", "XML with a DOCTYPE is refused."),
    "alias": ("YAML có anchor hoặc alias thì bị từ chối.", "YAML with anchors or aliases is refused."),
    "tag": ("YAML có thẻ kiểu thì bị từ chối.", "YAML with tags is refused."),
    "member-twice": ("Một thành phần có hai lần.", "A member is there twice."),
    "several-documents": ("Tệp YAML phải có đúng một văn bản.", "A YAML file holds exactly one document."),
    "too-many-values": ("Tệp có quá nhiều giá trị.", "The file holds too many values."),
    "too-many-fields": ("Quá nhiều trường.", "There are too many fields."),
    "too-many-operations": ("Quá nhiều thao tác.", "There are too many operations."),
    "not-openapi": ("Không phải OpenAPI 3.0 hoặc 3.1.", "This is no OpenAPI 3.0 or 3.1."),
    "not-wsdl": ("Không phải WSDL 1.1.", "This is no WSDL 1.1."),
    "not-a-payload": ("Không phải một đối tượng JSON hay XML.", "This is no JSON object and no XML."),
    "external-reference": (
        "Tham chiếu ra ngoài thư mục của tệp thì bị từ chối.",
        "A reference that leaves the file's own folder is refused.",
    ),
    "unknown-reference": ("Tham chiếu không dẫn tới đâu.", "A reference leads nowhere."),
    "recursive": ("Kiểu dữ liệu chứa chính nó.", "A type contains itself."),
    "secret-in-url": (
        "Địa chỉ chứa mật khẩu hoặc khoá: hãy bỏ ra và đưa vào tệp bí mật.",
        "An address holds a password or a key: take it out and give it as a secret's file.",
    ),
    "address-needed": (
        "Cần địa chỉ của hệ thống: --address.",
        "The system's address is needed: --address.",
    ),
    "bad-address": (
        "Địa chỉ phải là http(s)://máy/đường-dẫn.",
        "An address is http(s)://host/path.",
    ),
    "no-such-table": ("Không có bảng này.", "There is no such table."),
    "no-such-operation": ("Không có thao tác này.", "There is no such operation."),
    "no-such-field": ("Không có trường này.", "There is no such field."),
    "no-such-term": ("Từ điển không có thuật ngữ này.", "The dictionary has no such term."),
    "one-source": ("Cần đúng một nguồn mô tả.", "Exactly one description is wanted."),
    "service-needed": (
        "Cần mã dịch vụ: cơ-quan/hệ-thống/dịch-vụ.",
        "The service's id is needed: agency/system/service.",
    ),
    "no-such-system": (
        "Sổ đăng ký không có cơ quan hoặc hệ thống này.",
        "The registry has no such agency, or the agency no such system.",
    ),
    "service-there": ("Dịch vụ này đã có trong sổ đăng ký.", "The registry has this service already."),
    "no-such-agency": ("Sổ đăng ký không có cơ quan này.", "The registry has no such agency."),
    "no-such-basis": (
        "Cần một căn cứ trong danh mục 'basis' của sổ đăng ký.",
        "A code of the registry's list 'basis' is needed.",
    ),
    "no-such-purpose": (
        "Cần một mục đích trong danh mục 'purpose' của sổ đăng ký.",
        "A code of the registry's list 'purpose' is needed.",
    ),
    "bad-option": ("Tuỳ chọn viết sai.", "An option is not written as it should be."),
    "no-operations": ("Không còn thao tác nào dùng được.", "No operation is left that can be used."),
    "type-mismatch": (
        "Kiểu của trường không hợp với thuật ngữ.",
        "The field's type does not fit the term's.",
    ),
    "database": ("Không đọc được danh mục của cơ sở dữ liệu.", "The database's catalogue cannot be read."),
    "folder-not-empty": (
        "Thư mục đích đã có tệp: không ghi đè.",
        "The folder holds files already: nothing is written over.",
    ),
    "not-accepted": (
        "Bộ chuyển đổi vừa tạo không được chấp nhận.",
        "The adapter that was made is not accepted.",
    ),
}
_OTHER: Final = ("Tệp bị từ chối.", "The file is refused.")


class SourceRefusedError(Exception):
    """A source, or what was asked of it, cannot be used.

    Attributes:
        rule: one of `RULES`, or a rule of the XML or YAML door.
        place: file and line, pointer or name; never a value.
    """

    def __init__(self, rule: str, place: str) -> None:
        vi, en = RULES.get(rule, _OTHER)
        self.rule = rule
        self.place = place
        self.said = Text(vi=vi, en=en)
        super().__init__(f"{place}: {en} {vi}" if place else f"{en} {vi}")
