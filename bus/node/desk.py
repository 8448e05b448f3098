"""What a node does with what the hub brings: questions for its agencies, receipts, news of the registry.

Promises: a receipt for an answer of ours is judged and archived, and one that does not hold raises an alarm in the
log; news of the registry is fetched at once. Leaves out: answering itself (`bus.node.answer`).
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping

import structlog

from bus.clock import Clock
from bus.directory import Directory
from bus.link.errors import StreamRefusedError
from bus.link.frames import ResetCode
from bus.link.messages import Message
from bus.link.session import Session
from bus.node.answer import Answerer
from bus.node.archive import Archive
from bus.node.receipts import Promised, must_name_answer, nobody, opened_by
from bus.notary import Judge
from bus.topics import Topic, read_reply
from schemas.problems import ProblemError
from schemas.sealed import SealedFormatError, unpack

log = structlog.get_logger(__name__)


class NodeDesk:
    """One node's desk toward the hub."""

    def __init__(
        self,
        *,
        answerer: Answerer,
        archives: Mapping[str, Archive],
        judge: Judge,
        directory: Directory,
        clock: Clock,
        registry_changed: Callable[[], Awaitable[None]],
        promised: Promised = nobody,
    ) -> None:
        self._promised = promised
        self._answerer = answerer
        self._archives = archives
        self._judge = judge
        self._directory = directory
        self._clock = clock
        self._registry_changed = registry_changed

    async def answer(self, session: Session, message: Message, deadline: float) -> Message:  # noqa: ARG002 - a question carries its own, sealed
        """Answer a question that the hub forwards.

        Raises:
            StreamRefusedError: another topic, or a question that does not hold.
        """
        if message.topic != Topic.EXCHANGE:
            raise StreamRefusedError(ResetCode.UNKNOWN_TOPIC)
        try:
            return await self._answerer(session, message)
        except SealedFormatError as error:
            raise StreamRefusedError(ResetCode.MALFORMED) from error
        except ProblemError as error:
            log.warning("question-refused-unanswered", number=int(error.problem.code), rule=error.problem.rule)
            raise StreamRefusedError(int(error.problem.code)) from error

    async def notice(self, session: Session, message: Message) -> None:  # noqa: ARG002 - every worker says the same
        """Take a receipt, or hear that the registry has changed."""
        if message.topic == Topic.REGISTRY_CHANGED:
            await self._registry_changed()
        elif message.topic == Topic.RECEIPT:
            await self._receipt(message.head)

    async def _receipt(self, head: bytes) -> None:
        """Keep it, whether or not it holds: one that does not is evidence against the hub."""
        try:
            receipt = self._judge.open(unpack(head), self._clock()).envelope
            opened = opened_by(receipt, self._directory.snapshot.operator)
            archive = self._archives.get(opened.asked.record.provider or "")
            if archive is None:
                log.warning("receipt-does-not-hold", reason="of an agency that is not served here")
                return
        except (SealedFormatError, ProblemError) as error:
            log.warning("receipt-does-not-hold", reason=str(error))
            return
        exchange, kind = opened.asked.details.exchange, "receipt"
        try:
            kept = await archive.answer_for(opened.asked.details.sealer, exchange)
            must_name_answer(opened, read_reply(kept.sealed).sealed if kept else None)
        except ProblemError as error:
            kind = "receipt-refused"
            log.error("receipt-of-another-answer", exchange=exchange, rule=error.problem.rule)  # noqa: TRY400 - an alarm, not a crash
        await archive.keep(exchange, kind, head, ())
        if receipt.receipt is not None:
            self._promised(receipt.receipt)
