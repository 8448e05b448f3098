"""JSON Schema among the formats of the registry.

Promises what ``registry.evolution.port`` asks: a text is read or refused with its place; two schemas are compared by
the documents that they allow; nothing is fetched, nothing hangs, nothing is raised but ``SchemaError``.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import Final

from registry.evolution.budget import Budget, BudgetSpentError
from registry.evolution.json.compiled import Compiler, Reading
from registry.evolution.json.confirm import Confirming
from registry.evolution.json.findings import findings, unknown
from registry.evolution.json.formula import Formula, negation
from registry.evolution.json.keywords import KEYWORDS
from registry.evolution.json.loops import refuse_loops
from registry.evolution.json.outcome import Doubt, Found, goal
from registry.evolution.json.reading import written
from registry.evolution.json.resources import Resources, pointer_of
from registry.evolution.json.search import Search
from registry.evolution.json.unevaluated import closing
from registry.evolution.port import FormatName, Parsed, Policy, Strictness
from registry.evolution.verdict import Compatible, Incompatible, Place, Verdict, Witness
from schemas.positions import Positions, positions


class JsonSchema:
    """A schema that was read, with its references.

    Raises:
        SchemaError: it is none; the rules are those of ``read`` and ``Resources``, and ``reference-cycle``.
    """

    def __init__(self, text: str, references: Mapping[str, str], budget: Budget) -> None:
        self.text: Final = text
        self.resources: Final = Resources(text, references, budget)
        refuse_loops(self.resources)
        self.confirming: Final = Confirming(self.resources)
        self._positions: Final[dict[str, Positions]] = {}
        self._compiler: Final = Compiler(self.resources, KEYWORDS, closing)

    @cached_property
    def canonical(self) -> str:
        """See ``Parsed``: sorted names, no spaces, every digit."""
        return written(self.resources.value)

    def formula(self, reading: Reading) -> Formula:
        """What it says, opened by whoever looks."""
        return self._compiler.formula(self.resources.value, reading)

    def place(self, document: str, path: tuple[str | int, ...]) -> Place:
        """A place with its line."""
        known = self._positions.get(document)
        if known is None:
            known = self._positions[document] = positions(self.resources.texts[document].encode(), "json")
        return Place(pointer_of(path), known.at(path).line, document)


class JsonFormat:
    """See ``registry.evolution.port.Format``."""

    name: Final = FormatName.JSON

    def parse(self, text: str, references: Mapping[str, str], budget: Budget) -> JsonSchema:
        """See ``Format``. Without ``$schema`` it is read as draft 7, as stock clients do."""
        return JsonSchema(text, references, budget)

    def included(self, writer: Parsed, reader: Parsed, policy: Policy, budget: Budget) -> Verdict:
        """See ``Format``."""
        if not isinstance(writer, JsonSchema) or not isinstance(reader, JsonSchema):
            raise TypeError("both schemas come from this format's parse")
        # 1. a document that the one allows and the other does not
        wrote = writer.formula(Reading.CLOSED if policy.strictness is Strictness.LENIENT else Reading.PLAIN)
        read = reader.formula(Reading.FILLED if policy.required_with_default else Reading.PLAIN)
        try:
            outcome = Search(budget).find(goal([wrote, negation(read)]))
        except BudgetSpentError as spent:
            return unknown("budget-spent", spent.limit)
        # 2. there is none, or nobody knows
        if isinstance(outcome, Doubt):
            return unknown(outcome.reason, budget.spent)
        if not isinstance(outcome, Found):
            return Compatible()
        # 3. there is one: does a validator agree?
        accepted, refused = writer.confirming.accepts(outcome.value), reader.confirming.accepts(outcome.value)
        if accepted is not True or refused is not False:
            return unknown("witness-unconfirmed" if outcome.sure else outcome.reason, budget.spent)
        return Incompatible(findings(writer, reader, outcome.value), Witness(written(outcome.value)))
