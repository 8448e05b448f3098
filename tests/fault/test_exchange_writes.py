"""Every write of an exchange broken twice: just before it stands, and just after; then everything is started again.

Whatever breaks, nothing is executed twice, every asked has one outcome, and no answer is believed without a receipt.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from memory_archive import Kept, MemoryArchive
from spec_rows import ANSWERED, Said, assert_still_well, drafted, put, send
from world import World, ask, ask_birth
from world_registry import CONSUMER, JUSTICE, POPULATION

from bus.ledger.port import LedgerError
from bus.node.archive import ArchiveStoppedError
from bus.node.ask import Ask
from schemas.envelope import Kind
from schemas.problems import Code
from schemas.record import LeafType

QUESTIONS: dict[str, tuple[Callable[[], Ask], str]] = {
    "safe": (ask, POPULATION),
    "not safe": (ask_birth, JUSTICE),
}
NODES = {"consumer": "consumer", "provider": "provider"}


class Brittle:
    """A node's archive that stops at one method, before it has written or after; started again, it works."""

    def __init__(self, archive: MemoryArchive, method: str, when: str, kind: str | None = None) -> None:
        self._archive = archive
        self._method = method
        self._when = when
        self._kind = kind
        self.hits = 0

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - whatever the archive has
        found = getattr(self._archive, name)
        return self._broken(found) if name == self._method else found

    def _broken(self, method: Callable[..., Any]) -> Callable[..., Any]:
        async def call(*args: Any) -> Any:  # noqa: ANN401 - as the method
            if self._kind is not None and args[1] != self._kind:
                return await method(*args)
            self.hits += 1
            if self._when == "after":
                await method(*args)
            raise ArchiveStoppedError("no space left on device")

        return call


WRITES = [
    ("consumer", "keep", "question"),
    ("consumer", "keep", "reply"),
    ("provider", "start", None),
    ("provider", "keep", "question"),
    ("provider", "keep_answer", None),
    ("provider", "keep", "receipt"),
]


@pytest.mark.parametrize("safe", QUESTIONS)
@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize(("node", "method", "kind"), WRITES, ids=[f"{n}-{m}-{k}" for n, m, k in WRITES])
async def test_an_archive_that_stops_executes_nothing_twice(
    node: str, method: str, kind: str | None, when: str, safe: str
):
    world = World()
    question, provider = QUESTIONS[safe]
    agency = CONSUMER if node == "consumer" else provider
    brittle = replace_archive(world, agency, method, when, kind)
    said = await asked(world, question())
    restart(world, agency)
    await asked_again(world, question())
    assert brittle.hits >= (0 if (method, safe) == ("start", "safe") else 1)
    assert not (said.by == ANSWERED and node == "consumer"), "what could not be kept was not handed over"
    await nothing_is_lost(world)
    await assert_still_well(world)


@pytest.mark.parametrize("safe", QUESTIONS)
@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("kind", [LeafType.ASKED, LeafType.OUTCOME])
async def test_a_ledger_that_stops_executes_nothing_twice(kind: LeafType, when: str, safe: str):
    world = World()
    question, _ = QUESTIONS[safe]
    world.ledger.refuses, world.ledger.after_writing = (lambda record: record.type is kind), when == "after"
    good, envelope = drafted(world, question())
    sealed = await world.consumer.notary.seal(envelope)
    first = await send(world, sealed, good.body.data)
    assert first.by != ANSWERED
    world.ledger.refuses = None
    world.kill_worker()
    again = await send(world, sealed, good.body.data)
    stood = kind is LeafType.OUTCOME and when == "after"
    assert (again.by == ANSWERED) is not stood, "the same bytes go on where the first attempt left no outcome"
    assert sum(world.executed().values()) == 1
    await nothing_is_lost(world)
    await assert_still_well(world)


async def asked(world: World, question: Ask) -> Said:
    """An archive that stops is an unlisted error at the asking node, and a broken stream at the provider's."""
    try:
        return await put(world, question)
    except ArchiveStoppedError:
        return Said("consumer's node")


async def asked_again(world: World, question: Ask) -> None:
    """The agency's system asks anew: a second exchange, which an operation that is not safe must be able to tell."""
    await put(world, question)


def replace_archive(world: World, agency: str, method: str, when: str, kind: str | None) -> Brittle:
    node = world.nodes[agency]
    brittle: Any = Brittle(node.archive, method, when, kind)
    node.asker._archive = brittle
    node.answerer._providers = {agency: node.answerer._providers[agency]._replace(archive=brittle)}
    node.desk._archives = {agency: brittle}
    return brittle


def restart(world: World, agency: str) -> None:
    world.kill_node(agency)


async def nothing_is_lost(world: World) -> None:
    assert max(world.executed().values(), default=0) <= 1
    await world.settle()
    records = await world.records()
    asked_at = [index for index, (record, _) in enumerate(records) if record.type is LeafType.ASKED]
    assert sorted(record.asked for record, _ in records if record.asked is not None) == asked_at


async def test_a_ledger_error_inside_recovery_is_tried_again():
    world = World()
    world.to_node().cut = "lost"
    world.ledger.refuses = lambda record: record.type is LeafType.OUTCOME
    await put(world, ask())
    world.now_ms += 3_600_000
    with pytest.raises(LedgerError):
        await world.workers[0].recovery.settle()
    world.ledger.refuses = None
    assert await world.workers[0].recovery.settle() == 1
    assert await world.workers[0].recovery.settle() == 0
    assert await world.told() == ("asked", "outcome-unknown 407")


async def test_whatever_breaks_behind_an_act_its_end_is_unknown():
    """An error of nobody's list, too: the system has acted, and nobody may ask again as if it had not."""
    world = World()
    notary = world.justice.notary
    honest = notary.draft

    def draft(kind: Kind, *given: Any, **members: Any) -> Any:  # noqa: ANN401 - as the notary
        if kind is Kind.ANSWER:
            raise RuntimeError
        return honest(kind, *given, **members)

    notary.draft = draft
    said = await put(world, ask_birth())
    assert said.problem is not None
    assert (said.problem.code, sum(world.executed().values())) == (Code.OUTCOME_UNKNOWN, 1)


async def test_a_node_that_forgot_its_archive_cannot_be_made_to_answer_twice_by_the_hub():
    """The hub's ledger refuses the repeat before the node is asked; the archive is the second of two locks."""
    world = World()
    good, envelope = drafted(world, ask_birth())
    sealed = await world.consumer.notary.seal(envelope)
    assert (await send(world, sealed, good.body.data)).by == ANSWERED
    world.justice.archive.answers.clear()
    world.justice.archive.begun.clear()
    again = await send(world, sealed, good.body.data)
    assert again.problem is not None
    assert int(again.problem.code) == 119
    assert sum(world.executed().values()) == 1
    assert isinstance(next(iter(world.justice.archive.kept.values())), Kept)
