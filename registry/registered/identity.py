"""What makes two schemas the same: digests over text, references, metadata and rules.

Promises: spacing in JSON makes no difference; a GUID follows from the content alone, so it is the same in every
context and in every registry that works likewise. Leaves out: canonical forms, which the formats know.
"""

from __future__ import annotations

import hashlib
import re
import uuid
from collections.abc import Sequence
from typing import Final, NamedTuple

import msgspec

from registry.evolution.port import FormatName

_JSON: Final = frozenset({FormatName.JSON, FormatName.AVRO, FormatName.OPENAPI})
_SPACING: Final = re.compile(r'("(?:[^"\\]|\\.)*+")|[ \t\r\n]+', re.DOTALL)
_encode: Final = msgspec.json.Encoder(order="deterministic").encode


class Reference(msgspec.Struct, frozen=True):
    """A schema that another refers to.

    Attributes:
        name: what the text calls it: a ``$ref``, a ``schemaLocation``, a full type name, an import path.
        subject: where it is registered; without a context it is in that of the schema that refers.
    """

    name: str
    subject: str
    version: int


class Digests(NamedTuple):
    """SHA-256 in hex.

    Attributes:
        whole: text, references, metadata and rules: the same id.
        text: text and references alone.
    """

    whole: str
    text: str


def digests(kind: FormatName, text: str, references: Sequence[Reference], metadata: object, rules: object) -> Digests:
    """The digests of one schema."""
    own = [str(kind), compact(kind, text), sorted(msgspec.to_builtins(list(references)), key=_encode)]
    return Digests(_sha256([*own, metadata, rules]), _sha256(own))


def compact(kind: FormatName, text: str) -> str:
    """The text without spacing that says nothing."""
    if kind in _JSON and text.lstrip()[:1] in {"{", "[", '"'}:
        return _SPACING.sub(r"\1", text)
    return text.strip().replace("\r\n", "\n")


def guid_of(whole: str) -> str:
    """The GUID of a content (UUIDv8, RFC 9562 §5.8), from its digest."""
    raw = bytearray(bytes.fromhex(whole)[:16])
    raw[6] = raw[6] & 0x0F | 0x80
    raw[8] = raw[8] & 0x3F | 0x80
    return str(uuid.UUID(bytes=bytes(raw)))


def _sha256(value: object) -> str:
    return hashlib.sha256(_encode(value)).hexdigest()
