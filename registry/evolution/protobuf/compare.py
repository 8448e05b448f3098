"""Whether a reader reads on the wire what a writer writes, message by message.

Reading means: the bytes parse; every field that both know has the value that was written, up to the casts of numbers
that Protobuf's own guide calls compatible; every oneof that both know tells which field was set. Fields that only the
writer knows are skipped, fields that only the reader knows are unset.
Promises: every rule that is broken is found, and what cannot be told is a doubt. Leaves out the JSON encoding, where
fields go by name (a caution), and services.
Source: Protocol Buffers guides "Encoding", "Updating A Message Type", "Enum Behavior".
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, TypeAlias

from registry.evolution.protobuf.known import ENUMS
from registry.evolution.protobuf.linking import Declared, Linked, messages
from registry.evolution.protobuf.model import Enum, Field, Message
from registry.evolution.verdict import Place

if TYPE_CHECKING:
    from registry.evolution.budget import Budget
    from registry.evolution.protobuf.model import File

_CASTS: Final = (
    frozenset({"int32", "int64", "uint32", "uint64", "bool", "enum"}),
    frozenset({"sint32", "sint64"}),
    frozenset({"fixed32", "sfixed32"}),
    frozenset({"fixed64", "sfixed64"}),
)
_LENGTHS: Final = frozenset({"string", "bytes", "message", "map"})
_MOST: Final = 50


@dataclass(frozen=True, slots=True)
class Point:
    """A rule broken, in doubt, or of caution; ``said`` are words for its sentence."""

    rule: str
    writer: Place
    reader: Place
    said: tuple[str, ...] = ()


@dataclass(slots=True)
class Outcome:
    """What was found."""

    breaches: list[Point] = field(default_factory=list)
    doubts: list[Point] = field(default_factory=list)
    cautions: list[Point] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Side:
    """A message of one side."""

    schema: Linked
    message: Message
    file: File | None

    def place(self, of: Field | None = None) -> Place:
        document = self.file.document if self.file else ""
        if of is None:
            return Place(self.message.name, self.message.line or None, document)
        return Place(f"{self.message.name}.{of.name}", of.line or None, document)

    @property
    def is_proto2(self) -> bool:
        return self.file is not None and self.file.syntax == "proto2"


_Sides: TypeAlias = tuple[_Side, _Side]
_Fields: TypeAlias = tuple[Field | None, Field | None]


class Comparison:
    """One comparison."""

    def __init__(self, writer: Linked, reader: Linked, budget: Budget) -> None:
        self._writer: Final = writer
        self._reader: Final = reader
        self._budget: Final = budget
        self._found: Final = Outcome()
        self._seen: set[tuple[int, int]] = set()
        self._waiting: deque[tuple[_Side, _Side]] = deque()

    def outcome(self) -> Outcome:
        """Compare every message of the writer's file with the reader's of the same name in its package."""
        self._roots()
        while self._waiting and len(self._found.breaches) < _MOST:
            self._messages(*self._waiting.popleft())
        return self._found

    def _roots(self) -> None:
        mine, theirs = self._writer.main, self._reader.main
        if mine.package != theirs.package:
            said = (mine.package or "-", theirs.package or "-")
            self._found.cautions.append(Point("package-changed", Place(), Place(), said))
        known = {_within(message.name, theirs.package): message for message in messages(theirs)}
        for message in messages(mine):
            name = _within(message.name, mine.package)
            one = _Side(self._writer, message, mine)
            if name not in known:
                self._found.breaches.append(Point("message-removed", one.place(), Place(), (name,)))
                continue
            self._reach(one, _Side(self._reader, known[name], theirs))

    def _reach(self, one: _Side, other: _Side) -> None:
        key = (id(one.message), id(other.message))
        self._budget.spend(1, "pairs")
        if key not in self._seen:
            self._seen.add(key)
            self._waiting.append((one, other))

    def _messages(self, one: _Side, other: _Side) -> None:
        written = {each.number: each for each in one.message.fields}
        known = {each.number: each for each in other.message.fields}
        self._budget.spend(len(written) + len(known), "fields")
        held, freed = other.message.reserved.held(), one.message.reserved.held()
        for number, mine in written.items():
            theirs = known.get(number)
            if theirs is not None:
                self._fields(one, mine, other, theirs)
            elif mine.oneof and self._goes_on(mine, one, other, known):
                self._breach("oneof-field-removed", one, mine, other, None, mine.name)
            elif not held.has(number, ""):
                self._caution("number-not-reserved", one, mine, other, None, mine.name, str(number))
        for number, theirs in known.items():
            mine_or_none = written.get(number)
            if theirs.label == "required" and (mine_or_none is None or mine_or_none.label != "required"):
                self._breach("required-added", one, mine_or_none, other, theirs, theirs.name)
            if mine_or_none is None and freed.has(number, ""):
                self._caution("reserved-number-used", one, None, other, theirs, str(number))
        self._oneofs(one, other, written, known)

    def _goes_on(self, mine: Field, one: _Side, other: _Side, known: dict[int, Field]) -> bool:
        """Whether the reader still has the oneof of a field, under its name or by another field of it."""
        siblings = (field.number for field in one.message.fields if field.oneof == mine.oneof)
        self._budget.spend(len(one.message.fields) // 8, "fields")
        return mine.oneof in other.message.oneofs or any(number in known and known[number].oneof for number in siblings)

    def _oneofs(self, one: _Side, other: _Side, written: dict[int, Field], known: dict[int, Field]) -> None:
        """Fields that could be set together and now exclude one another."""
        together: dict[str, list[Field]] = {}
        for number, theirs in known.items():
            if theirs.oneof and number in written:
                together.setdefault(theirs.oneof, []).append(written[number])
        for name, fields in together.items():
            if len(fields) > 1 and (not fields[0].oneof or len({mine.oneof for mine in fields}) > 1):
                self._breach("fields-joined-in-oneof", one, fields[1], other, None, name)

    def _fields(self, one: _Side, mine: Field, other: _Side, theirs: Field) -> None:
        if mine.name != theirs.name:
            self._caution("field-renamed", one, mine, other, theirs, mine.name, theirs.name)
        was, now = self._kind(one, mine), self._kind(other, theirs)
        if not self._values(one, mine, was, other, theirs, now):
            self._breach("type-changed", one, mine, other, theirs, _said(one, mine), _said(other, theirs))
            return
        if mine.label == "repeated" and theirs.label != "repeated":
            if was in _LENGTHS or was == "group" or not self._packed(one, mine):
                self._caution("only-last-read", one, mine, other, theirs, mine.name)
            else:
                self._breach("repeated-removed", one, mine, other, theirs, mine.name)

    def _values(self, one: _Side, mine: Field, was: str, other: _Side, theirs: Field, now: str) -> bool:  # noqa: PLR0911 - one for each rule of the guide
        """Whether a value of one type is read as one of the other; False: it is not."""
        if {was, now} <= {"message", "map"} or was == now == "group":
            return self._structures(one, mine, other, theirs)
        if was == now == "enum":
            self._enums(one, mine, other, theirs)
            return True
        if now == "enum" and self._is_closed(other, theirs):
            return False
        if was == now or (was, now) == ("string", "bytes"):
            return True
        if (was, now) == ("bytes", "string"):
            return self._text(one, mine, other, theirs)
        if (was, now) == ("message", "bytes"):
            self._caution("message-as-bytes", one, mine, other, theirs)
            return True
        if any({was, now} <= casts for casts in _CASTS):
            self._caution("number-cast", one, mine, other, theirs, _said(one, mine), _said(other, theirs))
            return True
        return False

    def _text(self, one: _Side, mine: Field, other: _Side, theirs: Field) -> bool:
        """proto3 refuses text that is not UTF-8; libraries differ about proto2."""
        if not other.is_proto2:
            return False
        self._found.doubts.append(Point("bytes-as-text", one.place(mine), other.place(theirs)))
        return True

    def _structures(self, one: _Side, mine: Field, other: _Side, theirs: Field) -> bool:
        """Messages are compared by their fields, whatever their names; a map is an entry with two fields."""
        first, second = self._inner(one, mine), self._inner(other, theirs)
        if first is None or second is None:
            return first is second and one.schema.type_name(mine) == other.schema.type_name(theirs)
        self._reach(first, second)
        return True

    def _inner(self, side: _Side, of: Field) -> _Side | None:
        """The message that a field holds; None for one that comes with Protobuf."""
        if of.key:
            return _Side(side.schema, side.schema.entry(of), side.file)
        declared = side.schema.type_of(of)
        if declared is None or not isinstance(declared.type, Message):
            return None
        return _Side(side.schema, declared.type, declared.file)

    def _enums(self, one: _Side, mine: Field, other: _Side, theirs: Field) -> None:
        first, second = one.schema.type_of(mine), other.schema.type_of(theirs)
        if first is None or second is None or not isinstance(first.type, Enum) or not isinstance(second.type, Enum):
            return
        self._budget.spend(len(first.type.values) // 4, "enums")
        known = {value.number for value in second.type.values}
        missing = [value.name for value in first.type.values if value.number not in known]
        if missing:
            tell = self._breach if second.is_proto2 else self._caution
            rule = "enum-value-removed" if second.is_proto2 else "enum-value-unknown"
            tell(rule, one, mine, other, theirs, ", ".join(missing[:5]))

    def _is_closed(self, side: _Side, of: Field) -> bool:
        """Whether numbers without a name are kept away from an enum's field, as proto2 does."""
        declared = side.schema.type_of(of)
        return declared is not None and declared.is_proto2

    def _kind(self, side: _Side, of: Field) -> str:
        if of.key:
            return "map"
        declared: Declared | None = side.schema.type_of(of)
        if declared is None:
            return of.type
        if isinstance(declared.type, Enum) or declared.name in ENUMS:
            return "enum"
        return "group" if of.group else "message"

    def _packed(self, side: _Side, of: Field) -> bool:
        said = of.option("packed")
        return said == "true" or (said != "false" and not side.is_proto2)

    def _breach(
        self, rule: str, one: _Side, mine: Field | None, other: _Side, theirs: Field | None, *said: str
    ) -> None:
        self._found.breaches.append(_point(rule, (one, other), (mine, theirs), said))

    def _caution(
        self, rule: str, one: _Side, mine: Field | None, other: _Side, theirs: Field | None, *said: str
    ) -> None:
        self._found.cautions.append(_point(rule, (one, other), (mine, theirs), said))


def _point(rule: str, sides: _Sides, fields: _Fields, said: tuple[str, ...]) -> Point:
    return Point(rule, sides[0].place(fields[0]), sides[1].place(fields[1]), said)


def _within(name: str, package: str) -> str:
    return name.removeprefix(f"{package}.") if package else name


def _said(side: _Side, of: Field) -> str:
    type_ = side.schema.type_name(of)
    return f"map<{of.key}, {type_}>" if of.key else type_
