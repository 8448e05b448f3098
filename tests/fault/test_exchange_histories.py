"""Random histories: questions, replays, cut links, dead processes, full disks and clocks, in any order.

Whatever the history, every question's bytes are executed at most once, every asked has one outcome once recovery has
passed, every answer that was handed over has both its leaves in the ledger, and no leaf holds a citizen's number.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable

import structlog
from hypothesis import given, settings
from hypothesis import strategies as st
from spec_rows import ANSWERED, Said, assert_still_well, drafted, put, send
from world import MOTHER, World, ask, ask_birth
from world_registry import CONSUMER, JUSTICE, POPULATION

from adapters.port import PeerError, PeerFault
from bus.ledger.port import LedgerError
from bus.link.errors import LinkError
from schemas.record import LeafType
from schemas.sealed import Sealed

CUTS = st.sampled_from(["before", "lost", "after", "late"])
NODES = st.sampled_from([CONSUMER, POPULATION, JUSTICE])
WORKERS = st.sampled_from([0, 1])
STEPS = st.one_of(
    st.tuples(st.just("ask"), st.booleans()),
    st.tuples(st.just("two at once"), st.booleans()),
    st.tuples(st.just("replay"), st.integers(0, 5), WORKERS),
    st.tuples(st.just("cut hub side"), NODES, WORKERS, CUTS),
    st.tuples(st.just("cut node side"), NODES, WORKERS, CUTS),
    st.tuples(st.just("kill worker"), WORKERS),
    st.tuples(st.just("kill node"), NODES),
    st.tuples(st.just("disk"), st.sampled_from([None, LeafType.ASKED, LeafType.OUTCOME]), st.booleans()),
    st.tuples(st.just("system"), st.sampled_from([None, PeerFault.TIMEOUT, PeerFault.NO_MATCH])),
    st.tuples(st.just("later"), st.sampled_from([10, 3_000, 20_000])),
    st.tuples(st.just("recover")),
)


class History:
    """One world, and what was sent in it."""

    def __init__(self) -> None:
        self.world = World(workers=2)
        self.sent: list[tuple[Sealed, bytes]] = []
        self.answered = 0

    async def play(self, step: tuple[object, ...]) -> None:
        name, *rest = step
        await getattr(self, str(name).replace(" ", "_"))(*rest)

    async def ask(self, safe: bool) -> None:  # noqa: FBT001 - drawn
        self._count(await put(self.world, ask() if safe else ask_birth()))

    async def two_at_once(self, safe: bool) -> None:  # noqa: FBT001 - drawn
        good, envelope = drafted(self.world, ask() if safe else ask_birth())
        sealed = await self.world.consumer.notary.seal(envelope)
        self.sent.append((sealed, good.body.data))
        await asyncio.gather(*(self._send(sealed, good.body.data, number) for number in (0, 1)))

    async def replay(self, which: int, number: int) -> None:
        if self.sent:
            await self._send(*self.sent[which % len(self.sent)], number)

    async def _send(self, sealed: Sealed, body: bytes, number: int) -> None:
        with contextlib.suppress(LinkError):
            self._count(await send(self.world, sealed, body, number=number))

    def _count(self, said: Said) -> None:
        self.answered += said.by == ANSWERED

    async def cut_hub_side(self, agency: str, number: int, cut: str) -> None:
        self.world.to_node(agency, number).cut_once = cut  # type: ignore[assignment] # one of Cut

    async def cut_node_side(self, agency: str, number: int, cut: str) -> None:
        self.world.to_hub(agency, number).cut_once = cut  # type: ignore[assignment] # one of Cut

    async def kill_worker(self, number: int) -> None:
        self.world.kill_worker(number)

    async def kill_node(self, agency: str) -> None:
        self.world.kill_node(agency)

    async def disk(self, kind: LeafType | None, after: bool) -> None:  # noqa: FBT001 - drawn
        self.world.ledger.refuses = None if kind is None else lambda record: record.type is kind
        self.world.ledger.after_writing = after

    async def system(self, fault: PeerFault | None) -> None:
        self.world.answers_well()
        if fault is not None:
            for service in list(self.world.justice.adapters):
                self.world.answers(service, PeerError(fault))

    async def later(self, ms: int) -> None:
        self.world.now_ms += ms

    async def recover(self) -> None:
        try:
            await self.world.workers[0].recovery.settle()
        except LedgerError:
            assert self.world.ledger.refuses is not None

    async def check(self) -> None:
        world = self.world
        assert max(world.executed().values(), default=0) <= 1
        world.ledger.refuses = None
        await world.settle()
        records = await world.records()
        asked = [index for index, (record, _) in enumerate(records) if record.type is LeafType.ASKED]
        assert sorted(record.asked for record, _ in records if record.asked is not None) == asked
        assert self.answered <= 2 * sum(record.outcome == "answered" for record, _ in records)
        assert MOTHER.encode() not in b"".join(await world.ledger.read(0, 4096))
        await assert_still_well(world)


@given(st.lists(STEPS, min_size=1, max_size=10))
@settings(max_examples=60)
def test_no_history_executes_twice_or_loses_an_outcome(steps: list[tuple[object, ...]]):
    asyncio.run(told(steps))


async def told(steps: list[tuple[object, ...]]) -> None:
    history = History()
    play: Callable[[tuple[object, ...]], Awaitable[None]] = history.play
    with structlog.testing.capture_logs():
        for step in steps:
            await play(step)
        await history.check()
