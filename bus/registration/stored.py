"""What the store holds of a schema and its versions, as values."""

from __future__ import annotations

from typing import Any, Final, NamedTuple

import msgspec

from registry.evolution.port import FormatName
from registry.registered.identity import Reference, digests
from registry.registered.names import Subject
from registry.registered.settings import Metadata

LATEST: Final = -1
_encode: Final = msgspec.json.Encoder(order="deterministic").encode
_references: Final = msgspec.json.Decoder(tuple[Reference, ...])
_metadata: Final = msgspec.json.Decoder(Metadata | None)
_rules: Final = msgspec.json.Decoder(dict[str, Any] | None)


class Marks(NamedTuple):
    """The digests by which equal schemas are found: whole, text and references, canonical text and references."""

    whole: str
    text: str
    canonical: str


class Content(msgspec.Struct, frozen=True):
    """A schema, wherever it is registered.

    Attributes:
        text: as it came.
        canonical: its text without what carries no meaning, as its format says; "" until that was asked.
    """

    type: FormatName
    text: str
    references: tuple[Reference, ...] = ()
    metadata: Metadata | None = None
    rules: dict[str, Any] | None = None
    canonical: str = ""

    @property
    def whole(self) -> str:
        """The digest that makes it this schema and no other."""
        return digests(self.type, self.text, self.references, self.metadata, self.rules).whole

    @property
    def text_digest(self) -> str:
        """The digest of text and references alone."""
        return digests(self.type, self.text, self.references, None, None).text

    @property
    def canonical_digest(self) -> str:
        """The same of the canonical text."""
        return digests(self.type, self.canonical, self.references, None, None).text

    @property
    def marks(self) -> Marks:
        """All three; worth keeping, for each reads the whole text."""
        found = digests(self.type, self.text, self.references, self.metadata, self.rules)
        return Marks(found.whole, found.text, self.canonical_digest)


class Version(NamedTuple):
    """One version of a subject, as found."""

    subject: Subject
    version: int
    id: int
    guid: str
    deleted: bool
    time_ms: int
    content: Content
    marks: Marks


class Named(NamedTuple):
    """A version's name and the id that it has."""

    subject: Subject
    version: int
    id: int
    deleted: bool


class Sought(NamedTuple):
    """Which versions count: living ones, deleted ones."""

    living: bool = True
    deleted: bool = False


LIVING: Final = Sought()
ALL: Final = Sought(deleted=True)
DELETED: Final = Sought(living=False, deleted=True)


def packed(value: object) -> bytes:
    """References, metadata or rules as the tables keep them."""
    return _encode(value)


def content_of(kind: str, text: str, refs: bytes, metadata: bytes, rules: bytes) -> Content:
    """A schema from its row."""
    return Content(
        FormatName(kind),
        text,
        _references.decode(bytes(refs)),
        _metadata.decode(bytes(metadata)),
        _rules.decode(bytes(rules)),
    )
