"""A time-stamping authority for development and tests (RFC 3161): a request in, an answer out, `now` as an argument.

Promises: what it grants `signing.timestamp`, OpenSSL and EU tools take: one signer, ESSCertIDv2, SHA-256 over the
attributes, the certificates when they are asked for; what it does not understand it refuses with the standard's reason.
Leaves out: a clock anybody should trust, and any care of its key. Never for production.

Sources: RFC 3161 §2.4; RFC 5652 §5; RFC 5816 (ESSCertIDv2); X.690 §11.6 (order in a SET OF).
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from datetime import UTC, datetime
from enum import IntEnum
from hashlib import sha256
from typing import Annotated, Final

from cryptography import x509
from cryptography.hazmat import asn1
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from signing import cms
from signing.cms import tlv
from signing.timestamp import TST_INFO

MAX_REQUEST_BYTES: Final = 4096
POLICY: Final = "2.25.144103871989411281095068640064496301568.1"
"""Under the development PKI's own arc."""
ACCURACY_S: Final = 1
_DIGESTS: Final = {"2.16.840.1.101.3.4.2.1": 32, "2.16.840.1.101.3.4.2.2": 48, "2.16.840.1.101.3.4.2.3": 64}
_SHA256: Final = "2.16.840.1.101.3.4.2.1"
_ECDSA_SHA256: Final = "1.2.840.10045.4.3.2"
_SEQUENCE, _SET, _OCTETS = 0x30, 0x31, 0x04
_GENERALIZED_TIME: Final = 0x18


class Reason(IntEnum):
    """PKIFailureInfo (RFC 3161 §2.4.2)."""

    BAD_ALG = 0
    BAD_REQUEST = 2
    BAD_DATA_FORMAT = 5
    UNACCEPTED_POLICY = 15
    UNACCEPTED_EXTENSION = 16


class _RefusedError(Exception):
    def __init__(self, reason: Reason) -> None:
        self.reason = reason
        super().__init__(reason.name)


@asn1.sequence
class _Algorithm:
    algorithm: x509.ObjectIdentifier
    parameters: asn1.Null | None


@asn1.sequence
class _Imprint:
    algorithm: _Algorithm
    digest: bytes


@asn1.sequence
class _Request:
    version: int
    imprint: _Imprint
    policy: x509.ObjectIdentifier | None
    nonce: int | None
    certificate: Annotated[bool, asn1.Default(value=False)]
    extensions: Annotated[list[asn1.TLV] | None, asn1.Implicit(0)]


class DevTimeStamper:
    """A time-stamping authority with a P-256 key."""

    def __init__(self, key_pem: bytes, certificate_pem: bytes, *, first_serial: int = 1) -> None:
        """Take the authority's key (PEM, in the clear) and its certificate, followed by its issuers'.

        Raises:
            ValueError, TypeError: not readable, or not P-256.
        """
        key = serialization.load_pem_private_key(key_pem, None)
        if not isinstance(key, ec.EllipticCurvePrivateKey):
            raise TypeError("devtsa: the key is a P-256 key")
        self._key = key
        self._chain = x509.load_pem_x509_certificates(certificate_pem)
        self._certificate = self._chain[0]
        self._serials: Iterator[int] = itertools.count(first_serial)

    def answer(self, request: bytes, now: datetime) -> bytes:
        """The TimeStampResp (DER) to a TimeStampReq, granted or refused."""
        try:
            return self._granted(_read(request), now)
        except _RefusedError as error:
            bits = bytearray(3)
            bits[error.reason // 8] = 0x80 >> error.reason % 8
            unused = 7 - error.reason % 8
            content = bytes(bits[: error.reason // 8 + 1])
            failure = tlv(0x03, bytes((unused,)) + content)
            return tlv(_SEQUENCE, tlv(_SEQUENCE, asn1.encode_der(2) + failure))

    def _granted(self, asked: _Request, now: datetime) -> bytes:
        info = self._info(asked, now)
        attributes = _set(
            _attribute(cms.CONTENT_TYPE, _oid(TST_INFO)),
            _attribute(cms.MESSAGE_DIGEST, tlv(_OCTETS, sha256(info).digest())),
            _attribute(cms.SIGNING_CERTIFICATE_V2, self._named()),
        )
        signature = self._key.sign(tlv(_SET, attributes), ec.ECDSA(hashes.SHA256()))
        issuer = self._certificate.issuer.public_bytes() + asn1.encode_der(self._certificate.serial_number)
        signer = (
            asn1.encode_der(1)
            + tlv(_SEQUENCE, issuer)
            + _algorithm(_SHA256)
            + tlv(0xA0, attributes)
            + _algorithm(_ECDSA_SHA256)
            + tlv(_OCTETS, signature)
        )
        held = tlv(0xA0, _set(*map(cms.der_of, self._chain))) if asked.certificate else b""
        content = tlv(_SEQUENCE, _oid(TST_INFO) + tlv(0xA0, tlv(_OCTETS, info)))
        signed = (
            asn1.encode_der(3) + tlv(_SET, _algorithm(_SHA256)) + content + held + tlv(_SET, tlv(_SEQUENCE, signer))
        )
        token = tlv(_SEQUENCE, _oid(cms.SIGNED_DATA) + tlv(0xA0, tlv(_SEQUENCE, signed)))
        return tlv(_SEQUENCE, tlv(_SEQUENCE, asn1.encode_der(0)) + token)

    def _info(self, asked: _Request, now: datetime) -> bytes:
        """TSTInfo."""
        moment = now.astimezone(UTC).strftime("%Y%m%d%H%M%SZ").encode("ascii")
        nonce = b"" if asked.nonce is None else asn1.encode_der(asked.nonce)
        return tlv(
            _SEQUENCE,
            asn1.encode_der(1)
            + _oid(POLICY)
            + asn1.encode_der(asked.imprint)
            + asn1.encode_der(next(self._serials))
            + tlv(_GENERALIZED_TIME, moment)
            + tlv(_SEQUENCE, asn1.encode_der(ACCURACY_S))
            + nonce,
        )

    def _named(self) -> bytes:
        """SigningCertificateV2 with the default digest, SHA-256, which is left out (RFC 5035 §4)."""
        digest = sha256(cms.der_of(self._certificate)).digest()
        one = tlv(_OCTETS, digest) + cms.issuer_serial_of(self._certificate)
        return tlv(_SEQUENCE, tlv(_SEQUENCE, tlv(_SEQUENCE, one)))


def _read(request: bytes) -> _Request:
    if len(request) > MAX_REQUEST_BYTES:
        raise _RefusedError(Reason.BAD_DATA_FORMAT)
    try:
        asked = asn1.decode_der(_Request, request)
    except (ValueError, TypeError, OverflowError) as error:
        raise _RefusedError(Reason.BAD_DATA_FORMAT) from error
    if asked.version != 1:
        raise _RefusedError(Reason.BAD_REQUEST)
    if asked.extensions:
        raise _RefusedError(Reason.UNACCEPTED_EXTENSION)
    if asked.policy is not None and asked.policy.dotted_string != POLICY:
        raise _RefusedError(Reason.UNACCEPTED_POLICY)
    if _DIGESTS.get(asked.imprint.algorithm.algorithm.dotted_string) != len(asked.imprint.digest):
        raise _RefusedError(Reason.BAD_ALG)
    return asked


def _oid(dotted: str) -> bytes:
    return asn1.encode_der(x509.ObjectIdentifier(dotted))


def _algorithm(dotted: str) -> bytes:
    return tlv(_SEQUENCE, _oid(dotted))


def _attribute(kind: str, value: bytes) -> bytes:
    return tlv(_SEQUENCE, _oid(kind) + tlv(_SET, value))


def _set(*members: bytes) -> bytes:
    return b"".join(sorted(members))
