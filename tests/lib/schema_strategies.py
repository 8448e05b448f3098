"""Schemas and documents for hypothesis, drawn from so few words that pairs of them often have to do with each other."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from hypothesis import strategies as st

NAMES = ("a", "b", "ab", "c")
TEXTS = ("", "a", "b", "ab", "aab", "abc", "2000-01-01", "1.2.3.4")
PATTERNS = ("a", "^a", "b$", "^a*b?$", "^[ab]{2}$", "^.?$")
NUMBERS = (-1, 0, 1, 2, 3, 6, 0.5, 1.5, 2.5)
FORMATS = ("date", "ipv4", "date-time")
SCALARS = (None, True, False, *NUMBERS, *TEXTS)
TYPES = ("null", "boolean", "integer", "number", "string", "array", "object")
Strategy = st.SearchStrategy[Any]

URIS = {
    4: "http://json-schema.org/draft-04/schema#",
    6: "http://json-schema.org/draft-06/schema#",
    7: "http://json-schema.org/draft-07/schema#",
    2019: "https://json-schema.org/draft/2019-09/schema",
    2020: "https://json-schema.org/draft/2020-12/schema",
}

scalars = st.sampled_from(SCALARS)
counts = st.integers(0, 3)


def documents() -> Strategy:
    """Documents of the same words."""
    return st.recursive(
        scalars,
        lambda inner: st.one_of(
            st.lists(inner, max_size=3), st.dictionaries(st.sampled_from((*NAMES, "", "bb")), inner, max_size=4)
        ),
        max_leaves=6,
    )


def _keywords(draft: int, inner: Strategy, *, refs: bool) -> dict[str, Strategy]:
    some = st.lists(inner, min_size=1, max_size=3)
    named = st.dictionaries(st.sampled_from(NAMES), inner, min_size=1, max_size=3)
    types = st.sampled_from(TYPES)
    words: dict[str, Strategy] = {
        "type": st.one_of(types, st.lists(types, min_size=1, max_size=3, unique=True)),
        "enum": st.lists(st.one_of(scalars, documents()), min_size=1, max_size=4, unique_by=repr),
        "minimum": st.sampled_from(NUMBERS),
        "maximum": st.sampled_from(NUMBERS),
        "multipleOf": st.sampled_from((1, 2, 3, 0.5, 1.5)),
        "minLength": counts,
        "maxLength": counts,
        "pattern": st.sampled_from(PATTERNS),
        "minItems": counts,
        "maxItems": counts,
        "items": inner,
        "uniqueItems": st.booleans(),
        "properties": named,
        "patternProperties": st.dictionaries(st.sampled_from(PATTERNS[:4]), inner, min_size=1, max_size=2),
        "additionalProperties": inner,
        "required": st.lists(st.sampled_from(NAMES), min_size=1, max_size=2, unique=True),
        "minProperties": counts,
        "maxProperties": counts,
        "allOf": some,
        "anyOf": some,
        "oneOf": some,
        "not": inner,
    }
    if draft >= 6:
        words |= {
            "const": st.one_of(scalars, documents()),
            "exclusiveMinimum": st.sampled_from(NUMBERS),
            "exclusiveMaximum": st.sampled_from(NUMBERS),
            "contains": inner,
            "propertyNames": inner,
        }
    if draft >= 7:
        words |= {"format": st.sampled_from(FORMATS), "if": inner, "then": inner, "else": inner}
    if draft <= 7:
        words["dependencies"] = st.dictionaries(
            st.sampled_from(NAMES), st.one_of(inner, words["required"]), min_size=1, max_size=2
        )
    if draft <= 2019:
        words |= {"items": st.one_of(inner, some), "additionalItems": inner}
    else:
        words["prefixItems"] = some
    if draft >= 2019:
        words |= {
            "minContains": counts,
            "maxContains": counts,
            "dependentRequired": st.dictionaries(st.sampled_from(NAMES), words["required"], min_size=1, max_size=2),
            "dependentSchemas": named,
            "unevaluatedProperties": inner,
            "unevaluatedItems": inner,
        }
    if refs:
        words["$ref"] = st.sampled_from(("#/definitions/d", "#/definitions/e"))
    return words


def schemas(draft: int, *, refs: bool = False) -> Strategy:
    """Schemas of a draft without ``$schema``; with ``refs`` they may refer to definitions ``d`` and ``e``."""
    leaf = _one(_keywords(draft, st.just({}) if draft == 4 else st.booleans(), refs=refs), 2)
    return st.recursive(leaf, lambda inner: _one(_keywords(draft, inner, refs=refs), 3), max_leaves=5)


def _one(words: dict[str, Strategy], most: int) -> Strategy:
    names = st.lists(st.sampled_from(sorted(words)), min_size=1, max_size=most, unique=True)
    return names.flatmap(lambda chosen: st.fixed_dictionaries({name: words[name] for name in chosen}))


@st.composite
def whole(draw: Callable[[Strategy], Any], draft: int | None = None, *, refs: bool = True) -> dict[str, Any]:
    """A whole schema, with definitions that may refer to each other and to themselves."""
    number = draw(st.sampled_from(tuple(URIS))) if draft is None else draft
    schema = dict(draw(schemas(number, refs=refs)))
    if refs:
        schema["definitions"] = {name: draw(schemas(number, refs=refs)) for name in ("d", "e")}
    return {"$schema": URIS[number], **schema}


@st.composite
def pairs(draw: Callable[[Strategy], Any], *, refs: bool = True) -> tuple[dict[str, Any], dict[str, Any]]:
    """Two schemas, often one a change of the other, and now and then of different drafts."""
    number = draw(st.sampled_from(tuple(URIS)))
    one = draw(whole(number, refs=refs))
    kind = draw(st.integers(0, 3))
    if kind == 0:
        return one, draw(whole(refs=refs))
    other = draw(whole(number, refs=refs))
    if kind == 1:
        return one, other
    changed = dict(one)
    for name in list(other)[:2]:
        changed[name] = other[name]
    for name in draw(st.lists(st.sampled_from(sorted(one)), max_size=1)):
        if name not in {"$schema", "definitions"}:
            changed.pop(name, None)
    return (one, changed) if kind == 2 else (changed, one)
