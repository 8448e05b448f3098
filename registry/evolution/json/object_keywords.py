"""What keywords of objects say.

Source: JSON Schema Validation 2020-12 §6.5, Core §10.3.2; for older drafts their own texts.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from registry.evolution.budget import Budget, BudgetSpentError
from registry.evolution.json.compiled import Context, Make, Reading
from registry.evolution.json.dialect import Draft
from registry.evolution.json.formula import (
    FALSE,
    TRUE,
    Formula,
    all_of,
    any_of,
    negation,
    one,
)
from registry.evolution.json.literals import (
    HOLDS,
    NOT,
    Has,
    Matches,
    MostProperties,
    Opaque,
    TextIn,
    ValueAt,
    ValuesWhere,
)
from registry.evolution.json.outcome import Found, goal
from registry.evolution.json.reading import Value, written
from registry.evolution.json.search import Search
from registry.evolution.json.values import at_least, count_of, equal_to

_DEFAULT_STEPS: Final = 10_000


def _properties(context: Context, value: Value) -> Iterable[Formula]:
    if isinstance(value, dict):
        for name, schema in value.items():
            formula = context.below(schema)
            if formula is not TRUE:
                yield one(ValueAt, name, formula)


def _pattern_properties(context: Context, value: Value) -> Iterable[Formula]:
    if isinstance(value, dict):
        for pattern, schema in value.items():
            yield one(ValuesWhere, one(Matches, pattern, HOLDS), context.below(schema))


def _additional_properties(context: Context, value: Value) -> Iterable[Formula]:
    schema, rest = context.node.schema, context.below(value)
    if rest is TRUE:
        return
    names, patterns = schema.get("properties"), schema.get("patternProperties")
    others = outside(names if isinstance(names, dict) else (), patterns if isinstance(patterns, dict) else ())
    yield one(ValuesWhere, others, rest)


def outside(names: Iterable[str], patterns: Iterable[str]) -> Formula:
    """Names that are none of these and match none of these patterns."""
    known = frozenset(names)
    listed = [one(TextIn, known, NOT)] if known else []
    return all_of([*listed, *(one(Matches, pattern, NOT) for pattern in patterns)])


def _property_names(context: Context, value: Value) -> Iterable[Formula]:
    yield one(ValuesWhere, negation(context.plain(value)), FALSE)


def _required(context: Context, value: Value) -> Iterable[Formula]:
    if isinstance(value, list):
        yield from (one(Has, name, HOLDS) for name in value if isinstance(name, str) and not _filled(context, name))


def _filled(context: Context, name: str) -> bool:
    """Whether the policy lets this property be missing, since its default would stand in."""
    properties = context.node.schema.get("properties")
    if context.reading is not Reading.FILLED or not isinstance(properties, dict):
        return False
    schema = properties.get(name)
    if not isinstance(schema, dict) or "default" not in schema:
        return False
    try:
        stands_in = Search(Budget(_DEFAULT_STEPS)).find(goal([equal_to([schema["default"]]), context.plain(schema)]))
    except BudgetSpentError:
        return False
    return isinstance(stands_in, Found) and stands_in.sure


def _max_properties(_context: Context, value: Value) -> Iterable[Formula]:
    yield one(MostProperties, count_of(value), HOLDS)


def _min_properties(_context: Context, value: Value) -> Iterable[Formula]:
    return at_least(MostProperties, count_of(value))


def _dependent_required(_context: Context, value: Value) -> Iterable[Formula]:
    for name, names in value.items() if isinstance(value, dict) else ():
        if isinstance(names, list):
            needed = all_of(one(Has, other, HOLDS) for other in names if isinstance(other, str))
            yield any_of([one(Has, name, NOT), needed])


def _dependent_schemas(context: Context, value: Value) -> Iterable[Formula]:
    for name, schema in value.items() if isinstance(value, dict) else ():
        yield any_of([one(Has, name, NOT), context.beside(schema)])


def _dependencies(context: Context, value: Value) -> Iterable[Formula]:
    if not isinstance(value, dict):
        return
    if context.node.draft >= Draft.D2019:
        # Gone from the drafts, kept by their metaschemas: some validators assert it and some do not.
        yield one(Opaque, f"dependencies:{written(value)}", "keyword-disputed", HOLDS)
        return
    yield from _dependent_required(context, value)
    yield from _dependent_schemas(
        context, {name: other for name, other in value.items() if not isinstance(other, list)}
    )


OBJECTS: Final[Mapping[str, tuple[Draft, Make]]] = {
    "properties": (Draft.D4, _properties),
    "patternProperties": (Draft.D4, _pattern_properties),
    "additionalProperties": (Draft.D4, _additional_properties),
    "propertyNames": (Draft.D6, _property_names),
    "required": (Draft.D4, _required),
    "minProperties": (Draft.D4, _min_properties),
    "maxProperties": (Draft.D4, _max_properties),
    "dependencies": (Draft.D4, _dependencies),
    "dependentRequired": (Draft.D2019, _dependent_required),
    "dependentSchemas": (Draft.D2019, _dependent_schemas),
}
