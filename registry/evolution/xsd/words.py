"""What is said of each difference, in Vietnamese and English: the rule, what differs, and how to mend it.

Promises: every rule of a doubt has its words here, and ``RULES`` is what the manual prints. Leaves out texts that are
no schema (``refuse``).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from registry.evolution.verdict import Finding
from registry.model import Text

if TYPE_CHECKING:
    from registry.evolution.xsd.doubts import Doubt

_LONGEST_NAME: Final = 200


@dataclass(frozen=True, slots=True)
class Rule:
    """Words of one rule; ``{0}`` and ``{1}`` are names of the schemas."""

    said: Text
    mend: Text


def _rule(en: str, vi: str, mend_en: str, mend_vi: str) -> Rule:
    return Rule(Text(vi=vi, en=en), Text(vi=mend_vi, en=mend_en))


RULES: Final[dict[str, Rule]] = {
    "root-removed": _rule(
        "Documents may begin with element {0} for the writer; the reader does not declare it.",
        "Bên ghi cho phép tài liệu bắt đầu bằng phần tử {0}; bên đọc không khai báo phần tử đó.",
        "Keep the global element.",
        "Giữ lại phần tử toàn cục đó.",
    ),
    "root-became-abstract": _rule(
        "Element {0} is abstract for the reader.",
        "Phần tử {0} là trừu tượng (abstract) ở bên đọc.",
        "Leave abstract out.",
        "Bỏ abstract.",
    ),
    "element-not-allowed": _rule(
        "The reader does not allow element {0} here.",
        "Bên đọc không cho phép phần tử {0} ở vị trí này.",
        "Keep the element, optional if it is no longer wanted (minOccurs=0), at the same place and as often.",
        "Giữ phần tử ở đúng vị trí và số lần; nếu không cần nữa thì để tuỳ chọn (minOccurs=0).",
    ),
    "content-ends-early": _rule(
        "The reader requires more elements here (next: {0}).",
        "Bên đọc đòi thêm phần tử ở đây (tiếp theo: {0}).",
        "Make the new elements optional (minOccurs=0).",
        "Để các phần tử mới là tuỳ chọn (minOccurs=0).",
    ),
    "content-removed": _rule(
        "The reader allows no content here, not even white space.",
        "Bên đọc không cho phép nội dung nào ở đây, kể cả khoảng trắng.",
        "Keep the content model.",
        "Giữ mô hình nội dung.",
    ),
    "content-ambiguous": _rule(
        "The reader's content model takes element {0} in two ways, which XSD does not allow.",
        "Mô hình nội dung của bên đọc nhận phần tử {0} theo hai cách, điều XSD không cho phép.",
        "Make the content model deterministic.",
        "Viết lại mô hình nội dung cho xác định.",
    ),
    "wildcard-narrowed": _rule(
        "The writer's wildcard lets element {0} in; the reader does not.",
        "Ký tự đại diện (any) của bên ghi cho phần tử {0} vào; bên đọc thì không.",
        "Keep the wildcard's namespaces and processContents as wide as they were.",
        "Giữ namespace và processContents của any rộng như trước.",
    ),
    "content-kind-changed": _rule(
        "Text on one side, elements on the other.",
        "Một bên là văn bản, bên kia là phần tử con.",
        "Keep the kind of content; give a new element for the other.",
        "Giữ loại nội dung; dùng phần tử mới cho loại kia.",
    ),
    "mixed-removed": _rule(
        "The writer allows text between elements (mixed); the reader does not.",
        "Bên ghi cho phép văn bản xen giữa phần tử (mixed); bên đọc thì không.",
        "Keep mixed.",
        "Giữ mixed.",
    ),
    "nillable-removed": _rule(
        "Element {0} may be nil (xsi:nil) for the writer, not for the reader.",
        "Phần tử {0} có thể rỗng bằng xsi:nil ở bên ghi, không ở bên đọc.",
        "Keep nillable.",
        "Giữ nillable.",
    ),
    "fixed-value": _rule(
        "The reader fixes the value of {0} and the writer does not, or to another value.",
        "Bên đọc cố định giá trị của {0}; bên ghi không, hoặc cố định giá trị khác.",
        "Leave fixed out, or use default.",
        "Bỏ fixed, hoặc dùng default.",
    ),
    "default-removed": _rule(
        "An empty {0} takes a default from the writer's schema; for the reader it has no value.",
        "Phần tử {0} để trống nhận giá trị mặc định của bên ghi; với bên đọc thì không có giá trị.",
        "Keep the default.",
        "Giữ giá trị mặc định.",
    ),
    "identity-added": _rule(
        "The reader has an identity constraint ({0}) that the writer does not have.",
        "Bên đọc có ràng buộc định danh ({0}) mà bên ghi không có.",
        "Leave the constraint out, or give the type a new version.",
        "Bỏ ràng buộc đó, hoặc lập phiên bản mới.",
    ),
    "identity-values": _rule(
        "Types or defaults changed that the reader's identity constraints or IDREFs look at, below {0}.",
        "Kiểu hoặc giá trị mặc định mà ràng buộc định danh hay IDREF của bên đọc xét tới đã đổi, dưới {0}.",
        "Keep the types and defaults of key fields and IDs.",
        "Giữ kiểu và giá trị mặc định của trường khoá và ID.",
    ),
    "type-name-removed": _rule(
        "Element {1} may say xsi:type={0}; the reader knows no such type.",
        "Phần tử {1} có thể ghi xsi:type={0}; bên đọc không có kiểu đó.",
        "Keep the named type, or block derivation on the element.",
        "Giữ kiểu có tên đó, hoặc chặn (block) kế thừa trên phần tử.",
    ),
    "type-not-substitutable": _rule(
        "Element {1} may say xsi:type={0}; for the reader that type may not stand there.",
        "Phần tử {1} có thể ghi xsi:type={0}; ở bên đọc kiểu đó không được đứng tại đây.",
        "Let the type derive from the element's type as before.",
        "Để kiểu đó kế thừa từ kiểu của phần tử như trước.",
    ),
    "type-became-abstract": _rule(
        "The type of this element is abstract for the reader.",
        "Kiểu của phần tử này là trừu tượng (abstract) ở bên đọc.",
        "Leave abstract out.",
        "Bỏ abstract.",
    ),
    "attribute-required": _rule(
        "The reader requires attribute {0}.",
        "Bên đọc bắt buộc có thuộc tính {0}.",
        "Make the attribute optional.",
        "Để thuộc tính là tuỳ chọn.",
    ),
    "attribute-not-allowed": _rule(
        "The reader does not allow attribute {0}.",
        "Bên đọc không cho phép thuộc tính {0}.",
        "Keep the attribute, optional.",
        "Giữ thuộc tính đó ở dạng tuỳ chọn.",
    ),
    "simple-type-changed": _rule(
        "The values are of another type.",
        "Giá trị thuộc kiểu khác.",
        "Keep the type, or choose one that takes all its texts.",
        "Giữ kiểu, hoặc chọn kiểu nhận mọi văn bản của kiểu cũ.",
    ),
    "enumeration-narrowed": _rule(
        "The reader's enumeration lacks values that the writer allows.",
        "Danh sách giá trị (enumeration) của bên đọc thiếu giá trị mà bên ghi cho phép.",
        "Keep all values; add new ones only.",
        "Giữ mọi giá trị; chỉ thêm giá trị mới.",
    ),
    "pattern-changed": _rule(
        "The reader's pattern refuses texts that the writer allows.",
        "Mẫu (pattern) của bên đọc từ chối văn bản mà bên ghi cho phép.",
        "Keep the pattern, or choose one that matches all that the old one matches.",
        "Giữ mẫu, hoặc chọn mẫu khớp mọi văn bản mà mẫu cũ khớp.",
    ),
    "length-narrowed": _rule(
        "The reader allows fewer lengths.",
        "Bên đọc cho phép ít độ dài hơn.",
        "Keep minLength or lower it, keep maxLength or raise it.",
        "Giữ hoặc giảm minLength, giữ hoặc tăng maxLength.",
    ),
    "range-narrowed": _rule(
        "The reader allows a narrower range of values.",
        "Bên đọc cho phép khoảng giá trị hẹp hơn.",
        "Keep the limits or widen them.",
        "Giữ hoặc nới giới hạn.",
    ),
    "digits-narrowed": _rule(
        "The reader allows fewer digits.",
        "Bên đọc cho phép ít chữ số hơn.",
        "Keep totalDigits and fractionDigits or raise them.",
        "Giữ hoặc tăng totalDigits và fractionDigits.",
    ),
    "white-space-changed": _rule(
        "White space is handled otherwise.",
        "Khoảng trắng được xử lý khác.",
        "Keep whiteSpace.",
        "Giữ whiteSpace.",
    ),
}
CAUTIONS: Final[dict[str, Rule]] = {
    "default-changed": _rule(
        "The value that {0} has where it is left out or empty is another one.",
        "Giá trị của {0} khi bị bỏ hoặc để trống đã khác.",
        "Keep the default, or tell those who read it.",
        "Giữ giá trị mặc định, hoặc báo cho bên dùng.",
    ),
    "type-name-gone": _rule(
        "Type {0} is gone; no document can name it, but other schemas may.",
        "Kiểu {0} không còn; không tài liệu nào nêu được tên đó, nhưng lược đồ khác có thể dùng.",
        "Keep the named type where other schemas refer to it.",
        "Giữ kiểu có tên nếu lược đồ khác dẫn tới nó.",
    ),
}

_UNKNOWN: Final[dict[str, Text]] = {
    "xsd-1.1": Text(
        vi="Lược đồ dùng XSD 1.1 ({}); chỉ XSD 1.0 được so sánh.",
        en="The schema uses XSD 1.1 ({}); only XSD 1.0 is compared.",
    ),
    "budget-spent": Text(
        vi="So sánh cần nhiều việc hơn giới hạn ({}).", en="The comparison takes more work than allowed ({})."
    ),
    "witness-unconfirmed": Text(
        vi="Không chứng minh được là tương thích (quy tắc {}), cũng không có tài liệu nào cho thấy điều ngược lại.",
        en="Not proven compatible (rule {}), and no document was found that shows the contrary.",
    ),
}


def finding(doubt: Doubt) -> Finding:
    """A confirmed doubt, or a caution, in words."""
    rule = RULES.get(doubt.rule) or CAUTIONS[doubt.rule]
    return Finding(doubt.rule, doubt.writer.place(), doubt.reader.place(), _filled(rule.said, doubt.about), rule.mend)


def unknown_text(rule: str, what: str) -> Text:
    """Why nothing is decided."""
    said = _UNKNOWN[rule]
    return Text(vi=said.vi.replace("{}", what), en=said.en.replace("{}", what))


def _filled(text: Text, about: tuple[str, ...]) -> Text:
    vi, en = text.vi, text.en
    for index, name in enumerate(about):
        short = name if len(name) <= _LONGEST_NAME else f"{name[:_LONGEST_NAME]}…"
        vi, en = vi.replace(f"{{{index}}}", short), en.replace(f"{{{index}}}", short)
    return Text(vi=vi, en=en)
