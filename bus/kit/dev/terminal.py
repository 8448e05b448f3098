"""The workbench on a terminal: a block per question, columns where it is wide enough, else one below the other."""

from __future__ import annotations

from typing import Final

from rich.console import Group, RenderableType
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from bus.kit.dev.turn import Turn
from bus.kit.dev.workbench import Workbench

WIDE_COLUMNS: Final = 140
_HEADS: Final = {
    "vi": ("câu hỏi", "yêu cầu sau ánh xạ", "trả lời thô", "câu trả lời"),
    "en": ("question", "request as mapped", "raw reply", "answer"),
}


def mistakes_of(bench: Workbench, language: str) -> RenderableType:
    """What a broken edit said."""
    title = {"vi": "tệp có lỗi; bản chạy được gần nhất vẫn dùng", "en": "mistakes; the last working version stays"}
    lines = Text("\n".join(map(str, bench.mistakes)))
    return Panel(lines, title=title[language], title_align="left", border_style="red")


def turn_of(turn: Turn, language: str, width: int) -> RenderableType:
    """One question's way."""
    sent = "\n\n".join(filter(None, [turn.mapped, *(move.sent for move in turn.moves)]))
    came = "\n\n".join(move.came for move in turn.moves)
    cells = (
        "\n".join(filter(None, [turn.question, turn.question_fit])),
        sent,
        came,
        "\n".join(filter(None, [turn.answer, turn.answer_fit])),
    )
    said = [str(one) for one in (turn.reason, turn.place, getattr(turn.hint, language, "")) if one]
    body = _wide(cells, language) if width >= WIDE_COLUMNS else _narrow(cells, language)
    title = f"{turn.operation} {turn.name}".strip() + f", {turn.milliseconds:.1f} ms"
    inner = Group(Text("\n".join(said), style="red"), body) if said else body
    style = "green" if turn.is_well else "red"
    return Panel(inner, title=Text(title), title_align="left", border_style=style)


def _wide(cells: tuple[str, ...], language: str) -> RenderableType:
    made = Table(expand=True, header_style="bold")
    for head in _HEADS[language]:
        made.add_column(head, overflow="fold", ratio=1)
    made.add_row(*map(Text, cells))
    return made


def _narrow(cells: tuple[str, ...], language: str) -> RenderableType:
    parts: list[RenderableType] = []
    for head, cell in zip(_HEADS[language], cells, strict=True):
        parts += [Text(head, style="bold"), Text(cell)]
    return Group(*parts)
