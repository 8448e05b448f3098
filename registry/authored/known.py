"""What the folder declares, by name: the index that every check between tables reads.

Promises that a name declared twice is told once, at its second place, and that a reference to a table whose form is
broken is not told as unknown. Leaves out the rules themselves (``checks_*``).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeVar

from registry.authored.fields import Authored

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from registry.authored import tables
    from registry.authored.book import Book, Item
    from registry.authored.load import Folder
    from registry.authored.schema_files import ParsedSchema
    from schemas.positions import Path

Table = TypeVar("Table", bound=Authored)
Key = TypeVar("Key", str, tuple[str, int])


@dataclass(slots=True)
class Known:
    """Name → table for each family, and the schema versions as parsed."""

    folder: Folder
    schemas: dict[str, ParsedSchema]
    agencies: dict[str, Item[tables.AgencyTable]] = field(default_factory=dict)
    terms: dict[str, Item[tables.TermTable]] = field(default_factory=dict)
    services: dict[str, Item[tables.ServiceTable]] = field(default_factory=dict)
    evidence: dict[str, Item[tables.EvidenceTable]] = field(default_factory=dict)
    procedures: dict[str, Item[tables.ProcedureTable]] = field(default_factory=dict)
    codes: dict[str, dict[str, object]] = field(default_factory=dict)

    @property
    def book(self) -> Book:
        """Where mistakes go."""
        return self.folder.book

    def operation(self, service: str, name: str) -> tables.OperationTable | None:
        """The operation, or None."""
        found = self.services.get(service)
        return next((o for o in found.table.operation if o.name == name), None) if found else None

    def answer(self, operation: tables.OperationTable | None) -> ParsedSchema | None:
        """The operation's answer schema, or None when there is none to judge by."""
        return self.schemas.get(operation.answer or "") if operation else None

    def agency(self, item: Item[Authored], rest: Path, name: str | None) -> None:
        """Tell ``name`` if no such agency is declared."""
        if name is not None and self.missing("agencies", name, self.agencies):
            self.book.tell(item, rest, "unknown-agency", name=name)

    def term(self, item: Item[Authored], rest: Path, name: str | None) -> None:
        """Tell ``name`` if the dictionary does not hold it."""
        if name is not None and self.missing("dictionary", name, self.terms):
            self.book.tell(item, rest, "unknown-term", name=name)

    def code(self, item: Item[Authored], rest: Path, codelist: str, name: str | None) -> None:
        """Tell ``name`` if the newest version of the code list does not hold it."""
        if name is None or (self.folder.broken("codelists", codelist) and codelist not in self.codes):
            return
        if codelist not in self.codes:
            self.book.tell(item, rest, "unknown-codelist", name=codelist)
        elif name not in self.codes[codelist]:
            self.book.tell(item, rest, "unknown-code", codelist=codelist, name=name)

    def missing(self, family: str, name: str, declared: dict[str, Item[Table]]) -> bool:
        """Not declared, and not because its own table is broken."""
        return name not in declared and not self.folder.broken(family, name)


def know(folder: Folder, schemas: dict[str, ParsedSchema]) -> Known:
    """Index the folder; duplicates are told here."""
    known = Known(folder, schemas)
    book = folder.book
    known.agencies = unique(book, folder.agencies, "agency", "id", lambda table: table.id)
    known.terms = unique(book, folder.terms, "term", "id", lambda table: table.id)
    known.services = unique(book, folder.services, "service", "id", lambda table: table.id)
    known.evidence = unique(book, folder.evidence, "evidence", "id", lambda table: table.id)
    known.procedures = unique(book, folder.procedures, "procedure", "code", lambda table: table.code)
    unique(book, folder.agreements, "agreement", "id", lambda table: table.id)
    unique(book, folder.forms, "form", "version", lambda table: f"{table.id}@{table.version}")
    lists = unique(book, folder.codelists, "codelist", "version", lambda table: f"{table.id}@{table.version}")
    for item in sorted(lists.values(), key=lambda item: item.table.version):
        known.codes[item.table.id] = {row.code: row for row in item.table.code}
    return known


def unique(
    book: Book, items: Iterable[Item[Table]], what: str, key: str, name_of: Callable[[Table], str]
) -> dict[str, Item[Table]]:
    """Name → first table of that name; every later one is told at its ``key``."""
    first: dict[str, Item[Table]] = {}
    for item in items:
        name = name_of(item.table)
        earlier = first.setdefault(name, item)
        if earlier is not item:
            book.tell(item, (key,), "duplicate", what=what, name=name, where=book.where(earlier, key))
    return first


def unique_inside(book: Book, item: Item[Authored], key: str, names: Iterable[str], at: str) -> None:
    """Tell names repeated inside one table's list ``at``, at each repeated element's ``key``."""
    first: dict[str, int] = {}
    for number, name in enumerate(names):
        if first.setdefault(name, number) != number:
            where = book.where(item, at, first[name], key)
            book.tell(item, (at, number, key), "duplicate", what=at, name=name, where=where)
