"""Whatever is done to a signed container: the judge answers, and a yes gives the very files that were signed.

LIENTHONG_TEST_HOSTILE=5000 tries as many of each.
"""

from __future__ import annotations

import os

import pytest
import xroad_kit
from cryptography import x509
from hypothesis import example, given, settings
from hypothesis import strategies as st
from lxml import etree
from xades_kit import FILES, Bench, later
from xades_tricks import replaced

from signing import asice, asice_zip, signed_files, timestamp
from signing.container import ContainerError
from signing.packet import SIGNATURES, Level
from signing.revocation_sources import EvidenceRefusedError, read_crl, read_ocsp
from signing.signed_files import Reader
from signing.xades_policy import Demands

# bytes of a certificate overwritten: what cryptography still reads, it warns of, and the judge refuses by the signature
pytestmark = pytest.mark.filterwarnings("ignore::cryptography.utils.CryptographyDeprecationWarning")
FEW = settings(max_examples=int(os.environ.get("LIENTHONG_TEST_HOSTILE", "60")))
SIGNED = {one.name: one.data for one in FILES}
NAMES = st.text(st.characters(codec="utf-8"), min_size=1, max_size=30)


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory):
    return Bench(tmp_path_factory.mktemp("hostile"))


@pytest.fixture(scope="module")
def whole(bench: Bench):
    return bench.lta()


def judged(bench: Bench, data: bytes) -> None:
    checked = asice.check(data, bench.trust, later(minutes=1))
    assert bool(checked.files) == checked.verdict.passed
    if checked.verdict.passed:
        assert checked.files == SIGNED


@FEW
@given(st.data())
def test_bytes_overwritten(bench: Bench, whole, data: st.DataObject):  # noqa: ANN001 - a packet
    held = bytearray(whole.container())
    at = data.draw(st.integers(0, len(held) - 1))
    new = data.draw(st.binary(min_size=1, max_size=4))
    held[at : at + len(new)] = new
    judged(bench, bytes(held))


@FEW
@given(st.data())
def test_text_of_the_signature_file_overwritten(bench: Bench, whole, data: st.DataObject):  # noqa: ANN001 - a packet
    text = bytearray(whole.signatures)
    at = data.draw(st.integers(0, len(text) - 1))
    new = data.draw(st.sampled_from([b"", b" ", b"\n", b"A", b"<", b"&#65;", b"=", b"0"]))
    text[at : at + data.draw(st.integers(0, 2))] = new
    judged(bench, replaced(whole, SIGNATURES, bytes(text)))


@FEW
@given(st.data())
def test_elements_moved_dropped_and_doubled(bench: Bench, whole, data: st.DataObject):  # noqa: ANN001 - a packet
    root = etree.fromstring(whole.signatures)  # noqa: TID251 - our own text
    nodes = [one for one in root.iter() if one is not root]
    for _ in range(data.draw(st.integers(1, 3))):
        one, place = data.draw(st.sampled_from(nodes)), data.draw(st.sampled_from(nodes))
        how = data.draw(st.sampled_from(["drop", "double", "move"]))
        if how == "double":
            place.append(etree.fromstring(etree.tostring(one)))  # noqa: TID251 - our own text
        elif place is not one and place not in one.iterdescendants():
            if how == "move":
                place.append(one)
            elif one.getparent() is not None:
                one.getparent().remove(one)
    judged(bench, replaced(whole, SIGNATURES, etree.tostring(root)))


@FEW
@given(st.binary(max_size=400))
@example(b"")
@example(b"PK\x03\x04" + bytes(26) + b"mimetype")
@example(b"0\x80")
@example(b"<a/>")
def test_any_bytes_at_all(bench: Bench, data: bytes):
    found = signed_files.judge(data, Reader(bench.trust, later(), Demands(least=Level.B)))
    assert found is None or all(not one.verdict.passed for one in found)


@FEW
@given(st.data())
def test_x_roads_files_overwritten(bench: Bench, xroad_files: dict[str, bytes], data: st.DataObject):
    name = data.draw(st.sampled_from(sorted(xroad_files)))
    held = bytearray(xroad_files[name])
    held[data.draw(st.integers(0, len(held) - 1))] ^= data.draw(st.integers(1, 255))
    container = xroad_kit.packed({**xroad_files, name: bytes(held)})
    reader = Reader(bench.trust, later(minutes=1), Demands(least=Level.B))
    checked = signed_files.judge_container(container, reader)
    if checked.verdict.passed:
        assert checked.files["message.xml"] == xroad_kit.MESSAGE


@pytest.fixture(scope="module")
def xroad_files(bench: Bench):
    return xroad_kit.message(bench, batch=True, stamped=True, attachments=1)


@FEW
@given(st.data())
def test_evidence_overwritten_counts_only_if_it_says_the_same(
    bench: Bench, evidence: dict[str, bytes], data: st.DataObject
):
    certificate, issuer = bench.signer.certificate, bench.ca.issuing.certificate
    kind = data.draw(st.sampled_from(["OCSP", "CRL"]))
    reader, good = {"OCSP": read_ocsp, "CRL": read_crl}[kind], evidence[kind]
    told = reader(good, certificate, issuer)
    held = bytearray(good)
    held[data.draw(st.integers(0, len(held) - 1))] ^= data.draw(st.integers(1, 255))
    try:
        said = reader(bytes(held), certificate, issuer)
    except EvidenceRefusedError:
        return
    assert said in (None, told)


@pytest.fixture(scope="module")
def evidence(bench: Bench):
    return {"OCSP": bench.ca.ocsp(bench.signer, later()), "CRL": bench.ca.crl(later(), by=bench.ca.issuing)}


@FEW
@given(st.data())
def test_a_token_overwritten_is_never_more_than_it_was(bench: Bench, token: bytes, data: st.DataObject):
    held = bytearray(token)
    held[data.draw(st.integers(0, len(held) - 1))] ^= data.draw(st.integers(1, 255))
    verdict, stamp = timestamp.check(bytes(held), b"data", bench.trust.time_stamp_anchors, later(minutes=1))
    assert (stamp is None) != verdict.passed


@pytest.fixture(scope="module")
def token(bench: Bench):
    return bench.stamp(b"data")


@given(st.dictionaries(NAMES, st.binary(max_size=50), max_size=5))
def test_files_that_are_taken_come_back_as_they_were(files: dict[str, bytes]):
    try:
        container = asice_zip.write(files)
    except ContainerError:
        return
    assert asice_zip.read(container) == files
    assert all(asice_zip.name_of(asice_zip.uri_of(name)) == name for name in files)


def test_evidence_about_a_stranger_is_not_heard(bench: Bench):
    stranger = x509.load_der_x509_certificate(bench.tsa.anchors[0])
    assert read_crl(bench.ca.crl(later()), stranger, bench.ca.root.certificate) is None
