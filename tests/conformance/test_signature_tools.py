"""Our containers under tools that are not ours, and theirs under our judge: xmlsec1, openssl, and EU DSS.

EU DSS comes from Maven Central and is built here (tests/conformance/dss). That takes its time: LIENTHONG_TEST_DSS=1
asks for it.
"""

from __future__ import annotations

import shutil
import subprocess
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest
import xroad_kit
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, pkcs12
from dss_kit import java
from tsa_kit import run
from xades_kit import FILES, Bench, later

from signing import asice, batch
from signing.packet import SIGNATURES, Level, Packet
from signing.xades_policy import Demands
from signing.xades_stamps import signature_input
from signing.xades_values import SignatureStamp

KINDS = ("P-256", "P-384", "RSA")


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory):
    made = Bench(tmp_path_factory.mktemp("tools"))
    (made.folder / "root.pem").write_bytes(made.ca.root.pem)
    (made.folder / "issuing.pem").write_bytes(made.ca.issuing.pem)
    return made


@pytest.fixture(scope="module")
def packets(bench: Bench):
    """Every level by every kind of key, renewed ones and a batch among them."""
    made: dict[str, Packet] = {}
    for kind in KINDS:
        signer = bench.ca.signer(kind)
        made[f"{kind}-B"] = bench.b(signer)
        made[f"{kind}-T"] = bench.t(signer)
        made[f"{kind}-LT"] = bench.lt(signer)
        once = bench.lta(signer)
        made[f"{kind}-LTA"] = once
        made[f"{kind}-LTA-again"] = once.stamped(bench.stamp(once.to_timestamp))
    pending = batch.begin_batch({f"m{n}": bytes(32) for n in range(512)}, bench.signer.der, later())
    signed = pending.complete(bench.signer.sign(pending.to_sign))
    stamped = signed.stamped(bench.stamp(signed.to_timestamp))
    chain = [bench.ca.issuing.der, bench.ca.root.der, *bench.tsa.anchors]
    made["batch-LT"] = stamped.evidenced(bench.evidence(), chain)
    return made


def unpacked(packet: Packet, folder: Path) -> Path:
    container = folder / "x.asice"
    container.write_bytes(packet.container())
    with zipfile.ZipFile(container) as archive:
        archive.extractall(folder)
    return folder


def xmlsec(folder: Path, bench: Bench) -> int:
    properties = "http://uri.etsi.org/01903/v1.3.2#:SignedProperties"
    trust = ["--trusted-pem", bench.folder / "root.pem", "--untrusted-pem", bench.folder / "issuing.pem"]
    words = ["xmlsec1", "--verify", *trust, "--id-attr:Id", properties, SIGNATURES]
    return subprocess.run(list(map(str, words)), cwd=folder, capture_output=True, check=False).returncode


@pytest.mark.skipif(shutil.which("xmlsec1") is None, reason="there is no xmlsec1 on this machine")
@pytest.mark.parametrize("name", [f"{kind}-{level}" for kind in KINDS for level in ("B", "LTA")])
def test_xmlsec1_takes_every_signature_and_no_altered_file(
    bench: Bench, packets: dict[str, Packet], name: str, tmp_path: Path
):
    folder = unpacked(packets[name], tmp_path)
    assert xmlsec(folder, bench) == 0
    (folder / FILES[0].name).write_bytes(b"altered")
    assert xmlsec(folder, bench) != 0


def test_openssl_takes_the_time_stamp_over_the_signature(bench: Bench, packets: dict[str, Packet], tmp_path: Path):
    signature = packets["P-256-LTA"].signature
    (stamp,) = (one for one in signature.unsigned if isinstance(one, SignatureStamp))
    token, data = tmp_path / "token", tmp_path / "data"
    token.write_bytes(stamp.token)
    data.write_bytes(signature_input(signature))
    root = bench.folder / "tsa" / "root.pem"
    assert b"OK" in run("ts", "-verify", "-token_in", "-in", token, "-data", data, "-CAfile", root)


@pytest.mark.timeout(900)
def test_eu_dss_says_the_same_of_every_level_and_of_altered_twins(
    bench: Bench, packets: dict[str, Packet], dss: str, tmp_path: Path
):
    for name, packet in packets.items():
        (tmp_path / f"{name}.asice").write_bytes(packet.container())
        altered = {one: b"altered" if place == 0 else data for place, (one, data) in enumerate(packet.files.items())}
        (tmp_path / f"{name}-altered.asice").write_bytes(replace(packet, files=altered).container())
    roots = [bench.folder / "root.pem", bench.folder / "tsa" / "root.pem"]
    said = java(dss, "Judge", *roots, "--", *sorted(tmp_path.glob("*.asice"))).splitlines()
    told = {line.split()[0].removesuffix(".asice"): line.split()[1:] for line in said}
    for name, packet in packets.items():
        whole = packet.level >= Level.LT  # below, nothing says whether the signer was revoked
        assert told[name][0] == f"XAdES-BASELINE-{packet.level.name}"
        assert told[name][1] == ("TOTAL_PASSED" if whole else "INDETERMINATE"), name
        assert told[f"{name}-altered"][1:] == ["TOTAL_FAILED", "HASH_FAILURE"], name


@pytest.mark.timeout(900)
def test_our_judge_takes_what_eu_dss_signs(bench: Bench, dss: str, tmp_path: Path):
    for file in FILES:
        (tmp_path / Path(file.name).name).write_bytes(file.data)
    held = bench.signer
    key = pkcs12.serialize_key_and_certificates(
        b"key", held.key, held.certificate, [bench.ca.issuing.certificate], BestAvailableEncryption(b"test")
    )
    (tmp_path / "key.p12").write_bytes(key)
    names = [tmp_path / Path(file.name).name for file in FILES]
    java(dss, "Make", tmp_path / "key.p12", tmp_path / "out.asice", *names)
    at = later(seconds=30)
    trust = replace(bench.trust, evidence=bench.evidence(at=at))
    checked = asice.check((tmp_path / "out.asice").read_bytes(), trust, at, Demands(least=Level.B))
    assert checked.verdict.passed, str(checked.verdict)
    assert sorted(checked.files.values()) == sorted(file.data for file in FILES)


@pytest.mark.skipif(shutil.which("xmlsec1") is None, reason="there is no xmlsec1 on this machine")
def test_xmlsec1_takes_the_inclusive_form_of_x_roads_signatures(bench: Bench, tmp_path: Path):
    files = xroad_kit.message(bench)
    (tmp_path / "signatures.xml").write_bytes(files["META-INF/signatures.xml"])
    (tmp_path / "message.xml").write_bytes(files["message.xml"])
    trust = ["--trusted-pem", bench.folder / "root.pem", "--untrusted-pem", bench.folder / "issuing.pem"]
    where = [
        "--url-map:/message.xml",
        "message.xml",
        "--id-attr:Id",
        "http://uri.etsi.org/01903/v1.3.2#:SignedProperties",
    ]
    words = ["xmlsec1", "--verify", *trust, *where, "signatures.xml"]
    done = subprocess.run(list(map(str, words)), cwd=tmp_path, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr
