"""A certificate authority for development and tests: a root, an issuing authority, seal and link certificates.

Promises: the same shapes as in production (critical key usages, extended key usages, path length limits, SHA-256),
so that what passes here passes `chain.check_chain`; each certificate says by its policy that it is for development
(`is_development`); nothing is written anywhere and `now` is an argument.
Leaves out: its services (`devtsa`, `devocsp`), any care of the keys it returns in the clear. Never for production.

Sources: RFC 5280 §4.2.1; ETSI EN 319 412-3 §4 (certificates of legal persons: organizationIdentifier);
ETSI EN 319 412-5 §4.2, §4.3 (QcStatements, which EU tools ask of a seal's certificate).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from ipaddress import ip_address
from typing import Final, Self

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import AuthorityInformationAccessOID, ExtendedKeyUsageOID, NameOID

from signing.devocsp import crl
from signing.keys import PrivateKey, PublicKey, admitted_key

ROOT_YEARS: Final = 10
ISSUING_YEARS: Final = 5
DEVELOPMENT_POLICY: Final = x509.ObjectIdentifier("2.25.144103871989411281095068640064496301568")
"""Stands as a certificate policy in all that this authority issues (an arc by UUID, ITU-T X.667 §7)."""
_QC_SEAL: Final = bytes.fromhex("301f3008060604008e4601013013060604008e4601063009060704008e46010602")
"""QcCompliance and QcType eSeal: on a certificate that says it is for development they bind nobody."""
_QCP_LEGAL: Final = x509.PolicyInformation(x509.ObjectIdentifier("0.4.0.194112.1.1"), None)
_BACKDATED: Final = timedelta(minutes=5)  # a neighbour's clock may be behind when a fresh certificate reaches it
_DEVELOPMENT: Final = x509.PolicyInformation(DEVELOPMENT_POLICY, None)
_CURVE: Final = ec.SECP256R1()
_PEM: Final = serialization.Encoding.PEM
_NO_USAGE: Final = dict.fromkeys(
    (
        "digital_signature",
        "content_commitment",
        "key_encipherment",
        "data_encipherment",
        "key_agreement",
        "key_cert_sign",
        "crl_sign",
        "encipher_only",
        "decipher_only",
    ),
    False,
)


@dataclass(frozen=True, slots=True)
class Issued:
    """One certificate with its private key.

    Attributes:
        certificate: PEM.
        key: PEM, PKCS#8, in the clear.
        chain: PEM of the certificate followed by its issuing authority, as TLS servers present it.
    """

    certificate: bytes
    key: bytes
    chain: bytes

    @property
    def der(self) -> bytes:
        """The certificate as DER."""
        return x509.load_pem_x509_certificate(self.certificate).public_bytes(serialization.Encoding.DER)


class DevPki:
    """A root (path length 1) and one issuing authority (path length 0), both P-256.

    Attributes:
        root: the anchor, PEM.
        issuing: the issuing authority's certificate, PEM.
        issuing_key: its private key, PEM; the root's key is dropped after use.
        root_crl: the root's one list of revoked authorities, empty, for as long as the root lives, DER; made with it.
        services: where the OCSP responder and the CRL are (`http://127.0.0.1:8491`); empty: certificates name none.
    """

    __slots__ = ("_authority", "_authority_key", "issuing", "issuing_key", "root", "root_crl", "services")

    def __init__(
        self, root: bytes, issuing: bytes, issuing_key: bytes, *, root_crl: bytes = b"", services: str = ""
    ) -> None:
        key = serialization.load_pem_private_key(issuing_key, None)
        if not isinstance(key, ec.EllipticCurvePrivateKey):
            raise TypeError("devpki: the issuing key is a P-256 key")
        self.root = root
        self.issuing = issuing
        self.issuing_key = issuing_key
        self.root_crl = root_crl
        self.services = services
        self._authority = x509.load_pem_x509_certificate(issuing)
        self._authority_key = key

    @classmethod
    def create(cls, now: datetime, *, name: str = "Lienthong development", services: str = "") -> Self:
        """A new root and issuing authority, valid from five minutes before `now` (aware)."""
        root_key, issuing_key = ec.generate_private_key(_CURVE), ec.generate_private_key(_CURVE)
        root_name = _name(organization=name, common=f"{name} root")
        root = _authority(root_name, root_key, now, ROOT_YEARS, 1).issuer_name(root_name)
        root_certificate = root.sign(root_key, hashes.SHA256())
        issuing = _authority(_name(organization=name, common=f"{name} issuing"), issuing_key, now, ISSUING_YEARS, 0)
        issuing_certificate = _issued_by(issuing, root_certificate).sign(root_key, hashes.SHA256())
        root_pem = root_certificate.public_bytes(_PEM)
        lifetime = timedelta(days=365 * ROOT_YEARS)
        root_crl = crl(root_pem, _key_pem(root_key), {}, now - _BACKDATED, lifetime)
        issuing_pem = issuing_certificate.public_bytes(_PEM)
        return cls(root_pem, issuing_pem, _key_pem(issuing_key), root_crl=root_crl, services=services)

    @property
    def anchors(self) -> list[bytes]:
        """The root as DER, for `check_chain`."""
        return [_der(self.root)]

    @property
    def intermediates(self) -> list[bytes]:
        """The issuing authority as DER, for `check_chain`."""
        return [_der(self.issuing)]

    def seal(self, agency: str, now: datetime, *, days: int = 365, key: PrivateKey | None = None) -> Issued:
        """A seal certificate of an agency (`a100001`): digitalSignature and contentCommitment, P-256 unless given."""
        key = key or ec.generate_private_key(_CURVE)
        certificate = self._sealing(agency, key.public_key(), now, days)
        return Issued(certificate, _key_pem(key), certificate + self.issuing)

    def _sealing(self, agency: str, key: PublicKey, now: datetime, days: int) -> bytes:
        subject = _name(organization=agency, common=f"{agency} seal", identifier=agency)
        usage = _usage(digital_signature=True, content_commitment=True)
        valid = _valid(subject, key, now, timedelta(days=days), _QCP_LEGAL).add_extension(usage, critical=True)
        statements = x509.UnrecognizedExtension(x509.ObjectIdentifier("1.3.6.1.5.5.7.1.3"), _QC_SEAL)
        return self._certified(self._served(valid.add_extension(statements, critical=False)))

    def time_stamping(self, now: datetime, *, days: int = 365 * ISSUING_YEARS - 1) -> Issued:
        """A time-stamping authority's certificate: for nothing else (RFC 3161 §2.3)."""
        usage = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.TIME_STAMPING])
        return self._service("time-stamping", now, days, [(usage, True)])

    def responder(self, now: datetime, *, days: int = 365 * ISSUING_YEARS - 1) -> Issued:
        """An OCSP responder's certificate, whose own revocation nobody asks for (RFC 6960 §4.2.2.2)."""
        usage = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.OCSP_SIGNING])
        return self._service("OCSP", now, days, [(usage, False), (x509.OCSPNoCheck(), False)])

    def _service(self, name: str, now: datetime, days: int, more: list[tuple[x509.ExtensionType, bool]]) -> Issued:
        key = ec.generate_private_key(_CURVE)
        subject = _name(organization="Lienthong development", common=f"Lienthong development {name}")
        builder = _valid(subject, key.public_key(), now, timedelta(days=days))
        builder = builder.add_extension(_usage(digital_signature=True), critical=True)
        for extension, critical in more:
            builder = builder.add_extension(extension, critical=critical)
        return self._issue(self._served(builder), key)

    def _served(self, builder: x509.CertificateBuilder) -> x509.CertificateBuilder:
        """Name the authority's services in a certificate, where there are any."""
        if not self.services:
            return builder
        responder = x509.AccessDescription(
            AuthorityInformationAccessOID.OCSP, x509.UniformResourceIdentifier(f"{self.services}/ocsp")
        )
        where = x509.DistributionPoint(
            [x509.UniformResourceIdentifier(f"{self.services}/issuing.crl")], None, None, None
        )
        return builder.add_extension(x509.AuthorityInformationAccess([responder]), critical=False).add_extension(
            x509.CRLDistributionPoints([where]), critical=False
        )

    def issue_for(self, request: bytes, agency: str, now: datetime, *, days: int = 365) -> bytes:
        """A seal certificate (PEM) for the key of a certificate request (PKCS #10, PEM) that the key has signed.

        Raises:
            ValueError: unreadable, not signed by its key, or the key is outside the closed list.
        """
        asked = x509.load_pem_x509_csr(request)
        if not asked.is_signature_valid:
            raise ValueError("devpki: the request is not signed by its key")
        return self._sealing(agency, admitted_key(asked.public_key()), now, days)

    def link_client(self, name: str, now: datetime, *, days: int = 365) -> Issued:
        """A certificate with which a node dials a hub."""
        return self._link(name, now, days, ExtendedKeyUsageOID.CLIENT_AUTH, [x509.DNSName(name)])

    def link_server(self, names: Sequence[str], now: datetime, *, days: int = 365) -> Issued:
        """A certificate of a hub's worker for host names and IP addresses, the first of which is its common name."""
        return self._link(names[0], now, days, ExtendedKeyUsageOID.SERVER_AUTH, [_general_name(name) for name in names])

    def _link(
        self, name: str, now: datetime, days: int, purpose: x509.ObjectIdentifier, names: list[x509.GeneralName]
    ) -> Issued:
        key = ec.generate_private_key(_CURVE)
        builder = (
            _valid(_name(organization="link", common=name), key.public_key(), now, timedelta(days=days))
            .add_extension(_usage(digital_signature=True), critical=True)
            .add_extension(x509.ExtendedKeyUsage([purpose]), critical=False)
            .add_extension(x509.SubjectAlternativeName(names), critical=False)
        )
        return self._issue(builder, key)

    def _issue(self, builder: x509.CertificateBuilder, key: PrivateKey) -> Issued:
        pem = self._certified(builder)
        return Issued(pem, _key_pem(key), pem + self.issuing)

    def _certified(self, builder: x509.CertificateBuilder) -> bytes:
        builder = builder.add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        return _issued_by(builder, self._authority).sign(self._authority_key, hashes.SHA256()).public_bytes(_PEM)


def is_development(der: bytes) -> bool:
    """Whether a certificate says that a development authority issued it.

    Raises:
        ValueError: not a certificate.
    """
    certificate = x509.load_der_x509_certificate(der)
    try:
        policies = certificate.extensions.get_extension_for_class(x509.CertificatePolicies).value
    except x509.ExtensionNotFound:
        return False
    return any(policy.policy_identifier == DEVELOPMENT_POLICY for policy in policies)


def _authority(
    subject: x509.Name, key: PrivateKey, now: datetime, years: int, path_length: int
) -> x509.CertificateBuilder:
    return (
        _valid(subject, key.public_key(), now, timedelta(days=365 * years))
        .add_extension(x509.BasicConstraints(ca=True, path_length=path_length), critical=True)
        .add_extension(_usage(key_cert_sign=True, crl_sign=True), critical=True)
    )


def _valid(
    subject: x509.Name, key: PublicKey, now: datetime, lifetime: timedelta, *policies: x509.PolicyInformation
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - _BACKDATED)
        .not_valid_after(now + lifetime)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
        .add_extension(x509.CertificatePolicies([_DEVELOPMENT, *policies]), critical=False)
    )


def _issued_by(builder: x509.CertificateBuilder, issuer: x509.Certificate) -> x509.CertificateBuilder:
    identifier = issuer.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value
    return builder.issuer_name(issuer.subject).add_extension(
        x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(identifier), critical=False
    )


def _usage(**bits: bool) -> x509.KeyUsage:
    return x509.KeyUsage(**{**_NO_USAGE, **bits})


def _name(*, organization: str, common: str, identifier: str | None = None) -> x509.Name:
    parts = [
        x509.NameAttribute(NameOID.COUNTRY_NAME, "VN"),
        x509.NameAttribute(NameOID.ORGANIZATION_NAME, organization),
        x509.NameAttribute(NameOID.COMMON_NAME, common),
    ]
    if identifier is not None:
        parts.append(x509.NameAttribute(NameOID.ORGANIZATION_IDENTIFIER, identifier))
    return x509.Name(parts)


def _general_name(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ip_address(name))
    except ValueError:
        return x509.DNSName(name)


def _key_pem(key: PrivateKey) -> bytes:
    return key.private_bytes(_PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())


def _der(pem: bytes) -> bytes:
    return x509.load_pem_x509_certificate(pem).public_bytes(serialization.Encoding.DER)
