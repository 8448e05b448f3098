"""PEM armour around one certificate, and the thumbprint by which seals name it.

Promises bytes and a digest only; whether the certificate is any good is ``signing``'s judgement.
Source: RFC 7468 §5 (certificates in PEM), RFC 7515 §4.1.8 (x5t#S256).
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from typing import Final

from schemas.text import b64url_encode

_BLOCK: Final = re.compile(rb"-----BEGIN CERTIFICATE-----\s([A-Za-z0-9+/=\s]+)-----END CERTIFICATE-----")
_BEGIN: Final = b"-----BEGIN "
_SEQUENCE: Final = 0x30


class PemError(ValueError):
    """The text does not hold exactly one certificate."""


def certificate_in(pem: bytes) -> bytes:
    """The DER of the only certificate in ``pem``.

    Raises:
        PemError: none, several, or something that is no base64 of a DER sequence.
    """
    blocks = _BLOCK.findall(pem)
    if len(blocks) != 1 or pem.count(_BEGIN) != 1:
        raise PemError("exactly one PEM certificate is wanted")
    try:
        der = base64.b64decode(b"".join(blocks[0].split()), validate=True)
    except binascii.Error:
        raise PemError("not base64") from None
    if not der or der[0] != _SEQUENCE:
        raise PemError("not a DER sequence")
    return der


def thumbprint(der: bytes) -> str:
    """SHA-256 of the DER, base64url without padding: 43 characters."""
    return b64url_encode(hashlib.sha256(der).digest())
