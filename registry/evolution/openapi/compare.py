"""Whether an interface (the reader) serves every client that was made for another version of it (the writer).

Every operation that the writer's description offers must be there; what it lets clients send, the reader must take;
what the reader answers, the writer's clients must know. Schemas of JSON bodies and parameters are compared as JSON
Schemas.
Promises: a breach is certain (an operation is gone, a parameter became required, a body is refused); everything else
that differs is a doubt, unless the differing schemas are compared to the end. Leaves out security, callbacks, links and
headers: where they differ, that is a doubt.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Final, NamedTuple

from registry.evolution.budget import Budget, BudgetSpentError
from registry.evolution.json.format import JsonFormat
from registry.evolution.json.reading import written
from registry.evolution.openapi.model import Body
from registry.evolution.openapi.schemas import UndecidedError, depends_on_direction, standalone
from registry.evolution.port import SchemaError
from registry.evolution.verdict import Incompatible, Unknown

if TYPE_CHECKING:
    from registry.evolution.openapi.model import Description, Json, Operation, Parameter, Path
    from registry.evolution.port import Policy
    from registry.evolution.verdict import Witness
    from registry.model import Text

_EMPTY: Final = Body({}, {}, required=False, path=())
_NAMED: Final = ("securitySchemes", "headers", "links", "callbacks")
"""Components that are not resolved where they are used."""
_RESERVED: Final = frozenset({"accept", "content-type", "authorization"})


_SCALARS: Final = ("string", "integer", "number", "boolean")


class _Judged(NamedTuple):
    """Of two schemas: included, not included, or (None) undecided by a rule."""

    included: bool | None
    rule: str = ""
    said: Text | None = None
    witness: Witness | None = None


@dataclass(frozen=True, slots=True)
class Point:
    """A breach, doubt or caution; the paths lead into the two descriptions."""

    rule: str
    writer: Path
    reader: Path
    said: tuple[str, ...] = ()
    judged: _Judged | None = None


@dataclass(slots=True)
class Outcome:
    """What was found."""

    breaches: list[Point] = field(default_factory=list)
    doubts: list[Point] = field(default_factory=list)
    cautions: list[Point] = field(default_factory=list)


class Comparison:
    """One comparison."""

    def __init__(self, writer: Description, reader: Description, policy: Policy, budget: Budget) -> None:
        self._writer: Final = writer
        self._reader: Final = reader
        self._policy: Final = policy
        self._budget: Final = budget
        self._json: Final = JsonFormat()
        self._found: Final = Outcome()
        self._known: dict[tuple[str, str], _Judged] = {}

    def outcome(self) -> Outcome:
        """Compare operation by operation."""
        for key, mine in self._writer.operations.items():
            self._budget.spend(1, "operations")
            theirs = self._reader.operations.get(key)
            if theirs is None:
                self._found.breaches.append(Point("operation-removed", mine.path, ("paths",), (key,)))
            else:
                self._operation(mine, theirs)
        for name in ("security", "webhooks"):
            if not self._alike(self._writer.value.get(name), self._reader.value.get(name)):
                self._found.doubts.append(Point("not-compared", (name,), (name,), (name,)))
        for name in _NAMED:
            path = ("components", name)
            if not self._alike(_component(self._writer, name), _component(self._reader, name)):
                self._found.doubts.append(Point("not-compared", path, path, (name,)))
        if written(self._writer.value.get("servers")) != written(self._reader.value.get("servers")):
            self._found.cautions.append(Point("servers-changed", ("servers",), ("servers",)))
        return self._found

    def _alike(self, mine: Json, theirs: Json) -> bool:
        """Whether two parts that are not compared say the same, with all that they might refer to."""
        text = written(mine)
        if text != written(theirs):
            return False
        return '"$ref"' not in text or self._components_are_alike

    @cached_property
    def _components_are_alike(self) -> bool:
        return written(self._writer.value.get("components")) == written(self._reader.value.get("components"))

    def _operation(self, mine: Operation, theirs: Operation) -> None:
        for name in sorted({*mine.others, *theirs.others}):
            if not self._alike(mine.others.get(name), theirs.others.get(name)):
                self._doubt("not-compared", mine.path, theirs.path, name)
        self._parameters(mine, theirs)
        self._request(mine.body or _EMPTY, theirs.body or _EMPTY, mine, theirs)
        self._responses(mine, theirs)

    def _parameters(self, mine: Operation, theirs: Operation) -> None:
        for key, parameter in theirs.parameters.items():
            known = mine.parameters.get(key)
            if parameter.where == "header" and parameter.name.lower() in _RESERVED:
                continue  # the specification: such a definition is ignored
            if parameter.required and (known is None or not known.required):
                self._breach("parameter-required", mine.path, parameter.path, parameter.name)
            elif known is None:
                self._found.cautions.append(Point("parameter-added", mine.path, parameter.path, (parameter.name,)))
        for key, parameter in mine.parameters.items():
            other = theirs.parameters.get(key)
            if other is None:
                self._doubt("parameter-removed", parameter.path, theirs.path, parameter.name)
            else:
                self._parameter(parameter, other)

    def _parameter(self, mine: Parameter, theirs: Parameter) -> None:
        if not self._alike(dict(mine.others), dict(theirs.others)):
            self._doubt("not-compared", mine.path, theirs.path, mine.name)
            return
        judged = self._included(mine.schema, theirs.schema)
        if judged.included is False and not _is_plain(mine.schema, theirs.schema):
            judged = _Judged(None, "parameter-type")
        self._judge(judged, "parameter-narrowed", mine.path, theirs.path, mine.name)

    def _request(self, mine: Body, theirs: Body, one: Operation, other: Operation) -> None:
        writer, reader = mine.path or one.path, theirs.path or other.path
        if theirs.required and not mine.required:
            self._breach("body-required", writer, reader)
        if not mine.schemas:
            return
        if not self._alike(dict(mine.others), dict(theirs.others)):
            self._doubt("not-compared", writer, reader, "encoding")
        for media_type, schema in mine.schemas.items():
            if media_type not in theirs.schemas:
                self._doubt("media-type-removed", writer, reader, media_type)
            elif _is_json(media_type):
                judged = self._included(schema, theirs.schemas[media_type])
                self._judge(judged, "request-narrowed", writer, reader, media_type)
            elif self._differ(schema, theirs.schemas[media_type]):
                self._doubt("not-compared", writer, reader, media_type)

    def _responses(self, mine: Operation, theirs: Operation) -> None:
        for status, answer in theirs.responses.items():
            known = mine.responses.get(status) or mine.responses.get(f"{status[:1]}XX") or mine.responses.get("default")
            if known is None:
                self._doubt("response-added", mine.path, answer.body.path, status)
                continue
            if not self._alike(dict(answer.others), dict(known.others)):
                self._doubt("not-compared", known.body.path, answer.body.path, status)
            for media_type in known.body.schemas.keys() - answer.body.schemas.keys():
                self._doubt("response-removed", known.body.path, answer.body.path, f"{status} {media_type}")
            for media_type, schema in answer.body.schemas.items():
                if media_type not in known.body.schemas:
                    self._doubt("response-added", known.body.path, answer.body.path, f"{status} {media_type}")
                elif _is_json(media_type):
                    judged = self._included(schema, known.body.schemas[media_type], answers=True)
                    self._judge(judged, "response-widened", known.body.path, answer.body.path, f"{status} {media_type}")
                elif self._differ(known.body.schemas[media_type], schema):
                    self._doubt("not-compared", known.body.path, answer.body.path, f"{status} {media_type}")

    def _differ(self, mine: Json, theirs: Json) -> bool:
        """Whether two schemas are not written alike, with all that they refer to."""
        texts = self._texts(mine, theirs, answers=False)
        return isinstance(texts, str) or texts[0] != texts[1]

    def _texts(self, one: Json, other: Json, *, answers: bool) -> tuple[str, str] | str:
        """Both schemas standing alone, or the rule by which they cannot."""
        first, second = (self._reader, self._writer) if answers else (self._writer, self._reader)
        if not (first.is_alone and second.is_alone):
            return "reference-elsewhere"
        one, other = {} if one is None else one, {} if other is None else other
        try:
            texts = (standalone(first, one), standalone(second, other))
            if texts[0] != texts[1] and (depends_on_direction(first, one) or depends_on_direction(second, other)):
                return "read-only"
        except UndecidedError as error:
            return error.rule
        return texts

    def _included(self, one: Json, other: Json, *, answers: bool = False) -> _Judged:
        """Whether values of one schema are values of the other. ``answers``: the reader's is the first."""
        texts = self._texts(one, other, answers=answers)
        if isinstance(texts, str):
            return _Judged(None, texts)
        if texts[0] == texts[1]:
            return _Judged(included=True)
        if texts not in self._known:
            self._known[texts] = self._judged(*texts)
        return self._known[texts]

    def _judged(self, one: str, other: str) -> _Judged:
        try:
            writer, reader = (self._json.parse(text, {}, self._budget) for text in (one, other))
        except SchemaError as error:
            if error.rule == "too-costly":
                raise BudgetSpentError(self._budget.limit, "schema") from error
            return _Judged(None, "schema-unreadable")
        verdict = self._json.included(writer, reader, self._policy, self._budget)
        if isinstance(verdict, Unknown) and verdict.rule == "budget-spent":
            raise BudgetSpentError(self._budget.limit, "schema")
        if isinstance(verdict, Incompatible):
            return _Judged(included=False, said=verdict.findings[0].said, witness=verdict.witness)
        return _Judged(None, verdict.rule) if isinstance(verdict, Unknown) else _Judged(included=True)

    def _judge(self, judged: _Judged, rule: str, mine: Path, theirs: Path, said: str) -> None:
        if judged.included is None:
            self._doubt("schema-undecided", mine, theirs, said, judged.rule)
        elif not judged.included:
            self._found.breaches.append(Point(rule, mine, theirs, (said,), judged))

    def _breach(self, rule: str, mine: Path, theirs: Path, *said: str) -> None:
        self._found.breaches.append(Point(rule, mine, theirs, said))

    def _doubt(self, rule: str, mine: Path, theirs: Path, *said: str) -> None:
        self._found.doubts.append(Point(rule, mine, theirs, said))


def _component(of: Description, name: str) -> Json:
    components = of.value.get("components")
    return components.get(name) if isinstance(components, dict) else None


def _is_json(media_type: str) -> bool:
    kind = media_type.partition(";")[0].strip()
    return kind == "application/json" or kind.endswith("+json")


def _is_plain(mine: Json, theirs: Json) -> bool:
    """Whether both are the same one scalar type, so that what is written on the wire has one meaning."""
    kinds = {one.get("type") if isinstance(one, dict) else None for one in (mine, theirs)}
    return len(kinds) == 1 and next(iter(kinds)) in _SCALARS
