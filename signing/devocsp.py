"""An OCSP responder and CRLs for development and tests: `now` and what is revoked are arguments.

Promises: answers are signed by a certificate that the issuing authority made for OCSP signing and nothing else, say
good or revoked, and repeat a nonce; about another authority's certificates it refuses to speak (`unauthorized`).
Leaves out: which certificates were ever issued: an unheard-of serial number is good. Never for production.

Sources: RFC 6960 §2.3, §4.2; RFC 5280 §5.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509 import ocsp

MAX_REQUEST_BYTES: Final = 16_384
LIFETIME: Final = timedelta(days=7)
_DER: Final = serialization.Encoding.DER

Revoked = Mapping[int, datetime]
"""Serial number → since when, aware."""


class DevResponder:
    """The OCSP responder of one issuing authority."""

    def __init__(self, key_pem: bytes, certificate_pem: bytes, issuer_pem: bytes) -> None:
        """Take the responder's key (PEM, in the clear), its certificate and its issuer's.

        Raises:
            ValueError, TypeError: not readable, or not P-256.
        """
        self._key = _key(key_pem)
        self._certificate = x509.load_pem_x509_certificate(certificate_pem)
        self._issuer = x509.load_pem_x509_certificate(issuer_pem)

    def answer(self, request: bytes, revoked: Revoked, now: datetime) -> bytes:
        """The OCSPResponse (DER) to an OCSPRequest (DER) about one certificate."""
        try:
            if len(request) > MAX_REQUEST_BYTES:
                return _refusal(ocsp.OCSPResponseStatus.MALFORMED_REQUEST)
            asked = ocsp.load_der_ocsp_request(request)
            ours = self._is_ours(asked)
        except (ValueError, UnsupportedAlgorithm):
            return _refusal(ocsp.OCSPResponseStatus.MALFORMED_REQUEST)
        if not ours:
            return _refusal(ocsp.OCSPResponseStatus.UNAUTHORIZED)
        return self._said(asked, revoked.get(asked.serial_number), now)

    def _said(self, asked: ocsp.OCSPRequest, since: datetime | None, now: datetime) -> bytes:
        status = ocsp.OCSPCertStatus.GOOD if since is None else ocsp.OCSPCertStatus.REVOKED
        builder = (
            ocsp.OCSPResponseBuilder()
            .add_response_by_hash(
                asked.issuer_name_hash,
                asked.issuer_key_hash,
                asked.serial_number,
                asked.hash_algorithm,
                status,
                now,
                now + LIFETIME,
                since,
                None if since is None else x509.ReasonFlags.unspecified,
            )
            .responder_id(ocsp.OCSPResponderEncoding.HASH, self._certificate)
            .certificates([self._certificate])
        )
        for extension in asked.extensions:
            if isinstance(extension.value, x509.OCSPNonce):
                builder = builder.add_extension(extension.value, critical=False)
        return builder.sign(self._key, hashes.SHA256()).public_bytes(_DER)

    def _is_ours(self, asked: ocsp.OCSPRequest) -> bool:
        if asked.hash_algorithm.name not in {"sha1", "sha256"}:
            return False
        own = ocsp.OCSPRequestBuilder().add_certificate(self._certificate, self._issuer, asked.hash_algorithm).build()
        return (asked.issuer_name_hash, asked.issuer_key_hash) == (own.issuer_name_hash, own.issuer_key_hash)


def crl(issuer_pem: bytes, issuer_key_pem: bytes, revoked: Revoked, now: datetime, lifetime: timedelta) -> bytes:
    """The authority's list of revoked certificates at a moment, DER; its number is the moment.

    Raises:
        ValueError, TypeError: the key or the certificate is not readable.
    """
    issuer = x509.load_pem_x509_certificate(issuer_pem)
    held = issuer.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value
    builder = (
        x509.CertificateRevocationListBuilder()
        .issuer_name(issuer.subject)
        .last_update(now)
        .next_update(now + lifetime)
        .add_extension(x509.CRLNumber(int(now.timestamp())), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(held), critical=False)
    )
    for serial, since in sorted(revoked.items()):
        entry = x509.RevokedCertificateBuilder().serial_number(serial).revocation_date(since)
        builder = builder.add_revoked_certificate(entry.build())
    return builder.sign(_key(issuer_key_pem), hashes.SHA256()).public_bytes(_DER)


def serial_of(certificate: bytes) -> int:
    """The serial number of a certificate, PEM or DER.

    Raises:
        ValueError: unreadable.
    """
    pem = certificate.lstrip().startswith(b"-----BEGIN")
    read = x509.load_pem_x509_certificate if pem else x509.load_der_x509_certificate
    return read(certificate).serial_number


def _key(pem: bytes) -> ec.EllipticCurvePrivateKey:
    key = serialization.load_pem_private_key(pem, None)
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        raise TypeError("devocsp: the key is a P-256 key")
    return key


def _refusal(status: ocsp.OCSPResponseStatus) -> bytes:
    return ocsp.OCSPResponseBuilder.build_unsuccessful(status).public_bytes(_DER)
