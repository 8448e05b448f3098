"""Whether an answer is about whom the question was about: a system that answers about somebody else is at fault.

Promises: compared by the dictionary's identifier terms, before minimisation; numbers are never quoted.
Leaves out: names, which may differ between agencies and go to review (`bus.node.dossier`).
"""

from __future__ import annotations

from collections.abc import Sequence

from bus.gate import Grant
from registry.snapshot import Snapshot
from schemas.envelope import Subject
from schemas.problems import Code, FaultAt, problem


def must_be_about(snapshot: Snapshot, grant: Grant, body: object, subjects: Sequence[Subject]) -> None:
    """Refuse an answer whose own identifiers are nobody's in the question.

    Raises:
        ProblemError: 509.
    """
    schema = grant.operation.answer
    asked = {who.id for who in subjects if who.scheme == grant.service.subject_scheme}
    if schema is None or not asked:
        return
    identifiers = frozenset(
        term for term in schema.terms if (found := snapshot.term(term)) is not None and found.identifier
    )
    said = set(_texts(schema.project(body, identifiers))) if identifiers else set()
    if said and not said & asked:
        raise problem(Code.SYSTEM_BAD_ANSWER, rule="about-the-subject", fault_at=FaultAt.PROVIDER_SYSTEM)


def _texts(value: object) -> list[str]:
    if isinstance(value, str):
        return [value]
    if isinstance(value, dict):
        return [text for member in value.values() for text in _texts(member)]
    if isinstance(value, list):
        return [text for member in value for text in _texts(member)]
    return []
