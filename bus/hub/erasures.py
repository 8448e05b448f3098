"""Topic 7 of the link: holders are told of orders of erasure, ask for them and answer them; the hub seals and keeps.

Promises: an order goes only to who may speak for its holder, sealed by the operator as it leaves; an answer counts only
if the holder's own certificate sealed it over this very order. Whoever is away asks later; nothing is lost meanwhile.
Leaves out: giving orders (`bus.audit.erasure`), carrying them out (`bus.node.erasures`).

    question: [agency, [sealed answers, packed]]        reply: parts are sealed orders, packed, at most 32
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Final

import structlog

from bus.audit.holders import Outbox
from bus.clock import Clock
from bus.directory import Directory
from bus.hub.routes import Speaker
from bus.link.messages import Message
from bus.notary import Notary
from bus.topics import ErasureAsk, Topic, read_erasure_ask
from schemas.erasure_order import OrderFormatError, decode_done
from schemas.sealed import SealedFormatError, pack, unpack
from signing.jws import seal

log = structlog.get_logger(__name__)
AT_ONCE: Final = 32
TELL_EVERY_S: Final = 30.0


class ErasureDesk:
    """Serves topic 7."""

    def __init__(
        self, outbox: Outbox | None, *, notary: Notary, instance: str, directory: Directory, clock: Clock
    ) -> None:
        self._outbox = outbox
        self._notary = notary
        self._instance = instance
        self._directory = directory
        self._clock = clock

    async def watch(self, tell: Callable[[str, Message], None]) -> None:
        """Tell holders that are here of orders that wait for them, again and again, until they have answered.

        Args:
            tell: brings a notice to every session of an agency.
        """
        while self._outbox is not None:
            for agency in await asyncio.to_thread(self._outbox.waiting):
                tell(agency, Message(Topic.ERASURE, b""))
            await asyncio.sleep(TELL_EVERY_S)

    async def __call__(self, speaker: Speaker, message: Message) -> Message:
        """Take answers, give what is still unanswered.

        Raises:
            ProblemError: 101, malformed; 114, not for this peer to speak.
        """
        ask = read_erasure_ask(message.head)
        speaker.must_speak_for(ask.agency)
        if self._outbox is None:
            return Message(Topic.ERASURE, b"")
        for answer in ask.answers:
            await asyncio.to_thread(self._take, self._outbox, ask, answer)
        pending = await asyncio.to_thread(self._outbox.pending, ask.agency, AT_ONCE)
        if not pending:
            return Message(Topic.ERASURE, b"")
        sealed = seal(pending, self._notary.signer, instance=self._instance, now_ms=self._clock())
        return Message(Topic.ERASURE, b"", tuple(pack(one) for one in sealed))

    def _take(self, outbox: Outbox, ask: ErasureAsk, answer: bytes) -> None:
        try:
            sealed = unpack(answer)
            verdict = self._directory.check(sealed, self._clock())
            done = decode_done(sealed.envelope)
        except (SealedFormatError, OrderFormatError):
            log.warning("erasure-answer-unreadable", agency=ask.agency)
            return
        certificate = None if verdict.seal is None else self._directory.snapshot.certificate(verdict.seal.x5t)
        own = certificate is not None and certificate.use == "seal" and certificate.agency == done.agency
        if not verdict.passed or not own or (done.agency, done.instance) != (ask.agency, self._instance):
            log.error("erasure-answer-does-not-hold", agency=ask.agency)
        elif outbox.answered(done, answer):
            log.info("erasure-carried-out", agency=done.agency, order=done.order, pieces=done.pieces)
