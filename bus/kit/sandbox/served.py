"""One operation in a sandbox: a valid answer to a question, about the person that the question names.

Promises: an answer is judged by the registry's validator, holds no more than the terms asked for, and is about the
subject asked (`bus.about`); the same seed and question give the same answer. Leaves out faults and delays (`faults`).
"""

from __future__ import annotations

import re
from collections import defaultdict
from typing import TYPE_CHECKING, Final

from lxml import etree

from adapters.port import PeerError, PeerFault
from bus import plain, shapes
from bus.about import is_about, texts
from bus.gate import DOSSIER
from bus.kit.sandbox.dice import dice_of, fingerprint
from bus.kit.sandbox.json_answers import JsonMaker
from bus.kit.sandbox.meanings import values_for
from bus.kit.sandbox.people import Somebody
from bus.kit.sandbox.refused import CannotMakeError, SandboxError
from bus.kit.sandbox.xml_answers import XmlMaker
from registry.xsd import XsdSubject
from schemas.envelope import Subject as Who
from schemas.ids import compose_citizen_number
from schemas.problems import Code, FaultAt
from schemas.xml import Element

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence

    from bus.kit.sandbox.json_values import Candidates
    from bus.plain import Body
    from registry.catalogue import Operation, Service, Subject
    from registry.snapshot import Snapshot

_EXAMPLE_PLACE: Final = 989
_NUMBER: Final = re.compile(r"[0-9]{12}")
_WORD: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:-]{0,79}")
_BIRTH_CHARS: Final = 10
_NAMES: Final = re.compile(r"full-?_?name|ho-?_?ten")
_BIRTHS: Final = re.compile(r"birth|ngay-?_?sinh")


class Served:
    """One operation of one service, checked.

    Raises:
        SandboxError: no answer, or no question, of its schemas can be made.
    """

    def __init__(self, snapshot: Snapshot, service: Service, operation: Operation, seed: int) -> None:
        self.service = service
        self.operation = operation
        self._snapshot = snapshot
        self._seed = seed
        self._place = f"{service.id}/{operation.name}"
        if operation.question is None or operation.answer is None:
            raise SandboxError("opaque", self._place, "an opaque service has no schema to make answers from")
        self.question: Final[Subject] = operation.question
        self.answer_schema: Final[Subject] = operation.answer
        self._asking = self._maker(self.question)
        self._answering = self._maker(self.answer_schema)
        self.example: Final = self._example()

    def read(self, body: dict[str, object]) -> Body:
        """A question as a system hands it in, valid.

        Raises:
            ProblemError: 303, 301.
        """
        read = plain.read(body, self.question, FaultAt.CONSUMER_SYSTEM)
        shapes.must_fit(read.value, self.question, None, Code.QUESTION_SHAPE, FaultAt.CONSUMER_SYSTEM)
        return read

    def answer(
        self, question: Body, subjects: Sequence[Who] = (), terms: Collection[str] | None = None
    ) -> dict[str, object]:
        """The answer as a system gets it; `terms` is what it may hold, None whatever the schema has.

        Raises:
            PeerError: `no-match`, where no valid answer can be about that subject.
        """
        given = self._given(question.value)
        words = f"{self._place} {fingerprint(_canonical(question))}"
        try:
            value = self._answering(self._seed, words, self._candidates(given, subjects))
        except CannotMakeError as error:
            raise PeerError(PeerFault.NO_MATCH, rule=error.rule, at=error.place) from None
        if not is_about(self._snapshot, self.operation, subjects or _as_subjects(given), question.value, value):
            raise PeerError(PeerFault.NO_MATCH, rule="about-the-subject")
        if terms is not None:
            allowed = frozenset(terms)
            value = self.answer_schema.project(value, allowed)
            shapes.must_fit(value, self.answer_schema, allowed, Code.SYSTEM_BAD_ANSWER, FaultAt.PROVIDER_SYSTEM)
        return plain.shown(plain.of_value(value))

    def question_in_full(self) -> dict[str, object]:
        """What a system may post as it stands: the example, and whatever the gate wants beside it."""
        operation = self.operation
        given = self._given(self.read(self.example).value)
        subjects = [
            {"scheme": self.service.subject_scheme, "id": who.id, "assurance": operation.assurance}
            for who in _as_subjects(given)
            if any(map(str.isdigit, who.id)) and _WORD.fullmatch(who.id) and len(who.id) > _BIRTH_CHARS
        ]
        purpose = "verification" if "verification" in operation.purposes else min(operation.purposes, default="dossier")
        asked: dict[str, object] = {"purpose": purpose, "body": self.example, "subjects": subjects}
        if operation.officer_required:
            asked["officer"] = {"id": "CB-0001", "unit": "Bộ phận một cửa (mẫu)"}
        if purpose == DOSSIER:
            asked["dossier"] = "SANDBOX-1"
        return asked

    def identifiers(self, question: Body) -> tuple[str, ...]:
        """Every text of a question that names somebody or something."""
        return tuple(text for said in self._given(question.value).values() for text in said)

    def as_read(self, answer: dict[str, object]) -> object:
        """An answer as schemas read it."""
        return plain.read(answer, self.answer_schema, FaultAt.PROVIDER_SYSTEM).value

    def _maker(self, schema: Subject) -> Callable[[int, str, Candidates], object]:
        place = f"{self._place} {schema.subject}@{schema.version}"
        try:
            return XmlMaker(schema).make if isinstance(schema, XsdSubject) else JsonMaker(schema).make
        except CannotMakeError as error:
            raise SandboxError(error.rule, f"{place} {error.place or '/'}", "no document can be made of it") from None

    def _example(self) -> dict[str, object]:
        """A question about an invented person; it proves that question and answer can be made."""
        who = Somebody(self._seed, compose_citizen_number(_EXAMPLE_PLACE, "female", 1994, 12))
        schema, why = self.question, "no question can be made of it"
        try:
            asked = self._asking(self._seed, f"{self._place} example", self._candidates({}, (), who))
            example = plain.shown(plain.of_value(asked))
            read = self.read(example)
            schema, why = self.answer_schema, "no answer can be made of it"
            self._answering(self._seed, self._place, self._candidates(self._given(read.value), ()))
            self.answer(read)
        except (CannotMakeError, PeerError) as error:
            at = error.place if isinstance(error, CannotMakeError) else error.at
            place = f"{self._place} {schema.subject}@{schema.version} {at or '/'}"
            raise SandboxError(error.rule or "about-the-subject", place, why) from None
        return example

    def _given(self, question: object) -> dict[str, list[str]]:
        """What the question says under each identifying term."""
        found: dict[str, list[str]] = defaultdict(list)
        for term in sorted(self.question.terms & self._snapshot.identifiers):
            found[term] += [text for text in texts(self.question, question, term) if text]
        return {term: said for term, said in found.items() if said}

    def _candidates(
        self, given: dict[str, list[str]], subjects: Sequence[Who], who: Somebody | None = None
    ) -> Candidates:
        subject = who or self._somebody(given, subjects)

        def candidates(term: str | None, name: str, at: tuple[int, ...]) -> Sequence[object] | None:
            if any(at):
                other = subject.kin(f"other {at}")
                return values_for(self._snapshot, term, name, other, self._seed)
            found = values_for(self._snapshot, term, name, subject, self._seed)
            said = given.get(term or "", ())
            return found if not said else (*said, *(found or ()))

        return candidates

    def _somebody(self, given: dict[str, list[str]], subjects: Sequence[Who]) -> Somebody:
        said = [text for texts_ in given.values() for text in texts_]
        ids = [*said, *(who.id for who in subjects)]
        numbers = [text for text in ids if _NUMBER.fullmatch(text)]
        with_digits = [text for text in ids if any(map(str.isdigit, text))]
        number = next(iter((*numbers, *with_digits, *ids)), None)
        if number is None:
            dice = dice_of(self._seed, "nobody", self._place)
            number = compose_citizen_number(_EXAMPLE_PLACE, "female", 1988, dice.randrange(1_000_000))
        return Somebody(self._seed, number, _first(given, _NAMES), _first(given, _BIRTHS))


def _first(given: dict[str, list[str]], rule: re.Pattern[str]) -> str | None:
    return next((said[0] for term, said in given.items() if rule.search(term)), None)


def _as_subjects(given: dict[str, list[str]]) -> tuple[Who, ...]:
    """Whom the question is about by its own words, where nobody is named beside it."""
    ids = dict.fromkeys(text for said in given.values() for text in said)
    return tuple(Who(scheme="citizen", id=text, asserted_by="sandbox") for text in ids)


def _canonical(question: Body) -> object:
    if isinstance(question.value, Element):
        return etree.tostring(question.value, method="c14n").decode()
    return question.value
