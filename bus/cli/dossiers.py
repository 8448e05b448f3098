"""How a dossier and a refusal look on a terminal of 80 columns, in Vietnamese or English."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from rich.console import Group, RenderableType
from rich.markup import escape
from rich.text import Text

from bus.app.counter import Resolved
from bus.cli.options import Tongue
from bus.cli.output import table

_DOSSIER: Final = {
    "vi": ("thành phần hồ sơ", "đã có từ, hoặc công dân phải nộp vì", "biên nhận"),
    "en": ("requirement", "satisfied by, or left to the citizen because", "receipt"),
}
_REFUSAL: Final = {
    "vi": ("trường", "cơ quan đang giữ, qua dịch vụ", "căn cứ pháp lý", "thỏa thuận"),
    "en": ("field", "held by, through", "legal basis", "agreement"),
}
_CLOSING: Final = {
    "vi": "[bold green]{spared}[/] giấy tờ không phải nộp, {left} còn lại cho công dân; trục mất {bus} ms, "
    "quầy chờ {counter} ms\n",
    "en": "[bold green]{spared}[/] papers spared, {left} left to the citizen; the bus took {bus} ms, "
    "the counter waited {counter} ms\n",
}


def shown(one: Resolved, tongue: Tongue) -> RenderableType:
    """A resolved dossier as a table, or its problem."""
    return _resolved(one, tongue) if one.done else refused(one.body, tongue)


def _resolved(one: Resolved, tongue: Tongue) -> RenderableType:
    body = one.body
    title = f"{body['dossier']}  {body['procedure']}  {one.title[tongue.value]}"
    rows = [_row(line, tongue) for line in body["lines"]]
    closing = _CLOSING[tongue].format(
        spared=body["spared"], left=len(body["left_to_citizen"]), bus=body["took_ms"], counter=one.took_ms
    )
    return Group(table(title, _DOSSIER[tongue], rows), Text.from_markup(closing))


def _row(line: Mapping[str, Any], tongue: Tongue) -> tuple[str, str, str]:
    sources = line["sources"]
    receipts = [f"{one['asked']}, {one['outcome']}" for one in sources if one.get("asked") is not None]
    if line["reason"]:
        result = f"✘ {line['reason_text'][tongue]} [{line['reason']}]"
    else:
        result = "\n".join(dict.fromkeys(f"✔ {_source(one, tongue)}" for one in sources))
    return line["name"][tongue], result, "\n".join(receipts)


def _source(source: Mapping[str, Any], tongue: Tongue) -> str:
    return f"{source['agency_name'][tongue]}\n  {_within(source['service'])}.{source['operation']}"


def _within(service: str) -> str:
    """A service without its agency's id, where the agency's name stands beside it."""
    return service.partition("/")[2]


def refusal_heading(tongue: Tongue) -> str:
    """What stands over the worked refusal."""
    texts = {
        "vi": "Và một biểu mẫu bị từ chối, vì hỏi điều mà cơ quan khác đã có:",
        "en": "And a form that asks for what an agency already holds is refused:",
    }
    return f"[bold]{texts[tongue]}[/]"


def refused(problem: Mapping[str, Any], tongue: Tongue) -> RenderableType:
    """A problem; for the guard's refusal, per field who holds it, through which service, on which legal basis."""
    text = problem.get("text", {}).get(tongue, problem.get("title", ""))
    more = [f"{name} {problem[name]}" for name in ("rule", "place", "fault_at", "correlation") if problem.get(name)]
    head = Text.from_markup(
        f"[bold red]{problem.get('number', '')}[/] {escape(str(text))}\n[dim]{escape(', '.join(more))}[/]"
    )
    guard = problem.get("guard")
    return Group(head, table("", _REFUSAL[tongue], _held(guard, tongue))) if guard else head


def _held(guard: Mapping[str, Any], tongue: Tongue) -> Iterator[tuple[str, str, str, str]]:
    for field in guard["fields"]:
        name = field["field"]
        for held in field["held_by"] if not field["allowed"] else ():
            where = f"{held['agency_name'][tongue]}\n  {_within(held['service'])}.{held['operation']}"
            yield name, where, f"{held['basis_text'][tongue]} [{held['basis']}]", held["agreement"] or "-"
            name = ""
