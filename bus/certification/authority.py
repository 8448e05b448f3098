"""The operator's authority: judges requests for renewal by itself, issues by policy, writes down what it issued.

Promises: nothing that the hub says is believed but the bytes that the agency or its node signed; one certificate is
renewed at most `MOST_RENEWALS` times, so that old and new overlap without becoming many; a repeated request gets what
it got.
Leaves out: sockets (`bus.certification.process`).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

import structlog

from bus.certification.journal import Issued, Journal
from bus.clock import Clock
from schemas.sealed import SealedFormatError, unpack
from schemas.text import moment
from signing import link_renewal
from signing.chain import parsed
from signing.keys import Signer, thumbprint
from signing.renewal import Asked, IssuingPolicy, RenewalRefusedError, issue, judge

log = structlog.get_logger(__name__)
MOST_RENEWALS: Final = 3


@dataclass(frozen=True, slots=True)
class Authority:
    """A certificate authority.

    Attributes:
        signer: its key with its certificate.
        anchors: the roots above it, DER.
        instance: the installation.
        policy: what it renews.
        journal: what it issued.
        clock: the machine's time, in ms.
    """

    signer: Signer
    anchors: tuple[bytes, ...]
    instance: str
    policy: IssuingPolicy
    journal: Journal
    clock: Clock

    def renew(self, packed: bytes, current: bytes) -> bytes:
        """The new certificate, DER.

        Args:
            packed: the sealed request in the link's form; or one for a link certificate (`signing.link_renewal`).
            current: the certificate that it is sealed or signed with, DER.

        Raises:
            RenewalRefusedError: a step or a limit does not hold.
        """
        now_ms = self.clock()
        asked = self._judged(packed, current, now_ms)
        replaces = thumbprint(current)
        known = self.journal.of_request(asked.id)
        if known is not None and known.replaces == replaces:
            return known.certificate
        if known is not None or self.journal.renewals_of(replaces) >= MOST_RENEWALS:
            raise RenewalRefusedError("limit", f"one certificate is renewed at most {MOST_RENEWALS} times")
        made = issue(asked, self.signer, self.policy, datetime.fromtimestamp(now_ms / 1000, UTC))
        line = self.journal.append(
            Issued(
                number=0,
                at=moment(now_ms),
                agency=asked.agency,
                request=asked.id,
                replaces=replaces,
                x5t=thumbprint(made),
                not_after=parsed(made).not_valid_after_utc.isoformat(),
                certificate=made,
                previous="",
            )
        )
        log.info("certificate-renewed", agency=line.agency, number=line.number, x5t=line.x5t)
        return made

    def _judged(self, packed: bytes, current: bytes, now_ms: int) -> Asked:
        own = (self.signer.certificate, self.anchors)
        if link_renewal.is_link_renewal(packed):
            return link_renewal.judge(packed, current, *own, instance=self.instance, now_ms=now_ms)
        try:
            sealed = unpack(packed)
        except SealedFormatError as error:
            raise RenewalRefusedError("format", "no sealed request") from error
        return judge(sealed, current, *own, instance=self.instance, now_ms=now_ms)
