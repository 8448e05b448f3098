"""What a server's certificate says of itself: days left, key, hash, and whether any of that is weak.

Promises: bytes in, values out; what cannot be read raises. Leaves out: trust and names, which the TLS handshake judged,
and seals, whose closed list is `signing.keys`.
Source: for what is weak, NIST SP 800-57 part 1 rev. 5 §5.6.1 (112 bits of strength: RSA 2048, curves of 224; we ask
for the next common curve, 256) and RFC 9155 (no MD5, no SHA-1).
"""

from __future__ import annotations

from typing import Final, NamedTuple

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed448, ed25519, rsa

from signing.chain import CertificateError, parsed

_WEAK_HASHES: Final = frozenset({"md5", "sha1"})


class ServerCertificate(NamedTuple):
    """One certificate.

    Attributes:
        not_after_s: end of validity, seconds since the epoch.
        key: such as "RSA 2048" or "EC secp256r1".
        bits: the key's size; 256 for Ed25519, 448 for Ed448.
        hash: such as "sha256"; empty where the signature has none of its own.
        weak: what is weak, empty when nothing is: "hash" or "key".
    """

    not_after_s: float
    key: str
    bits: int
    hash: str
    weak: str


def describe(der: bytes, *, rsa_bits: int, curve_bits: int) -> ServerCertificate:
    """Read a certificate.

    Args:
        der: the certificate.
        rsa_bits: the least size of an RSA key.
        curve_bits: the least size of an elliptic curve.

    Raises:
        CertificateError: it cannot be read.
    """
    certificate = parsed(der)
    try:
        key, algorithm = certificate.public_key(), certificate.signature_hash_algorithm
    except (ValueError, UnsupportedAlgorithm) as error:
        raise CertificateError("certificate: its key or signature is of no known kind") from error
    name, bits, strong = "other", 0, False
    if isinstance(key, rsa.RSAPublicKey):
        name, bits, strong = f"RSA {key.key_size}", key.key_size, key.key_size >= rsa_bits
    elif isinstance(key, ec.EllipticCurvePublicKey):
        name, bits, strong = f"EC {key.curve.name}", key.key_size, key.key_size >= curve_bits
    elif isinstance(key, ed25519.Ed25519PublicKey):
        name, bits, strong = "Ed25519", 256, True
    elif isinstance(key, ed448.Ed448PublicKey):
        name, bits, strong = "Ed448", 448, True
    elif isinstance(key, dsa.DSAPublicKey):
        name, bits = f"DSA {key.key_size}", key.key_size
    hashed = "" if algorithm is None else algorithm.name
    weak = "hash" if hashed in _WEAK_HASHES else "" if strong else "key"
    return ServerCertificate(certificate.not_valid_after_utc.timestamp(), name, bits, hashed, weak)
