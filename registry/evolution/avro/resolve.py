"""What keeps a reader from reading all that a writer writes: the specification's schema resolution, type by type.

A pair of types is looked at once, so recursive types end. Each pair that is reached must resolve, since some datum
reaches it: there is no "or" in schema resolution, the branch of a union that reads is chosen by the schemas alone.
Promises: no breach is left out, and each says by which steps of the writer's type a datum gets there; what libraries
choose differently is a doubt. Leaves out data (``registry.evolution.avro.witness``).
Source: Apache Avro 1.12 specification, "Schema Resolution" and "Aliases".
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, TypeAlias

from registry.evolution.avro.model import (
    MISSING,
    Array,
    Enum,
    Field,
    Fixed,
    Map,
    Names,
    Primitive,
    Record,
    Spot,
    Type,
    Union,
    Whole,
    short,
    whole,
    word,
)

if TYPE_CHECKING:
    from registry.evolution.budget import Budget

_MOST: Final = 50
"""Breaches that are told; more help nobody."""
_PROMOTED: Final = frozenset(
    {
        ("int", "long"),
        ("int", "float"),
        ("int", "double"),
        ("long", "float"),
        ("long", "double"),
        ("float", "double"),
        ("string", "bytes"),
        ("bytes", "string"),
    }
)
_ROUNDED: Final = frozenset({("int", "float"), ("long", "float"), ("long", "double")})

Step: TypeAlias = str | int
"""From a type to a part of it: a field's name, ``[]`` for an item, ``{}`` for a value, a branch's index, or, with ``=``
before it, a symbol."""


@dataclass(frozen=True, slots=True)
class Way:
    """How a datum of the writer's schema gets to a type: the steps, last first."""

    step: Step
    before: Way | None


@dataclass(frozen=True, slots=True)
class Breach:
    """One rule that is broken, or in doubt, or a caution.

    Attributes:
        said: words for the sentence, by the rule (``registry.evolution.avro.findings``).
    """

    rule: str
    writer: Spot
    reader: Spot
    way: Way | None
    said: tuple[str, ...] = ()


@dataclass(slots=True)
class Outcome:
    """What was found: breaches, doubts (libraries differ) and cautions (read, but with another meaning)."""

    breaches: list[Breach] = field(default_factory=list)
    doubts: list[Breach] = field(default_factory=list)
    cautions: list[Breach] = field(default_factory=list)


_Pair: TypeAlias = tuple[Whole, Whole, Way | None, bool]


class Resolution:
    """One comparison.

    Args:
        writers: names of the writer's schema.
        readers: names of the reader's schema.
        has_data: whether a type of the writer has any datum; what has none is not followed.
    """

    def __init__(self, writers: Names, readers: Names, has_data: Callable[[Type], bool], budget: Budget) -> None:
        self._writers: Final = writers
        self._readers: Final = readers
        self._has_data: Final = has_data
        self._budget: Final = budget
        self._found: Final = Outcome()
        self._seen: set[tuple[int, int, bool]] = set()
        self._waiting: deque[_Pair] = deque()

    def outcome(self, writer: Type, reader: Type) -> Outcome:
        """Compare; breadth first, so that the first breach is reached by few steps."""
        self._reach(writer, reader, None, doubtful=False)
        while self._waiting and len(self._found.breaches) < _MOST:
            self._resolve(*self._waiting.popleft())
        return self._found

    def _reach(self, writer: Type, reader: Type, way: Way | None, *, doubtful: bool) -> None:
        one, other = whole(writer, self._writers), whole(reader, self._readers)
        key = (id(one), id(other), doubtful)
        if key in self._seen or not self._has_data(one):
            return
        self._budget.spend(1, "pairs")
        self._seen.add(key)
        self._waiting.append((one, other, way, doubtful))

    def _breach(self, rule: str, writer: Spot, reader: Spot, way: Way | None, *said: str, doubtful: bool) -> None:
        one = Breach(rule, writer, reader, way, said)
        if doubtful:
            self._found.doubts.append(Breach("union-branch-ambiguous", writer, reader, way))
        else:
            self._found.breaches.append(one)

    def _resolve(self, writer: Whole, reader: Whole, way: Way | None, doubtful: bool) -> None:  # noqa: FBT001 - a pair's own
        if isinstance(writer, Union):
            for index, branch in enumerate(writer.branches):
                self._reach(branch, reader, Way(index, way), doubtful=doubtful)
        elif isinstance(reader, Union):
            self._choose(writer, reader, way, doubtful=doubtful)
        elif not self._matches(writer, reader, shallow=True):
            self._mismatch(writer, reader, way, doubtful=doubtful)
        elif isinstance(writer, Array) and isinstance(reader, Array):
            self._part(writer.items, reader.items, "[]", way, doubtful=doubtful)
        elif isinstance(writer, Map) and isinstance(reader, Map):
            self._part(writer.values, reader.values, "{}", way, doubtful=doubtful)
        elif isinstance(writer, Record) and isinstance(reader, Record):
            self._record(writer, reader, way, doubtful=doubtful)
        elif isinstance(writer, Enum) and isinstance(reader, Enum):
            self._enum(writer, reader, way, doubtful=doubtful)
        elif isinstance(writer, Primitive | Fixed) and isinstance(reader, Primitive | Fixed):
            self._value(writer, reader, way, doubtful=doubtful)

    def _part(self, writer: Type, reader: Type, step: str, way: Way | None, *, doubtful: bool) -> None:
        """Items or values; where there can be none, an empty array is still refused unless their types match."""
        if not self._has_data(writer) and not self._matches(writer, reader):
            self._mismatch(whole(writer, self._writers), whole(reader, self._readers), way, doubtful=doubtful)
        self._reach(writer, reader, Way(step, way), doubtful=doubtful)

    def _choose(self, writer: Whole, reader: Union, way: Way | None, *, doubtful: bool) -> None:
        """The first branch that matches reads (the specification); the Java library prefers the very same type."""
        matching = [
            branch for branch in (whole(one, self._readers) for one in reader.branches) if self._matches(writer, branch)
        ]
        if not matching:
            self._breach("branch-missing", writer.spot, reader.spot, way, _named(writer), doubtful=doubtful)
            return
        self._reach(writer, matching[0], way, doubtful=doubtful)
        same = next((branch for branch in matching if _named(branch) == _named(writer)), matching[0])
        if same is not matching[0]:
            self._reach(writer, same, way, doubtful=True)
            if isinstance(writer, Record | Enum | Fixed):
                self._found.cautions.append(Breach("branch-by-short-name", writer.spot, matching[0].spot, way))

    def _matches(self, writer: Type, reader: Type, *, shallow: bool = False) -> bool:  # noqa: PLR0911 - one for each rule of the specification
        """Whether two types match. ``shallow``: items and values are left to their own pair."""
        self._budget.spend(1, "match")
        one, other = whole(writer, self._writers), whole(reader, self._readers)
        if isinstance(one, Union) or isinstance(other, Union):
            return True
        if isinstance(one, Primitive) and isinstance(other, Primitive):
            return one.kind == other.kind or (one.kind, other.kind) in _PROMOTED
        if isinstance(one, Array) and isinstance(other, Array):
            return shallow or self._matches(one.items, other.items)
        if isinstance(one, Map) and isinstance(other, Map):
            return shallow or self._matches(one.values, other.values)
        if isinstance(one, Fixed) and isinstance(other, Fixed) and one.size != other.size:
            return False
        if isinstance(one, Record | Enum | Fixed) and type(one) is type(other):
            return short(one.name) == short(_named(other)) or one.name in _aliases(other)
        return False

    def _mismatch(self, writer: Whole, reader: Whole, way: Way | None, *, doubtful: bool) -> None:
        rule = "type-changed"
        if type(writer) is type(reader) and isinstance(writer, Record | Enum | Fixed):
            is_size = isinstance(writer, Fixed) and isinstance(reader, Fixed) and writer.size != reader.size
            rule = "size-changed" if is_size else "name-changed"
        self._breach(rule, writer.spot, reader.spot, way, _named(writer), _named(reader), doubtful=doubtful)

    def _record(self, writer: Record, reader: Record, way: Way | None, *, doubtful: bool) -> None:
        for mine, theirs in self._fields(writer, reader, way):
            self._budget.spend(1, "fields")
            if theirs is not None:
                self._reach(theirs.type, mine.type, Way(theirs.name, way), doubtful=doubtful)
            elif mine.default is MISSING:
                self._breach("field-without-default", writer.spot, mine.spot, way, mine.name, doubtful=doubtful)

    def _fields(self, writer: Record, reader: Record, way: Way | None) -> Iterator[tuple[Field, Field | None]]:
        """The reader's fields and which of the writer's each reads: the same name, else an alias."""
        written = {one.name: one for one in writer.fields}
        taken: dict[str, str] = {one.name: one.name for one in reader.fields if one.name in written}
        for mine in reader.fields:
            name = mine.name if mine.name in written else next((one for one in mine.aliases if one in written), None)
            clashes = [one for one in mine.aliases if one in written and taken.setdefault(one, mine.name) != mine.name]
            if clashes or (mine.name in written and any(one in written for one in mine.aliases)):
                self._found.doubts.append(Breach("alias-ambiguous", writer.spot, mine.spot, way, (mine.name,)))
            yield mine, None if name is None else written[name]

    def _enum(self, writer: Enum, reader: Enum, way: Way | None, *, doubtful: bool) -> None:
        known = frozenset(reader.symbols)
        missing = [symbol for symbol in writer.symbols if symbol not in known]
        if not missing:
            return
        shown = ", ".join(missing[:5])
        if reader.default is None:
            there = Way(f"={missing[0]}", way)
            self._breach("symbol-removed", writer.spot, reader.spot, there, shown, doubtful=doubtful)
        else:
            self._found.cautions.append(
                Breach("symbol-by-default", writer.spot, reader.spot, way, (shown, reader.default))
            )

    def _value(self, writer: Primitive | Fixed, reader: Primitive | Fixed, way: Way | None, *, doubtful: bool) -> None:
        one, other = writer.logical, reader.logical
        if one and other and one.name == other.name == "decimal" and one != other:
            said = (f"({one.precision}, {one.scale})", f"({other.precision}, {other.scale})")
            self._breach("decimal-changed", writer.spot, reader.spot, way, *said, doubtful=doubtful)
        elif one != other:
            said = (one.name if one else word(writer), other.name if other else word(reader))
            self._found.cautions.append(Breach("logical-type-changed", writer.spot, reader.spot, way, said))
        pair = (word(writer), word(reader))
        if pair in _ROUNDED:
            self._found.cautions.append(Breach("number-rounded", writer.spot, reader.spot, way, pair))
        elif pair == ("bytes", "string"):
            self._found.cautions.append(Breach("bytes-as-text", writer.spot, reader.spot, way))


def _aliases(type_: Whole) -> tuple[str, ...]:
    return type_.aliases if isinstance(type_, Record | Enum | Fixed) else ()


def _named(type_: Whole) -> str:
    return type_.name if isinstance(type_, Record | Enum | Fixed) else word(type_)
