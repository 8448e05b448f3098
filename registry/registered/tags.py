"""Tags in the text of a schema: put at a record or a field, and taken away, without touching anything else.

Promises: what is not named stays; a place that is not there is refused by name. Known to JSON Schema and Avro.
Leaves out: what a tag means. Source: the member ``confluent:tags`` and the entity paths of Confluent's registry
(``Record.field`` in Avro, ``object.field`` in JSON Schema).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final, NamedTuple

import orjson

from registry.evolution.port import FormatName

MEMBER: Final = "confluent:tags"


class TagError(ValueError):
    """A place that the schema does not have, or a type of schema that carries no tags."""


class Tagged(NamedTuple):
    """A place and its tags: ``Person.name``, with ``PII``."""

    path: str
    tags: Sequence[str]


def retagged(kind: FormatName, text: str, added: Iterable[Tagged], removed: Iterable[Tagged]) -> str:
    """The text with tags added and taken away.

    Raises:
        TagError: a place is not there; the type carries no tags; the text is no JSON.
    """
    if kind not in {FormatName.JSON, FormatName.AVRO}:
        raise TagError(f"a schema of type {kind} carries no tags")
    try:
        schema = orjson.loads(text)
    except orjson.JSONDecodeError:
        raise TagError("the schema is no JSON") from None
    find = _in_avro if kind is FormatName.AVRO else _in_json
    for one, taken in (*((one, False) for one in added), *((one, True) for one in removed)):
        place = find(schema, one.path)
        before = [tag for tag in place.get(MEMBER, []) if tag not in one.tags]
        now = before if taken else [*before, *one.tags]
        place.pop(MEMBER, None)
        if now:
            place[MEMBER] = now
    return orjson.dumps(schema).decode()


def _in_json(schema: Any, path: str) -> dict[str, Any]:  # noqa: ANN401 - any JSON
    found = schema
    for step in path.split("."):
        inner = found.get("properties", {}) if isinstance(found, dict) else {}
        if isinstance(inner, dict) and step in inner:
            found = inner[step]
        elif step != "object":
            raise TagError(f"there is no {path}")
    if not isinstance(found, dict):
        raise TagError(f"there is no {path}")
    return found


def _in_avro(schema: Any, path: str) -> dict[str, Any]:  # noqa: ANN401 - any JSON
    for record in _records(schema):
        namespace = f"{record['namespace']}." if record.get("namespace") else ""
        for name in (str(record["name"]), f"{namespace}{record['name']}"):
            if path == name:
                return record
            for field in record.get("fields", []):
                if isinstance(field, dict) and path == f"{name}.{field.get('name')}":
                    return field
    raise TagError(f"there is no {path}")


def _records(schema: Any) -> Iterator[dict[str, Any]]:  # noqa: ANN401 - any JSON
    waiting = [schema]
    while waiting:
        one = waiting.pop()
        if isinstance(one, list):
            waiting += one
        elif isinstance(one, dict):
            if one.get("type") == "record" and "name" in one:
                yield one
            waiting += [value for value in one.values() if isinstance(value, dict | list)]
