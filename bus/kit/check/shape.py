"""Whether samples and answers fit the registry's schemas: the same judgement that a provider's node makes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from bus import plain, shapes
from bus.kit.check.facts import Facts
from registry.catalogue import Operation
from registry.subjects import SchemaVersion
from schemas.problems import Code, FaultAt, ProblemError


class Misfit(NamedTuple):
    """What does not fit: whose body, the rule, its place; never the value."""

    what: str
    rule: str
    place: str

    def __str__(self) -> str:
        return f"{self.what}: {self.rule} at {self.place}"


def misfits(facts: Facts) -> list[Misfit]:
    """Every known sample and its answer that breaks its schema."""
    found: list[Misfit] = []
    for one in facts.known:
        operation = facts.service.operation(one.sample.operation) if facts.service is not None else None
        if operation is None or one.found is None:
            found.append(Misfit(one.name, "unknown-operation", "/"))
            continue
        asked, answered = question_and_answer(operation, one.sample.body, one.found.body)
        found += [misfit._replace(what=f"{one.name}, {misfit.what}") for misfit in (asked, answered) if misfit]
    return found


def question_and_answer(
    operation: Operation, question: Mapping[str, object], answer: Mapping[str, object]
) -> tuple[Misfit | None, Misfit | None]:
    """Judge both ends of one question."""
    return (
        misfit("question", question, operation.question),
        misfit("answer", answer, operation.answer),
    )


def misfit(what: str, body: Mapping[str, object], schema: SchemaVersion | None) -> Misfit | None:
    """Why a body does not fit; None when it does, and for an opaque service."""
    where = FaultAt.PROVIDER_SYSTEM
    try:
        read = plain.read(body, schema, where)
        if schema is not None:
            shapes.must_fit(read.value, schema, None, Code.SYSTEM_BAD_ANSWER, where)
    except ProblemError as error:
        return Misfit(what, error.problem.rule or "shape", error.problem.place or "/")
    return None
