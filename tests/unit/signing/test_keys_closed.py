"""The closed list of keys and the one spelling of a signature."""

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from seal_kit import certificate, issued, signer

from signing import keys
from signing.keys import Algorithm, KeyRefusedError
from signing.outside import new_key

DATA = b"data"


def pem(key: object, password: bytes | None = None) -> bytes:
    protection = serialization.BestAvailableEncryption(password) if password else serialization.NoEncryption()
    return key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, protection)


@pytest.mark.parametrize("alg", ["ES256", "ES384", "PS256", "RS256"])
def test_a_signature_holds_for_its_key_its_data_and_its_algorithm_only(alg: str):
    one, public = signer(alg=alg), certificate(alg=alg).public_key
    signature = keys.accepted_spelling(one.alg, one.sign(DATA))
    assert keys.verify(public, one.alg, signature, DATA)
    assert not keys.verify(public, one.alg, signature, DATA + b"!")
    assert not keys.verify(certificate("a100002").public_key, Algorithm.ES256, signature, DATA)
    for other in set(Algorithm) - {one.alg}:
        assert not keys.verify(public, other, signature, DATA)


@pytest.mark.parametrize(("alg", "order", "width"), [("ES256", keys._P256_ORDER, 32), ("ES384", keys._P384_ORDER, 48)])
def test_of_two_ecdsa_spellings_the_lower_s_is_kept(alg: str, order: int, width: int):
    one, public = signer(alg=alg), certificate(alg=alg).public_key
    for _ in range(20):
        raw = one.sign(DATA)
        assert len(raw) == 2 * width
        r, s = raw[:width], int.from_bytes(raw[width:], "big")
        other = r + (order - s).to_bytes(width, "big")
        kept = keys.accepted_spelling(one.alg, raw)
        assert kept == keys.accepted_spelling(one.alg, other) == min(raw, other)
        assert keys.verify(public, one.alg, kept, DATA)
        assert not keys.verify(public, one.alg, max(raw, other), DATA)


def test_an_algorithm_is_registered_for_its_own_kind_of_key_only():
    for alg in Algorithm:
        public = certificate(alg=alg.value).public_key
        lawful = {Algorithm.PS256, Algorithm.RS256} if alg.value[0] != "E" else {alg}
        for registered in Algorithm:
            if registered in lawful:
                assert keys.algorithm_for(public, registered) is registered
            else:
                with pytest.raises(KeyRefusedError):
                    keys.algorithm_for(public, registered)
    assert keys.algorithm_for(certificate(alg="ES384").public_key) is Algorithm.ES384


def test_requests_of_a_key_on_p384_are_over_sha384():
    key, request = new_key("a100001", Algorithm.ES384)
    read = x509.load_pem_x509_csr(request)
    assert read.is_signature_valid
    assert isinstance(read.signature_hash_algorithm, hashes.SHA384)
    assert serialization.load_pem_private_key(key, None).curve.name == "secp384r1"


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
