"""Why a requirement is left to the citizen, in words: one text per reason, in Vietnamese and English.

Promises: one entry per `GapReason`, checked at import; nothing in a text comes from a record.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from registry.procedures import GapReason
from schemas.text import Bilingual

TEXTS: Final[Mapping[GapReason, Bilingual]] = {
    GapReason.NO_PROVIDER: {"vi": "Chưa có cơ quan nào cung cấp qua trục", "en": "No agency offers it on the bus yet"},
    GapReason.NO_AGREEMENT: {
        "vi": "Có cơ quan đang giữ, nhưng chưa có thỏa thuận chia sẻ",
        "en": "An agency holds it, but there is no agreement to share it",
    },
    GapReason.CITIZEN_MUST_SUPPLY: {"vi": "Chỉ công dân mới khai được", "en": "Only the citizen can say it"},
    GapReason.NO_MATCH: {"vi": "Không tìm thấy, hoặc không đúng điều kiện", "en": "Not found, or not as required"},
    GapReason.SEVERAL_MATCHES: {"vi": "Tìm thấy nhiều bản ghi trùng", "en": "More than one record fits"},
    GapReason.REFUSED: {"vi": "Bị từ chối", "en": "Refused"},
    GapReason.PROVIDER_DOWN: {"vi": "Cơ quan cung cấp không trả lời", "en": "The agency that has it does not answer"},
    GapReason.MISMATCH: {
        "vi": "Họ tên hoặc ngày sinh lệch giữa các cơ quan: cán bộ xem xét",
        "en": "Name or birth differs between agencies: for an official to review",
    },
    GapReason.BAD_ANSWER: {"vi": "Câu trả lời không dùng được", "en": "The answer cannot be used"},
    GapReason.OUTCOME_UNKNOWN: {"vi": "Không rõ kết quả", "en": "Nobody knows how the question ended"},
    GapReason.NOT_ASKED: {"vi": "Hết thời gian trước khi kịp hỏi", "en": "Time ran out before it could be asked"},
}
if missing := set(GapReason) - set(TEXTS):
    raise AssertionError(f"reasons without a text: {sorted(missing)}")


def text_of(reason: str) -> Bilingual:
    """The words for one reason."""
    return TEXTS[GapReason(reason)]
