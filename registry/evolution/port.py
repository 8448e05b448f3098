"""What every format of schemas offers, and how a schema that is none is refused.

Promises: the seam between the registration of schemas and the formats; engines are pure and fetch nothing.
Leaves out the formats themselves; ``registry.evolution.formats`` names them all.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, Protocol

from registry.evolution.budget import Budget
from registry.evolution.verdict import Place, Verdict
from registry.model import Text


class FormatName(StrEnum):
    """The closed list, as ``schemaType`` writes it."""

    JSON = "JSON"
    XSD = "XSD"
    AVRO = "AVRO"
    PROTOBUF = "PROTOBUF"
    WSDL = "WSDL"
    OPENAPI = "OPENAPI"


class Strictness(StrEnum):
    """How a property that a reader adds to an open object is judged.

    ``STRICT`` is the truth about documents. ``LENIENT`` takes it that writers write only what their schema names: an
    object that does not say ``additionalProperties`` is compared as if it said ``false``.
    """

    STRICT = "STRICT"
    LENIENT = "LENIENT"


@dataclass(frozen=True, slots=True)
class Policy:
    """Switches on top of inclusion; the defaults are the truth about documents.

    Attributes:
        required_with_default: a property that becomes required passes where it has a default, since readers of that
            kind fill it in.
    """

    strictness: Strictness = Strictness.STRICT
    required_with_default: bool = False


class SchemaError(Exception):
    """A text is no schema of its format, or goes over a limit. Never a 500.

    Attributes:
        rule: stable and documented, for instance ``not-json``, ``too-deep``, ``reference-unknown``.
        said: one sentence for its author; it may quote the schema, which is public.
        place: where.
    """

    def __init__(self, rule: str, said: Text, place: Place | None = None) -> None:
        super().__init__(f"{rule}: {said.en}")
        self.rule: Final = rule
        self.said: Final = said
        self.place: Final = place or Place()


class Parsed(Protocol):
    """A schema that was read. Immutable; kept in memory and compared many times."""

    @property
    def text(self) -> str:
        """As it came."""

    @property
    def canonical(self) -> str:
        """Its text without what carries no meaning (spacing, order of members), by which equal ones are found."""


class Format(Protocol):
    """One format."""

    @property
    def name(self) -> FormatName:
        """As ``schemaType`` writes it."""

    def parse(self, text: str, references: Mapping[str, str], budget: Budget) -> Parsed:
        """Read a schema.

        Args:
            text: the schema, at most ``registry.evolution.limits.TEXT`` characters.
            references: name → text of every schema it refers to, directly or not. A name is what the text says: a
                ``$ref`` without its fragment, a ``schemaLocation``, a full type name, an import path.
            budget: how much work it may be.

        Raises:
            SchemaError: it is none, names a reference that is not given, or is over a limit.
        """

    def included(self, writer: Parsed, reader: Parsed, policy: Policy, budget: Budget) -> Verdict:
        """Whether the reader accepts every document of the writer. Never raises: a spent budget is ``Unknown``."""
