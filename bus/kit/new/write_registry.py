"""What the registrar is asked to take up: service, schemas, new terms, an agreement; as files of an authored folder.

Promises: dropped into a folder that has the agency and its system, they add no mistake (docs/registry.md); values of a
term look as other schemas of the folder have them. Leaves out the agency's own entry, which the directory's keys sign.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Final

from bus.kit.new.choices import Choice, Chosen
from bus.kit.new.dictionary import Term
from bus.kit.new.plan import Plan
from bus.kit.new.terms import is_dated
from bus.kit.new.toml_text import lines
from bus.kit.new.write_settings import list_name
from registry.shapes import TERM

DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"
_DAY: Final = "[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])"
_MAX_TEXT: Final = 1000
_MAX_ITEMS: Final = 100
_SIMPLE_PATTERN: Final = re.compile(
    r"\^?((\[[0-9A-Za-z\-]{1,12}\]|\\d|[A-Za-z0-9/\-])(\{\d{1,3}(,\d{1,3})?\}|[+*?])?)+\$?"
)
Object = dict[str, object]


def registry_files(plan: Plan) -> dict[str, str]:
    """Path inside the authored folder → content."""
    name = plan.service.file_name
    files = {f"services/{name}.toml": _service(plan)}
    for chosen in plan.working:
        for direction, document in (("question", _question(plan, chosen)), ("answer", _answer(plan, chosen))):
            files[f"schemas/{subject(plan, chosen, direction)}/1.json"] = _json(document)
    if plan.proposed:
        files[f"dictionary/{name}.toml"] = "\n".join(_terms(plan))
    if plan.service.consumer is not None:
        files[f"agreements/{name}.toml"] = _agreement(plan)
    return files


def subject(plan: Plan, chosen: Chosen, direction: str) -> str:
    """A schema's name: system, service, operation and direction."""
    return f"{plan.service.short}-{chosen.operation.name}-{direction}"[:80]


def agreed_terms(plan: Plan) -> list[str]:
    """Every term that an answer can hold."""
    return sorted({one.target for chosen in plan.working for one in chosen.answer if one.state == "term"})


def _service(plan: Plan) -> str:
    service = plan.service
    rows = [
        "# Made by `lienthong adapter new`; the registrar looks it through before it is signed.",
        "[[service]]",
        *lines(
            {
                "id": service.id,
                "name": {"vi": service.name.vi, "en": service.name.en},
                "shape": "shaped",
                "basis": service.basis,
                "subject_scheme": service.subject_scheme,
            }
        ),
    ]
    for chosen in plan.working:
        rows += ["", *_operation(plan, chosen)]
    return "\n".join(rows) + "\n"


def _operation(plan: Plan, chosen: Chosen) -> Iterator[str]:
    operation = chosen.operation
    yield "[[service.operation]]"
    table: Object = {"name": operation.name}
    safe = operation.safe is True or operation.name in plan.service.safe
    if not safe:
        yield "# Until somebody who knows says that asking twice does no harm."
        table["safe"] = False
    table |= {
        "assurance": plan.service.assurance,
        "question": f"{subject(plan, chosen, 'question')}@1",
        "answer": f"{subject(plan, chosen, 'answer')}@1",
        "timeout_ms": 10_000,
        "purposes": list(plan.service.purposes),
    }
    yield from lines(table)


def _question(plan: Plan, chosen: Chosen) -> Object:
    bound = [one for one in chosen.question if one.state == "term"]
    return {
        "$schema": DIALECT,
        "title": f"{chosen.operation.title}: the question",
        **_object(plan, bound),
    }


def _answer(plan: Plan, chosen: Chosen) -> Object:
    document: Object = {"$schema": DIALECT, "title": f"{chosen.operation.title}: the answer"}
    record = _record(plan, chosen)
    if chosen.operation.name not in plan.service.lists:
        return {**document, **record}
    items = {"type": "array", "maxItems": _MAX_ITEMS, "items": record}
    return {**document, "type": "object", "properties": {"items": items}, "required": ["items"]}


def _record(plan: Plan, chosen: Chosen) -> Object:
    bound = [one for one in chosen.answer if one.state == "term"]
    made = _object(plan, [one for one in bound if "[]." not in one.source.place])
    groups: dict[str, list[Choice]] = {}
    for one in bound:
        before, inside, _ = one.source.place.partition("[].")
        if inside:
            groups.setdefault(before, []).append(one)
    properties = made["properties"]
    if isinstance(properties, dict):
        for place, members in groups.items():
            properties[list_name(place)] = {
                "type": "array",
                "maxItems": _MAX_ITEMS,
                "items": _object(plan, members),
            }
    return made


def _object(plan: Plan, bound: list[Choice]) -> Object:
    made: Object = {"type": "object", "additionalProperties": False}
    required = list(dict.fromkeys(one.name for one in bound if one.source.required))
    if required:
        made["required"] = required
    made["properties"] = {one.name: _leaf(plan, one) for one in bound}
    return made


def _leaf(plan: Plan, one: Choice) -> Object:
    """The shape of a value: as other schemas have it, else from what the system says."""
    term = plan.term(one.target)
    known = plan.dictionary.shapes.get(one.target)
    return {**(known or dict(_shape(one, term))), TERM: one.target}


def _shape(one: Choice, term: Term) -> Mapping[str, object]:
    if is_dated(one.source, term):
        pattern = f"^{_DAY}$" if term.type == "date" else "^[0-9]{4}(-(0[1-9]|1[0-2])(-(0[1-9]|[12][0-9]|3[01]))?)?$"
        return {"type": "string", "pattern": pattern}
    if term.type == "code":
        return {"type": "string", "enum": sorted(set(one.codes.values()))}
    if term.type in {"boolean", "number"}:
        return {"type": term.type}
    made: Object = {"type": "string", "minLength": 1, "maxLength": min(one.source.max_length or 500, _MAX_TEXT)}
    pattern = one.source.pattern.replace(r"\d", "[0-9]")
    if one.source.pattern and _SIMPLE_PATTERN.fullmatch(one.source.pattern):
        made["pattern"] = f"^{pattern.removeprefix('^').removesuffix('$')}$"
    return made


def _terms(plan: Plan) -> Iterator[str]:
    yield "# New terms. The words are the system's own: mend them in both languages before they are signed."
    for term in plan.proposed:
        yield ""
        yield "[[term]]"
        yield from lines(
            {
                "id": term.id,
                "name": {"vi": term.name.vi, "en": term.name.en},
                "type": term.type,
                "sensitivity": "personal",
            }
        )
    yield ""


def _agreement(plan: Plan) -> str:
    service = plan.service
    table: Object = {"id": f"ag-{service.file_name}", "consumer": service.consumer}
    if service.consumer_system is not None:
        table["consumer_system"] = service.consumer_system
    table |= {
        "service": service.id,
        "operations": [one.operation.name for one in plan.working],
        "purposes": list(service.purposes),
        "basis": service.basis,
        "terms": agreed_terms(plan),
    }
    rows = [
        "# A draft: both agencies sign the request first (agreement-request.md), the registrar signs this file.",
        "[[agreement]]",
        *lines(table),
        f"valid_from = {plan.today.isoformat()}",
    ]
    return "\n".join(rows) + "\n"


def _json(document: Object) -> str:
    return json.dumps(document, ensure_ascii=False, indent=1) + "\n"
