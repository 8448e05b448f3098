"""Seal keys: the closed list of algorithms, the signer port, and a signer that holds its key in memory.

Promises: ES256, PS256 and RS256 and nothing else; RSA moduli from 3072 to 8192 bits; signatures in JOSE form; an
ECDSA signature has one accepted spelling, the one with the lower s, so that a seal cannot be respelled on its way.
Leaves out: where keys are kept. Files, PKCS#11 tokens and key processes live in `bus.keystore` and give a `Signer`.

Sources: RFC 7518 §3.1, §3.3, §3.4, §3.5; FIPS 186-5 §5.1 (RSA exponent), §6 (ECDSA); RFC 7515 §4.1.8 (x5t#S256).
"""

from __future__ import annotations

from enum import StrEnum
from hashlib import sha256
from typing import Final, Protocol

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature

from schemas.text import b64url_encode


class Algorithm(StrEnum):
    """JOSE names of the seal algorithms, all over SHA-256."""

    ES256 = "ES256"
    PS256 = "PS256"
    RS256 = "RS256"


class KeyRefusedError(ValueError):
    """A key or signature is outside the closed list; the message names the rule."""


class Signer(Protocol):
    """Something that holds a seal key: a file, a token, a process, memory."""

    @property
    def alg(self) -> Algorithm:
        """The algorithm that the certificate is registered for."""

    @property
    def x5t(self) -> str:
        """SHA-256 thumbprint of the certificate, base64url, 43 characters."""

    @property
    def certificate(self) -> bytes:
        """The certificate, DER."""

    def sign(self, data: bytes) -> bytes:
        """The JOSE signature over `data`: r ‖ s (64 bytes) for ES256, the modulus' length for RSA."""


PublicKey = ec.EllipticCurvePublicKey | rsa.RSAPublicKey
PrivateKey = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey

MIN_RSA_BITS: Final = 3072
MAX_RSA_BITS: Final = 8192
_MIN_RSA_EXPONENT: Final = 65537
_P256_ORDER: Final = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
_P256_HALF_ORDER: Final = _P256_ORDER // 2
_P256_FIELD_BYTES: Final = 32
_ES256_BYTES: Final = 2 * _P256_FIELD_BYTES

_SHA256: Final = hashes.SHA256()
_ECDSA: Final = ec.ECDSA(_SHA256)
_PSS: Final = padding.PSS(mgf=padding.MGF1(_SHA256), salt_length=padding.PSS.DIGEST_LENGTH)
_PKCS1: Final = padding.PKCS1v15()


def thumbprint(certificate_der: bytes) -> str:
    """SHA-256 of a DER certificate, base64url without padding (RFC 7515 §4.1.8)."""
    return b64url_encode(sha256(certificate_der).digest())


def admitted_key(key: object) -> PublicKey:
    """Return `key` if seals may be made with it.

    Raises:
        KeyRefusedError: not P-256 and not RSA of 3072 to 8192 bits with an exponent from 65537.
    """
    if isinstance(key, ec.EllipticCurvePublicKey):
        if not isinstance(key.curve, ec.SECP256R1):
            raise KeyRefusedError("key: an elliptic curve key must be on P-256")
        return key
    if isinstance(key, rsa.RSAPublicKey):
        if not MIN_RSA_BITS <= key.key_size <= MAX_RSA_BITS:
            raise KeyRefusedError(f"key: RSA has {MIN_RSA_BITS} to {MAX_RSA_BITS} bits")
        if key.public_numbers().e < _MIN_RSA_EXPONENT:
            raise KeyRefusedError(f"key: the RSA exponent is at least {_MIN_RSA_EXPONENT}")
        return key
    raise KeyRefusedError("key: neither P-256 nor RSA")


def algorithm_for(key: PublicKey, registered: Algorithm | None = None) -> Algorithm:
    """The algorithm of a key: the registered one, or ES256 for P-256 and PS256 for RSA.

    Raises:
        KeyRefusedError: the registered algorithm is for another kind of key.
    """
    on_curve = isinstance(key, ec.EllipticCurvePublicKey)
    if registered is None:
        return Algorithm.ES256 if on_curve else Algorithm.PS256
    if on_curve != (registered is Algorithm.ES256):
        raise KeyRefusedError("key: the registered algorithm is for another kind of key")
    return registered


def verify(key: PublicKey, alg: Algorithm, signature: bytes, data: bytes) -> bool:
    """Whether `signature` (JOSE form, the accepted spelling only) is `key`'s over `data`."""
    try:
        if isinstance(key, ec.EllipticCurvePublicKey):
            key.verify(_der_from_raw(signature), data, _ECDSA)
        else:
            key.verify(signature, data, _PSS if alg is Algorithm.PS256 else _PKCS1, _SHA256)
    except (InvalidSignature, KeyRefusedError):
        return False
    return True


def accepted_spelling(alg: Algorithm, signature: bytes) -> bytes:
    """The one spelling of a JOSE signature that `verify` takes: for ES256 the one with the lower s.

    Raises:
        KeyRefusedError: the length or a number is impossible for the algorithm.
    """
    if alg is not Algorithm.ES256:
        if not MIN_RSA_BITS // 8 <= len(signature) <= MAX_RSA_BITS // 8:
            raise KeyRefusedError("signature: an RSA signature is as long as its modulus")
        return signature
    r, s = _numbers_from_raw(signature)
    return _raw_from_numbers(r, min(s, _P256_ORDER - s))


def raw_from_der(signature: bytes) -> bytes:
    """An ES256 signature in JOSE form from DER (RFC 3279 §2.2.3), as most libraries and tokens give it."""
    return _raw_from_numbers(*decode_dss_signature(signature))


class MemorySigner:
    """A `Signer` whose key stands in this process' memory: development, tests, small nodes."""

    __slots__ = ("_key", "alg", "certificate", "x5t")

    def __init__(self, key: PrivateKey, certificate: bytes, alg: Algorithm) -> None:
        self._key = key
        self.certificate = certificate
        self.alg = alg
        self.x5t = thumbprint(certificate)

    def sign(self, data: bytes) -> bytes:
        """The JOSE signature over `data`."""
        if isinstance(self._key, ec.EllipticCurvePrivateKey):
            return raw_from_der(self._key.sign(data, _ECDSA))
        return self._key.sign(data, _PSS if self.alg is Algorithm.PS256 else _PKCS1, _SHA256)


def load_signer(
    key_pem: bytes, certificate_pem: bytes, *, alg: Algorithm | None = None, password: bytes | None = None
) -> MemorySigner:
    """A signer from a PEM private key (PKCS#8 or traditional) and its PEM certificate.

    Raises:
        KeyRefusedError: unreadable, outside the closed list, or the certificate is another key's.
    """
    try:
        key = serialization.load_pem_private_key(key_pem, password)
        certificate = x509.load_pem_x509_certificate(certificate_pem)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise KeyRefusedError("key: not a readable PEM key with its certificate, or a wrong password") from error
    if not isinstance(key, ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey):
        raise KeyRefusedError("key: neither P-256 nor RSA")
    public = admitted_key(key.public_key())
    if public != certificate.public_key():
        raise KeyRefusedError("key: the certificate is another key's")
    der = certificate.public_bytes(serialization.Encoding.DER)
    return MemorySigner(key, der, algorithm_for(public, alg))


def _numbers_from_raw(signature: bytes) -> tuple[int, int]:
    """R and s of an ES256 signature, each within 1 to n - 1."""
    if len(signature) != _ES256_BYTES:
        raise KeyRefusedError("signature: an ES256 signature has 64 bytes")
    r = int.from_bytes(signature[:_P256_FIELD_BYTES], "big")
    s = int.from_bytes(signature[_P256_FIELD_BYTES:], "big")
    if not (0 < r < _P256_ORDER and 0 < s < _P256_ORDER):
        raise KeyRefusedError("signature: r and s lie between 1 and the order of the curve")
    return r, s


def _raw_from_numbers(r: int, s: int) -> bytes:
    return r.to_bytes(_P256_FIELD_BYTES, "big") + s.to_bytes(_P256_FIELD_BYTES, "big")


def _der_from_raw(signature: bytes) -> bytes:
    r, s = _numbers_from_raw(signature)
    if s > _P256_HALF_ORDER:
        raise KeyRefusedError("signature: of the two spellings of an ES256 signature, only the lower s is taken")
    return encode_dss_signature(r, s)
