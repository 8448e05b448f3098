"""Doubts made documents, and judged by the validator of the bus: only what it confirms is a finding.

Promises: a finding's document is accepted by the writer's compiled schema and refused by the reader's. Leaves out
looking for doubts (``compare``).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from registry.evolution.xsd.author import Author
from registry.evolution.xsd.fillers import CannotWriteError
from registry.evolution.xsd.symbols import telling_names
from schemas.xml import GAVE_UP, XmlError, parse

if TYPE_CHECKING:
    from registry.evolution.budget import Budget
    from registry.evolution.xsd.compare import Comparison, Seen
    from schemas.xml import XsdSchema

_MOST_FINDINGS: Final = 20
_MOST_TRIED: Final = 150
MOST_CHARS: Final = 200_000


class Court:
    """The two validators, and how often they may be asked."""

    def __init__(self, writer: XsdSchema, reader: XsdSchema, found: Comparison, budget: Budget) -> None:
        self._writer: Final = writer
        self._reader: Final = reader
        self._found: Final = found
        self._budget: Final = budget
        self._telling: Final = telling_names(found.writer, found.reader)
        self._tried = 0

    def confirmed(self) -> list[tuple[Seen, str]]:
        """Doubts with a document that shows each, at most some tens."""
        found: list[tuple[Seen, str]] = []
        for seen in self._found.doubts:
            document = self.witness(seen)
            if document is not None:
                found.append((seen, document))
            if len(found) >= _MOST_FINDINGS or self._tried >= _MOST_TRIED:
                break
        return found

    def witness(self, seen: Seen) -> str | None:
        """A document that shows it, or None."""
        for shape in seen.doubt.shapes:
            self._tried += 1
            self._budget.spend(1, "witness")
            try:
                document = Author(self._found.writer, self._telling, self._budget).document(seen.spot, shape)
            except CannotWriteError:
                continue
            if len(document) <= MOST_CHARS and self._shows(document):
                return document
        return None

    def _shows(self, document: str) -> bool:
        try:
            element = parse(document.encode())
        except XmlError:
            return False
        if self._writer.violations(element):
            return False
        refused = self._reader.violations(element)
        return bool(refused) and all(one.rule != GAVE_UP for one in refused)
