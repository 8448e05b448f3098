"""What is said of a change of Avro schemas: the difference, and what the author may do instead."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from registry.evolution.verdict import Finding
from registry.model import Text

if TYPE_CHECKING:
    from registry.evolution.avro.resolve import Breach
    from registry.evolution.verdict import Place

_T = tuple[str, str, str, str]

_TEXTS: Final[dict[str, _T]] = {
    "type-changed": (
        "Kiểu ghi là {0}, kiểu đọc là {1}: không đọc được.",
        "What is written is {0}, what reads is {1}: it cannot be read.",
        "Giữ kiểu cũ, hoặc chỉ nới rộng (int, long, float, double), hoặc thêm trường mới có giá trị mặc định.",
        "Keep the type, or only widen it (int, long, float, double), or add a new field with a default.",
    ),
    "name-changed": (
        "Tên kiểu ghi là {0}, tên kiểu đọc là {1}.",
        "The type written is named {0}, the type that reads is named {1}.",
        "Giữ tên cũ, hoặc ghi tên cũ vào aliases của kiểu mới.",
        "Keep the name, or put the old full name among the aliases of the new type.",
    ),
    "size-changed": (
        "Kích thước của {0} khác với {1}.",
        "The sizes of {0} and {1} differ.",
        "Giữ kích thước; kích thước khác là một kiểu khác dưới tên khác.",
        "Keep the size; another size is another type under another name.",
    ),
    "field-without-default": (
        "Trường {0} không có trong dữ liệu được ghi và không có giá trị mặc định.",
        "The field {0} is not in what is written, and has no default.",
        "Cho trường một giá trị mặc định, ví dụ null trong hợp với null đứng đầu; nếu là đổi tên, dùng aliases.",
        "Give the field a default, for instance null in a union that begins with null; if it was renamed, use aliases.",
    ),
    "symbol-removed": (
        "Bên đọc không có các giá trị liệt kê: {0}.",
        "The reader lacks these symbols: {0}.",
        "Giữ các giá trị, hoặc cho kiểu liệt kê của bên đọc một default.",
        "Keep the symbols, or give the reader's enum a default.",
    ),
    "branch-missing": (
        "Hợp của bên đọc không có nhánh nào đọc được {0}.",
        "No branch of the reader's union reads {0}.",
        "Thêm nhánh này vào hợp.",
        "Add this branch to the union.",
    ),
    "decimal-changed": (
        "Số thập phân ghi với (độ chính xác, số chữ số thập phân) {0}, đọc với {1}.",
        "Decimals are written with (precision, scale) {0} and read with {1}.",
        "Giữ precision và scale; số lớn hơn cần một trường mới.",
        "Keep precision and scale; larger numbers need a new field.",
    ),
    "alias-ambiguous": (
        "Bí danh của trường {0} dẫn tới một trường mà trường khác cũng đọc: các thư viện hiểu khác nhau.",
        "An alias of the field {0} leads to a field that another one reads too: libraries differ.",
        "Bỏ bí danh, hoặc đổi tên trường.",
        "Drop the alias, or rename the field.",
    ),
    "union-branch-ambiguous": (
        "Các thư viện chọn nhánh khác nhau của hợp, và một nhánh không đọc được.",
        "Libraries choose different branches of the union, and one of them cannot read.",
        "Đặt tên ngắn khác nhau cho các kiểu trong hợp, hoặc đặt nhánh cùng tên lên trước.",
        "Give the types in the union different short names, or put the branch of the same name first.",
    ),
    "symbol-by-default": (
        "Các giá trị {0} sẽ được đọc thành {1}.",
        "The symbols {0} will be read as {1}.",
        "Thêm các giá trị này nếu phải phân biệt chúng.",
        "Add the symbols if they must be told apart.",
    ),
    "branch-by-short-name": (
        "Theo đặc tả, nhánh đầu tiên cùng tên ngắn sẽ đọc, dù khác không gian tên.",
        "By the specification the first branch of the same short name reads, though its namespace differs.",
        "Đặt tên ngắn khác nhau cho các kiểu trong hợp.",
        "Give the types in the union different short names.",
    ),
    "logical-type-changed": (
        "Kiểu lô-gic ghi là {0}, đọc là {1}: giá trị đọc được nhưng có thể mang nghĩa khác.",
        "The logical type written is {0}, the one that reads {1}: values are read, but may mean something else.",
        "Giữ kiểu lô-gic, hoặc thêm trường mới.",
        "Keep the logical type, or add a new field.",
    ),
    "number-rounded": (
        "Số {0} được đọc thành {1}: số lớn bị làm tròn.",
        "A number {0} is read as {1}: large ones are rounded.",
        "Dùng double cho int, và giữ long cho số lớn.",
        "Take double for int, and keep long for large numbers.",
    ),
    "bytes-as-text": (
        "bytes được đọc thành string: chỉ đọc được nếu là UTF-8.",
        "bytes are read as string: only those in UTF-8 can be.",
        "Giữ bytes nếu dữ liệu không phải văn bản.",
        "Keep bytes unless the data are text.",
    ),
    "writer-without-data": (
        "Không dữ liệu nào thuộc kiểu được ghi: kiểu phải chứa chính nó.",
        "No datum is of the writer's type: it must hold itself.",
        "Cho vòng lặp một lối ra: hợp với null, mảng hoặc map.",
        "Give the recursion an end: a union with null, an array or a map.",
    ),
}
BY_SPECIFICATION: Final = frozenset({"decimal-changed", "name-changed"})
"""Rules that libraries may be laxer about."""
_LAX: Final = Text(
    vi=" (Theo đặc tả; thư viện như fastavro vẫn đọc, có thể sai nghĩa.)",
    en=" (By the specification; libraries such as fastavro read it, perhaps wrongly.)",
)


def finding(breach: Breach, writer: Place, reader: Place, *, is_read: bool = False) -> Finding:
    """Words for a breach. ``is_read``: the library read what the specification refuses."""
    vi, en, mend_vi, mend_en = _TEXTS[breach.rule]
    return Finding(
        breach.rule,
        writer,
        reader,
        Text(
            vi=vi.format(*breach.said) + (_LAX.vi if is_read else ""),
            en=en.format(*breach.said) + (_LAX.en if is_read else ""),
        ),
        Text(vi=mend_vi, en=mend_en),
    )
