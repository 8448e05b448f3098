"""The drafts of JSON Schema, and where each of them keeps subschemas.

Sources: draft-zyp/wright/handrews (4, 6, 7), 2019-09, 2020-12; ``$schema`` as their metaschemas write it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from enum import IntEnum
from typing import Final

import jsonschema_rs

from registry.evolution.json.reading import Value
from registry.evolution.port import SchemaError
from registry.evolution.verdict import Place
from registry.model import Text


class Draft(IntEnum):
    """In order of age."""

    D4 = 4
    D6 = 6
    D7 = 7
    D2019 = 2019
    D2020 = 2020


DEFAULT: Final = Draft.D7
"""Without ``$schema``: what stock clients take it for."""

URIS: Final[Mapping[Draft, str]] = {
    Draft.D4: "http://json-schema.org/draft-04/schema#",
    Draft.D6: "http://json-schema.org/draft-06/schema#",
    Draft.D7: "http://json-schema.org/draft-07/schema#",
    Draft.D2019: "https://json-schema.org/draft/2019-09/schema",
    Draft.D2020: "https://json-schema.org/draft/2020-12/schema",
}
VALIDATORS: Final[Mapping[Draft, type[jsonschema_rs.Validator]]] = {
    Draft.D4: jsonschema_rs.Draft4Validator,
    Draft.D6: jsonschema_rs.Draft6Validator,
    Draft.D7: jsonschema_rs.Draft7Validator,
    Draft.D2019: jsonschema_rs.Draft201909Validator,
    Draft.D2020: jsonschema_rs.Draft202012Validator,
}
_BY_URI: Final = {uri.rstrip("#").replace("https:", "http:"): draft for draft, uri in URIS.items()}

_SINGLE: Final[Mapping[str, int]] = {
    "additionalProperties": 4,
    "not": 4,
    "items": 4,
    "additionalItems": 4,
    "contains": 6,
    "propertyNames": 6,
    "if": 7,
    "then": 7,
    "else": 7,
    "unevaluatedItems": 2019,
    "unevaluatedProperties": 2019,
}
_LISTED: Final[Mapping[str, int]] = {"allOf": 4, "anyOf": 4, "oneOf": 4, "items": 4, "prefixItems": 2020}
_NAMED: Final[Mapping[str, int]] = {
    "properties": 4,
    "patternProperties": 4,
    "definitions": 4,
    "dependencies": 4,
    "$defs": 2019,
    "dependentSchemas": 2019,
}
_WITHIN: Final = frozenset({"allOf", "anyOf", "oneOf", "not", "if", "then", "else", "dependentSchemas", "dependencies"})
"""Keywords whose subschemas judge the same value."""


def draft_of(schema: Value, default: Draft, document: str) -> Draft:
    """What ``$schema`` names.

    Raises:
        SchemaError: ``draft-unknown``: a dialect of somebody's own.
    """
    named = schema.get("$schema") if isinstance(schema, dict) else None
    if named is None:
        return default
    found = _BY_URI.get(named.rstrip("#").replace("https:", "http:")) if isinstance(named, str) else None
    if found is None:
        said = Text(
            vi="$schema không phải là một bản nháp được biết (4, 6, 7, 2019-09, 2020-12).",
            en="$schema names no known draft (4, 6, 7, 2019-09, 2020-12).",
        )
        raise SchemaError("draft-unknown", said, Place("/$schema", document=document))
    return found


def children(schema: Mapping[str, Value], draft: Draft) -> Iterator[tuple[str, str | int | None, Value]]:
    """Keyword, name or index under it, and subschema; what a draft does not know holds no subschema."""
    for keyword, value in schema.items():
        if isinstance(value, dict):
            if keyword in _SINGLE and _SINGLE[keyword] <= draft:
                yield keyword, None, value
            elif keyword in _NAMED and _NAMED[keyword] <= draft:
                yield from ((keyword, name, child) for name, child in value.items() if isinstance(child, dict | bool))
        elif isinstance(value, list) and keyword in _LISTED and _LISTED[keyword] <= draft:
            yield from ((keyword, number, child) for number, child in enumerate(value))
        elif isinstance(value, bool) and keyword in _SINGLE and _SINGLE[keyword] <= draft:
            yield keyword, None, value


def judges_same_value(keyword: str) -> bool:
    """Whether subschemas under it judge the same value as their parent, and not a part of it."""
    return keyword in _WITHIN
