"""OpenAPI among the formats.

Promises what ``registry.evolution.port.Format`` promises. "Included" means that the reader's interface serves every
client that was made for the writer's (``….openapi.compare``). The witness is a body that was allowed and is not any
more, where there is one.
"""

from __future__ import annotations

import json
from functools import cached_property
from typing import TYPE_CHECKING, Final

from registry.evolution.budget import BudgetSpentError
from registry.evolution.json.format import JsonFormat
from registry.evolution.json.reading import written
from registry.evolution.json.resources import pointer_of
from registry.evolution.openapi.compare import Comparison
from registry.evolution.openapi.findings import finding
from registry.evolution.openapi.reading import Reader
from registry.evolution.openapi.refusals import refused
from registry.evolution.openapi.schemas import all_components
from registry.evolution.port import FormatName, SchemaError
from registry.evolution.verdict import Compatible, Incompatible, Place, Unknown
from registry.model import Text
from schemas.positions import Positions, positions

if TYPE_CHECKING:
    from collections.abc import Mapping

    from registry.evolution.budget import Budget
    from registry.evolution.openapi.compare import Point
    from registry.evolution.openapi.model import Description, Json, Path
    from registry.evolution.port import Parsed, Policy
    from registry.evolution.verdict import Finding, Verdict


class OpenApiDescription:
    """A description that was read."""

    def __init__(self, text: str, references: Mapping[str, str], description: Description) -> None:
        self.text: Final = text
        self.references: Final = dict(references)
        self.description: Final = description

    @cached_property
    def canonical(self) -> str:
        """See ``Parsed``: sorted names, no spaces, every digit."""
        return written(dict(self.description.value))

    @cached_property
    def positions(self) -> Positions:
        """Where its values stand."""
        return positions(self.text.encode(), "json")

    def place(self, path: Path) -> Place:
        """A place with its line."""
        return Place(pointer_of(path), self.positions.at(path).line)


class OpenApiFormat:
    """OpenAPI 3.0 and 3.1, in JSON."""

    @property
    def name(self) -> FormatName:
        """As ``schemaType`` writes it."""
        return FormatName.OPENAPI

    def parse(self, text: str, references: Mapping[str, str], budget: Budget) -> OpenApiDescription:
        """See ``Format``. References are named by what stands before ``#``; the named schemas must be JSON Schemas."""
        try:
            return OpenApiDescription(text, references, _read(text, references, budget))
        except BudgetSpentError:
            raise refused("budget-spent", "", Place()) from None
        except SchemaError as error:
            if not error.place.pointer or error.place.document:
                raise
            raise SchemaError(error.rule, error.said, _placed(text, error.place.pointer)) from None

    def included(self, writer: Parsed, reader: Parsed, policy: Policy, budget: Budget) -> Verdict:
        """See ``Format``."""
        if not isinstance(writer, OpenApiDescription) or not isinstance(reader, OpenApiDescription):
            raise TypeError("both must have been read by this format")
        if writer.canonical == reader.canonical and writer.references == reader.references:
            return Compatible()
        try:
            outcome = Comparison(writer.description, reader.description, policy, budget).outcome()
        except BudgetSpentError as error:
            limit = error.limit
            said = Text(vi=f"Không xong trong {limit} bước.", en=f"It could not be decided in {limit} steps.")
            return Unknown("budget-spent", Place(), Place(), said, budget.spent)
        if outcome.breaches:
            shown = next((one.judged.witness for one in outcome.breaches if one.judged and one.judged.witness), None)
            return Incompatible(tuple(_told(writer, reader, one) for one in outcome.breaches), shown)
        if outcome.doubts:
            first = _told(writer, reader, outcome.doubts[0])
            return Unknown(first.rule, first.writer, first.reader, first.said, budget.spent)
        return Compatible(tuple(_told(writer, reader, one) for one in outcome.cautions))


def _read(text: str, references: Mapping[str, str], budget: Budget) -> Description:
    description = Reader(text, references, budget).description()
    if description.components and not references:
        JsonFormat().parse(all_components(description), {}, budget)
    return description


def _placed(text: str, pointer: str) -> Place:
    """A place in the text itself; the pointer may lead into a schema that was written anew."""
    value: Json = json.loads(text)
    path: list[str | int] = []
    for step in pointer.split("/")[1:]:
        key: str | int = step.replace("~1", "/").replace("~0", "~")
        if isinstance(value, list) and isinstance(key, str) and key.isdigit():
            key = int(key)
        path.append(key)
        value = value[key] if _has(value, key) else None
    return Place(pointer, positions(text.encode(), "json").at(tuple(path)).line)


def _has(value: Json, key: str | int) -> bool:
    return (isinstance(value, dict) and key in value) or (
        isinstance(value, list) and isinstance(key, int) and key < len(value)
    )


def _told(writer: OpenApiDescription, reader: OpenApiDescription, point: Point) -> Finding:
    return finding(point, writer.place(point.writer), reader.place(point.reader))
