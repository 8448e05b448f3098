"""The tables of tricks with signed containers: time-stamps and evidence of revocation."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from xades_kit import DER, NOW, YEAR, Bench, Ca, Holder, later
from xades_tricks import Chapter, edited

from signing import asice
from signing.packet import Level, Packet, reopen
from signing.revocation import Evidence
from signing.verdict import Verdict
from signing.xades_policy import Demands

STAMPS = Chapter("Time-stamps")
STATUS = Chapter("Evidence of revocation")
YEARS = Chapter("Years later")
LATER, NO_POE = "TRY_LATER", "OUT_OF_BOUNDS_NO_POE"
_SIGNATURE, _ARCHIVE, _STATUS = "9 signature time-stamp", "8 archive time-stamp", "12 revocation"
_CHAIN = "NO_CERTIFICATE_CHAIN_FOUND"


def said(bench: Bench, packet: Packet | bytes, least: Level = Level.B, **more: object) -> Verdict:
    return bench.check(packet, Demands(least=least), **more).verdict


@STAMPS.row("over another signature", "HASH_FAILURE", _SIGNATURE)
def _(bench: Bench) -> Verdict:
    return said(bench, bench.b().stamped(bench.stamp(bench.b().to_timestamp)))


@STAMPS.row("by a certificate without the purpose", "CHAIN_CONSTRAINTS_FAILURE", _SIGNATURE)
def _(bench: Bench) -> Verdict:
    bench.tsa.issue("plain", ())
    return said(bench, bench.t(name="plain"))


@STAMPS.row("by a certificate with a second purpose", "CHAIN_CONSTRAINTS_FAILURE", _SIGNATURE)
def _(bench: Bench) -> Verdict:
    both = x509.ExtendedKeyUsage([x509.ExtendedKeyUsageOID.TIME_STAMPING, x509.ExtendedKeyUsageOID.CODE_SIGNING])
    bench.tsa.issue("both", ((both, True),))
    return said(bench, bench.t(name="both"))


@STAMPS.row("by an authority that the reader does not know", _CHAIN, _SIGNATURE)
def _(bench: Bench) -> Verdict:
    trust = replace(bench.trust, time_stamp_anchors=(bench.ca.root.der,))
    return asice.check(bench.lt().container(), trust, later(minutes=1)).verdict


@STAMPS.row("where the reader brings no authorities at all", _CHAIN, _SIGNATURE)
def _(bench: Bench) -> Verdict:
    trust = replace(bench.trust, time_stamp_anchors=())
    return asice.check(bench.lt().container(), trust, later(minutes=1)).verdict


@STAMPS.row("by an expired certificate", "EXPIRED", _SIGNATURE)
def _(bench: Bench) -> Verdict:
    bench.tsa.issue("old", days=-1, since=3)
    return said(bench, bench.t(name="old"))


@STAMPS.row("from the future", "TIMESTAMP_ORDER_FAILURE", _SIGNATURE)
def _(bench: Bench) -> Verdict:
    return said(bench, bench.t(at=later(days=3)))


@STAMPS.row("twice over the signature", "FORMAT_FAILURE", _SIGNATURE)
def _(bench: Bench) -> Verdict:
    text = bench.t().signatures.decode()
    stamp = text[text.index("<xades:SignatureTimeStamp ") : text.index("</xades:UnsignedSignatureProperties>")]
    return said(
        bench,
        edited(
            bench.t(),
            (
                "</xades:UnsignedSignatureProperties>",
                stamp.replace("stamp0", "stamp1") + "</xades:UnsignedSignatureProperties>",
            ),
        ),
    )


@STAMPS.row("no token at all", "FORMAT_FAILURE", _SIGNATURE)
def _(bench: Bench) -> Verdict:
    return said(bench, bench.b().stamped(b"\x30\x00"))


@STAMPS.row("under a policy that the reader does not take", "SIG_CONSTRAINTS_FAILURE", _SIGNATURE)
def _(bench: Bench) -> Verdict:
    return bench.check(bench.lt(), Demands(stamp_policies=frozenset({"1.2.3"}))).verdict


@STAMPS.row("before the signer's certificate was valid", "NOT_YET_VALID", "11 chain")
def _(bench: Bench) -> Verdict:
    return said(bench, bench.t(bench.ca.signer(since=later(hours=2))))


@STAMPS.row("after the signer's certificate had expired", NO_POE, "11 chain")
def _(bench: Bench) -> Verdict:
    return said(bench, bench.t(bench.ca.signer(since=NOW - timedelta(days=20), years=10 / 365)))


@STAMPS.row("an hour before the signer's own time", "SIG_CONSTRAINTS_FAILURE", "14 signing time")
def _(bench: Bench) -> Verdict:
    at = later(hours=-1)
    return said(bench, bench.t(at=at).evidenced(bench.evidence(at=at + timedelta(seconds=5))))


@STAMPS.row("archive: over another container", "HASH_FAILURE", _ARCHIVE)
def _(bench: Bench) -> Verdict:
    return said(bench, bench.lt().stamped(bench.stamp(bench.lt().to_timestamp)))


@STAMPS.row("archive: evidence before it dropped", "HASH_FAILURE", _ARCHIVE)
def _(bench: Bench) -> Verdict:
    text = bench.lta().signatures.decode()
    start, end = text.index("<xades:CertificateValues>"), text.index("<xades:RevocationValues>")
    packet = replace(bench.lta(), signatures=(text[:start] + text[end:]).encode())
    return said(bench, packet)


@STAMPS.row("archive: evidence slipped in before it", "HASH_FAILURE", _ARCHIVE)
def _(bench: Bench) -> Verdict:
    text = bench.lta().signatures.decode()
    value = text[text.index("<xades:EncapsulatedCRLValue>") : text.index("</xades:CRLValues>")]
    return said(bench, edited(bench.lta(), ("<xades:CRLValues>", f"<xades:CRLValues>{value}")))


@STAMPS.row("archive: older than the time-stamp that it covers", "TIMESTAMP_ORDER_FAILURE", _SIGNATURE)
def _(bench: Bench) -> Verdict:
    packet = bench.lt()
    return said(bench, packet.stamped(bench.stamp(packet.to_timestamp, at=later(hours=-2))))


@STAMPS.row("archive: evidence moved behind it, where nothing covers it", "FORMAT_FAILURE", "3 signature file")
def _(bench: Bench) -> Verdict:
    packet = bench.lta()
    text = packet.signatures.decode()
    start, end = text.index("<xades:RevocationValues>"), text.index("<xades141:ArchiveTimeStamp")
    moved, close = text[start:end], "</xades:UnsignedSignatureProperties>"
    return said(bench, replace(packet, signatures=text.replace(moved, "").replace(close, moved + close).encode()))


@STAMPS.row("archive: its file altered, digests and signature left", "HASH_FAILURE", "5 digests")
def _(bench: Bench) -> Verdict:
    packet = bench.lta()
    return said(bench, replace(packet, files={**packet.files, "message.json": b"{}"}))


def with_evidence(bench: Bench, evidence: Evidence, least: Level = Level.LT) -> Verdict:
    return said(bench, bench.t().evidenced(evidence), least)


def lists(bench: Bench) -> tuple[bytes, ...]:
    return bench.evidence().crls


@STATUS.row("none about the signer", LATER, _STATUS)
def _(bench: Bench) -> Verdict:
    return with_evidence(bench, Evidence(crls=lists(bench)))


@STATUS.row("none about the issuing authority", LATER, _STATUS)
def _(bench: Bench) -> Verdict:
    return with_evidence(bench, Evidence(ocsp=bench.evidence().ocsp))


@STATUS.row("OCSP by a sibling: a certificate of the same issuer that is not for it", LATER, _STATUS)
def _(bench: Bench) -> Verdict:
    sibling = bench.ca.signer(name="a100002")
    return with_evidence(bench, Evidence((bench.ca.ocsp(bench.signer, later(seconds=2), by=sibling),), lists(bench)))


@STATUS.row("OCSP by the signer itself", LATER, _STATUS)
def _(bench: Bench) -> Verdict:
    own = bench.ca.ocsp(bench.signer, later(seconds=2), by=bench.signer)
    return with_evidence(bench, Evidence((own,), lists(bench)))


@STATUS.row("OCSP by another authority's responder of equal name", LATER, _STATUS)
def _(bench: Bench) -> Verdict:
    other = Ca().responder
    return with_evidence(bench, Evidence((bench.ca.ocsp(bench.signer, later(seconds=2), by=other),), lists(bench)))


@STATUS.row("OCSP about another certificate", LATER, _STATUS)
def _(bench: Bench) -> Verdict:
    other = bench.ca.ocsp(bench.ca.signer(), later(seconds=2))
    return with_evidence(bench, Evidence((other,), lists(bench)))


@STATUS.row("OCSP from before the time-stamp", LATER, _STATUS)
def _(bench: Bench) -> Verdict:
    return with_evidence(bench, Evidence((bench.ca.ocsp(bench.signer, later(seconds=-30)),), lists(bench)))


@STATUS.row("OCSP later than 15 minutes after the time-stamp", LATER, _STATUS)
def _(bench: Bench) -> Verdict:
    packet = bench.t().evidenced(Evidence((bench.ca.ocsp(bench.signer, later(minutes=16)),), lists(bench)))
    return said(bench, packet, at=later(hours=1))


@STATUS.row("OCSP 14 minutes after the time-stamp")
def _(bench: Bench) -> Verdict:
    packet = bench.t().evidenced(Evidence((bench.ca.ocsp(bench.signer, later(minutes=14)),), lists(bench)))
    return said(bench, packet, at=later(hours=1))


@STATUS.row("OCSP made in time that repeats what was so a day before", LATER, _STATUS)
def _(bench: Bench) -> Verdict:
    at = later(seconds=2)
    stale = bench.ca.ocsp(bench.signer, at, this_update=at - timedelta(days=1))
    return with_evidence(bench, Evidence((stale,), lists(bench)))


@STATUS.row("OCSP from after the reader's moment", LATER, _STATUS)
def _(bench: Bench) -> Verdict:
    return with_evidence(bench, Evidence((bench.ca.ocsp(bench.signer, later(minutes=10)),), lists(bench)))


@STATUS.row("evidence in two places", "FORMAT_FAILURE", "3 signature file")
def _(bench: Bench) -> Verdict:
    text = bench.lt().signatures.decode()
    start, end = text.index("<xades:RevocationValues>"), text.index("</xades:UnsignedSignatureProperties>")
    return said(bench, edited(bench.lt(), (text[end : end + 36], text[start:end] + text[end : end + 36])))


@STATUS.row("OCSP altered", LATER, _STATUS)
def _(bench: Bench) -> Verdict:
    answer = bytearray(bench.ca.ocsp(bench.signer, later(seconds=2)))
    answer[answer.index(b"\x18\x0f") + 10] ^= 1
    return with_evidence(bench, Evidence((bytes(answer),), lists(bench)))


@STATUS.row("OCSP: revoked before the time-stamp", "REVOKED_NO_POE", _STATUS)
def _(bench: Bench) -> Verdict:
    bad = bench.ca.ocsp(bench.signer, later(seconds=2), revoked_at=later(hours=-1))
    return with_evidence(bench, Evidence((bad,), lists(bench)))


@STATUS.row("OCSP: revoked before, beside an answer that it was not", "REVOKED_NO_POE", _STATUS)
def _(bench: Bench) -> Verdict:
    bad = bench.ca.ocsp(bench.signer, later(days=2), revoked_at=later(hours=-1))
    return with_evidence(bench, Evidence((*bench.evidence().ocsp, bad), lists(bench)))


@STATUS.row("OCSP: revoked after the time-stamp")
def _(bench: Bench) -> Verdict:
    packet = bench.t()
    late = bench.ca.ocsp(bench.signer, later(minutes=10), revoked_at=later(minutes=5))
    return said(bench, packet.evidenced(Evidence((late,), lists(bench))), at=later(hours=1))


@STATUS.row("a CRL in place of OCSP, from after the time-stamp")
def _(bench: Bench) -> Verdict:
    own = bench.ca.crl(later(hours=6), by=bench.ca.issuing)
    return said(bench, bench.t().evidenced(Evidence(crls=(own, *lists(bench)))), at=later(days=1))


@STATUS.row("a CRL from before the time-stamp", LATER, _STATUS)
def _(bench: Bench) -> Verdict:
    own = bench.ca.crl(later(hours=-6), by=bench.ca.issuing)
    return with_evidence(bench, Evidence(crls=(own, *lists(bench))))


@STATUS.row("a CRL with the signer on it", "REVOKED_NO_POE", _STATUS)
def _(bench: Bench) -> Verdict:
    own = bench.ca.crl(later(seconds=2), (bench.signer, later(hours=-1)), by=bench.ca.issuing)
    return with_evidence(bench, Evidence(crls=(own, *lists(bench))))


@STATUS.row("a CRL by another authority of equal name", LATER, _STATUS)
def _(bench: Bench) -> Verdict:
    own = bench.ca.crl(later(seconds=2), by=Ca().issuing)
    return with_evidence(bench, Evidence(crls=(own, *lists(bench))))


@STATUS.row("a CRL of a part of the certificates", LATER, _STATUS)
def _(bench: Bench) -> Verdict:
    at = later(seconds=2)
    part = x509.IssuingDistributionPoint(None, None, False, True, None, False, False)  # noqa: FBT003 - as the class has it
    builder = x509.CertificateRevocationListBuilder().issuer_name(bench.ca.issuing.certificate.subject)
    builder = builder.last_update(at).next_update(at + timedelta(days=1)).add_extension(part, critical=True)
    own = builder.sign(bench.ca.issuing.key, hashes.SHA256()).public_bytes(DER)
    return with_evidence(bench, Evidence(crls=(own, *lists(bench))))


@STATUS.row("the issuing authority revoked", "REVOKED_CA_NO_POE", _STATUS)
def _(bench: Bench) -> Verdict:
    own = bench.ca.crl(later(seconds=2), (bench.ca.issuing, later(hours=-1)))
    return with_evidence(bench, Evidence(bench.evidence().ocsp, (own,)))


@STATUS.row("the time-stamping authority revoked", "REVOKED_CA_NO_POE", _SIGNATURE)
def _(bench: Bench) -> Verdict:
    stamping = Holder(bench.tsa.key, x509.load_pem_x509_certificate((bench.tsa.folder / "tsa.pem").read_bytes()))
    own = bench.ca.crl(later(seconds=2), (stamping, later(hours=-1)), by=bench.tsa_root)
    return with_evidence(bench, Evidence(bench.evidence().ocsp, (*lists(bench), own)))


def ten_years(bench: Bench, *, renewals: int) -> Packet:
    """An old packet: time-stamped anew by a newer authority each time before the older one's certificate ends."""
    keys = (ec.SECP256R1(), ec.SECP384R1())
    for number, (since, until) in enumerate(((-290, 1300), (-1250, 4000))[:renewals]):
        bench.tsa.issue(f"newer{number}", since=since, days=until, key=ec.generate_private_key(keys[number]))
    packet = bench.lt()
    for number, days in enumerate((300, 1280)[:renewals]):
        token = bench.stamp(packet.to_timestamp, at=NOW + timedelta(days=days), name=f"newer{number}")
        packet = reopen(packet.container()).stamped(token)
    return packet


@YEARS.row("evidence about every authority asked for, and there")
def _(bench: Bench) -> Verdict:
    return bench.check(bench.lt(), Demands(stamp_evidence=True)).verdict


@YEARS.row("evidence about every authority asked for, the newest time-stamp's missing", LATER, _ARCHIVE)
def _(bench: Bench) -> Verdict:
    return bench.check(ten_years(bench, renewals=1), Demands(stamp_evidence=True), NOW + YEAR).verdict


@YEARS.row("a packet without archive time-stamps, after its authority's certificate has expired", NO_POE, _SIGNATURE)
def _(bench: Bench) -> Verdict:
    return said(bench, bench.lt(), at=NOW + 1.5 * YEAR)


@YEARS.row("a packet whose last archive time-stamp's certificate has expired", NO_POE, _ARCHIVE)
def _(bench: Bench) -> Verdict:
    return said(bench, ten_years(bench, renewals=1), at=NOW + 4 * YEAR)


@YEARS.row("ten years: signer, issuers and first authorities have expired, archive time-stamps were kept up")
def _(bench: Bench) -> Verdict:
    return said(bench, ten_years(bench, renewals=2), Level.LTA, at=NOW + 9.9 * YEAR)


@YEARS.row("ten years: P-256 was retired in between, after the last time-stamp that needed it was covered")
def _(bench: Bench) -> Verdict:
    demands = Demands(least=Level.LTA, retired={"P-256": NOW + timedelta(days=1281)})
    return bench.check(ten_years(bench, renewals=2), demands, NOW + 9.9 * YEAR).verdict


@YEARS.row(
    "ten years: P-256 was retired before its time-stamps were covered", "CRYPTO_CONSTRAINTS_FAILURE_NO_POE", _ARCHIVE
)
def _(bench: Bench) -> Verdict:
    demands = Demands(least=Level.LTA, retired={"P-256": NOW + timedelta(days=1000)})
    return bench.check(ten_years(bench, renewals=2), demands, NOW + 9.9 * YEAR).verdict


@YEARS.row("a packet signed with a digest that had been retired", "CRYPTO_CONSTRAINTS_FAILURE_NO_POE", _SIGNATURE)
def _(bench: Bench) -> Verdict:
    return bench.check(bench.lt(), Demands(retired={"SHA256": NOW - timedelta(days=1)})).verdict


@YEARS.row(
    "a packet whose issuer's algorithm was retired before an archive time-stamp covered the certificates",
    "CRYPTO_CONSTRAINTS_FAILURE_NO_POE",
    "13 algorithms",
)
def _(bench: Bench) -> Verdict:
    signer = bench.ca.signer("P-384")
    bench.tsa.issue("p384", key=ec.generate_private_key(ec.SECP384R1()))
    packet = bench.t(signer, name="p384").evidenced(bench.evidence(signer))
    return bench.check(packet, Demands(retired={"P-256": NOW - timedelta(days=1)})).verdict


CHAPTERS = (STAMPS, STATUS, YEARS)
