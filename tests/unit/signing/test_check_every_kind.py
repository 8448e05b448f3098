"""`lienthong-check` on every kind of file of docs/check.md: a sound one, an altered twin, and one without trust."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import NamedTuple

import bundle_kit
import evidence_kit
import msgspec
import pytest
from seal_kit import pki
from xades_kit import FILES, Bench, later

from schemas.record import LeafType, Record, commit, encode_leaf
from schemas.text import b64url_encode, moment
from signing import batch, day_archive, evidence, second_seal, timestamp, tlog_proof, trustlist
from signing.__main__ import main
from signing.checkpoint import NoteKey, seal
from signing.merkle import inclusion_path, leaf_hash, root
from signing.trustlist import Names, Scheme, Service, ServiceKind

PAGE = Path(__file__).parents[3] / "docs" / "check.md"
LOG = NoteKey("ledger.test/kinds", bytes(range(32)))
LEAVES = [
    encode_leaf(
        Record(v=1, type=LeafType.DECLARED, time=moment(n), consumer="a100001", commit=commit(b"{}", bytes(32)))
    )
    for n in range(3)
]
HASHES = [leaf_hash(leaf) for leaf in LEAVES]
NOTE = seal(LOG.verifier.name, 3, root(HASHES), LOG)
AT = ("--at", "2026-11-22T05:00:10.000Z")


class Kind(NamedTuple):
    """A sound file, the reader's trust, other options, and an altered twin."""

    data: bytes
    trust: tuple[object, ...]
    twin: bytes
    more: tuple[object, ...] = ()


class Place(NamedTuple):
    """Where files are written, and what signs them."""

    folder: Path
    bench: Bench

    def file(self, name: str, data: bytes) -> Path:
        (self.folder / name).write_bytes(data)
        return self.folder / name

    @property
    def signers(self) -> tuple[object, ...]:
        tsa = self.bench.folder / "tsa" / "root.pem"
        return "--anchor", self.file("ca.pem", self.bench.ca.root.pem), "--tsa-anchor", tsa


def flipped(data: bytes, place: int) -> bytes:
    return data[:place] + bytes([data[place] ^ 1]) + data[place + 1 :]


def envelope(place: Place) -> Kind:
    whole = evidence_kit.Exchange().evidence(receipt=None, log=None)
    bent = [msgspec.structs.replace(one, envelope=one.envelope.replace(b'"v":1', b'"v":2')) for one in whole.sealed]
    trust = ("--anchor", place.file("root.pem", pki().root))
    return Kind(evidence.write(whole), trust, evidence.write(replace(whole, sealed=tuple(bent))), AT)


def receipt(place: Place) -> Kind:
    whole = evidence_kit.Exchange().evidence()
    assert whole.receipt is not None
    bent = msgspec.structs.replace(whole.receipt, envelope=whole.receipt.envelope.replace(b"a100000", b"a100009"))
    key = ("--log-key", evidence_kit.LOG_KEY.verifier.text)
    trust = ("--anchor", place.file("root.pem", pki().root), "--operator", evidence_kit.OPERATOR, *key)
    return Kind(evidence.write(whole), trust, evidence.write(replace(whole, receipt=bent)), AT)


def page(_: Place) -> Kind:
    records = [
        {"index": n, "leaf": leaf.decode(), "path": [b64url_encode(node) for node in inclusion_path(HASHES, n)]}
        for n, leaf in enumerate(LEAVES)
    ]
    told = {"v": 1, "kind": "lienthong-page", "checkpoint": NOTE.decode(), "as_of": 3, "inquiry": 3, "records": records}
    data = json.dumps(told).encode()
    return Kind(data, ("--log-key", LOG.verifier.text), data.replace(b"a100001", b"a100002", 1))


def proof(_: Place) -> Kind:
    data = tlog_proof.write(tlog_proof.ProofFile(1, inclusion_path(HASHES, 1), NOTE, LEAVES[1]))
    twin = tlog_proof.write(tlog_proof.ProofFile(1, inclusion_path(HASHES, 1), NOTE, LEAVES[2]))
    return Kind(data, ("--log-key", LOG.verifier.text), twin)


def day(_: Place) -> Kind:
    whole = day_archive.DayArchive(LOG.verifier.name, date(2026, 11, 20), (day_archive.Stamped(NOTE),), ())
    data = day_archive.write(whole)
    return Kind(data, ("--log-key", LOG.verifier.text), flipped(data, data.index(NOTE[:20]) + 3))


def bundle(place: Place) -> Kind:
    case = bundle_kit.case()
    trust = ("--registry-root", place.file("root.json", case.root), "--log-key", bundle_kit.LOG_KEY.verifier.text)
    data = case.consumer
    return Kind(data, trust, flipped(data, data.index(b'"question"')), ("--at", "2026-09-22T00:00:00.000Z"))


def asice(place: Place) -> Kind:
    packet = place.bench.lt()
    return Kind(packet.container(), place.signers, replace(packet, files=packet.files | altered()).container())


def altered() -> dict[str, bytes]:
    return {FILES[0].name: b'{"id":"two"}'}


def signed_list(place: Place) -> Kind:
    bench, digests = place.bench, {"one/seal.txt": sha256(b"one").digest()}
    pending = batch.begin_batch(digests, bench.signer.der, later(), issuers=[bench.ca.issuing.der])
    packet = pending.complete(bench.signer.sign(pending.to_sign))
    packet = packet.stamped(bench.stamp(packet.to_timestamp)).evidenced(bench.evidence())
    twin = replace(packet, files={batch.NAME: batch.write({"one/seal.txt": sha256(b"two").digest()})})
    return Kind(packet.container(), place.signers, twin.container(), ("--data", place.file("one", b"one")))


def xades(place: Place) -> Kind:
    packet = place.bench.lt(files=(FILES[0],))
    twin = packet.signatures.replace(b"<ds:DigestValue>", b"<ds:DigestValue>A", 1)
    twin = re.sub(rb"(<ds:DigestValue>A)(.{43}).(=</ds)", rb"\1\2\3", twin, count=1)
    return Kind(packet.signatures, place.signers, twin, ("--data", place.file(FILES[0].name, FILES[0].data)))


def token(place: Place) -> Kind:
    data = place.bench.stamp(b"stamped")
    return Kind(data, place.signers[2:], place.bench.stamp(b"other"), ("--data", place.file("data", b"stamped")))


def answer(place: Place) -> Kind:
    whole = token(place)
    return whole._replace(data=timestamp.file_of(whole.data), twin=timestamp.file_of(whole.twin))


def second(place: Place) -> Kind:
    plain, public = second_seal.new_key()
    listed = batch.write({"one/seal.txt": sha256(b"one").digest()})
    data = second_seal.load_key(plain).seal(listed)
    place_of = data.index(b'"signature": "') + 20
    twin = data[:place_of] + (b"B" if data[place_of:][:1] == b"A" else b"A") + data[place_of + 1 :]
    return Kind(data, ("--second-key", place.file("pub.pem", public)), twin, ("--data", place.file("list", listed)))


def trusted_list(place: Place) -> Kind:
    bench, now = place.bench, datetime.now(UTC).replace(microsecond=0) - timedelta(minutes=1)
    names = Names("Mẫu", "Sample")
    scheme = Scheme(names, names, "1 Phố Mẫu", "Hà Nội", "pki@lienthong.test", "https://lienthong.test/list")
    services = [Service(ServiceKind.CA, names, bench.ca.issuing.der, now)]
    pending = trustlist.begin(scheme, services, bench.signer.der, now, sequence=1, lifetime=timedelta(days=90))
    data = pending.complete(bench.signer.sign(pending.to_sign))
    return Kind(data, ("--list-signer", place.file("signer.pem", bench.signer.pem)), data.replace(b"Sample", b"Simple"))


KINDS: dict[str, Callable[[Place], Kind]] = {
    "envelope": envelope,
    "receipt": receipt,
    "page": page,
    "proof": proof,
    "day": day,
    "bundle": bundle,
    "asice": asice,
    "list": signed_list,
    "xades": xades,
    "token": token,
    "answer": answer,
    "trusted-list": trusted_list,
    "second-seal": second,
}


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Bench:
    return Bench(tmp_path_factory.mktemp("kinds"))


def test_the_page_names_every_kind_that_is_tested():
    rows = re.findall(r"^\| ([a-z-]+) \|", PAGE.read_text(encoding="utf-8"), re.MULTILINE)
    assert rows[1:] == list(KINDS)


@pytest.mark.parametrize("name", KINDS)
def test_yes_no_and_cannot_tell(name: str, bench: Bench, tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    kind = KINDS[name](Place(tmp_path, bench))
    sound, twin = tmp_path / "sound", tmp_path / "twin"
    sound.write_bytes(kind.data)
    twin.write_bytes(kind.twin)
    words = [str(one) for one in (*kind.trust, *kind.more)]
    assert main([str(sound), *words]) == 0, capsys.readouterr().out
    said = capsys.readouterr().out
    assert re.search(r"^  \d+ ok ", said, re.MULTILINE)
    assert main([str(twin), *words]) == 1, capsys.readouterr().out
    assert main([str(sound), *map(str, kind.more)]) == 2, capsys.readouterr().out
    assert main([str(sound), "--language", "vi", *words]) == 0
