"""Services at work: operations with their compiled shapes, and who holds which term.

Promises look-ups by name. Validators compile at first use or by ``warm``; the folder's check has proved that they do.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, NamedTuple

from registry.sections import SectionError
from registry.subjects import JsonSubject
from registry.xsd import XsdSubject

if TYPE_CHECKING:
    from collections.abc import Iterable

    from registry.model import (
        Agreement,
        Assurance,
        Codelist,
        EvidenceType,
        OperationRow,
        SchemaDocument,
        ServiceRow,
        Term,
        Text,
        XRoadService,
    )
    from registry.sections import Catalogue

Subject = JsonSubject | XsdSubject


@dataclass(frozen=True, slots=True)
class Operation:
    """One thing a service can be asked.

    Attributes:
        safe: asking twice does no harm, so an unanswered question may be asked again.
        assurance: the least level at which the subject must have been identified.
        question, answer: None only where the service is opaque.
        purposes: the only purposes it serves; empty: any that an agreement allows.
        endpoints: X-Road REST only: ``METHOD /path`` with ``*`` and ``**``.
        xroad: X-Road SOAP only: service code, and after a dot its version.
    """

    name: str
    safe: bool
    assurance: Assurance
    question: Subject | None
    answer: Subject | None
    timeout_ms: int
    purposes: frozenset[str]
    officer_required: bool
    endpoints: tuple[str, ...] = ()
    xroad: str | None = None


@dataclass(frozen=True, slots=True)
class Service:
    """What an agency's system offers; ``id`` is ``agency/system/service``."""

    id: str
    agency: str
    system: str
    name: Text
    opaque: bool
    basis: str
    subject_scheme: str
    operations: dict[str, Operation] = field(repr=False)
    xroad: XRoadService | None = field(default=None, repr=False)

    def operation(self, name: str) -> Operation | None:
        """The operation of that name."""
        return self.operations.get(name)


class Holder(NamedTuple):
    """An operation whose answer holds a term."""

    service: Service
    operation: Operation


class CatalogueBook:
    """The indexes of the section "catalogue"; ``before`` gives what it compiled to the version after it."""

    __slots__ = ("by_system", "codelists", "evidence", "holders", "identifiers", "schemas", "services", "terms")

    def __init__(self, catalogue: Catalogue, before: CatalogueBook | None = None) -> None:
        self.terms: Final[dict[str, Term]] = {row.id: row for row in catalogue.terms}
        self.identifiers: Final = frozenset(row.id for row in catalogue.terms if row.identifier)
        self.evidence: Final[dict[str, EvidenceType]] = {row.id: row for row in catalogue.evidence}
        self.codelists: Final = _codelists(catalogue.codelists)
        self.schemas: Final[dict[str, Subject]] = {row.ref: _subject(row, before) for row in catalogue.schemas}
        self.services: Final[dict[str, Service]] = {row.id: self._service(row) for row in catalogue.services}
        self.holders: Final = _holders(self.services.values())
        self.by_system: Final = _by_system(self.services.values())

    def warm(self, agreements: Iterable[Agreement]) -> None:
        """See ``Snapshot.warm``."""
        for service in self.services.values():
            for operation in service.operations.values():
                for subject in (operation.question, operation.answer):
                    if subject is not None:
                        subject.warm()
        for agreement in agreements:
            service_or_none = self.services.get(agreement.service)
            for name in agreement.operations if service_or_none and agreement.state == "active" else ():
                found = service_or_none.operation(name) if service_or_none else None
                if found is not None and found.answer is not None:
                    found.answer.warm(agreement.terms)

    def _service(self, row: ServiceRow) -> Service:
        agency, system, _ = row.id.split("/")
        return Service(
            id=row.id,
            agency=agency,
            system=system,
            name=row.name,
            opaque=row.shape == "opaque",
            basis=row.basis,
            subject_scheme=row.subject_scheme,
            operations={operation.name: self._operation(operation) for operation in row.operations},
            xroad=row.xroad,
        )

    def _operation(self, row: OperationRow) -> Operation:
        return Operation(
            name=row.name,
            safe=row.safe,
            assurance=row.assurance,
            question=self._subject(row.question),
            answer=self._subject(row.answer),
            timeout_ms=row.timeout_ms,
            purposes=row.purposes,
            officer_required=row.officer_required,
            endpoints=row.endpoints,
            xroad=row.xroad,
        )

    def _subject(self, ref: str | None) -> Subject | None:
        if ref is None:
            return None
        if ref not in self.schemas:
            raise SectionError(f"section catalogue names the schema {ref} and does not hold it")
        return self.schemas[ref]


def _codelists(rows: Iterable[Codelist]) -> dict[tuple[str, int | None], Codelist]:
    """By (id, version), and the newest also by (id, None)."""
    found: dict[tuple[str, int | None], Codelist] = {}
    for row in sorted(rows, key=lambda row: row.version):
        found[row.id, row.version] = found[row.id, None] = row
    return found


def _subject(row: SchemaDocument, before: CatalogueBook | None) -> Subject:
    """Compiled once: a version that is the same goes on with the validators it has."""
    held = before.schemas.get(row.ref) if before else None
    if held is not None and held.source == row:
        return held
    return JsonSubject(row) if row.main is None else XsdSubject(row)


def _by_system(services: Iterable[Service]) -> dict[tuple[str, str], tuple[Service, ...]]:
    """(agency, system) → its services that X-Road's callers can find."""
    found: dict[tuple[str, str], tuple[Service, ...]] = {}
    for service in services:
        if service.xroad is not None:
            key = (service.agency, service.system)
            found[key] = (*found.get(key, ()), service)
    return found


def _holders(services: Iterable[Service]) -> dict[tuple[str, str], tuple[Holder, ...]]:
    """Opaque services hold nothing that counts: what they answer is not validated."""
    found: dict[tuple[str, str], list[Holder]] = {}
    for service in services:
        for operation in service.operations.values():
            if service.opaque or operation.answer is None:
                continue
            for term in operation.answer.terms:
                found.setdefault((term, service.subject_scheme), []).append(Holder(service, operation))
    return {key: tuple(holders) for key, holders in found.items()}
