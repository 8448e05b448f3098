"""X-Road's containers are judged as strictly as ours, through their hash chains."""

from __future__ import annotations

import pytest
from xades_kit import Bench, later
from xroad_kit import MESSAGE, b64, message, packed

from signing import xroad
from signing.verdict import Indication
from signing.xades_policy import Demands, SignatureTrust

KINDS = {
    "plain": {},
    "plain with attachments": {"attachments": 2},
    "batch-signed": {"batch": True, "attachments": 1},
    "batch time-stamped": {"stamped": True},
    "both": {"batch": True, "stamped": True, "attachments": 2},
}


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory):
    return Bench(tmp_path_factory.mktemp("xroad"))


def said(bench: Bench, files: dict[str, bytes], demands: Demands | None = None):
    # X-Road's approved certification service is the issuing authority itself
    trust = SignatureTrust((bench.ca.issuing.der,), tuple(bench.tsa.anchors))
    return xroad.check(packed(files), trust, later(minutes=1), demands)


@pytest.mark.parametrize("kind", KINDS)
def test_a_sound_container_passes_and_gives_its_message(bench: Bench, kind: str):
    files = message(bench, **KINDS[kind])
    checked = said(bench, files)
    assert checked.verdict.passed, str(checked.verdict)
    assert checked.files["message.xml"] == MESSAGE
    assert set(checked.files) == {name for name in files if name.startswith(("message", "attachment"))}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", ["message.xml", "attachment1", "META-INF/signatures.xml"])
def test_a_byte_changed_is_found(bench: Bench, kind: str, name: str):
    files = message(bench, **KINDS[kind])
    if name in files:
        files[name] = files[name].replace(b"a", b"b", 1)
        assert not said(bench, files).verdict.passed


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", ["attachment9", "more.txt", "META-INF/more.xml", "sig-more.xml"])
def test_what_nothing_binds_is_refused(bench: Bench, kind: str, name: str):
    verdict = said(bench, {**message(bench, **KINDS[kind]), name: b"slipped in"}).verdict
    assert verdict.reason is Indication.FORMAT_FAILURE
    assert "not signed for" in verdict.detail


def test_a_part_that_is_time_stamped_alone_is_refused(bench: Bench):
    from xroad_kit import chain  # noqa: PLC0415 - this test alone

    files = message(bench, stamped=True)
    files["attachment1"] = b"not signed"
    files |= chain("ts", {one: files[one] for one in ("META-INF/signatures.xml", "attachment1")})
    files["META-INF/timestamp.tst"] = bench.stamp(files["ts-hashchainresult.xml"])
    assert said(bench, files).verdict.detail == "a part of the message was time-stamped and not signed for"


def bent(bench: Bench, name: str, old: bytes, new: bytes) -> Indication | None:
    files = message(bench, batch=True, stamped=True, attachments=1)
    assert old in files[name]
    files[name] = files[name].replace(old, new, 1)
    return said(bench, files).verdict.reason


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b'URI="#STEP1"', b'URI="#STEP0"'),
        (b'URI="#STEP1"', b'URI="#STEP7"'),
        (b'URI="/message.xml"', b'URI="/other.xml"'),
        (b'URI="/message.xml"', b'URI="message.xml"'),
        (b"<ns2:HashChain ", b"<!DOCTYPE a><ns2:HashChain "),
        (b"xmlenc#sha512", b"xmldsig#sha1"),
        (b"<ns2:HashStep id=", b"<ns2:HashStep/><ns2:HashStep id="),
        (b"</ns2:HashStep>", b"<!-- --></ns2:HashStep>"),
        (b"<DigestValue>", b"<Transforms/><DigestValue>"),
    ],
)
def test_a_chain_of_another_shape_is_refused(bench: Bench, old: bytes, new: bytes):
    assert bent(bench, "sig-hashchain.xml", old, new) is Indication.FORMAT_FAILURE
    if old != b'URI="/message.xml"':
        assert bent(bench, "ts-hashchain.xml", old, new) is Indication.FORMAT_FAILURE


def test_a_chain_that_leads_elsewhere_is_told_from_one_of_another_shape(bench: Bench):
    start = b"<ns2:HashValue><DigestValue>"
    zeros = b64(bytes(64)).encode()
    files = message(bench, batch=True)
    place = files["sig-hashchain.xml"].index(start) + len(start)
    data = files["sig-hashchain.xml"]
    files["sig-hashchain.xml"] = data[:place] + zeros + data[place + len(zeros) :]
    assert said(bench, files).verdict.reason is Indication.HASH_FAILURE


def test_another_time_stamp_is_refused(bench: Bench):
    files = message(bench, stamped=True)
    files["META-INF/timestamp.tst"] = bench.stamp(b"other")
    assert said(bench, files).verdict.reason is Indication.HASH_FAILURE
    del files["META-INF/timestamp.tst"]
    assert said(bench, files).verdict.reason is Indication.FORMAT_FAILURE


def test_ocsp_as_old_as_x_road_lets_it_be_is_refused_under_our_own_rule(bench: Bench):
    assert said(bench, message(bench), Demands()).verdict.reason is Indication.TRY_LATER


def test_ours_is_no_container_of_x_road(bench: Bench):
    checked = xroad.check(bench.b().container(), bench.trust, later())
    assert checked.verdict.reason is Indication.SIGNED_DATA_NOT_FOUND
