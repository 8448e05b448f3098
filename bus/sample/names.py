"""Names and words the made-up people are put together from.

Promises: common syllables with their diacritics, so that folding and ordering meet what real data brings. Leaves out
frequencies: nothing may be concluded from who is called what.
"""

from __future__ import annotations

from typing import Final

FAMILY: Final = (
    *("Nguyễn", "Nguyễn", "Nguyễn", "Trần", "Trần", "Lê", "Phạm", "Hoàng", "Huỳnh", "Phan", "Vũ", "Võ", "Đặng", "Bùi"),
    *("Đỗ", "Hồ", "Ngô", "Dương", "Lý", "Đinh", "Trịnh", "Đoàn", "Lâm", "Mai", "Tô", "Quách", "Lò", "Vừ", "Ksor"),
)
MIDDLE_MALE: Final = ("Văn", "Hữu", "Đức", "Quốc", "Minh", "Công", "Xuân", "Thanh", "Ngọc", "Đình", "Quang", "")
MIDDLE_FEMALE: Final = ("Thị", "Thị", "Thị Thu", "Thị Ngọc", "Ngọc", "Thanh", "Thị Hồng", "Kim", "Thùy", "Diệu", "")
GIVEN_MALE: Final = (
    *("Hùng", "Dũng", "Tuấn", "Đạt", "Đức", "Hiếu", "Hòa", "Khánh", "Long", "Nghĩa", "Phúc", "Quân", "Sơn", "Thắng"),
    *("Tú", "Việt", "Vượng", "Bảo", "Chiến", "Đông", "Giang", "Hậu", "Kiên", "Lộc", "Mạnh", "Phước", "Thủy", "Trường"),
)
GIVEN_FEMALE: Final = (
    *("Hoa", "Hằng", "Hương", "Lan", "Mai", "Nga", "Nhàn", "Oanh", "Phượng", "Quỳnh", "Thảo", "Thủy", "Trang", "Tuyết"),
    *("Uyên", "Vân", "Xuân", "Yến", "Ánh", "Bích", "Chi", "Đào", "Giang", "Hạnh", "Hòa", "Khuê", "Linh", "Ngân"),
)
ETHNIC: Final = (("01", "Kinh"), ("02", "Tày"), ("03", "Thái"), ("05", "Mường"), ("08", "Mông"), ("11", "Gia-rai"))
"""Code and name, as the population database writes them; picked with a heavy weight on the first."""

STREETS: Final = ("thôn 1", "thôn 2", "thôn Đình", "thôn Chùa", "ngõ 5", "ngõ 12", "tổ 3", "tổ 7", "xóm Mới", "xóm Bến")
TRADES: Final = (
    ("4711", "Bán lẻ lương thực, thực phẩm"),
    ("5610", "Nhà hàng và dịch vụ ăn uống lưu động"),
    ("9631", "Cắt tóc, làm đầu, gội đầu"),
    ("4771", "Bán lẻ hàng may mặc"),
    ("9521", "Sửa chữa thiết bị điện tử gia dụng"),
)

SPELLINGS: Final = (
    ("òa", "oà"),
    ("óa", "oá"),
    ("ùy", "uỳ"),
    ("úy", "uý"),
    ("Hòa", "Hoà"),
    ("Thủy", "Thuỷ"),
)
"""Old and new place of the tone mark: the same name in two spellings."""

MISHEARD: Final = (
    *(("Nhàn", "Nhàng"), ("Ngân", "Ngâng"), ("Hạnh", "Hạn"), ("Hằng", "Hằn"), ("Giang", "Dang"), ("Trang", "Chang")),
    *(("Sơn", "Xơn"), ("Thắng", "Thắn"), ("Đạt", "Đạc"), ("Phước", "Phướt"), ("Quân", "Quâng"), ("Lộc", "Lột")),
)
"""Given names as a clerk heard them: a real disagreement between two registers, for a person to settle."""
