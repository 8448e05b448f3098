"""What goes to a node and what comes back, as values.

Promises: the same members as the node's own description (`/openapi.json`), which a test compares; what a newer node
adds is left alone. Leaves out judging: the node says what is wrong, by rule and place.
"""

from __future__ import annotations

from typing import Any, Generic, Literal, TypeVar

import msgspec

Body = TypeVar("Body")
Assurance = Literal["none", "low", "substantial", "high"]
Reason = Literal["quality-failure", "update", "verification", "provider-down"]


class Officer(msgspec.Struct, frozen=True):
    """The officer on duty: the agency's own code, and the unit."""

    id: str
    unit: str


class Subject(msgspec.Struct, frozen=True, omit_defaults=True):
    """Whom or what a question is about."""

    id: str
    scheme: str = "citizen"
    role: str | None = None
    assurance: Assurance = "low"


class Question(msgspec.Struct, frozen=True, omit_defaults=True):
    """One question.

    Attributes:
        service, operation: `agency/system/service` and its operation; the agency by id or by a code of today.
        purpose: why, a code of the registry's list.
        body: by the operation's schema; a subject in XSD is `{"xml": "<text>"}`.
        fields: dictionary terms wanted; none: all that are agreed.
        timeout_ms: how long the answer is worth waiting for.
        repeatable: asking twice does no harm, so a lost connection is tried again.
    """

    service: str
    operation: str
    purpose: str
    body: dict[str, Any] = {}
    subjects: tuple[Subject, ...] = ()
    officer: Officer | None = None
    dossier: str | None = None
    procedure: str | None = None
    basis: str | None = None
    fields: tuple[str, ...] = ()
    timeout_ms: int = 10_000
    repeatable: bool = False


class Receipt(msgspec.Struct, frozen=True):
    """Where the exchange is recorded, and when each stage passed (ms)."""

    origin: str
    term: int
    asked: int
    outcome: int
    asked_at: str
    outcome_at: str
    hops: dict[str, int]


class Answer(msgspec.Struct, Generic[Body], frozen=True):
    """What the provider sealed, as of when, and its receipt; `sandbox` is true where it is invented."""

    exchange: str
    answer: Body
    as_of: str | None
    provider: str
    receipt: Receipt
    sandbox: bool = False


class Party(msgspec.Struct, frozen=True, omit_defaults=True):
    """A party of a dossier: its number, and the name and birth date by which records are compared."""

    role: str
    id: str
    scheme: str = "citizen"
    name: str | None = None
    birth: str | None = None
    assurance: Assurance = "low"


class Override(msgspec.Struct, frozen=True):
    """A declared way past the guard for one field."""

    field: str
    reason: Reason


class Opening(msgspec.Struct, frozen=True, omit_defaults=True):
    """A dossier to be opened: its registered form (`form@version`), who it is about, who opens it."""

    form: str
    parties: tuple[Party, ...]
    officer: Officer
    dossier: str | None = None
    jurisdiction: str | None = None
    overrides: tuple[Override, ...] = ()
    timeout_ms: int = 15_000


class SupplementField(msgspec.Struct, frozen=True, omit_defaults=True):
    """One thing asked for in a supplement."""

    name: str
    term: str | None = None
    of: str | None = None


class Supplement(msgspec.Struct, frozen=True, omit_defaults=True):
    """A request for more, from the citizen of an open dossier."""

    fields: tuple[SupplementField, ...]
    officer: Officer
    overrides: tuple[Override, ...] = ()


class Text(msgspec.Struct, frozen=True):
    """The same words in Vietnamese and English."""

    vi: str
    en: str


class Source(msgspec.Struct, frozen=True):
    """Where one piece of evidence came from, or whom it was asked of in vain and why."""

    evidence: str
    evidence_name: Text
    agency: str | None = None
    agency_name: Text | None = None
    service: str | None = None
    operation: str | None = None
    exchange: str | None = None
    asked: int | None = None
    outcome: int | None = None
    took_ms: int | None = None
    reason: str | None = None
    code: int | None = None


class Line(msgspec.Struct, frozen=True):
    """One requirement: met by its sources, or left to the citizen for a reason."""

    requirement: str
    name: Text
    papers: tuple[str, ...]
    sources: tuple[Source, ...]
    reason: str | None
    reason_text: Text | None


class Dossier(msgspec.Struct, frozen=True):
    """A dossier as it stands."""

    dossier: str
    agency: str
    form: str
    procedure: str
    procedure_name: Text
    state: Literal["open", "closed"]
    opened_at: str
    took_ms: int
    lines: tuple[Line, ...]
    overrides: tuple[Override, ...]
    spared: int
    left_to_citizen: tuple[str, ...]


class Closed(msgspec.Struct, frozen=True):
    """A dossier for which nothing may be asked any more."""

    dossier: str
    state: Literal["closed"]


class HeldBy(msgspec.Struct, frozen=True):
    """One place where the data can be had."""

    agency: str
    agency_name: Text
    service: str
    service_name: Text
    operation: str
    basis: str
    basis_text: Text
    agreement: str | None


class FieldVerdict(msgspec.Struct, frozen=True):
    """The guard's word on one field."""

    field: str
    term: str | None
    of: str | None
    finding: str
    allowed: bool
    override: str | None
    held_by: tuple[HeldBy, ...]


class Guard(msgspec.Struct, frozen=True):
    """The guard's word on a form or a supplement."""

    passed: bool
    fields: tuple[FieldVerdict, ...]


class System(msgspec.Struct, frozen=True):
    """One of the agency's own systems behind the node: its circuit, seconds since that changed, counts since start."""

    service: str
    kind: str
    circuit: str
    seconds: float
    failures: int
    retries: int
    inside: int
    outcomes: dict[str, int]


class Health(msgspec.Struct, frozen=True):
    """Whether the node reaches the hub; with a key of the agency, how its own systems stand."""

    status: Literal["ok", "no-hub"]
    systems: tuple[System, ...] = ()


class Problem(msgspec.Struct, frozen=True):
    """Problem details (RFC 9457) as a node writes them."""

    type: str
    title: str
    status: int
    number: int
    text: Text
    retry: bool
    rule: str | None = None
    place: str | None = None
    fault_at: str | None = None
    correlation: str | None = None
    params: dict[str, str | int] = {}
    guard: Guard | None = None
