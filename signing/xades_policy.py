"""What a reader of signatures brings: whom to believe, and what must hold beyond soundness.

Promises: frozen values; nothing that a container carries adds to them.
Leaves out: who may sign what; that is the reader's of the report.

Sources: ETSI EN 319 102-1 §5.1.4 (validation constraints), §5.2.5 (freshness); ETSI TS 119 312 (dates of algorithms).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from signing.packet import Level
from signing.revocation import Evidence, Freshness
from signing.verdict import Indication, VerdictError, because

CLOCK: Final = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class SignatureTrust:
    """Whom the reader believes.

    Attributes:
        anchors: roots of signers' certificates, DER.
        time_stamp_anchors: roots of time-stamping authorities, DER.
        intermediates: further certificates that may stand in between, DER.
        evidence: what the reader has gathered about revocation, for signatures that carry none.
    """

    anchors: tuple[bytes, ...]
    time_stamp_anchors: tuple[bytes, ...] = ()
    intermediates: tuple[bytes, ...] = ()
    evidence: Evidence = field(default_factory=Evidence)


@dataclass(frozen=True, slots=True)
class Demands:
    """What must hold beyond soundness.

    Attributes:
        least: the level below which a signature is no evidence.
        freshness: from when the evidence about the signer must be.
        retired: from when on an algorithm proves nothing new: `SHA256`, `P-256`, `RSA-3072` and the like.
        stamp_policies: OIDs under which time-stamps must be given; None takes any.
        stamp_evidence: whether every time-stamp needs evidence that its authority was not revoked. Without, evidence
            that is there is held against it.
        clock: how far the signer's own time may be after the time-stamp, and evidence after the reader's moment.
    """

    least: Level = Level.LT
    freshness: Freshness = field(default_factory=Freshness)
    retired: Mapping[str, datetime] = field(default_factory=dict)
    stamp_policies: frozenset[str] | None = None
    stamp_evidence: bool = False
    clock: timedelta = CLOCK

    def check_algorithms(self, names: frozenset[str], at: datetime, step: str) -> None:
        """None of these algorithms was retired at the moment at which what they prove is known to exist.

        Raises:
            VerdictError: one was.
        """
        if any(name in self.retired and self.retired[name] <= at for name in names):
            detail = "an algorithm was retired before a proof that it had been used earlier"
            raise VerdictError(because(Indication.CRYPTO_CONSTRAINTS_FAILURE_NO_POE, step, detail))
