"""Topic 8 of the link: an agency asks for its next seal certificate, a node for its next link certificate.

Promises: only who may speak for an agency asks for it, with a certificate of that agency that the directory holds for
valid now, for a link with the very one of its session; what the authority says goes back as it is, a certificate only
once it is recorded in the ledger. Leaves out: judging (`bus.certification`), making the new certificate known, which is
the registry's: until then nothing sealed or opened with it is taken.

    question: [agency], one part: the sealed request, packed, or that of a link (`signing.link_renewal`)
    reply: [certificate, rule, sentence]
"""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import msgspec
import structlog

from bus.audit.inquiry import own_record
from bus.certification.process import AuthorityAwayError, Question, ask
from bus.clock import Clock
from bus.directory import Directory
from bus.hub.routes import Speaker
from bus.ledger.port import Appended, Ledger, LedgerError, Refusal
from bus.link.messages import Message
from bus.topics import RenewalReply, Topic, read_renewal_ask, renewal_reply
from schemas.issued import CertificateIssued, encode
from schemas.problems import Code, FaultAt, problem
from schemas.record import LeafType
from schemas.sealed import SealedFormatError, unpack
from signing.keys import thumbprint
from signing.link_renewal import is_link_renewal
from signing.renewal import RenewalRefusedError

log = structlog.get_logger(__name__)
Use = Literal["seal", "link"]


class RenewalDesk:
    """Serves topic 8."""

    def __init__(self, socket: Path | None, *, directory: Directory, ledger: Ledger, clock: Clock) -> None:
        self._socket = socket
        self._ledger = ledger
        self._directory = directory
        self._clock = clock

    async def __call__(self, speaker: Speaker, message: Message) -> Message:
        """Hand one request to the authority.

        Raises:
            ProblemError: 101, malformed; 111, not sealed by this agency; 114, not for this peer to speak; 805, this hub
                has no authority; 403, it does not answer; 601, what it issued cannot be recorded.
        """
        agency = read_renewal_ask(message.head)
        speaker.must_speak_for(agency)
        packed = message.parts[0] if message.parts else b""
        if is_link_renewal(packed):
            return await self._answered(agency, packed, self._link_of(agency, speaker))
        return await self._answered(agency, packed, self._sealed_with(agency, packed))

    async def own(self, message: Message, _timeout_s: float) -> Message:
        """The same for the operator's own seal, asked by the hub itself: nobody speaks for it over a link.

        Raises:
            ProblemError: as above.
        """
        operator, packed = self._directory.snapshot.operator, message.parts[0]
        return await self._answered(operator, packed, self._sealed_with(operator, packed))

    async def _answered(self, agency: str, packed: bytes, current: bytes) -> Message:
        if self._socket is None:
            raise problem(Code.NOT_FOUND, rule="no-authority", fault_at=FaultAt.HUB)
        try:
            told = RenewalReply(await ask(self._socket, Question(packed, current)))
        except RenewalRefusedError as error:
            told = RenewalReply(b"", error.rule, str(error))
        except AuthorityAwayError as error:
            log.error("certification-away", reason=str(error))  # noqa: TRY400 - there is no trace worth reading
            raise problem(Code.TOO_BUSY, rule="authority-away", fault_at=FaultAt.HUB, retry_after_ms=60_000) from error
        if told.certificate:
            use: Use = "link" if is_link_renewal(packed) else "seal"
            await self._recorded(CertificateIssued(agency, use, thumbprint(current), thumbprint(told.certificate)))
        log.info("renewal-answered", agency=agency, rule=told.rule or "issued")
        return Message(Topic.RENEWAL, renewal_reply(told))

    async def _recorded(self, issued: CertificateIssued) -> None:
        """Record a certificate before it is handed over; the same one again is recorded once."""
        item = own_record(LeafType.REGISTRY, issued.agency, encode(issued), self._clock())
        unique = f"certificate/{issued.certificate}".encode()
        try:
            outcome = await self._ledger.append(msgspec.structs.replace(item, unique=unique))
        except LedgerError as error:
            raise problem(Code.RECORD_NOT_WRITTEN, rule="certificate", fault_at=FaultAt.HUB) from error
        if not isinstance(outcome, Appended) and outcome.reason is not Refusal.DUPLICATE:
            raise problem(Code.RECORD_NOT_WRITTEN, rule="certificate", fault_at=FaultAt.HUB)

    def _link_of(self, agency: str, speaker: Speaker) -> bytes:
        """The link certificate of this very session."""
        certificate = self._directory.snapshot.certificate(speaker.x5t)
        if certificate is None or certificate.agency != agency or certificate.use != "link":
            raise problem(Code.SEAL_UNKNOWN_CERTIFICATE, rule="renewal-link", place="/")
        return certificate.der

    def _sealed_with(self, agency: str, packed: bytes) -> bytes:
        try:
            verdict = self._directory.check(unpack(packed), self._clock())
        except SealedFormatError as error:
            raise problem(Code.ENVELOPE_MALFORMED, rule="renewal-sealed", place="/") from error
        certificate = None if verdict.seal is None else self._directory.snapshot.certificate(verdict.seal.x5t)
        if not verdict.passed or certificate is None or certificate.agency != agency or certificate.use != "seal":
            raise problem(Code.SEAL_UNKNOWN_CERTIFICATE, rule="renewal-seal", place="/")
        return certificate.der
