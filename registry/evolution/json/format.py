"""JSON Schema among the formats of the registry.

Promises what ``registry.evolution.port`` asks: a text is read or refused with its place; two schemas are compared by
the documents that they allow; nothing is fetched, nothing hangs, nothing is raised but ``SchemaError``.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import Final

from registry.evolution.budget import Budget, BudgetSpentError
from registry.evolution.json.cautions import Acted, acted_on, cautions
from registry.evolution.json.compiled import Compiler, Reading
from registry.evolution.json.confirm import Confirming
from registry.evolution.json.costs import refuse_costly
from registry.evolution.json.findings import findings
from registry.evolution.json.formula import Formula, negation
from registry.evolution.json.keywords import KEYWORDS
from registry.evolution.json.lines import line_of
from registry.evolution.json.loops import refuse_loops
from registry.evolution.json.outcome import Doubt, Found, goal
from registry.evolution.json.parts import parts_of
from registry.evolution.json.reading import Value, written
from registry.evolution.json.resources import Resources, pointer_of
from registry.evolution.json.search import Search
from registry.evolution.json.undecided import unknown
from registry.evolution.json.unevaluated import closing
from registry.evolution.port import FormatName, Parsed, Policy, SchemaError, Strictness
from registry.evolution.verdict import Compatible, Incompatible, Place, Verdict, Witness
from registry.model import Text

_TOLD: Final = 40
"""Conditions that are looked at to tell what is wrong."""


class JsonSchema:
    """A schema that was read, with its references.

    Raises:
        SchemaError: it is none; the rules are those of ``read`` and ``Resources``, ``reference-cycle``
            and ``too-costly``.
    """

    def __init__(self, text: str, references: Mapping[str, str], budget: Budget) -> None:
        self.text: Final = text
        self.resources: Final = Resources(text, references, budget)
        refuse_loops(self.resources)
        refuse_costly(self.resources)
        self.confirming: Final = Confirming(self.resources)
        self._places: Final[dict[tuple[str, tuple[str | int, ...]], Place]] = {}
        self._parts: Final[dict[Reading, list[Formula]]] = {}
        self._compiler: Final = Compiler(self.resources, KEYWORDS, closing)

    @cached_property
    def canonical(self) -> str:
        """See ``Parsed``: sorted names, no spaces, every digit."""
        return written(self.resources.value)

    @cached_property
    def acted_on(self) -> Acted:
        """What readers act on in it, place by place."""
        return acted_on(self.resources)

    def formula(self, reading: Reading) -> Formula:
        """What it says, opened by whoever looks."""
        return self._compiler.formula(self.resources.value, reading)

    def parts(self, reading: Reading) -> list[Formula]:
        """Its conditions one by one."""
        if reading not in self._parts:
            self._parts[reading] = parts_of(self.formula(reading))
        return self._parts[reading]

    def place(self, document: str, path: tuple[str | int, ...]) -> Place:
        """A place with its line."""
        known = self._places.get((document, path))
        if known is None:
            line = line_of(self.resources.texts[document], path)
            known = self._places[document, path] = Place(pointer_of(path), line, document)
        return known


class JsonFormat:
    """See ``registry.evolution.port.Format``."""

    name: Final = FormatName.JSON

    def parse(self, text: str, references: Mapping[str, str], budget: Budget) -> JsonSchema:
        """See ``Format``. Without ``$schema`` it is read as draft 7, as stock clients do."""
        try:
            return JsonSchema(text, references, budget)
        except BudgetSpentError as spent:
            said = Text(
                vi=f"Đọc lược đồ cần hơn {spent.limit} bước.",
                en=f"Reading the schema takes more than {spent.limit} steps.",
            )
            raise SchemaError("too-costly", said) from None

    def included(self, writer: Parsed, reader: Parsed, policy: Policy, budget: Budget) -> Verdict:
        """See ``Format``."""
        if not isinstance(writer, JsonSchema) or not isinstance(reader, JsonSchema):
            raise TypeError("both schemas come from this format's parse")
        writing = Reading.CLOSED if policy.strictness is Strictness.LENIENT else Reading.PLAIN
        reading = Reading.FILLED if policy.required_with_default else Reading.PLAIN
        wrote, read = writer.formula(writing), reader.formula(reading)
        # 1. a document that the one allows and the other does not
        search = Search(budget)
        try:
            outcome = search.find(goal([wrote, negation(read)]))
        except BudgetSpentError as spent:
            return unknown("budget-spent", writer, reader, spent.limit)
        # 2. there is none, or nobody knows
        if isinstance(outcome, Doubt):
            return unknown(outcome.reason, writer, reader, budget.spent)
        if not isinstance(outcome, Found):
            return Compatible(cautions(writer, reader))
        # 3. there is one, and others that break one condition each: with which of them does a validator agree?
        known = set(writer.parts(writing))
        changed = [part for part in reader.parts(reading) if part not in known]
        documents = {written(one): one for one in (outcome.value, *_breaking(search, wrote, changed))}
        confirmed = [text for text, document in documents.items() if _confirmed(writer, reader, document)]
        if not confirmed:
            rule = "witness-unconfirmed" if outcome.sure else outcome.reason
            return unknown(rule, writer, reader, budget.spent)
        return Incompatible(findings(writer, reader, [documents[text] for text in confirmed]), Witness(confirmed[0]))


def _confirmed(writer: JsonSchema, reader: JsonSchema, document: Value) -> bool:
    return writer.confirming.accepts(document) is True and reader.confirming.accepts(document) is False


def _breaking(search: Search, wrote: Formula, parts: list[Formula]) -> list[Value]:
    """Documents that break one condition each, as far as the budget goes."""
    documents: list[Value] = []
    try:
        for part in parts[:_TOLD]:
            outcome = search.find(goal([wrote, negation(part)]))
            if isinstance(outcome, Found):
                documents.append(outcome.value)
    except BudgetSpentError:
        pass  # what was found is true all the same
    return documents
