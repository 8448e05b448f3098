"""The durable ledger: one writer gives every record its place and has it on disk before anybody hears of it.

Promises: the port, on any store. Callers queue, one thread drains the queue (cap 256, no linger) and writes batch after
batch; the event loop never waits for a disk. After the first failed write, or when a higher term or another signer is
seen, nothing is acknowledged any more until the process starts again.
Leaves out: sharing between processes (`server`, `client`), proofs (`published`).
"""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Self, TypeVar

import structlog

from bus.ledger.decide import decide, hidden, wanted
from bus.ledger.port import (
    MAX_READ,
    Append,
    Details,
    Head,
    LedgerError,
    LedgerStoppedError,
    LedgerSupersededError,
    NoSuchRecordError,
    OpenAsked,
    Outcome,
    PrunedRecordError,
)
from bus.ledger.publisher import Publisher, head_of
from bus.ledger.tree import OwnTiles, Prover
from bus.ledger.witnessing import Witnessing
from bus.storage.port import MAX_BATCH, Batch, Entry, HeadMovedError, Known, PrunedEntryError, Store, StoreError
from bus.storage.writer import GroupWriter
from signing.merkle import Frontier, leaf_hash

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from bus.ledger.decide import Answer
    from bus.ledger.guard import Guard
    from bus.ledger.vault import Vault
    from bus.storage.port import StoredHead
    from signing.tlog_policy import Policy

_log: Final = structlog.get_logger(__name__)
CADENCE_S: Final = 1.0
GROUP_LIMIT: Final = 256
Result = TypeVar("Result")


def _stopped(cause: Exception) -> Exception:
    """What a caller gets once the ledger has stopped."""
    if isinstance(cause, LedgerStoppedError):
        return type(cause)(*cause.args)
    if isinstance(cause, HeadMovedError):
        return LedgerSupersededError("ledger: another process with a higher term serves this origin")
    return LedgerStoppedError(f"ledger: stopped by {type(cause).__name__}; restart it")


@dataclass(frozen=True, slots=True)
class Witnesses:
    """Under which policy checkpoints are published.

    Attributes:
        policy: who is asked (those with a URL), and what a quorum is.
        wait_s: how long a turn waits for them, in seconds.
        without_quorum: publish all the same, with an alarm.
        state_file: where `doctor` reads how it stands; None writes none.
        tiles_folder: of the log's own tiles, for consistency proofs; None keeps them in memory.
    """

    policy: Policy
    wait_s: float = 3.0
    without_quorum: bool = False
    state_file: Path | None = None
    tiles_folder: Path | None = None

    def of(self, store: Store, tiles: OwnTiles) -> Witnessing:
        """The witnessing of one ledger."""
        return Witnessing(
            self.policy,
            store,
            lambda old, size: Prover(tiles, size).consistency(old),
            wait_s=self.wait_s,
            without_quorum=self.without_quorum,
            state_file=self.state_file,
        )


class StoredLedger:
    """The ledger on a store; made by `start`, ended by `close`."""

    def __init__(
        self, store: Store, vault: Vault, publisher: Publisher, clock: Callable[[], int], group_limit: int = GROUP_LIMIT
    ) -> None:
        self._store = store
        self._vault = vault
        self._publisher = publisher
        self._clock = clock
        self._at: StoredHead = store.head()
        self._frontier = Frontier.from_bytes(self._at.frontier) if self._at.size else Frontier()
        self._writer: GroupWriter[Append, Outcome] = GroupWriter(
            self._write, _stopped, name="ledger-writer", cap=min(group_limit, MAX_BATCH)
        )
        self._readers = ThreadPoolExecutor(2, thread_name_prefix="ledger-reader")
        self._cadence: asyncio.Task[None] | None = None
        self._witnessing: Witnessing | None = None

    @classmethod
    async def start(
        cls,
        store: Store,
        *,
        vault: Vault,
        guard: Guard,
        sign: Callable[[str, int, bytes], bytes],
        clock: Callable[[], int],
        cadence_s: float = CADENCE_S,
        group_limit: int = GROUP_LIMIT,
        witnesses: Witnesses | None = None,
    ) -> Self:
        """Take over the store, check it against the guard, and serve.

        Args:
            store: opened and not held; closed with the ledger, and when the start fails.
            vault: seals the details.
            guard: what was signed last.
            sign: makes the checkpoint's signed note from origin, size and root.
            clock: milliseconds since the epoch.
            cadence_s: seconds between checkpoints.
            group_limit: the most records made durable in one write.
            witnesses: whose cosignatures a published checkpoint needs; None asks nobody.

        Raises:
            StoreHeldError: another process serves this origin.
            GuardError: the store lost or changed what was signed.
        """
        publisher = Publisher(store, guard, sign)
        try:
            await asyncio.to_thread(_take_over, store, publisher, clock())
        except BaseException:
            store.close()
            raise
        ledger = cls(store, vault, publisher, clock, group_limit)
        if witnesses is not None:
            tiles = OwnTiles(ledger.read, witnesses.tiles_folder, ledger.hashes)
            ledger._witnessing = witnesses.of(store, tiles)
            await asyncio.to_thread(ledger._witnessing.resume)
        ledger._cadence = asyncio.create_task(ledger._publish_for_ever(cadence_s), name="ledger-publisher")
        _log.info("ledger started", origin=store.origin, term=ledger.term, size=ledger._at.size)
        return ledger

    @property
    def origin(self) -> str:
        """See the port."""
        return self._store.origin

    @property
    def term(self) -> int:
        """See the port."""
        return self._at.term

    def submit(self, item: Append) -> asyncio.Future[Outcome]:
        """`append` without a coroutine: the future tells the outcome or raises what `append` raises."""
        return self._writer.submit(item)

    async def append(self, item: Append) -> Outcome:
        """See the port."""
        return await self._writer.submit(item)

    async def read(self, start: int, end: int) -> list[bytes]:
        """See the port."""
        if not 0 <= start <= end:
            raise ValueError("read: a range starts at 0 or later and does not end before it starts")
        return await self._reading(self._store.read, start, min(end, start + MAX_READ))

    async def hashes(self, start: int, end: int) -> list[bytes]:
        """Leaf hashes of [start, end), pruned records' too, cut short at the head and at `MAX_READ`."""
        if not 0 <= start <= end:
            raise ValueError("read: a range starts at 0 or later and does not end before it starts")
        kept = await self._reading(self._store.kept, start, min(end, start + MAX_READ))
        return [one.hash or leaf_hash(one.leaf or b"") for one in kept]

    async def details(self, index: int) -> Details | None:
        """See the port."""
        if not 0 <= index < self._at.size:
            raise NoSuchRecordError("no record stands at this index")
        return await self._reading(self._details, index)

    async def erase(self, indexes: Sequence[int]) -> int:
        """Erase the details of these records for good; returns how many were there to erase."""
        return await self._writer.run(lambda: self._store.erase(indexes))

    async def head(self) -> Head:
        """See the port."""
        return head_of(self._frontier)

    async def checkpoint(self) -> bytes:
        """See the port."""
        return self._publisher.note if self._witnessing is None else self._witnessing.note

    async def open_asked(self, before_ms: int) -> list[OpenAsked]:
        """See the port."""
        rows = await self._reading(self._store.open_asked, before_ms, MAX_READ)
        return [OpenAsked(row.idx, row.deadline_ms, row.leaf) for row in rows]

    async def publish(self) -> bool:
        """Sign a checkpoint at the head now, if there is news; returns whether there was.

        Raises:
            LedgerStoppedError: the guard or the store refused; the ledger has stopped.
        """
        try:
            return await self._writer.run(self._publish)
        except (LedgerStoppedError, asyncio.CancelledError):
            raise
        except Exception as error:
            self._writer.stop(error)
            raise _stopped(error) from error

    async def cosign(self) -> None:
        """Ask the policy's witnesses about the newest signed checkpoint, and publish it if a quorum stands.

        Raises:
            LedgerStoppedError: the store refused; the ledger has stopped.
        """
        if self._witnessing is None:
            return
        note = await self._witnessing.turn(self._publisher.note)
        try:
            await self._writer.run(lambda: self._publisher.keep_cosigned(note))
        except (LedgerStoppedError, asyncio.CancelledError):
            raise
        except Exception as error:
            self._writer.stop(error)
            raise _stopped(error) from error
        await self._witnessing.show(note)

    async def failure(self) -> Exception:
        """Wait until the ledger has stopped itself; whoever runs it then ends the process."""
        return await self._writer.failure()

    async def close(self) -> None:
        """Write what is queued, sign what is news, let go of the store."""
        if self._cadence is not None:
            self._cadence.cancel()
            await asyncio.gather(self._cadence, return_exceptions=True)
            self._cadence = None
            await asyncio.gather(self.publish(), return_exceptions=True)
        if self._witnessing is not None:
            await self._witnessing.close()
        await self._writer.close()
        self._readers.shutdown()
        self._store.close()

    async def _reading(self, function: Callable[..., Result], *args: object) -> Result:
        try:
            return await asyncio.get_running_loop().run_in_executor(self._readers, function, *args)
        except PrunedEntryError as error:
            raise PrunedRecordError("ledger: a record was pruned") from error
        except StoreError as error:
            raise LedgerError(f"ledger: the store cannot be read ({error})") from error

    # --- on the writing thread ---

    def _write(self, items: Sequence[Append]) -> Sequence[Answer]:
        # 1. what is known of the keys, buckets, asked records and facts named
        facts = [hidden(item, self._vault.hide) for item in items]
        look_up = wanted(items, facts)
        known = self._store.known(look_up) if any(look_up) else Known()
        # 2. decide, one after the other
        decision = decide(items, facts, known, self._at.size)
        if not decision.accepted:
            return decision.answers
        # 3. seal details, grow the tree
        frontier = self._frontier.copy()
        entries = [self._entry(item, frontier) for item in decision.accepted]
        # 4. one durable append, only onto the head that was looked at
        batch = Batch(entries, frontier.to_bytes(), self._clock(), decision.quotas, decision.drops, decision.puts)
        self._at = self._store.append(batch, self._at)
        self._frontier = frontier
        return decision.answers

    def _entry(self, item: Append, frontier: Frontier) -> Entry:
        hashed = leaf_hash(item.leaf)
        frontier.add(hashed)
        return Entry(item.leaf, self._vault.box(item, hashed), item.unique, item.deadline_ms, item.closes)

    def _publish(self) -> bool:
        if self._store.head().term != self._at.term:
            raise HeadMovedError("ledger: a higher term has taken over")
        return self._publisher.publish(self._frontier)

    # --- on a reading thread ---

    def _details(self, index: int) -> Details | None:
        box = self._store.details(index)
        if box is None:
            return None
        return self._vault.unbox(box, self._store.read(index, index + 1)[0])

    async def _publish_for_ever(self, cadence_s: float) -> None:
        while True:
            await asyncio.sleep(cadence_s)
            try:
                await self.publish()
                await self.cosign()
            except LedgerStoppedError as error:
                _log.error("ledger stopped", origin=self.origin, term=self.term, reason=str(error))
                return


def _take_over(store: Store, publisher: Publisher, now_ms: int) -> None:
    head = store.take_over(now_ms)
    publisher.resume(Frontier.from_bytes(head.frontier) if head.size else Frontier())
