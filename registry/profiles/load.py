"""The profiles' files → ``Profiles``, with every mistake told at its place.

Promises that what is returned is whole: each field is a term, each term and profile has its owner, each code its list,
each bad example its expectation, and an official file that is said to be received is there and has its digest. Leaves
out where the bytes come from (``bus.registry.profiles``).
"""

from __future__ import annotations

import hashlib
import re
from typing import TYPE_CHECKING, Final, TypeVar

from registry.authored import read
from registry.authored.book import Book
from registry.authored.fields import Authored
from registry.authored.known import unique
from registry.authored.load import Folder, SchemaFile
from registry.authored.schema_files import ParsedSchema, parse_schemas
from registry.authored.tables import XsdFieldTable
from registry.mistakes import RegistryError
from registry.model import SchemaDocument
from registry.profiles import tables
from registry.profiles.model import Profile, Profiles
from registry.profiles.walk import fields_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from registry.authored.book import Item

Table = TypeVar("Table", bound=Authored)

_SCHEMA: Final = re.compile(
    r"schemas/(?P<subject>[a-z][a-z0-9-]{0,79})/(?P<version>[1-9][0-9]{0,5})\.(?P<kind>json|xsd)"
)
_BASIS: Final = "basis"


def load(files: Mapping[str, bytes]) -> Profiles:
    """Read all profiles.

    Args:
        files: path inside the profiles' folder, with "/" between its parts → content.

    Raises:
        RegistryError: with every mistake.
    """
    return _Loader(files).profiles()


class _Loader:
    """Reads once; mistakes gather in the book."""

    def __init__(self, files: Mapping[str, bytes]) -> None:
        self.files = files
        self.book = Book(files)

    def profiles(self) -> Profiles:
        # 1. who owns, which codes there are, what fields mean
        owners = self._family("owners.toml", "owner", tables.OwnerTable)
        codelists = self._family("codelists/", "codelist", tables.CodelistTable)
        terms = self._family("dictionary/", "term", tables.TermTable)
        for item in terms.values():
            self._known(item, "owner", item.table.owner, owners)
            self._known(item, "codelist", item.table.codelist, codelists)
        # 2. the schemas, by themselves
        folder = Folder(self.book)
        for found in filter(None, map(_SCHEMA.fullmatch, sorted(self.files))):
            self._declare(folder, found)
        parsed = parse_schemas(folder)
        # 3. what belongs to each
        made = [self._profile(schema, owners, codelists, terms) for schema in parsed.values()]
        if self.book.mistakes:
            raise RegistryError(self.book.mistakes)
        return Profiles(
            {profile.ref: profile for profile in made if profile is not None},
            {name: item.table for name, item in terms.items()},
            {name: item.table for name, item in codelists.items()},
            {name: item.table for name, item in owners.items()},
        )

    def _family(self, place: str, key: str, kind: type[Table]) -> dict[str, Item[Table]]:
        rows: list[Item[Table]] = []
        for file in sorted(self.files):
            if file.startswith(place):
                rows += self._rows(file, key, kind)
        return unique(self.book, rows, key, "id", lambda table: str(getattr(table, "id", "")))

    def _rows(self, file: str, key: str, kind: type[Table]) -> list[Item[Table]]:
        data = read.toml(self.book, file)
        if data is None:
            return []
        read.only_keys(self.book, file, data, frozenset({key}))
        return read.rows(self.book, file, data, key, kind)

    def _known(self, item: Item[Table], key: str, name: str | None, declared: Mapping[str, object]) -> None:
        if name is not None and name not in declared:
            rule = "unknown-codelist" if key == "codelist" else "unknown-agency"
            self.book.tell(item, (key,), rule, name=name)

    def _declare(self, folder: Folder, found: re.Match[str]) -> None:
        file, ref = found[0], f"{found['subject']}@{found['version']}"
        schema = SchemaFile(found["subject"], int(found["version"]), found["kind"], file)
        if found["kind"] == "xsd":
            terms = file.replace(".xsd", ".terms.toml")
            schema.fields.extend(self._rows(terms, "field", XsdFieldTable) if self._there(terms) else [])
        folder.schemas[ref] = schema

    def _there(self, file: str) -> bool:
        if file not in self.files:
            self.book.tell_at(file, (), "missing-file", name=file)
        return file in self.files

    def _profile(
        self,
        schema: ParsedSchema,
        owners: Mapping[str, object],
        codelists: Mapping[str, Item[tables.CodelistTable]],
        terms: Mapping[str, object],
    ) -> Profile | None:
        file = schema.file
        about = self._about(f"schemas/{file.subject}/{file.version}.profile.toml", owners, codelists)
        for fault in schema.frame.faults if schema.frame else ():
            self.book.tell_key(file.file, fault.path, fault.rule, keyword=fault.keyword)
        fields = fields_of(schema)
        for name in sorted({field.term for field in fields} - terms.keys()):
            self.book.tell_at(file.file, (), "unknown-term", name=name)
        if about is None:
            return None
        self._official(f"official/{file.subject}/", about)
        document = SchemaDocument(file.subject, file.version, document=schema.document)
        if schema.document is None:
            document = SchemaDocument(
                file.subject, file.version, main=file.file, files=schema.files, fields=schema.fields
            )
        home = f"examples/{file.subject}/{file.version}/"
        good = {name[len(home) :]: data for name, data in self.files.items() if name.startswith(f"{home}good-")}
        return Profile(
            subject=file.subject,
            version=file.version,
            kind=file.kind,
            about=about.table,
            schema=document,
            files=self._own(file),
            fields=fields,
            good=good,
            bad=self._bad(home),
        )

    def _about(
        self, file: str, owners: Mapping[str, object], codelists: Mapping[str, Item[tables.CodelistTable]]
    ) -> Item[tables.ProfileTable] | None:
        data = read.toml(self.book, file) if self._there(file) else None
        item = None if data is None else read.table(self.book, file, (), data, tables.ProfileTable)
        if item is None:
            return None
        self._known(item, "owner", item.table.owner, owners)
        basis = codelists.get(_BASIS)
        if basis is None or item.table.basis not in {row.code for row in basis.table.code}:
            self.book.tell(item, ("basis",), "unknown-code", codelist=_BASIS, name=item.table.basis)
        return item

    def _official(self, home: str, about: Item[tables.ProfileTable]) -> None:
        official = about.table.official
        if official.status == "awaited":
            return
        data = self.files.get(f"{home}{official.file}")
        if data is None:
            self.book.tell(about, ("official", "file"), "missing-file", name=f"{home}{official.file}")
        elif hashlib.sha256(data).hexdigest() != official.sha256:
            self.book.tell(about, ("official", "sha256"), "bad-value", name="sha256", why="another file's digest")

    def _own(self, file: SchemaFile) -> dict[str, bytes]:
        stem = f"schemas/{file.subject}/{file.version}."
        return {name: self.files[name] for name in (f"{stem}{file.kind}", f"{stem}terms.toml") if name in self.files}

    def _bad(self, home: str) -> dict[str, tuple[tables.BadTable, bytes]]:
        expected, bad = f"{home}bad.toml", {}
        for item in self._rows(expected, "bad", tables.BadTable) if self._there(expected) else []:
            if self._there(f"{home}{item.table.file}"):
                bad[item.table.file] = item.table, self.files[f"{home}{item.table.file}"]
        for name in sorted(self.files):
            if name.startswith(f"{home}bad-") and name[len(home) :] not in bad:
                self.book.tell_at(name, (), "unknown-file")
        return bad
