"""A node's own eye on the ledger: every checkpoint goes on from the last, every receipt's records are in it in time.

Promises: nothing the hub says is believed: a checkpoint counts under this node's own policy, consistency and inclusion
are computed from fetched tiles and held against signed roots. The last checkpoint and what still waits are kept across
restarts (a receipt of the last two seconds before a crash may be missed here; the archive has it). What does not hold
is an alarm: an error in the log, and in the state file, which `doctor` reads, with both checkpoints as evidence.
Leaves out: what the records say (`bus.node.receipts`).
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Final

import msgspec
import structlog

from bus.clock import Clock
from bus.ledger.port import LedgerError
from bus.ledger.tiles import WIDTH, Tile
from bus.ledger.tree import Fetch, FetchedTiles, Prover
from bus.storage.durable import replace_durably
from schemas.envelope import Leaf, Receipt
from schemas.text import b64url_decode, moment_ms
from signing.checkpoint import Checkpoint, parse
from signing.merkle import leaf_hash, verify_consistency, verify_inclusion
from signing.tlog_policy import Policy

log = structlog.get_logger(__name__)
EVERY_S: Final = 2.0
WITHIN_MS: Final = 60_000
MOST_ALARMS: Final = 50
MOST_WAITING: Final = 200_000
_QUIET_TURNS: Final = 5


class Waiting(msgspec.Struct, frozen=True, array_like=True):
    """A record that a receipt promised: its place, its leaf hash, until when it must be in a checkpoint."""

    index: int
    hash: bytes
    until_ms: int
    overdue: bool = False


class Alarm(msgspec.Struct, frozen=True):
    """Something that does not hold.

    Attributes:
        kind: `checkpoint-unsigned`, `checkpoint-inconsistent`, `checkpoint-behind`, `receipt-not-included`,
            `receipt-overdue`.
        at_ms: when it was seen.
        detail: sizes and places; names nobody.
        evidence: the checkpoints concerned, to be shown to anybody.
    """

    kind: str
    at_ms: int
    detail: str
    evidence: tuple[str, ...] = ()


class WatchState(msgspec.Struct):
    """What is kept.

    Attributes:
        note: the newest checkpoint that held.
        checked_ms: when a checkpoint was last fetched and held.
        verified: how many records were found where receipts had promised them.
        waiting: those not yet covered.
        alarms: the oldest first, and only the first fifty: those hold the evidence; the log has the others.
    """

    note: str = ""
    checked_ms: int = 0
    verified: int = 0
    waiting: list[Waiting] = []
    alarms: list[Alarm] = []


class LogWatch:
    """Watches one ledger for one node.

    Args:
        policy: the ledger's keys, and the witnesses that this node asks for.
        fetch: brings the bytes at a path of the published log; raises OSError or LedgerError where it cannot.
        clock: milliseconds since the epoch.
        state_file: where the state is kept.
    """

    def __init__(self, policy: Policy, fetch: Fetch, clock: Clock, state_file: Path) -> None:
        self._policy = policy
        self._fetch = fetch
        self._tiles = FetchedTiles(fetch)
        self._clock = clock
        self._file = state_file
        self._kept = b""
        self._turns = 0
        self._behind_ms = 0
        self.state = read_state(state_file) or WatchState()

    def promised(self, receipt: Receipt) -> None:
        """Expect both records of a receipt that held in the published log, within its time and ours."""
        until_ms = min(moment_ms(receipt.included_by), self._clock() + WITHIN_MS)
        if len(self.state.waiting) < MOST_WAITING:
            self.state.waiting += (_waiting(receipt.asked, until_ms), _waiting(receipt.outcome, until_ms))

    async def run(self) -> None:
        """Watch, for ever."""
        while True:
            await asyncio.sleep(EVERY_S)
            await self.turn()

    async def close(self) -> None:
        """Keep what waits."""
        await self._keep()

    async def turn(self) -> None:
        """One look: fetch if anything waits (or now and then), judge, keep.

        1. the newest checkpoint is signed and cosigned as the policy asks
        2. it goes on from the last that held
        3. every record that it covers and a receipt promised stands in it
        4. none waits beyond its time
        """
        self._turns += 1
        if self.state.waiting or self._turns % _QUIET_TURNS == 1:
            try:
                await self._look()
            except (OSError, LedgerError) as error:
                log.warning("ledger-not-watched", reason=f"{type(error).__name__}: {error}")
        self._overdue()
        await self._keep()

    async def _look(self) -> None:
        note = await self._fetch("checkpoint")
        verdict, checkpoint = self._policy.judge(note)
        if checkpoint is None:
            self._alarm("checkpoint-unsigned", str(verdict), note.decode("utf-8", "replace"))
            return
        if not await self._goes_on(checkpoint, note):
            return
        self.state.checked_ms = self._clock()
        newest = self._newest()
        if newest is not None:
            await self._included(newest)

    async def _goes_on(self, checkpoint: Checkpoint, note: bytes) -> bool:
        known = self._newest()
        if known is not None and known.origin != checkpoint.origin:
            self._alarm("checkpoint-inconsistent", "another origin", self.state.note, note.decode())
            return False
        if known is not None and checkpoint.size < known.size and not await self._near(checkpoint, known):
            return False
        if known is not None and not await self._twice(lambda: self._consistent(known, checkpoint)):
            detail = f"{known.size} and {checkpoint.size} records do not go together"
            self._alarm("checkpoint-inconsistent", detail, self.state.note, note.decode())
            return False
        if known is None or checkpoint.size > known.size:
            self.state.note = note.decode()
        if known is None or checkpoint.size >= known.size:
            self._behind_ms = 0
        return True

    async def _near(self, checkpoint: Checkpoint, known: Checkpoint) -> bool:
        """Whether a checkpoint behind the last one can be held against it: a worker may be a moment behind another.

        One that stays behind for longer than a receipt's promise is an alarm, whatever is answered otherwise.
        """
        self._behind_ms = self._behind_ms or self._clock()
        if self._clock() - self._behind_ms > WITHIN_MS:
            self._alarm("checkpoint-behind", f"{checkpoint.size} records, after {known.size}", self.state.note)
            self._behind_ms = 0
        try:
            await Prover(self._tiles, known.size).consistency(checkpoint.size)
        except (OSError, LedgerError):
            return False
        return True

    async def _consistent(self, one: Checkpoint, other: Checkpoint) -> bool:
        first, second = sorted((one, other), key=lambda checkpoint: checkpoint.size)
        path = await Prover(self._tiles, second.size).consistency(first.size) if second.size else ()
        return verify_consistency(first.size, second.size, first.root, second.root, path)

    async def _included(self, newest: Checkpoint) -> None:
        covered: defaultdict[int, list[Waiting]] = defaultdict(list)
        for one in self.state.waiting:
            if one.index < newest.size:
                covered[one.index // WIDTH].append(one)
        prover = Prover(self._tiles, newest.size)
        for number, together in covered.items():
            wrong = await self._missing(prover, newest, number, together)
            if wrong:
                self._tiles.forget()
                prover = Prover(self._tiles, newest.size)
                wrong = await self._missing(prover, newest, number, together)
            for one in wrong:
                detail = f"record {one.index} of a receipt is not in the tree of {newest.size}"
                self._alarm("receipt-not-included", detail, self.state.note)
            self.state.verified += len(together) - len(wrong)
        self.state.waiting = [one for one in self.state.waiting if one.index >= newest.size]

    async def _missing(self, prover: Prover, newest: Checkpoint, number: int, waiting: list[Waiting]) -> list[Waiting]:
        """Those that do not stand in the tile, which one path holds against the root: it is made of all its hashes."""
        first = number * WIDTH
        hashes = await self._tiles.hashes(Tile(0, number, min(WIDTH, newest.size - first)))
        path = await prover.inclusion(first)
        if not verify_inclusion(hashes[0], first, newest.size, path, newest.root):
            return waiting
        return [one for one in waiting if hashes[one.index - first] != one.hash]

    def _overdue(self) -> None:
        now_ms = self._clock()
        late = [one for one in self.state.waiting if one.until_ms < now_ms and not one.overdue]
        if not late:
            return
        places = ", ".join(str(one.index) for one in late[:10])
        self._alarm("receipt-overdue", f"{len(late)} records are in no checkpoint in time: {places}", self.state.note)
        self.state.waiting = [
            msgspec.structs.replace(one, overdue=one.overdue or one.until_ms < now_ms) for one in self.state.waiting
        ]

    async def _twice(self, look: Callable[[], Awaitable[bool]]) -> bool:
        """Look again with fresh tiles before saying no."""
        if await look():
            return True
        self._tiles.forget()
        return await look()

    def _newest(self) -> Checkpoint | None:
        return parse(self.state.note.encode())[0] if self.state.note else None

    def _alarm(self, kind: str, detail: str, *evidence: str) -> None:
        log.error("ledger-alarm", kind=kind, detail=detail)
        if len(self.state.alarms) < MOST_ALARMS:
            self.state.alarms.append(Alarm(kind, self._clock(), detail, evidence))

    async def _keep(self) -> None:
        data = msgspec.json.encode(self.state)
        if data == self._kept:
            return
        try:
            await asyncio.to_thread(replace_durably, self._file, data)
            self._kept = data
        except OSError as error:
            log.error("ledger-watch-not-kept", reason=type(error).__name__)  # noqa: TRY400 - a name says enough


def read_state(path: Path) -> WatchState | None:
    """What a node has kept; None where there is nothing readable."""
    try:
        return msgspec.json.decode(path.read_bytes(), type=WatchState)
    except (OSError, msgspec.DecodeError):
        return None


def _waiting(leaf: Leaf, until_ms: int) -> Waiting:
    return Waiting(leaf.index, leaf_hash(b64url_decode(leaf.leaf)), until_ms)
