"""Trusted lists: made, judged, altered in every way that matters; ETSI's order of elements; xmlsec1 takes them too."""

from __future__ import annotations

import re
import shutil
import subprocess
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path

import pytest
from lxml import etree
from xades_kit import Ca, Holder

from signing import trustlist, trustlist_check
from signing.trustlist import Names, Scheme, Service, ServiceKind, TrustListError
from signing.verdict import Indication

NOW = datetime.now(UTC).replace(microsecond=0)
SCHEME = Scheme(
    operator=Names(vi="Trục liên thông thử nghiệm", en="Test interoperability bus"),
    name=Names(vi="VN: danh sách tin cậy", en="VN: trusted list & friends"),
    street="1 Phố Mẫu",
    locality="Hà Nội",
    email="pki@lienthong.test",
    page="https://lienthong.test/trusted-list",
)


@cache
def ca() -> Ca:
    return Ca("Bus")


@cache
def signer(kind: str = "P-256") -> Holder:
    return ca().signer(kind, "list signer")


def services() -> list[Service]:
    kinds = {ServiceKind.CA: ca().issuing, ServiceKind.TSA: ca().signer(name="tsa"), ServiceKind.OCSP: ca().responder}
    since = NOW - timedelta(days=20)
    return [Service(kind, Names(kind.name, kind.name), one.der, since) for kind, one in kinds.items()]


def made(kind: str = "P-256", *, at: datetime = NOW, pss: bool = False, **more: object) -> bytes:
    options = {"sequence": 7, "lifetime": timedelta(days=180)} | more
    pending = trustlist.begin(SCHEME, services(), signer(kind).der, at, pss=pss, **options)
    return pending.complete(signer(kind).sign(pending.to_sign, pss=pss))


def judged(data: bytes, at: datetime = NOW, kind: str = "P-256") -> trustlist_check.TrustList:
    return trustlist_check.check(data, (signer(kind).der,), at)


@pytest.mark.parametrize(("kind", "pss"), [("P-256", False), ("P-384", False), ("RSA", False), ("RSA", True)])
def test_what_is_made_passes_and_says_what_was_put_in(kind: str, pss: bool):  # noqa: FBT001 - a column of the table
    told = judged(made(kind, pss=pss), kind=kind)
    assert told.verdict.passed, told.verdict
    assert (told.sequence, told.issued, told.until) == (7, NOW, NOW + timedelta(days=180))
    assert told.operator == SCHEME.operator
    assert [(one.kind, one.since) for one in told.services] == [(k, NOW - timedelta(days=20)) for k in ServiceKind]
    assert told.services[0].certificate == ca().issuing.der


@pytest.mark.parametrize(
    ("before", "after", "reason"),
    [
        (b">7</tsl:TSLSequenceNumber>", b">8</tsl:TSLSequenceNumber>", Indication.HASH_FAILURE),
        (b"Test interoperability", b"Best interoperability", Indication.HASH_FAILURE),
        (b"<tsl:SchemeInformation>", b"<tsl:SchemeInformation> ", Indication.HASH_FAILURE),
        (b"Svcstatus/granted", b"Svcstatus/withdrawn", Indication.FORMAT_FAILURE),
        (b'URI=""', b'URI="#S0-properties"', Indication.FORMAT_FAILURE),
        (b"#enveloped-signature", b"#base64", Indication.FORMAT_FAILURE),
        (b'Id="list"', b'Id="S0"', Indication.FORMAT_FAILURE),
        (b"</ds:Signature>", b"</ds:Signature> ", Indication.FORMAT_FAILURE),
        (b"</ds:Signature>", b"</ds:Signature><ds:Signature/>", Indication.FORMAT_FAILURE),
        (b"<tsl:TrustServiceStatusList", b"<!DOCTYPE x><tsl:TrustServiceStatusList", Indication.FORMAT_FAILURE),
        (b"</tsl:TrustServiceStatusList>", b"</tsl:TrustServiceStatusList><!-- x -->", Indication.FORMAT_FAILURE),
        (b"<tsl:TSPServices>", b"<tsl:TSPServices><!-- x -->", Indication.FORMAT_FAILURE),
        (
            b"</xades:SignedProperties>",
            b"</xades:SignedProperties><xades:UnsignedProperties/>",
            Indication.FORMAT_FAILURE,
        ),
        (b"#ecdsa-sha256", b"#ecdsa-sha1", Indication.FORMAT_FAILURE),
        (b"#ecdsa-sha256", b"#ecdsa-sha512", Indication.SIG_CRYPTO_FAILURE),
        (b"#ecdsa-sha256", b"#rsa-sha256", Indication.CRYPTO_CONSTRAINTS_FAILURE),
        (b"</xades:SigningTime>", b"</xades:SigningTime> ", Indication.HASH_FAILURE),
    ],
)
def test_what_was_touched_is_refused(before: bytes, after: bytes, reason: Indication):
    data = made()
    assert before in data
    told = judged(data.replace(before, after, 1))
    assert told.verdict.reason is reason, told.verdict
    assert told.services == ()


def test_a_service_that_was_slipped_in_is_refused():
    data = made()
    service = re.search(rb"<tsl:TSPService>.*?</tsl:TSPService>", data, re.DOTALL)
    assert service is not None
    assert judged(data.replace(service[0], service[0] * 2, 1)).verdict.reason is Indication.HASH_FAILURE


def test_only_the_pinned_signer_counts():
    other = ca().signer(name="list signer")
    pending = trustlist.begin(SCHEME, services(), other.der, NOW, sequence=1, lifetime=timedelta(days=1))
    data = pending.complete(other.sign(pending.to_sign))
    assert judged(data).verdict.reason is Indication.NO_SIGNING_CERTIFICATE_FOUND
    assert trustlist_check.check(data, (signer().der, other.der), NOW).verdict.passed
    with pytest.raises(TrustListError, match="not the certificate's key"):
        pending.complete(signer().sign(pending.to_sign))


def test_a_list_speaks_from_its_issue_until_the_next():
    data = made()
    assert judged(data, NOW - timedelta(seconds=1)).verdict.reason is Indication.NOT_YET_VALID
    assert judged(data, NOW + timedelta(days=180)).verdict.passed
    assert judged(data, NOW + timedelta(days=180, seconds=1)).verdict.reason is Indication.TRY_LATER
    early = made(at=NOW - timedelta(days=4000))
    assert judged(early).verdict.reason is Indication.OUT_OF_BOUNDS_NO_POE


@pytest.mark.parametrize(
    "more",
    [{"sequence": 0}, {"lifetime": timedelta(0)}, {"lifetime": timedelta(days=9999)}],
)
def test_limits(more: dict[str, object]):
    with pytest.raises(TrustListError):
        made(**more)
    with pytest.raises(TrustListError):
        trustlist.begin(SCHEME, [], signer().der, NOW, sequence=1, lifetime=timedelta(days=1))
    twice = services()[:1] * 2
    with pytest.raises(TrustListError):
        trustlist.begin(SCHEME, twice, signer().der, NOW, sequence=1, lifetime=timedelta(days=1))


@pytest.mark.parametrize("junk", [b"", b"<a/>", b"{}", b"<" * 1000, b"<a>" * 40])
def test_junk_is_no_list(junk: bytes):
    assert judged(junk).verdict.reason is Indication.FORMAT_FAILURE


def test_xmlsec1_takes_the_signature(tmp_path: Path):
    if shutil.which("xmlsec1") is None:
        pytest.skip("no xmlsec1 here")
    file, anchors = tmp_path / "list.xml", tmp_path / "anchors.pem"
    anchors.write_bytes(ca().root.pem)
    (tmp_path / "issuing.pem").write_bytes(ca().issuing.pem)

    def verified(data: bytes) -> bool:
        file.write_bytes(data)
        ids = ("--id-attr:Id", "http://uri.etsi.org/01903/v1.3.2#:SignedProperties")
        chain = ("--trusted-pem", str(anchors), "--untrusted-pem", str(tmp_path / "issuing.pem"))
        command = ["xmlsec1", "--verify", *chain, *ids, str(file)]
        return subprocess.run(command, capture_output=True, check=False).returncode == 0

    assert verified(made())
    assert verified(made("RSA"))
    assert not verified(made().replace(b"Test interoperability", b"Best interoperability"))


def test_the_elements_stand_in_etsis_order():
    root = etree.fromstring(made())  # noqa: TID251 - our own bytes
    information = [etree.QName(one).localname for one in root[0]]
    assert information == [
        "TSLVersionIdentifier",
        "TSLSequenceNumber",
        "TSLType",
        "SchemeOperatorName",
        "SchemeOperatorAddress",
        "SchemeName",
        "SchemeInformationURI",
        "StatusDeterminationApproach",
        "SchemeTypeCommunityRules",
        "SchemeTerritory",
        "PolicyOrLegalNotice",
        "HistoricalInformationPeriod",
        "ListIssueDateTime",
        "NextUpdate",
    ]
