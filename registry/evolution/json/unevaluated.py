"""``unevaluatedProperties`` and ``unevaluatedItems``: what no other subschema for the same value has looked at.

Promises to be exact by cases: which subschemas hold is guessed, each guess says which properties and items are covered,
and the rest must satisfy the keyword. With too many subschemas that may or may not hold it is ``Opaque``.
Sources: JSON Schema Core 2020-12 §11, 2019-09 §9.3.1.3 and §9.3.2.4.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import combinations
from typing import Final

from registry.evolution.json.compiled import Context, Make, Reading
from registry.evolution.json.dialect import Draft
from registry.evolution.json.formula import FALSE, OBJECT, TRUE, Formula, Types, all_of, any_of, negation, one
from registry.evolution.json.literals import HOLDS, AtMostOf, Has, Opaque, ValuesWhere
from registry.evolution.json.object_keywords import outside
from registry.evolution.json.reading import Value
from registry.evolution.json.resources import Node

_CASES: Final = 6
"""Subschemas that may or may not hold: each doubles the cases."""
_LOOKED_AT: Final = 100


@dataclass(frozen=True, slots=True)
class Cover:
    """What a subschema looks at, where it holds.

    Attributes:
        conditions: what must hold for it to count.
        names, patterns: properties.
        every_property: all properties.
        first: that many items from the first on.
        every_item: all items.
        items: items that satisfy one of these.
    """

    conditions: tuple[Formula, ...] = ()
    names: frozenset[str] = frozenset()
    patterns: frozenset[str] = frozenset()
    every_property: bool = False
    first: int = 0
    every_item: bool = False
    items: tuple[Formula, ...] = ()

    def joined(self, other: Cover) -> Cover:
        """Both."""
        return Cover(
            tuple(dict.fromkeys((*self.conditions, *other.conditions))),
            self.names | other.names,
            self.patterns | other.patterns,
            self.every_property or other.every_property,
            max(self.first, other.first),
            self.every_item or other.every_item,
            (*self.items, *other.items),
        )


def closing(context: Context) -> Formula:
    """That an object has only properties which some subschema names, if one names any (policy LENIENT)."""
    cases = _cases(context)
    if cases is None:
        return _undecided(context)
    if not any(cover.names or cover.patterns for cover in cases):
        return TRUE
    return any_of(_properties(cover, FALSE) for cover in cases)


def _unevaluated_properties(context: Context, value: Value) -> Iterable[Formula]:
    rest, cases = context.below(value), _cases(context)
    if cases is None:
        yield _undecided(context)
    elif rest is not TRUE:
        yield any_of(_properties(cover, rest) for cover in cases)


def _unevaluated_items(context: Context, value: Value) -> Iterable[Formula]:
    rest, cases = context.below(value), _cases(context)
    if cases is None or (context.node.draft is Draft.D2019 and any(cover.items for cover in cases)):
        # In 2019-09 validators differ on whether contains looks at items.
        yield _undecided(context)
    elif rest is not TRUE:
        yield any_of(_items(cover, rest) for cover in cases)


def _properties(cover: Cover, rest: Formula) -> Formula:
    names = outside(cover.names, sorted(cover.patterns))
    return all_of([*cover.conditions, *([] if cover.every_property else [one(ValuesWhere, names, rest)])])


def _items(cover: Cover, rest: Formula) -> Formula:
    other = negation(any_of([rest, *cover.items]))
    return all_of([*cover.conditions, *([] if cover.every_item else [one(AtMostOf, cover.first, other, 0, HOLDS)])])


def _undecided(context: Context) -> Formula:
    key = f"unevaluated:{context.compiler.digest(context.node).hex()}"
    return one(Opaque, key, "unevaluated-undecided", HOLDS)


def _cases(context: Context) -> list[Cover] | None:
    """By which of the subschemas hold, what is covered; None where there are too many cases.

    A case does not say that the other subschemas fail: where they hold as well, less is left, and that is another case.
    """
    always, sometimes = Cover(), dict[tuple[Formula, ...], Cover]()
    for number, cover in enumerate(_covers(context)):
        if number > _LOOKED_AT:
            return None
        if not cover.conditions:
            always = always.joined(cover)
        else:
            sometimes[cover.conditions] = sometimes.get(cover.conditions, Cover()).joined(cover)
    telling = [cover for cover in sometimes.values() if cover != Cover(cover.conditions)]
    if len(telling) > _CASES:
        return None
    cases = []
    for size in range(len(telling) + 1):
        for chosen in combinations(telling, size):
            case = always
            for cover in chosen:
                case = case.joined(cover)
            cases.append(case)
    return cases


def _covers(context: Context) -> Iterator[Cover]:
    waiting: list[tuple[Node, tuple[Formula, ...]]] = [(context.node, ())]
    while waiting:
        node, conditions = waiting.pop()
        inner = Context(context.compiler, node, Reading.PLAIN)
        yield _own(inner, conditions, whole=node is not context.node)
        for schema, condition in _beside(inner):
            if isinstance(schema, dict) and schema:
                more = conditions if condition is TRUE else (*conditions, condition)
                waiting.append((context.compiler.resources.node(schema), more))


def _own(context: Context, conditions: tuple[Formula, ...], *, whole: bool) -> Cover:
    """What the keywords of one subschema look at; ``whole``: also those this module is about."""
    schema, draft = context.node.schema, context.node.draft
    names, patterns = schema.get("properties"), schema.get("patternProperties")
    listed = schema.get("prefixItems" if draft >= Draft.D2020 else "items")
    rest = "items" if draft >= Draft.D2020 or not isinstance(listed, list) else "additionalItems"
    contains = schema.get("contains") if draft >= Draft.D2019 else None
    return Cover(
        conditions,
        frozenset(names) if isinstance(names, dict) else frozenset(),
        frozenset(patterns) if isinstance(patterns, dict) else frozenset(),
        "additionalProperties" in schema or (whole and "unevaluatedProperties" in schema and draft >= Draft.D2019),
        len(listed) if isinstance(listed, list) else 0,
        rest in schema or (whole and "unevaluatedItems" in schema and draft >= Draft.D2019),
        () if contains is None else (context.plain(contains),),
    )


def _beside(context: Context) -> Iterator[tuple[Value, Formula]]:
    """Subschemas for the same value, and what must hold for them to count."""
    node = context.node
    for _, target in context.compiler.resources.referred(node):
        yield target, TRUE
    if "$ref" in node.schema and node.draft <= Draft.D7:
        return
    for keyword in ("allOf", "anyOf", "oneOf"):
        listed = node.schema.get(keyword)
        for schema in listed if isinstance(listed, list) else ():
            yield schema, TRUE if keyword == "allOf" else context.plain(schema)
    if "if" in node.schema and node.draft >= Draft.D7:
        condition = context.plain(node.schema["if"])
        yield node.schema["if"], condition
        yield node.schema.get("then"), condition
        yield node.schema.get("else"), negation(condition)
    dependent = node.schema.get("dependentSchemas" if node.draft >= Draft.D2019 else "dependencies")
    for name, schema in dependent.items() if isinstance(dependent, dict) else ():
        yield schema, all_of([one(Types, OBJECT), one(Has, name, HOLDS)])


UNEVALUATED: Final[Mapping[str, tuple[Draft, Make]]] = {
    "unevaluatedProperties": (Draft.D2019, _unevaluated_properties),
    "unevaluatedItems": (Draft.D2019, _unevaluated_items),
}
