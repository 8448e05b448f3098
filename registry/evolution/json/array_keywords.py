"""What keywords of arrays say.

Source: JSON Schema Validation 2020-12 §6.4, Core §10.3.1; for older drafts their own texts.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from registry.evolution.json.compiled import Context, Make
from registry.evolution.json.dialect import Draft
from registry.evolution.json.formula import (
    TRUE,
    Formula,
    negation,
    one,
)
from registry.evolution.json.literals import (
    HOLDS,
    NOT,
    AtMostOf,
    ItemAt,
    MostItems,
    Unique,
)
from registry.evolution.json.reading import Value
from registry.evolution.json.values import at_least, count_of

# Arrays


def _items(context: Context, value: Value) -> Iterable[Formula]:
    if isinstance(value, list):
        yield from (one(ItemAt, number, context.below(item)) for number, item in enumerate(value))
        return
    before = context.node.schema.get("prefixItems") if context.node.draft >= Draft.D2020 else None
    yield _all_from(len(before) if isinstance(before, list) else 0, context.below(value))


def _prefix_items(context: Context, value: Value) -> Iterable[Formula]:
    if isinstance(value, list):
        yield from (one(ItemAt, number, context.below(item)) for number, item in enumerate(value))


def _additional_items(context: Context, value: Value) -> Iterable[Formula]:
    before = context.node.schema.get("items")
    if isinstance(before, list) and context.node.draft <= Draft.D2019:
        yield _all_from(len(before), context.below(value))


def _all_from(start: int, item: Formula) -> Formula:
    return TRUE if item is TRUE else one(AtMostOf, start, negation(item), 0, HOLDS)


def _contains(context: Context, value: Value) -> Iterable[Formula]:
    counted = context.node.draft >= Draft.D2019
    schema, item = context.node.schema, context.plain(value)
    least = count_of(schema.get("minContains", 1)) if counted else 1
    if least > 0:
        yield one(AtMostOf, 0, item, least - 1, NOT)
    if counted and "maxContains" in schema:
        yield one(AtMostOf, 0, item, count_of(schema["maxContains"]), HOLDS)


def _max_items(_context: Context, value: Value) -> Iterable[Formula]:
    yield one(MostItems, count_of(value), HOLDS)


def _min_items(_context: Context, value: Value) -> Iterable[Formula]:
    return at_least(MostItems, count_of(value))


def _unique_items(_context: Context, value: Value) -> Iterable[Formula]:
    if value is True:
        yield one(Unique, HOLDS)


ARRAYS: Final[Mapping[str, tuple[Draft, Make]]] = {
    "minItems": (Draft.D4, _min_items),
    "maxItems": (Draft.D4, _max_items),
    "items": (Draft.D4, _items),
    "prefixItems": (Draft.D2020, _prefix_items),
    "additionalItems": (Draft.D4, _additional_items),
    "contains": (Draft.D6, _contains),
    "uniqueItems": (Draft.D4, _unique_items),
}
