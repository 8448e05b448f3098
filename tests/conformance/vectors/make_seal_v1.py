"""Write seal-v1.json anew: `python tests/conformance/vectors/make_seal_v1.py > tests/conformance/vectors/seal-v1.json`.

Certificates, envelopes and cases are fixed by what stands here, signatures are not (ECDSA and PSS draw numbers), so
the stored file is the specification and this script is how it was made. Keys are made, used and forgotten.
"""

import json
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import msgspec

sys.path.insert(0, str(Path(__file__).parents[3]))

from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

from schemas.sealed import Sealed, to_file
from schemas.text import b64url_encode
from signing import chain, jws, keys, sealtext
from signing.devpki import DevPki
from signing.merkle import leaf_hash, root

NOW = datetime(2026, 11, 22, 5, 0, tzinfo=UTC)
NOW_MS = int(NOW.timestamp() * 1000)
INSTANCE = "VN-test"
ENVELOPES = [f'{{"v":1,"instance":"VN-test","number":{i}}}'.encode() for i in range(64)]
ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
SIZES = (1, 2, 3, 5, 8, 64)


class Maker:
    """Keys and certificates of one run."""

    def __init__(self) -> None:
        pki = DevPki.create(NOW)
        rsa_key = rsa.generate_private_key(public_exponent=65537, key_size=3072)
        made = {
            "ES256": pki.seal("a100001", NOW),
            "PS256": pki.seal("a100002", NOW, key=rsa_key),
            "RS256": pki.seal("a100003", NOW, key=rsa_key),
        }
        self.signers = {
            alg: keys.load_signer(one.key, one.certificate, alg=keys.Algorithm(alg)) for alg, one in made.items()
        }
        self.certificates = {
            alg: chain.load_seal_certificate(one.certificate, alg=one.alg) for alg, one in self.signers.items()
        }

    def seal(self, count: int = 1, alg: str = "ES256", now_ms: int = NOW_MS) -> tuple[Sealed, ...]:
        return jws.seal(ENVELOPES[:count], self.signers[alg], instance=INSTANCE, now_ms=now_ms)

    def header(self, alg: str = "ES256") -> dict[str, object]:
        return {"alg": alg, "typ": "lienthong-seal", "x5t#S256": self.signers[alg].x5t, "iat": NOW_MS // 1000}

    def by_hand(self, header: bytes, payload: bytes) -> Sealed:
        text = f"{b64url_encode(header)}.{b64url_encode(payload)}".encode()
        signature = keys.accepted_spelling(keys.Algorithm.ES256, self.signers["ES256"].sign(text))
        return Sealed(ENVELOPES[0], text + b"." + b64url_encode(signature).encode(), 0, 1, ())


PAYLOAD = {"v": 1, "instance": INSTANCE, "size": 1, "root": b64url_encode(leaf_hash(ENVELOPES[0]))}


def compact(members: dict[str, object]) -> bytes:
    return json.dumps(members, separators=(",", ":")).encode()


def batches(maker: Maker) -> Iterator[dict[str, object]]:
    """Every intermediate value of a seal, for whoever writes the first lines of another implementation."""
    for size in SIZES:
        hashes = [leaf_hash(envelope) for envelope in ENVELOPES[:size]]
        sealed = maker.seal(size)
        yield {
            "envelopes": [envelope.decode() for envelope in ENVELOPES[:size]],
            "leaf_hashes": [one.hex() for one in hashes],
            "root": root(hashes).hex(),
            "paths": [[node.hex() for node in one.path] for one in sealed],
            "seal": sealed[0].seal.decode(),
        }


def good(maker: Maker) -> Iterator[tuple[str, Sealed, dict[str, object]]]:
    for alg in maker.signers:
        yield f"{alg}, batch of one", maker.seal(alg=alg)[0], {}
        yield f"{alg}, third of five", maker.seal(5, alg)[2], {}
    yield "last of 64", maker.seal(64)[63], {}
    reordered = json.dumps(dict(reversed(maker.header().items())), indent=1).encode()
    spaced = json.dumps(dict(reversed(PAYLOAD.items())), indent=1).encode()
    yield "members in another order, with spaces", maker.by_hand(reordered, spaced), {}
    yield "as old as a live seal may be", maker.seal()[0], {"at_ms": NOW_MS + 300_000}
    yield "as far ahead as a clock may be", maker.seal()[0], {"at_ms": NOW_MS - 30_000}


def bad_text(maker: Maker) -> Iterator[tuple[str, Sealed, dict[str, object]]]:
    header, payload, one = compact(maker.header()), compact(PAYLOAD), maker.seal()[0]
    head, body, signature = one.seal.split(b".")
    texts = {
        "padded": one.seal + b"==",
        "a second spelling of the signature's base64url": one.seal[:-1] + bytes([one.seal[-1] + 1]),
        "a line feed at the end": one.seal + b"\n",
        "two parts": head + b"." + body,
        "no signature": head + b"." + body + b".",
        "JSON serialisation": b'{"payload":"%b","protected":"%b","signature":"%b"}' % (body, head, signature),
    }
    for name, text in texts.items():
        yield name, msgspec.structs.replace(one, seal=text), {}
    headers = {
        "unknown header member": compact({**maker.header(), "kid": "1"}),
        "critical header member": compact({**maker.header(), "crit": ["b64"], "b64": False}),
        "repeated header member": header[:-1] + b',"iat":1}',
        "repeated header member, escaped": b'{"\\u0061lg":"none",' + header[1:],
        "missing iat": compact({k: v for k, v in maker.header().items() if k != "iat"}),
        "iat as text": compact({**maker.header(), "iat": str(NOW_MS // 1000)}),
        "iat with a fraction": compact({**maker.header(), "iat": NOW_MS / 1000 + 0.5}),
        "other typ": compact({**maker.header(), "typ": "JWT"}),
        "alg none": compact({**maker.header(), "alg": "none"}),
        "alg of another kind of key": compact({**maker.header(), "alg": "RS256"}),
        "unknown certificate": compact({**maker.header(), "x5t#S256": "A" * 43}),
    }
    for name, text in headers.items():
        yield name, maker.by_hand(text, payload), {}
    payloads = {
        "unknown payload member": compact({**PAYLOAD, "more": 1}),
        "repeated payload member": payload[:-1] + b',"size":1}',
        "version 2": compact({**PAYLOAD, "v": 2}),
        "size as 1.0": payload.replace(b'"size":1', b'"size":1.0'),
        "root of 33 bytes": compact({**PAYLOAD, "root": "A" * 44}),
        "byte order mark": b"\xef\xbb\xbf" + payload,
        "other instance": compact({**PAYLOAD, "instance": "VN"}),
    }
    for name, text in payloads.items():
        yield name, maker.by_hand(header, text), {}


def bad_signature(maker: Maker) -> Iterator[tuple[str, Sealed, dict[str, object]]]:
    one = maker.seal()[0]
    signed = one.seal.rpartition(b".")[0]
    raw = sealtext.parts(one.seal)[2]
    r, s = int.from_bytes(raw[:32], "big"), int.from_bytes(raw[32:], "big")
    signatures = {
        "the higher s": raw[:32] + (ORDER - s).to_bytes(32, "big"),
        "DER": encode_dss_signature(r, s),
        "65 bytes": b"\0" + raw,
        "zeros": bytes(64),
        "one bit": bytes([raw[0] ^ 1]) + raw[1:],
    }
    for name, signature in signatures.items():
        altered = signed + b"." + b64url_encode(signature).encode()
        yield f"signature: {name}", msgspec.structs.replace(one, seal=altered), {}
    ps, rs = maker.seal(alg="PS256")[0], maker.seal(alg="RS256")[0]
    swapped = ps.seal.rpartition(b".")[0] + b"." + rs.seal.rpartition(b".")[2]
    yield "signature: PKCS#1 v1.5 for PSS", msgspec.structs.replace(ps, seal=swapped), {}


def bad_place(maker: Maker) -> Iterator[tuple[str, Sealed, dict[str, object]]]:
    five = maker.seal(5)
    one = five[1]
    changes: dict[str, dict[str, object]] = {
        "another envelope": {"envelope": ENVELOPES[0]},
        "a space after the envelope": {"envelope": one.envelope + b" "},
        "another index": {"index": 0},
        "an index that needs a shorter path": {"index": 4},
        "another size": {"size": 6},
        "a path too short": {"path": one.path[:-1]},
        "a path too long": {"path": (*one.path, bytes(32))},
        "a path of others": {"path": five[3].path},
    }
    for name, change in changes.items():
        yield f"place: {name}", msgspec.structs.replace(one, **change), {}
    yield "too old", maker.seal()[0], {"at_ms": NOW_MS + 300_001}
    yield "from the future", maker.seal()[0], {"at_ms": NOW_MS - 30_001}
    early = maker.certificates["ES256"].not_before_ms - 1000
    yield "sealed before the certificate", maker.seal(now_ms=early)[0], {"at_ms": early}
    late = maker.certificates["ES256"].not_after_ms + 1000
    yield "sealed after the certificate", maker.seal(now_ms=late)[0], {"at_ms": late}
    yield "revoked", maker.seal()[0], {"revoked_at_ms": NOW_MS}


def case(maker: Maker, name: str, sealed: Sealed, options: dict[str, object]) -> dict[str, object]:
    revoked = options.get("revoked_at_ms")
    known = {one.x5t: msgspec.structs.replace(one, revoked_at_ms=revoked) for one in maker.certificates.values()}
    at_ms = options.get("at_ms", NOW_MS)
    verdict = jws.check(sealed, known, instance=INSTANCE, at_ms=at_ms)
    expected = {"status": verdict.status, "reason": verdict.reason, "step": verdict.step or None}
    form = msgspec.to_builtins(to_file(sealed))
    return {"name": name, "sealed": form, "at_ms": at_ms, "revoked_at_ms": revoked, "expected": expected}


def main() -> None:
    maker = Maker()
    makers = (good, bad_text, bad_signature, bad_place)
    vectors = {
        "about": "Test vectors for docs/seal.md, version 1. Binary is base64url, hashes of batches are hex.",
        "instance": INSTANCE,
        "certificates": [
            {
                "alg": one.alg,
                "x5t": one.x5t,
                "der": b64url_encode(one.der),
                "not_before_ms": one.not_before_ms,
                "not_after_ms": one.not_after_ms,
            }
            for one in maker.certificates.values()
        ],
        "batches": list(batches(maker)),
        "cases": [case(maker, *one) for make in makers for one in make(maker)],
    }
    sys.stdout.write(json.dumps(vectors, indent=1) + "\n")


if __name__ == "__main__":
    main()
