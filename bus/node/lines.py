"""From a plan's end to the lines that a counter reads: who satisfied what, under which receipt, or why not."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TypedDict

from bus.node.ask import Answered
from bus.node.dossiers import Line, Source
from registry.model import Text
from registry.outcomes import Evidence, Gap, Missing, Piece
from registry.snapshot import Snapshot
from schemas.text import Bilingual, moment_ms


class _Receipt(TypedDict, total=False):
    asked: int
    outcome: int
    took_ms: int


def lines_of(snapshot: Snapshot, ends: Iterable[Evidence | Gap], answers: Mapping[str, Answered]) -> tuple[Line, ...]:
    """One line per requirement, in the procedure's order."""
    return tuple(_line(snapshot, end, answers) for end in ends)


def _line(snapshot: Snapshot, end: Evidence | Gap, answers: Mapping[str, Answered]) -> Line:
    requirement = end.requirement
    if isinstance(end, Evidence):
        sources = tuple(_had(snapshot, piece, answers) for piece in end.pieces)
    else:
        sources = tuple(_missed(snapshot, missing, answers) for missing in end.details)
    return Line(
        requirement=requirement.id,
        name=_both(requirement.name),
        papers=requirement.papers,
        sources=sources,
        reason=end.reason.value if isinstance(end, Gap) else None,
    )


def _had(snapshot: Snapshot, piece: Piece, answers: Mapping[str, Answered]) -> Source:
    return Source(
        evidence=piece.evidence,
        evidence_name=_evidence_name(snapshot, piece.evidence),
        agency=piece.service.partition("/")[0],
        agency_name=_agency_name(snapshot, piece.service),
        service=piece.service,
        operation=piece.operation,
        exchange=piece.found.exchange,
        **_receipt(answers.get(piece.found.exchange)),
    )


def _missed(snapshot: Snapshot, missing: Missing, answers: Mapping[str, Answered]) -> Source:
    return Source(
        evidence=missing.evidence,
        evidence_name=_evidence_name(snapshot, missing.evidence),
        agency=missing.service.partition("/")[0] if missing.service else None,
        agency_name=_agency_name(snapshot, missing.service) if missing.service else None,
        service=missing.service,
        exchange=missing.exchange,
        reason=missing.reason.value,
        code=missing.code,
        **_receipt(answers.get(missing.exchange or "")),
    )


def _receipt(answered: Answered | None) -> _Receipt:
    if answered is None:
        return {}
    receipt = answered.receipt
    took_ms = moment_ms(receipt.outcome_at) - moment_ms(receipt.asked_at)
    return {"asked": receipt.asked, "outcome": receipt.outcome, "took_ms": took_ms}


def _evidence_name(snapshot: Snapshot, evidence: str) -> Bilingual:
    known = snapshot.evidence(evidence)
    return _both(known.name) if known else Bilingual(vi=evidence, en=evidence)


def _agency_name(snapshot: Snapshot, service: str) -> Bilingual | None:
    agency = snapshot.agency(service.partition("/")[0])
    return _both(agency.name) if agency else None


def _both(text: Text) -> Bilingual:
    return Bilingual(vi=text.vi, en=text.en)
