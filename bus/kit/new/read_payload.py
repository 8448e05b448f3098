"""A sample of what a system answers (JSON or XML) → the neutral form, for adapters of kind `rest`.

Promises: names and types are taken from the sample, values are not: only the form of a date is looked at. A string that
holds JSON is opened. Leaves out what a sample cannot tell: which fields are always there, which codes a field may hold.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TypeAlias
from urllib.parse import parse_qsl

import orjson

from adapters.xml_values import plain_xml
from bus.kit.new.addresses import base
from bus.kit.new.described import MAX_FIELDS, Described, FieldType, Left, SourceField, SourceOperation
from bus.kit.new.forms import forms_of
from bus.kit.new.names import registry_name
from bus.kit.new.records import is_envelope, result_code
from bus.kit.new.refused import SourceRefusedError
from bus.kit.new.texts import read_bytes, read_json
from schemas.xml import XmlError, parse

_PARAMETER: Final = re.compile(r"\{([A-Za-z][A-Za-z0-9_]*)\}")
_PATH: Final = re.compile(r"/(?:[A-Za-z0-9._~!$&'()*+,;=:@/\-]|\{[A-Za-z][A-Za-z0-9_]*\})*")
_STEP: Final = re.compile(r"[^.!\s\x00-\x1f]{1,128}")
_DEPTH: Final = 12
Json: TypeAlias = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Call:
    """How the question is put, which a sample of an answer cannot say.

    Attributes:
        path: below the address, with `{parameters}`, and the names of a query: `/nguoi/{number}?birth=`.
        question: a sample of the body that is sent.
    """

    address: str
    method: str = "GET"
    path: str = "/"
    question: Path | None = None


def read_payload(answer: Path, call: Call) -> Described:
    """Read a sample.

    Raises:
        SourceRefusedError: by rule and place.
    """
    path, _, query = call.path.partition("?")
    if not _PATH.fullmatch(path) or ".." in path:
        raise SourceRefusedError("bad-option", "--path")
    value, is_xml = _value(answer)
    left: list[Left] = []
    record, records, many = _record(value)
    outputs = tuple(_fields(record, "", (), answer.name, left))
    inputs = [SourceField(f"path.{name}", (name,), "text", required=True) for name in _PARAMETER.findall(path)]
    inputs += [SourceField(f"query.{name}", (name,), "text") for name, _ in parse_qsl(query, keep_blank_values=True)]
    inputs += _body(call.question, left) if call.question else []
    settings: dict[str, object] = {"base_url": base(call.address, "--address")}
    name = registry_name(path.replace("{", "").replace("}", "") if path != "/" else answer.stem)
    operation = SourceOperation(
        name=name,
        own_name=name,
        title=answer.stem,
        inputs=tuple(inputs),
        outputs=outputs,
        call=_call(call, path, value, is_xml=is_xml, whole=records is None),
        records=records,
        many=many,
        safe=True if call.method.upper() == "GET" else None,
        left=tuple(left),
    )
    return Described("rest", "payload", answer.stem, settings, (operation,))


def _call(call: Call, path: str, value: object, *, is_xml: bool, whole: bool) -> dict[str, str]:
    """Method and path; the system's result code, where one stands beside the record."""
    beside = [name for name, one in value.items() if isinstance(one, str | int)] if isinstance(value, Mapping) else []
    code = None if whole else result_code(beside)
    made = {"method": call.method.upper(), "path": path, **({"reply": "xml"} if is_xml else {})}
    return {**made, "code": code} if code else made


def _value(path: Path) -> tuple[object, bool]:
    data = read_bytes(path)
    if data.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] != b"<":
        return read_json(data, path.name)[0], False
    try:
        return plain_xml(parse(data)), True
    except XmlError as error:
        raise SourceRefusedError(error.rule, f"{path.name}:{error.line}") from None


def _body(path: Path, left: list[Left]) -> list[SourceField]:
    value, is_xml = _value(path)
    if is_xml or not isinstance(value, Mapping):
        raise SourceRefusedError("not-a-payload", path.name)
    found = tuple(_fields(value, "json", (), path.name, left))
    left.extend(Left(one.place, "list", path.name) for one in found if "[]" in one.place or "!" in one.place)
    return [one for one in found if "[]" not in one.place and "!" not in one.place]


def _fields(value: object, place: str, names: tuple[str, ...], file: str, left: list[Left]) -> Iterator[SourceField]:
    count = 0
    for one in _node(value, place, names, left):
        count += 1
        if count > MAX_FIELDS:
            raise SourceRefusedError("too-many-fields", file)
        yield one
    if count == 0:
        raise SourceRefusedError("not-a-payload", file)


def _node(value: object, place: str, names: tuple[str, ...], left: list[Left]) -> Iterator[SourceField]:
    opened = _opened(value)
    if opened is not None:
        yield from _node(opened, f"{place}!", names, left)
    elif isinstance(value, Mapping):
        yield from _members(value, place, names, left)
    elif isinstance(value, list):
        whole = _whole(value)
        if whole and "[]" not in place:
            yield from _members(whole, f"{place}[]", names, left)
        elif place:
            left.append(Left(place, "list"))
    elif names:
        kind, forms = _typed(value)
        yield SourceField(place, names, kind, forms=forms)


def _members(value: Json, place: str, names: tuple[str, ...], left: list[Left]) -> Iterator[SourceField]:
    for name, child in value.items():
        below = f"{place}.{name}" if place else name
        if not _STEP.fullmatch(name) or len(names) > _DEPTH:
            left.append(Left(below, "bad-name"))
        else:
            yield from _node(child, below, (*names, name), left)


def _whole(items: list[object]) -> dict[str, object]:
    """One member that has all that any of them has."""
    whole: dict[str, object] = {}
    for item in items:
        if isinstance(item, Mapping):
            whole |= {str(name): child for name, child in item.items() if child is not None or name not in whole}
    return whole


def _opened(value: object) -> Json | list[object] | None:
    """JSON inside a string, as real portals send it."""
    if not isinstance(value, str) or value.lstrip()[:1] not in {"{", "["}:
        return None
    try:
        found = orjson.loads(value)
    except orjson.JSONDecodeError:
        return None
    return found if isinstance(found, dict | list) else None


def _typed(value: object) -> tuple[FieldType, tuple[str, ...]]:
    if isinstance(value, bool):
        return "boolean", ()
    if isinstance(value, int):
        return "integer", ()
    if isinstance(value, float):
        return "number", ()
    return "text", forms_of([value]) if isinstance(value, str) and value.strip() else ()


def _record(value: object) -> tuple[object, str | None, bool]:
    """One record of the sample, where records stand, and whether there may be several."""
    if isinstance(value, list):
        return _whole(value), None, True
    for name, child in value.items() if isinstance(value, Mapping) else ():
        opened = _opened(child)
        found, place = (child, name) if opened is None else (opened, f"{name}!")
        if is_envelope(name) and isinstance(found, list) and _whole(found):
            return _whole(found), place, True
        if is_envelope(name) and isinstance(found, Mapping):
            return found, place, False
    return value, None, False
