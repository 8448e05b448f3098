"""The snapshot: the whole registry at one version, immutable, every look-up a dictionary hit.

Promises that nothing in it changes after it is made, so that a request holds one snapshot from start to end and caches
may be keyed by ``version``. Leaves out where sections come from (``bus.registry``) and what follows from an absence
(the hub's gate). All moments are milliseconds since the epoch, UTC.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from registry import sections as wire
from registry.agreements import AgreementBook
from registry.authored.compiling import sections_of
from registry.catalogue import CatalogueBook
from registry.directory import DirectoryBook

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
    """

    __slots__ = (
        "_agreements",
        "_catalogue",
        "_directory",
        "_forms",
        "_procedures",
        "instance",
        "name",
        "operator",
        "section_hashes",
        "version",
    )

    def __init__(self, version: int, sections: wire.Sections, section_hashes: Mapping[str, str]) -> None:
        self.version: Final = version
        self.instance: Final[str] = sections.agencies.instance
        self.name: Final[Text] = sections.agencies.name
        self.operator: Final[str] = sections.agencies.operator
        self.section_hashes: Final = dict(section_hashes)
        self._directory: Final = DirectoryBook(sections.agencies.agencies, sections.certificates)
        self._catalogue: Final = CatalogueBook(sections.catalogue)
        self._agreements: Final = AgreementBook(sections.agreements.agreements)
        self._procedures: Final = {row.code: row for row in sections.procedures.procedures}
        self._forms: Final = {(row.id, row.version): row for row in sections.procedures.forms}

    def __repr__(self) -> str:
        return f"<Snapshot {self.instance} version {self.version}>"

    # Directory

    def agency(self, agency_id: str) -> Agency | None:
        """The agency of that id, whether or not it still exists: ask ``Agency.valid(at_ms)``."""
        return self._directory.agencies.get(agency_id)

    def agencies(self) -> tuple[Agency, ...]:
        """All agencies, by id."""
        return tuple(self._directory.agencies.values())

    def resolve(self, code_or_id: str, at_ms: int) -> Agency | None:
        """The agency by id, or by the code it held at ``at_ms``; a merged agency's code still leads to it."""
        return self._directory.resolve(code_or_id, at_ms)

    def successors_at(self, agency_id: str, at_ms: int) -> tuple[Agency, ...]:
        """Who stands for the agency at ``at_ms``: itself while valid, else those that took over, however often."""
        return self._directory.successors_at(agency_id, at_ms)

    def certificate(self, x5t: str) -> Certificate | None:
        """The registered certificate of that SHA-256 thumbprint."""
        return self._directory.certificates.get(x5t)

    def certificates_of(self, agency_id: str, use: str) -> tuple[Certificate, ...]:
        """The agency's certificates for "seal" or "link", whether or not valid now."""
        return self._directory.by_use.get((agency_id, use), ())

    @property
    def anchors(self) -> tuple[bytes, ...]:
        """Trust anchors, DER."""
        return self._directory.anchors

    # Catalogue

    def service(self, service_id: str) -> Service | None:
        """The service ``agency/system/service``."""
        return self._catalogue.services.get(service_id)

    def services(self) -> tuple[Service, ...]:
        """All services, by id."""
        return tuple(self._catalogue.services.values())

    def operation(self, service_id: str, name: str) -> Operation | None:
        """One operation of one service."""
        service = self._catalogue.services.get(service_id)
        return None if service is None else service.operation(name)

    def schema(self, ref: str) -> SchemaVersion | None:
        """The subject version ``subject@version``."""
        return self._catalogue.schemas.get(ref)

    def term(self, term_id: str) -> Term | None:
        """The dictionary term."""
        return self._catalogue.terms.get(term_id)

    def terms(self) -> tuple[Term, ...]:
        """The whole dictionary, by id."""
        return tuple(self._catalogue.terms.values())

    def codelist(self, codelist_id: str, version: int | None = None) -> Codelist | None:
        """That version of the code list, or the newest."""
        return self._catalogue.codelists.get((codelist_id, version))

    def evidence(self, evidence_id: str) -> EvidenceType | None:
        """The evidence type."""
        return self._catalogue.evidence.get(evidence_id)

    def evidence_types(self) -> tuple[EvidenceType, ...]:
        """All evidence types, by id."""
        return tuple(self._catalogue.evidence.values())

    def holders(self, term_id: str, subject_scheme: str) -> tuple[Holder, ...]:
        """Every shaped operation whose answer holds the term for that kind of subject."""
        return self._catalogue.holders.get((term_id, subject_scheme), ())

    # Agreements

    def agreement_for(
        self, consumer: str, consumer_system: str | None, service: str, operation: str, purpose: str, at_ms: int
    ) -> Agreement | None:
        """The agreement that lets this question through, or None; one for the very system comes first."""
        return self._agreements.find(consumer, consumer_system, service, operation, purpose, at_ms)

    def agreements_between(self, consumer: str, service: str) -> tuple[Agreement, ...]:
        """Every agreement of the two in any state, to say why none applies."""
        return self._agreements.pairs.get((consumer, service), ())

    def agreements(self) -> tuple[Agreement, ...]:
        """All agreements, by id."""
        return tuple(self._agreements.by_id.values())

    def agreement(self, agreement_id: str) -> Agreement | None:
        """The agreement of that id."""
        return self._agreements.by_id.get(agreement_id)

    # Procedures

    def procedure(self, code: str) -> Procedure | None:
        """The procedure of that code."""
        return self._procedures.get(code)

    def procedures(self) -> tuple[Procedure, ...]:
        """All procedures, by code."""
        return tuple(self._procedures.values())

    def form(self, form_id: str, version: int) -> Form | None:
        """That version of the form."""
        return self._forms.get((form_id, version))

    def forms(self) -> tuple[Form, ...]:
        """All form versions, by id and version."""
        return tuple(self._forms.values())

    def warm(self) -> None:
        """Compile every validator that an operation or agreement can need, so that no question waits for it."""
        self._catalogue.warm(self.agreements())


def compile(files: Mapping[str, bytes], version: int = 1) -> Snapshot:  # noqa: A001 - the word the manual uses
    """Authored folder → snapshot, without signatures: for checking a folder, and for tests.

    Args:
        files: path inside the folder → content.
        version: the number the snapshot shall carry.

    Raises:
        registry.mistakes.RegistryError: with every mistake of the folder.
    """
    return from_sections(wire.encode(sections_of(files)), version)


def from_sections(sections: Mapping[str, bytes], version: int) -> Snapshot:
    """Sections whose signatures have been judged → snapshot.

    Raises:
        registry.sections.SectionError: a section is missing, damaged or of a newer format.
    """
    hashes = {name: wire.section_hash(data) for name, data in sections.items()}
    return Snapshot(version, wire.decode(sections), hashes)
