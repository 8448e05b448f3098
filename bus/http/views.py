"""What the node's face answers, as plain JSON values: one function per thing."""

from __future__ import annotations

import msgspec

from bus.node.ask import Answered
from bus.node.dossiers import DossierRecord
from registry.guard import GuardVerdict


def answered(one: Answered) -> dict[str, object]:
    """An answer with what its receipt proves."""
    return {
        "exchange": one.exchange,
        "answer": one.value,
        "as_of": one.answer.as_of,
        "provider": one.answer.sealer,
        "receipt": one.receipt._asdict(),
    }


def dossier(record: DossierRecord) -> dict[str, object]:
    """A dossier's lines, and how many papers the citizen was spared."""
    built: dict[str, object] = msgspec.to_builtins(record)
    return built | {
        "spared": record.spared,
        "left_to_citizen": [line.requirement for line in record.lines if line.reason is not None],
    }


def guarded(verdict: GuardVerdict) -> dict[str, object]:
    """The guard's word per field: who holds it, through which service, under which legal basis."""
    return {
        "passed": verdict.passed,
        "fields": [
            {
                "field": one.field,
                "term": one.term,
                "of": one.of,
                "finding": one.finding.value,
                "allowed": one.allowed,
                "override": one.override.reason if one.override else None,
                "held_by": [
                    {
                        "agency": held.agency,
                        "service": held.service,
                        "operation": held.operation,
                        "basis": held.basis,
                        "agreement": held.agreement,
                    }
                    for held in one.held_by
                ],
            }
            for one in verdict.fields
        ],
    }
