"""The ledger's leaf: what happened between whom, naming no person, with a commitment to the details.

Promises: these bytes are final (version 1); a leaf is ASCII-safe UTF-8 JSON of at most 4 KiB in member order without
spaces; `commit` is HMAC-SHA-256 keyed by a 32-byte salt, so that `openssl dgst -mac HMAC` opens it.
Leaves out: Merkle hashing (`signing.merkle`) and where details live (`bus.ledger`).
"""

from __future__ import annotations

import hashlib
import hmac
from enum import IntEnum
from typing import Annotated, Final, Literal

import msgspec
from msgspec import Meta

from schemas.envelope import Officer, Subject
from schemas.json import read as read_json
from schemas.text import b64url_encode, moment_ms
from schemas.words import AgencyId, Basis, Digest, Moment, Name, SchemaName, ServiceId, Token, Uuid7

SALT_BYTES: Final = 32
MAX_LEAF_BYTES: Final = 4096


class LeafType(IntEnum):
    """What a leaf records; closed, numbers are never reused."""

    ASKED = 1
    OUTCOME = 2
    DECLARED = 3
    REGISTRY = 4
    DELIVERED = 5
    STATUS = 6
    INQUIRY = 7
    ERASURE = 8


Outcome = Literal[
    "answered", "fault", "refused", "outcome-unknown", "opened", "gaps", "override", "closed", "published"
]


class Record(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """One leaf.

    Attributes:
        v: leaf version, 1.
        type: a number of `LeafType`.
        time: the hub's time.
        consumer: who asked or declared.
        provider: whose service it is.
        service: which service; nothing finer, so that a leaf tells no life event.
        purpose: the declared purpose.
        outcome: how it ended; absent in an asked leaf.
        code: the problem's number where the outcome is a fault.
        validated: whether question or answer passed its schema; absent where nothing was to validate.
        asked: index of the asked leaf that this outcome settles.
        commit: `commit(details, salt)`, base64url.
    """

    v: Literal[1]
    type: LeafType
    time: Moment
    consumer: AgencyId
    commit: Digest
    provider: AgencyId | None = None
    service: ServiceId | None = None
    purpose: Name | None = None
    outcome: Outcome | None = None
    code: Annotated[int, Meta(ge=100, le=999)] | None = None
    validated: bool | None = None
    asked: Annotated[int, Meta(ge=0)] | None = None


class PartDigest(msgspec.Struct, frozen=True):
    """A part as the details keep it: never its bytes."""

    id: Name
    sha256: Digest
    length: int


class Details(msgspec.Struct, frozen=True, omit_defaults=True):
    """What the commitment binds: kept encrypted and erasable, handed to both parties in the receipt.

    A reader passes over members that it does not know: the commitment binds the bytes, whatever a newer hub put there.

    Attributes:
        exchange: the question's (or declaration's) id; with `sealer` the unique key.
        envelope: digest of the sealed envelope's bytes.
        seal: digest of the seal over its batch.
        code_as_written: the agency code by which the consumer named the provider, if it was an alias.
        hops: milliseconds since the epoch per stage, for the parties only.
        agreement: the agreement that admitted it.
        snapshot: the registry version by which it was judged.
    """

    exchange: Uuid7
    sealer: AgencyId
    envelope: Digest
    seal: Digest
    parts: tuple[PartDigest, ...] = ()
    operation: Name | None = None
    officer: Officer | None = None
    procedure: Token | None = None
    dossier: Token | None = None
    basis: Basis | None = None
    subjects: tuple[Subject, ...] = ()
    fields: tuple[Token, ...] = ()
    schema: SchemaName | None = None
    agreement: Token | None = None
    snapshot: int | None = None
    correlation: Token | None = None
    code_as_written: Token | None = None
    hops: dict[str, int] = {}
    gaps: tuple[str, ...] = ()
    overrides: tuple[str, ...] = ()


_encoder = msgspec.json.Encoder()
_leaf_decoder = msgspec.json.Decoder(Record)
_details_decoder = msgspec.json.Decoder(Details)


class RecordFormatError(ValueError):
    """The bytes are no leaf or no details of version 1."""


def encode_leaf(record: Record) -> bytes:
    """The leaf's bytes, as hashed by RFC 6962 §2.1 (0x00 before them)."""
    data = _encoder.encode(record)
    if len(data) > MAX_LEAF_BYTES:
        raise RecordFormatError(f"leaf: at most {MAX_LEAF_BYTES} bytes")
    return data


def decode_leaf(data: bytes) -> Record:
    """Read a leaf; its bytes must be the one spelling.

    Raises:
        RecordFormatError: malformed, or another spelling of the same record.
    """
    if len(data) > MAX_LEAF_BYTES:
        raise RecordFormatError(f"leaf: at most {MAX_LEAF_BYTES} bytes")
    try:
        record = _leaf_decoder.decode(data)
        moment_ms(record.time)
    except ValueError as error:
        raise RecordFormatError("leaf: not a record of version 1") from error
    if _encoder.encode(record) != data:
        raise RecordFormatError("leaf: not the one spelling of its record")
    return record


def encode_details(details: Details) -> bytes:
    """The details' bytes, as committed."""
    return _encoder.encode(details)


def decode_details(data: bytes) -> Details:
    """Read details.

    Raises:
        RecordFormatError: malformed, or two readers could read them differently.
    """
    try:
        details = _details_decoder.decode(data)
        if _encoder.encode(details) != data:
            read_json(data)
    except (ValueError, RecursionError) as error:
        raise RecordFormatError("details: not details of version 1") from error
    return details


def commit(details: bytes, salt: bytes) -> str:
    """HMAC-SHA-256(key = salt, details), base64url: hiding while the salt is secret, binding always.

    Raises:
        RecordFormatError: the salt is not 32 bytes.
    """
    if len(salt) != SALT_BYTES:
        raise RecordFormatError(f"commit: the salt has {SALT_BYTES} bytes")
    return b64url_encode(hmac.digest(salt, details, hashlib.sha256))


def opens(record: Record, details: bytes, salt: bytes) -> bool:
    """Whether details and salt open the record's commitment."""
    return hmac.compare_digest(record.commit, commit(details, salt))
