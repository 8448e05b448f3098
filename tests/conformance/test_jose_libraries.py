"""JOSE libraries verify our seals; what they write is taken where docs/seal.md allows it, and only there."""

import hmac
import json
from collections.abc import Callable

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from joserfc import jws as joserfc_jws
from joserfc.jwk import ECKey, RSAKey
from joserfc.jws import JWSRegistry
from jwcrypto import jwk
from jwcrypto import jws as jwcrypto_jws
from seal_kit import INSTANCE, NOW_MS, certificate, issued, registered, signer

from schemas.sealed import Sealed
from schemas.text import b64url_decode, b64url_encode
from signing import jws
from signing.keys import Algorithm, accepted_spelling
from signing.merkle import leaf_hash
from signing.verdict import Indication

ALGORITHMS = ["ES256", "ES384", "PS256", "RS256"]
ENVELOPE = b'{"v":1}'
PAYLOAD = {"v": 1, "instance": INSTANCE, "size": 1, "root": b64url_encode(leaf_hash(ENVELOPE))}
LENIENT = JWSRegistry(algorithms=ALGORITHMS, strict_check_header=False)


def public_pem(alg: str) -> bytes:
    return certificate(alg=alg).public_key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


def private_pem(alg: str) -> bytes:
    return issued(kind={"ES256": "P-256", "ES384": "P-384"}.get(alg, "RSA")).key


def by_joserfc(pem: bytes, alg: str) -> ECKey | RSAKey:
    return (ECKey if alg.startswith("ES") else RSAKey).import_key(pem)


def header(alg: str, **changes: object) -> dict[str, object]:
    return {"alg": alg, "typ": "lienthong-seal", "x5t#S256": signer(alg=alg).x5t, "iat": NOW_MS // 1000, **changes}


def written_by_joserfc(alg: str, payload: bytes, **changes: object) -> str:
    key = by_joserfc(private_pem(alg), alg)
    return joserfc_jws.serialize_compact(header(alg, **changes), payload, key, registry=LENIENT)


def written_by_jwcrypto(alg: str, payload: bytes, **changes: object) -> str:
    token = jwcrypto_jws.JWS(payload)
    token.allowed_algs = ALGORITHMS
    token.add_signature(jwk.JWK.from_pem(private_pem(alg)), None, json.dumps(header(alg, **changes)), None)
    return token.serialize(compact=True)


def respelled(alg: str, seal: str) -> bytes:
    """What docs/seal.md §3.3 asks of whoever seals with a library: the lower s."""
    signed, _, signature = seal.rpartition(".")
    kept = accepted_spelling(Algorithm(alg), b64url_decode(signature))
    return f"{signed}.{b64url_encode(kept)}".encode()


def judge(alg: str, seal: bytes) -> jws.SealVerdict:
    certificates = registered(certificate(alg=alg))
    return jws.check(Sealed(ENVELOPE, seal, 0, 1, ()), certificates, instance=INSTANCE, at_ms=NOW_MS)


@pytest.mark.parametrize("alg", ALGORITHMS)
def test_joserfc_verifies_our_seals(alg: str):
    seal = jws.seal([ENVELOPE], signer(alg=alg), instance=INSTANCE, now_ms=NOW_MS)[0].seal
    read = joserfc_jws.deserialize_compact(seal, by_joserfc(public_pem(alg), alg), registry=LENIENT)
    assert json.loads(read.payload) == PAYLOAD
    assert read.headers() == header(alg)


@pytest.mark.parametrize("alg", ALGORITHMS)
def test_jwcrypto_verifies_our_seals(alg: str):
    seal = jws.seal([ENVELOPE], signer(alg=alg), instance=INSTANCE, now_ms=NOW_MS)[0].seal
    token = jwcrypto_jws.JWS()
    token.allowed_algs = [alg]
    token.deserialize(seal.decode(), jwk.JWK.from_pem(public_pem(alg)))
    assert json.loads(token.payload) == PAYLOAD
    assert token.jose_header == header(alg)


@pytest.mark.parametrize("alg", ALGORITHMS)
@pytest.mark.parametrize("write", [written_by_joserfc, written_by_jwcrypto])
def test_seals_that_libraries_write_are_taken(write: Callable[..., str], alg: str):
    for payload in (json.dumps(PAYLOAD), json.dumps(PAYLOAD, indent=1, sort_keys=True)):
        assert judge(alg, respelled(alg, write(alg, payload.encode()))).must_pass()


@pytest.mark.parametrize("write", [written_by_joserfc, written_by_jwcrypto])
@pytest.mark.parametrize(
    "odd", [{"kid": "1"}, {"cty": "json"}, {"typ": "JOSE"}, {"jku": "https://a.example/"}, {"x5c": ["MIIB"]}]
)
def test_their_other_headers_are_refused(write: Callable[..., str], odd: dict[str, object]):
    seal = respelled("ES256", write("ES256", json.dumps(PAYLOAD).encode(), **odd))
    assert judge("ES256", seal).reason is Indication.FORMAT_FAILURE


def test_an_unencoded_payload_is_refused():
    key = by_joserfc(private_pem("ES256"), "ES256")
    seal = joserfc_jws.serialize_compact(
        header("ES256", b64=False, crit=["b64"]), json.dumps(PAYLOAD).encode(), key, registry=LENIENT
    )
    assert judge("ES256", respelled("ES256", seal)).reason is Indication.FORMAT_FAILURE


@pytest.mark.parametrize("alg", ["ES256", "RS256"])
def test_the_public_key_is_no_hmac_secret(alg: str):
    # The classic confusion (RFC 8725 §2.1), by hand: joserfc refuses to help with it.
    for named, reason in (("HS256", Indication.CRYPTO_CONSTRAINTS_FAILURE), (alg, Indication.SIG_CRYPTO_FAILURE)):
        parts = (json.dumps({**header(alg), "alg": named}), json.dumps(PAYLOAD))
        signed = ".".join(b64url_encode(part.encode()) for part in parts)
        signature = hmac.digest(public_pem(alg), signed.encode(), "sha256")
        assert judge(alg, f"{signed}.{b64url_encode(signature)}".encode()).reason is reason


def test_a_json_serialisation_is_refused():
    token = jwcrypto_jws.JWS(json.dumps(PAYLOAD))
    token.add_signature(jwk.JWK.from_pem(private_pem("ES256")), None, json.dumps(header("ES256")), None)
    assert judge("ES256", token.serialize().encode()).reason is Indication.FORMAT_FAILURE
