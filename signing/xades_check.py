"""Judging one XAdES signature: the standard's list, step by step, at a point in time.

Promises: `check` never raises on hostile bytes; the first step that does not hold decides, with its indication. What
was signed is the bytes handed in, which the caller gives on, never a second reading. Trust comes from the reader alone.
A signature passes when it held at the moment that its time-stamps prove, however old that is.
Leaves out: the container (`signing.asice`, `signing.xroad`), who the signer is to the reader.

Sources: ETSI EN 319 102-1 v1.4.1 §5.2 to §5.6; ETSI EN 319 132-1 §6.3; docs/xades.md.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from cryptography import x509

from signing import cms
from signing.chain import CertificateError, Use, issuers_of, parsed, path_of
from signing.examine import Finding
from signing.packet import Level, level_of
from signing.revocation import Evidence, judge_authority, judge_signer
from signing.revocation_sources import Said
from signing.timestamp import Stamp
from signing.verdict import PASSED, Indication, Verdict, VerdictError, because
from signing.xades_policy import Demands, SignatureTrust
from signing.xades_proofs import OuterStamp, Proofs, Stamps, carried, carried_certificates, digest_of, prove
from signing.xades_read import read
from signing.xades_values import AlgorithmRefusedError, Dialect, Signature, SignatureStamp
from signing.xades_words import XadesFormatError, canonical, fits, holds, key_title_of

Cover = Callable[[Signature], Mapping[str, bytes]]
"""Gives the bytes of every reference by its URI, or raises `VerdictError`: the container's business."""


@dataclass
class Report:
    """What was found about one signature.

    Attributes:
        findings: step by step; the last is the one that decided.
        level: by what the signature carries; None where it does not read.
        signer: the signer's certificate, DER; None before step 6 held.
        signing_time: when the signer says it was.
        proven_at: from when on the signature is known to exist; None before step 9 held.
        stamps: the time-stamps that held, newest first.
    """

    findings: list[Finding] = field(default_factory=list)
    level: Level | None = None
    signer: bytes | None = None
    signing_time: datetime | None = None
    proven_at: datetime | None = None
    stamps: tuple[Stamp, ...] = ()

    @property
    def verdict(self) -> Verdict:
        """Passed when every step did, else the verdict of the step that did not."""
        return next((one.verdict for one in self.findings if not one.verdict.passed), PASSED)

    def note(self, step: int, about: str) -> None:
        """A step that held."""
        self.findings.append(Finding(step, about, PASSED))


def check(
    signatures: bytes,
    cover: Cover,
    trust: SignatureTrust,
    demands: Demands,
    at: datetime,
    outer: OuterStamp | None = None,
    dialect: Dialect = Dialect.BASELINE,
) -> Report:
    """Judge a signature file.

    Args:
        signatures: its bytes.
        cover: gives the signed bytes, if the references cover exactly what they must.
        trust: whom the reader believes.
        demands: what must hold beyond soundness.
        at: the moment of the judgement, aware.
        outer: a time-stamp that is not over what XAdES has it over.
        dialect: whose signature file it is.
    """
    report = Report()
    try:
        signature = _read(signatures, dialect, report)  # 3 one shape, algorithms of the closed lists
        files = cover(signature)  # 4 the references cover each file once, and nothing else
        report.note(4, f"references: {len(files)} files, each once")
        _digests(signature, files, report)  # 5 the bytes are those that were signed for
        signer = _signer(signature, report)  # 6 the certificate is the one that was signed for
        _value(signature, signer, report)  # 7 the signature value is its key's
        proofs = _proofs(signature, files, (trust, demands, at, outer), report)  # 8, 9 the time-stamps
        _level(signature, proofs, demands, report)  # 10 the level that is asked for
        chain = _chain(signature, signer, trust, proofs, report)  # 11 the chain at that moment
        said = _status(signature, chain, (trust, demands, at), proofs, report)  # 12 and nobody on it revoked by then
        _algorithms(signature, (chain, said), demands, proofs, report)  # 13 the algorithms were in use then
        _moments(signature, demands, proofs, report)  # 14 the signer's own time fits
    except VerdictError as stop:
        report.findings.append(Finding(_number(stop.verdict), stop.verdict.step, stop.verdict))
    return report


def _number(verdict: Verdict) -> int:
    """The step's number, which its text begins with."""
    head = verdict.step.partition(" ")[0]
    return int(head) if head.isdigit() else 0


def _read(signatures: bytes, dialect: Dialect, report: Report) -> Signature:
    try:
        signature = read(signatures, dialect)
    except AlgorithmRefusedError as error:
        raise _stop(Indication.CRYPTO_CONSTRAINTS_FAILURE, "3 signature file", str(error)) from error
    except XadesFormatError as error:
        raise _stop(Indication.FORMAT_FAILURE, "3 signature file", str(error)) from error
    report.level = level_of(signature)
    report.signing_time = signature.signing_time
    report.note(3, f"signature file at level B-{report.level.name}, {signature.method.name}")
    return signature


def _digests(signature: Signature, files: Mapping[str, bytes], report: Report) -> None:
    for one in signature.references:
        data = files[one.uri] if one.form is None else canonical(signature.signed_properties, one.form)
        if one.method.of(data) != one.digest:
            what = "a file is not" if one.form is None else "the signed properties are not"
            raise _stop(Indication.HASH_FAILURE, "5 digests", f"{what} what was signed for")
    report.note(5, f"digests of {len(signature.references)} references")


def _signer(signature: Signature, report: Report) -> x509.Certificate:
    """EN 319 102-1 §5.2.3: the certificate by its digest; it stands first."""
    named = signature.named[0]
    der = signature.certificates[0]
    if named.method.of(der) != named.digest:
        detail = "the first certificate is not the one that was signed for"
        raise _stop(Indication.NO_SIGNING_CERTIFICATE_FOUND, "6 signer", detail)
    try:
        signer = parsed(der)
    except CertificateError as error:
        raise _stop(Indication.FORMAT_FAILURE, "6 signer", str(error)) from error
    if named.issuer_serial is not None and named.issuer_serial != cms.issuer_serial_of(signer):
        detail = "issuer and number that were signed for are not the certificate's"
        raise _stop(Indication.NO_SIGNING_CERTIFICATE_FOUND, "6 signer", detail)
    if any(parsed_or_none(other) is None for other in carried_certificates(signature)):
        raise _stop(Indication.FORMAT_FAILURE, "6 signer", "a certificate does not read")
    report.signer = der
    report.note(6, f"signer {signer.subject.rfc4514_string()}")
    return signer


def parsed_or_none(der: bytes) -> x509.Certificate | None:
    """A certificate, or None where it does not read."""
    try:
        return parsed(der)
    except CertificateError:
        return None


def _value(signature: Signature, signer: x509.Certificate, report: Report) -> None:
    if key_title_of(signer) is None or not fits(signature.method, signer.public_key()):
        detail = "the signature algorithm is not the key's, or the key is outside the closed list"
        raise _stop(Indication.CRYPTO_CONSTRAINTS_FAILURE, "7 signature value", detail)
    if not holds(
        signature.method, signer.public_key(), signature.value, canonical(signature.signed_info, signature.form)
    ):
        raise _stop(Indication.SIG_CRYPTO_FAILURE, "7 signature value", "the signature does not hold")
    report.note(7, "signature value")


def _proofs(
    signature: Signature,
    files: Mapping[str, bytes],
    given: tuple[SignatureTrust, Demands, datetime, OuterStamp | None],
    report: Report,
) -> Proofs:
    trust, demands, at, outer = given
    inner = [
        one
        for one in signature.unsigned
        if isinstance(one, SignatureStamp) and not (outer is not None and outer.token == one.token)
    ]
    if len(inner) + (outer is not None) > 1:
        detail = "more than one signature time-stamp"
        raise _stop(Indication.FORMAT_FAILURE, "9 signature time-stamp", detail)
    pool = carried_certificates(signature)
    proofs = prove(
        signature, files, Stamps(trust, demands, trust.evidence + carried(signature, stamps=True), pool), at, outer
    )
    for stamp in proofs.archive:
        report.note(8, f"archive time-stamp of {_said(stamp)}")
    if proofs.first is not None:
        report.note(9, f"signature time-stamp of {_said(proofs.first)}")
    report.stamps = (*proofs.archive, proofs.first) if proofs.first else proofs.archive
    report.proven_at = proofs.value_at
    return proofs


def _said(stamp: Stamp) -> str:
    return f"{stamp.at:%Y-%m-%dT%H:%M:%SZ} by {stamp.authority}"


def _level(signature: Signature, proofs: Proofs, demands: Demands, report: Report) -> None:
    level = level_of(signature)
    if proofs.first is not None and level is Level.B:  # its time-stamp stands beside it
        level = Level.LT if carried(signature, stamps=False) != Evidence() else Level.T
    report.level = level
    if level < demands.least:
        detail = f"below level B-{demands.least.name}, which is asked for"
        raise _stop(Indication.SIG_CONSTRAINTS_FAILURE, "10 level", detail)
    report.note(10, f"level B-{level.name}, at least B-{demands.least.name} asked for")


def _chain(
    signature: Signature, signer: x509.Certificate, trust: SignatureTrust, proofs: Proofs, report: Report
) -> list[x509.Certificate]:
    step, at = "11 chain", proofs.value_at
    if at < signer.not_valid_before_utc:
        raise _stop(Indication.NOT_YET_VALID, step, "the signature is older than its certificate")
    if at > signer.not_valid_after_utc:
        detail = "no proof that the signature existed before its certificate expired"
        raise _stop(Indication.OUT_OF_BOUNDS_NO_POE, step, detail)
    leaf = signature.certificates[0]
    pool = tuple(dict.fromkeys((*carried_certificates(signature), *trust.intermediates)))
    above = [der for der in issuers_of(leaf, pool) if der != leaf and der not in trust.anchors]
    try:
        chain = path_of(leaf, above, trust.anchors, at, Use.DOCUMENT)
    except VerdictError as stop:
        raise _stop(
            stop.verdict.reason or Indication.GENERIC, f"{step}: {stop.verdict.step}", stop.verdict.detail
        ) from stop
    report.note(11, f"chain of {len(chain)} certificates to {chain[-1].subject.rfc4514_string()}")
    return chain


def _status(
    signature: Signature,
    chain: list[x509.Certificate],
    given: tuple[SignatureTrust, Demands, datetime],
    proofs: Proofs,
    report: Report,
) -> list[Said]:
    trust, demands, at = given
    evidence = carried(signature, stamps=False) + trust.evidence
    heard = []
    for place, certificate in enumerate(chain[:-1]):
        issuer = chain[place + 1]
        try:
            if place == 0:
                said = judge_signer(
                    certificate, issuer, evidence, proofs.value_at, demands.freshness, at + demands.clock
                )
            else:
                said = judge_authority(certificate, issuer, evidence, proofs.value_at)
        except VerdictError as stop:
            reason = stop.verdict.reason or Indication.GENERIC
            raise _stop(reason, "12 revocation", stop.verdict.detail) from stop
        whose = "signer" if place == 0 else f"issuer {place}"
        report.note(12, f"{whose} not revoked, says the {said.kind} evidence of {said.issued:%Y-%m-%dT%H:%M:%SZ}")
        heard.append(said)
    return heard


def _algorithms(
    signature: Signature,
    shown: tuple[list[x509.Certificate], list[Said]],
    demands: Demands,
    proofs: Proofs,
    report: Report,
) -> None:
    """Whatever stands in the file is known from its archive time-stamps on; the signer's key counts from its value on.

    A certificate or an answer that could be forged by now must be known to be older than that.
    """
    chain, said = shown
    names = {one.method.name for one in signature.references} | {
        signature.method.digest,
        signature.named[0].method.name,
    }
    for one in chain[:-1]:
        names |= digest_of(one)
    names |= {title for one in chain[1:] if (title := key_title_of(one)) is not None}
    for evidence in said:
        names |= evidence.algorithms
    demands.check_algorithms(frozenset(names), proofs.bytes_at, "13 algorithms")
    demands.check_algorithms(frozenset({key_title_of(chain[0]) or ""}), proofs.value_at, "13 algorithms")
    report.note(13, "algorithms, at the moments that are proven")


def _moments(signature: Signature, demands: Demands, proofs: Proofs, report: Report) -> None:
    if signature.signing_time > proofs.value_at + demands.clock:
        detail = "the signer's own time is after the moment at which the signature existed"
        raise _stop(Indication.SIG_CONSTRAINTS_FAILURE, "14 signing time", detail)
    report.note(14, f"signing time {signature.signing_time:%Y-%m-%dT%H:%M:%SZ}, the signer's own word")


def _stop(reason: Indication, step: str, detail: str) -> VerdictError:
    return VerdictError(because(reason, step, detail))
