"""Starting an authored registry folder from shipped profiles: which files to add, and what stands in the way.

Promises that nothing in the folder is changed: terms and code lists that it already has alike are used, one that means
something else is a conflict, and with a conflict nothing is to be written.
Leaves out writing (``bus.registry.profiles``), services and agreements: who asks whom is each instance's own.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from registry.authored.load import Folder
from registry.authored.load import load as load_folder

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from registry.authored.tables import CodelistTable as AuthoredCodelist
    from registry.authored.tables import TermTable as AuthoredTerm
    from registry.profiles.model import Profile, Profiles
    from registry.profiles.tables import CodelistTable, TermTable

_COMPARED: Final = ("type", "codelist", "sensitivity", "identifier", "name")


@dataclass(frozen=True, slots=True, order=True)
class Conflict:
    """Something of the folder that is called alike and is not alike.

    Attributes:
        what: ``term``, ``codelist`` or ``file``.
        keys: in what the two differ, for a term.
    """

    what: str
    name: str
    place: str
    keys: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Plan:
    """What a copy would add, and why it must not."""

    files: Mapping[str, bytes]
    conflicts: tuple[Conflict, ...]


def plan(profiles: Profiles, chosen: Iterable[Profile], existing: Mapping[str, bytes]) -> Plan:
    """Find what ``chosen`` needs beyond what the folder has.

    Args:
        profiles: all that is shipped.
        chosen: which to copy.
        existing: the authored folder as it is, path → content; empty for a new one.
    """
    planner = _Planner(profiles, existing)
    for profile in chosen:
        planner.add(profile)
    return Plan(planner.files, tuple(sorted(set(planner.conflicts))))


def conflicts_with(profiles: Profiles, existing: Mapping[str, bytes]) -> tuple[Conflict, ...]:
    """Where a folder's own dictionary and code lists disagree with the shipped ones, whoever uses them."""
    planner = _Planner(profiles, existing)
    for term in profiles.terms.values():
        planner.new_term(term)
    for codelist in profiles.codelists.values():
        planner.new_codelist(codelist)
    return tuple(sorted(set(planner.conflicts)))


class _Planner:
    def __init__(self, profiles: Profiles, existing: Mapping[str, bytes]) -> None:
        self.profiles = profiles
        self.existing = existing
        self.files: dict[str, bytes] = {}
        self.conflicts: list[Conflict] = []
        folder: Folder = load_folder(existing)
        self.terms: dict[str, tuple[AuthoredTerm, str]] = {
            item.table.id: (item.table, folder.book.where(item)) for item in folder.terms
        }
        self.codelists: dict[tuple[str, int], tuple[AuthoredCodelist, str]] = {
            (item.table.id, item.table.version): (item.table, folder.book.where(item)) for item in folder.codelists
        }

    def add(self, profile: Profile) -> None:
        terms, codelists = self.profiles.needed(profile)
        new_terms = [term for term in terms if self.new_term(term)]
        new_lists = [codelist for codelist in codelists if self.new_codelist(codelist)]
        for path, data in profile.files.items():
            self._file(path, data)
        name = f"profile-{profile.subject}-{profile.version}.toml"
        if new_terms:
            self._file(f"dictionary/{name}", _toml(self._terms(new_terms)))
        if new_lists:
            self._file(f"codelists/{name}", _toml(_codelists(new_lists)))

    def new_term(self, term: TermTable) -> bool:
        """Whether the folder still lacks it; from now on it does not."""
        new = term.id not in self.terms
        mine, place = self.terms.setdefault(term.id, (term, ""))
        keys = tuple(key for key in _COMPARED if getattr(mine, key) != getattr(term, key))
        if keys:
            self.conflicts.append(Conflict("term", term.id, place, keys))
        return new

    def new_codelist(self, codelist: CodelistTable) -> bool:
        """Whether the folder still lacks this version of it; from now on it does not."""
        key = codelist.id, codelist.version
        new = key not in self.codelists
        mine, place = self.codelists.setdefault(key, (codelist, ""))
        if {row.code for row in mine.code} != {row.code for row in codelist.code}:
            self.conflicts.append(Conflict("codelist", codelist.id, place))
        return new

    def _file(self, path: str, data: bytes) -> None:
        if path not in self.existing:
            self.files[path] = data
        elif self.existing[path] != data:
            self.conflicts.append(Conflict("file", path, path))

    def _terms(self, terms: Iterable[TermTable]) -> Iterator[str]:
        for term in terms:
            owner = self.profiles.owners[term.owner].name
            yield f"# chủ quản / owner: {owner.vi} / {owner.en}"
            yield "[[term]]"
            row = term.model_dump(exclude={"owner"}, exclude_defaults=True)
            yield from (f"{key} = {_value(value)}" for key, value in row.items())
            yield ""


def _codelists(codelists: Iterable[CodelistTable]) -> Iterator[str]:
    for codelist in codelists:
        yield f"# nguồn / source ({codelist.origin}): {codelist.source.vi} / {codelist.source.en}"
        yield "[[codelist]]"
        row = codelist.model_dump(include={"id", "version", "name"})
        yield from (f"{key} = {_value(value)}" for key, value in row.items())
        yield "code = ["
        yield from (f"    {_value(code.model_dump())}," for code in codelist.code)
        yield "]"
        yield ""


def _toml(lines: Iterable[str]) -> bytes:
    return "\n".join(lines).rstrip("\n").encode() + b"\n"


def _value(value: object) -> str:
    """A TOML value; what JSON writes of text, numbers and truth is TOML too (TOML 1.0, basic strings)."""
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{key} = {_value(part)}" for key, part in value.items()) + " }"
    return json.dumps(value, ensure_ascii=False)
