"""A citizen's token holds, or is refused by name: the table of what hostile tokens try."""

from __future__ import annotations

import re

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from joserfc.jwk import ECKey
from token_kit import (
    AUDIENCE,
    CITIZEN,
    DEV,
    KEYS,
    NONCE,
    NOW_S,
    PORTAL,
    by_hmac,
    claims,
    header,
    joined,
    of_bytes,
    parts_of,
    token,
    with_policy,
)

from signing.devtoken import DevIssuer
from signing.idtoken import MAX_TOKEN_CHARS, TokenVerdict, check, key_named
from signing.keys import Algorithm
from signing.verdict import Indication, Status

STRANGER = DevIssuer.create()
GOOD = token()
HEAD, BODY, SIGNATURE = parts_of(GOOD)
PUBLIC = ECKey.import_key(msgspec.json.decode(DEV.key_set)["keys"][0])
RAW = msgspec.json.encode(claims())


def judged(text: str, **policy: object) -> TokenVerdict:
    return check(text, KEYS, with_policy(**policy), NOW_S * 1000)


def flipped(data: bytes, place: int = 7) -> bytes:
    return data[:place] + bytes([data[place] ^ 1]) + data[place + 1 :]


def test_a_good_token_tells_who_and_which_challenge():
    verdict = judged(token(aud=[AUDIENCE, PORTAL], azp=PORTAL))
    assert verdict.passed
    assert verdict.told is not None
    assert (verdict.told.number, verdict.told.nonce, verdict.told.client) == (CITIZEN, NONCE, PORTAL)
    assert (verdict.told.level, verdict.told.expires_s) == ("substantial", NOW_S + 300)
    assert CITIZEN not in repr(verdict)  # a log line of it names nobody


def test_the_development_issuer_s_own_tokens_hold():
    assert judged(DEV.token({"aud": AUDIENCE, "sub": CITIZEN, "nonce": NONCE, "acr": "high"}, NOW_S)).passed


@pytest.mark.parametrize(
    ("text", "step"),
    [
        # the algorithm (RFC 8725 §2.1)
        pytest.param(joined(msgspec.json.encode(header(alg="none")), RAW, b"x"), "alg", id="alg none"),
        pytest.param(joined(msgspec.json.encode(header(alg="none")), RAW, b"x")[:-2], "form", id="alg none, unsigned"),
        pytest.param(joined(msgspec.json.encode(header(alg="NonE")), RAW, b"x"), "alg", id="alg NonE"),
        pytest.param(by_hmac(PUBLIC.as_pem(private=False)), "alg", id="HS256 with the public key as PEM"),
        pytest.param(by_hmac(DEV.key_set), "alg", id="HS256 with the key set as a secret"),
        pytest.param(token(header(alg="RS256")), "alg", id="another algorithm than the key's"),
        pytest.param(token(header(alg="ES384")), "alg", id="an algorithm outside the list"),
        pytest.param(token(header(alg=["ES256"])), "alg", id="alg is a list"),
        pytest.param(token(header(alg=...)), "alg", id="no alg"),
        # the key
        pytest.param(of_bytes(HEAD, RAW, STRANGER), "signature", id="signed by a stranger under our key's name"),
        pytest.param(token(header(kid=STRANGER.kid)), "kid", id="a key nobody knows"),
        pytest.param(token(header(kid="../../dev/null")), "kid", id="kid as a path"),
        pytest.param(token(header(kid="' OR 1=1 --")), "kid", id="kid as SQL"),
        pytest.param(token(header(kid=7)), "kid", id="kid is no text"),
        pytest.param(token(header(kid={"keys": []})), "kid", id="kid is an object"),
        pytest.param(token(header(jku="https://evil.example/keys")), "header", id="jku"),
        pytest.param(token(header(x5u="https://evil.example/chain.pem")), "header", id="x5u"),
        pytest.param(token(header(x5c=["MIIB"])), "header", id="x5c"),
        pytest.param(token(header(jwk=STRANGER.kid)), "header", id="jwk"),
        pytest.param(token(header(crit=["exp"])), "header", id="crit"),
        pytest.param(token(header(b64=False)), "header", id="unencoded payload"),
        pytest.param(token(header(zip="DEF")), "header", id="compressed"),
        pytest.param(token(header(cty="JWT")), "header", id="nested"),
        # the kind
        pytest.param(token(header(typ="at+jwt")), "typ", id="access token where none is taken"),
        pytest.param(token(header(typ="logout+jwt")), "typ", id="logout token"),
        pytest.param(token(header(typ="dpop+jwt")), "typ", id="DPoP proof"),
        pytest.param(token(header(typ=1)), "typ", id="typ is no text"),
        pytest.param(token(typ="Bearer"), "typ", id="an access token that says so in its claims"),
        # the signature
        pytest.param(joined(HEAD, BODY, flipped(SIGNATURE)), "signature", id="one bit of the signature"),
        pytest.param(joined(HEAD, BODY.replace(b"001190", b"001191"), SIGNATURE), "signature", id="another number"),
        pytest.param(joined(HEAD, BODY, SIGNATURE[:63]), "signature", id="a short signature"),
        pytest.param(joined(HEAD, BODY, b"\0" * 64), "signature", id="zeros for a signature"),
        # whom it is from and for
        pytest.param(token(iss="https://evil.example"), "iss", id="another issuer"),
        pytest.param(token(iss="https://e-id.lienthong.test/"), "iss", id="the issuer with a slash"),
        pytest.param(token(iss=...), "iss", id="no issuer"),
        pytest.param(token(aud="another"), "aud", id="for another audience"),
        pytest.param(token(aud=[]), "aud", id="for nobody"),
        pytest.param(token(aud=...), "aud", id="no audience"),
        pytest.param(token(aud={"x": AUDIENCE}), "aud", id="audience is an object"),
        pytest.param(token(aud=[AUDIENCE, 7], azp=PORTAL), "aud", id="an audience is no text"),
        pytest.param(token(aud=[AUDIENCE, "shop.example"], azp="shop.example"), "aud", id="for a stranger too"),
        pytest.param(token(aud=[AUDIENCE, PORTAL]), "azp", id="two audiences and nobody who asked"),
        pytest.param(token(azp="shop.example"), "azp", id="asked for by a stranger"),
        # when
        pytest.param(token(exp=NOW_S - 31), "exp", id="expired"),
        pytest.param(token(iat=NOW_S + 31, exp=NOW_S + 300), "iat", id="from the future"),
        pytest.param(token(nbf=NOW_S + 31), "nbf", id="not yet"),
        pytest.param(token(iat=NOW_S - 700), "iat", id="issued long ago"),
        pytest.param(token(exp=NOW_S + 90_000), "exp", id="for more than a day"),
        pytest.param(token(exp=...), "times", id="for ever"),
        pytest.param(token(iat=...), "times", id="issued nobody knows when"),
        pytest.param(token(exp=str(NOW_S + 300)), "exp", id="exp is a text"),
        pytest.param(token(exp=True), "exp", id="exp is a truth"),
        pytest.param(token(iat=-1), "iat", id="iat before 1970"),
        pytest.param(of_bytes(HEAD, RAW.replace(str(NOW_S + 300).encode(), b"1e999")), "form", id="exp is infinite"),
        # the challenge
        pytest.param(token(nonce=...), "nonce", id="no nonce"),
        pytest.param(token(nonce=""), "nonce", id="an empty nonce"),
        pytest.param(token(nonce=[NONCE]), "nonce", id="nonce is a list"),
        pytest.param(token(nonce="n" * 201), "nonce", id="an endless nonce"),
        # how surely
        pytest.param(token(acr="low"), "level", id="level too low"),
        pytest.param(token(acr="supreme"), "level", id="a level nobody knows"),
        pytest.param(token(acr=...), "level", id="no level"),
        pytest.param(token(acr=1), "level", id="a number that is no level"),
        pytest.param(token(acr=True), "level", id="level is a truth"),
        pytest.param(token(acr=["high"]), "level", id="level is a list"),
        # who
        pytest.param(token(sub=...), "subject", id="nobody"),
        pytest.param(token(sub="8f14e45f"), "subject", id="no citizen's number"),
        pytest.param(token(sub=CITIZEN + "\n"), "subject", id="a line feed after the number"),
        pytest.param(token(sub=int(CITIZEN)), "subject", id="the number as a number"),
        pytest.param(token(sub="\u0661" * 12), "subject", id="digits of another script"),
        # the form
        pytest.param(token(padding="x" * MAX_TOKEN_CHARS), "form", id="oversize"),
        pytest.param(of_bytes(b" " * 600 + HEAD, RAW), "form", id="an oversize header"),
        pytest.param(of_bytes(HEAD, RAW[:-1] + b',"sub":"001190000012"}'), "form", id="a claim twice"),
        pytest.param(of_bytes(HEAD[:-1] + b',"alg":"ES256"}', RAW), "form", id="a header member twice"),
        pytest.param(of_bytes(HEAD, b"[]"), "form", id="claims are a list"),
        pytest.param(of_bytes(b"7", RAW), "form", id="header is a number"),
        pytest.param(of_bytes(HEAD, RAW + b"\xff"), "form", id="claims are no UTF-8"),
        pytest.param(GOOD + "=", "form", id="padded"),
        pytest.param(GOOD + "\n", "form", id="a line feed at the end"),
        pytest.param(GOOD.replace(".", "..", 1), "form", id="four parts"),
        pytest.param(GOOD[:-1] + chr(ord(GOOD[-1]) + 1), "form", id="another spelling of the last bits"),
        pytest.param(GOOD.partition(".")[2], "form", id="two parts"),
        pytest.param("", "form", id="nothing"),
        pytest.param("é" * 40, "form", id="no ASCII"),
    ],
)
def test_a_hostile_token_is_refused_by_name(text: str, step: str):
    verdict = judged(text)
    assert not verdict.passed
    assert (verdict.step, verdict.told) == (step, None)
    assert verdict.reason is not None
    assert CITIZEN not in str(verdict)


@pytest.mark.parametrize(
    ("changed", "policy"),
    [
        ({"exp": NOW_S - 29, "iat": NOW_S - 300}, {}),
        ({"iat": NOW_S + 30}, {}),
        ({"nbf": NOW_S + 30}, {}),
        ({"iat": NOW_S - 630}, {}),
        ({"acr": 2}, {}),
        ({"acr": "low"}, {"least": "low"}),
        ({"azp": AUDIENCE}, {}),
        ({"exp": NOW_S + 0.5}, {}),
        ({"LoA": "high", "acr": ...}, {"level_claim": "LoA"}),
        ({"SoDinhDanh": CITIZEN, "sub": "8f14e45f"}, {"subject_claim": "SoDinhDanh"}),
        ({"sub": "VN-77"}, {"number": re.compile("[A-Z0-9-]+")}),
        ({"typ": "ID"}, {}),
    ],
)
def test_what_is_just_within_the_rules_holds(changed: dict[str, object], policy: dict[str, object]):
    assert judged(token(**changed), **policy).passed


def test_access_tokens_are_taken_where_settings_say_so_and_name_their_client():
    kind = header(typ="at+jwt")
    assert judged(token(kind, client_id=PORTAL), access_tokens=True).passed
    assert judged(token(header(typ="application/at+jwt"), client_id=PORTAL), access_tokens=True).passed
    assert judged(token(kind), access_tokens=True).step == "azp"
    assert judged(token(kind, client_id="shop.example"), access_tokens=True).step == "azp"


def test_an_algorithm_that_the_settings_leave_out_is_refused():
    assert judged(GOOD, algorithms=frozenset({Algorithm.PS256})).step == "alg"


def test_two_citizens_are_two():
    other = judged(token(sub="001190000012", nonce="n-another-challenge"))
    assert other.told is not None
    assert other.told.number != CITIZEN


def test_the_status_follows_from_the_indication():
    assert judged(token(exp=NOW_S - 31)).reason is Indication.EXPIRED
    assert judged(token(header(kid="new"))).status is Status.INDETERMINATE  # its key may only not be known yet


def test_the_key_that_a_token_asks_for_can_be_told_before_it_is_known():
    assert key_named(GOOD) == DEV.kid
    assert key_named(token(header(kid=...))) is None
    assert key_named("...") is None


@given(st.data())
def test_no_bytes_make_it_raise(data: st.DataObject):
    text = data.draw(st.text(max_size=60) | st.sampled_from([GOOD]))
    start = data.draw(st.integers(0, len(text)))
    more = data.draw(st.text(alphabet=st.characters(codec="ascii"), max_size=6))
    verdict = judged(text[:start] + more + text[start + len(more) :])
    assert verdict.passed == (verdict.told is not None)
