"""Whether question and answer are about the subjects that the question names: the same rule at hub and nodes.

Promises: a question that holds a number of somebody or something names it as a subject, so that nobody is asked about
in the shade of another; an answer about another number is not taken. Numbers are compared exactly and never quoted.
Leaves out: whether a subject may be asked about (the gate, the declared dossier) and names (`bus.node.subjects`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from registry.catalogue import Operation
from registry.snapshot import Snapshot
from registry.subjects import SchemaVersion
from schemas.envelope import Subject
from schemas.problems import Code, problem
from schemas.xml import Element

_MANY_DIGITS: Final = 9
"""The shortest number of a person is the old card's; a name has no digits, a date of birth has eight."""


def must_name_its_subjects(
    snapshot: Snapshot, schema: SchemaVersion, question: object, subjects: Iterable[Subject]
) -> None:
    """Refuse a question that holds a number which is no subject's.

    Raises:
        ProblemError: 214.
    """
    named = {who.id for who in subjects}
    if any(number not in named for number in numbers(snapshot, schema, question)):
        raise problem(Code.SUBJECT_NOT_NAMED, rule="number-of-a-subject", place="/subjects")


def numbers(snapshot: Snapshot, schema: SchemaVersion, question: object) -> Iterator[str]:
    """Every number of somebody or something that a question holds, by term, as often as it stands there."""
    for term in sorted(schema.terms & snapshot.identifiers):
        yield from filter(_is_number, texts(schema, question, term))


def is_about(
    snapshot: Snapshot, operation: Operation, subjects: Iterable[Subject], question: object, answer: object
) -> bool:
    """Whether an answer holds the subject's number wherever the question gave it and the answer gives one."""
    asked, answered = operation.question, operation.answer
    numbers = {who.id for who in subjects}
    if asked is None or answered is None or not numbers:
        return True
    for term in asked.terms & answered.terms & snapshot.identifiers:
        if numbers.isdisjoint(texts(asked, question, term)):
            continue
        said = set(texts(answered, answer, term))
        if said and said.isdisjoint(numbers):
            return False
    return True


def texts(schema: SchemaVersion, data: object, term: str) -> Iterator[str]:
    """Every text that stands under a term, in JSON values or in an XML element."""
    yield from _leaves(schema.project(data, frozenset({term})))


def holds(schema: SchemaVersion, data: object, terms: Iterable[str]) -> bool:
    """Whether the data say something under every one of these terms."""
    return all(_says(schema.project(data, frozenset({term}))) for term in terms)


def _says(value: object) -> bool:
    if isinstance(value, dict | list):
        return any(map(_says, value.values() if isinstance(value, dict) else value))
    return any(True for _ in _leaves(value)) if isinstance(value, Element) else value is not None


def _is_number(text: str) -> bool:
    """Nine digits or more, or letters beside digits (`CS 990001`): neither a name nor a date."""
    digits = sum(map(str.isdigit, text))
    return digits >= _MANY_DIGITS or (digits > 0 and any(map(str.isalpha, text)))


def _leaves(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for member in value.values():
            yield from _leaves(member)
    elif isinstance(value, list):
        for member in value:
            yield from _leaves(member)
    elif isinstance(value, Element):
        for node in value.iter("*"):
            yield from (text.strip() for text in (node.text, *map(str, node.attrib.values())) if text and text.strip())
