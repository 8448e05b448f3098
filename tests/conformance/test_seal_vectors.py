"""The published vectors, judged twice: by `signing.jws`, and by a second reader written from docs/seal.md alone."""

import json
import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from hashlib import sha256
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec, padding
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256

from schemas.sealed import SealedFile, from_file
from schemas.text import b64url_decode
from signing import jws, merkle
from signing.chain import load_seal_certificate
from signing.keys import Algorithm

VECTORS = json.loads(Path(__file__).with_name("vectors").joinpath("seal-v1.json").read_text())
CASES = VECTORS["cases"]
ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551


@pytest.mark.parametrize("case", CASES, ids=[case["name"] for case in CASES])
def test_our_reader_says_what_the_vector_says(case: dict[str, object]):
    certificates = {
        one["x5t"]: load_seal_certificate(
            b64url_decode(one["der"]), alg=Algorithm(one["alg"]), revoked_at_ms=case["revoked_at_ms"]
        )
        for one in VECTORS["certificates"]
    }
    sealed = jws.Sealed(
        b64url_decode(case["sealed"]["envelope"]),
        case["sealed"]["seal"].encode(),
        case["sealed"]["index"],
        case["sealed"]["size"],
        tuple(map(b64url_decode, case["sealed"].get("path", ()))),
    )
    verdict = jws.check(sealed, certificates, instance=VECTORS["instance"], at_ms=case["at_ms"])
    found = {"status": verdict.status, "reason": verdict.reason, "step": verdict.step or None}
    assert found == case["expected"]


@pytest.mark.parametrize("case", CASES, ids=[case["name"] for case in CASES])
def test_a_second_reader_agrees(case: dict[str, object]):
    assert SecondReader(case).holds() is (case["expected"]["status"] == "passed")


@pytest.mark.parametrize("batch", VECTORS["batches"], ids=[str(len(one["envelopes"])) for one in VECTORS["batches"]])
def test_every_intermediate_value_of_a_batch(batch: dict[str, object]):
    hashes = [merkle.leaf_hash(envelope.encode()) for envelope in batch["envelopes"]]
    assert [one.hex() for one in hashes] == batch["leaf_hashes"]
    tree_root, paths = merkle.root_and_paths(hashes)
    assert tree_root.hex() == batch["root"]
    assert [[node.hex() for node in path] for path in paths] == batch["paths"]
    payload = json.loads(unpadded(batch["seal"].split(".")[1]))
    assert unpadded(payload["root"]).hex() == batch["root"]
    assert payload["size"] == len(batch["envelopes"])


def test_the_vectors_are_sealed_files():
    for case in CASES:
        form = SealedFile(**{**case["sealed"], "path": tuple(case["sealed"].get("path", ()))})
        assert from_file(form).seal.decode() == case["sealed"]["seal"]


def unpadded(text: str) -> bytes:
    if not re.fullmatch(r"[A-Za-z0-9_-]+", text):
        raise ValueError("alphabet")
    data = urlsafe_b64decode(text + "=" * (-len(text) % 4))
    if urlsafe_b64encode(data).rstrip(b"=").decode() != text:
        raise ValueError("spelling")
    return data


class SecondReader:
    """Section 6 of docs/seal.md and nothing else; a broken rule is a `ValueError`."""

    def __init__(self, case: dict[str, object]) -> None:
        self.sealed = case["sealed"]
        self.at_ms = case["at_ms"]
        self.revoked_at_ms = case["revoked_at_ms"]
        self.certificates = {one["x5t"]: one for one in VECTORS["certificates"]}

    def holds(self) -> bool:
        try:
            return self._check()
        except (ValueError, InvalidSignature):
            return False

    def _check(self) -> bool:
        seal = self.sealed["seal"]
        if len(seal) > 2048 or seal.count(".") != 2:
            return False
        head, body, signature = map(unpadded, seal.split("."))
        header, payload = self._members(head), self._members(body)
        kinds = {"alg": str, "typ": str, "x5t#S256": str, "iat": int}
        if {name: type(value) for name, value in header.items()} != kinds or header["typ"] != "lienthong-seal":
            return False
        kinds = {"v": int, "instance": str, "size": int, "root": str}
        if {name: type(value) for name, value in payload.items()} != kinds or payload["v"] != 1:
            return False
        certificate = self.certificates.get(header["x5t#S256"])
        if certificate is None or certificate["alg"] != header["alg"] or payload["instance"] != VECTORS["instance"]:
            return False
        self._signature(certificate, signature, seal.rpartition(".")[0].encode())
        return self._root(payload["size"]) == unpadded(payload["root"]) and self._in_time(certificate, header["iat"])

    def _members(self, text: bytes) -> dict[str, object]:
        def once(pairs: list[tuple[str, object]]) -> dict[str, object]:
            if len({name for name, _ in pairs}) != len(pairs):
                raise ValueError("repeated")
            return dict(pairs)

        return json.loads(text.decode("utf-8"), object_pairs_hook=once)

    def _signature(self, certificate: dict[str, object], signature: bytes, signed: bytes) -> None:
        key = x509.load_der_x509_certificate(unpadded(certificate["der"])).public_key()
        if certificate["alg"] == "ES256":
            r, s = int.from_bytes(signature[:32], "big"), int.from_bytes(signature[32:], "big")
            if len(signature) != 64 or s > ORDER // 2:
                raise ValueError("spelling")
            key.verify(encode_dss_signature(r, s), signed, ec.ECDSA(SHA256()))
            return
        pss = padding.PSS(padding.MGF1(SHA256()), 32)
        key.verify(signature, signed, pss if certificate["alg"] == "PS256" else padding.PKCS1v15(), SHA256())

    def _root(self, size: int) -> bytes:
        """RFC 9162 §2.1.3.2, step by step."""
        fn, sn = self.sealed["index"], self.sealed["size"] - 1
        if size != self.sealed["size"] or not 0 <= fn <= sn < 4096:
            raise ValueError("place")
        reached = sha256(b"\x00" + unpadded(self.sealed["envelope"])).digest()
        for node in map(unpadded, self.sealed.get("path", ())):
            if sn == 0 or len(node) != 32:
                raise ValueError("path")
            if fn % 2 or fn == sn:
                reached = sha256(b"\x01" + node + reached).digest()
                while fn % 2 == 0 and fn != 0:
                    fn, sn = fn // 2, sn // 2
            else:
                reached = sha256(b"\x01" + reached + node).digest()
            fn, sn = fn // 2, sn // 2
        if sn:
            raise ValueError("path")
        return reached

    def _in_time(self, certificate: dict[str, object], iat: int) -> bool:
        valid = certificate["not_before_ms"] <= iat * 1000 <= certificate["not_after_ms"] >= self.at_ms
        revoked = self.revoked_at_ms is not None and self.at_ms >= self.revoked_at_ms
        return valid and not revoked and -30_000 <= self.at_ms - iat * 1000 <= 300_000
