"""WSDL 1.1 among the formats.

Promises what ``registry.evolution.port.Format`` promises. "Included" means that the reader's service serves every
client that was made for the writer's (``….wsdl.compare``); the witness is a request or an answer in XML, where there is
one.
"""

from __future__ import annotations

import copy
from functools import cached_property
from typing import TYPE_CHECKING, Final

from lxml import etree

from registry.evolution.budget import BudgetSpentError
from registry.evolution.port import FormatName, SchemaError
from registry.evolution.verdict import Compatible, Incompatible, Place, Unknown
from registry.evolution.wsdl.compare import Comparison, Side
from registry.evolution.wsdl.reading import Reader
from registry.evolution.wsdl.refusals import refused
from registry.evolution.wsdl.types import joined, place_in
from registry.evolution.xsd.format import XsdFormat
from registry.model import Text

if TYPE_CHECKING:
    from collections.abc import Mapping

    from registry.evolution.budget import Budget
    from registry.evolution.port import Parsed, Policy
    from registry.evolution.verdict import Verdict
    from registry.evolution.wsdl.model import Description
    from schemas.xml import Element


class WsdlDescription:
    """A description that was read."""

    def __init__(self, text: str, references: Mapping[str, str], root: Element, description: Description) -> None:
        self.text: Final = text
        self.side: Final = Side(description, dict(references))
        self._root: Final = root

    @cached_property
    def canonical(self) -> str:
        """Canonical XML 1.0, blanks between elements taken out."""
        bare = copy.deepcopy(self._root)
        for node in bare.iter():
            if len(node) and not (node.text or "").strip():
                node.text = None
            if not (node.tail or "").strip():
                node.tail = None
        try:
            return etree.tostring(bare, method="c14n", with_comments=False).decode()
        except etree.C14NError:
            # canonical XML has no form for a namespace that is a relative address; such a text is its own
            return etree.tostring(bare, encoding="unicode")


class WsdlFormat:
    """WSDL 1.1."""

    @property
    def name(self) -> FormatName:
        """As ``schemaType`` writes it."""
        return FormatName.WSDL

    def parse(self, text: str, references: Mapping[str, str], budget: Budget) -> WsdlDescription:
        """See ``Format``. References are named by ``location`` and ``schemaLocation``; embedded ones are read too."""
        try:
            reader = Reader(text, references, budget)
            description = reader.description()
            _read_types(description, references, budget)
        except BudgetSpentError:
            raise refused("budget-spent") from None
        return WsdlDescription(text, references, reader.root, description)

    def included(self, writer: Parsed, reader: Parsed, policy: Policy, budget: Budget) -> Verdict:  # noqa: ARG002 - no switch of the policy concerns WSDL
        """See ``Format``."""
        if not isinstance(writer, WsdlDescription) or not isinstance(reader, WsdlDescription):
            raise TypeError("both must have been read by this format")
        if writer.canonical == reader.canonical and writer.side.references == reader.side.references:
            return Compatible()
        try:
            outcome = Comparison(writer.side, reader.side, budget).outcome()
        except BudgetSpentError:
            said = Text(vi="Không so sánh xong.", en="It could not be decided within the budget.")
            return Unknown("budget-spent", Place(), Place(), said, budget.spent)
        if outcome.breaches:
            return Incompatible(tuple(outcome.breaches), outcome.witness)
        if outcome.doubts:
            first = outcome.doubts[0]
            return Unknown(first.rule, first.writer, first.reader, first.said, budget.spent)
        return Compatible(tuple(outcome.cautions))


def _read_types(description: Description, references: Mapping[str, str], budget: Budget) -> None:
    if not description.types:
        return
    main, texts = joined(description.types, references, None)
    try:
        XsdFormat().parse(main, {**references, **texts}, budget)
    except SchemaError as error:
        raise SchemaError(error.rule, error.said, place_in(description, error.place)) from None
