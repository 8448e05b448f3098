"""One choice → one line of a field map, in the adapter's words (docs/adapters.md §3).

Promises: a line that is not sure is never anything but a note. Leaves out the rest of the settings (`write_settings`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from bus.kit.new.choices import Choice
from bus.kit.new.dictionary import Term
from bus.kit.new.names import field_name
from bus.kit.new.plan import Plan
from bus.kit.new.terms import is_dated
from bus.kit.new.toml_text import value

ISO = "yyyy-MM-dd"
Line = dict[str, object]


def question_lines(plan: Plan, choices: Sequence[Choice]) -> list[Line]:
    """The lines that fill the system's request. Two forms of one date go where each belongs, and only there."""
    counts = Counter(one.target for one in choices if one.state == "term")
    made = []
    for one in choices:
        line = question_line(plan, one)
        if one.forms and counts[one.target] > 1:
            only = {"forms": ["yyyy"]} if one.forms[0] == "yyyy" else {"as": "date", "forms": [ISO]}
            line |= {**only, "skip_other_forms": True}
        made.append(line)
    return made


def question_line(plan: Plan, one: Choice) -> Line:
    """The line that fills one field of the system's request."""
    place = one.source.place
    line: Line = {"to": field_name(place) if plan.described.kind == "sql" else place}
    if one.state == "constant":
        return {**line, "constant": one.target}
    if one.state == "secret":
        return {**line, "from": f"secret.{one.target}", "required": True}
    if one.state == "fact":
        return {**line, "from": one.target, **({"required": True} if one.source.required else {})}
    line["from"] = f"body.{one.name}"
    line |= _question_type(one, plan.term(one.target))
    return {**line, **({"required": True} if one.source.required else {})}


def _question_type(one: Choice, term: Term) -> Line:
    if one.forms:
        write = one.forms[0]
        if write == ISO:
            return {"as": "partial-date" if term.type == "string" else "date", "forms": _ours(term)}
        kind = "partial-date" if "dd" not in write else "date"
        return {"as": kind, "forms": [ISO] if "dd" in write else _ours(term), "write": write}
    if term.type == "code":
        return {"as": "code", "codes": {ours: theirs for theirs, ours in reversed(list(one.codes.items()))}}
    return {"as": term.type} if term.type in {"boolean", "number"} else {}


def _ours(term: Term) -> list[str]:
    """How the bus writes a day: where only a year may be known, so too."""
    return [ISO, "yyyy"] if term.type == "string" else [ISO]


def answer_lines(plan: Plan, choices: Sequence[Choice], *, inner: bool = False) -> list[Line]:
    """The lines that read a record: fields that share a term are one line, the first that holds something counts."""
    made: dict[str, Line] = {}
    for one in choices:
        line = answer_line(plan, one, inner=inner)
        first = made.setdefault(one.name, line)
        if first is not line:
            known = first["from"]
            first["from"] = [*(known if isinstance(known, list) else [known]), line["from"]]
            if isinstance(forms := first.get("forms"), list) and isinstance(more := line.get("forms"), list):
                whole = dict.fromkeys([*forms, *more])
                first["forms"] = sorted(whole, key=lambda form: form == "yyyy")
    return list(made.values())


def answer_line(plan: Plan, one: Choice, *, inner: bool = False) -> Line:
    """The line that reads one field of the system's record."""
    term = plan.term(one.target)
    place = one.source.place.partition("[].")[2] if inner else one.source.place
    line: Line = {"to": one.name, "from": place}
    if one.source.parts:
        line |= {"parts": list(one.source.parts)}
    if is_dated(one.source, term):
        partial = term.type == "string"  # births by year alone are normal: such a term takes them
        forms = [*one.forms, *(("yyyy",) if partial and "yyyy" not in one.forms else ())]
        line |= {"as": "partial-date" if partial else "date", "forms": forms}
    elif term.type == "code":
        line |= {"as": "code", "codes": dict(one.codes)}
    elif term.type in {"boolean", "number"}:
        line |= {"as": term.type}
    if one.source.required:
        line["required"] = True
    return line if inner else {**line, "term": one.target}


def note(one: Choice) -> str:
    """An open field as a note: what it may be, how sure that is, and why."""
    demanded = ", demanded by the system" if one.source.required else ""
    if one.state == "out":
        return f"{value(one.source.place)}: left out, as you said."
    if not one.suggestions:
        return f"{value(one.source.place)}: nothing in the dictionary is like it{demanded}."
    shown = "; ".join(f"{s.term} ({s.sureness}, {s.score:.2f}: {s.why.en})" for s in one.suggestions[:2])
    rules = {
        "no-form": "say how its dates look: --form",
        "no-codes": "say what its codes mean: --codes",
        "taken": "another field holds that term",
    }
    more = f" [{rules[one.rule]}]" if one.rule in rules else ""
    return f"{value(one.source.place)}: {shown}{more}{demanded}"
