"""X-Road's signed configuration: a directory of files and the signature over it, as configuration clients read it.

Promises: the signature is over the exact bytes of the first MIME part; its algorithm is the signer's own, named as in
XML-DSIG; an ECDSA signature is in DER, as X-Road's servers and OpenSSL check it.
Leaves out: what the files say, and who trusts the signer: its certificate reaches clients by other ways (the anchor).
Source: PR-GCONF §2.3-2.4.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Sequence
from datetime import datetime
from hashlib import sha512
from typing import Final, NamedTuple

from signing.cms import tlv
from signing.keys import Algorithm, Signer

SHA512: Final = "http://www.w3.org/2001/04/xmlenc#sha512"
_ALGORITHMS: Final = {
    Algorithm.ES256: "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha256",
    Algorithm.RS256: "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256",
    Algorithm.PS256: "http://www.w3.org/2007/05/xmldsig-more#sha256-rsa-MGF1",
}
_INTEGER: Final = 0x02
_SEQUENCE: Final = 0x30


class ConfigurationFile(NamedTuple):
    """A file of the configuration.

    Attributes:
        identifier: such as `SHARED-PARAMETERS`.
        location: path from which it is downloaded.
    """

    identifier: str
    instance: str
    location: str
    data: bytes


class SignedDirectory(NamedTuple):
    """The multipart body and its content type."""

    content_type: str
    body: bytes


def directory(files: Sequence[ConfigurationFile], version: int, expires: datetime, boundary: str) -> bytes:
    """The first part's bytes: what is signed.

    Args:
        files: what it lists.
        version: of the configuration's format.
        expires: aware; after it clients must not use the directory.
        boundary: of this inner multipart.
    """
    head = f"Expire-date: {expires:%Y-%m-%dT%H:%M:%SZ}\r\nVersion: {version}\r\n\r\n"
    parts = [head.encode(), *(_listed(one) for one in files)]
    delimiter = f"--{boundary}\r\n".encode()
    return b"".join(delimiter + part + b"\r\n" for part in parts) + f"--{boundary}--".encode()


def _listed(file: ConfigurationFile) -> bytes:
    head = (
        "Content-type: application/octet-stream\r\n"
        "Content-transfer-encoding: base64\r\n"
        f'Content-identifier: {file.identifier}; instance="{file.instance}"\r\n'
        f"Content-location: {file.location}\r\n"
        f"Hash-algorithm-id: {SHA512}\r\n\r\n"
    )
    return head.encode() + b64encode(sha512(file.data).digest())


def signed(inner: bytes, inner_boundary: str, signer: Signer, boundary: str) -> SignedDirectory:
    """The directory with its signature; the signer is asked once.

    Args:
        inner: the directory's bytes.
        inner_boundary: as it was made with.
        signer: whose key the clients' anchor names.
        boundary: of the outer multipart.
    """
    value = signer.sign(inner)
    if signer.alg is Algorithm.ES256:
        value = _der(value)
    certificate = b64encode(sha512(signer.certificate).digest()).decode("ascii")
    first = f"Content-Type: multipart/mixed; charset=UTF-8; boundary={inner_boundary}\r\n\r\n".encode() + inner
    second = (
        "Content-type: application/octet-stream\r\n"
        "Content-transfer-encoding: base64\r\n"
        f"Signature-algorithm-id: {_ALGORITHMS[signer.alg]}\r\n"
        f'Verification-certificate-hash: {certificate}; hash-algorithm-id="{SHA512}"\r\n\r\n'
    ).encode() + b64encode(value)
    delimiter = f"--{boundary}\r\n".encode()
    body = b"".join(delimiter + part + b"\r\n" for part in (first, second)) + f"--{boundary}--\r\n".encode()
    return SignedDirectory(f"multipart/related; charset=UTF-8; boundary={boundary}", body)


def _der(raw: bytes) -> bytes:
    """SEQUENCE { r, s } of a signature in JOSE form (RFC 3279 §2.2.3)."""
    half = len(raw) // 2
    return tlv(_SEQUENCE, b"".join(tlv(_INTEGER, _integer(part)) for part in (raw[:half], raw[half:])))


def _integer(big_endian: bytes) -> bytes:
    number = int.from_bytes(big_endian, "big")
    return number.to_bytes(number.bit_length() // 8 + 1, "big")
