"""What `check` takes and what it refuses, step by step as docs/seal.md lists them."""

import base64
import json

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from seal_kit import INSTANCE, NOW_MS, certificate, registered, signer

from schemas.sealed import Sealed
from signing import jws, keys, policy
from signing.merkle import leaf_hash
from signing.verdict import Indication, Status, VerdictError

P256_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
ENVELOPES = [f'{{"v":1,"id":{i}}}'.encode() for i in range(5)]
DAY_MS = 24 * 3600 * 1000


def make(envelopes: list[bytes] = ENVELOPES, alg: str = "ES256", now_ms: int = NOW_MS) -> tuple[Sealed, ...]:
    return jws.seal(envelopes, signer(alg=alg), instance=INSTANCE, now_ms=now_ms)


def judge(sealed: Sealed, at_ms: int = NOW_MS, instance: str = INSTANCE, **more: object) -> jws.SealVerdict:
    return jws.check(sealed, more.pop("certificates", registered()), instance=instance, at_ms=at_ms, **more)


def b64(data: bytes) -> bytes:
    return base64.urlsafe_b64encode(data).rstrip(b"=")


def by_hand(header: bytes | None = None, payload: bytes | None = None) -> Sealed:
    """The first envelope under a seal with any header and payload, honestly signed."""
    text = b64(header or members(HEADER)) + b"." + b64(payload or members(PAYLOAD))
    signature = keys.accepted_spelling(keys.Algorithm.ES256, signer().sign(text))
    return Sealed(ENVELOPES[0], text + b"." + b64(signature), 0, 1, ())


def members(base: dict[str, object], **changes: object) -> bytes:
    """JSON of `base` with changes; None takes a member away."""
    changed = {**base, **changes}
    return json.dumps({name: value for name, value in changed.items() if value is not None}).encode()


HEADER: dict[str, object] = {"alg": "ES256", "typ": "lienthong-seal", "x5t#S256": signer().x5t, "iat": NOW_MS // 1000}
PAYLOAD: dict[str, object] = {
    "v": 1,
    "instance": INSTANCE,
    "size": 1,
    "root": b64(leaf_hash(ENVELOPES[0])).decode(),
}


@pytest.mark.parametrize("alg", ["ES256", "ES384", "PS256", "RS256"])
@pytest.mark.parametrize("size", [1, 2, 3, 5])
def test_every_envelope_of_a_batch_holds(alg: str, size: int):
    for sealed in make(ENVELOPES[:size], alg):
        verdict = judge(sealed, certificates=registered(certificate(alg=alg)))
        assert verdict.must_pass() is verdict
        assert verdict.seal == policy.SealFacts(
            signer(alg=alg).x5t, "a100001", keys.Algorithm(alg), INSTANCE, NOW_MS, size, verdict.seal.root
        )


def test_by_hand_is_a_good_seal_so_that_the_refusals_below_mean_something():
    assert judge(by_hand()).passed
    assert judge(by_hand(header=b" " + members(dict(reversed(HEADER.items()))) + b"\n")).passed


@pytest.mark.parametrize(
    "changes",
    [
        {"kid": "x"},
        {"crit": ["b64"]},
        {"b64": False},
        {"x5c": ["MIIB"]},
        {"jku": "https://example.org"},
        {"jwk": {}},
        {"cty": "json"},
        {"typ": "JWT"},
        {"typ": None},
        {"iat": None},
        {"iat": "1795323600"},
        {"iat": 1795323600.5},
        {"iat": True},
        {"iat": -1},
        {"iat": 0},
        {"iat": 10**12},
        {"iat": 10**40},
        {"alg": None},
        {"alg": 7},
        {"x5t#S256": None},
        {"x5t#S256": "short"},
        {"x5t#S256": "A" * 42 + "B"},
        {"x5t#S256": "A" * 43 + "="},
    ],
)
def test_a_header_holds_exactly_four_members_of_the_right_kind(changes: dict[str, object]):
    verdict = judge(by_hand(header=members(HEADER, **changes)))
    assert (verdict.status, verdict.reason) == (Status.FAILED, Indication.FORMAT_FAILURE)
    assert verdict.step == "2 header"


@pytest.mark.parametrize(
    "changes",
    [
        {"v": 2},
        {"v": 0},
        {"v": "1"},
        {"v": None},
        {"size": 0},
        {"size": -1},
        {"size": 4097},
        {"size": 1.0},
        {"size": True},
        {"root": None},
        {"root": "A" * 44},
        {"root": "A" * 42 + "B"},
        {"instance": ""},
        {"instance": "VN test"},
        {"instance": "vn"},
        {"extra": 1},
    ],
)
def test_a_payload_holds_exactly_four_members_of_the_right_kind(changes: dict[str, object]):
    verdict = judge(by_hand(payload=members(PAYLOAD, **changes)))
    assert (verdict.reason, verdict.step) == (Indication.FORMAT_FAILURE, "3 payload")


@pytest.mark.parametrize(
    ("part", "spelling"),
    [
        ("header", members(HEADER)[:-1] + b',"iat":1}'),
        ("header", b'{"alg":"none",' + members(HEADER)[1:]),
        ("header", b'{"\\u0061lg":"none",' + members(HEADER)[1:]),
        ("payload", members(PAYLOAD)[:-1] + b',"size":1}'),
        ("payload", members(PAYLOAD)[:-1] + b',"size":{"a":[]}}'),
        ("payload", members(PAYLOAD) + b"{}"),
        ("payload", b"\xef\xbb\xbf" + members(PAYLOAD)),
        ("payload", members(PAYLOAD).decode().encode("utf-16")),
        ("payload", members(PAYLOAD).replace(b"VN-test", b"VN-t\xffst")),
        ("payload", b"[1]"),
        ("payload", b"null"),
        ("payload", b"{" * 300),
    ],
)
def test_a_second_reading_is_refused(part: str, spelling: bytes):
    verdict = judge(by_hand(**{part: spelling}))
    assert verdict.reason is Indication.FORMAT_FAILURE


def test_an_unknown_certificate_is_a_doubt():
    verdict = judge(make()[0], certificates={})
    assert (verdict.status, verdict.reason) == (Status.INDETERMINATE, Indication.NO_SIGNING_CERTIFICATE_FOUND)


def test_a_directory_that_answers_with_another_certificate_is_not_believed():
    verdict = judge(make()[0], certificates=lambda _x5t: certificate("a100002"))
    assert verdict.reason is Indication.NO_SIGNING_CERTIFICATE_FOUND


@pytest.mark.parametrize("alg", ["none", "HS256", "RS256", "PS256", "ES384", "EdDSA", "es256"])
def test_the_algorithm_comes_from_the_registration_not_from_the_header(alg: str):
    verdict = judge(by_hand(header=members(HEADER, alg=alg)))
    assert (verdict.reason, verdict.step) == (Indication.CRYPTO_CONSTRAINTS_FAILURE, "5 algorithm")


def test_a_seal_in_the_other_rsa_padding_is_refused():
    verdict = judge(make(alg="RS256")[0], certificates=registered(certificate(alg="PS256")))
    assert verdict.reason is Indication.CRYPTO_CONSTRAINTS_FAILURE


def test_a_changed_registration_counts_for_a_remembered_seal():
    registration = registered(certificate(alg="PS256"))
    checker = jws.Checker(registration, instance=INSTANCE)
    sealed = make(alg="PS256")[0]
    assert checker.check(sealed, NOW_MS).passed
    registration.update(registered(certificate(alg="RS256")))
    assert checker.check(sealed, NOW_MS).reason is Indication.CRYPTO_CONSTRAINTS_FAILURE
    registration.clear()
    assert checker.check(sealed, NOW_MS).reason is Indication.NO_SIGNING_CERTIFICATE_FOUND


def with_signature(sealed: Sealed, signature: bytes) -> Sealed:
    return msgspec.structs.replace(sealed, seal=sealed.seal[: sealed.seal.rindex(b".") + 1] + b64(signature))


def raw_signature(sealed: Sealed) -> bytes:
    return base64.urlsafe_b64decode(sealed.seal.split(b".")[2] + b"==")


def respelled(raw: bytes) -> dict[str, bytes]:
    """Other signatures that a lenient ECDSA verifier might take for the same."""
    r, s = int.from_bytes(raw[:32], "big"), int.from_bytes(raw[32:], "big")
    return {
        "higher s": raw[:32] + (P256_ORDER - s).to_bytes(32, "big"),
        "DER": encode_dss_signature(r, s),
        "zero in front": b"\0" + raw,
        "zero behind": raw + b"\0",
        "cut": raw[:-1],
        "r is zero": bytes(32) + raw[32:],
        "s is zero": raw[:32] + bytes(32),
        "r is the order": P256_ORDER.to_bytes(32, "big") + raw[32:],
        "all zero": bytes(64),
        "another bit": bytes([raw[0] ^ 1]) + raw[1:],
    }


@pytest.mark.parametrize("how", respelled(bytes(63) + b"\1"))
def test_an_ecdsa_signature_has_one_spelling(how: str):
    sealed = make([ENVELOPES[0]])[0]
    verdict = judge(with_signature(sealed, respelled(raw_signature(sealed))[how]))
    assert (verdict.status, verdict.reason) == (Status.FAILED, Indication.SIG_CRYPTO_FAILURE)


@pytest.mark.parametrize("alg", ["PS256", "RS256"])
def test_an_rsa_signature_is_as_long_as_its_modulus(alg: str):
    sealed, certificates = make(alg=alg)[0], registered(certificate(alg=alg))
    raw = base64.urlsafe_b64decode(sealed.seal.split(b".")[2] + b"==")
    for other in (b"\0" + raw, raw[:-1], raw + b"\0", bytes(384)):
        verdict = judge(with_signature(sealed, other), certificates=certificates)
        assert verdict.reason is Indication.SIG_CRYPTO_FAILURE


def text_mutations(seal: bytes) -> dict[str, bytes]:
    head, body, signature = seal.split(b".")
    spare = bytes([signature[-1] + 1])
    return {
        "padding": seal + b"==",
        "line feed": seal + b"\n",
        "space": seal.replace(b".", b" .", 1),
        "standard alphabet": b".".join((head, body, b"+" + signature[1:])),
        "slash": b".".join((head, body, b"/" + signature[1:])),
        "spare bits": seal[:-1] + spare,
        "two parts": head + b"." + body,
        "four parts": seal + b"." + signature,
        "no signature": head + b"." + body + b".",
        "no payload": head + b".." + signature,
        "no header": b"." + body + b"." + signature,
        "lone character": b".".join((head, body, signature[:85])),
        "nothing": b"",
        "dots": b"..",
        "too long": seal + b"A" * 2048,
        "not ASCII": seal.replace(b".", b"\xc2\xb7", 1),
        "JSON serialisation": b'{"payload":"'
        + body
        + b'","protected":"'
        + head
        + b'","signature":"'
        + signature
        + b'"}',
    }


@pytest.mark.parametrize("how", text_mutations(b"a.b." + b"c" * 86))
def test_a_seal_has_one_spelling(how: str):
    sealed = make([ENVELOPES[0]])[0]
    verdict = judge(msgspec.structs.replace(sealed, seal=text_mutations(sealed.seal)[how]))
    assert (verdict.reason, verdict.step, verdict.seal) == (Indication.FORMAT_FAILURE, "1 format", None)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"envelope": ENVELOPES[1]}, Indication.HASH_FAILURE),
        ({"envelope": ENVELOPES[0] + b" "}, Indication.HASH_FAILURE),
        ({"envelope": b""}, Indication.FORMAT_FAILURE),
        ({"envelope": b"x" * 16385}, Indication.FORMAT_FAILURE),
        ({"index": 1}, Indication.HASH_FAILURE),
        ({"index": 4}, Indication.FORMAT_FAILURE),
        ({"index": 5}, Indication.FORMAT_FAILURE),
        ({"index": -1}, Indication.FORMAT_FAILURE),
        ({"size": 4}, Indication.FORMAT_FAILURE),
        ({"size": 6}, Indication.FORMAT_FAILURE),
        ({"size": 1, "path": ()}, Indication.FORMAT_FAILURE),
        ({"path": ()}, Indication.FORMAT_FAILURE),
        ({"path": (bytes(32),) * 3}, Indication.HASH_FAILURE),
        ({"path": (bytes(32),) * 4}, Indication.FORMAT_FAILURE),
        ({"path": (bytes(32), bytes(32), bytes(33))}, Indication.FORMAT_FAILURE),
    ],
)
def test_an_envelope_stands_at_one_place_of_one_batch(changes: dict[str, object], reason: Indication):
    verdict = judge(msgspec.structs.replace(make()[0], **changes))
    assert (verdict.reason, verdict.step) == (reason, "7 place")


def test_a_node_of_the_tree_is_no_envelope():
    sealed = make(ENVELOPES[:2])[0]
    inner = leaf_hash(ENVELOPES[0]) + sealed.path[0]
    posed = Sealed(inner, sealed.seal, 0, 1, ())
    assert judge(posed).reason is Indication.FORMAT_FAILURE
    assert judge(msgspec.structs.replace(posed, size=2, path=sealed.path)).reason is Indication.HASH_FAILURE


def test_a_seal_for_another_instance_is_refused():
    verdict = judge(make()[0], instance="VN")
    assert (verdict.reason, verdict.step) == (Indication.SIG_CONSTRAINTS_FAILURE, "3 payload")


def test_validity_counts_at_the_sealing_and_at_the_proof_of_existence():
    since, until = certificate().not_before_ms, certificate().not_after_ms
    archived = policy.SealedBefore()
    assert judge(make(now_ms=since - 1000)[0], policy=archived).reason is Indication.NOT_YET_VALID
    assert judge(make(now_ms=until + 1000)[0], at_ms=until + 1000, policy=archived).reason is Indication.EXPIRED
    late = make(now_ms=until)[0]
    assert judge(late, at_ms=until, policy=archived).passed
    verdict = judge(late, at_ms=until + 1, policy=archived)
    assert (verdict.status, verdict.reason) == (Status.INDETERMINATE, Indication.OUT_OF_BOUNDS_NO_POE)


def test_revocation_counts_at_once_and_spares_what_is_known_to_be_older():
    revoked = msgspec.structs.replace(certificate(), revoked_at_ms=NOW_MS + 1000)
    sealed, archived = make()[0], policy.SealedBefore()
    assert judge(sealed, at_ms=NOW_MS + 999, certificates=registered(revoked), policy=archived).passed
    verdict = judge(sealed, at_ms=NOW_MS + 1000, certificates=registered(revoked), policy=archived)
    assert (verdict.reason, verdict.step) == (Indication.REVOKED_NO_POE, "9 revocation")


@pytest.mark.parametrize(
    ("late_ms", "held"), [(0, True), (300_000, True), (300_001, False), (-30_000, True), (-30_001, False)]
)
def test_a_live_seal_is_fresh(late_ms: int, held: bool):  # noqa: FBT001 - a table's column
    verdict = judge(make()[0], at_ms=NOW_MS + late_ms)
    assert verdict.passed is held
    assert verdict.seal is not None


def test_a_verdict_that_must_pass_raises_with_its_reason():
    with pytest.raises(VerdictError, match="HASH_FAILURE at step 7 place") as caught:
        judge(msgspec.structs.replace(make()[0], envelope=b"{}")).must_pass()
    assert caught.value.verdict.reason is Indication.HASH_FAILURE


def test_an_envelopes_content_never_shows_in_a_verdict():
    verdict = judge(msgspec.structs.replace(make()[0], envelope=b'{"citizen":"001099000001"}'))
    assert "001099000001" not in str(verdict)
