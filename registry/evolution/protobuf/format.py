"""Protobuf among the formats.

Promises what ``registry.evolution.port.Format`` promises, by the rules of the wire (``….protobuf.compare``). There is
no witness: a Protobuf document is bytes that mean nothing without a schema. Extensions and features of an edition are
not compared: such schemas are compatible only with themselves.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from registry.evolution.budget import BudgetSpentError
from registry.evolution.port import FormatName
from registry.evolution.protobuf.compare import Comparison, Point
from registry.evolution.protobuf.findings import finding
from registry.evolution.protobuf.linking import Linked
from registry.evolution.protobuf.refusals import refused
from registry.evolution.protobuf.writing import canonical
from registry.evolution.verdict import Compatible, Incompatible, Place, Unknown
from registry.model import Text

if TYPE_CHECKING:
    from collections.abc import Mapping

    from registry.evolution.budget import Budget
    from registry.evolution.port import Parsed, Policy
    from registry.evolution.verdict import Verdict


class ProtobufSchema:
    """A Protobuf schema that was read."""

    def __init__(self, text: str, linked: Linked) -> None:
        self.text: Final = text
        self.linked: Final = linked
        self.canonical: Final = canonical(linked, linked.main)
        self.whole: Final = (self.canonical, *sorted(canonical(linked, file) for file in linked.files[1:]))
        """The canonical texts of the schema and of all that it imports."""


class ProtobufFormat:
    """Protocol Buffers: proto2, proto3 and editions."""

    @property
    def name(self) -> FormatName:
        """As ``schemaType`` writes it."""
        return FormatName.PROTOBUF

    def parse(self, text: str, references: Mapping[str, str], budget: Budget) -> ProtobufSchema:
        """See ``Format``. References are named by their import paths."""
        try:
            return ProtobufSchema(text, Linked(text, references, budget))
        except BudgetSpentError:
            raise refused("budget-spent", "", None, "") from None

    def included(self, writer: Parsed, reader: Parsed, policy: Policy, budget: Budget) -> Verdict:  # noqa: ARG002 - no switch of the policy concerns Protobuf
        """See ``Format``."""
        if not isinstance(writer, ProtobufSchema) or not isinstance(reader, ProtobufSchema):
            raise TypeError("both must have been read by this format")
        if writer.whole == reader.whole:
            return Compatible()
        for rule, holds in (
            ("extensions", writer.linked.extends or reader.linked.extends),
            ("features", writer.linked.features or reader.linked.features),
        ):
            if holds:
                return _unknown(Point(rule, Place(), Place()), budget)
        try:
            outcome = Comparison(writer.linked, reader.linked, budget).outcome()
        except BudgetSpentError as error:
            said = Text(
                vi=f"Không xong trong {error.limit} bước.", en=f"It could not be decided in {error.limit} steps."
            )
            return Unknown("budget-spent", Place(), Place(), said, budget.spent)
        if outcome.breaches:
            return Incompatible(tuple(map(finding, outcome.breaches)), None)
        if outcome.doubts:
            return _unknown(outcome.doubts[0], budget)
        return Compatible(tuple(map(finding, outcome.cautions)))


def _unknown(point: Point, budget: Budget) -> Unknown:
    found = finding(point)
    return Unknown(found.rule, found.writer, found.reader, found.said, budget.spent)
