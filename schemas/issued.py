"""Details of the leaves that record a certificate which the operator's authority issued by way of the hub.

Promises: the same rules as other details (`schemas.record`): the commitment binds the bytes, unknown members are passed
over by readers. Leaves out: first certificates, which are in the authority's journal alone (docs/keys.md).
"""

from __future__ import annotations

from typing import Annotated, Final, Literal

import msgspec

from schemas.record import RecordFormatError
from schemas.words import AgencyId

Thumbprint = Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z0-9_-]{43}\Z")]


class CertificateIssued(msgspec.Struct, frozen=True):
    """A certificate, recorded before it is handed over.

    Attributes:
        agency: whose it is.
        use: `seal` or `link`.
        replaces: SHA-256 thumbprint of the certificate that it was asked with, base64url.
        certificate: its own.
    """

    agency: AgencyId
    use: Literal["seal", "link"]
    replaces: Thumbprint
    certificate: Thumbprint


_encoder: Final = msgspec.json.Encoder()
_decoder: Final = msgspec.json.Decoder(CertificateIssued)


def encode(details: CertificateIssued) -> bytes:
    """The bytes, as committed."""
    return _encoder.encode(details)


def decode(data: bytes) -> CertificateIssued:
    """Read the details.

    Raises:
        RecordFormatError: malformed.
    """
    try:
        return _decoder.decode(data)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise RecordFormatError("details: not of a certificate that was issued") from error
