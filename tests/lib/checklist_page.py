"""The checklist as the manual shows it, printed from its data."""

from __future__ import annotations

from collections.abc import Iterator

from bus.kit.check.checklist import GROUPS, Group, load

BEGIN, END = "<!-- checklist -->\n", "<!-- /checklist -->"


def filled(text: str) -> str:
    """The page with the table of the newest version in its place."""
    before, _, rest = text.partition(BEGIN)
    _, _, after = rest.partition(END)
    return before + BEGIN + "\n".join(_lines()) + "\n" + END + after


def _lines() -> Iterator[str]:
    checklist = load()
    yield f"Version {checklist.version}. {checklist.source.en}"
    yield ""
    yield f"*Phiên bản {checklist.version}. {checklist.source.vi}*"
    for group in Group:
        yield ""
        yield f"### {GROUPS[group].en} · {GROUPS[group].vi}"
        yield ""
        yield "| row | what must hold | how it is judged | figures |"
        yield "|---|---|---|---|"
        for row in checklist.group(group):
            figures = ", ".join(f"`{name}` {value:g}" for name, value in row.limits.items())
            yield f"| {row.number} | {row.en}<br>*{row.vi}* | {row.how_en}<br>*{row.how_vi}* | {figures} |"
