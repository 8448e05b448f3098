"""The indexes behind a snapshot, one book per section, carried over while a section is the same.

Promises that a change of one section costs that section only: a revoked agreement does not wait for a nation's agencies
to be read again, and compiled validators live on. Leaves out the questions that people ask (``registry.snapshot``).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple, TypeVar

import msgspec

from registry import sections as wire
from registry.agreements import AgreementBook
from registry.catalogue import CatalogueBook
from registry.directory import AgencyBook, CertificateBook

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from registry.model import Form, Procedure

Kind = TypeVar("Kind", bound=msgspec.Struct)
Book = TypeVar("Book")


class ProcedureBook:
    """The indexes of the section "procedures"."""

    __slots__ = ("by_code", "forms")

    def __init__(self, section: wire.Procedures) -> None:
        self.by_code: Final[dict[str, Procedure]] = {row.code: row for row in section.procedures}
        self.forms: Final[dict[tuple[str, int], Form]] = {(row.id, row.version): row for row in section.forms}


class Books(NamedTuple):
    """All five, and the hashes of the sections they were made from."""

    agencies: AgencyBook
    certificates: CertificateBook
    catalogue: CatalogueBook
    agreements: AgreementBook
    procedures: ProcedureBook
    hashes: dict[str, str]


def open_books(sections: Mapping[str, bytes], before: Books | None) -> Books:
    """Read the sections, or take over from ``before`` what has the same hash.

    Raises:
        registry.sections.SectionError: a section is missing, damaged or of a newer format.
    """
    hashes = {name: wire.section_hash(data) for name, data in sections.items()}

    def book(name: str, kind: type[Kind], make: Callable[[Kind], Book], old: Book | None) -> Book:
        if old is not None and before is not None and before.hashes.get(name) == hashes.get(name):
            return old
        return make(wire.read(sections, name, kind))

    def catalogue(section: wire.Catalogue) -> CatalogueBook:
        return CatalogueBook(section, before and before.catalogue)

    return Books(
        agencies=book("agencies", wire.Agencies, AgencyBook, before and before.agencies),
        certificates=book("certificates", wire.Certificates, CertificateBook, before and before.certificates),
        catalogue=book("catalogue", wire.Catalogue, catalogue, before and before.catalogue),
        agreements=book("agreements", wire.Agreements, AgreementBook, before and before.agreements),
        procedures=book("procedures", wire.Procedures, ProcedureBook, before and before.procedures),
        hashes=hashes,
    )
