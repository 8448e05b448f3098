"""XSD 1.0 as a format of the registry (``registry.evolution.port.Format``).

Promises: reading takes no file and no network, and ends within its budget; comparing never raises, says "compatible"
only of inclusion that is proven, and "incompatible" only with a document that the validator confirmed. A schema that
uses XSD 1.1 is kept and compared as unknown. Leaves out what a change means to programs beyond validity, save for a
few cautions.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Final

from registry.evolution.budget import Budget, BudgetSpentError
from registry.evolution.port import FormatName
from registry.evolution.verdict import Compatible, Incompatible, Place, Unknown, Verdict, Witness
from registry.evolution.xsd.assemble import assembled
from registry.evolution.xsd.canonical import canonical_text
from registry.evolution.xsd.compare import Comparison
from registry.evolution.xsd.compiled import compiled
from registry.evolution.xsd.confirm import Court
from registry.evolution.xsd.model import Where
from registry.evolution.xsd.newer import newer_construct
from registry.evolution.xsd.refuse import refuse
from registry.evolution.xsd.source import Sources
from registry.evolution.xsd.words import finding, unknown_text

if TYPE_CHECKING:
    from collections.abc import Mapping

    from registry.evolution.port import Parsed, Policy
    from registry.evolution.verdict import Finding
    from registry.evolution.xsd.model import Schema
    from schemas.xml import XsdSchema


WITNESS_STEPS: Final = 50_000
"""Steps for writing witnesses where finding the differences left fewer."""


@dataclass(frozen=True, eq=False)
class ParsedXsd:
    """A schema that was read.

    Attributes:
        schema: None where it uses XSD 1.1.
        newer: where it does, and what it uses.
    """

    text: str
    sources: Sources
    schema: Schema | None = None
    validator: XsdSchema | None = None
    newer: tuple[Where, str] | None = None

    @cached_property
    def canonical(self) -> str:
        """See ``registry.evolution.port.Parsed``."""
        return canonical_text(self.sources.root(""))


class XsdFormat:
    """See ``registry.evolution.port.Format``."""

    name: Final = FormatName.XSD

    def parse(self, text: str, references: Mapping[str, str], budget: Budget) -> ParsedXsd:
        """See ``registry.evolution.port.Format``."""
        try:
            return _parsed(text, references, budget)
        except BudgetSpentError as error:
            raise refuse("too-complex", error.busy) from None

    def included(self, writer: Parsed, reader: Parsed, policy: Policy, budget: Budget) -> Verdict:  # noqa: ARG002 - no switch of the policy says anything about XSD
        """See ``registry.evolution.port.Format``; both were read by this format."""
        if not isinstance(writer, ParsedXsd) or not isinstance(reader, ParsedXsd):
            raise TypeError("schemas of another format")
        if _identical(writer, reader):
            return Compatible()
        place, nowhere = Place(), Place()
        if writer.newer is not None:
            place = writer.newer[0].place()
            return Unknown("xsd-1.1", place, nowhere, unknown_text("xsd-1.1", writer.newer[1]), 0)
        if reader.newer is not None:
            place = reader.newer[0].place()
            return Unknown("xsd-1.1", nowhere, place, unknown_text("xsd-1.1", reader.newer[1]), 0)
        return _verdict(writer, reader, budget)


def _identical(writer: ParsedXsd, reader: ParsedXsd) -> bool:
    """Whether both are written alike, with all they refer to; then even what is not understood is included."""
    mine, theirs = ({**parsed.sources.texts, "": ""} for parsed in (writer, reader))
    same = writer.text == reader.text or (writer.newer is not None and writer.canonical == reader.canonical)
    return same and mine == theirs


def _parsed(text: str, references: Mapping[str, str], budget: Budget) -> ParsedXsd:
    # ① the documents
    sources = Sources(text, references, budget)
    sources.load()
    # ② a newer language than the validator's
    for link in sources.links:
        newer = newer_construct(link.document.root)
        if newer is not None:
            return ParsedXsd(text, sources, newer=(link.document.where(newer[0]), newer[1]))
    # ③ the components
    schema = assembled(sources, budget)
    # ④ what only the validator's own compiler checks
    return ParsedXsd(text, sources, schema, compiled(sources, schema))


def _verdict(writer: ParsedXsd, reader: ParsedXsd, budget: Budget) -> Verdict:
    if writer.schema is None or reader.schema is None or writer.validator is None or reader.validator is None:
        return Unknown("xsd-1.1", Place(), Place(), unknown_text("xsd-1.1", ""), 0)
    # ① every place where the reader may refuse
    found = Comparison(writer.schema, reader.schema, budget)
    found.run()
    # ② documents that show it
    shown: list[tuple[Finding, str]] = []
    spent = found.spent
    left = Budget(max(budget.limit - budget.spent, WITNESS_STEPS)) if found.doubts else budget
    try:
        court = Court(writer.validator, reader.validator, found, left)
        shown = [(finding(seen.doubt), document) for seen, document in court.confirmed()]
    except BudgetSpentError as error:
        spent = error
    if shown:
        told: dict[tuple[str, Place, Place], Finding] = {}
        for one, _ in shown:
            told.setdefault((one.rule, one.writer, one.reader), one)
        return Incompatible(tuple(told.values()), Witness(shown[0][1], "application/xml"))
    # ③ nothing shown: proven only if nothing was left open
    if spent is not None:
        return Unknown("budget-spent", Place(), Place(), unknown_text("budget-spent", spent.busy), budget.spent)
    if found.doubts:
        doubt = found.doubts[0].doubt
        said = unknown_text("witness-unconfirmed", doubt.rule)
        return Unknown("witness-unconfirmed", doubt.writer.place(), doubt.reader.place(), said, budget.spent)
    return Compatible(tuple(finding(doubt) for doubt in found.cautions()))
