"""Keys that sign somewhere else: in a token, in another process. Their certificates, and requests for them.

Promises: a key and a certificate go together only where the public keys are the same and of the closed list; what
somebody else signed is checked before it leaves as ours. Leaves out: how the signature is had, which is a function.

Sources: RFC 2986 (PKCS #10); RFC 7518 §3.1.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, NoReturn, TypeAlias

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.x509.oid import NameOID

from signing.keys import (
    Algorithm,
    KeyRefusedError,
    PrivateKey,
    PublicKey,
    Signer,
    accepted_spelling,
    admitted_key,
    algorithm_for,
    raw_from_der,
    verify,
)

Buffer: TypeAlias = bytes | bytearray | memoryview
RawSign: TypeAlias = Callable[[Algorithm, bytes], bytes]
"""Algorithm and data in, the JOSE signature out."""
_DER: Final = serialization.Encoding.DER
_PEM: Final = serialization.Encoding.PEM


class OutsideKey:
    """A public key whose private half is somewhere else, admitted to the closed list.

    Attributes:
        public: the public key.
        alg: what it signs with.
    """

    __slots__ = ("_sign", "alg", "public")

    def __init__(self, public_der: bytes, sign: RawSign, alg: str | None = None) -> None:
        """Take a key.

        Args:
            public_der: SubjectPublicKeyInfo, or PKCS #1 RSAPublicKey.
            sign: asks wherever the private key is.
            alg: JOSE name; None for the key's usual one.

        Raises:
            KeyRefusedError: unreadable, or outside the closed list.
        """
        try:
            public = serialization.load_der_public_key(public_der)
            wanted = None if alg is None else Algorithm(alg)
        except (ValueError, UnsupportedAlgorithm) as error:
            raise KeyRefusedError("key: not a readable public key, or an unknown algorithm") from error
        self.public: PublicKey = admitted_key(public)
        self.alg = algorithm_for(self.public, wanted)
        self._sign = sign

    def sign(self, data: bytes) -> bytes:
        """The JOSE signature over `data`, in its accepted spelling.

        Raises:
            KeyRefusedError: what came back is no signature of this key.
        """
        return accepted_spelling(self.alg, self._sign(self.alg, data))

    def prove(self, data: bytes) -> None:
        """Sign and verify: whoever signs for this key does hold it.

        Raises:
            KeyRefusedError: it does not.
        """
        if not verify(self.public, self.alg, self.sign(data), data):
            raise KeyRefusedError("key: what signs is another key than the public one beside it")

    def for_builders(self) -> PrivateKey:
        """The key as cryptography's builders of requests and certificates take one; it signs and does nothing else."""
        if isinstance(self.public, ec.EllipticCurvePublicKey):
            return _Ec(self, self.public)
        return _Rsa(self._sign, self.public)

    def certified_by(self, certificate: bytes) -> bytes:
        """The certificate, PEM or DER, as DER.

        Raises:
            KeyRefusedError: unreadable, or another key's.
        """
        try:
            pem = certificate.lstrip().startswith(b"-----BEGIN")
            read = x509.load_pem_x509_certificate if pem else x509.load_der_x509_certificate
            parsed = read(certificate)
            same = parsed.public_key() == self.public
        except (ValueError, UnsupportedAlgorithm) as error:
            raise KeyRefusedError("key: its certificate is not readable") from error
        if not same:
            raise KeyRefusedError("key: the certificate is another key's")
        return parsed.public_bytes(_DER)


def subject_of(certificate: bytes) -> bytes:
    """The subject of a DER certificate, DER."""
    return x509.load_der_x509_certificate(certificate).subject.public_bytes()


def pem_of(certificate: bytes) -> bytes:
    """A DER certificate as PEM."""
    return x509.load_der_x509_certificate(certificate).public_bytes(_PEM)


def request_for(key: OutsideKey, agency: str, *, common: str | None = None) -> bytes:
    """A certificate request (PKCS #10, PEM) of an agency, signed by the key itself.

    RSA keys sign it with PKCS #1 v1.5, whatever their seals use: every authority reads that.

    Args:
        key: whose certificate is asked for.
        agency: the agency id (`a100001`), which the subject carries as organizationIdentifier.
        common: the common name; "AGENCY seal" if left out.

    Raises:
        KeyRefusedError: the key does not sign.
    """
    subject = x509.Name(
        [
            x509.NameAttribute(NameOID.COUNTRY_NAME, "VN"),
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, agency),
            x509.NameAttribute(NameOID.COMMON_NAME, common or f"{agency} seal"),
            x509.NameAttribute(NameOID.ORGANIZATION_IDENTIFIER, agency),
        ]
    )
    builder = x509.CertificateSigningRequestBuilder().subject_name(subject)
    made = builder.sign(key.for_builders(), builder_hash(key.alg))
    if not made.is_signature_valid:
        raise KeyRefusedError("key: the request it signed does not verify")
    return made.public_bytes(_PEM)


def builder_key(signer: Signer) -> PrivateKey:
    """An authority's signer as cryptography's builders of certificates take a key.

    Raises:
        KeyRefusedError: PS256, with which builders here do not sign, or a key outside the closed list.
    """
    if signer.alg is Algorithm.PS256:
        raise KeyRefusedError("key: an authority signs with ES256, ES384 or RS256 (alg=RS256)")
    public = x509.load_der_x509_certificate(signer.certificate).public_key()
    der = public.public_bytes(_DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    return OutsideKey(der, lambda _, data: signer.sign(data), signer.alg.value).for_builders()


def builder_hash(alg: Algorithm) -> hashes.SHA256 | hashes.SHA384:
    """With what a builder must hash for a key of this algorithm."""
    return hashes.SHA384() if alg is Algorithm.ES384 else hashes.SHA256()


def new_key(agency: str, alg: Algorithm = Algorithm.ES256) -> tuple[bytes, bytes]:
    """A new key (PEM, PKCS #8, in the clear) on P-384 for ES384, else on P-256, and a request (PEM) of it."""
    wanted = Algorithm.ES384 if alg is Algorithm.ES384 else Algorithm.ES256
    key = ec.generate_private_key(ec.SECP384R1() if wanted is Algorithm.ES384 else ec.SECP256R1())
    der = key.public_key().public_bytes(_DER, serialization.PublicFormat.SubjectPublicKeyInfo)

    def sign(_: Algorithm, data: bytes) -> bytes:
        return raw_from_der(key.sign(data, ec.ECDSA(builder_hash(wanted))), wanted)

    plain = key.private_bytes(_PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    return plain, request_for(OutsideKey(der, sign), agency)


class _Ec(ec.EllipticCurvePrivateKey):
    """A key on a curve that only signs, for cryptography's builders."""

    def __init__(self, key: OutsideKey, public: ec.EllipticCurvePublicKey) -> None:
        self._key = key
        self._public = public

    def sign(self, data: Buffer, signature_algorithm: ec.EllipticCurveSignatureAlgorithm) -> bytes:
        """DER of the signature, with the digest of the key's own algorithm, which `builder_hash` has builders ask for.

        Raises:
            UnsupportedAlgorithm: another digest was asked for.
        """
        asked = signature_algorithm.algorithm
        if not isinstance(asked, type(builder_hash(self._key.alg))):
            raise UnsupportedAlgorithm("the key signs with another digest")
        raw = self._key.sign(bytes(data))
        half = len(raw) // 2
        return encode_dss_signature(int.from_bytes(raw[:half], "big"), int.from_bytes(raw[half:], "big"))

    def public_key(self) -> ec.EllipticCurvePublicKey:
        """The public half."""
        return self._public

    @property
    def curve(self) -> ec.EllipticCurve:
        """P-256 or P-384."""
        return self._public.curve

    @property
    def key_size(self) -> int:
        """256 or 384."""
        return self._public.key_size

    def exchange(self, algorithm: ec.ECDH, peer_public_key: ec.EllipticCurvePublicKey) -> NoReturn:
        """Refuse."""
        del algorithm, peer_public_key
        raise UnsupportedAlgorithm("the key only signs")

    def private_numbers(self) -> NoReturn:
        """Refuse."""
        raise UnsupportedAlgorithm("the key is outside")

    def private_bytes(self, *_: object, **__: object) -> NoReturn:
        """Refuse."""
        raise UnsupportedAlgorithm("the key is outside")

    def __copy__(self) -> _Ec:
        return self

    def __deepcopy__(self, memo: dict[int, object]) -> _Ec:
        return self


class _Rsa(rsa.RSAPrivateKey):
    """An RSA key that only signs, for cryptography's builders."""

    def __init__(self, sign: RawSign, public: rsa.RSAPublicKey) -> None:
        self._sign = sign
        self._public = public

    def sign(self, data: Buffer, padding: object, algorithm: object) -> bytes:
        """PKCS #1 v1.5 over SHA-256, as builders here ask for."""
        del padding, algorithm
        return self._sign(Algorithm.RS256, bytes(data))

    def public_key(self) -> rsa.RSAPublicKey:
        """The public half."""
        return self._public

    @property
    def key_size(self) -> int:
        """Bits of the modulus."""
        return self._public.key_size

    def decrypt(self, ciphertext: Buffer, padding: object) -> NoReturn:
        """Refuse."""
        del ciphertext, padding
        raise UnsupportedAlgorithm("the key only signs")

    def private_numbers(self) -> NoReturn:
        """Refuse."""
        raise UnsupportedAlgorithm("the key is outside")

    def private_bytes(self, *_: object, **__: object) -> NoReturn:
        """Refuse."""
        raise UnsupportedAlgorithm("the key is outside")

    def __copy__(self) -> _Rsa:
        return self

    def __deepcopy__(self, memo: dict[int, object]) -> _Rsa:
        return self
