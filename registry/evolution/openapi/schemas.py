"""Schemas of an OpenAPI description as JSON Schemas that stand alone.

Promises: the same values are allowed. OpenAPI 3.0's dialect is written in draft 4 (``nullable`` becomes a type), that
of 3.1 is draft 2020-12; what says nothing about values is dropped (``discriminator``, ``xml``, ``example`` …).
Source: OpenAPI 3.0.4 "Schema Object", 3.1.1 "Schema Object".
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from registry.evolution.json.reading import written

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from registry.evolution.openapi.model import Description, Json

_COMPONENT: Final = "#/components/schemas/"
_DRAFT_4: Final = "http://json-schema.org/draft-04/schema#"
_DRAFT_2020: Final = "https://json-schema.org/draft/2020-12/schema"
_DIALECTS: Final = frozenset({_DRAFT_2020, "https://spec.openapis.org/oas/3.1/dialect/base"})
_DROPPED: Final = frozenset(
    {"nullable", "discriminator", "readOnly", "writeOnly", "xml", "externalDocs", "example", "deprecated"}
)
_ONE: Final = ("items", "not", "additionalProperties")
_MANY: Final = ("allOf", "anyOf", "oneOf")


class UndecidedError(Exception):
    """The schema says what cannot be carried over. The rule is documented."""

    def __init__(self, rule: str) -> None:
        super().__init__(rule)
        self.rule: Final = rule


def standalone(description: Description, schema: Json) -> str:
    """A JSON Schema that allows the same values as a schema of the description.

    Raises:
        UndecidedError: ``reference-elsewhere`` or ``dialect-unknown``.
    """
    if description.version != "3.0" and description.dialect not in _DIALECTS:
        raise UndecidedError("dialect-unknown")
    components = {name: _converted(description, description.components[name]) for name in _reached(description, schema)}
    return written(
        {
            "$schema": _DRAFT_4 if description.version == "3.0" else _DRAFT_2020,
            "components": {"schemas": components},
            "allOf": [_converted(description, schema)],
        }
    )


def all_components(description: Description) -> str:
    """One JSON Schema that holds every named schema, at its own pointer: to see that each is one."""
    components = {name: _converted(description, one) for name, one in description.components.items()}
    return written(
        {
            "$schema": _DRAFT_4 if description.version == "3.0" else _DRAFT_2020,
            "components": {"schemas": components},
            "anyOf": [{"$ref": _COMPONENT + _escaped(name)} for name in components] or [{}],
        }
    )


def depends_on_direction(description: Description, schema: Json) -> bool:
    """Whether ``readOnly`` or ``writeOnly`` is said anywhere: such a schema allows one thing in and another out."""
    named = [description.components[name] for name in _reached(description, schema)]
    return any(value.get("readOnly") is True or value.get("writeOnly") is True for value in _objects([schema, *named]))


def _reached(description: Description, schema: Json) -> list[str]:
    """Names of the components that a schema refers to, directly or not."""
    found: dict[str, None] = {}
    waiting = [schema]
    while waiting:
        for value in _objects([waiting.pop()]):
            reference = value.get("$ref", value.get("$dynamicRef"))
            if not isinstance(reference, str):
                continue
            name = reference.removeprefix(_COMPONENT).replace("~1", "/").replace("~0", "~")
            if not reference.startswith(_COMPONENT) or name not in description.components or "$dynamicRef" in value:
                raise UndecidedError("reference-elsewhere")
            if name not in found:
                found[name] = None
                waiting.append(description.components[name])
    return list(found)


def _objects(values: list[Json]) -> Iterator[Mapping[str, Json]]:
    waiting = list(values)
    while waiting:
        value = waiting.pop()
        if isinstance(value, dict):
            yield value
            waiting.extend(value.values())
        elif isinstance(value, list):
            waiting.extend(value)


def _converted(description: Description, schema: Json) -> Any:  # noqa: ANN401 - a JSON value
    return _draft_4(schema) if description.version == "3.0" else schema


def _draft_4(schema: Json) -> Any:  # noqa: ANN401 - a JSON value
    """OpenAPI 3.0's dialect in draft 4; the recursion is as deep as the text."""
    if not isinstance(schema, dict):
        return schema
    if "$ref" in schema:
        return {"$ref": schema["$ref"]}
    found = {name: value for name, value in schema.items() if name not in _DROPPED and not name.startswith("x-")}
    for name in _ONE:
        if name in found:
            found[name] = _draft_4(found[name])
    for name in _MANY:
        if isinstance(found.get(name), list):
            found[name] = [_draft_4(one) for one in found[name]]
    if isinstance(found.get("properties"), dict):
        found["properties"] = {name: _draft_4(one) for name, one in found["properties"].items()}
    if schema.get("nullable") is True and isinstance(found.get("type"), str):
        found["type"] = [found["type"], "null"]
    return found


def _escaped(name: str) -> str:
    return name.replace("~", "~0").replace("/", "~1").replace("%", "%25")
