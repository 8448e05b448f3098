"""The closed list of keys and the one spelling of a signature."""

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from seal_kit import certificate, issued, signer

from signing import keys
from signing.keys import Algorithm, KeyRefusedError

DATA = b"data"


def pem(key: object, password: bytes | None = None) -> bytes:
    protection = serialization.BestAvailableEncryption(password) if password else serialization.NoEncryption()
    return key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, protection)


@pytest.mark.parametrize("alg", ["ES256", "PS256", "RS256"])
def test_a_signature_holds_for_its_key_its_data_and_its_algorithm_only(alg: str):
    one, public = signer(alg=alg), certificate(alg=alg).public_key
    signature = keys.accepted_spelling(one.alg, one.sign(DATA))
    assert keys.verify(public, one.alg, signature, DATA)
    assert not keys.verify(public, one.alg, signature, DATA + b"!")
    assert not keys.verify(certificate("a100002").public_key, Algorithm.ES256, signature, DATA)
    if alg != "ES256":
        other = Algorithm.RS256 if alg == "PS256" else Algorithm.PS256
        assert not keys.verify(public, other, signature, DATA)


def test_of_two_ecdsa_spellings_the_lower_s_is_kept():
    order = keys._P256_ORDER
    for _ in range(20):
        raw = signer().sign(DATA)
        r, s = raw[:32], int.from_bytes(raw[32:], "big")
        other = r + (order - s).to_bytes(32, "big")
        kept = keys.accepted_spelling(Algorithm.ES256, raw)
        assert kept == keys.accepted_spelling(Algorithm.ES256, other) == min(raw, other)
        assert keys.verify(certificate().public_key, Algorithm.ES256, kept, DATA)
        assert not keys.verify(certificate().public_key, Algorithm.ES256, max(raw, other), DATA)


@pytest.mark.parametrize(
    ("key", "leaf"),
    [
        (b"", issued().certificate),
        (b"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n", issued().certificate),
        (issued().key, b""),
        (issued().key, issued("a100002").certificate),
        (pem(ec.generate_private_key(ec.SECP384R1())), issued().certificate),
        (pem(ed25519.Ed25519PrivateKey.generate()), issued().certificate),
    ],
)
def test_a_key_that_is_not_the_certificates_or_not_of_the_list_is_refused(key: bytes, leaf: bytes):
    with pytest.raises(KeyRefusedError) as caught:
        keys.load_signer(key, leaf)
    assert b"PRIVATE" not in str(caught.value).encode()


def test_a_key_under_a_password_opens_with_it_only():
    locked = pem(serialization.load_pem_private_key(issued().key, None), b"correct")
    assert keys.load_signer(locked, issued().certificate, password=b"correct").x5t == signer().x5t
    for password in (b"wrong", None):
        with pytest.raises(KeyRefusedError):
            keys.load_signer(locked, issued().certificate, password=password)
    with pytest.raises(KeyRefusedError):
        keys.load_signer(issued().key, issued().certificate, password=b"needless")


def test_thumbprints_are_of_the_certificate():
    assert signer().x5t == keys.thumbprint(issued().der) == certificate().x5t
    assert len(signer().x5t) == 43
