"""Orders of erasure carried out at a node: fetched over the link, judged, done, answered, until the hub has it all.

Promises: an order counts only if the operator's certificate sealed it for an agency served here; each piece is on the
deletion list before it is gone; the answer is sealed by the agency and tells the head of that list; doing it twice does
nothing more. While the hub cannot be reached it is tried again. Leaves out: copies that agency systems made.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Final, NamedTuple

import structlog

from bus.clock import Clock
from bus.directory import Directory
from bus.link.errors import LinkError
from bus.link.messages import Message
from bus.node.deletions import DeletionListError
from bus.node.keeping import erase
from bus.notary import Notary
from bus.storage.port import StoreError
from bus.topics import ErasureAsk, Topic, erasure_ask
from schemas.erasure_order import ErasureDone, ErasureOrder, OrderFormatError, decode_order, encode
from schemas.problems import ProblemError
from schemas.sealed import SealedFormatError, pack, unpack
from schemas.text import moment
from signing.jws import seal

log = structlog.get_logger(__name__)
FIRST_AFTER_S: Final = 10.0
EVERY_S: Final = 600.0
_TIMEOUT_S: Final = 30.0
_MOST_TURNS: Final = 1000


class Holder(NamedTuple):
    """One agency's archive: its folder, who seals, and what to do when exchanges are gone from it."""

    folder: Path
    notary: Notary
    gone: Callable[[tuple[str, ...]], None]


class Erasures:
    """One node's erasures."""

    def __init__(
        self,
        holders: Mapping[str, Holder],
        call: Callable[[Message, float], Awaitable[Message]],
        *,
        directory: Directory,
        instance: str,
        clock: Clock,
    ) -> None:
        self._holders = holders
        self._call = call
        self._directory = directory
        self._instance = instance
        self._clock = clock
        self._told = asyncio.Event()

    def told(self) -> None:
        """The hub says that an order waits."""
        self._told.set()

    async def run(self) -> None:
        """Ask when told, and now and then, for ever."""
        await self._pause(FIRST_AFTER_S)
        while True:
            try:
                await self.turn()
            except (LinkError, ProblemError, StoreError, DeletionListError, OSError) as error:
                log.warning("erasures-wait", reason=type(error).__name__)
            await self._pause(EVERY_S)

    async def _pause(self, seconds: float) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._told.wait()
        self._told.clear()

    async def turn(self) -> int:
        """Ask for every agency until nothing is left; returns how many orders were carried out.

        Raises:
            LinkError, ProblemError: the hub does not answer, or refuses.
            StoreError, DeletionListError: an archive cannot be changed; what was done is answered next time.
        """
        done = 0
        for agency, holder in self._holders.items():
            answers: list[bytes] = []
            for _ in range(_MOST_TURNS):
                ask = erasure_ask(ErasureAsk(agency, tuple(answers)))
                told = await self._call(Message(Topic.ERASURE, ask), _TIMEOUT_S)
                answers = [
                    await asyncio.to_thread(self._carried_out, holder, order)
                    for packed in told.parts
                    if (order := self._judged(agency, packed)) is not None
                ]
                done += len(answers)
                if not answers:
                    break
        return done

    def _judged(self, agency: str, packed: bytes) -> ErasureOrder | None:
        """The order, if the operator sealed it for this agency here and now."""
        try:
            sealed = unpack(packed)
            verdict = self._directory.check(sealed, self._clock())
            order = decode_order(sealed.envelope)
        except (SealedFormatError, OrderFormatError):
            log.error("erasure-order-unreadable", agency=agency)  # noqa: TRY400 - an alarm, not a crash
            return None
        snapshot = self._directory.snapshot
        certificate = None if verdict.seal is None else snapshot.certificate(verdict.seal.x5t)
        by_operator = certificate is not None and certificate.use == "seal" and certificate.agency == snapshot.operator
        if not verdict.passed or not by_operator or (order.agency, order.instance) != (agency, self._instance):
            log.error("erasure-order-does-not-hold", agency=agency)
            return None
        return order

    def _carried_out(self, holder: Holder, order: ErasureOrder) -> bytes:
        """Erase, and the sealed word that it was done."""
        now_ms = self._clock()
        erased = erase(holder.folder, order.exchanges, now_ms)
        holder.gone(order.exchanges)
        log.info("erasure-carried-out", agency=order.agency, order=order.order, pieces=erased.pieces)
        done = ErasureDone(
            v=1,
            kind="erasure-done",
            instance=self._instance,
            order=order.order,
            part=order.part,
            agency=order.agency,
            at=moment(now_ms),
            pieces=erased.pieces,
            head=erased.head,
        )
        return pack(seal([encode(done)], holder.notary.signer, instance=self._instance, now_ms=now_ms)[0])
