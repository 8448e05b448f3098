"""Avro among the formats.

Promises what ``registry.evolution.port.Format`` promises. A breach is shown by a datum that ``fastavro`` wrote under
the writer's schema and did not read under the reader's; a breach of the specification that the library overlooks says
so.
"""

from __future__ import annotations

import json
from functools import cached_property
from typing import TYPE_CHECKING, Final

from registry.evolution.avro.confirm import Answer, confirmed
from registry.evolution.avro.findings import BY_SPECIFICATION, finding
from registry.evolution.avro.model import Spot
from registry.evolution.avro.reading import Reader
from registry.evolution.avro.resolve import Breach, Outcome, Resolution
from registry.evolution.avro.witness import Data, DatumTooLargeError
from registry.evolution.avro.writing import TooDeepError, canonical, plain
from registry.evolution.budget import BudgetSpentError
from registry.evolution.port import FormatName, SchemaError
from registry.evolution.verdict import Compatible, Incompatible, Place, Unknown, Witness
from registry.model import Text
from schemas.positions import Positions, positions

if TYPE_CHECKING:
    from collections.abc import Mapping

    from registry.evolution.avro.model import Names, Type
    from registry.evolution.budget import Budget
    from registry.evolution.port import Parsed, Policy
    from registry.evolution.verdict import Finding, Verdict

_TRIED: Final = 3
"""Breaches for which a datum is tried, before the answer is that none could be shown."""


class AvroSchema:
    """An Avro schema that was read."""

    def __init__(self, text: str, references: Mapping[str, str], type_: Type, names: Names) -> None:
        self.text: Final = text
        self.canonical: Final = canonical(type_)
        self.type: Final = type_
        self.names: Final = names
        self._references: Final = dict(references)

    @cached_property
    def whole(self) -> tuple[str, ...]:
        """The canonical texts of the schema and of everything that it names."""
        return (self.canonical, *sorted(canonical(one) for one in self.names.values()))

    def positions(self, document: str) -> Positions:
        """Where the values of a text stand: that of a reference, or ``""`` for the schema itself."""
        return positions((self._references[document] if document else self.text).encode(), "json")


class AvroFormat:
    """Apache Avro 1.12."""

    @property
    def name(self) -> FormatName:
        """As ``schemaType`` writes it."""
        return FormatName.AVRO

    def parse(self, text: str, references: Mapping[str, str], budget: Budget) -> AvroSchema:
        """See ``Format``. A reference's name is not used: the types that its text defines are known by their own."""
        reader = Reader(budget)
        try:
            found = reader.read(text, references)
        except BudgetSpentError:
            said = Text(vi="Lược đồ quá phức tạp.", en="The schema is too complex.")
            raise SchemaError("budget-spent", said) from None
        except SchemaError as error:
            spot = reader.refused_at
            if spot is None or error.place.line is not None:
                raise
            line = positions((references[spot.document] if spot.document else text).encode(), "json").at(spot.path).line
            raise SchemaError(error.rule, error.said, Place(spot.dotted, line, spot.document)) from None
        return AvroSchema(text, references, found, reader.names)

    def included(self, writer: Parsed, reader: Parsed, policy: Policy, budget: Budget) -> Verdict:  # noqa: ARG002 - no switch of the policy concerns Avro
        """See ``Format``: whether the reader's schema resolves every datum of the writer's."""
        if not isinstance(writer, AvroSchema) or not isinstance(reader, AvroSchema):
            raise TypeError("both must have been read by this format")
        try:
            return _Comparison(writer, reader, budget).verdict()
        except BudgetSpentError as error:
            said = Text(
                vi=f"Không xong trong {error.limit} bước ({error.busy}).",
                en=f"It could not be decided in {error.limit} steps ({error.busy}).",
            )
            return Unknown("budget-spent", Place(), Place(), said, budget.spent)


class _Comparison:
    def __init__(self, writer: AvroSchema, reader: AvroSchema, budget: Budget) -> None:
        self._writer: Final = writer
        self._reader: Final = reader
        self._budget: Final = budget
        self._positions: dict[tuple[int, str], Positions] = {}

    def verdict(self) -> Verdict:
        # 1. the same schema reads itself
        if self._writer.canonical == self._reader.canonical and self._writer.whole == self._reader.whole:
            return Compatible()
        # 2. every pair of types must resolve; whether there are data only matters if one does not
        outcome = self._outcome(None)
        if not outcome.breaches and not outcome.doubts:
            return Compatible(tuple(map(self._finding, outcome.cautions)))
        data = Data(self._writer.names, self._budget)
        if not data.exists(self._writer.type):
            spots = (self._writer.type.spot, self._reader.type.spot)
            return Compatible((self._finding(Breach("writer-without-data", *spots, None)),))
        outcome = self._outcome(data)
        # 3. a datum shows it
        if outcome.breaches:
            return self._shown(outcome, data)
        # 4. where libraries differ, nothing is sure
        if outcome.doubts:
            doubt = self._finding(outcome.doubts[0])
            return Unknown(doubt.rule, doubt.writer, doubt.reader, doubt.said, self._budget.spent)
        return Compatible(tuple(map(self._finding, outcome.cautions)))

    def _outcome(self, data: Data | None) -> Outcome:
        has_data = data.exists if data else lambda _: True
        resolution = Resolution(self._writer.names, self._reader.names, has_data, self._budget)
        return resolution.outcome(self._writer.type, self._reader.type)

    def _shown(self, outcome: Outcome, data: Data) -> Verdict:
        """Incompatible with a datum that the library refuses, or that the specification alone refuses."""
        read: tuple[Breach, Witness] | None = None
        for breach in outcome.breaches[:_TRIED]:
            answer, witness = self._tried(breach, data)
            if witness is not None and answer is Answer.REFUSED:
                others = [one for one in outcome.breaches if one is not breach]
                return Incompatible(tuple(map(self._finding, (breach, *others))), witness)
            if witness is not None and answer is Answer.READ and breach.rule in BY_SPECIFICATION:
                read = read or (breach, witness)
        if read is not None:
            others = [one for one in outcome.breaches if one is not read[0]]
            first = self._finding(read[0], is_read=True)
            return Incompatible((first, *map(self._finding, others)), read[1])
        place = self._finding(outcome.breaches[0])
        said = Text(
            vi=f"Có vẻ không tương thích ({place.said.vi}) nhưng không đưa ra được dữ liệu chứng minh.",
            en=f"It seems incompatible ({place.said.en}), but no datum could be shown.",
        )
        return Unknown("witness-unconfirmed", place.writer, place.reader, said, self._budget.spent)

    def _tried(self, breach: Breach, data: Data) -> tuple[Answer, Witness | None]:
        try:
            datum = data.along(self._writer.type, breach.way)
            schemas = (plain(self._writer.type, self._writer.names), plain(self._reader.type, self._reader.names))
        except (DatumTooLargeError, TooDeepError):
            return Answer.NOT_WRITTEN, None
        witness = Witness(json.dumps(datum.json, ensure_ascii=False), "avro/json")
        return confirmed(*schemas, datum.value), witness

    def _finding(self, breach: Breach, *, is_read: bool = False) -> Finding:
        writer, reader = self._place(self._writer, breach.writer), self._place(self._reader, breach.reader)
        return finding(breach, writer, reader, is_read=is_read)

    def _place(self, schema: AvroSchema, spot: Spot) -> Place:
        key = (id(schema), spot.document)
        if key not in self._positions:
            self._positions[key] = schema.positions(spot.document)
        return Place(spot.dotted, self._positions[key].at(spot.path).line, spot.document)
