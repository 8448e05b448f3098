"""Renewing an agency's seal certificate: asked with the key in use, judged and issued by the operator's authority.

Promises: a renewal changes key, serial number and validity and nothing else: subject, names, purposes, policies, QC
statements and the addresses of services are those of the certificate in use, whatever the request's own subject says.
The authority judges by itself: the seal over the request, the chain of its certificate, the agency in it, the new
key's own signature, and the policy's limits. Leaves out: transport and record (`bus.certification`,
`bus.hub.renewals`), revocation, which the hub's directory knows; making known the new certificate, which is the
registry's; link certificates (`signing.link_renewal`).

Sources: RFC 2986 (PKCS #10); RFC 5280 §4.1, §4.2; RFC 7030 §4.2.2 (re-enrolment with the key in use).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Annotated, Final, Literal

import msgspec
from cryptography import x509
from cryptography.hazmat.primitives import serialization

from schemas.sealed import Sealed
from schemas.text import moment, moment_ms
from schemas.words import AgencyId, Moment, Uuid7
from signing.chain import UNREADABLE, CertificateError, Use, check_chain, load_seal_certificate, parsed, subject_agency
from signing.jws import check as check_seal
from signing.keys import PublicKey, Signer, admitted_key
from signing.outside import builder_hash, builder_key

MAX_REQUEST_BYTES: Final = 8192
_BACKDATED: Final = timedelta(minutes=5)
_QC_STATEMENTS: Final = x509.ObjectIdentifier("1.3.6.1.5.5.7.1.3")
_KEPT: Final = (
    x509.CertificatePolicies,
    x509.AuthorityInformationAccess,
    x509.CRLDistributionPoints,
    x509.ExtendedKeyUsage,
    x509.SubjectAlternativeName,
)
_DER: Final = serialization.Encoding.DER


class RenewalRefusedError(ValueError):
    """The authority does not renew; `rule` names why, for the record and for the agency."""

    def __init__(self, rule: str, sentence: str) -> None:
        self.rule = rule
        super().__init__(f"{sentence} [{rule}]")


class Renewal(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="type", tag="renewal"):
    """What an agency seals.

    Attributes:
        v: 1.
        instance: the installation.
        agency: whose certificate it is.
        id: of this request, UUIDv7.
        at: when it was made.
        request: PKCS #10, DER, signed by the new key.
    """

    v: Literal[1]
    instance: Annotated[str, msgspec.Meta(max_length=32)]
    agency: AgencyId
    id: Uuid7
    at: Moment
    request: Annotated[bytes, msgspec.Meta(max_length=MAX_REQUEST_BYTES)]


@dataclass(frozen=True, slots=True)
class IssuingPolicy:
    """What the operator's authority renews.

    Attributes:
        lifetime: how long a new certificate lasts; never beyond the authority's own.
        earliest: how long before the end of the certificate in use it may be renewed.
    """

    lifetime: timedelta = timedelta(days=365)
    earliest: timedelta = timedelta(days=90)


@dataclass(frozen=True, slots=True)
class Asked:
    """A request that holds: for whom, with which certificate in use (DER), for which new key."""

    id: str
    agency: str
    current: bytes
    key: PublicKey


def renewal(agency: str, instance: str, request_id: str, now_ms: int, request_pem: bytes) -> bytes:
    """The bytes that the agency seals with the key in use.

    Raises:
        ValueError: it is no certificate request.
    """
    request = x509.load_pem_x509_csr(request_pem).public_bytes(_DER)
    return msgspec.json.encode(Renewal(1, instance, agency, request_id, moment(now_ms), request))


def judge(
    sealed: Sealed, current: bytes, authority: bytes, anchors: tuple[bytes, ...], *, instance: str, now_ms: int
) -> Asked:
    """Judge a request, step by step.

    1. the seal holds, fresh, by the certificate in use
    2. that certificate is the authority's own, for seals, valid now
    3. the request reads, is of this installation, and for the agency of that certificate
    4. the new key signed it, is of the closed list, and is new

    Args:
        sealed: the request with its seal; never believed.
        current: the certificate that it is sealed with, DER; never believed.
        authority: the certificate of the authority that judges, DER.
        anchors: roots above it, DER.
        instance: the installation.
        now_ms: the moment.

    Raises:
        RenewalRefusedError: which step does not hold.
    """
    at = datetime.fromtimestamp(now_ms / 1000, UTC)
    try:
        held = load_seal_certificate(current)
        verdict = check_seal(sealed, {held.x5t: held}, instance=instance, at_ms=now_ms)  # 1
        chain = check_chain(current, (authority,), anchors, at, Use.SEAL)  # 2
        own = parsed(current).issuer == parsed(authority).subject
        agency = subject_agency(current)
    except CertificateError as error:
        raise RenewalRefusedError("certificate", str(error)) from error
    if not verdict.passed:
        raise RenewalRefusedError("seal", f"the seal does not hold: {verdict.reason}")
    if not (chain.passed and own):
        raise RenewalRefusedError("chain", "the certificate in use is not one of this authority, or not valid now")
    return asked_of(sealed.envelope, current, held.public_key, agency or "", instance=instance, now_ms=now_ms)  # 3, 4


def asked_of(
    payload: bytes,
    current: bytes,
    held: PublicKey,
    agency: str | None,
    *,
    instance: str,
    now_ms: int,
    fresh_ms: int | None = None,
) -> Asked:
    """Steps 3 and 4, for seals and for links.

    Args:
        payload: what was signed.
        current: the certificate in use, DER.
        held: its key.
        agency: whom that certificate names; None where it names nobody.
        instance: the installation.
        now_ms: the moment.
        fresh_ms: how old a request may be; None where its seal says that.

    Raises:
        RenewalRefusedError: which step does not hold.
    """
    asked, at_ms = _read(payload)  # 3
    timely = at_ms <= now_ms + 30_000 and (fresh_ms is None or at_ms >= now_ms - fresh_ms)
    if asked.instance != instance or asked.agency != (asked.agency if agency is None else agency) or not timely:
        raise RenewalRefusedError("agency", "the request is for another agency, installation or time")
    key = key_of_request(asked.request)  # 4
    if key == held:
        raise RenewalRefusedError("same-key", "a renewal is for a new key")
    return Asked(asked.id, asked.agency, current, key)


def issue(asked: Asked, signer: Signer, policy: IssuingPolicy, now: datetime) -> bytes:
    """The new certificate, DER.

    Args:
        asked: a request that holds.
        signer: the authority's key with its certificate: ES256, ES384 or RS256.
        policy: the operator's limits.
        now: when it is issued, aware.

    Raises:
        RenewalRefusedError: too early, or the authority itself ends first.
    """
    current, authority = parsed(asked.current), parsed(signer.certificate)
    if current.not_valid_after_utc - now > policy.earliest:
        raise RenewalRefusedError("too-early", f"renewed from {policy.earliest.days} days before its end on")
    until = min(now + policy.lifetime, authority.not_valid_after_utc)
    if until <= current.not_valid_after_utc:
        raise RenewalRefusedError("authority-ends", "the authority's own certificate ends too early")
    builder = (
        x509.CertificateBuilder()
        .subject_name(current.subject)
        .issuer_name(authority.subject)
        .public_key(asked.key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - _BACKDATED)
        .not_valid_after(until)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(asked.key), critical=False)
        .add_extension(authority_key(authority), critical=False)
    )
    for extension in current.extensions:
        kept = isinstance(extension.value, (x509.KeyUsage, *_KEPT)) or extension.oid == _QC_STATEMENTS
        if kept:
            builder = builder.add_extension(extension.value, critical=extension.critical)
    return builder.sign(builder_key(signer), builder_hash(signer.alg)).public_bytes(_DER)


def _read(data: bytes) -> tuple[Renewal, int]:
    """A request, and its moment in ms since the epoch."""
    try:
        asked = msgspec.json.decode(data, type=Renewal)
        return asked, moment_ms(asked.at)
    except (msgspec.DecodeError, ValueError) as error:  # no UTF-8, a day that no month has
        raise RenewalRefusedError("format", "not a request for renewal") from error


def key_of_request(request: bytes) -> PublicKey:
    """The key of a certificate request (PKCS #10, DER) that it signed itself.

    Raises:
        RenewalRefusedError: it does not read, its key is outside the closed list, or did not sign it.
    """
    try:
        asked = x509.load_der_x509_csr(request)
        sound = asked.is_signature_valid
        key = admitted_key(asked.public_key())
    except (*UNREADABLE, OverflowError) as error:
        raise RenewalRefusedError("key", "the request does not read, or its key is outside the closed list") from error
    if not sound:
        raise RenewalRefusedError("key", "the new key did not sign the request")
    return key


def authority_key(authority: x509.Certificate) -> x509.AuthorityKeyIdentifier:
    """What names an authority's key in the certificates that it issues."""
    held = authority.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value
    return x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(held)
