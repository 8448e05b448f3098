"""An agency's first certificates: a seal's and a link's, issued by the operator's authority for a one-time token.

Promises: the token says for which agency and node; nothing else in the request decides that. Each new key signed its
own request and is of the closed list. Certificates have one profile: seals may sign and be relied on and do nothing
else, links dial and do nothing else; policies of the authority go with them, so that a development authority makes
development certificates. Leaves out: tokens and transport (`bus.certification`), registering, QC statements, which a
qualified provider adds.

Sources: RFC 2986; RFC 5280 §4.1, §4.2; RFC 7030 §4.2.1 (simple enrolment); ETSI EN 319 412-3 (organizationIdentifier).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated, Final, Literal

import msgspec
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.x509.oid import AuthorityInformationAccessOID, ExtendedKeyUsageOID, NameOID

from schemas.words import AgencyId, Uuid7
from signing.chain import parsed
from signing.keys import PublicKey, Signer
from signing.outside import builder_hash, builder_key
from signing.renewal import MAX_REQUEST_BYTES, RenewalRefusedError, authority_key, key_of_request

_DER: Final = serialization.Encoding.DER
_BACKDATED: Final = timedelta(minutes=5)


class Enrolment(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="type", tag="enrolment"):
    """What a node asks.

    Attributes:
        v: 1.
        instance: the installation.
        agency: whose certificates.
        id: of this request, UUIDv7; the same again gets what it got.
        token: the one-time token.
        seal: PKCS #10, DER, signed by the new seal key.
        link: the same of the new link key.
    """

    v: Literal[1]
    instance: Annotated[str, msgspec.Meta(max_length=32)]
    agency: AgencyId
    id: Uuid7
    token: Annotated[str, msgspec.Meta(max_length=100)]
    seal: Annotated[bytes, msgspec.Meta(max_length=MAX_REQUEST_BYTES)]
    link: Annotated[bytes, msgspec.Meta(max_length=MAX_REQUEST_BYTES)]


class Enrolled(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What it gets: both certificates and the authority's, DER; or the rule that refused it."""

    seal: bytes = b""
    link: bytes = b""
    authority: bytes = b""
    rule: str = ""


@dataclass(frozen=True, slots=True)
class Profile:
    """What first certificates say beside names and keys.

    Attributes:
        lifetime: how long they last; never beyond the authority's own.
        ocsp: address of the authority's OCSP responder; empty for none.
        revocation_list: address of its CRL; empty for none.
    """

    lifetime: timedelta = timedelta(days=365)
    ocsp: str = ""
    revocation_list: str = ""


def keys_of(asked: Enrolment) -> tuple[PublicKey, PublicKey]:
    """The new keys for seal and link.

    Raises:
        RenewalRefusedError: a request does not read, its key is outside the closed list or did not sign it, or one key
            is asked for twice.
    """
    seal, link = key_of_request(asked.seal), key_of_request(asked.link)
    if seal == link:
        raise RenewalRefusedError("same-key", "a seal and a link have keys of their own")
    return seal, link


def issue_seal(agency: str, key: PublicKey, signer: Signer, profile: Profile, now: datetime) -> bytes:
    """An agency's first seal certificate, DER."""
    builder = _begun(_subject(agency, f"{agency} seal"), key, signer, profile, now)
    usage = _usage(digital_signature=True, content_commitment=True)
    return _signed(builder.add_extension(usage, critical=True), signer)


def issue_link(agency: str, node: str, key: PublicKey, signer: Signer, profile: Profile, now: datetime) -> bytes:
    """A node's first link certificate, DER."""
    builder = _begun(_subject(agency, node), key, signer, profile, now)
    builder = builder.add_extension(_usage(digital_signature=True), critical=True)
    builder = builder.add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CLIENT_AUTH]), critical=False)
    return _signed(builder.add_extension(x509.SubjectAlternativeName([x509.DNSName(node)]), critical=False), signer)


def _begun(
    subject: x509.Name, key: PublicKey, signer: Signer, profile: Profile, now: datetime
) -> x509.CertificateBuilder:
    authority = parsed(signer.certificate)
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(authority.subject)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - _BACKDATED)
        .not_valid_after(min(now + profile.lifetime, authority.not_valid_after_utc))
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
        .add_extension(authority_key(authority), critical=False)
    )
    for extension in authority.extensions:
        if isinstance(extension.value, x509.CertificatePolicies):
            builder = builder.add_extension(extension.value, critical=extension.critical)
    if profile.ocsp:
        place = x509.UniformResourceIdentifier(profile.ocsp)
        access = x509.AuthorityInformationAccess([x509.AccessDescription(AuthorityInformationAccessOID.OCSP, place)])
        builder = builder.add_extension(access, critical=False)
    if profile.revocation_list:
        point = x509.DistributionPoint([x509.UniformResourceIdentifier(profile.revocation_list)], None, None, None)
        builder = builder.add_extension(x509.CRLDistributionPoints([point]), critical=False)
    return builder


def _signed(builder: x509.CertificateBuilder, signer: Signer) -> bytes:
    return builder.sign(builder_key(signer), builder_hash(signer.alg)).public_bytes(_DER)


def _subject(agency: str, common: str) -> x509.Name:
    return x509.Name(
        [
            x509.NameAttribute(NameOID.COUNTRY_NAME, "VN"),
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, agency),
            x509.NameAttribute(NameOID.COMMON_NAME, common),
            x509.NameAttribute(NameOID.ORGANIZATION_IDENTIFIER, agency),
        ]
    )


def _usage(*, digital_signature: bool = False, content_commitment: bool = False) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=digital_signature,
        content_commitment=content_commitment,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=False,
        crl_sign=False,
        encipher_only=False,
        decipher_only=False,
    )
