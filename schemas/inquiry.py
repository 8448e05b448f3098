"""Details of the leaves that the hub writes of its own accord: who looked into the ledger, and what was erased why.

Promises: the same rules as other details (`schemas.record`): the commitment binds the bytes, unknown members are passed
over by readers. Leaves out: who may do either (`bus.audit`).
"""

from __future__ import annotations

from typing import Annotated, Final

import msgspec
from msgspec import Meta

from schemas.envelope import Subject
from schemas.record import RecordFormatError
from schemas.words import AgencyId, Digest, Name, Short, Token, Uuid7

Reason = Annotated[str, Meta(min_length=1, max_length=400)]


class Inquiry(msgspec.Struct, frozen=True, omit_defaults=True):
    """A look into the ledger, recorded before it is answered.

    Attributes:
        inquiry: its id.
        by: the auditor's id in the auditors' file.
        agency: whose auditor it is.
        scope: how far the auditor may see: `nation`, `ministry:a100001`, `agency:a100001`.
        kind: `records`, `export` or `report`.
        asked: the filters as they were given, by name; a report's name under `report`.
        subjects: about whom was asked.
        shown: of a citizen's look, SHA-256 of the lines that were then shown (`signing.page.digest_of`).
    """

    inquiry: Uuid7
    by: Token
    agency: AgencyId
    scope: Token
    kind: Name
    asked: dict[str, str] = {}
    subjects: tuple[Subject, ...] = ()
    shown: Digest | None = None


class Erasure(msgspec.Struct, frozen=True, omit_defaults=True):
    """An order to erase the details of records for good; the records stay.

    Attributes:
        erasure: its id.
        by: who ordered it.
        reason: why, for whoever finds a record without details.
        ranges: records by number, half-open: from, to.
        minimum: the minimum index that an order of pruning sets: below it not only details go, but records' bytes too.
    """

    erasure: Uuid7
    by: Short
    reason: Reason
    ranges: tuple[tuple[int, int], ...]
    minimum: Annotated[int, Meta(ge=0)] | None = None


_encoder: Final = msgspec.json.Encoder()
_inquiry: Final = msgspec.json.Decoder(Inquiry)
_erasure: Final = msgspec.json.Decoder(Erasure)


def encode(details: Inquiry | Erasure) -> bytes:
    """The bytes, as committed."""
    return _encoder.encode(details)


def decode_inquiry(data: bytes) -> Inquiry:
    """Read an inquiry's details.

    Raises:
        RecordFormatError: malformed.
    """
    try:
        return _inquiry.decode(data)
    except (ValueError, RecursionError) as error:
        raise RecordFormatError("details: not those of an inquiry") from error


def decode_erasure(data: bytes) -> Erasure:
    """Read an order's details.

    Raises:
        RecordFormatError: malformed.
    """
    try:
        return _erasure.decode(data)
    except (ValueError, RecursionError) as error:
        raise RecordFormatError("details: not those of an erasure") from error
