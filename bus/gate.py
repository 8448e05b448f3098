"""The gate: whether this question may be asked, by the registry alone. Denied unless an agreement admits it.

Promises: the same verdict at the hub and at the provider's node, since both call `admit` with the same snapshot;
an unknown service and a missing agreement are answered alike, so that nobody learns what exists by asking.
Leaves out: the seal (`bus.notary`), shapes (`bus.shapes`), quota and declared dossiers, which the ledger keeps.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from bus.parties import number_fault
from registry.catalogue import Operation, Service
from registry.model import Agreement
from registry.snapshot import Snapshot
from schemas.envelope import Envelope, Kind, Party
from schemas.problems import Code, problem
from schemas.words import ASSURANCE_ORDER

DOSSIER: Final = "dossier"
"""The purpose whose subjects must be parties of a declared open dossier."""
CONSENT: Final = "consent"
"""The start of a basis that names a consent: refused until signed consent artefacts exist."""


class Asked(NamedTuple):
    """A question's members that its kind guarantees, so that nobody asks twice whether they are there."""

    consumer: Party
    service: str
    operation: str
    purpose: str
    basis: str
    schema: str


def asked(envelope: Envelope) -> Asked:
    """The guaranteed members of a question.

    Raises:
        ProblemError: 109, this is no question.
    """
    if envelope.kind is not Kind.QUESTION or envelope.consumer is None:
        raise problem(Code.ENVELOPE_KIND, rule="question-expected", place="/kind")
    return Asked(
        envelope.consumer,
        envelope.service or "",
        envelope.operation or "",
        envelope.purpose or "",
        envelope.basis or "",
        envelope.schema or "",
    )


class Grant(NamedTuple):
    """What the gate admits: under which agreement, for which operation, up to which dictionary terms."""

    agreement: Agreement
    service: Service
    operation: Operation
    terms: frozenset[str]


def admit(snapshot: Snapshot, question: Envelope, now_ms: int) -> Grant:
    """Judge one question.

    1. its consumer sealed it, and claims nothing in another agency's name
    2. an agreement covers consumer, system, service and operation for this purpose, and is active now
    3. basis and procedure are the agreement's
    4. every field asked for is agreed
    5. the officer is named where the operation wants one
    6. every subject has a real number, and was identified surely enough
    7. a dossier is named where the purpose is one
    8. the provider still exists

    Raises:
        ProblemError: 113, 122, 201 to 213.
    """
    what = asked(question)
    must_speak_for_itself(question)
    service = snapshot.service(what.service)
    operation = service.operation(what.operation) if service else None
    if service is None or operation is None:
        raise problem(Code.NOT_AGREED, place="/service")
    return admit_under(snapshot, question, _agreement(snapshot, what, now_ms), service, operation, now_ms)


def admit_under(
    snapshot: Snapshot, question: Envelope, agreement: Agreement, service: Service, operation: Operation, now_ms: int
) -> Grant:
    """The third step and all after it, under an agreement that is at hand.

    Raises:
        ProblemError: 122, 202 to 213.
    """
    what = asked(question)
    if operation.purposes and what.purpose not in operation.purposes:
        raise problem(Code.PURPOSE_NOT_AGREED, rule="operation-purposes", place="/purpose")
    _ground(agreement, question)
    terms = _terms(agreement, question)
    if operation.officer_required and question.officer is None:
        raise problem(Code.OFFICER_MISSING, rule="officer-required", place="/officer")
    _subjects(agreement, operation, question)
    if what.purpose == DOSSIER and question.dossier is None:
        raise problem(Code.DOSSIER_NOT_DECLARED, rule="dossier-named", place="/dossier")
    _provider(snapshot, service, now_ms)
    return Grant(agreement, service, operation, terms)


def must_speak_for_itself(envelope: Envelope) -> None:
    """The sealer is the consumer, and every claim about officer and subjects is its own.

    Raises:
        ProblemError: 113.
    """
    if envelope.consumer is not None and envelope.consumer.agency != envelope.sealer:
        raise problem(Code.SEAL_NOT_THE_CONSUMER, rule="sealer-is-consumer", place="/consumer/agency")
    if envelope.officer is not None and envelope.officer.asserted_by != envelope.sealer:
        raise problem(Code.SEAL_NOT_THE_CONSUMER, rule="own-claims-only", place="/officer/asserted_by")
    for index, subject in enumerate(envelope.subjects):
        if subject.asserted_by != envelope.sealer:
            raise problem(Code.SEAL_NOT_THE_CONSUMER, rule="own-claims-only", place=f"/subjects/{index}/asserted_by")


def _provider(snapshot: Snapshot, service: Service, now_ms: int) -> None:
    agency = snapshot.agency(service.agency)
    if agency is not None and not agency.valid(now_ms):
        successors = ", ".join(one.id for one in snapshot.successors_at(agency.id, now_ms))
        raise problem(Code.REPLACED_BY_SUCCESSOR, rule="agency-valid", place="/service", successor=successors)


def _agreement(snapshot: Snapshot, what: Asked, now_ms: int) -> Agreement:
    who = what.consumer
    found = snapshot.agreement_for(who.agency, who.system, what.service, what.operation, what.purpose, now_ms)
    if found is not None:
        return found
    near = [
        agreement
        for agreement in snapshot.agreements_between(who.agency, what.service)
        if what.operation in agreement.operations and agreement.consumer_system in {None, who.system}
    ]
    if not near:
        raise problem(Code.NOT_AGREED, place="/service")
    ended = [agreement for agreement in near if what.purpose in agreement.purposes]
    if not ended:
        raise problem(Code.PURPOSE_NOT_AGREED, rule="purpose", place="/purpose")
    raise problem(Code.AGREEMENT_ENDED, rule="agreement-active", agreement=ended[-1].id)


def _ground(agreement: Agreement, question: Envelope) -> None:
    if (question.basis or "").startswith(CONSENT):
        raise problem(Code.CONSENT_NOT_ACCEPTED, rule="consent", place="/basis")
    if question.basis != agreement.basis:
        raise problem(Code.BASIS_NOT_AGREED, rule="basis", place="/basis")
    if agreement.procedures and question.procedure not in agreement.procedures:
        raise problem(Code.PROCEDURE_NOT_AGREED, rule="procedure", place="/procedure")


def _terms(agreement: Agreement, question: Envelope) -> frozenset[str]:
    """What may be answered: the fields asked for, or every agreed term where none is named."""
    if not question.fields:
        return agreement.terms
    wanted = frozenset(question.fields)
    if not wanted <= agreement.terms:
        raise problem(Code.FIELDS_NOT_AGREED, rule="terms", place="/fields", term=min(wanted - agreement.terms))
    return wanted


def _subjects(agreement: Agreement, operation: Operation, question: Envelope) -> None:
    needed = max(agreement.assurance, operation.assurance, key=lambda level: ASSURANCE_ORDER[level])
    if not question.subjects and (question.purpose == DOSSIER or ASSURANCE_ORDER[needed] > ASSURANCE_ORDER["low"]):
        raise problem(Code.ASSURANCE_TOO_LOW, rule="subject-named", place="/subjects", needed=needed)
    for index, subject in enumerate(question.subjects):
        rule = number_fault(subject)
        if rule is not None:
            raise problem(Code.SUBJECT_PLACEHOLDER, rule=rule, place=f"/subjects/{index}/id")
        if ASSURANCE_ORDER[subject.assurance] < ASSURANCE_ORDER[needed]:
            raise problem(Code.ASSURANCE_TOO_LOW, rule="assurance", place=f"/subjects/{index}/assurance", needed=needed)
