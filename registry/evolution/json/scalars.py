"""What keywords of numbers and strings say.

Source: JSON Schema Validation 2020-12 §6.2, §6.3 and §7; for older drafts their own texts.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from registry.evolution.json.compiled import Context, Make
from registry.evolution.json.dialect import Draft
from registry.evolution.json.formats import content_name, format_name
from registry.evolution.json.formula import (
    Formula,
    one,
)
from registry.evolution.json.literals import (
    HOLDS,
    Formatted,
    High,
    Longest,
    Low,
    Matches,
    Multiple,
)
from registry.evolution.json.reading import Value
from registry.evolution.json.values import at_least, count_of, exact

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
    yield one(Longest, count_of(value), HOLDS)


def _min_length(_context: Context, value: Value) -> Iterable[Formula]:
    return at_least(Longest, count_of(value))


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


SCALARS: Final[Mapping[str, tuple[Draft, Make]]] = {
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
}
