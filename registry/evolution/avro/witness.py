"""Data of a writer's schema: which types have any, and one that gets to a given place.

Promises: data as small as any, both as a Python value for ``fastavro`` and in Avro's JSON encoding; a datum that would
be large is an error, since nobody reads it. Source: Apache Avro 1.12 specification, "JSON Encoding".
"""

from __future__ import annotations

from math import inf
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from registry.evolution.avro.model import Array, Enum, Fixed, Map, Primitive, Record, Union, whole, word

if TYPE_CHECKING:
    from registry.evolution.avro.model import Names, Type, Whole
    from registry.evolution.avro.resolve import Step, Way
    from registry.evolution.budget import Budget

_LARGEST: Final = 2_000
"""Values of one datum."""
_DEEPEST: Final = 60
_BYTES_PER_VALUE: Final = 16
_VALUES: Final[dict[str, Any]] = {
    "null": None,
    "boolean": False,
    "int": 0,
    "long": 0,
    "float": 0.0,
    "double": 0.0,
    "string": "",
}
_ENTRY: Final = "a"
"""The name of the entry where a map must have one."""


class DatumTooLargeError(Exception):
    """The smallest datum that gets there has too many values or nests too deeply."""


class Datum(NamedTuple):
    """A datum, twice."""

    value: Any
    """For ``fastavro``: a union's value is a pair of the branch and the value."""
    json: Any


class Data:
    """The smallest data of each type of a schema."""

    def __init__(self, names: Names, budget: Budget) -> None:
        self._names: Final = names
        self._budget: Final = budget
        self._sizes: dict[str, float] = dict.fromkeys(names, inf)
        self._settle()

    def exists(self, type_: Type) -> bool:
        """Whether a type has a datum at all: a record that must hold itself has none."""
        return self._size(whole(type_, self._names)) < inf

    def along(self, type_: Type, way: Way | None) -> Datum:
        """A smallest datum that takes the given steps.

        Raises:
            DatumTooLargeError: it is over a limit.
        """
        steps: list[Step] = []
        while way is not None:
            steps.append(way.step)
            way = way.before
        return self._datum(type_, steps, 0)

    def _settle(self) -> None:
        """Sizes grow from the types that need no other; the last defined are the innermost."""
        names = list(self._names)[::-1]
        changed = True
        while changed:
            changed = False
            for name in names:
                self._budget.spend(1, "data")
                size = self._size(self._names[name])
                if size < self._sizes[name]:
                    self._sizes[name], changed = size, True

    def _size(self, of: Whole) -> float:
        if isinstance(of, Union):
            return min((self._part(branch) for branch in of.branches), default=inf)
        if isinstance(of, Enum):
            return 1 if of.symbols else inf
        if isinstance(of, Fixed):
            return 1 + of.size // _BYTES_PER_VALUE
        if isinstance(of, Record):
            self._budget.spend(len(of.fields) // 8, "data")
            return 1 + sum(self._part(one.type) for one in of.fields)
        return 1

    def _part(self, type_: Type) -> float:
        """The size as far as it is known: named types by what is settled."""
        of = whole(type_, self._names)
        return self._sizes[of.name] if isinstance(of, Record | Enum | Fixed) else self._size(of)

    def _datum(self, type_: Type, steps: list[Step], depth: int) -> Datum:
        of = whole(type_, self._names)
        if depth > _DEEPEST or self._size(of) > _LARGEST:
            raise DatumTooLargeError
        self._budget.spend(1, "witness")
        step = steps.pop() if steps else None
        if isinstance(of, Union):
            return self._branch(of, step, steps, depth)
        if isinstance(of, Array):
            items = [] if step is None else [self._datum(of.items, steps, depth + 1)]
            return Datum([item.value for item in items], [item.json for item in items])
        if isinstance(of, Map):
            one = None if step is None else self._datum(of.values, steps, depth + 1)
            return Datum({_ENTRY: one.value}, {_ENTRY: one.json}) if one else Datum({}, {})
        if isinstance(of, Record):
            return self._record(of, step, steps, depth)
        return _scalar(of, step)

    def _record(self, of: Record, step: Step | None, steps: list[Step], depth: int) -> Datum:
        fields = {one.name: self._datum(one.type, steps if one.name == step else [], depth + 1) for one in of.fields}
        return Datum(
            {name: datum.value for name, datum in fields.items()}, {name: datum.json for name, datum in fields.items()}
        )

    def _branch(self, of: Union, step: Step | None, steps: list[Step], depth: int) -> Datum:
        index = (
            step if isinstance(step, int) else min(range(len(of.branches)), key=lambda at: self._part(of.branches[at]))
        )
        branch = whole(of.branches[index], self._names)
        inner = self._datum(branch, steps, depth + 1)
        label = branch.name if isinstance(branch, Record | Enum | Fixed) else word(branch)
        return Datum((label, inner.value), None if label == "null" else {label: inner.json})


def _scalar(of: Primitive | Enum | Fixed, step: Step | None) -> Datum:
    if isinstance(of, Enum):
        symbol = step.removeprefix("=") if isinstance(step, str) else of.symbols[0]
        return Datum(symbol, symbol)
    if isinstance(of, Fixed):
        return Datum(bytes(of.size), "\0" * of.size)
    if of.kind == "bytes":
        return Datum(b"", "")
    return Datum(_VALUES[of.kind], _VALUES[of.kind])
