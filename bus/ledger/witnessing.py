"""Publishing under a policy: the newest checkpoint that a quorum of witnesses has cosigned is the published one.

Promises: without a quorum nothing newer is published (unless the operator has said so, and then with an alarm): what
was published stays, records go on being taken, and every turn asks again. A cosigned note is kept before it is shown.
The state of each witness is in `witnesses.json` for `doctor`, never more than a turn old where it has changed.
Leaves out: signing (`bus.ledger.publisher`), asking (`bus.ledger.cosigning`).
"""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Final

import msgspec
import structlog

from bus.ledger.cosigning import Cosigners, HttpPost, Prove, WitnessState
from bus.storage.durable import replace_durably
from bus.storage.port import Store
from signing.checkpoint import parse
from signing.tlog_policy import Policy

log = structlog.get_logger(__name__)
STATE_FILE: Final = "witnesses.json"
_MOST_LOOKED_BACK: Final = 10_000


class WitnessingState(msgspec.Struct):
    """What `doctor` reads.

    Attributes:
        quorum: whether the newest signed checkpoint has one.
        witnesses: how it stands with each.
    """

    quorum: bool
    witnesses: tuple[WitnessState, ...]


class Witnessing:
    """What is published, under a policy.

    Args:
        policy: who is asked, and what a quorum is.
        store: holds the signed notes.
        prove: consistency paths of our own tree.
        wait_s: how long a turn waits for witnesses.
        without_quorum: publish all the same.
        state_file: for `doctor`; None writes none.
    """

    def __init__(
        self,
        policy: Policy,
        store: Store,
        prove: Prove,
        *,
        wait_s: float,
        without_quorum: bool = False,
        state_file: Path | None = None,
    ) -> None:
        self._policy = policy
        self._store = store
        self._prove = prove
        self._wait_s = wait_s
        self._without_quorum = without_quorum
        self._state_file = state_file
        self._written = b""
        self._missing = False
        self._post: HttpPost | None = None
        self._cosigners: Cosigners | None = None
        self._done = b""
        self.note = b""

    def resume(self) -> None:
        """Find the newest note that may be published among those kept. Blocks."""
        kept = self._store.signed()
        for _ in range(_MOST_LOOKED_BACK):
            if kept is None:
                return
            if self._without_quorum or self._has_quorum(kept.note):
                self.note = kept.note
                return
            kept = self._store.signed(kept.size - 1) if kept.size else None

    async def turn(self, note: bytes) -> bytes:
        """Ask for cosignatures on the newest signed note; returns it with those that hold, to be kept and shown.

        Returns the note as it was where it has a quorum and nobody is left to ask.
        """
        if note == self._done:
            return note
        if self._cosigners is None:
            self._post = HttpPost(self._wait_s)
            self._cosigners = Cosigners(self._policy, self._prove, self._post, self._wait_s)
        lines = await self._cosigners.cosign(note)
        return note + "".join(line.text for line in lines).encode()

    async def show(self, note: bytes) -> None:
        """Publish a note, if it may be, and say how it stands."""
        reached = self._has_quorum(note)
        if reached or self._without_quorum:
            self.note = note
            self._done = note if reached else b""
        if reached == self._missing:
            self._missing = not reached
            tell = log.info if reached else log.error
            tell(
                "checkpoint-quorum",
                reached=reached,
                size=parse(note)[0].size,
                published=reached or self._without_quorum,
            )
        await self._tell(reached=reached)

    async def close(self) -> None:
        """Stop asking."""
        if self._cosigners is not None:
            await self._cosigners.close()
        if self._post is not None:
            await self._post.close()

    def _has_quorum(self, note: bytes) -> bool:
        checkpoint, lines = parse(note)
        return self._policy.met(set(self._policy.cosigned(checkpoint, lines).times))

    async def _tell(self, *, reached: bool) -> None:
        if self._state_file is None or self._cosigners is None:
            return
        states = tuple(self._cosigners.states.values())
        data = msgspec.json.encode(WitnessingState(reached, states))
        telling = msgspec.json.encode([reached, [(one.name, one.alarm) for one in states]])
        if telling != self._written:
            self._written = telling
            try:
                await asyncio.to_thread(replace_durably, self._state_file, data)
            except OSError as error:
                log.warning("witness-state-not-written", reason=type(error).__name__)


def read_state(path: Path) -> WitnessingState | None:
    """What the running ledger has written; None where it never asked anybody."""
    try:
        return msgspec.json.decode(path.read_bytes(), type=WitnessingState)
    except (OSError, msgspec.DecodeError):
        return None
