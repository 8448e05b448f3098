"""Details of the leaves that record a change of registered schemas: who changed what.

Promises: the same rules as other details (`schemas.record`): the commitment binds the bytes, unknown members are passed
over by readers. Leaves out: who may change (`bus.registration`).
"""

from __future__ import annotations

from typing import Final

import msgspec

from schemas.record import RecordFormatError
from schemas.words import AgencyId, Moment, Name, Token


class SchemaChange(msgspec.Struct, frozen=True, omit_defaults=True):
    """A change, recorded before it is answered.

    Attributes:
        change: its number in the registry's list of changes.
        registry: the registry's name.
        by: the key that asked for it.
        agency: whose key it is.
        kind: `register`, `delete`, `delete-for-good`, `configure`, `mode`, `delete-context`.
        subject: what was changed, with its context; empty for the whole.
        version: which version.
        schema_id: the id that the version has.
        time: when it was written.
        detail: what else there is: digests of the schema, the new settings.
    """

    change: int
    registry: Token
    by: Token
    agency: AgencyId
    kind: Name
    subject: str
    time: Moment
    version: int | None = None
    schema_id: int | None = None
    detail: msgspec.Raw = msgspec.Raw(b"{}")


_encoder: Final = msgspec.json.Encoder()
_decoder: Final = msgspec.json.Decoder(SchemaChange)


def encode(details: SchemaChange) -> bytes:
    """The bytes, as committed."""
    return _encoder.encode(details)


def decode(data: bytes) -> SchemaChange:
    """Read a change's details.

    Raises:
        RecordFormatError: malformed.
    """
    try:
        return _decoder.decode(data)
    except (ValueError, RecursionError) as error:
        raise RecordFormatError("details: not those of a change of schemas") from error
