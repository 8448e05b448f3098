"""Several subschemas that judge one value, put together into one that is easy to write a value for.

Promises: keywords of the parts are met together where that can be said in one schema; references inside the document
are followed, a bounded number of times. Leaves out: what cannot be said so (`not`, `contains` of several parts): the
value is judged as a whole afterwards, so a merge may be wrong, never unsafe.
Source: JSON Schema 2020-12, Core §8 and §10, Validation §6.
"""

from __future__ import annotations

from collections.abc import Mapping
from math import gcd
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from random import Random

    from registry.shapes import Object

_LOWER: Final = frozenset({"maximum", "exclusiveMaximum", "maxLength", "maxItems", "maxProperties", "maxContains"})
_HIGHER: Final = frozenset({"minimum", "exclusiveMinimum", "minLength", "minItems", "minProperties", "minContains"})
_TABLES: Final = frozenset({"properties", "patternProperties", "dependentSchemas"})
_FOLLOWED: Final = 60


class NoValueError(Exception):
    """Nothing was found for a part; `place` is the pointer of the keyword at fault, `rule` names it."""

    def __init__(self, rule: str, place: str) -> None:
        super().__init__(f"{rule} at {place or '/'}")
        self.rule = rule
        self.place = place


class Merger:
    """Flattens subschemas of one document; where there is a choice, the dice decide."""

    def __init__(self, document: Object, dice: Random) -> None:
        self._document = document
        self._dice = dice

    def flat(self, schema: object, place: str) -> Object:
        """One schema without references and combinations.

        Raises:
            NoValueError: it allows nothing, or refers to something outside the document.
        """
        flat: Object = {}
        waiting, followed = [schema], 0
        while waiting:
            part = waiting.pop(0)
            followed += 1
            if part is True:
                continue
            if not isinstance(part, dict) or followed > _FOLLOWED:
                raise NoValueError("false" if part is False else "reference-cycle", place)
            merge(flat, {key: value for key, value in part.items() if key not in _COMBINING}, place)
            waiting = [*self._beside(part, place), *waiting]
        return flat

    def _beside(self, part: Object, place: str) -> list[object]:
        references = [str(part[keyword]) for keyword in ("$ref", "$dynamicRef") if keyword in part]
        found = [self._target(reference, place) for reference in references]
        found += _list(part.get("allOf"))
        for keyword in ("anyOf", "oneOf"):
            branches = [one for one in _list(part.get(keyword)) if one is not False]
            if branches:
                found.append(self._dice.choice(branches))
        if "if" in part:
            holds = self._dice.random() < 0.5  # noqa: PLR2004 - either way alike
            found += [part["if"], part.get("then", True)] if holds else [part.get("else", True)]
        return found

    def _target(self, reference: str, place: str) -> object:
        """What a reference inside the document points to (RFC 6901 in a fragment, or an anchor)."""
        if reference in {"#", ""}:
            return self._document
        if not reference.startswith("#/"):
            found = _anchored(self._document, reference.removeprefix("#"))
            if found is None:
                raise NoValueError("reference-elsewhere", place)
            return found
        node: object = self._document
        for step in reference[2:].split("/"):
            name = step.replace("~1", "/").replace("~0", "~")
            if isinstance(node, dict) and name in node:
                node = node[name]
            elif isinstance(node, list) and name.isdigit() and int(name) < len(node):
                node = node[int(name)]
            else:
                raise NoValueError("reference-unknown", place)
        return node


_COMBINING: Final = frozenset({"$ref", "$dynamicRef", "allOf", "anyOf", "oneOf", "if", "then", "else", "$defs"})


def merge(into: Object, more: Mapping[str, object], place: str) -> None:
    """Meet `more` in `into`.

    Raises:
        NoValueError: the two leave nothing.
    """
    for keyword, value in more.items():
        if keyword not in into:
            into[keyword] = [value] if keyword == "pattern" else value
            continue
        into[keyword] = _both(keyword, into[keyword], value, place)


def _both(keyword: str, one: object, other: object, place: str) -> object:  # noqa: PLR0911 - one line per kind of keyword
    if one == other:
        return one
    if keyword == "pattern":
        return [*_list(one), other]
    if keyword == "required":
        return [*_list(one), *(name for name in _list(other) if name not in _list(one))]
    if keyword == "enum":
        left = [value for value in _list(one) if value in _list(other)]
        if not left:
            raise NoValueError("enum", place)
        return left
    if keyword == "type":
        return _types(one, other, place)
    if isinstance(one, int | float) and isinstance(other, int | float) and not isinstance(one, bool):
        return _number(keyword, one, other)
    if keyword in _TABLES and isinstance(one, dict) and isinstance(other, dict):
        return {
            **one,
            **{name: {"allOf": [one[name], value]} if name in one else value for name, value in other.items()},
        }
    if keyword in {"items", "additionalProperties", "propertyNames", "contains"}:
        return False if one is False or other is False else {"allOf": [one, other]}
    return one


def _number(keyword: str, one: float, other: float) -> object:
    if keyword in _LOWER:
        return min(one, other)
    if keyword in _HIGHER:
        return max(one, other)
    if keyword == "multipleOf" and isinstance(one, int) and isinstance(other, int):
        return abs(one * other) // gcd(one, other)
    return one


def _types(one: object, other: object, place: str) -> object:
    mine, theirs = names_of(one), names_of(other)
    left = [name for name in mine if name in theirs]
    if "integer" not in left and {"integer", "number"} & set(mine) and {"integer", "number"} & set(theirs):
        left.append("integer")
    if not left:
        raise NoValueError("type", place)
    return left


def names_of(types: object) -> list[str]:
    """What `type` names."""
    return [str(name) for name in types] if isinstance(types, list) else [str(types)]


def _list(value: object) -> list[object]:
    return value if isinstance(value, list) else []


def _anchored(node: object, name: str) -> object:
    waiting = [node]
    while waiting:
        part = waiting.pop()
        if isinstance(part, dict):
            if name and name in {part.get("$anchor"), part.get("$dynamicAnchor")}:
                return part
            waiting.extend(part.values())
        elif isinstance(part, list):
            waiting.extend(part)
    return None
