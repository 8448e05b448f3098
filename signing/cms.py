"""The signed wrapping of a time-stamp token: one content, one signer, strict DER.

Promises: `read` takes exactly one shape (CMS SignedData with content inside, one signer by issuer and serial, signed
attributes, algorithms without odd parameters) and gives the very bytes that are hashed and signed; lengths, orders and
trailing bytes are judged by cryptography's DER reader. Nothing is verified here.
Leaves out: what the content says and whether anything holds (`signing.timestamp`); other shapes of CMS (subject key
identifiers, RSASSA-PSS, several signers), which are refused.

Sources: RFC 5652 §5 (SignedData), §11 (attributes); RFC 5816 and RFC 5035 §5.4.1 (signing-certificate-v2).
"""

from __future__ import annotations

from typing import Annotated, Final

import msgspec
from cryptography import x509
from cryptography.hazmat import asn1
from cryptography.hazmat.primitives.serialization import Encoding

from signing.chain import UNREADABLE, CertificateError, parsed

SIGNED_DATA: Final = "1.2.840.113549.1.7.2"
CONTENT_TYPE: Final = "1.2.840.113549.1.9.3"
MESSAGE_DIGEST: Final = "1.2.840.113549.1.9.4"
SIGNING_CERTIFICATE_V2: Final = "1.2.840.113549.1.9.16.2.47"
MAX_CERTIFICATES: Final = 8
_VERSION_BY_ISSUER: Final = 1
_VERSION: Final = 3  # the content is no plain data (RFC 5652 §5.1)
_SHA256: Final = "2.16.840.1.101.3.4.2.1"


class CmsError(ValueError):
    """Not the one shape that is read; the message names the rule."""


class NamedCertificate(msgspec.Struct, frozen=True):
    """What signing-certificate-v2 says of the signer: a digest, and the serial number where it is given."""

    algorithm: str
    digest: bytes
    serial: int | None


class SignedContent(msgspec.Struct, frozen=True):
    """What was read.

    Attributes:
        content_type: OID of the content.
        content: the bytes signed for.
        certificates: those carried, in their order.
        issuer: the signer's issuer, DER of the name.
        serial: the signer's serial number.
        digest_algorithm: OID.
        signature_algorithm: OID.
        signature: as the algorithm has it.
        signed: the bytes under the signature: the signed attributes as a SET.
        signed_type: the content type that is signed for; empty where none is.
        signed_digest: the digest of the content that is signed for; empty where none is.
        signing_certificate: the signer's certificate as it is signed for; None without signing-certificate-v2.
    """

    content_type: str
    content: bytes
    certificates: tuple[x509.Certificate, ...]
    issuer: bytes
    serial: int
    digest_algorithm: str
    signature_algorithm: str
    signature: bytes
    signed: bytes
    signed_type: str
    signed_digest: bytes
    signing_certificate: NamedCertificate | None


@asn1.sequence
class _Algorithm:
    """AlgorithmIdentifier without parameters, or with NULL."""

    algorithm: x509.ObjectIdentifier
    parameters: asn1.Null | None


@asn1.sequence
class _Content:
    content_type: x509.ObjectIdentifier
    content: Annotated[bytes, asn1.Explicit(0)]


@asn1.sequence
class _IssuerAndSerial:
    issuer: asn1.TLV
    serial: int


@asn1.sequence
class _Attribute:
    kind: x509.ObjectIdentifier
    values: asn1.SetOf[asn1.TLV]


@asn1.sequence
class _SignerInfo:
    version: int
    sid: _IssuerAndSerial
    digest_algorithm: _Algorithm
    signed: Annotated[asn1.SetOf[_Attribute], asn1.Implicit(0)]
    signature_algorithm: _Algorithm
    signature: bytes
    unsigned: Annotated[list[asn1.TLV] | None, asn1.Implicit(1)]


@asn1.sequence
class _SignedData:
    version: int
    digest_algorithms: asn1.SetOf[_Algorithm]
    content: _Content
    certificates: Annotated[list[x509.Certificate] | None, asn1.Implicit(0)]  # any order: many sort them by role
    crls: Annotated[list[asn1.TLV] | None, asn1.Implicit(1)]
    signers: asn1.SetOf[_SignerInfo]


@asn1.sequence
class _ContentInfo:
    content_type: x509.ObjectIdentifier
    content: Annotated[_SignedData, asn1.Explicit(0)]


@asn1.sequence
class _IssuerSerial:
    issuer: asn1.TLV
    serial: int


@asn1.sequence
class _EssCertIdV2:
    hash_algorithm: _Algorithm | None
    cert_hash: bytes
    issuer_serial: _IssuerSerial | None


@asn1.sequence
class _SigningCertificateV2:
    certs: list[_EssCertIdV2]
    policies: list[asn1.TLV] | None


def read(der: bytes) -> SignedContent:
    """Read a CMS SignedData.

    Raises:
        CmsError: not the shape, or not DER.
    """
    try:
        info = asn1.decode_der(_ContentInfo, der)
        signers = info.content.signers.as_list()
        attributes = _attributes([attribute for signer in signers for attribute in signer.signed.as_list()])
        named = _named(attributes.get(SIGNING_CERTIFICATE_V2))
        kind, digest = attributes.get(CONTENT_TYPE), attributes.get(MESSAGE_DIGEST)
        signed_type = asn1.decode_der(x509.ObjectIdentifier, kind).dotted_string if kind else ""
        signed_digest = asn1.decode_der(bytes, digest) if digest else b""
    except (*UNREADABLE, OverflowError) as error:
        raise CmsError("token: not the DER of signed data") from error
    if info.content_type.dotted_string != SIGNED_DATA or len(signers) != 1:
        raise CmsError("token: signed data with one signer")
    return _signed_content(info.content, signers[0], (signed_type, signed_digest, named))


def der_of(certificate: x509.Certificate) -> bytes:
    """A certificate's bytes."""
    return certificate.public_bytes(Encoding.DER)


def issuer_serial_of(certificate: x509.Certificate) -> bytes:
    """IssuerSerial (RFC 5035 §3): the issuer as the only general name, and the number; DER."""
    directory_name = tlv(0xA4, certificate.issuer.public_bytes())
    return tlv(0x30, tlv(0x30, directory_name) + asn1.encode_der(certificate.serial_number))


def tlv(tag: int, content: bytes) -> bytes:
    """Tag, length, content (X.690 §8.1.3): one value in DER."""
    size = len(content)
    if size < 0x80:  # noqa: PLR2004 - the short form
        return bytes((tag, size)) + content
    length = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes((tag, 0x80 | len(length))) + length + content


def _signed_content(
    data: _SignedData, signer: _SignerInfo, signed: tuple[str, bytes, NamedCertificate | None]
) -> SignedContent:
    if len(data.certificates or ()) > MAX_CERTIFICATES:
        raise CmsError(f"token: at most {MAX_CERTIFICATES} certificates")
    try:
        held = [parsed(der_of(one)) for one in data.certificates or ()]
    except CertificateError as error:
        raise CmsError("token: a certificate does not read") from error
    if (data.version, signer.version) != (_VERSION, _VERSION_BY_ISSUER):
        raise CmsError("token: the signer is named by issuer and serial")
    announced = [one.algorithm for one in data.digest_algorithms.as_list()]
    if announced != [signer.digest_algorithm.algorithm]:
        raise CmsError("token: it announces the one digest that its signer used")
    return SignedContent(
        content_type=data.content.content_type.dotted_string,
        content=data.content.content,
        certificates=tuple(dict.fromkeys(held)),  # some authorities send theirs twice
        issuer=asn1.encode_der(signer.sid.issuer),
        serial=signer.sid.serial,
        digest_algorithm=signer.digest_algorithm.algorithm.dotted_string,
        signature_algorithm=signer.signature_algorithm.algorithm.dotted_string,
        signature=signer.signature,
        signed=asn1.encode_der(signer.signed),
        signed_type=signed[0],
        signed_digest=signed[1],
        signing_certificate=signed[2],
    )


def _attributes(attributes: list[_Attribute]) -> dict[str, bytes]:
    """Each by its OID; one that stands twice or has several values could be read in two ways."""
    found: dict[str, bytes] = {}
    for one in attributes:
        values = one.values.as_list()
        if len(values) != 1 or one.kind.dotted_string in found:
            raise CmsError("token: each signed attribute stands once, with one value")
        found[one.kind.dotted_string] = asn1.encode_der(values[0])
    return found


def _named(value: bytes | None) -> NamedCertificate | None:
    """The first certificate that signing-certificate-v2 names: the signer's own (RFC 5035 §3)."""
    if value is None:
        return None
    certs = asn1.decode_der(_SigningCertificateV2, value).certs
    if not certs:
        raise CmsError("token: signing-certificate-v2 names no certificate")
    first = certs[0]
    algorithm = first.hash_algorithm.algorithm.dotted_string if first.hash_algorithm else _SHA256
    return NamedCertificate(algorithm, first.cert_hash, first.issuer_serial.serial if first.issuer_serial else None)
