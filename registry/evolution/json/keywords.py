"""What each keyword of JSON Schema says, as formulas.

Promises one row for each keyword that constrains; a keyword without a row is an annotation (``tests/spec`` prints the
list). Sources: JSON Schema Validation 2020-12 §6, Core §10 and §11; for older drafts their own texts.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal
from fractions import Fraction
from typing import Final

from registry.evolution.json.compiled import Context, Make, Reading, types_of
from registry.evolution.json.dialect import Draft
from registry.evolution.json.formats import content_name, format_name
from registry.evolution.json.formula import (
    ARRAY,
    EVERY,
    FALSE,
    FALSE_VALUE,
    NULL,
    NUMBER,
    OBJECT,
    STRING,
    TRUE,
    TRUE_VALUE,
    Choice,
    Formula,
    Types,
    all_of,
    any_of,
    exactly_one,
    negation,
    one,
)
from registry.evolution.json.literals import (
    HOLDS,
    NOT,
    AtMostOf,
    Exact,
    Formatted,
    Has,
    High,
    ItemAt,
    Longest,
    Low,
    Matches,
    MostItems,
    MostProperties,
    Multiple,
    NumberIn,
    Opaque,
    TextIn,
    Unique,
    ValueAt,
    ValuesWhere,
)
from registry.evolution.json.reading import Value, written


def exact(value: Value) -> Exact:
    """A number without rounding."""
    if isinstance(value, Decimal):
        return Fraction(value)
    return value if isinstance(value, int) else 0


def _count(value: Value) -> int:
    return value if isinstance(value, int) else 0


# Any type


def _type(context: Context, value: Value) -> Iterable[Formula]:
    yield one(Types, types_of(value, context.node.draft))


def _const(_context: Context, value: Value) -> Iterable[Formula]:
    yield equal_to([value])


def _enum(_context: Context, value: Value) -> Iterable[Formula]:
    yield equal_to(value if isinstance(value, list) else [])


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
    return all_of([one(Types, ARRAY), *_at_least(MostItems, count), one(MostItems, count, HOLDS), *items])


def _equal_object(value: Mapping[str, Value]) -> Formula:
    inner = [one(ValueAt, name, equal_to([item])) for name, item in value.items()]
    has = [one(Has, name, HOLDS) for name in value]
    return all_of([one(Types, OBJECT), *has, one(MostProperties, len(value), HOLDS), *inner])


def _at_least(make: type[MostItems | Longest | MostProperties], count: int) -> list[Formula]:
    return [one(make, count - 1, NOT)] if count > 0 else []


# Numbers


def _minimum(context: Context, value: Value) -> Iterable[Formula]:
    strict = context.node.draft is Draft.D4 and context.node.schema.get("exclusiveMinimum") is True
    yield one(Low, exact(value), strict)


def _maximum(context: Context, value: Value) -> Iterable[Formula]:
    strict = context.node.draft is Draft.D4 and context.node.schema.get("exclusiveMaximum") is True
    yield one(High, exact(value), strict)


def _exclusive_minimum(_context: Context, value: Value) -> Iterable[Formula]:
    yield one(Low, exact(value), HOLDS)


def _exclusive_maximum(_context: Context, value: Value) -> Iterable[Formula]:
    yield one(High, exact(value), HOLDS)


def _multiple_of(_context: Context, value: Value) -> Iterable[Formula]:
    step = exact(value)
    if step > 0:
        yield one(Multiple, step, HOLDS)


# Strings


def _max_length(_context: Context, value: Value) -> Iterable[Formula]:
    yield one(Longest, _count(value), HOLDS)


def _min_length(_context: Context, value: Value) -> Iterable[Formula]:
    return _at_least(Longest, _count(value))


def _pattern(_context: Context, value: Value) -> Iterable[Formula]:
    yield one(Matches, str(value), HOLDS)


def _format(context: Context, value: Value) -> Iterable[Formula]:
    yield one(Formatted, format_name(str(value), context.node.draft), HOLDS)


def _content(context: Context, _value: Value) -> Iterable[Formula]:
    """Draft 6 and 7: validators may assert these, the two together; later they are annotations."""
    if context.node.draft <= Draft.D7:
        encoding, media_type = (context.node.schema.get(name) for name in ("contentEncoding", "contentMediaType"))
        name = content_name(*(text if isinstance(text, str) else None for text in (encoding, media_type)))
        yield one(Formatted, name, HOLDS)


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
    least = _count(schema.get("minContains", 1)) if counted else 1
    if least > 0:
        yield one(AtMostOf, 0, item, least - 1, NOT)
    if counted and "maxContains" in schema:
        yield one(AtMostOf, 0, item, _count(schema["maxContains"]), HOLDS)


def _max_items(_context: Context, value: Value) -> Iterable[Formula]:
    yield one(MostItems, _count(value), HOLDS)


def _min_items(_context: Context, value: Value) -> Iterable[Formula]:
    return _at_least(MostItems, _count(value))


def _unique_items(_context: Context, value: Value) -> Iterable[Formula]:
    if value is True:
        yield one(Unique, HOLDS)


# Objects


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
    return isinstance(schema, dict) and "default" in schema


def _max_properties(_context: Context, value: Value) -> Iterable[Formula]:
    yield one(MostProperties, _count(value), HOLDS)


def _min_properties(_context: Context, value: Value) -> Iterable[Formula]:
    return _at_least(MostProperties, _count(value))


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


# Several schemas for the same value


def _listed(value: Value) -> list[Value]:
    return value if isinstance(value, list) else []


def _all_of(context: Context, value: Value) -> Iterable[Formula]:
    return [context.beside(schema) for schema in _listed(value)]


def _any_of(context: Context, value: Value) -> Iterable[Formula]:
    yield any_of(context.beside(schema) for schema in _listed(value))


def _one_of(context: Context, value: Value) -> Iterable[Formula]:
    yield exactly_one(tuple(context.plain(schema) for schema in _listed(value)))
    if context.reading in (Reading.CLOSED, Reading.CLOSED_WITHIN):
        yield any_of(context.beside(schema) for schema in _listed(value))


def _not(context: Context, value: Value) -> Iterable[Formula]:
    yield negation(context.plain(value))


def _if(context: Context, value: Value) -> Iterable[Formula]:
    schema = context.node.schema
    then = context.beside(schema.get("then", True))
    otherwise = context.beside(schema.get("else", True))
    if not then is otherwise is TRUE:
        yield one(Choice, context.plain(value), then, otherwise)


def _ref(context: Context, value: Value) -> Iterable[Formula]:
    yield context.beside(context.compiler.resources.target(context.node, str(value)))


KEYWORDS: Final[Mapping[str, tuple[Draft, Make]]] = {
    "$ref": (Draft.D4, _ref),
    "type": (Draft.D4, _type),
    "enum": (Draft.D4, _enum),
    "const": (Draft.D6, _const),
    "minimum": (Draft.D4, _minimum),
    "maximum": (Draft.D4, _maximum),
    "exclusiveMinimum": (Draft.D6, _exclusive_minimum),
    "exclusiveMaximum": (Draft.D6, _exclusive_maximum),
    "multipleOf": (Draft.D4, _multiple_of),
    "minLength": (Draft.D4, _min_length),
    "maxLength": (Draft.D4, _max_length),
    "pattern": (Draft.D4, _pattern),
    "format": (Draft.D4, _format),
    "contentEncoding": (Draft.D6, _content),
    "contentMediaType": (Draft.D6, _content),
    "minItems": (Draft.D4, _min_items),
    "maxItems": (Draft.D4, _max_items),
    "items": (Draft.D4, _items),
    "prefixItems": (Draft.D2020, _prefix_items),
    "additionalItems": (Draft.D4, _additional_items),
    "contains": (Draft.D6, _contains),
    "uniqueItems": (Draft.D4, _unique_items),
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
    "allOf": (Draft.D4, _all_of),
    "anyOf": (Draft.D4, _any_of),
    "oneOf": (Draft.D4, _one_of),
    "not": (Draft.D4, _not),
    "if": (Draft.D7, _if),
}
