"""Signed containers for tests: a certificate authority with OCSP and CRLs, time-stamps by OpenSSL, every level."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cached_property
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.x509 import ocsp
from cryptography.x509.oid import AuthorityInformationAccessOID, ExtendedKeyUsageOID, NameOID
from seal_kit import rsa_key
from tsa_kit import Authority, content_of

from signing import asice, timestamp
from signing.packet import Packet
from signing.revocation import Evidence
from signing.xades_policy import Demands, SignatureTrust
from signing.xades_seal import File, begin

DER = serialization.Encoding.DER
NOW = datetime.now(UTC).replace(microsecond=0)
YEAR = timedelta(days=365)
FILES = (
    File("message.json", b'{"id":"one"}', "application/json"),
    File("đơn/tờ khai.xml", "<đơn>1</đơn>".encode(), "application/xml"),
)
SEALS = {"digital_signature": True, "content_commitment": True}
_QC = bytes.fromhex("30293008060604008e4601013008060604008e4601043013060604008e4601063009060704008e46010602")
"""QcCompliance, QcSSCD and QcType eSeal (ETSI EN 319 412-5): what EU tools ask of a qualified seal's certificate."""
Key = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey


def later(**span: float) -> datetime:
    """A moment after now."""
    return datetime.now(UTC).replace(microsecond=0) + timedelta(**span)


@dataclass
class Holder:
    """A certificate and its key."""

    key: Key
    certificate: x509.Certificate

    @property
    def der(self) -> bytes:
        return self.certificate.public_bytes(DER)

    @property
    def pem(self) -> bytes:
        return self.certificate.public_bytes(serialization.Encoding.PEM)

    @property
    def key_pem(self) -> bytes:
        return self.key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )

    def sign(self, data: bytes, *, pss: bool = False) -> bytes:
        """As XML Signature has it."""
        if isinstance(self.key, rsa.RSAPrivateKey):
            salted = padding.PSS(mgf=padding.MGF1(hashes.SHA256()), salt_length=padding.PSS.DIGEST_LENGTH)
            return self.key.sign(data, salted if pss else padding.PKCS1v15(), hashes.SHA256())
        length = self.key.curve.key_size // 8
        digest = hashes.SHA256() if length == 32 else hashes.SHA384()
        return b"".join(
            number.to_bytes(length, "big") for number in decode_dss_signature(self.key.sign(data, ec.ECDSA(digest)))
        )


@dataclass
class Ca:
    """A root, an issuing authority under it, and whatever they say."""

    name: str = "Test"
    since: datetime = field(default_factory=lambda: NOW - timedelta(days=30))

    def __post_init__(self) -> None:
        usage = {"key_cert_sign": True, "crl_sign": True}
        ca = x509.BasicConstraints(ca=True, path_length=None)
        self.root = self.make("root", None, usage, [(ca, True)], years=20)
        self.issuing = self.make("issuing", self.root, usage, [(ca, True)], years=15)

    def make(
        self,
        name: str,
        by: Holder | None,
        usage: dict[str, bool],
        more: list[tuple[x509.ExtensionType, bool]] | None = None,
        *,
        key: Key | None = None,
        years: float = 2,
        since: datetime | None = None,
    ) -> Holder:
        key = key or ec.generate_private_key(ec.SECP256R1())
        subject = self._subject(name)
        start = since or self.since
        builder = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(by.certificate.subject if by else subject)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(start)
            .not_valid_after(start + years * YEAR)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
            .add_extension(_usage(**usage), critical=True)
        )
        if by:
            held = by.certificate.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value
            builder = builder.add_extension(
                x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(held), critical=False
            )
        for extension, critical in more or ():
            builder = builder.add_extension(extension, critical=critical)
        return Holder(key, builder.sign(by.key if by else key, hashes.SHA256()))

    def signer(self, kind: str = "P-256", name: str = "a100001", **more: object) -> Holder:
        """A seal's certificate: P-256, P-384 or RSA."""
        key = {
            "P-256": lambda: ec.generate_private_key(ec.SECP256R1()),
            "P-384": lambda: ec.generate_private_key(ec.SECP384R1()),
            "RSA": rsa_key,
        }[kind]()
        access = x509.AccessDescription(
            AuthorityInformationAccessOID.OCSP, x509.UniformResourceIdentifier("http://127.0.0.1:9/ocsp")
        )
        seal = x509.UnrecognizedExtension(x509.ObjectIdentifier("1.3.6.1.5.5.7.1.3"), _QC)
        policy = x509.CertificatePolicies([x509.PolicyInformation(x509.ObjectIdentifier("0.4.0.194112.1.3"), None)])
        extensions = [(x509.AuthorityInformationAccess([access]), False), (seal, False), (policy, False)]
        return self.make(name, self.issuing, SEALS, extensions, key=key, **more)

    @cached_property
    def responder(self) -> Holder:
        more = [
            (x509.ExtendedKeyUsage([ExtendedKeyUsageOID.OCSP_SIGNING]), False),
            (x509.OCSPNoCheck(), False),
        ]
        return self.make("responder", self.issuing, {"digital_signature": True}, more)

    def ocsp(
        self,
        about: Holder,
        at: datetime,
        *,
        by: Holder | None = None,
        revoked_at: datetime | None = None,
        this_update: datetime | None = None,
    ) -> bytes:
        """An answer made at a moment, whatever the clock says."""
        by = by or self.responder
        status = ocsp.OCSPCertStatus.REVOKED if revoked_at else ocsp.OCSPCertStatus.GOOD
        builder = (
            ocsp.OCSPResponseBuilder()
            .add_response(
                about.certificate,
                self.issuing.certificate,
                hashes.SHA256(),
                status,
                this_update or at,
                at + timedelta(days=7),
                revoked_at,
                x509.ReasonFlags.key_compromise if revoked_at else None,
            )
            .responder_id(ocsp.OCSPResponderEncoding.NAME, by.certificate)
            .certificates([by.certificate])
        )
        return _made_at(builder.sign(by.key, hashes.SHA256()), at, by.key)

    def crl(self, at: datetime, *revoked: tuple[Holder, datetime], by: Holder | None = None, days: int = 60) -> bytes:
        by = by or self.root
        builder = (
            x509.CertificateRevocationListBuilder()
            .issuer_name(by.certificate.subject)
            .last_update(at)
            .next_update(at + timedelta(days=days))
            .add_extension(x509.CRLNumber(1), critical=False)
        )
        for one, since in revoked:
            entry = x509.RevokedCertificateBuilder().serial_number(one.certificate.serial_number).revocation_date(since)
            builder = builder.add_revoked_certificate(entry.build())
        return builder.sign(by.key, hashes.SHA256()).public_bytes(DER)

    def _subject(self, name: str) -> x509.Name:
        return x509.Name(
            [
                x509.NameAttribute(NameOID.COUNTRY_NAME, "VN"),
                x509.NameAttribute(NameOID.ORGANIZATION_NAME, self.name),
                x509.NameAttribute(NameOID.COMMON_NAME, f"{self.name} {name}"),
            ]
        )


@dataclass
class Bench:
    """Everything needed to make containers of every level, and the trust to judge them."""

    folder: Path
    ca: Ca = field(default_factory=Ca)

    def __post_init__(self) -> None:
        self.tsa = Authority(self.folder / "tsa")
        self.signer = self.ca.signer()

    @property
    def tsa_root(self) -> Holder:
        return Holder(self.tsa.key, self.tsa.root)

    @property
    def trust(self) -> SignatureTrust:
        return SignatureTrust((self.ca.root.der,), tuple(self.tsa.anchors))

    def b(self, signer: Holder | None = None, files: tuple[File, ...] = FILES, *, pss: bool = False) -> Packet:
        signer = signer or self.signer
        pending = begin(files, signer.der, later(), issuers=[self.ca.issuing.der], pss=pss)
        return pending.complete(signer.sign(pending.to_sign, pss=pss))

    def stamp(self, data: bytes, at: datetime | None = None, name: str = "tsa") -> bytes:
        """A token by OpenSSL's authority; at another moment than now, its content signed anew."""
        pending = timestamp.begin(data)
        token = pending.complete(self.tsa.reply(pending.request))
        if at is None and name == "tsa":
            return token
        content = content_of(token)
        place = content.index(b"\x18\x0f") + 2
        said = (at or later()).strftime("%Y%m%d%H%M%SZ").encode()
        return self.tsa.forge(content[:place] + said + content[place + 15 :], name)

    def t(self, signer: Holder | None = None, files: tuple[File, ...] = FILES, **more: object) -> Packet:
        packet = self.b(signer, files)
        return packet.stamped(self.stamp(packet.to_timestamp, **more))

    def evidence(self, signer: Holder | None = None, at: datetime | None = None) -> Evidence:
        at = at or later(seconds=2)
        lists = (self.ca.crl(at), self.ca.crl(at, by=self.tsa_root))
        return Evidence((self.ca.ocsp(signer or self.signer, at),), lists)

    def lt(self, signer: Holder | None = None, files: tuple[File, ...] = FILES) -> Packet:
        return self.t(signer, files).evidenced(self.evidence(signer), [self.ca.root.der, *self.tsa.anchors])

    def lta(self, signer: Holder | None = None) -> Packet:
        packet = self.lt(signer)
        return packet.stamped(self.stamp(packet.to_timestamp))

    def check(self, container: bytes | Packet, demands: Demands | None = None, at: datetime | None = None):
        data = container if isinstance(container, bytes) else container.container()
        return asice.check(data, self.trust, at or later(minutes=1), demands)


def _made_at(answer: ocsp.OCSPResponse, at: datetime, key: Key) -> bytes:
    """The same answer with another producedAt, signed anew: the builder takes the clock's alone."""
    tbs = answer.tbs_response_bytes
    old = b"\x18\x0f" + answer.produced_at_utc.strftime("%Y%m%d%H%M%SZ").encode()
    new = tbs.replace(old, b"\x18\x0f" + at.strftime("%Y%m%d%H%M%SZ").encode(), 1)
    while True:
        signature = (
            key.sign(new, ec.ECDSA(hashes.SHA256()))
            if isinstance(key, ec.EllipticCurvePrivateKey)
            else key.sign(new, padding.PKCS1v15(), hashes.SHA256())
        )
        if len(signature) == len(answer.signature):
            return answer.public_bytes(DER).replace(tbs, new).replace(answer.signature, signature)


def _usage(**bits: bool) -> x509.KeyUsage:
    names = ("digital_signature", "content_commitment", "key_encipherment", "data_encipherment", "key_agreement")
    none = dict.fromkeys((*names, "key_cert_sign", "crl_sign", "encipher_only", "decipher_only"), False)
    return x509.KeyUsage(**{**none, **bits})
