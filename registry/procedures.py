"""What a procedure needs, and whom to ask for it: requirement → lists → evidence type → provider.

Promises a plan from the snapshot alone: all evidence of one list together (AND), lists as alternatives (OR), every
requirement of a present role; what nobody can be asked for carries its reason. Leaves out asking (``bus.node``) and
what the answers amount to (``registry.outcomes``).
Source: OOTS Evidence Broker (requirement, evidence type list, NoMatch) over plain values.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from registry.model import (
        Agreement,
        Condition,
        EvidenceProvider,
        EvidenceType,
        Procedure,
        Requirement,
        Scalar,
    )
    from registry.snapshot import Snapshot

PURPOSE: Final = "dossier"


class GapReason(StrEnum):
    """Why a requirement is not met by data."""

    NO_PROVIDER = "no-provider"
    """No registered service gives this evidence here."""
    NO_AGREEMENT = "no-agreement"
    """A service does, and this consumer may not ask it for all that is needed."""
    CITIZEN_MUST_SUPPLY = "citizen-must-supply"
    """By its nature nobody else has it."""
    NO_MATCH = "no-match"
    SEVERAL_MATCHES = "several-matches"
    REFUSED = "refused"
    PROVIDER_DOWN = "provider-down"
    MISMATCH = "mismatch"
    """Answered, but about somebody whose name or birth differs: for an official to review."""
    BAD_ANSWER = "bad-answer"
    OUTCOME_UNKNOWN = "outcome-unknown"
    NOT_ASKED = "not-asked"
    """The deadline came first."""


class PlanError(Exception):
    """There is no plan: ``rule`` is unknown-procedure, unknown-role or role-missing; ``names`` are codes or roles."""

    def __init__(self, rule: str, names: tuple[str, ...]) -> None:
        super().__init__(f"{rule}: {', '.join(names)}")
        self.rule = rule
        self.names = names


@dataclass(frozen=True, slots=True)
class Source:
    """The provider chosen for an evidence type, and the agreement to ask it under."""

    service: str
    operation: str
    agreement: Agreement
    question: Mapping[str, Scalar]
    condition: Condition | None
    safe: bool
    timeout_ms: int


@dataclass(frozen=True, slots=True)
class Wanted:
    """One evidence type about one role: either a source to ask, or the reason why there is none."""

    evidence: str
    role: str
    terms: frozenset[str]
    source: Source | None
    reason: GapReason | None = None

    @property
    def key(self) -> str:
        """Names it within the plan: the same evidence about the same role is asked once."""
        return f"{self.role}/{self.evidence}"


@dataclass(frozen=True, slots=True)
class Need:
    """A requirement in this dossier; ``choices`` are alternatives, all parts of one together satisfy."""

    requirement: Requirement
    choices: tuple[tuple[Wanted, ...], ...]

    @property
    def feasible(self) -> tuple[tuple[Wanted, ...], ...]:
        """The alternatives of which every part has a source."""
        return tuple(choice for choice in self.choices if all(wanted.source is not None for wanted in choice))

    @property
    def only_citizen(self) -> bool:
        """Whether nobody but the citizen can have it."""
        return self.requirement.citizen_only or not self.choices


@dataclass(frozen=True, slots=True)
class Plan:
    """All needs of a dossier.

    Attributes:
        snapshot: version of the registry it was made from.
        skipped: ids of requirements that do not hold for the roles present.
    """

    procedure: Procedure
    snapshot: int
    purpose: str
    needs: tuple[Need, ...]
    skipped: tuple[str, ...]


def plan(
    snapshot: Snapshot,
    procedure_code: str,
    roles_present: Collection[str],
    consumer: str,
    at_ms: int,
    *,
    consumer_system: str | None = None,
    place: str | None = None,
    purpose: str = PURPOSE,
) -> Plan:
    """Work out a dossier's needs.

    Args:
        snapshot: the registry.
        procedure_code: for instance ``1.001193``.
        roles_present: roles for which the dossier names a subject.
        consumer: agency id of the agency that resolves the dossier.
        at_ms: now.
        consumer_system: the asking system, where agreements are made per system.
        place: code whose jurisdiction counts (``H56.14``); by default the consumer's own and those above it.
        purpose: of the agreements to ask under.

    Raises:
        PlanError: the procedure or a role is unknown, or a role that a requirement is about has no subject.
    """
    # 1. the procedure and who is there
    procedure = snapshot.procedure(procedure_code)
    if procedure is None:
        raise PlanError("unknown-procedure", (procedure_code,))
    roles = frozenset(roles_present)
    if unknown := roles - set(procedure.roles):
        raise PlanError("unknown-role", tuple(sorted(unknown)))
    # 2. the requirements that hold
    held = [row for row in procedure.requirements if row.when_role is None or row.when_role in roles]
    if absent := {row.subject for row in held} - roles:
        raise PlanError("role-missing", tuple(sorted(absent)))
    # 3. for each, the alternatives and whom to ask
    places = (place,) if place is not None else _places(snapshot, consumer, at_ms)
    chooser = _Chooser(snapshot, procedure.code, consumer, consumer_system, purpose, at_ms, places)
    needs = tuple(Need(row, chooser.choices(row)) for row in held)
    skipped = tuple(row.id for row in procedure.requirements if row not in held)
    return Plan(procedure, snapshot.version, purpose, needs, skipped)


def _places(snapshot: Snapshot, consumer: str, at_ms: int) -> tuple[str, ...]:
    """The codes of the consumer and of the agencies above it, nearest first."""
    codes: list[str] = []
    seen: set[str] = set()
    name: str | None = consumer
    while name is not None and name not in seen and (agency := snapshot.agency(name)) is not None:
        seen.add(name)
        codes.extend(a.code for a in agency.aliases if a.valid_from_ms <= at_ms < a.valid_to_ms)
        name = agency.parent
    return tuple(codes)


@dataclass(frozen=True, slots=True)
class _Chooser:
    """Chooses the provider of an evidence type for one consumer in one place at one moment."""

    snapshot: Snapshot
    procedure: str
    consumer: str
    system: str | None
    purpose: str
    at_ms: int
    places: tuple[str, ...]

    def choices(self, row: Requirement) -> tuple[tuple[Wanted, ...], ...]:
        return tuple(tuple(self.wanted(row.subject, name) for name in choice) for choice in row.lists)

    def wanted(self, role: str, name: str) -> Wanted:
        evidence = self.snapshot.evidence(name)
        providers = self.here(evidence) if evidence else []
        if not providers:
            return Wanted(name, role, frozenset(), None, GapReason.NO_PROVIDER)
        for provider in providers:
            if source := self.source(provider):
                return Wanted(name, role, provider.terms, source)
        return Wanted(name, role, providers[0].terms, None, GapReason.NO_AGREEMENT)

    def here(self, evidence: EvidenceType) -> list[EvidenceProvider]:
        """The living providers whose jurisdiction covers the place, the narrowest first."""
        fitting = [row for row in evidence.providers if self._covers(row.jurisdiction) and self._alive(row.service)]
        return sorted(fitting, key=lambda row: -len(row.jurisdiction or ""))

    def _covers(self, jurisdiction: str | None) -> bool:
        """Decision 20/2020/QD-TTg: the code of what belongs to H56 begins with ``H56.``."""
        if jurisdiction is None:
            return True
        return any(place == jurisdiction or place.startswith(f"{jurisdiction}.") for place in self.places)

    def _alive(self, service_id: str) -> bool:
        service = self.snapshot.service(service_id)
        agency = self.snapshot.agency(service.agency) if service else None
        return agency is not None and agency.valid(self.at_ms)

    def source(self, provider: EvidenceProvider) -> Source | None:
        """How to ask this provider, or None without an agreement that covers all that is needed."""
        asked = (self.consumer, self.system, provider.service, provider.operation, self.purpose)
        agreement = self.snapshot.agreement_for(*asked, self.at_ms)
        operation = self.snapshot.operation(provider.service, provider.operation)
        if agreement is None or operation is None or not provider.terms <= agreement.terms:
            return None
        if agreement.procedures and self.procedure not in agreement.procedures:
            return None
        return Source(
            service=provider.service,
            operation=provider.operation,
            agreement=agreement,
            question=provider.question,
            condition=provider.satisfied_when,
            safe=operation.safe,
            timeout_ms=operation.timeout_ms,
        )
