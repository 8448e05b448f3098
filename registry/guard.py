"""Never ask twice: which fields of a form an agency already holds, through which service, under which law.

Promises a verdict per field from the snapshot alone, the same for a form and for a supplement request; a held field is
refused whether or not the consumer has an agreement yet, for the duty to share comes first (Decree 278/2025 art. 5;
before it Decree 47/2020 art. 5 §2). Leaves out what follows: refusing, recording and counting overrides (``bus``).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from registry.catalogue import Holder
    from registry.model import Field, Form, Procedure
    from registry.snapshot import Snapshot


class OverrideReason(StrEnum):
    """The only four ways past the guard; each is declared, sealed and counted."""

    QUALITY_FAILURE = "quality-failure"
    UPDATE = "update"
    VERIFICATION = "verification"
    PROVIDER_DOWN = "provider-down"


class Finding(StrEnum):
    """What the guard says of one field; ``unbound``, ``held`` and ``bad-reason`` refuse the form."""

    UNBOUND = "unbound"
    """No dictionary term, so nobody can tell whether it is held: a field that says nothing must not slip through."""
    IDENTIFIER = "identifier"
    """Somebody must be named before anything can be asked."""
    NEW_SUBJECT = "new-subject"
    """About a role that the procedure brings into being."""
    NOT_HELD = "not-held"
    HELD = "held"
    OVERRIDDEN = "overridden"
    BAD_REASON = "bad-reason"
    """Held, and the declared reason is none of the four."""


_REFUSED = frozenset({Finding.UNBOUND, Finding.HELD, Finding.BAD_REASON})


@dataclass(frozen=True, slots=True)
class Override:
    """Why a held field is asked all the same.

    Attributes:
        reason: one of ``OverrideReason``; text, since it comes from outside.
        exchange: id of the exchange that shows it, where there is one.
    """

    reason: str
    exchange: str | None = None


@dataclass(frozen=True, slots=True)
class HeldBy:
    """One place where the data can be had.

    Attributes:
        service: ``agency/system/service``.
        basis: the statute under which the service shares.
        agreement: id of the consumer's agreement that covers the term now, or None.
    """

    agency: str
    service: str
    operation: str
    basis: str
    agreement: str | None


@dataclass(frozen=True, slots=True)
class FieldVerdict:
    """The guard's word on one field; ``held_by`` names those with an agreement first."""

    field: str
    term: str | None
    of: str | None
    finding: Finding
    held_by: tuple[HeldBy, ...] = ()
    override: Override | None = None

    @property
    def allowed(self) -> bool:
        """Whether the citizen may be asked."""
        return self.finding not in _REFUSED


@dataclass(frozen=True, slots=True)
class GuardVerdict:
    """The guard's word on a form or supplement request.

    Attributes:
        strays: overrides for fields that were not asked.
    """

    fields: tuple[FieldVerdict, ...]
    strays: tuple[str, ...] = ()

    @property
    def passed(self) -> bool:
        """Whether every field may be asked."""
        return all(field.allowed for field in self.fields)

    @property
    def refused(self) -> tuple[FieldVerdict, ...]:
        """The fields that may not be asked."""
        return tuple(field for field in self.fields if not field.allowed)

    @property
    def overridden(self) -> tuple[FieldVerdict, ...]:
        """The fields that only a declared reason lets through: to be sealed and counted."""
        return tuple(field for field in self.fields if field.finding is Finding.OVERRIDDEN)


def check_form(
    snapshot: Snapshot, form: Form, consumer: str, at_ms: int, reasons: Mapping[str, Override] | None = None
) -> GuardVerdict:
    """Judge a registered form version.

    Args:
        snapshot: the registry.
        form: one of its forms.
        consumer: agency id of the agency that wants to ask the citizen.
        at_ms: now.
        reasons: field name → declared override.
    """
    return check_fields(snapshot, form.procedure, form.fields, consumer, at_ms, reasons)


def check_fields(
    snapshot: Snapshot,
    procedure_code: str,
    fields: Iterable[Field],
    consumer: str,
    at_ms: int,
    reasons: Mapping[str, Override] | None = None,
) -> GuardVerdict:
    """Judge any set of fields: a supplement request passes the same guard as a form."""
    asked = tuple(fields)
    declared = reasons or {}
    procedure = snapshot.procedure(procedure_code)
    held = _Holders(snapshot, procedure, consumer, at_ms)
    verdicts = tuple(_judge(held, field, declared.get(field.name)) for field in asked)
    return GuardVerdict(verdicts, tuple(sorted(declared.keys() - {field.name for field in asked})))


@dataclass(frozen=True, slots=True)
class _Holders:
    """Who holds what, as this consumer stands at this moment in this procedure."""

    snapshot: Snapshot
    procedure: Procedure | None
    consumer: str
    at_ms: int

    def scheme(self, role: str | None) -> str:
        schemes = self.procedure.role_schemes if self.procedure else {}
        return schemes.get(role or "", "citizen")

    def of(self, field: Field) -> tuple[HeldBy, ...]:
        found = self.snapshot.holders(field.term or "", self.scheme(field.of))
        alive = (holder for holder in found if self._valid(holder))
        return tuple(
            sorted((self._told(holder, field.term or "") for holder in alive), key=lambda h: h.agreement is None)
        )

    def _valid(self, holder: Holder) -> bool:
        agency = self.snapshot.agency(holder.service.agency)
        return agency is not None and agency.valid(self.at_ms)

    def _told(self, holder: Holder, term: str) -> HeldBy:
        service, operation = holder
        agreement = self._agreement(service.id, operation.name, term)
        return HeldBy(service.agency, service.id, operation.name, service.basis, agreement)

    def _agreement(self, service: str, operation: str, term: str) -> str | None:
        code = self.procedure.code if self.procedure else None
        for row in self.snapshot.agreements_between(self.consumer, service):
            covers = operation in row.operations and term in row.terms
            if covers and row.valid(self.at_ms) and (not row.procedures or code in row.procedures):
                return row.id
        return None


def _judge(held: _Holders, field: Field, override: Override | None) -> FieldVerdict:
    finding, holders = _find(held, field, override)
    used = override if finding in {Finding.OVERRIDDEN, Finding.BAD_REASON} else None
    return FieldVerdict(field.name, field.term, field.of, finding, holders, used)


def _find(held: _Holders, field: Field, override: Override | None) -> tuple[Finding, tuple[HeldBy, ...]]:
    # 1. what nobody could hold, or must be told to begin with
    term = held.snapshot.term(field.term or "")
    if term is None:
        return Finding.UNBOUND, ()
    if term.identifier:
        return Finding.IDENTIFIER, ()
    if held.procedure is not None and field.of in held.procedure.new_roles:
        return Finding.NEW_SUBJECT, ()
    # 2. who holds it
    holders = held.of(field)
    if not holders:
        return Finding.NOT_HELD, ()
    # 3. held: refused, unless one of the four reasons was declared
    if override is None:
        return Finding.HELD, holders
    known = override.reason in set(OverrideReason)
    return (Finding.OVERRIDDEN if known else Finding.BAD_REASON), holders
