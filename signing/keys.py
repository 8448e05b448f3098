"""Seal keys: the closed list of algorithms, the signer port, and a signer that holds its key in memory.

Promises: ES256, ES384, PS256 and RS256 and nothing else; RSA moduli from 3072 to 8192 bits; signatures in JOSE form; an
ECDSA signature has one accepted spelling, the one with the lower s, so that a seal cannot be respelled on its way.
Leaves out: where keys are kept. Files, PKCS#11 tokens and key processes live in `bus.keystore` and give a `Signer`.

Sources: RFC 7518 §3.1, §3.3, §3.4, §3.5; FIPS 186-5 §5.1 (RSA exponent), §6 (ECDSA); RFC 7515 §4.1.8 (x5t#S256).
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from hashlib import sha256, sha384
from typing import Final, NamedTuple, Protocol

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature

from schemas.text import b64url_encode


class Algorithm(StrEnum):
    """JOSE names of the seal algorithms, over SHA-256 but for ES384, which is over SHA-384."""

    ES256 = "ES256"
    ES384 = "ES384"
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
        """The JOSE signature over `data`: r ‖ s (64 bytes for ES256, 96 for ES384), the modulus' length for RSA."""


PublicKey = ec.EllipticCurvePublicKey | rsa.RSAPublicKey
PrivateKey = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey

MIN_RSA_BITS: Final = 3072
MAX_RSA_BITS: Final = 8192
_MIN_RSA_EXPONENT: Final = 65537
_P256_ORDER: Final = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
_P384_ORDER: Final = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFC7634D81F4372DDF581A0DB248B0A77AECEC196ACCC52973

_SHA256: Final = hashes.SHA256()


class _Curve(NamedTuple):
    """What ECDSA on one curve is: its order, half of it, the bytes of a number, the digest."""

    order: int
    half: int
    width: int
    ecdsa: ec.ECDSA


_CURVES: Final[Mapping[Algorithm, _Curve]] = {
    Algorithm.ES256: _Curve(_P256_ORDER, _P256_ORDER // 2, 32, ec.ECDSA(_SHA256)),
    Algorithm.ES384: _Curve(_P384_ORDER, _P384_ORDER // 2, 48, ec.ECDSA(hashes.SHA384())),
}
_PSS: Final = padding.PSS(mgf=padding.MGF1(_SHA256), salt_length=padding.PSS.DIGEST_LENGTH)
_PKCS1: Final = padding.PKCS1v15()


def thumbprint(certificate_der: bytes) -> str:
    """SHA-256 of a DER certificate, base64url without padding (RFC 7515 §4.1.8)."""
    return b64url_encode(sha256(certificate_der).digest())


def admitted_key(key: object) -> PublicKey:
    """Return `key` if seals may be made with it.

    Raises:
        KeyRefusedError: not P-256, not P-384 and not RSA of 3072 to 8192 bits with an exponent from 65537.
    """
    if isinstance(key, ec.EllipticCurvePublicKey):
        if not isinstance(key.curve, (ec.SECP256R1, ec.SECP384R1)):
            raise KeyRefusedError("key: an elliptic curve key must be on P-256 or P-384")
        return key
    if isinstance(key, rsa.RSAPublicKey):
        if not MIN_RSA_BITS <= key.key_size <= MAX_RSA_BITS:
            raise KeyRefusedError(f"key: RSA has {MIN_RSA_BITS} to {MAX_RSA_BITS} bits")
        if key.public_numbers().e < _MIN_RSA_EXPONENT:
            raise KeyRefusedError(f"key: the RSA exponent is at least {_MIN_RSA_EXPONENT}")
        return key
    raise KeyRefusedError("key: neither on a curve of the list nor RSA")


def algorithm_for(key: PublicKey, registered: Algorithm | None = None) -> Algorithm:
    """The algorithm of a key: the registered one, or ES256 for P-256, ES384 for P-384 and PS256 for RSA.

    Raises:
        KeyRefusedError: the registered algorithm is for another kind of key.
    """
    if isinstance(key, ec.EllipticCurvePublicKey):
        lawful = [Algorithm.ES256 if isinstance(key.curve, ec.SECP256R1) else Algorithm.ES384]
    else:
        lawful = [Algorithm.PS256, Algorithm.RS256]
    if registered is None:
        return lawful[0]
    if registered not in lawful:
        raise KeyRefusedError("key: the registered algorithm is for another kind of key")
    return registered


def digest_for(alg: Algorithm, data: bytes) -> bytes:
    """The digest of `data` that an algorithm signs: SHA-384 for ES384, else SHA-256."""
    return (sha384 if alg is Algorithm.ES384 else sha256)(data).digest()


def verify(key: PublicKey, alg: Algorithm, signature: bytes, data: bytes) -> bool:
    """Whether `signature` (JOSE form, the accepted spelling only) is `key`'s over `data`."""
    try:
        if isinstance(key, ec.EllipticCurvePublicKey):
            curve = _curve(alg)
            key.verify(_der_from_raw(curve, signature), data, curve.ecdsa)
        else:
            key.verify(signature, data, _padding(alg), _SHA256)
    except (InvalidSignature, KeyRefusedError):
        return False
    return True


def accepted_spelling(alg: Algorithm, signature: bytes) -> bytes:
    """The one spelling of a JOSE signature that `verify` takes: on a curve the one with the lower s.

    Raises:
        KeyRefusedError: the length or a number is impossible for the algorithm.
    """
    if alg not in _CURVES:
        if not MIN_RSA_BITS // 8 <= len(signature) <= MAX_RSA_BITS // 8:
            raise KeyRefusedError("signature: an RSA signature is as long as its modulus")
        return signature
    curve = _CURVES[alg]
    r, s = _numbers_from_raw(curve, signature)
    return _raw_from_numbers(curve, r, min(s, curve.order - s))


def raw_from_der(signature: bytes, alg: Algorithm = Algorithm.ES256) -> bytes:
    """An ECDSA signature in JOSE form from DER (RFC 3279 §2.2.3), as most libraries and tokens give it."""
    return _raw_from_numbers(_curve(alg), *decode_dss_signature(signature))


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
            return raw_from_der(self._key.sign(data, _curve(self.alg).ecdsa), self.alg)
        return self._key.sign(data, _padding(self.alg), _SHA256)


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
        raise KeyRefusedError("key: neither on a curve of the list nor RSA")
    public = admitted_key(key.public_key())
    if public != certificate.public_key():
        raise KeyRefusedError("key: the certificate is another key's")
    der = certificate.public_bytes(serialization.Encoding.DER)
    return MemorySigner(key, der, algorithm_for(public, alg))


def _curve(alg: Algorithm) -> _Curve:
    """What an algorithm on a curve is.

    Raises:
        KeyRefusedError: it is RSA's.
    """
    if alg not in _CURVES:
        raise KeyRefusedError("key: the algorithm is for another kind of key")
    return _CURVES[alg]


def _padding(alg: Algorithm) -> padding.PSS | padding.PKCS1v15:
    """The padding of an RSA algorithm.

    Raises:
        KeyRefusedError: it is a curve's.
    """
    if alg in _CURVES:
        raise KeyRefusedError("key: the algorithm is for another kind of key")
    return _PSS if alg is Algorithm.PS256 else _PKCS1


def _numbers_from_raw(curve: _Curve, signature: bytes) -> tuple[int, int]:
    """R and s of an ECDSA signature, each within 1 to n - 1."""
    if len(signature) != 2 * curve.width:
        raise KeyRefusedError(f"signature: an ECDSA signature on this curve has {2 * curve.width} bytes")
    r = int.from_bytes(signature[: curve.width], "big")
    s = int.from_bytes(signature[curve.width :], "big")
    if not (0 < r < curve.order and 0 < s < curve.order):
        raise KeyRefusedError("signature: r and s lie between 1 and the order of the curve")
    return r, s


def _raw_from_numbers(curve: _Curve, r: int, s: int) -> bytes:
    return r.to_bytes(curve.width, "big") + s.to_bytes(curve.width, "big")


def _der_from_raw(curve: _Curve, signature: bytes) -> bytes:
    r, s = _numbers_from_raw(curve, signature)
    if s > curve.half:
        raise KeyRefusedError("signature: of the two spellings of an ECDSA signature, only the lower s is taken")
    return encode_dss_signature(r, s)
