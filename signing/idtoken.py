"""A citizen's e-ID token: an OIDC ID token, or an access token as JWT, judged for one audience.

Promises: a closed list of algorithms, each bound to the key and not chosen by the token; header members that could name
another key (`jku`, `jwk`, `x5u`, `x5c`), that must be understood (`crit`) or that this check does not know are refused;
no claim stands twice; hostile bytes give a verdict, never an error; a verdict names rule and step, never a claim's
value. Leaves out: fetching keys, whether the nonce is one that was given out and is still unused (`bus.usages`).

Sources: RFC 7515 §4.1, §5.2; RFC 7519 §4.1; RFC 8725 §3 (current practice); RFC 9068 §2, §4 (access tokens); OpenID
Connect Core 1.0 §2, §3.1.3.7 (ID tokens).
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from joserfc import jws
from joserfc.errors import JoseError

from schemas.json import JsonError
from schemas.json import read as read_json
from schemas.text import b64url_decode
from schemas.words import ASSURANCE_ORDER, Assurance
from signing.keys import Algorithm
from signing.tokenkeys import TokenKey, TokenKeys
from signing.verdict import PASSED, Indication, Verdict, because

MAX_TOKEN_CHARS: Final = 8 * 1024
MAX_HEADER_CHARS: Final = 680  # 510 bytes, which joserfc takes
_HEADER: Final = frozenset({"alg", "typ", "kid", "x5t", "x5t#S256"})
_ID_TYPES: Final = frozenset({"", "jwt"})
_ACCESS_TYPES: Final = frozenset({"at+jwt"})
_BODY_TYPES: Final = frozenset({"ID"})
_MAX_AUDIENCES: Final = 16
_MAX_SECONDS: Final = 253_402_300_800  # the year 10000
_NONCE: Final = re.compile(r"[A-Za-z0-9_-]{16,200}", re.ASCII)
_CITIZEN: Final = re.compile(r"[0-9]{12}", re.ASCII)


@dataclass(frozen=True, slots=True)
class TokenPolicy:
    """What a token must say.

    Attributes:
        issuer: `iss`, compared character by character.
        audiences: one of them must be in `aud`.
        clients: who may have asked for the token (`azp`, `client_id`); others in `aud` must be among them too.
        least: the level of assurance that is needed at least.
        levels: what the issuer writes in `level_claim`, as a level.
        subject_claim: which claim holds the number of the person.
        number: how such a number looks.
        access_tokens: whether access tokens (`at+jwt`) are taken beside ID tokens.
        skew_s: how far the issuer's clock may be off, in seconds.
        max_age_s: how long ago the token may have been issued, in seconds.
        max_lifetime_s: how long a token may hold at most, in seconds.
    """

    issuer: str
    audiences: frozenset[str]
    clients: frozenset[str]
    least: Assurance
    levels: Mapping[str, Assurance]
    level_claim: str = "acr"
    subject_claim: str = "sub"
    number: re.Pattern[str] = _CITIZEN
    algorithms: frozenset[Algorithm] = frozenset({Algorithm.ES256, Algorithm.PS256, Algorithm.RS256})
    access_tokens: bool = False
    skew_s: int = 30
    max_age_s: int = 600
    max_lifetime_s: int = 86_400


@dataclass(frozen=True, slots=True)
class Told:
    """What a token says that held.

    Attributes:
        number: the person's.
        nonce: the challenge that it answers; whoever gave it out says whether it still counts.
        client: who asked for the token, where it says so.
        issued_s: `iat`, seconds since the epoch.
        expires_s: `exp`.
    """

    number: str = field(repr=False)
    nonce: str = field(repr=False)
    client: str | None
    level: Assurance
    issued_s: int
    expires_s: int


class TokenVerdict(Verdict, frozen=True):
    """The outcome of a token's check.

    Attributes:
        told: what the token says, once every step holds.
    """

    told: Told | None = None


class _RefusedError(Exception):
    def __init__(self, reason: Indication, step: str, detail: str) -> None:
        super().__init__(detail)
        self.verdict = because(reason, step, detail)


def check(token: str, keys: TokenKeys, policy: TokenPolicy, now_ms: int) -> TokenVerdict:
    """Judge one token.

    1. it is a compact JWS of at most 8 KiB, with header and claims that read
    2. the header names nothing but algorithm, kind and key
    3. its kind is one that is taken
    4. its key is one of the issuer's, and signs with this algorithm
    5. the signature holds
    6. the issuer is the one trusted
    7. it is meant for this audience, and was asked for by a client that is known
    8. now lies within its time, and it was issued of late
    9. it answers a challenge
    10. the person was identified surely enough
    11. it names the person by a number
    """
    try:
        return _judged(token, keys, policy, now_ms // 1000)
    except _RefusedError as refused:
        found = refused.verdict
        return TokenVerdict(found.status, found.reason, found.step, found.detail)


def key_named(token: str) -> str | None:
    """The name of the key that a token asks for, unverified; for knowing whether to fetch keys anew."""
    try:
        kid = _opened(token)[0].get("kid")
    except _RefusedError:
        return None
    return kid if isinstance(kid, str) else None


def _judged(token: str, keys: TokenKeys, policy: TokenPolicy, now_s: int) -> TokenVerdict:
    # 1. form
    header, claims = _opened(token)
    # 2. header
    if not header.keys() <= _HEADER:
        raise _RefusedError(Indication.SIG_CONSTRAINTS_FAILURE, "header", "a member that is not taken")
    # 3. kind
    access = _kind(header, claims, policy)
    # 4. key
    key, alg = _key(header, keys, policy)
    # 5. signature
    _verify(token, key, alg)
    # 6. issuer
    if claims.get("iss") != policy.issuer:
        raise _RefusedError(Indication.SIG_CONSTRAINTS_FAILURE, "iss", "of another issuer")
    # 7. audience
    client = _client(claims, policy, access=access)
    # 8. times
    issued_s, expires_s = _times(claims, policy, now_s)
    # 9. challenge
    nonce = claims.get("nonce")
    if not (isinstance(nonce, str) and _NONCE.fullmatch(nonce)):
        raise _RefusedError(Indication.SIG_CONSTRAINTS_FAILURE, "nonce", "it answers no challenge")
    # 10. level
    level = _level(claims, policy)
    # 11. person
    number = claims.get(policy.subject_claim)
    if not (isinstance(number, str) and policy.number.fullmatch(number)):
        raise _RefusedError(Indication.SIG_CONSTRAINTS_FAILURE, "subject", "it names no person by such a number")
    told = Told(number, nonce, client, level, issued_s, expires_s)
    return TokenVerdict(PASSED.status, told=told)


def _opened(token: str) -> tuple[dict[str, object], dict[str, object]]:
    parts = token.split(".") if len(token) <= MAX_TOKEN_CHARS and token.isascii() else []
    if len(parts) != 3 or len(parts[0]) > MAX_HEADER_CHARS or not all(parts):  # noqa: PLR2004 - header, claims, signature
        raise _RefusedError(Indication.FORMAT_FAILURE, "form", f"a compact JWS of at most {MAX_TOKEN_CHARS} characters")
    try:
        header, claims, _ = (b64url_decode(part) for part in parts)
        opened = read_json(header), read_json(claims)
    except JsonError as error:
        raise _RefusedError(Indication.FORMAT_FAILURE, "form", f"JSON [{error.rule}]") from error
    except ValueError as error:
        raise _RefusedError(Indication.FORMAT_FAILURE, "form", "base64url of one spelling") from error
    if not (isinstance(opened[0], dict) and isinstance(opened[1], dict)):
        raise _RefusedError(Indication.FORMAT_FAILURE, "form", "header and claims are objects")
    return opened[0], opened[1]


def _kind(header: Mapping[str, object], claims: Mapping[str, object], policy: TokenPolicy) -> bool:
    """Whether it is an access token; what is neither that nor an ID token is refused (RFC 8725 §3.11)."""
    named = header.get("typ", "")
    kind = named.lower().removeprefix("application/") if isinstance(named, str) else None
    if kind in _ACCESS_TYPES and policy.access_tokens:
        return True
    body = claims.get("typ", "ID")  # Keycloak tells its kinds of tokens apart in the claims
    if kind not in _ID_TYPES or body not in _BODY_TYPES:
        raise _RefusedError(Indication.SIG_CONSTRAINTS_FAILURE, "typ", "another kind of token")
    return False


def _key(header: Mapping[str, object], keys: TokenKeys, policy: TokenPolicy) -> tuple[TokenKey, Algorithm]:
    named, kid = header.get("alg"), header.get("kid")
    alg = next((one for one in policy.algorithms if one.value == named), None)
    if alg is None:
        raise _RefusedError(Indication.CRYPTO_CONSTRAINTS_FAILURE, "alg", "ES256, RS256 or PS256")
    if kid is not None and not isinstance(kid, str):
        raise _RefusedError(Indication.FORMAT_FAILURE, "kid", "a key's name is a text")
    key = keys.find(kid)
    if key is None:
        raise _RefusedError(Indication.NO_SIGNING_CERTIFICATE_FOUND, "kid", "none of the issuer's keys")
    if alg not in key.algorithms:
        raise _RefusedError(Indication.CRYPTO_CONSTRAINTS_FAILURE, "alg", "not what this key signs with")
    return key, alg


def _verify(token: str, key: TokenKey, alg: Algorithm) -> None:
    try:
        registry = jws.JWSRegistry(algorithms=[alg.value])
        jws.deserialize_compact(token, key.key, registry=registry)
    except (JoseError, ValueError, TypeError) as error:
        raise _RefusedError(Indication.SIG_CRYPTO_FAILURE, "signature", "it does not hold") from error


def _client(claims: Mapping[str, object], policy: TokenPolicy, *, access: bool) -> str | None:
    """OIDC Core §3.1.3.7, points 3 to 5; RFC 9068 §4."""
    aud = claims.get("aud")
    audiences = [aud] if isinstance(aud, str) else aud
    if not (isinstance(audiences, list) and 0 < len(audiences) <= _MAX_AUDIENCES):
        raise _RefusedError(Indication.SIG_CONSTRAINTS_FAILURE, "aud", "it names no audience")
    if not any(one in policy.audiences for one in audiences if isinstance(one, str)):
        raise _RefusedError(Indication.SIG_CONSTRAINTS_FAILURE, "aud", "meant for somebody else")
    known = policy.audiences | policy.clients
    if not all(isinstance(one, str) and one in known for one in audiences):
        raise _RefusedError(Indication.SIG_CONSTRAINTS_FAILURE, "aud", "meant for somebody unknown too")
    client = claims.get("client_id" if access else "azp")
    if client is None:
        if len(audiences) > 1 or access:
            raise _RefusedError(Indication.SIG_CONSTRAINTS_FAILURE, "azp", "it does not say who asked for it")
        return None
    if not isinstance(client, str) or client not in known:
        raise _RefusedError(Indication.SIG_CONSTRAINTS_FAILURE, "azp", "asked for by a client that is not known")
    return client


def _times(claims: Mapping[str, object], policy: TokenPolicy, now_s: int) -> tuple[int, int]:
    issued, expires, before = (_seconds(claims, name) for name in ("iat", "exp", "nbf"))
    if issued is None or expires is None:
        raise _RefusedError(Indication.FORMAT_FAILURE, "times", "iat and exp are needed")
    if now_s >= expires + policy.skew_s:
        raise _RefusedError(Indication.EXPIRED, "exp", "its time is up")
    if issued > now_s + policy.skew_s or (before is not None and before > now_s + policy.skew_s):
        raise _RefusedError(Indication.NOT_YET_VALID, "iat" if issued > now_s else "nbf", "its time has not come")
    if now_s - issued > policy.max_age_s + policy.skew_s:
        raise _RefusedError(Indication.EXPIRED, "iat", "issued too long ago")
    if not 0 < expires - issued <= policy.max_lifetime_s:
        raise _RefusedError(Indication.SIG_CONSTRAINTS_FAILURE, "exp", "it holds longer than any token should")
    return issued, expires


def _seconds(claims: Mapping[str, object], name: str) -> int | None:
    """A NumericDate (RFC 7519 §2): seconds since the epoch, parts of a second dropped."""
    value = claims.get(name)
    if value is None and name not in claims:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= _MAX_SECONDS:
        raise _RefusedError(Indication.FORMAT_FAILURE, name, "seconds since 1970")
    return math.floor(value)


def _level(claims: Mapping[str, object], policy: TokenPolicy) -> Assurance:
    value = claims.get(policy.level_claim)
    named = str(value) if isinstance(value, int) and not isinstance(value, bool) else value
    level = policy.levels.get(named) if isinstance(named, str) else None
    if level is None or ASSURANCE_ORDER[level] < ASSURANCE_ORDER[policy.least]:
        raise _RefusedError(Indication.SIG_CONSTRAINTS_FAILURE, "level", "not identified surely enough")
    return level
