"""The words of findings and of what is unknown. A closed list; rules are stable.

Most rules are made of a keyword: ``maximum-added`` (only the reader has it) and ``maximum-narrowed`` (the reader's is
stricter). The others are listed here.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, NamedTuple

from registry.model import Text


class Words(NamedTuple):
    """What is said, and how to mend it. ``{name}`` is a property, ``{keyword}`` a keyword, ``{part}`` a part."""

    said: Text
    mend: Text


_KEEP: Final = Text(
    vi="Giữ nguyên như bên viết, hoặc nới rộng thay vì thu hẹp.",
    en="Keep it as the writer has it, or widen it instead.",
)
ADDED: Final = Words(
    Text(
        vi="Bên đọc đặt thêm {keyword} cho {part}, bên viết không có.",
        en="The reader sets {keyword} for {part}, which the writer does not.",
    ),
    Text(
        vi="Bỏ {keyword}, hoặc đưa ràng buộc mới vào một phiên bản lớn mới.",
        en="Drop {keyword}, or bring the new constraint with a new major version.",
    ),
)
NARROWED: Final = Words(
    Text(
        vi="{keyword} của bên đọc cho {part} chặt hơn của bên viết.",
        en="The reader's {keyword} for {part} is stricter than the writer's.",
    ),
    _KEEP,
)
CHANGED: Final = Words(
    Text(
        vi="{keyword} đã khác: tài liệu vẫn được nhận nhưng có thể được hiểu khác.",
        en="{keyword} differs: documents are accepted, but may be read as something else.",
    ),
    Text(
        vi="Giữ {keyword} cũ, hoặc báo cho bên dùng trước khi đổi.",
        en="Keep the old {keyword}, or tell those who use it before it changes.",
    ),
)
FINDINGS: Final[Mapping[str, Words]] = {
    "property-became-required": Words(
        Text(
            vi="Trường “{name}” trở thành bắt buộc; bên viết cho phép thiếu.",
            en="Property “{name}” became required; the writer may leave it out.",
        ),
        Text(
            vi="Để “{name}” tuỳ chọn, hoặc cho một default và bật chính sách required-with-default.",
            en="Leave “{name}” optional, or give it a default and switch on the required-with-default policy.",
        ),
    ),
    "property-required-unknown": Words(
        Text(
            vi="Bên đọc đòi trường “{name}” mà bên viết không khai báo.",
            en="The reader requires property “{name}”, which the writer does not declare.",
        ),
        Text(
            vi="Thêm “{name}” là tuỳ chọn trước, chỉ đòi hỏi ở phiên bản lớn mới.",
            en="Add “{name}” as optional first; require it only in a new major version.",
        ),
    ),
    "property-removed": Words(
        Text(
            vi="Trường “{name}” bị bỏ khỏi một đối tượng đóng; bên viết vẫn gửi nó.",
            en="Property “{name}” was removed from a closed object; the writer may still send it.",
        ),
        Text(
            vi="Giữ “{name}” và đánh dấu deprecated, hoặc mở đối tượng (additionalProperties).",
            en="Keep “{name}” and mark it deprecated, or open the object (additionalProperties).",
        ),
    ),
    "object-closed": Words(
        Text(
            vi="Đối tượng ở {part} bị đóng; bên viết cho phép thêm trường bất kỳ.",
            en="The object at {part} was closed; the writer allows further properties.",
        ),
        Text(
            vi="Để đối tượng mở, hoặc dùng chính sách LENIENT nếu bên viết chỉ gửi trường đã khai báo.",
            en="Leave the object open, or use the LENIENT policy if writers send declared properties only.",
        ),
    ),
    "property-added-to-open": Words(
        Text(
            vi="Bên đọc ràng buộc “{name}”, còn đối tượng mở của bên viết có thể đã chứa bất cứ gì ở đó.",
            en="The reader constrains “{name}”, where the writer's open object may already hold anything.",
        ),
        Text(
            vi="Đóng đối tượng ngay từ đầu (additionalProperties: false), hoặc dùng chính sách LENIENT.",
            en="Close the object from the start (additionalProperties: false), or use the LENIENT policy.",
        ),
    ),
    "one-of-overlaps": Words(
        Text(
            vi="Tài liệu khớp nhiều nhánh oneOf của bên đọc ở {part}.",
            en="The document matches several oneOf branches of the reader at {part}.",
        ),
        Text(
            vi="Làm các nhánh loại trừ nhau, hoặc dùng anyOf.", en="Make the branches exclude each other, or use anyOf."
        ),
    ),
    "refused-everything": Words(
        Text(vi="Bên đọc không nhận gì ở {part}.", en="The reader accepts nothing at {part}."),
        _KEEP,
    ),
    "refused": Words(
        Text(vi="Bên đọc từ chối tài liệu.", en="The reader refuses the document."),
        _KEEP,
    ),
}
UNKNOWN: Final[Mapping[str, Text]] = {
    "budget-spent": Text(
        vi="So sánh cần nhiều bước hơn ngân sách cho phép.", en="The comparison needs more steps than its budget."
    ),
    "witness-unconfirmed": Text(
        vi="Tìm được một tài liệu phản chứng nhưng bộ kiểm tra độc lập không xác nhận.",
        en="A counterexample was found, but the independent validator does not confirm it.",
    ),
    "witness-too-large": Text(
        vi="Phản chứng, nếu có, quá lớn để đưa ra.", en="A counterexample, if there is one, is too large to show."
    ),
    "pattern-unsupported": Text(
        vi="Một pattern dùng cú pháp không quyết định được (nhìn trước/sau, tham chiếu ngược).",
        en="A pattern uses what is not decided (look-around, back-references).",
    ),
    "format-unknown": Text(
        vi="Một format không thuộc bản nháp; nó chỉ so được với chính nó.",
        en="A format is not in the draft; it is only known to equal itself.",
    ),
    "format-undecided": Text(
        vi="Không quyết định được hai format này so với ràng buộc khác.",
        en="How this format relates to the other constraints is not decided.",
    ),
    "keyword-disputed": Text(
        vi="dependencies không còn trong bản nháp này và các bộ kiểm tra xử lý khác nhau.",
        en="dependencies is no longer in this draft, and validators differ about it.",
    ),
    "reference-dynamic": Text(
        vi="Tham chiếu động có nhiều đích có thể.", en="A dynamic reference has several possible targets."
    ),
    "unevaluated-undecided": Text(
        vi="unevaluatedProperties/unevaluatedItems phụ thuộc quá nhiều nhánh.",
        en="unevaluatedProperties or unevaluatedItems depends on too many branches.",
    ),
    "unique-undecided": Text(
        vi="uniqueItems cùng với contains chưa quyết định được.", en="uniqueItems beside contains is not decided here."
    ),
    "too-many-counts": Text(vi="Quá nhiều ràng buộc contains cùng lúc.", en="Too many contains constraints at once."),
    "too-many-name-classes": Text(
        vi="Quá nhiều lớp tên trường (patternProperties…) cùng lúc.",
        en="Too many classes of property names (patternProperties and the like) at once.",
    ),
    "numbers-too-long": Text(vi="Số quá dài để tính.", en="Numbers are too long to compute with."),
    "numbers-too-sparse": Text(
        vi="Không tìm được số nào và cũng không chứng minh được là không có.",
        en="No number was found, and it is not shown that there is none.",
    ),
}
