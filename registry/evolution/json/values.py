"""Values that stand in a schema: numbers, counts, and what equals a given value."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from fractions import Fraction

from registry.evolution.json.formula import (
    ARRAY,
    EVERY,
    FALSE_VALUE,
    NULL,
    NUMBER,
    OBJECT,
    STRING,
    TRUE_VALUE,
    Formula,
    Types,
    all_of,
    any_of,
    one,
)
from registry.evolution.json.literals import (
    HOLDS,
    NOT,
    Exact,
    Has,
    ItemAt,
    Longest,
    MostItems,
    MostProperties,
    NumberIn,
    TextIn,
    ValueAt,
)
from registry.evolution.json.reading import Value


def exact(value: Value) -> Exact:
    """A number without rounding."""
    if isinstance(value, Decimal):
        return Fraction(value)
    return value if isinstance(value, int) else 0


def count_of(value: Value) -> int:
    """A length or number of things."""
    return value if isinstance(value, int) else 0


def equal_to(values: list[Value]) -> Formula:
    """The value is one of these. Recursion ends with the depth of a schema's text."""
    types, numbers, texts = 0, set[Exact](), set[str]()
    arrays, objects = list[Formula](), list[Formula]()
    for value in values:
        if isinstance(value, bool):
            types |= TRUE_VALUE if value else FALSE_VALUE
        elif isinstance(value, int | Decimal):
            numbers.add(exact(value))
        elif isinstance(value, str):
            texts.add(value)
        elif isinstance(value, list):
            arrays.append(_equal_array(value))
        elif isinstance(value, dict):
            objects.append(_equal_object(value))
        else:
            types |= NULL
    types |= (
        (NUMBER if numbers else 0) | (STRING if texts else 0) | (ARRAY if arrays else 0) | (OBJECT if objects else 0)
    )
    said: list[Formula] = [one(Types, types)]
    said += [one(NumberIn, frozenset(numbers), HOLDS)] if numbers else []
    said += [one(TextIn, frozenset(texts), HOLDS)] if texts else []
    said += [any_of([one(Types, EVERY & ~ARRAY), *arrays])] if arrays else []
    said += [any_of([one(Types, EVERY & ~OBJECT), *objects])] if objects else []
    return all_of(said)


def _equal_array(value: list[Value]) -> Formula:
    count = len(value)
    items = [one(ItemAt, number, equal_to([item])) for number, item in enumerate(value)]
    return all_of([one(Types, ARRAY), *at_least(MostItems, count), one(MostItems, count, HOLDS), *items])


def _equal_object(value: Mapping[str, Value]) -> Formula:
    inner = [one(ValueAt, name, equal_to([item])) for name, item in value.items()]
    has = [one(Has, name, HOLDS) for name in value]
    return all_of([one(Types, OBJECT), *has, one(MostProperties, len(value), HOLDS), *inner])


def at_least(make: type[MostItems | Longest | MostProperties], count: int) -> list[Formula]:
    """More than one less: nothing where that is no condition."""
    return [one(make, count - 1, NOT)] if count > 0 else []
