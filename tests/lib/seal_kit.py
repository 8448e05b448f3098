"""A certificate authority, two agencies' seal keys and the moment 22 November 2026, 05:00 UTC, for seal tests."""

from datetime import UTC, datetime
from functools import cache

from cryptography.hazmat.primitives.asymmetric import ec, rsa

from signing import chain, keys
from signing.devpki import DevPki, Issued

NOW = datetime(2026, 11, 22, 5, 0, tzinfo=UTC)
NOW_MS = int(NOW.timestamp() * 1000)
INSTANCE = "VN-test"


@cache
def pki() -> DevPki:
    return DevPki.create(NOW)


@cache
def rsa_key(bits: int = 3072) -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=bits)


def issued(agency: str = "a100001", kind: str = "P-256") -> Issued:
    return _issued(agency, kind)


@cache  # beneath the defaults, so that one agency has one certificate however it is asked for
def _issued(agency: str, kind: str) -> Issued:
    keys_of = {"P-256": lambda: None, "P-384": lambda: ec.generate_private_key(ec.SECP384R1()), "RSA": rsa_key}
    return pki().seal(agency, NOW, key=keys_of[kind]())


@cache
def signer(agency: str = "a100001", alg: str = "ES256") -> keys.MemorySigner:
    one = issued(agency, {"ES256": "P-256", "ES384": "P-384"}.get(alg, "RSA"))
    return keys.load_signer(one.key, one.certificate, alg=keys.Algorithm(alg))


@cache
def certificate(agency: str = "a100001", alg: str = "ES256") -> chain.SealCertificate:
    one = signer(agency, alg)
    return chain.load_seal_certificate(one.certificate, agency=agency, alg=one.alg)


def registered(*certificates: chain.SealCertificate) -> dict[str, chain.SealCertificate]:
    return {one.x5t: one for one in certificates or (certificate(),)}
