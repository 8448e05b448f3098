"""Judge what a dispute bundle holds: the eight steps of an evidence file, that nothing is missing, and the registry.

Promises: a bundle that lacks a piece, a body or the ledger's proof is in doubt, never a yes; trust comes from the
reader, or from a registry that the reader's own root vouches for. Leaves out: the files around the content
(`signing.casefile`), words for people (`signing.words`).

Source: docs/evidence.md §4; `signing.examine` for steps 1 to 8.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from hashlib import sha256
from typing import Final

from schemas.envelope import Kind
from schemas.text import moment
from signing import registry_proof
from signing.bundle import PIECES, Bundle
from signing.checkpoint import NoteError, NoteVerifier
from signing.day_lists import examine_days
from signing.examine import Finding, Trust, digest, examine
from signing.timestamp import check
from signing.tlog_policy import NONE, Policy
from signing.verdict import PASSED, Indication, Verdict, because

_KINDS: Final = {
    "question": (Kind.QUESTION,),
    "reply": (Kind.ANSWER, Kind.FAULT, Kind.PENDING),
    "receipt": (Kind.RECEIPT,),
}


def judge(
    bundle: Bundle, trust: Trust, at_ms: int, registry_root: bytes | None = None, policy: Policy | None = None
) -> list[Finding]:
    """Judge a bundle's content.

    Args:
        bundle: the pieces.
        trust: what the reader brings.
        at_ms: from when on the bundle is known to exist.
        registry_root: the registry's root.json that the reader has from elsewhere; where the snapshot follows from
            it, it vouches for anchors, operator and owners of certificates that `trust` does not name.
        policy: the reader's logs and witnesses; the checkpoint must have their quorum.
    """
    policy = policy or Policy()
    trust = replace(trust, log_keys=(*trust.log_keys, *policy.logs))
    verdict = registry_proof.check(bundle.registry, registry_root)  # 9, first: it may bring trust
    if registry_root is not None and verdict.passed:
        trust = _by_registry(bundle, trust)
    findings = examine(bundle.evidence, trust, at_ms)  # 1 to 8
    findings += _bodies(bundle)  # 6 by the names that they have
    findings.append(_complete(bundle))  # 7
    findings += _ledger(bundle, trust, policy)  # 8
    findings += _time_stamps(bundle, trust, at_ms)  # 8, where the reader names whom to believe
    last = _registry(bundle, verdict, own=registry_root is not None)
    days = examine_days(bundle, trust, at_ms)  # 10, where the exporter's archive has lists of those days
    return [*sorted(findings, key=lambda one: one.step), last, *days]


def offered(bundle: Bundle) -> Trust:
    """The trust that a bundle offers by itself: what its own pages are judged by, and nobody else should."""
    return Trust(
        anchors=bundle.authorities,
        log_keys=_offered_keys(bundle),
        operator=bundle.registered.operator,
        owners=bundle.owners,
    )


def _by_registry(bundle: Bundle, trust: Trust) -> Trust:
    return replace(
        trust,
        anchors=trust.anchors or bundle.authorities,
        operator=trust.operator or bundle.registered.operator,
        owners={**bundle.owners, **trust.owners},
    )


def _offered_keys(bundle: Bundle) -> tuple[NoteVerifier, ...]:
    try:
        return (NoteVerifier.from_text(bundle.log_key),) if bundle.log_key else ()
    except NoteError:
        return ()


def _bodies(bundle: Bundle) -> list[Finding]:
    """Every named body is there under its own name, with its digest and length; a stranger fails."""
    findings = []
    for name in PIECES[:2]:
        piece = bundle.pieces.get(name)
        if piece is None or piece.envelope is None:
            continue
        named = {part.id: (part.sha256, part.length) for part in piece.envelope.parts}
        findings += [
            Finding(6, f"{name}: part {part}", _body(named.get(part), piece.parts.get(part)))
            for part in sorted(named.keys() | piece.parts.keys())
        ]
    return findings


def _body(named: tuple[str, int] | None, data: bytes | None) -> Verdict:
    if data is None:
        return because(Indication.SIGNED_DATA_NOT_FOUND, "parts", "a named body is not in the bundle")
    if named is None:
        return because(Indication.HASH_FAILURE, "parts", "a body is not one that an envelope names")
    if named != (digest(data), len(data)):
        detail = "a body has not the digest or length that its envelope names"
        return because(Indication.HASH_FAILURE, "parts", detail)
    return PASSED


def _complete(bundle: Bundle) -> Finding:
    about = "question, reply and receipt"
    if bundle.pieces.keys() != set(PIECES):
        return Finding(7, about, because(Indication.SIGNED_DATA_NOT_FOUND, "pieces", "the bundle holds no such piece"))
    for name, kinds in _KINDS.items():
        envelope = bundle.pieces[name].envelope
        if envelope is not None and envelope.kind not in kinds:
            detail = "not a question, a reply and a receipt"
            return Finding(7, about, because(Indication.FORMAT_FAILURE, "pieces", detail))
    return Finding(7, about, PASSED)


def _ledger(bundle: Bundle, trust: Trust, policy: Policy) -> list[Finding]:
    if bundle.log is None:
        detail = "the bundle holds no proof that the ledger has published the records"
        return [Finding(8, "ledger", because(Indication.SIGNED_DATA_NOT_FOUND, "ledger", detail))]
    if bundle.log_key is not None and trust.log_keys and bundle.log_key not in {key.text for key in trust.log_keys}:
        detail = "the bundle offers another key for the ledger than yours"
        return [Finding(8, "ledger key", because(Indication.NO_SIGNING_CERTIFICATE_FOUND, "log key", detail))]
    if policy.quorum == NONE:
        return []
    return [Finding(8, "witnesses", policy.judge(bundle.log.checkpoint, trust.log_keys)[0])]


def _time_stamps(bundle: Bundle, trust: Trust, at_ms: int) -> list[Finding]:
    """Each time-stamp over the checkpoint, under the reader's own authorities; one at least must be there."""
    if bundle.log is None or not trust.time_stamp_anchors:
        return []
    if not bundle.log.time_stamps:
        detail = "the bundle holds no time-stamp over its checkpoint"
        return [Finding(8, "time-stamp", because(Indication.SIGNED_DATA_NOT_FOUND, "time-stamp", detail))]
    at = datetime.fromtimestamp(at_ms / 1000, UTC)
    return [
        judged_stamp(8, token, bundle.log.checkpoint, trust.time_stamp_anchors, at) for token in bundle.log.time_stamps
    ]


def judged_stamp(step: int, token: bytes, data: bytes, anchors: Sequence[bytes], at: datetime) -> Finding:
    """What a time-stamp over these bytes is worth."""
    verdict, stamp = check(token, data, anchors, at)
    if stamp is None:
        return Finding(step, "time-stamp", verdict)
    return Finding(step, f"time-stamp of {moment(round(stamp.at.timestamp() * 1000))} by {stamp.authority}", verdict)


def _registry(bundle: Bundle, verdict: Verdict, *, own: bool) -> Finding:
    if own:
        return Finding(9, "registry by your own root", verdict)
    first = min((name for name in bundle.registry if registry_proof.ROOT.fullmatch(name)), default="")
    shown = sha256(bundle.registry.get(first, b"")).hexdigest()
    return Finding(9, f"registry by the root that the bundle offers, {shown}", verdict)
