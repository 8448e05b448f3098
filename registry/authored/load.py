"""The folder's files → a ``Folder`` of tables: which file holds what, and nothing forgotten.

Promises that every file is read or told as unknown, and that one run tells every mistake of form. Leaves out reading
the disk (``bus.registry.files``) and rules between tables (``registry.authored.checks``).
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, TypeVar

from registry.authored import read, tables
from registry.authored.book import Book, Item
from registry.authored.fields import Authored

if TYPE_CHECKING:
    from collections.abc import Mapping

Table = TypeVar("Table", bound=Authored)

_SCHEMA_FILE: Final = re.compile(
    r"schemas/(?P<subject>[a-z][a-z0-9.-]{0,79})/(?P<version>[1-9][0-9]{0,5})\.(?P<kind>json|xsd|terms\.toml)"
)
_SCHEMA_PART: Final = re.compile(r"schemas/.+\.xsd")
_DESCRIPTION: Final = re.compile(r"descriptions/.+\.(wsdl|xsd|json|ya?ml)")
_IGNORED: Final = re.compile(r"(.*/)?(\.[^/]*|[^/]*\.md)")
_CERTIFICATE: Final = re.compile(r"certificates/[^/]+\.(pem|crt|cer)")
_PRIVATE: Final = b"PRIVATE KEY-----"


@dataclass(frozen=True, slots=True)
class SchemaFile:
    """One authored schema version: the main file, and for XSD the table file that binds its elements to terms."""

    subject: str
    version: int
    kind: str
    file: str
    fields: list[Item[tables.XsdFieldTable]] = field(default_factory=list)
    terms_file: str | None = None

    @property
    def ref(self) -> str:
        """``subject@version``."""
        return f"{self.subject}@{self.version}"


@dataclass(slots=True)
class Folder:
    """Every well-formed table of the folder. ``named`` also knows ids of tables whose form is broken."""

    book: Book
    instance: Item[tables.InstanceTable] | None = None
    anchors: list[tuple[str, int]] = field(default_factory=list)
    certificates: list[Item[tables.CertificateTable]] = field(default_factory=list)
    agencies: list[Item[tables.AgencyTable]] = field(default_factory=list)
    codelists: list[Item[tables.CodelistTable]] = field(default_factory=list)
    terms: list[Item[tables.TermTable]] = field(default_factory=list)
    services: list[Item[tables.ServiceTable]] = field(default_factory=list)
    evidence: list[Item[tables.EvidenceTable]] = field(default_factory=list)
    agreements: list[Item[tables.AgreementTable]] = field(default_factory=list)
    procedures: list[Item[tables.ProcedureTable]] = field(default_factory=list)
    forms: list[Item[tables.FormTable]] = field(default_factory=list)
    schemas: dict[str, SchemaFile] = field(default_factory=dict)
    named: dict[str, set[str]] = field(default_factory=dict)
    unread: set[str] = field(default_factory=set)

    def broken(self, family: str, name: str) -> bool:
        """True when ``name`` may exist in ``family`` but could not be read: its absence is not worth telling."""
        return family in self.unread or name in self.named.get(family, ())


def load(files: Mapping[str, bytes]) -> Folder:
    """Read every file of an authored folder; mistakes gather in ``folder.book``.

    Args:
        files: path inside the folder, with "/" between its parts → content.
    """
    folder = Folder(Book(files))
    for file in sorted(files):
        _file(folder, file)
    _schema_terms(folder)
    for wanted in {"instance.toml"} - files.keys():
        folder.book.tell_at(wanted, (), "missing-file", name=wanted)
    return folder


def _file(folder: Folder, file: str) -> None:
    book = folder.book
    if _PRIVATE in book.files[file]:
        book.tell_at(file, (), "private-key")
    elif _IGNORED.fullmatch(file) or _CERTIFICATE.fullmatch(file):
        return
    elif file == "instance.toml":
        _instance(folder, file)
    elif file == "certificates.toml":
        _certificates(folder, file)
    elif _SCHEMA_FILE.fullmatch(file):
        _schema(folder, file)
    elif _SCHEMA_PART.fullmatch(file) or _DESCRIPTION.fullmatch(file):
        return  # whoever names it reads it
    elif file.endswith(".toml") and "/" in file:
        _family(folder, file)
    else:
        book.tell_at(file, (), "unknown-file")


def _instance(folder: Folder, file: str) -> None:
    data = read.toml(folder.book, file)
    if data is not None:
        folder.instance = read.table(folder.book, file, (), data, tables.InstanceTable)


def _certificates(folder: Folder, file: str) -> None:
    book, data = folder.book, read.toml(folder.book, file)
    if data is None:
        return
    read.only_keys(book, file, data, frozenset({"anchors", "certificate"}))
    folder.certificates.extend(read.rows(book, file, data, "certificate", tables.CertificateTable))
    anchors = data.get("anchors", [])
    if not isinstance(anchors, list) or not all(isinstance(anchor, str) for anchor in anchors):
        book.tell_at(file, ("anchors",), "wrong-type", name="anchors", expected="array of text")
        return
    folder.anchors.extend((anchor, number) for number, anchor in enumerate(anchors))


def _family(folder: Folder, file: str) -> None:
    """One of the folders that hold a single kind of ``[[table]]``."""
    name = file.partition("/")[0]
    match name:
        case "agencies":
            folder.agencies.extend(_rows(folder, file, "agency", "id", tables.AgencyTable))
        case "codelists":
            folder.codelists.extend(_rows(folder, file, "codelist", "id", tables.CodelistTable))
        case "dictionary":
            folder.terms.extend(_rows(folder, file, "term", "id", tables.TermTable))
        case "services":
            folder.services.extend(_rows(folder, file, "service", "id", tables.ServiceTable))
        case "evidence":
            folder.evidence.extend(_rows(folder, file, "evidence", "id", tables.EvidenceTable))
        case "agreements":
            folder.agreements.extend(_rows(folder, file, "agreement", "id", tables.AgreementTable))
        case "procedures":
            folder.procedures.extend(_rows(folder, file, "procedure", "code", tables.ProcedureTable))
        case "forms":
            folder.forms.extend(_rows(folder, file, "form", "id", tables.FormTable))
        case _:
            folder.book.tell_at(file, (), "unknown-file")


def _rows(folder: Folder, file: str, key: str, identity: str, kind: type[Table]) -> list[Item[Table]]:
    family, book = file.partition("/")[0], folder.book
    data = read.toml(book, file)
    if data is None:
        folder.unread.add(family)
        return []
    read.only_keys(book, file, data, frozenset({key}))
    names = folder.named.setdefault(family, set())
    raw = data.get(key, [])
    for row in raw if isinstance(raw, list) else []:
        if isinstance(row, dict) and isinstance(row.get(identity), str):
            names.add(row[identity])
    return read.rows(book, file, data, key, kind)


def _schema(folder: Folder, file: str) -> None:
    found = _SCHEMA_FILE.fullmatch(file)
    if found is None or found["kind"] == "terms.toml":
        return
    schema = SchemaFile(found["subject"], int(found["version"]), found["kind"], file)
    if schema.ref in folder.schemas:
        folder.book.tell_at(file, (), "two-schemas", name=schema.ref)
        return
    folder.named.setdefault("schemas", set()).add(schema.ref)
    folder.schemas[schema.ref] = schema


def _schema_terms(folder: Folder) -> None:
    """Bind each ``<version>.terms.toml`` to the XSD it stands beside."""
    for file in sorted(folder.book.files):
        found = _SCHEMA_FILE.fullmatch(file)
        if found is None or found["kind"] != "terms.toml":
            continue
        schema = folder.schemas.get(f"{found['subject']}@{found['version']}")
        if schema is None or schema.kind != "xsd":
            folder.book.tell_at(file, (), "unknown-file")
            continue
        _xsd_terms(folder, file, schema)


def _xsd_terms(folder: Folder, file: str, schema: SchemaFile) -> None:
    data = read.toml(folder.book, file)
    if data is None:
        return
    read.only_keys(folder.book, file, data, frozenset({"field"}))
    fields = read.rows(folder.book, file, data, "field", tables.XsdFieldTable)
    folder.schemas[schema.ref] = SchemaFile(schema.subject, schema.version, schema.kind, schema.file, fields, file)
