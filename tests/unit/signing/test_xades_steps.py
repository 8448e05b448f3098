"""The steps of signing refuse what does not fit, at the step where it does not."""

from __future__ import annotations

from dataclasses import replace

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from xades_kit import FILES, SEALS, Bench, later

from signing import asice, asice_zip
from signing.keys import Algorithm, MemorySigner
from signing.packet import StepError, reopen
from signing.revocation import Evidence, addresses
from signing.xades_policy import Demands, SignatureTrust
from signing.xades_seal import File, SealRefusedError, begin
from signing.xades_words import Method


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory):
    return Bench(tmp_path_factory.mktemp("steps"))


@pytest.mark.parametrize(
    "files",
    [
        (),
        (File("a", b"1"), File("a", b"2")),
        (File("a", b"1"), File("A", b"2")),
        (File("../a", b"1"),),
        (File("META-INF/a", b"1"),),
        (File("mimetype", b"1"),),
        (File("a", b"1", "text/html; charset=utf-8"),),
        (File("a", b"1", "text"),),
        tuple(File(f"f{number}", b"") for number in range(1_001)),
    ],
)
def test_files_outside_their_limits_are_not_signed(bench: Bench, files: tuple[File, ...]):
    with pytest.raises(SealRefusedError):
        begin(files, bench.signer.der, later())


def test_a_key_outside_the_closed_list_does_not_sign(bench: Bench):
    odd = bench.ca.make("p521", bench.ca.issuing, SEALS, key=ec.generate_private_key(ec.SECP521R1()))
    for certificate in (odd.der, b"", b"no certificate"):
        with pytest.raises(SealRefusedError):
            begin(FILES, certificate, later())


def test_a_signature_that_is_not_the_keys_completes_nothing(bench: Bench):
    pending = begin(FILES, bench.signer.der, later())
    for signature in (b"", bytes(64), bench.signer.sign(b"other"), bench.ca.signer().sign(pending.to_sign)):
        with pytest.raises(SealRefusedError):
            pending.complete(signature)


def test_each_key_has_its_algorithm(bench: Bench):
    methods = [begin(FILES, bench.ca.signer(kind).der, later()).method for kind in ("P-256", "P-384", "RSA")]
    assert methods == [Method.ECDSA_SHA256, Method.ECDSA_SHA384, Method.RSA_SHA256]
    assert begin(FILES, bench.ca.signer("RSA").der, later(), pss=True).method is Method.PSS_SHA256


@pytest.mark.parametrize("alg", list(Algorithm))
def test_a_signer_of_the_key_stores_signs_files(bench: Bench, alg: Algorithm):
    holder = bench.ca.signer({Algorithm.ES256: "P-256", Algorithm.ES384: "P-384"}.get(alg, "RSA"))
    packet = asice.seal(FILES, MemorySigner(holder.key, holder.der, alg), later(), issuers=[bench.ca.issuing.der])
    whole = packet.stamped(bench.stamp(packet.to_timestamp)).evidenced(bench.evidence(holder))
    assert bench.check(whole).verdict.passed


def test_steps_come_in_their_order(bench: Bench):
    b, t, lt = bench.b(), bench.t(), bench.lt()
    for early in (b.revocation_needed, lt.revocation_needed):
        with pytest.raises(StepError):
            early([])
    for wrong in (lambda: t.to_timestamp, lambda: t.stamped(b""), lambda: b.evidenced(Evidence((b"x",)))):
        with pytest.raises(StepError):
            wrong()
    with pytest.raises(StepError):
        t.evidenced(Evidence())
    with pytest.raises(StepError):
        t.stamp_evidenced(Evidence((b"x",)))


def test_what_is_needed_names_signer_issuers_and_authority(bench: Bench):
    needs = bench.t().revocation_needed([bench.ca.root.der, *bench.tsa.anchors])
    assert [need.certificate for need in needs][:2] == [bench.signer.der, bench.ca.issuing.der]
    assert len(needs) == 3
    assert needs[0].responders == addresses(bench.signer.der)[0] == ("http://127.0.0.1:9/ocsp",)
    with pytest.raises(StepError, match="not among the issuers"):
        bench.t().revocation_needed([bench.ca.root.der])


def test_evidence_about_every_authority_can_be_kept_up(bench: Bench):
    packet = bench.lta()
    needs = packet.revocation_needed(bench.tsa.anchors)
    assert len(needs) == 1
    shown = Evidence(crls=(bench.ca.crl(later(seconds=3), by=bench.tsa_root),))
    packet = packet.stamp_evidenced(shown, bench.tsa.anchors)
    packet = packet.stamped(bench.stamp(packet.to_timestamp))
    trust = replace(bench.trust, evidence=shown)  # about the newest, which nothing in the container can be
    checked = asice.check(packet.container(), trust, later(minutes=1), Demands(stamp_evidence=True))
    assert checked.verdict.passed, str(checked.verdict)


def test_only_a_container_with_its_signed_files_alone_is_taken_up(bench: Bench):
    packet = bench.lt()
    assert reopen(packet.container()) == packet
    whole = asice_zip.read(packet.container())
    for files in (
        {},
        {**whole, "more": b"x"},
        {name: data for name, data in whole.items() if name != FILES[0].name},
        {name: data for name, data in whole.items() if not name.endswith("manifest.xml")},
    ):
        with pytest.raises(StepError):
            reopen(asice_zip.write(files))


def test_two_signatures_over_the_same_files_must_both_hold(bench: Bench):
    one, other = bench.lt(), bench.lt(bench.ca.signer(name="a100002"))
    inside = asice_zip.read(one.container())
    both = asice_zip.write({**inside, "META-INF/signatures1.xml": other.signatures})
    checked = asice.check(both, bench.trust, later(minutes=1))
    assert checked.verdict.passed, str(checked.verdict)
    assert {report.signer for report in checked.reports.values()} == {bench.signer.der, other.signature.certificates[0]}


def test_trust_is_the_readers_alone(bench: Bench):
    checked = asice.check(bench.lt().container(), SignatureTrust(()), later(minutes=1))
    assert not checked.verdict.passed
    assert not checked.files
