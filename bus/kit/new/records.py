"""Where the record stands inside a reply: the reply itself, a list, or one member of an envelope.

Promises: an envelope is recognised by the name of its member (`data`, `ketQua`, `items`…) and by that only. Leaves out
result codes inside a reply: only the system's manual knows them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from bus.kit.new.described import Left, SourceField
from bus.kit.new.json_schemas import Document, Fields, kind_of, merged, moved
from bus.kit.new.names import words

ENVELOPES: Final = frozenset(
    {
        *("data", "result", "results", "items", "records", "content", "payload", "response", "value", "values", "rows"),
        *("du lieu", "ket qua", "danh sach", "thong tin", "ban ghi", "return"),
    }
)


_CODES: Final = frozenset(
    {
        *("status", "code", "error code", "result code", "return code", "status code", "error", "success"),
        *("ma loi", "ma ket qua", "ma", "trang thai", "ma trang thai", "ket qua"),
    }
)


@dataclass(frozen=True, slots=True)
class Reply:
    """The fields of one record, and where records stand."""

    fields: tuple[SourceField, ...]
    records: str | None = None
    many: bool = False
    code: str | None = None


def is_envelope(name: str) -> bool:
    """Whether a member of this name is where systems put their data."""
    return " ".join(words(name)) in ENVELOPES


def result_code(names: Iterable[str]) -> str | None:
    """Of the plain members beside the record the one that looks like the system's result code."""
    return next((name for name in names if " ".join(words(name)) in _CODES), None)


def reply_of(document: Document, schema: object, at: tuple[str | int, ...], left: list[Left]) -> Reply:
    """The record inside a reply of this schema."""
    whole = merged(document, schema, at)
    if kind_of(whole) == "array":
        return Reply(_fields(document, whole.get("items", {}), at, left), many=True)
    properties = whole.get("properties")
    members = properties if isinstance(properties, Mapping) else {}
    code = result_code(str(name) for name, child in members.items() if "type" in merged(document, child, at))
    for name, child in members.items():
        found = merged(document, child, at)
        if not is_envelope(str(name)):
            continue
        if kind_of(found) == "array" and "properties" in merged(document, found.get("items", {}), at):
            return Reply(_fields(document, found.get("items", {}), at, left), str(name), many=True, code=code)
        if "properties" in found:
            return Reply(_fields(document, child, at, left), str(name), code=code)
    return Reply(_fields(document, schema, at, left))


def _fields(document: Document, schema: object, at: tuple[str | int, ...], left: list[Left]) -> tuple[SourceField, ...]:
    return tuple(Fields(document, at, left).below(schema))


def inside(fields: tuple[SourceField, ...], records: str) -> tuple[SourceField, ...]:
    """The fields as seen from a record that stands at `records`."""
    for before in (f"{records}[].", f"{records}."):
        found = moved(fields, before)
        if found:
            return found
    return ()
