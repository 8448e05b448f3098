"""The snapshot: the whole registry at one version, immutable, every look-up a dictionary hit.

Promises that nothing in it changes after it is made, so that a request holds one snapshot from start to end and caches
may be keyed by ``version``. Leaves out where sections come from (``bus.registry``) and what follows from an absence
(the hub's gate). All moments are milliseconds since the epoch, UTC.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from registry import sections as wire
from registry.authored.compiling import sections_of
from registry.books import Books, open_books
from registry.xroad import XRoadBook

if TYPE_CHECKING:
    from collections.abc import Mapping

    from registry.catalogue import Holder, Operation, Service
    from registry.model import (
        Agency,
        Agreement,
        Certificate,
        Codelist,
        EvidenceType,
        Form,
        Procedure,
        Term,
        Text,
    )
    from registry.subjects import SchemaVersion


class Snapshot:
    """One version of the registry.

    Attributes:
        version: the number of the signed snapshot; only ever grows.
        instance: for instance ``VN-test``; messages of another instance are refused.
        name: what people call the instance.
        operator: agency id of the hub's operator.
        section_hashes: section name → SHA-256 hex, to compare two versions by.
        books: the indexes, for the next snapshot to take over what is the same.
    """

    __slots__ = ("books", "instance", "name", "operator", "section_hashes", "version")

    def __init__(self, version: int, books: Books) -> None:
        self.version: Final = version
        self.books: Final = books
        self.section_hashes: Final = books.hashes
        self.instance: Final[str] = books.agencies.instance
        self.name: Final[Text] = books.agencies.name
        self.operator: Final[str] = books.agencies.operator

    def __repr__(self) -> str:
        return f"<Snapshot {self.instance} version {self.version}>"

    # Directory

    def agency(self, agency_id: str) -> Agency | None:
        """The agency of that id, whether or not it still exists: ask ``Agency.valid(at_ms)``."""
        return self.books.agencies.agencies.get(agency_id)

    def agencies(self) -> tuple[Agency, ...]:
        """All agencies, by id."""
        return tuple(self.books.agencies.agencies.values())

    def resolve(self, code_or_id: str, at_ms: int) -> Agency | None:
        """The agency by id, or by the code it held at ``at_ms``; a merged agency's code still leads to it."""
        return self.books.agencies.resolve(code_or_id, at_ms)

    def successors_at(self, agency_id: str, at_ms: int) -> tuple[Agency, ...]:
        """Who stands for the agency at ``at_ms``: itself while valid, else those that took over, however often."""
        return self.books.agencies.successors_at(agency_id, at_ms)

    def certificate(self, x5t: str) -> Certificate | None:
        """The registered certificate of that SHA-256 thumbprint."""
        return self.books.certificates.by_thumbprint.get(x5t)

    def certificates_of(self, agency_id: str, use: str) -> tuple[Certificate, ...]:
        """The agency's certificates for "seal" or "link", whether or not valid now."""
        return self.books.certificates.by_use.get((agency_id, use), ())

    @property
    def anchors(self) -> tuple[bytes, ...]:
        """Trust anchors, DER."""
        return self.books.certificates.anchors

    # Catalogue

    def service(self, service_id: str) -> Service | None:
        """The service ``agency/system/service``."""
        return self.books.catalogue.services.get(service_id)

    def services(self) -> tuple[Service, ...]:
        """All services, by id."""
        return tuple(self.books.catalogue.services.values())

    def operation(self, service_id: str, name: str) -> Operation | None:
        """One operation of one service."""
        service = self.books.catalogue.services.get(service_id)
        return None if service is None else service.operation(name)

    def schema(self, ref: str) -> SchemaVersion | None:
        """The subject version ``subject@version``."""
        return self.books.catalogue.schemas.get(ref)

    def term(self, term_id: str) -> Term | None:
        """The dictionary term."""
        return self.books.catalogue.terms.get(term_id)

    def terms(self) -> tuple[Term, ...]:
        """The whole dictionary, by id."""
        return tuple(self.books.catalogue.terms.values())

    @property
    def identifiers(self) -> frozenset[str]:
        """The terms that number somebody or something."""
        return self.books.catalogue.identifiers

    def codelist(self, codelist_id: str, version: int | None = None) -> Codelist | None:
        """That version of the code list, or the newest."""
        return self.books.catalogue.codelists.get((codelist_id, version))

    def evidence(self, evidence_id: str) -> EvidenceType | None:
        """The evidence type."""
        return self.books.catalogue.evidence.get(evidence_id)

    def evidence_types(self) -> tuple[EvidenceType, ...]:
        """All evidence types, by id."""
        return tuple(self.books.catalogue.evidence.values())

    def holders(self, term_id: str, subject_scheme: str) -> tuple[Holder, ...]:
        """Every shaped operation whose answer holds the term for that kind of subject."""
        return self.books.catalogue.holders.get((term_id, subject_scheme), ())

    # Agreements

    def agreement_for(
        self, consumer: str, consumer_system: str | None, service: str, operation: str, purpose: str, at_ms: int
    ) -> Agreement | None:
        """The agreement that lets this question through, or None; one for the very system comes first."""
        return self.books.agreements.find(consumer, consumer_system, service, operation, purpose, at_ms)

    def agreements_between(self, consumer: str, service: str) -> tuple[Agreement, ...]:
        """Every agreement of the two in any state, to say why none applies."""
        return self.books.agreements.pairs.get((consumer, service), ())

    def agreements(self) -> tuple[Agreement, ...]:
        """All agreements, by id."""
        return tuple(self.books.agreements.by_id.values())

    def agreement(self, agreement_id: str) -> Agreement | None:
        """The agreement of that id."""
        return self.books.agreements.by_id.get(agreement_id)

    # Procedures

    def procedure(self, code: str) -> Procedure | None:
        """The procedure of that code."""
        return self.books.procedures.by_code.get(code)

    def procedures(self) -> tuple[Procedure, ...]:
        """All procedures, by code."""
        return tuple(self.books.procedures.by_code.values())

    def form(self, form_id: str, version: int) -> Form | None:
        """That version of the form."""
        return self.books.procedures.forms.get((form_id, version))

    def forms(self) -> tuple[Form, ...]:
        """All form versions, by id and version."""
        return tuple(self.books.procedures.forms.values())

    @property
    def xroad(self) -> XRoadBook:
        """The same registry by X-Road's identifiers."""
        return XRoadBook(self.books.agencies, self.books.catalogue)

    def warm(self) -> None:
        """Compile every validator that an operation or agreement can need, so that no question waits for it."""
        self.books.catalogue.warm(self.agreements())


def compile(files: Mapping[str, bytes], version: int = 1) -> Snapshot:  # noqa: A001 - the word the manual uses
    """Authored folder → snapshot, without signatures: for checking a folder, and for tests.

    Args:
        files: path inside the folder → content.
        version: the number the snapshot shall carry.

    Raises:
        registry.mistakes.RegistryError: with every mistake of the folder.
    """
    return from_sections(wire.encode(sections_of(files)), version)


def from_sections(sections: Mapping[str, bytes], version: int, before: Snapshot | None = None) -> Snapshot:
    """Sections whose signatures have been judged → snapshot.

    Args:
        sections: section name → bytes.
        version: the number the snapshot carries.
        before: an older snapshot, whose look-ups and compiled validators serve on where a section is the same: so a
            revoked agreement does not wait for a nation's agencies to be read again.

    Raises:
        registry.sections.SectionError: a section is missing, damaged or of a newer format.
    """
    return Snapshot(version, open_books(sections, before.books if before else None))
