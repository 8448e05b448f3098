"""An issuer's key set is read strictly: what could never check a token is passed over, what is wrong is refused."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from joserfc import jws
from joserfc.jwk import ECKey, RSAKey
from jwcrypto import jwk, jwt
from token_kit import CITIZEN, DEV, KEYS, NOW_S, claims, with_policy

from schemas.text import b64url_encode
from signing.devtoken import DevIssuer
from signing.idtoken import check
from signing.tokenkeys import MAX_SET_BYTES, KeySetError, read_keys

RSA = RSAKey.generate_key(2048)
EC = ECKey.generate_key("P-256")


def row(key: RSAKey | ECKey = EC, **more: object) -> dict[str, Any]:
    return {name: value for name, value in (key.as_dict(private=False) | more).items() if value is not ...}


def key_set(*rows: object) -> bytes:
    return msgspec.json.encode({"keys": rows})


@pytest.mark.parametrize("alg", ["RS256", "PS256"])
def test_rsa_keys_check_what_they_are_for(alg: str):
    text = jws.serialize_compact(
        {"alg": alg, "kid": "r"}, msgspec.json.encode(claims()), RSA, registry=jws.JWSRegistry(algorithms=[alg])
    )
    free, bound = read_keys(key_set(row(RSA, kid="r", alg=...))), read_keys(key_set(row(RSA, kid="r", alg="PS256")))
    assert check(text, free, with_policy(), NOW_S * 1000).passed
    assert check(text, bound, with_policy(), NOW_S * 1000).passed == (alg == "PS256")


def test_a_token_that_names_no_key_is_checked_only_where_there_is_one():
    one = read_keys(key_set(row(kid="a")))
    two = read_keys(key_set(row(kid="a"), row(RSA, kid="b")))
    assert one.find(None) is not None
    assert two.find(None) is None
    assert two.find("b") is not None
    assert len(two) == 2


def test_keys_of_other_kinds_and_uses_are_passed_over():
    foreign = [
        row(kid="enc", use="enc"),
        row(kid="ops", key_ops=["deriveKey"]),
        row(ECKey.generate_key("P-384"), kid="p384"),
        row(kid="odd", alg="ES512"),
        {"kty": "OKP", "crv": "Ed25519", "x": "AA", "kid": "ed"},
    ]
    keys = read_keys(key_set(*foreign, row(kid="good")))
    assert len(keys) == 1
    assert keys.find("good") is not None


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(b"{}", id="no keys"),
        pytest.param(b"[]", id="a list"),
        pytest.param(b"{", id="no JSON"),
        pytest.param(b'{"keys":[],"keys":[]}', id="keys twice"),
        pytest.param(key_set(), id="an empty list"),
        pytest.param(key_set("key"), id="a text for a key"),
        pytest.param(key_set(row(kid="a"), row(kid="a")), id="two of one name"),
        pytest.param(key_set(row(), row(RSA)), id="two without a name"),
        pytest.param(key_set(row(kid=7)), id="a number for a name"),
        pytest.param(key_set(row(kid="x" * 201)), id="an endless name"),
        pytest.param(key_set(EC.as_dict(private=True)), id="a private key"),
        pytest.param(key_set({"kty": "oct", "k": "c2VjcmV0"}), id="a shared secret"),
        pytest.param(key_set({"kty": "RSA", "n": b64url_encode(b"\xff" * 128), "e": "AQAB"}), id="RSA of 1024 bits"),
        pytest.param(key_set(row(kid="a", x="AAAA")), id="a point that is not on the curve"),
        pytest.param(key_set(row(kid="a", y=...)), id="half a point"),
        pytest.param(key_set({"kty": "EC", "crv": "P-256", "x": 1, "y": 2}), id="numbers for texts"),
        pytest.param(key_set(*[row(kid=str(number)) for number in range(33)]), id="too many"),
        pytest.param(b" " * (MAX_SET_BYTES + 1), id="oversize"),
    ],
)
def test_a_set_that_cannot_be_trusted_is_refused(data: bytes):
    with pytest.raises(KeySetError):
        read_keys(data)


def test_development_keys_say_so_and_survive_being_kept():
    again = DevIssuer.load(DEV.private)
    assert again.kid == DEV.kid
    assert KEYS.is_development
    assert not read_keys(key_set(row(kid="vneid-1"))).is_development
    assert b'"d"' not in DEV.key_set
    assert CITIZEN.encode() not in DEV.key_set
    with pytest.raises(ValueError, match="development issuer"):
        DevIssuer.load(b"{}")


@pytest.mark.parametrize("alg", ["ES256", "RS256", "PS256"])
def test_tokens_and_key_sets_of_another_library_are_read_alike(alg: str):
    made = jwk.JWK.generate(kty="EC", crv="P-256", kid="a") if alg == "ES256" else jwk.JWK.generate(kty="RSA", kid="a")
    issued = jwt.JWT(header={"alg": alg, "kid": "a", "typ": "JWT"}, claims=claims())
    issued.make_signed_token(made)
    keys = jwk.JWKSet()
    keys.add(made)
    read = read_keys(keys.export(private_keys=False).encode())
    assert check(issued.serialize(), read, with_policy(), NOW_S * 1000).passed
