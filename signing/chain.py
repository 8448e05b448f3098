"""Certificates: may this one seal, open a link, or stamp times, under these anchors at this moment?

Promises: path building by `cryptography.x509.verification` (bounded, no network), then our own stricter rules:
a critical KeyUsage that fits the use, keys of the closed list in the whole chain, and no crossing of uses: a link
certificate never passes as a seal certificate nor the reverse, a time-stamping one is for nothing else.
Leaves out: revocation, which the registry states per certificate and `jws` applies; host names, which TLS checks.

Sources: RFC 5280 §4.2.1.3, §4.2.1.12, §6.1; ETSI EN 319 412-2 §4.3.2 (key usage of seals); RFC 3161 §2.3.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from functools import lru_cache
from typing import Final, TypeVar

import msgspec
from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from cryptography.x509.verification import (
    Criticality,
    ExtensionPolicy,
    Policy,
    PolicyBuilder,
    Store,
    VerificationError,
)

from signing.keys import MIN_RSA_BITS, Algorithm, PublicKey, admitted_key, algorithm_for, thumbprint
from signing.verdict import PASSED, Indication, Verdict, VerdictError, because

MAX_INTERMEDIATES: Final = 4
MAX_CERTIFICATE_BYTES: Final = 16 * 1024
_CA_CURVES: Final = (ec.SECP256R1, ec.SECP384R1)
_LINK_EKU: Final = frozenset({ExtendedKeyUsageOID.CLIENT_AUTH, ExtendedKeyUsageOID.SERVER_AUTH})
_FOREIGN_EKU: Final = frozenset(
    {
        ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE,
        ExtendedKeyUsageOID.OCSP_SIGNING,
        ExtendedKeyUsageOID.TIME_STAMPING,
    }
)


UNREADABLE: Final = (
    ValueError,
    TypeError,  # a name's value of a type that its attribute cannot have
    UnsupportedAlgorithm,
    x509.DuplicateExtension,
    x509.InvalidVersion,
    x509.UnsupportedGeneralNameType,
)
"""What reading a certificate, a list or an answer raises, some of it only when a part is looked at."""
_E = TypeVar("_E", bound=x509.ExtensionType)


class Use(StrEnum):
    """What a certificate is meant for."""

    SEAL = "seal"
    DOCUMENT = "document"
    """As a seal's, and P-384 too: signatures over files."""
    LINK_CLIENT = "link-client"
    LINK_SERVER = "link-server"
    TIME_STAMP = "time-stamp"


class CertificateError(ValueError):
    """A certificate cannot be used; the message names the rule."""


class SealCertificate(msgspec.Struct, frozen=True):
    """A registered seal certificate, parsed once.

    Attributes:
        der: the certificate.
        x5t: its SHA-256 thumbprint, base64url.
        public_key: P-256 or RSA from 3072 bits.
        alg: the algorithm it is registered for; seals with another are refused.
        not_before_ms: start of validity, ms since the epoch, inclusive.
        not_after_ms: end of validity, inclusive (X.509 counts the whole last second).
        agency: whom the registry says it belongs to.
        revoked_at_ms: from when on seals are refused.
    """

    der: bytes
    x5t: str
    public_key: PublicKey
    alg: Algorithm
    not_before_ms: int
    not_after_ms: int
    agency: str | None = None
    revoked_at_ms: int | None = None


def load_seal_certificate(
    der: bytes, *, agency: str | None = None, alg: Algorithm | None = None, revoked_at_ms: int | None = None
) -> SealCertificate:
    """Parse a seal certificate and check what can be checked without its chain.

    Args:
        der: the certificate.
        agency: whom it is registered for.
        alg: the registered algorithm; None is ES256 for P-256, ES384 for P-384 and PS256 for RSA.
        revoked_at_ms: when the registry revoked it.

    Raises:
        CertificateError: unreadable, a key outside the closed list, or not for sealing.
    """
    certificate = parsed(der)
    fault = _usage_fault(certificate, Use.SEAL)
    if fault:
        raise CertificateError(fault)
    try:
        key = admitted_key(certificate.public_key())
        algorithm = algorithm_for(key, alg)
    except (ValueError, UnsupportedAlgorithm) as error:
        raise CertificateError("certificate: its key is outside the closed list") from error
    return SealCertificate(
        der=der,
        x5t=thumbprint(der),
        public_key=key,
        alg=algorithm,
        not_before_ms=_ms(certificate.not_valid_before_utc),
        not_after_ms=_ms(certificate.not_valid_after_utc) + 999,
        agency=agency,
        revoked_at_ms=revoked_at_ms,
    )


def subject_agency(der: bytes) -> str | None:
    """The agency id that a certificate's subject carries as organizationIdentifier (ETSI EN 319 412-3 §4.2.1), if any.

    Raises:
        CertificateError: unreadable.
    """
    found = parsed(der).subject.get_attributes_for_oid(NameOID.ORGANIZATION_IDENTIFIER)
    return str(found[0].value) if len(found) == 1 else None


def issuers_of(leaf_der: bytes, pool: Sequence[bytes]) -> tuple[bytes, ...]:
    """Those of `pool`, in its order, that could stand above a certificate by their names; nothing is verified.

    Raises:
        CertificateError: one of them is unreadable.
    """
    subjects = {der: parsed(der) for der in pool}
    wanted, found = {parsed(leaf_der).issuer}, set[bytes]()
    while fresh := {der for der, one in subjects.items() if one.subject in wanted} - found:
        found |= fresh
        wanted |= {subjects[der].issuer for der in fresh}
    return tuple(der for der in pool if der in found)


def check_chain(
    leaf_der: bytes,
    intermediates: Sequence[bytes],
    anchors: Sequence[bytes],
    at: datetime,
    use: Use = Use.SEAL,
) -> Verdict:
    """Whether a certificate chains to an anchor and is fit for `use` at a moment.

    Args:
        leaf_der: the certificate in question, DER.
        intermediates: certificates that may stand in between, DER, at most four.
        anchors: trusted roots, DER.
        at: the moment, aware.
        use: seal, document, link-client, link-server or time-stamp.
    """
    try:
        path_of(leaf_der, intermediates, anchors, at, use)
    except VerdictError as stop:
        return stop.verdict
    return PASSED


def path_of(
    leaf_der: bytes, intermediates: Sequence[bytes], anchors: Sequence[bytes], at: datetime, use: Use
) -> list[x509.Certificate]:
    """The chain that `check_chain` finds, the certificate first, the anchor last.

    Raises:
        VerdictError: there is none that holds.
    """
    leaf, between, roots = _read(leaf_der, intermediates, anchors)  # 1 every certificate parses
    _within_validity(leaf, at)  # 2 the moment lies within its validity
    _fit(leaf, use)  # 3 its usage fits
    chain = _path(leaf, between, roots, at)  # 4 a path leads to an anchor
    _strong(chain, use)  # 5 every key on the path is strong enough
    return chain


def _read(
    leaf: bytes, intermediates: Sequence[bytes], anchors: Sequence[bytes]
) -> tuple[x509.Certificate, list[x509.Certificate], list[x509.Certificate]]:
    if not anchors or len(intermediates) > MAX_INTERMEDIATES:
        detail = f"one anchor or more, at most {MAX_INTERMEDIATES} certificates in between"
        raise VerdictError(because(Indication.NO_CERTIFICATE_CHAIN_FOUND, "1 format", detail))
    try:
        return parsed(leaf), [parsed(der) for der in intermediates], [parsed(der) for der in anchors]
    except CertificateError as error:
        raise VerdictError(because(Indication.FORMAT_FAILURE, "1 format", str(error))) from error


def _within_validity(leaf: x509.Certificate, at: datetime) -> None:
    if at < leaf.not_valid_before_utc:
        raise VerdictError(because(Indication.NOT_YET_VALID, "2 validity", "the certificate is not valid yet"))
    if _ms(at) > _ms(leaf.not_valid_after_utc) + 999:
        raise VerdictError(because(Indication.EXPIRED, "2 validity", "the certificate has expired"))


def _fit(leaf: x509.Certificate, use: Use) -> None:
    fault = _usage_fault(leaf, use)
    if fault:
        raise VerdictError(because(Indication.CHAIN_CONSTRAINTS_FAILURE, "3 usage", fault))


@lru_cache(maxsize=256)  # the same few stand in every container, and each is looked at many times
def parsed(der: bytes) -> x509.Certificate:
    """A certificate of which every part reads.

    Raises:
        CertificateError: over 16 KiB, unreadable, or not version 3.
    """
    if len(der) > MAX_CERTIFICATE_BYTES:
        raise CertificateError("certificate: over 16 KiB")
    try:
        certificate = x509.load_der_x509_certificate(der)
        # These are parsed on access: what is broken must be found here, not in the middle of a judgement.
        lazily = (certificate.version, certificate.subject, certificate.issuer, certificate.extensions)
    except UNREADABLE as error:
        raise CertificateError("certificate: not readable X.509") from error
    if lazily[0] is not x509.Version.v3:
        raise CertificateError("certificate: not version 3")
    return certificate


def _usage_fault(certificate: x509.Certificate, use: Use) -> str:
    """Why the certificate is not for `use`; empty when it is."""
    if use is Use.TIME_STAMP:
        return _time_stamp_fault(certificate)
    usage = _extension(certificate, x509.KeyUsage)
    if usage is None or not usage.critical:
        return "certificate: a critical KeyUsage is required"
    bits = usage.value
    if bits.key_cert_sign or bits.crl_sign:
        return "certificate: a certificate authority's key neither seals nor links"
    constraints = _extension(certificate, x509.BasicConstraints)
    if constraints is not None and constraints.value.ca:
        return "certificate: a certificate authority's key neither seals nor links"
    extended = _extension(certificate, x509.ExtendedKeyUsage)
    purposes = frozenset(extended.value) if extended is not None else frozenset()
    if purposes & _FOREIGN_EKU:
        return "certificate: its extended key usage names a purpose that neither seals nor links"
    return _seal_fault(bits, purposes) if use in {Use.SEAL, Use.DOCUMENT} else _link_fault(bits, purposes, use)


def _time_stamp_fault(certificate: x509.Certificate) -> str:
    extended = _extension(certificate, x509.ExtendedKeyUsage)
    if extended is None or not extended.critical or list(extended.value) != [ExtendedKeyUsageOID.TIME_STAMPING]:
        return "certificate: a time-stamp needs a critical extended key usage of timeStamping alone"
    usage = _extension(certificate, x509.KeyUsage)
    signs_only = usage is None or _signs_only(usage.value)
    constraints = _extension(certificate, x509.BasicConstraints)
    if not signs_only or (constraints is not None and constraints.value.ca):
        return "certificate: a time-stamping key signs time-stamps and nothing else"
    return ""


def _signs_only(bits: x509.KeyUsage) -> bool:
    other = bits.key_encipherment or bits.data_encipherment or bits.key_agreement or bits.key_cert_sign or bits.crl_sign
    return (bits.digital_signature or bits.content_commitment) and not other


def _seal_fault(bits: x509.KeyUsage, purposes: frozenset[x509.ObjectIdentifier]) -> str:
    if not (bits.digital_signature or bits.content_commitment):
        return "certificate: a seal needs digitalSignature or contentCommitment"
    if purposes & _LINK_EKU and not bits.content_commitment:
        return "certificate: it is for links, not for seals"
    return ""


def _link_fault(bits: x509.KeyUsage, purposes: frozenset[x509.ObjectIdentifier], use: Use) -> str:
    wanted = ExtendedKeyUsageOID.CLIENT_AUTH if use is Use.LINK_CLIENT else ExtendedKeyUsageOID.SERVER_AUTH
    if wanted not in purposes:
        return f"certificate: {use.value} needs its extended key usage"
    if bits.content_commitment or not bits.digital_signature:
        return "certificate: a link needs digitalSignature without contentCommitment"
    return ""


def _path(
    leaf: x509.Certificate, between: list[x509.Certificate], roots: list[x509.Certificate], at: datetime
) -> list[x509.Certificate]:
    """The verified chain, leaf first, anchor last."""
    authority = (
        ExtensionPolicy.permit_all()
        .require_present(x509.BasicConstraints, Criticality.CRITICAL, _is_authority)
        .require_present(x509.KeyUsage, Criticality.AGNOSTIC, _signs_certificates)
    )
    verifier = (
        PolicyBuilder()
        .store(Store(roots))
        .time(at)
        .max_chain_depth(MAX_INTERMEDIATES)
        .extension_policies(ca_policy=authority, ee_policy=ExtensionPolicy.permit_all())
        .build_client_verifier()
    )
    try:
        return verifier.verify(leaf, between).chain
    except (VerificationError, ValueError) as error:
        detail = f"no path to an anchor: {str(error).partition(chr(10))[0][:160]}"
        raise VerdictError(because(Indication.NO_CERTIFICATE_CHAIN_FOUND, "4 path", detail)) from error


def _is_authority(_policy: Policy, _certificate: x509.Certificate, constraints: x509.BasicConstraints) -> None:
    if not constraints.ca:
        raise ValueError("an issuer on the path is no certificate authority")


def _signs_certificates(_policy: Policy, _certificate: x509.Certificate, usage: x509.KeyUsage) -> None:
    if not usage.key_cert_sign:
        raise ValueError("an issuer on the path may not sign certificates")


def _strong(chain: list[x509.Certificate], use: Use) -> None:
    leaf, *issuers = chain
    try:
        if use in {Use.TIME_STAMP, Use.DOCUMENT}:  # the keys that issuers may have, too
            issuers = chain
        else:
            admitted_key(leaf.public_key())
    except (ValueError, UnsupportedAlgorithm) as error:
        detail = "the certificate's key is outside the closed list"
        raise VerdictError(because(Indication.CRYPTO_CONSTRAINTS_FAILURE, "5 keys", detail)) from error
    if not all(_strong_issuer(issuer.public_key()) for issuer in issuers):
        raise VerdictError(because(Indication.CRYPTO_CONSTRAINTS_FAILURE, "5 keys", "an issuer's key is too weak"))


def _strong_issuer(key: object) -> bool:
    if isinstance(key, ec.EllipticCurvePublicKey):
        return isinstance(key.curve, _CA_CURVES)
    return isinstance(key, rsa.RSAPublicKey) and key.key_size >= MIN_RSA_BITS


def _extension(certificate: x509.Certificate, kind: type[_E]) -> x509.Extension[_E] | None:
    try:
        return certificate.extensions.get_extension_for_class(kind)
    except x509.ExtensionNotFound:
        return None


def _ms(at: datetime) -> int:
    return round(at.timestamp() * 1000)
