"""Whether an answer is about whom the question was about, by number and by name.

Promises: a number is compared exactly, before minimisation, and an answer about another number is the system's fault;
names are compared with accents, case and spacing folded, and a difference is only ever told, for an official to
review. Nothing is quoted. Leaves out: what follows from a difference (`bus.node.dossier`).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from bus.gate import Grant
from registry.snapshot import Snapshot
from registry.subjects import SchemaVersion
from schemas.envelope import Subject
from schemas.ids import same_name
from schemas.problems import Code, FaultAt, problem

NAME_TERM = "person.full-name"
BIRTH_TERM = "person.birth"


def must_be_about(
    snapshot: Snapshot, grant: Grant, question: object, answer: object, subjects: Sequence[Subject]
) -> None:
    """Refuse an answer that gives another number where the question gave the subject's.

    Raises:
        ProblemError: 509.
    """
    asked, answered = grant.operation.question, grant.operation.answer
    numbers = {who.id for who in subjects if who.scheme == grant.service.subject_scheme}
    if asked is None or answered is None or not numbers:
        return
    for term in asked.terms & answered.terms:
        known = snapshot.term(term)
        if known is None or not known.identifier or not numbers & set(texts(asked, question, term)):
            continue
        said = set(texts(answered, answer, term))
        if said and not said & numbers:
            raise problem(Code.SYSTEM_BAD_ANSWER, rule="about-the-subject", fault_at=FaultAt.PROVIDER_SYSTEM)


def differs(schema: SchemaVersion, answer: object, name: str | None, birth: str | None) -> str | None:
    """What an official must review: `name` or `birth`, where the record's differs from the party's; else None."""
    names = list(texts(schema, answer, NAME_TERM))
    if name and names and not any(same_name(name, said) for said in names):
        return "name"
    births = list(texts(schema, answer, BIRTH_TERM))
    if birth and births and not any(_same_birth(birth, said) for said in births):
        return "birth"
    return None


def _same_birth(one: str, other: str) -> bool:
    """A year alone agrees with any day of that year: year-only births are normal."""
    year = 4
    return one[:year] == other[:year] if year in {len(one), len(other)} else one == other


def texts(schema: SchemaVersion, data: object, term: str) -> Iterator[str]:
    """Every text that stands under a term."""
    yield from _leaves(schema.project(data, frozenset({term})))


def _leaves(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for member in value.values():
            yield from _leaves(member)
    elif isinstance(value, list):
        for member in value:
            yield from _leaves(member)
