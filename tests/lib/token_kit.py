"""Citizens' e-ID tokens for tests: good ones, and ones that were tampered with on purpose."""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import replace

import msgspec
from joserfc.jwk import ECKey
from joserfc.jws import JWSRegistry

from schemas.text import b64url_decode, b64url_encode
from signing.devtoken import ISSUER, DevIssuer
from signing.idtoken import TokenPolicy
from signing.tokenkeys import TokenKeys, read_keys

NOW_S = 1_793_000_000
AUDIENCE = "usages.lienthong.test"
PORTAL = "portal.lienthong.test"
CITIZEN = "001190000011"
NONCE = "n-0123456789abcdef"
DEV = DevIssuer.create()
KEYS: TokenKeys = read_keys(DEV.key_set)
POLICY = TokenPolicy(
    issuer=ISSUER,
    audiences=frozenset({AUDIENCE}),
    clients=frozenset({PORTAL}),
    least="substantial",
    levels={"low": "low", "substantial": "substantial", "high": "high", "2": "substantial"},
)


def claims(**changed: object) -> dict[str, object]:
    """What a good token says, save what is changed; a value of `...` takes the claim away."""
    good: dict[str, object] = {
        "iss": ISSUER,
        "aud": AUDIENCE,
        "sub": CITIZEN,
        "nonce": NONCE,
        "acr": "substantial",
        "iat": NOW_S - 5,
        "exp": NOW_S + 300,
    }
    return {name: value for name, value in (good | changed).items() if value is not ...}


def header(**changed: object) -> dict[str, object]:
    """The header of a good token, save what is changed; `...` takes a member away."""
    good: dict[str, object] = {"alg": "ES256", "typ": "JWT", "kid": DEV.kid}
    return {name: value for name, value in (good | changed).items() if value is not ...}


def token(named: dict[str, object] | None = None, /, **changed: object) -> str:
    """A token of the issuer's with these claims, and this header."""
    return of_bytes(msgspec.json.encode(named or header()), msgspec.json.encode(claims(**changed)))


def of_bytes(named: bytes, body: bytes, issuer: DevIssuer = DEV) -> str:
    """Any bytes as header and claims, signed by an issuer all the same."""
    key = ECKey.import_key(msgspec.json.decode(issuer.private))
    unsigned = f"{b64url_encode(named)}.{b64url_encode(body)}"
    signature = JWSRegistry.algorithms["ES256"].sign(unsigned.encode(), key)
    return f"{unsigned}.{b64url_encode(signature)}"


def parts_of(text: str) -> list[bytes]:
    """Header, claims and signature, decoded."""
    return [b64url_decode(part) for part in text.split(".")]


def joined(header: bytes, body: bytes, signature: bytes) -> str:
    """A compact JWS of these very bytes."""
    return ".".join(map(b64url_encode, (header, body, signature)))


def by_hmac(secret: bytes) -> str:
    """A token signed with HMAC, as if the public key were a shared one (RFC 8725 §2.1)."""
    named = msgspec.json.encode(header(alg="HS256"))
    to_sign = f"{b64url_encode(named)}.{b64url_encode(msgspec.json.encode(claims()))}"
    return f"{to_sign}.{b64url_encode(hmac.digest(secret, to_sign.encode(), hashlib.sha256))}"


def with_policy(**changed: object) -> TokenPolicy:
    """The policy of the tests, changed."""
    return replace(POLICY, **changed)
