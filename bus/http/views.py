"""What the node's face answers: one model per thing, from which the OpenAPI description is built too.

Promises: a kept record may change its form without a change here; agencies and legal bases are named in words beside
their codes. Leaves out: problems (`bus.problems`).
"""

from __future__ import annotations

from typing import Any, Literal

import msgspec

from bus.http import reasons
from bus.node.ask import Answered
from bus.node.dossiers import DossierRecord, Source
from bus.node.systems import SystemView
from registry.guard import GuardVerdict, HeldBy
from registry.snapshot import Snapshot
from schemas.text import Bilingual


class ReceiptView(msgspec.Struct, frozen=True):
    """What the hub's receipt proves: both records' places in the ledger, and when each stage passed (ms)."""

    origin: str
    term: int
    asked: int
    outcome: int
    asked_at: str
    outcome_at: str
    hops: dict[str, int]


class AnswerView(msgspec.Struct, frozen=True):
    """An answer: what the provider sealed, as of when, and its receipt."""

    exchange: str
    answer: Any
    as_of: str | None
    provider: str
    receipt: ReceiptView


class LineView(msgspec.Struct, frozen=True):
    """One requirement: met by its sources, or left to the citizen for a reason."""

    requirement: str
    name: Bilingual
    papers: tuple[str, ...]
    sources: tuple[Source, ...]
    reason: str | None
    reason_text: Bilingual | None


class OverrideView(msgspec.Struct, frozen=True):
    """A field that is asked although an agency holds it, and the declared reason."""

    field: str
    reason: str


class DossierView(msgspec.Struct, frozen=True):
    """A dossier as it stands, and how many papers the citizen was spared."""

    dossier: str
    agency: str
    form: str
    procedure: str
    procedure_name: Bilingual
    state: Literal["open", "closed"]
    opened_at: str
    took_ms: int
    lines: tuple[LineView, ...]
    overrides: tuple[OverrideView, ...]
    spared: int
    left_to_citizen: tuple[str, ...]


class ClosedView(msgspec.Struct, frozen=True):
    """A dossier for which nothing may be asked any more."""

    dossier: str
    state: Literal["closed"]


class HeldByView(msgspec.Struct, frozen=True):
    """One place where the data can be had; `agreement` is the asking agency's, where it has one."""

    agency: str
    agency_name: Bilingual
    service: str
    service_name: Bilingual
    operation: str
    basis: str
    basis_text: Bilingual
    agreement: str | None


class FieldView(msgspec.Struct, frozen=True):
    """The guard's word on one field."""

    field: str
    term: str | None
    of: str | None
    finding: str
    allowed: bool
    override: str | None
    held_by: tuple[HeldByView, ...]


class GuardView(msgspec.Struct, frozen=True):
    """The guard's word on a form or a supplement: per field who holds it, where, and on which legal basis."""

    passed: bool
    fields: tuple[FieldView, ...]


class HealthView(msgspec.Struct, frozen=True, omit_defaults=True):
    """Whether the node reaches the hub; for who shows a key of an agency, how that agency's own systems stand."""

    status: Literal["ok", "no-hub"]
    systems: tuple[SystemView, ...] = ()


def answered(one: Answered) -> AnswerView:
    """An answer with what its receipt proves."""
    receipt = ReceiptView(**one.receipt._asdict())
    return AnswerView(one.exchange, one.value, one.answer.as_of, one.answer.sealer, receipt)


def dossier(record: DossierRecord) -> DossierView:
    """A dossier's lines, and how many papers the citizen was spared."""
    lines = tuple(
        LineView(
            requirement=line.requirement,
            name=line.name,
            papers=line.papers,
            sources=line.sources,
            reason=line.reason,
            reason_text=reasons.text_of(line.reason) if line.reason else None,
        )
        for line in record.lines
    )
    return DossierView(
        dossier=record.dossier,
        agency=record.agency,
        form=record.form,
        procedure=record.procedure,
        procedure_name=record.procedure_name,
        state=record.state,
        opened_at=record.opened_at,
        took_ms=record.took_ms,
        lines=lines,
        overrides=tuple(OverrideView(field, reason) for field, reason in record.overrides),
        spared=record.spared,
        left_to_citizen=tuple(line.requirement for line in record.lines if line.reason is not None),
    )


def guarded(verdict: GuardVerdict, snapshot: Snapshot) -> GuardView:
    """The guard's word per field, with names from the registry."""
    fields = tuple(
        FieldView(
            field=one.field,
            term=one.term,
            of=one.of,
            finding=one.finding.value,
            allowed=one.allowed,
            override=one.override.reason if one.override else None,
            held_by=tuple(_held(held, snapshot) for held in one.held_by),
        )
        for one in verdict.fields
    )
    return GuardView(verdict.passed, fields)


def _held(held: HeldBy, snapshot: Snapshot) -> HeldByView:
    agency, service = snapshot.agency(held.agency), snapshot.service(held.service)
    bases = snapshot.codelist("basis")
    basis = bases.codes.get(held.basis) if bases else None
    return HeldByView(
        agency=held.agency,
        agency_name=_words(agency.name.vi, agency.name.en) if agency else _words(held.agency),
        service=held.service,
        service_name=_words(service.name.vi, service.name.en) if service else _words(held.service),
        operation=held.operation,
        basis=held.basis,
        basis_text=_words(basis.vi, basis.en) if basis else _words(held.basis),
        agreement=held.agreement,
    )


def _words(vi: str, en: str | None = None) -> Bilingual:
    return Bilingual(vi=vi, en=en or vi)
