"""Judge an evidence file: eight numbered steps from the file's bytes to a yes, a no, or a doubt.

Promises: needs no server, no registry and no network; what the file offers as anchors, log key or owner of a
certificate is never believed for itself: without the reader's own, the answer is a doubt, never a yes. Findings name
agencies, services and times, never the people whom the exchange is about.
Leaves out: reading files and printing (`signing.__main__`); revocation beyond what the file admits.

Source: docs/seal.md §8; ETSI EN 319 102-1 §5.6 (proofs of existence: the receipt's time stands for the seal's).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from hashlib import sha256
from itertools import chain as chained
from typing import Final

from schemas.envelope import Envelope, Kind, decode
from schemas.problems import ProblemError
from schemas.sealed import Sealed
from schemas.text import b64url_encode, moment, moment_ms
from signing import checkpoint, jws
from signing.chain import CertificateError, SealCertificate, Use, check_chain, load_seal_certificate, subject_agency
from signing.evidence import Evidence
from signing.merkle import leaf_hash, verify_inclusion
from signing.policy import SealedBefore
from signing.receipt import Opened, ReceiptError, open_receipt
from signing.verdict import PASSED, Indication, Status, Verdict, because

ARCHIVED: Final = SealedBefore()


@dataclass(frozen=True, slots=True)
class Trust:
    """What the reader trusts beforehand, from elsewhere than the file.

    Attributes:
        anchors: roots, DER; empty: none, and the answer cannot be a yes.
        log_keys: the ledger's public keys.
        operator: the agency that runs the hub and alone may seal receipts, such as `a100000`.
        owners: agency by thumbprint, for certificates whose subject does not name it.
        time_stamp_anchors: roots of time-stamping authorities, DER; with any, the published log must be time-stamped.
    """

    anchors: tuple[bytes, ...] = ()
    log_keys: tuple[checkpoint.NoteVerifier, ...] = ()
    operator: str | None = None
    owners: Mapping[str, str] = field(default_factory=dict)
    time_stamp_anchors: tuple[bytes, ...] = ()


@dataclass(frozen=True, slots=True)
class Finding:
    """What one step found.

    Attributes:
        step: its number, 1 to 8.
        about: what was looked at.
        verdict: passed, failed or indeterminate, and why.
    """

    step: int
    about: str
    verdict: Verdict


@dataclass(frozen=True, slots=True)
class _Judged:
    """One sealed envelope, its reading, and what was found on the way."""

    sealed: Sealed
    envelope: Envelope | None
    findings: list[Finding]

    @property
    def digest(self) -> str:
        return digest(self.sealed.envelope)


def digest(data: bytes) -> str:
    """SHA-256, base64url: how details, parts and replies name bytes."""
    return b64url_encode(sha256(data).digest())


def overall(findings: Sequence[Finding]) -> Status:
    """Failed if any step failed, else indeterminate if any is in doubt, else passed."""
    found = {finding.verdict.status for finding in findings}
    return next((status for status in (Status.FAILED, Status.INDETERMINATE) if status in found), Status.PASSED)


def examine(evidence: Evidence, trust: Trust, at_ms: int) -> list[Finding]:
    """Judge a file's content; `at_ms` is the moment from which on the file is known to exist, usually now.

    1. the certificates read and may seal
    2. the anchors are the reader's own
    3. the receipt: seal, certificate chain, sealer, who is the operator
    4. the receipt's leaves open
    5. each envelope: seal, certificate chain, sealer; known to exist since the hub recorded it
    6. the bodies are those that the envelopes name
    7. the pieces belong together: reply to question, receipt to both
    8. the ledger has published both leaves
    """
    certificates, findings = _certificates(evidence)  # 1
    findings.append(_own_anchors(evidence, trust))  # 2
    bench = _Bench(evidence, trust, certificates)
    receipt = bench.judge_receipt(evidence.receipt, at_ms) if evidence.receipt else None  # 3
    opened, found = _leaves(receipt)  # 4
    proof = opened if receipt and overall(receipt.findings) is Status.PASSED else None
    judged = [bench.judge(one, 5, _known_since(one, proof, at_ms)) for one in evidence.sealed]  # 5
    findings += chained(receipt.findings if receipt else (), found, *(one.findings for one in judged))
    findings += _parts(evidence.parts, judged)  # 6
    findings += _together(judged, receipt, opened)  # 7
    findings += _published(evidence, trust, opened)  # 8
    return findings


def _certificates(evidence: Evidence) -> tuple[dict[str, SealCertificate], list[Finding]]:
    loaded: dict[str, SealCertificate] = {}
    findings = []
    for number, one in enumerate(evidence.certificates, start=1):
        about = f"certificate {number}"
        try:
            certificate = load_seal_certificate(one.der, alg=one.alg, revoked_at_ms=one.revoked_at_ms)
        except CertificateError as error:
            findings.append(Finding(1, about, because(Indication.FORMAT_FAILURE, "certificate", str(error))))
            continue
        loaded[certificate.x5t] = certificate
        findings.append(Finding(1, f"{about}, {certificate.x5t}, {certificate.alg}", PASSED))
    return loaded, findings


def _own_anchors(evidence: Evidence, trust: Trust) -> Finding:
    if trust.anchors:
        return Finding(2, f"anchors: {len(trust.anchors)} of your own", PASSED)
    offered = ", ".join(sha256(der).hexdigest() for der in evidence.anchors) or "none"
    detail = "only the file vouches for its anchors: compare their SHA-256, get them elsewhere, pass them in"
    verdict = because(Indication.NO_CERTIFICATE_CHAIN_FOUND, "anchors", detail)
    return Finding(2, f"anchors that the file offers: {offered}", verdict)


class _Bench:
    """Judges one sealed envelope after the other against the same certificates."""

    def __init__(self, evidence: Evidence, trust: Trust, certificates: Mapping[str, SealCertificate]) -> None:
        self._trust = trust
        self._anchors = trust.anchors or evidence.anchors
        self._intermediates = evidence.intermediates
        self._certificates = certificates
        self._instance = evidence.instance
        self._checker = jws.Checker(certificates, instance=evidence.instance, policy=ARCHIVED)

    def judge(self, sealed: Sealed, step: int, known_since_ms: int) -> _Judged:
        """Seal, chain, reading, sealer; what cannot be asked after a failure is not asked."""
        verdict = self._checker.check(sealed, known_since_ms)
        name = f"envelope {digest(sealed.envelope)}"
        if verdict.seal is None:
            return _Judged(sealed, None, [Finding(step, f"{name}: seal", verdict)])
        findings = [Finding(step, f"{name}: seal of {moment(verdict.seal.iat_ms)}", verdict)]
        findings.append(Finding(step, f"{name}: certificate chain", self._chain(verdict.seal.x5t, verdict.seal.iat_ms)))
        try:
            envelope = decode(sealed.envelope)
        except ProblemError as error:
            rule = because(Indication.FORMAT_FAILURE, "envelope", f"problem {int(error.problem.code)}")
            return _Judged(sealed, None, [*findings, Finding(step, f"{name}: reading", rule)])
        about = f"{name}: {envelope.kind.value} {envelope.id} of {envelope.sealer}"
        return _Judged(sealed, envelope, [*findings, Finding(step, about, self._sealer(verdict.seal.x5t, envelope))])

    def judge_receipt(self, sealed: Sealed, at_ms: int) -> _Judged:
        """The same, and that the operator sealed it: anybody else's receipt proves nothing."""
        judged = self.judge(sealed, 3, at_ms)
        if judged.envelope is not None:
            judged.findings.append(Finding(3, "receipt: operator", self._operator(judged.envelope.sealer)))
        return judged

    def _operator(self, sealer: str) -> Verdict:
        if self._trust.operator is None:
            detail = "say which agency runs the hub: the file cannot vouch for it"
            return because(Indication.CHAIN_CONSTRAINTS_FAILURE, "operator", detail)
        if sealer != self._trust.operator:
            return because(Indication.SIG_CONSTRAINTS_FAILURE, "operator", "not sealed by the agency that runs the hub")
        return PASSED

    def _chain(self, x5t: str, iat_ms: int) -> Verdict:
        at = datetime.fromtimestamp(iat_ms / 1000, UTC)
        return check_chain(self._certificates[x5t].der, self._intermediates, self._anchors, at, Use.SEAL)

    def _sealer(self, x5t: str, envelope: Envelope) -> Verdict:
        if envelope.instance != self._instance:
            return because(Indication.SIG_CONSTRAINTS_FAILURE, "sealer", "the envelope is for another instance")
        owner = self._trust.owners.get(x5t) or subject_agency(self._certificates[x5t].der)
        if owner is None:
            detail = "the certificate does not name its agency: look its thumbprint up in the directory"
            return because(Indication.CHAIN_CONSTRAINTS_FAILURE, "sealer", detail)
        if owner != envelope.sealer:
            return because(Indication.SIG_CONSTRAINTS_FAILURE, "sealer", "sealed with another agency's certificate")
        return PASSED


def _leaves(receipt: _Judged | None) -> tuple[Opened | None, list[Finding]]:
    """Step 4; a receipt that was not sealed soundly opens nothing."""
    if receipt is None or receipt.envelope is None:
        return None, []
    try:
        opened = open_receipt(receipt.envelope)
    except ReceiptError as error:
        return None, [Finding(4, "leaves of the receipt", because(Indication.HASH_FAILURE, "leaves", str(error)))]
    about = f"leaves {opened.asked.index} and {opened.outcome.index} of {opened.origin}"
    return opened, [Finding(4, f"{about}, recorded {opened.asked.record.time}", PASSED)]


def _known_since(sealed: Sealed, opened: Opened | None, at_ms: int) -> int:
    """The hub's time at which it recorded this very envelope and seal, or the moment of the examination."""
    if opened is not None:
        for leaf in (opened.asked, opened.outcome):
            if (leaf.details.envelope, leaf.details.seal) == (digest(sealed.envelope), digest(sealed.seal)):
                return min(moment_ms(leaf.record.time), at_ms)
    return at_ms


def _parts(parts: tuple[bytes, ...], judged: list[_Judged]) -> list[Finding]:
    """Step 6: every body that the file holds is named, by digest and length, and none that is named is missing."""
    if not parts:
        return []
    named = {(part.sha256, part.length) for one in judged if one.envelope for part in one.envelope.parts}
    held = {(digest(part), len(part)) for part in parts}
    if held - named and all(one.envelope for one in judged):
        verdict = because(Indication.HASH_FAILURE, "parts", "a body is not one that an envelope names")
    elif named != held:
        detail = "an envelope that could name a body does not hold, or a named body is not in the file"
        verdict = because(Indication.SIGNED_DATA_NOT_FOUND, "parts", detail)
    else:
        verdict = PASSED
    return [Finding(6, f"{len(held)} of {len(named)} bodies", verdict)]


def _together(judged: list[_Judged], receipt: _Judged | None, opened: Opened | None) -> list[Finding]:
    """Step 7."""
    by_digest = {one.digest: one.envelope for one in judged if one.envelope}
    findings = []
    for one in judged:
        to = one.envelope.in_reply_to if one.envelope else None
        if to is not None:
            findings.append(Finding(7, f"envelope {one.digest}: reply", _named(to.sha256, by_digest, lambda _: True)))
    if receipt is None or receipt.envelope is None or opened is None:
        return findings
    to = receipt.envelope.in_reply_to
    asked = opened.asked.details.envelope
    if to is None or to.sha256 != asked:
        verdict = because(Indication.HASH_FAILURE, "receipt", "its asked leaf is of another envelope")
        return [*findings, Finding(7, "receipt: question", verdict)]
    findings.append(Finding(7, "receipt: question", _named(asked, by_digest, opened.is_of)))
    answered = opened.outcome.details.envelope
    return [*findings, Finding(7, "receipt: outcome", _named(answered, by_digest, lambda _: True))]


def _named(wanted: str, by_digest: Mapping[str, Envelope], fits: Callable[[Envelope], bool]) -> Verdict:
    found = by_digest.get(wanted)
    if found is None:
        detail = "the envelope that it names by digest is not in the file"
        return because(Indication.SIGNED_DATA_NOT_FOUND, "together", detail)
    if not fits(found) or found.kind is Kind.RECEIPT:
        return because(Indication.HASH_FAILURE, "together", "the envelope that it names says something else")
    return PASSED


def _published(evidence: Evidence, trust: Trust, opened: Opened | None) -> list[Finding]:
    """Step 8."""
    if evidence.log is None:
        return []
    if not trust.log_keys:
        detail = "pass the ledger's public key in: the file cannot vouch for it"
        return [Finding(8, "ledger", because(Indication.NO_SIGNING_CERTIFICATE_FOUND, "log key", detail))]
    verdict, head = checkpoint.check(evidence.log.checkpoint, trust.log_keys)
    if head is None:
        return [Finding(8, "checkpoint", verdict)]
    findings = [Finding(8, f"checkpoint of {head.origin} at size {head.size}", verdict)]
    if opened is None or opened.origin != head.origin:
        detail = "no receipt of this ledger in the file"
        return [*findings, Finding(8, "leaves", because(Indication.SIGNED_DATA_NOT_FOUND, "leaves", detail))]
    for leaf, path in ((opened.asked, evidence.log.asked), (opened.outcome, evidence.log.outcome)):
        held = verify_inclusion(leaf_hash(leaf.data), leaf.index, head.size, path, head.root)
        missing = because(Indication.HASH_FAILURE, "inclusion", "the leaf is not in the published tree")
        findings.append(Finding(8, f"leaf {leaf.index}", PASSED if held else missing))
    return findings
