"""Agreements at work: which one lets a question through.

Promises one dictionary hit per question. Leaves out counting quotas and comparing assurance levels: the hub's gate.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from registry.model import Agreement
    from registry.sections import Agreements

Question = tuple[str, str, str, str]


class AgreementBook:
    """The indexes of the section "agreements"."""

    __slots__ = ("_by_question", "by_id", "pairs")

    def __init__(self, section: Agreements) -> None:
        self.by_id: Final[dict[str, Agreement]] = {row.id: row for row in section.agreements}
        pairs: dict[tuple[str, str], list[Agreement]] = {}
        questions: dict[Question, list[Agreement]] = {}
        for row in self.by_id.values():
            pairs.setdefault((row.consumer, row.service), []).append(row)
            if row.state != "active":
                continue
            for operation in row.operations:
                for purpose in row.purposes:
                    questions.setdefault((row.consumer, row.service, operation, purpose), []).append(row)
        self.pairs: Final = {key: tuple(rows) for key, rows in pairs.items()}
        # Agreements for one system stand before those for the whole agency.
        self._by_question: Final = {
            key: tuple(sorted(rows, key=lambda row: row.consumer_system is None)) for key, rows in questions.items()
        }

    def find(
        self, consumer: str, consumer_system: str | None, service: str, operation: str, purpose: str, at_ms: int
    ) -> Agreement | None:
        """See ``Snapshot.agreement_for``."""
        for row in self._by_question.get((consumer, service, operation, purpose), ()):
            if row.valid_from_ms <= at_ms < row.valid_to_ms and row.consumer_system in (None, consumer_system):
                return row
        return None
