"""Judge the signed lists of days that a dispute bundle carries: that they hold, whose they are, and what they list.

Promises: a list that was altered fails the bundle, whatever trust the reader brings; where the reader names
time-stamping authorities a list must hold at level B-LT under the reader's own roots; without, its time is not judged
and the finding says so. A list counts only by a certificate that the registry gives to a party of the exchange.
Leaves out: lists by themselves (`signing.signed_files`).

Source: docs/evidence.md §4, step 10; docs/xades.md §7.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Final

from schemas.envelope import Envelope
from signing import asice, batch
from signing.bundle import Bundle
from signing.examine import Finding, Trust
from signing.keys import thumbprint
from signing.packet import Level, Packet, StepError, reopen
from signing.verdict import PASSED, Indication, Status, Verdict, because
from signing.xades_policy import Demands, SignatureTrust

STEP: Final = 10
_A_MOMENT: Final = timedelta(minutes=5)


def examine_days(bundle: Bundle, trust: Trust, at_ms: int) -> list[Finding]:
    """Judge every list of a bundle.

    1. the container holds, as docs/xades.md has it
    2. its signer's certificate is registered for a party of the exchange
    3. it lists a seal of this exchange under its name

    Args:
        bundle: the content.
        trust: what the reader brings, or the registry that the reader's root vouches for.
        at_ms: from when on the bundle is known to exist.
    """
    at = datetime.fromtimestamp(at_ms / 1000, UTC)
    return [_judged(bundle, name, data, trust, at) for name, data in sorted(bundle.days.items())]


def _judged(bundle: Bundle, name: str, data: bytes, trust: Trust, at: datetime) -> Finding:
    try:
        packet = reopen(data)
    except StepError as error:
        return Finding(STEP, f"signed list {name}", because(Indication.FORMAT_FAILURE, "10 container", str(error)))
    dated = bool(trust.time_stamp_anchors)
    verdict = _container(data, trust, at) if dated else _untouched(packet, data, at)
    if not verdict.passed:
        return Finding(STEP, f"signed list {name}", verdict)
    listed, verdict = _listed(bundle, packet)
    told = f"signed list {name}, level B-{packet.level.name}: {listed} of {len(bundle.pieces)} seals"
    return Finding(STEP, told if dated else f"{told}; its time not judged", verdict)


def _container(data: bytes, trust: Trust, at: datetime) -> Verdict:
    """Under the reader's own roots, at the level that lasts."""
    believed = SignatureTrust(trust.anchors, trust.time_stamp_anchors, trust.anchors)
    return asice.check(data, believed, at, Demands(least=Level.LT)).verdict


def _untouched(packet: Packet, data: bytes, at: datetime) -> Verdict:
    """Whether no byte was altered: what is in doubt without authorities is left in doubt."""
    moment = max(at, packet.signature.signing_time + _A_MOMENT)
    verdict = asice.check(data, SignatureTrust(()), moment, Demands(least=Level.B)).verdict
    return verdict if verdict.status is Status.FAILED else PASSED


def _listed(bundle: Bundle, packet: Packet) -> tuple[int, Verdict]:
    """How many of the bundle's seals the list names, and whether that counts."""
    known = bundle.registered.certificates.get(thumbprint(packet.signature.certificates[0]))
    question = bundle.pieces["question"].envelope if "question" in bundle.pieces else None
    if question is None or known is None or known.agency not in _parties(question):
        detail = "a signed list is by no certificate that is registered for a party of the exchange"
        return 0, because(Indication.CHAIN_CONSTRAINTS_FAILURE, "10 signer", detail)
    try:
        digests = batch.read(packet.files.get(batch.NAME, b""))
    except batch.BatchError as error:
        return 0, because(Indication.FORMAT_FAILURE, "10 list", str(error))
    found = 0
    for piece, held in bundle.pieces.items():
        under, digest = f"{question.id}/{piece}/seal", sha256(held.sealed.seal).digest()
        found += any(name.startswith(under) and one == digest for name, one in digests.items())
    if not found:
        detail = "a signed list names no seal of this exchange"
        return 0, because(Indication.SIGNED_DATA_NOT_FOUND, "10 list", detail)
    return found, PASSED


def _parties(question: Envelope) -> set[str]:
    consumer = question.consumer.agency if question.consumer else question.sealer
    return {consumer, question.sealer, (question.service or "").partition("/")[0]}
