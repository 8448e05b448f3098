"""What each keyword of JSON Schema says, as formulas.

Promises one row for each keyword that constrains; a keyword without a row is an annotation (``tests/spec`` prints the
list). Sources: JSON Schema Validation 2020-12 §6, Core §10 and §11; for older drafts their own texts.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from registry.evolution.json.array_keywords import ARRAYS
from registry.evolution.json.compiled import Context, Make, Reading, types_of
from registry.evolution.json.dialect import Draft
from registry.evolution.json.formula import (
    TRUE,
    Choice,
    Formula,
    Types,
    any_of,
    exactly_one,
    negation,
    one,
)
from registry.evolution.json.literals import (
    HOLDS,
    Opaque,
)
from registry.evolution.json.object_keywords import OBJECTS
from registry.evolution.json.reading import Value
from registry.evolution.json.scalars import SCALARS
from registry.evolution.json.unevaluated import UNEVALUATED
from registry.evolution.json.values import equal_to

# Any type


def _type(context: Context, value: Value) -> Iterable[Formula]:
    yield one(Types, types_of(value, context.node.draft))


def _const(_context: Context, value: Value) -> Iterable[Formula]:
    yield equal_to([value])


def _enum(_context: Context, value: Value) -> Iterable[Formula]:
    yield equal_to(value if isinstance(value, list) else [])


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


def _dynamic_ref(context: Context, value: Value) -> Iterable[Formula]:
    keyword = "$dynamicRef" if context.node.draft >= Draft.D2020 else "$recursiveRef"
    if context.node.schema.get(keyword) is not value:
        # Some validators follow it in drafts that do not have it.
        yield _opaque(context, "keyword-disputed")
        return
    target = dict(context.compiler.resources.referred(context.node)).get(keyword)
    yield _opaque(context, "reference-dynamic") if target is None else context.beside(target)


def _opaque(context: Context, reason: str) -> Formula:
    return one(Opaque, f"{reason}:{context.compiler.digest(context.node).hex()}", reason, HOLDS)


KEYWORDS: Final[Mapping[str, tuple[Draft, Make]]] = {
    "$ref": (Draft.D4, _ref),
    "$dynamicRef": (Draft.D4, _dynamic_ref),
    "$recursiveRef": (Draft.D4, _dynamic_ref),
    "type": (Draft.D4, _type),
    "enum": (Draft.D4, _enum),
    "const": (Draft.D6, _const),
    "allOf": (Draft.D4, _all_of),
    "anyOf": (Draft.D4, _any_of),
    "oneOf": (Draft.D4, _one_of),
    "not": (Draft.D4, _not),
    "if": (Draft.D7, _if),
    **SCALARS,
    **ARRAYS,
    **OBJECTS,
    **UNEVALUATED,
}
