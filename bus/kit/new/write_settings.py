"""The adapter's own settings, as TOML that `adapters.kinds.build` takes.

Promises: operations that cannot work yet stand as notes, whole, so that nothing half bound is ever asked; each open
field is a note beside the map that it would belong to; no secret, no value of the system's data. Leaves out checking
(`make` builds the adapter from what was written).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import groupby

from bus.kit.new.choices import Choice, Chosen
from bus.kit.new.lines import Line, answer_lines, note, question_lines
from bus.kit.new.names import field_name
from bus.kit.new.plan import Plan
from bus.kit.new.toml_text import commented, key, lines, remark, value


def settings_toml(plan: Plan) -> str:
    """The whole file."""
    described, service = plan.described, plan.service
    top = {name: one for name, one in described.settings.items() if not isinstance(one, Mapping)}
    tables = {name: one for name, one in described.settings.items() if isinstance(one, Mapping)}
    head = [
        f'# {service.id}, kind "{described.kind}", made by `lienthong adapter new` from {described.source}.',
        remark(described.title),
        "# Dòng ghi chú chờ bạn quyết định. Lines that are notes wait for you: docs/kit.md.",
        "",
    ]
    body = [*lines(top), "timeout_s = 10.0"]
    if described.kind == "rest" and any(one.operation.call.get("reply") == "xml" for one in plan.working):
        body.append('replies = "xml"')
    for name, table in tables.items():
        body += ["", f"[{key(name)}]", *lines(table)]
    body += [
        "",
        "# Mã lỗi của hệ thống. The system's own codes, as its manual has them: docs/adapters.md §7.",
        *commented(["[faults]", '"001" = "no-match"', '"004" = "not-licensed"']),
    ]
    for chosen in plan.working:
        body += ["", *_operation(plan, chosen)]
    for chosen in plan.waiting:
        asked = ", ".join(chosen.missing)
        body += ["", remark(f"Waits for you: {asked}"), *commented(_operation(plan, chosen))]
    if described.left or any(one.operation.left for one in (*plan.working, *plan.waiting)):
        body += ["", "# Left out, and by which rule:", *commented(_left(plan))]
    return "\n".join([*head, *body]) + "\n"


def _left(plan: Plan) -> Iterator[str]:
    rows = [("", one) for one in plan.described.left]
    rows += [(one.operation.name, left) for one in (*plan.working, *plan.waiting) for left in one.operation.left]
    for operation, left in rows:
        yield f"{operation} {left.what}: {left.rule} {left.place}".strip()


def _operation(plan: Plan, chosen: Chosen) -> list[str]:
    operation = chosen.operation
    name = f"operations.{operation.name}"
    made = [f"[{name}]", *_call(plan, chosen)]
    made += _map("question", question_lines(plan, _bound(chosen.question)), chosen.question)
    made += ["", f"[{name}.answer]"]
    if operation.records is not None:
        made.append(f"records = {value(operation.records)}")
    if operation.name in plan.service.lists:
        made.append('list_as = "items"')
    elif operation.many:
        made += commented([f"Several records are refused; `--list {operation.name}` answers them all."])
    same = _same(chosen)
    if same and plan.described.kind != "sql":
        made.append(f"same = {value(same)}")
    made += _map("fields", list(_answer_lines(plan, chosen)), chosen.answer)
    return made


def _call(plan: Plan, chosen: Chosen) -> list[str]:
    """What the kind needs to put the question."""
    operation = chosen.operation
    call = operation.call
    if plan.described.kind == "soap":
        return [f"call = {value(call['call'])}", "require = []"]
    if plan.described.kind == "sql":
        return [f"sql = {value(_select(chosen))}"]
    made = [f"method = {value(call['method'])}", f"path = {value(call['path'])}"]
    if "code" in call:
        good = value({"code": call["code"], "ok": ["…"]})
        made += commented([f"outcome = {good}: the codes that mean success, as the manual has them"])
    if operation.statuses:
        return [*made, f"statuses = {value(operation.statuses)}"]
    return [*made, *commented(['statuses = { 404 = "no-match" }: if a wrong path cannot give 404, too'])]


def _select(chosen: Chosen) -> str:
    call = chosen.operation.call
    columns = [one.source.place for one in chosen.answer if one.state == "term"]
    keys = [one.source.place for one in _bound(chosen.question)]
    table = ".".join(map(_quoted, filter(None, (call.get("schema"), call["table"]))))
    where = " AND ".join(f"{_quoted(one)} = :{field_name(one)}" for one in keys)
    written = ("SELECT", ", ".join(map(_quoted, columns)) or "1", "FROM", table, *(("WHERE", where) if where else ()))
    return " ".join(written)


def _quoted(name: str) -> str:
    if name.isascii() and name.isidentifier() and name.islower():
        return f'"{name}"' if name in _WORDS else name
    return '"' + name.replace('"', '""') + '"'


_WORDS = frozenset({"order", "group", "select", "from", "where", "table", "user", "end", "limit", "all", "and", "or"})


def _bound(choices: tuple[Choice, ...]) -> list[Choice]:
    return [one for one in choices if one.state in {"term", "fact", "constant", "secret"}]


def _map(name: str, rows: list[Line], choices: tuple[Choice, ...]) -> list[str]:
    """A field map, one line per field, with notes for what is open."""
    notes = [f"    {remark(note(one))}" for one in choices if one.state in {"open", "out"}]
    return [f"{name} = [", *(f"    {value(row)}," for row in rows), *notes, "]"]


def _answer_lines(plan: Plan, chosen: Chosen) -> Iterator[Line]:
    """Fields of the record; those of a list inside it as one line of its own."""
    bound = [one for one in chosen.answer if one.state == "term"]
    for group, members in groupby(bound, key=_group):
        rows = list(members)
        if "[]." not in rows[0].source.place:
            yield from answer_lines(plan, rows)
            continue
        inner = answer_lines(plan, rows, inner=True)
        yield {"to": list_name(group), "from": group, "as": "list", "fields": inner}


def _group(one: Choice) -> str:
    """The list that a field stands in, or nothing."""
    before, inside, _ = one.source.place.partition("[].")
    return before if inside else ""


def list_name(place: str) -> str:
    """The member that holds a list."""
    return field_name(place.rpartition(".")[2].rstrip("!"))


def _same(chosen: Chosen) -> dict[str, str]:
    """What must be equal in question and record, so that the record is about whom was asked."""
    asked = {one.target: one.name for one in chosen.question if one.state == "term" and not one.forms and not one.codes}
    return {
        one.source.place: f"body.{asked[one.target]}"
        for one in chosen.answer
        if one.state == "term"
        and one.target in asked
        and "[]" not in one.source.place
        and one.source.type == "text"
        and not one.source.parts
    }
