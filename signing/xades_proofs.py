"""Proofs of existence: a signature's time-stamps, judged from the newest back to the first.

Promises: each time-stamp is judged at the moment at which it is known to exist: the newest at the reader's moment,
every other at the time of the next newer one, which covers it. So evidence outlives certificates and algorithms for as
long as somebody renewed it in time. No time-stamp is skipped: one that does not hold stops the judgement.
Leaves out: what the token itself must be (`signing.timestamp`).

Source: ETSI EN 319 102-1 v1.4.1 §5.6.2 (past validation, proofs of existence), §5.4 (time-stamps).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm

from signing import cms, timestamp
from signing.chain import parsed
from signing.revocation import Evidence, judge_authority, last_said
from signing.timestamp import Stamp
from signing.verdict import Indication, VerdictError, because
from signing.xades_policy import Demands, SignatureTrust
from signing.xades_stamps import archive_input, signature_input
from signing.xades_values import ArchiveStamp, Certificates, Revocations, Signature, SignatureStamp, StampData
from signing.xades_words import Digest, key_title_of

_DIGESTS = {
    "2.16.840.1.101.3.4.2.1": Digest.SHA256.name,
    "2.16.840.1.101.3.4.2.2": Digest.SHA384.name,
    "2.16.840.1.101.3.4.2.3": Digest.SHA512.name,
}


@dataclass(frozen=True, slots=True)
class OuterStamp:
    """A time-stamp over other bytes than XAdES has it: its token, wherever it stands, and the bytes."""

    token: bytes
    data: bytes


@dataclass(frozen=True, slots=True)
class Proofs:
    """When the signature is known to have existed.

    Attributes:
        archive: the archive time-stamps, newest first.
        first: the signature time-stamp; None where there is none.
        bytes_at: from when on files and signed values are known to exist.
        value_at: from when on the signature value is.
    """

    archive: tuple[Stamp, ...]
    first: Stamp | None
    bytes_at: datetime
    value_at: datetime


def carried(signature: Signature, *, stamps: bool) -> Evidence:
    """The evidence of revocation that a signature carries; about time-stamping authorities alone only if `stamps`."""
    found = Evidence()
    for one in signature.unsigned:
        if isinstance(one, Revocations) or (stamps and isinstance(one, StampData)):
            found += Evidence(one.ocsp, one.crls)
    return found


def carried_certificates(signature: Signature) -> tuple[bytes, ...]:
    """All certificates that a signature carries, the signer's included."""
    found = list(signature.certificates)
    for one in signature.unsigned:
        if isinstance(one, Certificates | StampData):
            found += one.ders
    return tuple(dict.fromkeys(found))


class Stamps:
    """Judges time-stamps under one reader's trust."""

    def __init__(self, trust: SignatureTrust, demands: Demands, evidence: Evidence, pool: tuple[bytes, ...]) -> None:
        self._trust = trust
        self._demands = demands
        self._evidence = evidence
        self._pool = pool

    def judge(self, token: bytes, data: bytes, at: datetime, step: str) -> Stamp:
        """One time-stamp, known to exist at a moment.

        Raises:
            VerdictError: it does not hold.
        """
        if not self._trust.time_stamp_anchors:
            detail = "no anchors of time-stamping authorities were brought"
            raise VerdictError(because(Indication.NO_CERTIFICATE_CHAIN_FOUND, step, detail))
        anchors = self._trust.time_stamp_anchors
        verdict, stamp = timestamp.check(token, data, anchors, at, self._trust.intermediates)
        if stamp is None:
            raise VerdictError(because(_reason(verdict.reason), f"{step}: {verdict.step}", verdict.detail))
        authority = parsed(stamp.certificate)
        if at > authority.not_valid_after_utc:
            detail = "the time-stamp's certificate has expired, and no newer time-stamp covers it"
            raise VerdictError(because(Indication.OUT_OF_BOUNDS_NO_POE, step, detail))
        if self._demands.stamp_policies is not None and stamp.policy not in self._demands.stamp_policies:
            raise VerdictError(because(Indication.SIG_CONSTRAINTS_FAILURE, step, "time-stamped under another policy"))
        self._demands.check_algorithms(self._algorithms(token, authority), at, step)
        try:
            self._check_status(authority, stamp, at)
        except VerdictError as stop:
            raise VerdictError(
                because(_reason(stop.verdict.reason), f"{step}: revocation", stop.verdict.detail)
            ) from stop
        return stamp

    def _algorithms(self, token: bytes, authority: x509.Certificate) -> frozenset[str]:
        """What a time-stamp hangs on: its digest, its key, and what its certificate is signed with."""
        keys = (authority, *self._issuers(authority))
        names = {key_title_of(one) for one in keys} | {_DIGESTS.get(cms.read(token).digest_algorithm)}
        return frozenset(name for name in names if name) | digest_of(authority)

    def _issuers(self, authority: x509.Certificate) -> list[x509.Certificate]:
        """Whoever has the name of the certificate's issuer."""
        pool = (*self._pool, *self._trust.intermediates, *self._trust.time_stamp_anchors)
        return [issuer for issuer in map(parsed, dict.fromkeys(pool)) if issuer.subject == authority.issuer]

    def _check_status(self, authority: x509.Certificate, stamp: Stamp, at: datetime) -> None:
        """Nothing says that the authority's certificate was revoked by then; where asked for, something says not."""
        issuers = self._issuers(authority)
        for issuer in issuers:
            if any(one.revoked_at and one.revoked_at <= at for one in last_said(authority, issuer, self._evidence)):
                detail = "the time-stamping authority's certificate was revoked"
                raise VerdictError(because(Indication.REVOKED_CA_NO_POE, "revocation", detail))
        if self._demands.stamp_evidence:
            judge_authority(authority, _made_by(authority, issuers), self._evidence, stamp.at)


def _made_by(authority: x509.Certificate, issuers: list[x509.Certificate]) -> x509.Certificate:
    """The issuer whose key made the certificate: there may be others of its name."""
    for issuer in issuers:
        try:
            authority.verify_directly_issued_by(issuer)
        except (ValueError, TypeError, InvalidSignature, UnsupportedAlgorithm):
            continue
        return issuer
    detail = "no evidence about a time-stamping authority"
    raise VerdictError(because(Indication.TRY_LATER, "revocation", detail))


def prove(
    signature: Signature, files: Mapping[str, bytes], stamps: Stamps, at: datetime, outer: OuterStamp | None = None
) -> Proofs:
    """Judge every time-stamp of a signature.

    Args:
        signature: as read.
        files: bytes by reference URI.
        stamps: the judge.
        at: the reader's moment.
        outer: a time-stamp beside the signature file, which counts as a signature time-stamp.

    Raises:
        VerdictError: one does not hold.
    """
    archive = []
    known = at
    for place, one in reversed(list(enumerate(signature.unsigned))):
        if isinstance(one, ArchiveStamp):
            data = archive_input(signature, files, place, one.form)
            archive.append(stamps.judge(one.token, data, known, "8 archive time-stamp"))
            known = archive[-1].at
    bytes_at = known
    first = None
    for value in signature.unsigned:
        if isinstance(value, SignatureStamp) and not (outer is not None and outer.token == value.token):
            over = signature_input(signature, value.form)
            first = stamps.judge(value.token, over, known, "9 signature time-stamp")
    if outer is not None:
        first = stamps.judge(outer.token, outer.data, known, "9 signature time-stamp")
    return Proofs(tuple(archive), first, bytes_at, known if first is None else first.at)


def digest_of(certificate: x509.Certificate) -> frozenset[str]:
    """The digest with which a certificate is signed."""
    algorithm = certificate.signature_hash_algorithm
    return frozenset() if algorithm is None else frozenset({algorithm.name.upper()})


def _reason(reason: Indication | None) -> Indication:
    return Indication.GENERIC if reason is None else reason
