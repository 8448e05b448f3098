"""OCSP answers and CRLs: what one piece of evidence says of one certificate, if it is the issuer's own word.

Promises: an answer counts that the issuer itself signed, or a certificate that the issuer made for OCSP signing and
nothing else; a CRL counts that the issuer's key signed. Whoever else signed, a certificate beside the one in question
included, is not heard. One answer is about one certificate.
Leaves out: the moment that evidence must speak for (`signing.revocation`); delta CRLs, indirect CRLs and CRLs of a part
(RFC 5280 §5.2.5), which are refused.

Sources: RFC 6960 §3.2, §4.2; RFC 5280 §5, §6.3.3.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from hashlib import new
from typing import Final, TypeVar

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.x509 import ocsp
from cryptography.x509.oid import ExtendedKeyUsageOID

from signing.chain import UNREADABLE
from signing.xades_words import key_title_of

MAX_OCSP_BYTES: Final = 64 * 1024
MAX_CRL_BYTES: Final = 4 * 1024 * 1024
_CERT_ID_DIGESTS: Final = ("sha1", "sha256")  # a name tag, not a proof: RFC 6960 §4.3 has every client know SHA-1
_DIGESTS: Final = (hashes.SHA256, hashes.SHA384, hashes.SHA512)
_UNREADABLE: Final = (*UNREADABLE, TypeError, OverflowError)
_E = TypeVar("_E", bound=x509.ExtensionType)


class EvidenceRefusedError(ValueError):
    """A piece of evidence does not count; the message names the rule."""


@dataclass(frozen=True, slots=True)
class Said:
    """What one piece of evidence says of a certificate.

    Attributes:
        kind: `OCSP` or `CRL`.
        issued: when it was made.
        status_at: the moment that it speaks for.
        until: until when it is meant to be used; None where it does not say.
        revoked_at: since when the certificate is revoked; None where it is not.
        algorithms: with what it is signed: `SHA256`, `P-256` and the like.
    """

    kind: str
    issued: datetime
    status_at: datetime
    until: datetime | None
    revoked_at: datetime | None
    algorithms: frozenset[str]


def read_ocsp(der: bytes, certificate: x509.Certificate, issuer: x509.Certificate) -> Said | None:
    """What an OCSP answer says of a certificate; None where it is about another.

    Raises:
        EvidenceRefusedError: it does not count.
    """
    try:
        answer, single = _one_answer(der)
        if not _is_about(single, certificate, issuer):  # 1 about this certificate
            return None
        algorithms = _check_responder(answer, issuer)  # 2 the issuer's word
        return _said_by_ocsp(answer, single, algorithms)  # 3 at a moment
    except EvidenceRefusedError:
        raise
    except _UNREADABLE as error:
        raise EvidenceRefusedError("OCSP: not an answer of RFC 6960") from error


def _one_answer(der: bytes) -> tuple[ocsp.OCSPResponse, ocsp.OCSPSingleResponse]:
    if len(der) > MAX_OCSP_BYTES:
        raise EvidenceRefusedError("OCSP: over 64 KiB")
    answer = ocsp.load_der_ocsp_response(der)
    if answer.response_status is not ocsp.OCSPResponseStatus.SUCCESSFUL:
        raise EvidenceRefusedError("OCSP: the responder gave no answer")
    singles = list(answer.responses)
    if len(singles) != 1:
        raise EvidenceRefusedError("OCSP: an answer about one certificate")
    if any(one.critical for one in (*answer.extensions, *answer.single_extensions)):
        raise EvidenceRefusedError("OCSP: a critical extension")
    return answer, singles[0]


def _is_about(single: ocsp.OCSPSingleResponse, certificate: x509.Certificate, issuer: x509.Certificate) -> bool:
    name = single.hash_algorithm.name
    if name not in _CERT_ID_DIGESTS:
        return False
    wanted = (new(name, issuer.subject.public_bytes()).digest(), new(name, _key_bits(issuer)).digest())
    said = (single.issuer_name_hash, single.issuer_key_hash)
    return said == wanted and single.serial_number == certificate.serial_number


def _key_bits(certificate: x509.Certificate) -> bytes:
    """The bits of a certificate's key without their algorithm: what CertID and ResponderID are digests of."""
    key = certificate.public_key()
    if isinstance(key, ec.EllipticCurvePublicKey):
        return key.public_bytes(serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint)
    if isinstance(key, rsa.RSAPublicKey):
        return key.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.PKCS1)
    raise EvidenceRefusedError("OCSP: a key outside the closed list")


def _check_responder(answer: ocsp.OCSPResponse, issuer: x509.Certificate) -> frozenset[str]:
    """With what the answer is signed, the responder's certificate included."""
    responder = _responder(answer, issuer)
    names = _algorithms(responder, answer.signature_hash_algorithm)
    if responder is not issuer:
        _check_delegated(responder, issuer, answer.produced_at_utc)
        names |= _algorithms(issuer, responder.signature_hash_algorithm)
    if not _signed_by(responder, answer.signature, answer.tbs_response_bytes, answer.signature_hash_algorithm):
        raise EvidenceRefusedError("OCSP: the signature does not hold")
    return names


def _algorithms(signer: x509.Certificate, digest: hashes.HashAlgorithm | None) -> frozenset[str]:
    """The signer's key and the digest, of the closed lists."""
    key = key_title_of(signer)
    if key is None or not isinstance(digest, _DIGESTS):
        raise EvidenceRefusedError("evidence: signed with an algorithm outside the closed list")
    return frozenset({key, digest.name.upper()})


def _responder(answer: ocsp.OCSPResponse, issuer: x509.Certificate) -> x509.Certificate:
    for one in (issuer, *answer.certificates):
        if answer.responder_name is not None and one.subject == answer.responder_name:
            return one
        key_hash = answer.responder_key_hash  # SHA-1: RFC 6960 §4.2.1 names keys so
        if key_hash is not None and new("sha1", _key_bits(one)).digest() == key_hash:  # noqa: S324 - a name, see above
            return one
    raise EvidenceRefusedError("OCSP: the responder's certificate is not in the answer")


def _check_delegated(responder: x509.Certificate, issuer: x509.Certificate, at: datetime) -> None:
    """RFC 6960 §4.2.2.2: made by the issuer itself, for OCSP signing."""
    extended = extension(responder, x509.ExtendedKeyUsage)
    if extended is None or list(extended.value) != [ExtendedKeyUsageOID.OCSP_SIGNING]:
        raise EvidenceRefusedError("OCSP: the responder's certificate is not for OCSP signing")
    constraints = extension(responder, x509.BasicConstraints)
    usage = extension(responder, x509.KeyUsage)
    if (constraints is not None and constraints.value.ca) or (usage is not None and not usage.value.digital_signature):
        raise EvidenceRefusedError("OCSP: the responder's key signs answers and nothing else")
    try:
        responder.verify_directly_issued_by(issuer)
    except (InvalidSignature, *_UNREADABLE) as error:
        raise EvidenceRefusedError("OCSP: the responder's certificate is not the issuer's") from error
    if not responder.not_valid_before_utc <= at <= responder.not_valid_after_utc:
        raise EvidenceRefusedError("OCSP: the responder's certificate was not valid")


def _said_by_ocsp(answer: ocsp.OCSPResponse, single: ocsp.OCSPSingleResponse, algorithms: frozenset[str]) -> Said:
    issued, status_at, until = answer.produced_at_utc, single.this_update_utc, single.next_update_utc
    if status_at > issued or (until is not None and until < issued):
        raise EvidenceRefusedError("OCSP: its moments stand in an order that cannot be")
    if single.certificate_status is ocsp.OCSPCertStatus.UNKNOWN:
        raise EvidenceRefusedError("OCSP: the responder does not know the certificate")
    return Said("OCSP", issued, status_at, until, single.revocation_time_utc, algorithms)


def read_crl(der: bytes, certificate: x509.Certificate, issuer: x509.Certificate) -> Said | None:
    """What a CRL says of a certificate; None where it is another issuer's.

    Raises:
        EvidenceRefusedError: it does not count.
    """
    try:
        crl = _whole_list(der)
        if crl.issuer != issuer.subject or certificate.issuer != issuer.subject:
            return None
        return _said_by_crl(crl, certificate, issuer)
    except EvidenceRefusedError:
        raise
    except _UNREADABLE as error:
        raise EvidenceRefusedError("CRL: not a list of RFC 5280") from error


def _whole_list(der: bytes) -> x509.CertificateRevocationList:
    if len(der) > MAX_CRL_BYTES:
        raise EvidenceRefusedError("CRL: over 4 MiB")
    crl = x509.load_der_x509_crl(der)
    if any(one.critical for one in crl.extensions):
        raise EvidenceRefusedError("CRL: a critical extension: a CRL of a part, or a delta")
    return crl


def _said_by_crl(crl: x509.CertificateRevocationList, certificate: x509.Certificate, issuer: x509.Certificate) -> Said:
    usage = extension(issuer, x509.KeyUsage)
    if usage is None or not usage.value.crl_sign:
        raise EvidenceRefusedError("CRL: the issuer may not sign lists")
    algorithms = _algorithms(issuer, crl.signature_hash_algorithm)
    if not _signed_by(issuer, crl.signature, crl.tbs_certlist_bytes, crl.signature_hash_algorithm):
        raise EvidenceRefusedError("CRL: the signature does not hold")
    found = crl.get_revoked_certificate_by_serial_number(certificate.serial_number)
    issued = crl.last_update_utc
    since = None if found is None else found.revocation_date_utc
    return Said("CRL", issued, issued, crl.next_update_utc, since, algorithms)


def _signed_by(
    certificate: x509.Certificate, signature: bytes, data: bytes, digest: hashes.HashAlgorithm | None
) -> bool:
    key = certificate.public_key()
    if digest is None:
        return False
    try:
        if isinstance(key, rsa.RSAPublicKey):
            key.verify(signature, data, padding.PKCS1v15(), digest)
        elif isinstance(key, ec.EllipticCurvePublicKey):
            key.verify(signature, data, ec.ECDSA(digest))
    except InvalidSignature:
        return False
    return True


def extension(certificate: x509.Certificate, kind: type[_E]) -> x509.Extension[_E] | None:
    """An extension of a certificate; None where it has none of the kind."""
    try:
        return certificate.extensions.get_extension_for_class(kind)
    except x509.ExtensionNotFound:
        return None
