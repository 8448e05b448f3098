"""Random schemas and documents of so few words that two of them often have to do with each other."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from random import Random
from typing import Any, Final

from json_keywords import URIS

NAMES: Final = ("a", "b", "ab", "c")
TEXTS: Final = ("", "a", "b", "ab", "aab", "abc", "2000-01-01", "1.2.3.4")
PATTERNS: Final = ("a", "^a", "b$", "^a*b?$", "^[ab]{2}$", "^.?$")
NUMBERS: Final = (-1, 0, 1, 2, 3, 6, 0.5, 1.5, 2.5, 1.0)
FORMATS: Final = ("date", "ipv4", "date-time")
SCALARS: Final = (None, True, False, *NUMBERS, *TEXTS)
TYPES: Final = ("null", "boolean", "integer", "number", "string", "array", "object")
DEEPEST: Final = 3

Make = Callable[[], Any]


def document(random: Random, depth: int = 0) -> Any:  # noqa: ANN401 - any JSON
    """A small document."""
    kind = random.random()
    if kind < 0.5 or depth >= DEEPEST:
        return random.choice(SCALARS)
    if kind < 0.7:
        return [document(random, depth + 1) for _ in range(random.randint(0, 3))]
    names = (*NAMES, "", "bb", "x")
    return {random.choice(names): document(random, depth + 1) for _ in range(random.randint(0, 4))}


def pair(random: Random) -> tuple[dict[str, Any], dict[str, Any]]:
    """Two schemas: most often one a change of the other, now and then of different drafts."""
    draft = random.choice(tuple(URIS))
    one, kind = whole(random, draft), random.random()
    if kind < 0.6:
        other = changed(random, one, draft)
    else:
        other = whole(random, draft if kind < 0.85 else random.choice(tuple(URIS)))
    return (one, other) if random.random() < 0.5 else (other, one)


def whole(random: Random, draft: int) -> dict[str, Any]:
    """A schema with its draft, and with definitions where it refers to them."""
    schema = _Maker(random, draft).schema(0, most=4)
    text = json.dumps(schema)
    more = {}
    if "#/definitions" in text:
        made = {name: _Maker(random, draft).schema(1) for name in ("d", "e")}
        more = {"definitions": {name: one if isinstance(one, dict) else {} for name, one in made.items()}}
    return {"$schema": URIS[draft], **(schema if isinstance(schema, dict) else {}), **more}


def changed(random: Random, schema: dict[str, Any], draft: int) -> dict[str, Any]:
    """The schema with a keyword gone or some more, somewhere; it may be no schema any more."""
    schema = copy.deepcopy(schema)
    spot = random.choice(list(_objects(schema)))
    words = [word for word in spot if word not in {"$schema", "definitions"}]
    if random.random() < 0.4 and words:
        spot.pop(random.choice(words))
    else:
        more = _Maker(random, draft, refs=False).schema(2, most=2)
        spot.update(more if isinstance(more, dict) else {})
    return schema


def _objects(value: Any) -> list[dict[str, Any]]:  # noqa: ANN401 - any JSON
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return [*([value] if isinstance(value, dict) else []), *(one for part in inner for one in _objects(part))]


class _Maker:
    """Makes schemas of one draft."""

    def __init__(self, random: Random, draft: int, *, refs: bool = True) -> None:
        self.random = random
        self.draft = draft
        self.refs = refs

    def schema(self, depth: int, *, same_value: bool = True, most: int = 3) -> Any:  # noqa: ANN401 - or a boolean
        """A schema; one for the same value as its parent does not refer elsewhere, which might be a cycle."""
        random = self.random
        if depth > DEEPEST or random.random() < 0.08:
            return {} if self.draft == 4 else random.random() < 0.7
        words = self._words(depth)
        if self.refs and not same_value:
            words["$ref"] = lambda: random.choice(("#/definitions/d", "#/definitions/e"))
        made = {word: words[word]() for word in random.sample(sorted(words), random.randint(1, most))}
        if "if" in made:
            made |= {word: self._beside(depth) for word in ("then", "else") if random.random() < 0.7}
        if "contains" in made and self.draft >= 2019:
            made |= {word: self._count() for word in ("minContains", "maxContains") if random.random() < 0.4}
        return made

    def _words(self, depth: int) -> dict[str, Make]:
        words = {**self._scalars(), **self._containers(depth), **self._several(depth)}
        late = {
            "const": 6,
            "exclusiveMinimum": 6,
            "exclusiveMaximum": 6,
            "contains": 6,
            "propertyNames": 6,
            "format": 7,
        }
        late |= {"if": 7, "prefixItems": 2020}
        late |= dict.fromkeys(
            ("dependentRequired", "dependentSchemas", "unevaluatedProperties", "unevaluatedItems"), 2019
        )
        gone = {"dependencies": 7, "additionalItems": 2019}
        return {
            word: make for word, make in words.items() if late.get(word, 4) <= self.draft <= gone.get(word, max(URIS))
        }

    def _scalars(self) -> dict[str, Make]:
        random = self.random
        number: Make = lambda: random.choice(NUMBERS)  # noqa: E731 - one of a row of makers
        return {
            "type": lambda: random.choice(TYPES) if random.random() < 0.7 else random.sample(TYPES, 2),
            "enum": lambda: self._different([document(random, 1) for _ in range(random.randint(1, 4))]),
            "const": lambda: document(random, 1),
            "minimum": number,
            "maximum": number,
            "exclusiveMinimum": number,
            "exclusiveMaximum": number,
            "multipleOf": lambda: random.choice((1, 2, 3, 0.5, 1.5)),
            "minLength": self._count,
            "maxLength": self._count,
            "pattern": lambda: random.choice(PATTERNS),
            "format": lambda: random.choice(FORMATS),
        }

    def _containers(self, depth: int) -> dict[str, Make]:
        random = self.random
        below: Make = lambda: self.schema(depth + 1, same_value=False)  # noqa: E731 - one of a row of makers
        listed: Make = lambda: [below() for _ in range(random.randint(1, 3))]  # noqa: E731 - the same
        several = self.draft <= 2019
        return {
            "minItems": self._count,
            "maxItems": self._count,
            "items": lambda: listed() if several and random.random() < 0.5 else below(),
            "prefixItems": listed,
            "additionalItems": below,
            "uniqueItems": lambda: random.random() < 0.7,
            "contains": below,
            "properties": lambda: {random.choice(NAMES): below() for _ in range(random.randint(1, 3))},
            "patternProperties": lambda: {random.choice(PATTERNS[:4]): below() for _ in range(random.randint(1, 2))},
            "additionalProperties": below,
            "propertyNames": below,
            "required": self._names,
            "minProperties": self._count,
            "maxProperties": self._count,
            "unevaluatedProperties": below,
            "unevaluatedItems": below,
        }

    def _several(self, depth: int) -> dict[str, Make]:
        random = self.random
        some: Make = lambda: [self._beside(depth) for _ in range(random.randint(1, 3))]  # noqa: E731 - one of a row
        either: Make = lambda: self._beside(depth) if random.random() < 0.5 else self._names()  # noqa: E731 - the same
        return {
            "allOf": some,
            "anyOf": some,
            "oneOf": some,
            "not": lambda: self._beside(depth),
            "if": lambda: self._beside(depth),
            "dependencies": lambda: {random.choice(NAMES): either()},
            "dependentRequired": lambda: {random.choice(NAMES): self._names()},
            "dependentSchemas": lambda: {random.choice(NAMES): self._beside(depth)},
        }

    def _beside(self, depth: int) -> Any:  # noqa: ANN401 - an object or a boolean
        return self.schema(depth + 1)

    def _count(self) -> int:
        return self.random.randint(0, 3)

    def _names(self) -> list[str]:
        return self.random.sample(NAMES, self.random.randint(1, 2))

    @staticmethod
    def _different(values: list[Any]) -> list[Any]:
        kept: list[Any] = []
        for value in values:
            if value not in kept:
                kept.append(value)
        return kept
