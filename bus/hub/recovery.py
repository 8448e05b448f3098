"""Questions whose outcome nobody recorded: called unknown once their time is up.

Promises: every asked ends in an outcome, also after a crash between the record and the forward; the exchange itself
wins where it is still alive, since an asked is settled once. Leaves out: telling the parties, who ask the ledger.
"""

from __future__ import annotations

import asyncio
from typing import Final

import structlog

from bus import bodies
from bus.clock import Clock
from bus.hub import recording
from bus.ledger.port import Appended, Ledger, OpenAsked
from bus.notary import Notary
from schemas.envelope import InReplyTo, Kind
from schemas.problems import Code, FaultAt, problem
from schemas.record import decode_details, decode_leaf, encode_details

log = structlog.get_logger(__name__)
EVERY_S: Final = 2.0
_FAULT_LIFETIME_MS: Final = 24 * 3600 * 1000


class Recovery:
    """Settles what was left open."""

    def __init__(self, *, ledger: Ledger, notary: Notary, clock: Clock) -> None:
        self._ledger = ledger
        self._notary = notary
        self._clock = clock

    async def run(self) -> None:
        """Look every two seconds, for ever."""
        while True:
            try:
                await self.settle()
            except Exception as error:  # noqa: BLE001 - a full disk or a key out of reach passes; recovery must not end
                log.warning("recovery-waits", reason=type(error).__name__)
            await asyncio.sleep(EVERY_S)

    async def settle(self) -> int:
        """Settle every asked whose deadline has passed; how many there were."""
        overdue = await self._ledger.open_asked(self._clock())
        for asked in overdue:
            await self._unknown(asked)
        return len(overdue)

    async def _unknown(self, asked: OpenAsked) -> None:
        """The hub seals that it does not know, and records that."""
        record = decode_leaf(asked.leaf)
        kept = await self._ledger.details(asked.index)
        first = decode_details(kept.details) if kept else None
        why = problem(Code.OUTCOME_UNKNOWN, rule="no-outcome-in-time", fault_at=FaultAt.HUB).problem
        to = InReplyTo(
            sha256=first.envelope if first else bodies.digest(asked.leaf), id=first.exchange if first else None
        )
        fault = self._notary.draft(Kind.FAULT, _FAULT_LIFETIME_MS, to, problem=why)
        sealed = await self._notary.seal(fault)
        details = encode_details(recording.details_of(sealed, fault))
        settled = await self._ledger.append(recording.settling(record, asked.index, details, self._clock()))
        if isinstance(settled, Appended):
            log.info("outcome-unknown", index=asked.index)
