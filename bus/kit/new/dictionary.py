"""The registry's dictionary as the kit needs it: terms with their codes, the shapes that others gave them, what exists.

Promises: read from an authored folder (docs/registry.md) that has no mistakes, or from what a node trusts. Leaves out
judging a field (`terms`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from bus.registry.files import read_folder
from registry.model import Text
from registry.shapes import frame_of
from registry.snapshot import Snapshot
from registry.snapshot import compile as compile_folder
from registry.subjects import JsonSubject

_KEPT: Final = frozenset({"type", "pattern", "minLength", "maxLength", "enum", "format", "minimum", "maximum"})


@dataclass(frozen=True, slots=True)
class Term:
    """One term: `codes` are those of its list, with their names."""

    id: str
    name: Text
    type: str
    identifier: bool = False
    codes: Mapping[str, Text] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Dictionary:
    """What the kit knows of the registry.

    Attributes:
        files: the authored folder, path → content; none where the registry is a node's.
        shapes: term → the keywords that schemas of the folder give its values already.
    """

    files: Mapping[str, bytes]
    terms: Mapping[str, Term]
    shapes: Mapping[str, Mapping[str, object]]
    bases: Mapping[str, Text]
    purposes: Mapping[str, Text]
    agencies: Mapping[str, Text]
    systems: frozenset[tuple[str, str]]
    services: frozenset[str]


def read_dictionary(folder: Path) -> Dictionary:
    """Read an authored folder.

    Raises:
        RegistryError: it has mistakes.
        FolderError: it is none.
    """
    files = read_folder(folder)
    return of_snapshot(compile_folder(files), files)


def of_snapshot(snapshot: Snapshot, files: Mapping[str, bytes] | None = None) -> Dictionary:
    """The same of a registry that a node trusts; without the authored files nothing is judged together with them."""
    return Dictionary(
        files=files or {},
        terms=_terms(snapshot),
        shapes=_shapes(snapshot),
        bases=_codes(snapshot, "basis"),
        purposes=_codes(snapshot, "purpose"),
        agencies={agency.id: agency.name for agency in snapshot.agencies()},
        systems=frozenset((agency.id, system.id) for agency in snapshot.agencies() for system in agency.systems),
        services=frozenset(service.id for service in snapshot.services()),
    )


def _terms(snapshot: Snapshot) -> dict[str, Term]:
    return {
        term.id: Term(term.id, term.name, term.type, term.identifier, _codes(snapshot, term.codelist))
        for term in snapshot.terms()
    }


def _codes(snapshot: Snapshot, name: str | None) -> Mapping[str, Text]:
    found = None if name is None else snapshot.codelist(name)
    return {} if found is None else found.codes


def _shapes(snapshot: Snapshot) -> dict[str, Mapping[str, object]]:
    """The first shape of each term, in the order of the schemas' names."""
    subjects = {
        (subject.subject, subject.version): subject
        for service in snapshot.services()
        for operation in service.operations.values()
        for subject in (operation.question, operation.answer)
        if isinstance(subject, JsonSubject)
    }
    shapes: dict[str, Mapping[str, object]] = {}
    for _, subject in sorted(subjects.items()):
        document = subject.source.document or {}
        for path, term in frame_of(document).leaves:
            node: object = document
            for step in path:
                node = node[step] if isinstance(node, dict) and isinstance(step, str) else None
            if isinstance(node, dict):
                shapes.setdefault(term, {key: value for key, value in node.items() if key in _KEPT})
    return shapes
