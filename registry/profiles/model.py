"""A shipped profile as a value: its schema, what each field is, its examples, and judging a document by it.

Promises that judging names rules and places and never a value.
Leaves out reading the files (``registry.profiles.load``).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING, Final

from registry.authored.fields import NATION
from registry.registered.governance import TERM_PREFIX
from registry.subjects import JsonSubject, Violation
from registry.xsd import XsdSubject
from schemas.json import JsonError
from schemas.json import read as read_json
from schemas.xml import XmlError
from schemas.xml import parse as read_xml

if TYPE_CHECKING:
    from collections.abc import Mapping

    from registry.model import SchemaDocument
    from registry.profiles.tables import BadTable, CodelistTable, OwnerTable, ProfileTable, TermTable

MAX_BYTES: Final = 4 * 1024 * 1024
"""A larger document is refused unread."""


@dataclass(frozen=True, slots=True)
class Field:
    """One bound place of a schema: a JSON pointer with ``*`` for each element of a list, or a path of element names."""

    path: str
    term: str
    required: bool | None
    """Whether its object or parent demands it; None for XSD, whose file says it."""


@dataclass(frozen=True)
class Profile:
    """One version of a shipped subject."""

    subject: str
    version: int
    kind: str
    """``json`` or ``xsd``."""
    about: ProfileTable = field(repr=False)
    schema: SchemaDocument = field(repr=False)
    files: Mapping[str, bytes] = field(repr=False)
    """What an authored folder needs of it: path there → content."""
    fields: tuple[Field, ...] = field(repr=False)
    good: Mapping[str, bytes] = field(repr=False)
    bad: Mapping[str, tuple[BadTable, bytes]] = field(repr=False)

    @property
    def ref(self) -> str:
        """``subject@version``."""
        return f"{self.subject}@{self.version}"

    @cached_property
    def terms(self) -> frozenset[str]:
        """Terms that its data can hold."""
        return frozenset(one.term for one in self.fields)

    def properties(self, agency: str) -> dict[str, str]:
        """What its ``metadata.properties`` must say in a governed context (``registry.registered.governance``).

        Args:
            agency: the id of the agency that registers it and answers for it there (``a100001``).
        """
        effective = datetime.fromtimestamp(self.about.effective_from_ms / 1000, NATION).date()
        said = {"owner": agency, "basis": self.about.basis, "effectiveDate": effective.isoformat()}
        return {**said, **{f"{TERM_PREFIX}{path}": term for path, term in self.schema.fields.items()}}

    @cached_property
    def _judge(self) -> JsonSubject | XsdSubject:
        return JsonSubject(self.schema) if self.kind == "json" else XsdSubject(self.schema)

    def violations(self, data: bytes) -> list[Violation]:
        """What is wrong with a document; empty when all is well, at most 50 are listed.

        Bytes that are no JSON (or XML) that may enter have one violation, at the root, named by the reader's rule.
        """
        if len(data) > MAX_BYTES:
            return [Violation("too-large", "")]
        try:
            document = read_json(data) if self.kind == "json" else read_xml(data)
        except (JsonError, XmlError) as error:
            return [Violation(error.rule, "")]
        return self._judge.violations(document)


@dataclass(frozen=True, slots=True)
class Profiles:
    """All shipped profiles with their dictionary. Read-only."""

    profiles: Mapping[str, Profile]
    """By ``subject@version``."""
    terms: Mapping[str, TermTable]
    codelists: Mapping[str, CodelistTable]
    owners: Mapping[str, OwnerTable]

    def subjects(self) -> tuple[str, ...]:
        """Every subject, sorted."""
        return tuple(sorted({profile.subject for profile in self.profiles.values()}))

    def versions(self, subject: str) -> tuple[int, ...]:
        """Its versions, oldest first; empty for a subject that is not shipped."""
        return tuple(sorted(profile.version for profile in self.profiles.values() if profile.subject == subject))

    def find(self, name: str) -> Profile | None:
        """The profile of ``subject@version``, or the newest of ``subject``; None where there is none."""
        subject, at, _ = name.partition("@")
        versions = self.versions(subject)
        return self.profiles.get(name if at else f"{subject}@{versions[-1] if versions else 0}")

    def needed(self, profile: Profile) -> tuple[tuple[TermTable, ...], tuple[CodelistTable, ...]]:
        """The terms and code lists that a profile cannot do without, sorted by id."""
        terms = tuple(self.terms[term] for term in sorted(profile.terms))
        lists = sorted({term.codelist for term in terms if term.codelist is not None})
        return terms, tuple(self.codelists[name] for name in lists)
