"""A use of somebody's data in one sentence, in Vietnamese and English.

Promises: every kind and every outcome has its words, checked at import; nothing in a sentence but names of the
registry.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final, get_args

from schemas.problem_texts import entry_of
from schemas.problems import Code
from schemas.record import Outcome
from schemas.usage import Kind, Named, Usage, Words

KINDS: Final[Mapping[Kind, Words]] = {
    "question": Words("{who} hỏi {whom} về: {what}", "{who} asked {whom} about: {what}"),
    "refused": Words("{who} muốn hỏi {whom} nhưng trục không cho phép", "{who} wanted to ask {whom}; the hub refused"),
    "dossier": Words(
        "{who} mở hồ sơ có tên bạn trong số các bên", "{who} opened a dossier that has you among its parties"
    ),
    "document": Words("{who} gửi văn bản liên quan đến bạn", "{who} sent a document that concerns you"),
    "look": Words("Kiểm tra viên của {who} tra cứu sổ cái về bạn", "An auditor of {who} looked you up in the ledger"),
    "own-look": Words("Chính bạn xem trang này", "You yourself looked at this page"),
}
OUTCOMES: Final[Mapping[Outcome, Words]] = {
    "answered": Words("Đã trả lời", "Answered"),
    "fault": Words("Không có câu trả lời", "Not answered"),
    "refused": Words("Bị từ chối", "Refused"),
    "outcome-unknown": Words("Không rõ kết quả", "Outcome unknown"),
    "opened": Words("Đã mở", "Opened"),
    "gaps": Words("Còn thiếu", "With gaps"),
    "override": Words("Ngoại lệ", "Override"),
    "closed": Words("Đã đóng", "Closed"),
    "published": Words("Đã công bố", "Published"),
}
WAITING: Final = Words("Chưa có kết quả", "No outcome yet")
NOBODY: Final = Words("một cơ quan", "an agency")
DATA: Final = Words("thông tin về bạn", "data about you")
if missing := (set(get_args(Kind)) - set(KINDS)) | (set(get_args(Outcome)) - set(OUTCOMES)):
    raise AssertionError(f"without words: {sorted(missing)}")


def sentence(kind: Kind, who: Named, whom: Named | None, what: Sequence[Named]) -> Words:
    """The line as one sentence."""
    said = KINDS[kind]
    return Words(
        said.vi.format(who=_vi(who), whom=_vi(whom), what=", ".join(map(_vi, what)) or DATA.vi),
        said.en.format(who=_en(who), whom=_en(whom), what=", ".join(map(_en, what)) or DATA.en),
    )


def outcome_words(line: Usage) -> Words | None:
    """How a question ended; None for what has no outcome."""
    if line.kind not in {"question", "refused"}:
        return None
    if line.outcome is None:
        return WAITING
    said = OUTCOMES[line.outcome]  # type: ignore[index] # a line's outcome is its leaf's
    if line.code is None:
        return said
    why = entry_of(Code(line.code))
    if "{" in why.vi + why.en:  # its parameters are the parties' own
        return said
    return Words(f"{said.vi}: {why.vi}", f"{said.en}: {why.en}")


def _vi(one: Named | None) -> str:
    return NOBODY.vi if one is None else one.name.vi if one.name else one.id


def _en(one: Named | None) -> str:
    return NOBODY.en if one is None else one.name.en if one.name else one.id
