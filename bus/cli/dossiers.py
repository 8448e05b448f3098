"""How a dossier and a refusal look on a terminal."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rich.console import Group, RenderableType
from rich.markup import escape
from rich.text import Text

from bus.app.counter import Resolved
from bus.cli.output import table


def shown(one: Resolved, language: str) -> RenderableType:
    """A resolved dossier as a table, or its problem."""
    return _resolved(one, language) if one.done else refused(one.body, language)


def _resolved(one: Resolved, language: str) -> RenderableType:
    body = one.body
    title = f"{body['dossier']}  {body['procedure']}  {one.title['en' if language == 'en' else 'vi']}"
    columns = ("requirement", "satisfied by", "service", "receipt (asked, outcome)", "or left to the citizen, because")
    rows = [_row(line, language) for line in body["lines"]]
    left = len(body["left_to_citizen"])
    closing = (
        f"[bold green]{body['spared']}[/] paper(s) spared, {left} left to the citizen; "
        f"the bus took {body['took_ms']} ms, the counter waited {one.took_ms} ms\n"
    )
    return Group(table(title, columns, rows), Text.from_markup(closing))


def _row(line: Mapping[str, Any], language: str) -> tuple[str, ...]:
    sources = line["sources"]
    agencies = dict.fromkeys((one.get("agency_name") or {}).get(language, "") for one in sources)
    services = dict.fromkeys(f"{one['service']}.{one['operation']}" for one in sources if one.get("operation"))
    receipts = [f"{one['asked']}, {one['outcome']}" for one in sources if one.get("asked") is not None]
    gap = line.get("reason") or ""
    met = "\n".join(filter(None, agencies)) if not gap else ""
    return line["name"][language], met, "\n".join(services) if not gap else "", "\n".join(receipts), gap


def refused(problem: Mapping[str, Any], language: str) -> RenderableType:
    """A problem; for the guard's refusal, per field who holds it, through which service, on which legal basis."""
    text = problem.get("text", {}).get(language, problem.get("title", ""))
    place = f" at {problem['place']}" if problem.get("place") else ""
    fault = f", fault at {problem['fault_at']}" if problem.get("fault_at") else ""
    head = Text.from_markup(
        f"[bold red]{problem.get('number', '')}[/] {escape(str(text))}{escape(place)}{escape(fault)}"
    )
    guard = problem.get("guard")
    if not guard:
        return head
    rows = [
        (
            field["field"],
            held["agency"],
            f"{held['service']}.{held['operation']}",
            held["basis"],
            held["agreement"] or "-",
        )
        for field in guard["fields"]
        if not field["allowed"]
        for held in field["held_by"]
    ]
    return Group(head, table("", ("field", "held by", "service", "legal basis", "agreement"), rows))
