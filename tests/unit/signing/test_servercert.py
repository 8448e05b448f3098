"""What is weak in a server's certificate, and what is not."""

from __future__ import annotations

import base64
from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed448, ed25519, rsa
from cryptography.x509.oid import NameOID

from signing.chain import CertificateError
from signing.servercert import describe

NOW = datetime(2026, 11, 22, tzinfo=UTC)
LEAST = {"rsa_bits": 2048, "curve_bits": 256}
SHA1 = (
    "MIIBbTCCARSgAwIBAgIUXr7K1lZucKGCDYsSo+TrdtkdyVQwCQYHKoZIzj0EATAMMQowCAYDVQQDDAF0MCAXDTI2MTEyMjEyMjY1"
    "MloYDzIxMjYxMDI5MTIyNjUyWjAMMQowCAYDVQQDDAF0MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEwjn7dVQkvbnnzvbnFPE0"
    "gJ7IE+g7mq3xFHAc83M0/y4bX20nk5ADRVmb//1bFbKYPYNFiDdITYIlG/jgJFYT9aNTMFEwHQYDVR0OBBYEFFy0VAnr6G69tN2W"
    "QsDcUmvUAS6aMB8GA1UdIwQYMBaAFFy0VAnr6G69tN2WQsDcUmvUAS6aMA8GA1UdEwEB/wQFMAMBAf8wCQYHKoZIzj0EAQNIADBF"
    "AiEAnjgYvp3GDDtDc+MQ0mLQPklgU8y0lSPsXtdsIqccuVoCIDD4wcO4p/GggZeU8Vx1dZXOTNuYq5HF1GeVDKNYl1BH"
)
NAME = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "register.test")])


def certificate(key: object, algorithm: hashes.HashAlgorithm | None) -> bytes:
    made = (
        x509.CertificateBuilder()
        .subject_name(NAME)
        .issuer_name(NAME)
        .public_key(key.public_key())  # type: ignore[attr-defined]
        .serial_number(1)
        .not_valid_before(NOW)
        .not_valid_after(NOW + timedelta(days=60))
        .sign(key, algorithm)  # type: ignore[arg-type]
    )
    return made.public_bytes(serialization.Encoding.DER)


KEYS = {
    "RSA 2048": lambda: rsa.generate_private_key(65537, 2048),
    "RSA 1024": lambda: rsa.generate_private_key(65537, 1024),  # noqa: S505 - weak on purpose
    "EC secp256r1": lambda: ec.generate_private_key(ec.SECP256R1()),
    "EC secp192r1": lambda: ec.generate_private_key(ec.SECP192R1()),
    "Ed25519": ed25519.Ed25519PrivateKey.generate,
    "Ed448": ed448.Ed448PrivateKey.generate,
}


@pytest.mark.parametrize("name", KEYS)
def test_a_key(name: str):
    found = describe(certificate(KEYS[name](), None if name.startswith("Ed") else hashes.SHA256()), **LEAST)
    assert found.key == name
    assert found.weak == ("key" if name in {"RSA 1024", "EC secp192r1"} else "")
    assert found.not_after_s == (NOW + timedelta(days=60)).timestamp()


def test_a_hash():
    # made once by `openssl req -x509 -sha1`: the library itself signs with no such hash any more
    found = describe(base64.b64decode(SHA1), **LEAST)
    assert (found.hash, found.weak) == ("sha1", "hash")


def test_what_is_no_certificate():
    with pytest.raises(CertificateError):
        describe(b"no", **LEAST)
