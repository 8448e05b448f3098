"""Schemas as formulas: each subschema is one, opened keyword by keyword when somebody looks into it.

Promises that subschemas which say the same are the same formula, in whichever schema they stand; that a schema is
opened at most once; that annotations say nothing. What is not decided exactly becomes ``Opaque``, which is included
only in itself.
Leaves out what each keyword says (``keywords``).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from enum import IntEnum
from typing import Final

from registry.evolution.json.dialect import Draft
from registry.evolution.json.digests import Digests
from registry.evolution.json.formula import (
    ARRAY,
    EVERY,
    FALSE,
    FALSE_VALUE,
    INTEGER,
    NULL,
    NUMBER,
    OBJECT,
    POINTED,
    STRING,
    TRUE,
    TRUE_VALUE,
    Formula,
    all_of,
    interned,
    negation,
)
from registry.evolution.json.reading import Value
from registry.evolution.json.resources import Node, Resources

_TYPES: Final[Mapping[Value, int]] = {
    "null": NULL,
    "boolean": TRUE_VALUE | FALSE_VALUE,
    "number": NUMBER,
    "integer": INTEGER | POINTED,
    "string": STRING,
    "array": ARRAY,
    "object": OBJECT,
}


class Reading(IntEnum):
    """How a schema is read, by the policy."""

    PLAIN = 0
    CLOSED = 1
    """Objects that name properties and do not say what else they may have have nothing else."""
    CLOSED_WITHIN = 2
    """The same for the parts of a value; of the value itself the schema around this one speaks."""
    FILLED = 3
    """A required property that has a good default may be missing."""

    @property
    def below(self) -> Reading:
        """For the parts of a value: its items and properties."""
        return Reading.CLOSED if self is Reading.CLOSED_WITHIN else self

    @property
    def beside(self) -> Reading:
        """For subschemas that judge the same value."""
        return Reading.CLOSED_WITHIN if self is Reading.CLOSED else self


@dataclass(frozen=True, slots=True)
class Context:
    """Where a keyword stands."""

    compiler: Compiler
    node: Node
    reading: Reading

    def below(self, schema: Value) -> Formula:
        """A subschema that judges a part of the value."""
        return self.compiler.formula(schema, self.reading.below)

    def beside(self, schema: Value) -> Formula:
        """A subschema that judges the same value."""
        return self.compiler.formula(schema, self.reading.beside)

    def plain(self, schema: Value) -> Formula:
        """A subschema as it is written, whatever the policy."""
        return self.compiler.formula(schema, Reading.PLAIN)


Make = Callable[[Context, Value], Iterable[Formula]]
"""What a keyword with that value says, each condition for itself."""


@dataclass(slots=True, eq=False)
class Sub(Formula):
    """A subschema."""

    node: Node
    home: Compiler
    reading: Reading
    _opened: Formula | None = None

    def opened(self) -> Formula:
        """See ``Formula``."""
        if self._opened is None:
            self._opened = all_of(self.home.parts(self.node, self.reading))
        return self._opened

    def refused(self) -> Formula:
        """See ``Formula``."""
        return negation(self.opened())

    def mask(self) -> int:
        """See ``Formula``."""
        return declared(self.node)


class Compiler:
    """Makes the formulas of one schema with its references.

    Args:
        resources: the schema.
        keywords: what each keyword says, and the draft that has it first.
        closing: what ``Reading.CLOSED`` adds.
    """

    def __init__(
        self, resources: Resources, keywords: Mapping[str, tuple[Draft, Make]], closing: Callable[[Context], Formula]
    ) -> None:
        self.resources: Final = resources
        self._keywords: Final = keywords
        self._closing: Final = closing
        self._formulas: dict[tuple[int, Reading], Formula] = {}
        self._digests: Final = Digests(resources)

    def formula(self, schema: Value, reading: Reading) -> Formula:
        """What a subschema says."""
        if not isinstance(schema, dict):
            return FALSE if schema is False else TRUE
        if not schema:
            return TRUE
        known = self._formulas.get((id(schema), reading))
        if known is None:
            node = self.resources.node(schema)
            key = (Sub, self._digests.of(node), reading)
            known = self._formulas[id(schema), reading] = interned(key, lambda: Sub(node, self, reading))
        return known

    def digest(self, node: Node) -> bytes:
        """By which a subschema is known."""
        return self._digests.of(node)

    def parts(self, node: Node, reading: Reading) -> Iterable[Formula]:
        """What each keyword of a subschema says."""
        context = Context(self, node, reading)
        if "$ref" in node.schema and node.draft <= Draft.D7:
            yield from self._keywords["$ref"][1](context, node.schema["$ref"])
        else:
            for keyword, value in node.schema.items():
                since, make = self._keywords.get(keyword, (None, None))
                if since is not None and make is not None and since <= node.draft:
                    yield from make(context, value)
        if reading is Reading.CLOSED:
            yield self._closing(context)


def types_of(value: Value, draft: Draft) -> int:
    """What ``type`` allows. In draft 4 a number with a point is no integer."""
    names = value if isinstance(value, list) else [value]
    mask = 0
    for name in names:
        mask |= _TYPES.get(name, 0) if isinstance(name, str) else 0
    if draft is Draft.D4 and "number" not in names:
        mask &= ~POINTED
    return mask


def declared(node: Node) -> int:
    """What ``type`` allows in a subschema: a bound from above."""
    if "type" not in node.schema or ("$ref" in node.schema and node.draft <= Draft.D7):
        return EVERY
    return types_of(node.schema["type"], node.draft)
