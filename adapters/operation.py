"""What every kind declares for each operation: what must be there, how to ask, how to read the answer.

Promises: settings are frozen and refuse unknown keys; a question that lacks a mandatory fact is
refused before anything is sent; a peer's own code becomes a `PeerFault` by a declared table; zero, one
and several records are three different outcomes.
Leaves out: moving bytes; that is each kind's own part.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Final, Literal, Self, TypeAlias, get_args

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from adapters import dates, values, watching
from adapters.guard import GuardLimits
from adapters.limits import BreakerSettings, RetrySettings
from adapters.mapping import Field as MapField
from adapters.mapping import FieldMap, MapError, SourcePath
from adapters.pace import PaceLimits
from adapters.port import Bounds, DeclarationError, Found, PeerError, PeerFault, Query
from adapters.values import ABSENT, ValueRuleError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import datetime

Fact: TypeAlias = Literal[
    "officer.id", "officer.unit", "procedure", "dossier", "purpose", "consumer", "request_id", "correlation"
]
PER_OFFICER: Final[tuple[Fact, ...]] = ("officer.id", "officer.unit", "procedure", "request_id")
"""What systems that keep watch per officer demand with every call."""
_SOURCES: Final = frozenset({*get_args(Fact), "operation"})
"""What a question map can draw on by name; and any place in `body.` and `secret.`."""


def _as_tuple(value: object) -> object:
    return tuple(value) if isinstance(value, list) else value


def _as_fault(value: object) -> object:
    return PeerFault(value) if isinstance(value, str) else value


def _checked(fields: tuple[MapField, ...]) -> tuple[MapField, ...]:
    try:
        FieldMap(fields)
    except DeclarationError as error:
        raise ValueError(str(error)) from None
    return fields


Fields: TypeAlias = Annotated[tuple[MapField, ...], BeforeValidator(_as_tuple), AfterValidator(_checked)]
Facts: TypeAlias = Annotated[tuple[Fact, ...], BeforeValidator(_as_tuple)]
Texts: TypeAlias = Annotated[tuple[str, ...], BeforeValidator(_as_tuple)]
Fault: TypeAlias = Annotated[PeerFault, BeforeValidator(_as_fault)]
Faults: TypeAlias = dict[str, Fault]


class Strict(BaseModel):
    """Every settings model: frozen, unknown keys are errors, no conversion of types."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class AsOf(Strict):
    """Where the peer says from when its data is."""

    place: SourcePath = Field(alias="from")
    forms: Texts = Field(min_length=1)
    zone: str = "+07:00"

    @model_validator(mode="after")
    def _check(self) -> AsOf:
        try:
            dates.zone(self.zone)
            days = [dates.form(text).precision >= dates.DAY for text in self.forms]
        except DeclarationError as error:
            raise ValueError(str(error)) from None
        if not all(days):
            raise ValueError("a moment names at least its day")
        return self

    def read(self, source: object) -> datetime | None:
        """The moment in UTC, or None when the peer left it out."""
        value = values.at(source, values.path(self.place))
        if value is ABSENT or value == "":
            return None
        text = values.text(value)
        form = next((f for f in map(dates.form, self.forms) if f.fits(text)), None)
        if form is None:
            raise ValueRuleError("date-form")
        return form.read(text).at(dates.zone(self.zone))


class Outcome(Strict):
    """A result code inside a reply that HTTP calls a success."""

    code: SourcePath
    ok: Texts = Field(min_length=1)
    optional: bool = False
    """Whether a reply without the code is a success."""


class Answer(Strict):
    """How a reply becomes the answer's body."""

    records: SourcePath | None = None
    """Where the records stand: one object or a list. Without it the reply itself is the one record."""
    same: dict[SourcePath, SourcePath] = Field(default_factory=dict)
    """Place in a record to place in the question: what must be equal, so that the record is about whom was asked."""
    fields: Fields = ()
    exists: bool = False
    """Answer only {"exists": true}, and an explicit no-match as {"exists": false}: nothing else leaves."""
    list_as: str | None = None
    """Several records are expected; they are answered as a list of this name."""
    max_records: int = Field(default=100, ge=1, le=10_000)
    as_of: AsOf | None = None

    @model_validator(mode="after")
    def _check(self) -> Answer:
        if self.exists and (self.fields or self.list_as):
            raise ValueError("`exists` answers nothing but yes or no")
        if not self.exists and not self.fields:
            raise ValueError("an answer maps fields, or is `exists = true`")
        return self


class Operation(Strict):
    """The part of an operation's declaration that all kinds share."""

    require: Facts = ()
    question: Fields = ()
    answer: Answer
    outcome: Outcome | None = None
    faults: Faults = Field(default_factory=dict)
    safe: bool = False
    """Asking twice does no more than asking once: it may be retried. The registry must say the same."""

    @model_validator(mode="after")
    def _sources(self) -> Self:
        drawn = {*(place for field in self.question for place in field.sources), *self.answer.same.values()}
        if nowhere := sorted(place for place in drawn if not _is_source(place)):
            raise ValueError(
                f"a question has no {', '.join(nowhere)}; it has {', '.join(sorted(_SOURCES))}, body.…, secret.…"
            )
        return self


def _is_source(place: str) -> bool:
    root = place.partition("!")[0]
    return root in _SOURCES or root == "body" or root.startswith(("body.", "secret."))


class Settings(Strict):
    """The part of an adapter's settings that all kinds share. Durations in seconds, sizes in bytes."""

    max_concurrency: int = Field(default=8, ge=1, le=1000)
    max_waiting: int = Field(default=64, ge=0, le=100_000)
    timeout_s: float = Field(default=30.0, gt=0, le=300, strict=False)
    connect_timeout_s: float = Field(default=10.0, gt=0, le=300, strict=False)
    """To make a connection, within `timeout_s`."""
    max_answer_bytes: int = Field(default=1024 * 1024, ge=1024, le=64 * 1024 * 1024)
    faults: Faults = Field(default_factory=dict)
    """The peer's codes for all operations; an operation's own table goes first."""
    secrets: dict[str, str] = Field(default_factory=dict)
    """Name to the path of a file; a question map reads it at start as `secret.<name>`."""
    max_per_second: float | None = Field(default=None, gt=0, le=1_000_000, strict=False)
    burst: int = Field(default=1, ge=1, le=100_000)
    """How many questions may go at once after a rest, where `max_per_second` is set."""
    breaker: BreakerSettings = BreakerSettings()
    retry: RetrySettings = RetrySettings()

    @model_validator(mode="after")
    def _retries_something(self) -> Self:
        if self.retry.attempts > 1 and not self._safe:
            raise ValueError("`retry` is for operations that are declared `safe = true`; there is none")
        return self

    @property
    def _safe(self) -> frozenset[str]:
        """The operations declared safe; each kind has a model of operations of its own."""
        operations: dict[str, object] = getattr(self, "operations", {})
        return frozenset(name for name, operation in operations.items() if getattr(operation, "safe", False))

    @property
    def unverified(self) -> str | None:
        """The setting by which the other end of TLS is not verified, if there is one: for development only."""
        return None if getattr(getattr(self, "tls", None), "verify", True) else "tls.verify"

    @property
    def bounds(self) -> Bounds:
        """The same as the port wants it."""
        pace = None if self.max_per_second is None else PaceLimits(self.max_per_second, self.burst)
        guard = GuardLimits(pace, self.breaker.limits, self.retry.limits, self._safe)
        return Bounds(self.max_concurrency, self.max_waiting, self.timeout_s, self.max_answer_bytes, guard)


class Courier:
    """One operation, ready to run: shapes questions and reads answers, without moving bytes."""

    def __init__(self, operation: Operation, faults: Mapping[str, PeerFault]) -> None:
        self._operation = operation
        self._faults = {**faults, **operation.faults}
        self._question = FieldMap(operation.question)
        self._answer = FieldMap(operation.answer.fields)
        self._secrets: Mapping[str, str] = {}

    @property
    def targets(self) -> tuple[str, ...]:
        """The places that the question map fills."""
        return self._question.targets

    def read_secrets(self, settings: Settings, read: Callable[[str], str]) -> None:
        """Read what the settings name under `secrets`; the adapter does so at its start."""
        self._secrets = {name: read(path).strip() for name, path in settings.secrets.items()}

    def request(self, query: Query) -> dict[str, object]:
        """The request's fields, or `PeerError` bad-question; nothing has been sent then."""
        facts = _facts(query) | {"secret": self._secrets}
        for fact in self._operation.require:
            if not _given(facts, fact):
                raise PeerError(PeerFault.BAD_QUESTION, rule="missing", at=fact)
        try:
            mapped = self._question.run(facts)
        except MapError as error:
            raise PeerError(PeerFault.BAD_QUESTION, rule=error.rule, at=error.at) from None
        if (seen := watching.seen()) is not None:
            seen.mapped = mapped
        return mapped

    def knows(self, code: str) -> bool:
        """Whether the tables name this code."""
        return code in self._faults

    def refused(self, code: str) -> Found:
        """Raise what the peer's own code stands for; an unlisted code is a fault with a known outcome.

        A code that stands for no-match is the "no" of a yes/no operation.
        """
        kind = self._faults.get(code, PeerFault.FAULT)
        if kind is PeerFault.NO_MATCH:
            return self.absent(code)
        raise PeerError(kind, peer_code=code, outcome_known=True)

    def code_in(self, reply: object) -> str | None:
        """The peer's own code in an error reply, when it is one that the tables know."""
        try:
            code = self._refusal(reply)
        except (ValueRuleError, PeerError):
            return None
        return code if code in self._faults else None

    def found(self, reply: object, query: Query) -> Found:
        """Read a reply: the one match (or the declared list), or `PeerError`."""
        if (seen := watching.seen()) is not None:
            seen.read = reply
        try:
            refusal = self._refusal(reply)
            if refusal is not None:
                return self.refused(refusal)
            records = self._records(reply)
            as_of = None if self._operation.answer.as_of is None else self._operation.answer.as_of.read(reply)
            return Found(self._body(records, query), as_of)
        except MapError as error:
            raise PeerError(PeerFault.BAD_ANSWER, rule=error.rule, at=error.at) from None
        except (ValueRuleError, dates.DateError) as error:
            raise PeerError(PeerFault.BAD_ANSWER, rule=error.rule) from None

    def absent(self, code: str | None = None) -> Found:
        """What an explicit "no such record" answers: no-match, or for a yes/no operation its no."""
        if self._operation.answer.exists:
            return Found({"exists": False})
        raise PeerError(PeerFault.NO_MATCH, peer_code=code)

    def _refusal(self, reply: object) -> str | None:
        """The peer's code when it is none of the good ones."""
        outcome = self._operation.outcome
        if outcome is None:
            return None
        code = values.at(reply, values.path(outcome.code))
        if code is ABSENT and outcome.optional:
            return None
        if isinstance(code, bool) or not isinstance(code, str | int):
            raise PeerError(PeerFault.BAD_ANSWER, rule="no-result-code")
        written = str(code).strip()
        return None if written in outcome.ok else written

    def _records(self, reply: object) -> Sequence[object]:
        place = self._operation.answer.records
        if place is None:
            return reply if isinstance(reply, list) else [reply]
        value = values.at(reply, values.path(place))
        if value is ABSENT:
            return []
        return value if isinstance(value, list) else [value]

    def _body(self, records: Sequence[object], query: Query) -> dict[str, object]:
        answer = self._operation.answer
        if not records:
            return self.absent().body
        for record in records:
            self._must_be_about(record, query)
        if answer.exists:
            return {"exists": True}
        if answer.list_as is None and len(records) > 1:
            raise PeerError(PeerFault.SEVERAL_MATCHES)
        if len(records) > answer.max_records:
            raise PeerError(PeerFault.BAD_ANSWER, rule="too-many-records")
        bodies = [self._answer.run(record, query.fields) for record in records]
        return bodies[0] if answer.list_as is None else {answer.list_as: bodies}

    def _must_be_about(self, record: object, query: Query) -> None:
        """A system that answers about somebody else has answered nothing: it happens, with sample data."""
        facts = _facts(query)
        for said, asked in self._operation.answer.same.items():
            wanted = values.at(facts, values.path(asked))
            if wanted is not ABSENT and values.at(record, values.path(said)) != wanted:
                raise MapError("about-another", said)


def _facts(query: Query) -> dict[str, object]:
    """What a question map can draw on."""
    officer = query.officer
    return {
        "body": query.body,
        "officer": {} if officer is None else {"id": officer.id, "unit": officer.unit},
        "procedure": query.procedure,
        "dossier": query.dossier,
        "purpose": query.purpose,
        "consumer": query.consumer,
        "request_id": query.request_id,
        "correlation": query.correlation,
        "operation": query.operation,
    }


def fact_of(query: Query, fact: Fact) -> str | None:
    """One fact of a question; None when it is not there."""
    value = values.at(_facts(query), values.path(fact))
    return value if isinstance(value, str) and value.strip() else None


def _given(facts: Mapping[str, object], fact: Fact) -> bool:
    value = values.at(facts, values.path(fact))
    return isinstance(value, str) and bool(value.strip())
