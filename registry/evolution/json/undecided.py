"""Where in a schema stands what was not decided.

Promises the first keyword that may be the reason, or the whole schema: a place for people, on which nothing rests.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

from registry.evolution.budget import BudgetSpentError
from registry.evolution.json.formats import UNKNOWN, format_name
from registry.evolution.json.resources import Node
from registry.evolution.json.strings import language_of
from registry.evolution.json.texts import UNKNOWN as REASONS
from registry.evolution.verdict import Place, Unknown

if TYPE_CHECKING:
    from registry.evolution.json.format import JsonSchema

_KEYWORDS: Final[Mapping[str, tuple[str, ...]]] = {
    "pattern-unsupported": ("pattern", "patternProperties"),
    "format-unknown": ("format",),
    "format-undecided": ("format", "contentEncoding", "contentMediaType"),
    "keyword-disputed": ("dependencies", "unevaluatedItems", "$dynamicRef", "$recursiveRef"),
    "reference-dynamic": ("$dynamicRef", "$recursiveRef"),
    "unevaluated-undecided": ("unevaluatedProperties", "unevaluatedItems"),
    "unique-undecided": ("uniqueItems",),
    "too-many-counts": ("contains",),
    "too-many-name-classes": ("patternProperties", "propertyNames", "additionalProperties"),
    "numbers-too-long": ("multipleOf",),
    "numbers-too-sparse": ("multipleOf",),
}


def unknown(rule: str, writer: JsonSchema, reader: JsonSchema, spent: int) -> Unknown:
    """Nobody knows, why, and where."""
    return Unknown(rule, _place(rule, writer), _place(rule, reader), REASONS[rule], spent)


def _place(rule: str, schema: JsonSchema) -> Place:
    for node in sorted(schema.resources.nodes(), key=lambda node: (node.document, len(node.path))):
        for keyword in _KEYWORDS.get(rule, ()):
            if keyword in node.schema and _may_be(rule, node, keyword):
                return schema.place(node.document, (*node.path, keyword))
    return schema.place("", ())


def _may_be(rule: str, node: Node, keyword: str) -> bool:
    value = node.schema[keyword]
    if rule == "format-unknown":
        return format_name(str(value), node.draft).startswith(UNKNOWN)
    if rule != "pattern-unsupported":
        return True
    try:
        return any(language_of(pattern) is None for pattern in _patterns(value))
    except BudgetSpentError:
        return True


def _patterns(value: object) -> list[str]:
    return list(value) if isinstance(value, dict) else [str(value)]
