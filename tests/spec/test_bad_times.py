"""Full disks, dead processes, lost links and wrong clocks: nothing is lost, and nothing happens twice."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from spec_rows import ANSWERED, CONSUMERS, HUB, PROVIDERS, Row, Said, Table, drafted, hold, put, sealed_and_sent, send
from world import BIRTH_BODY, PERSON_BODY, World, ask, ask_birth
from world_registry import BIRTH, CONSUMER, JUSTICE, PERSON, POPULATION

from adapters.port import Found, Query
from bus.link.messages import Message
from bus.node.ask import Ask
from schemas.record import LeafType, Record

TABLE = Table(
    "Disks, processes, links and clocks",
    "If a record cannot be written the exchange fails closed. What was asked and got no outcome is settled by recovery "
    "as *outcome unknown* once its time is up. An operation that is not safe is never carried out twice: where nobody "
    "knows whether it was, the asker is told so.",
)
bad = TABLE.row
UNKNOWN = "outcome-unknown 407"


def full_for(kind: LeafType) -> Callable[[Record], bool]:
    return lambda record: record.type is kind


# The ledger's disk


@bad("the ledger's disk is full when the question is to be recorded", HUB, 601, "hub")
async def full_for_asked(world: World) -> Said:
    world.ledger.refuses = full_for(LeafType.ASKED)
    return await put(world, ask())


@bad("the ledger dies after recording the question", HUB, 601, "hub", ledger=("asked",), later=("asked", UNKNOWN))
async def dies_after_asked(world: World) -> Said:
    world.ledger.refuses, world.ledger.after_writing = full_for(LeafType.ASKED), True
    said = await put(world, ask())
    world.ledger.refuses = None
    return said


@bad(
    "the ledger's disk is full when the outcome is to be recorded",
    HUB,
    601,
    "hub",
    ledger=("asked",),
    later=("asked", UNKNOWN),
    asked=1,
)
async def full_for_outcome(world: World) -> Said:
    world.ledger.refuses = full_for(LeafType.OUTCOME)
    said = await put(world, ask())
    world.ledger.refuses = None
    return said


@bad(
    "the same, of an operation that is not safe",
    HUB,
    407,
    "hub",
    ledger=("asked",),
    later=("asked", UNKNOWN),
    asked=1,
)
async def full_for_unsafe_outcome(world: World) -> Said:
    world.ledger.refuses = full_for(LeafType.OUTCOME)
    said = await put(world, ask_birth())
    world.ledger.refuses = None
    return said


@bad("the ledger's disk is full when a refusal is to be recorded", HUB, 601, "hub")
async def full_for_refusal(world: World) -> Said:
    world.ledger.refuses = full_for(LeafType.OUTCOME)
    return await put(world, ask(purpose="statistics"))


# The provider's node and its link


@bad("the provider's node is not connected", HUB, 401, "provider-node", ledger=("refused 401",))
async def not_there(world: World) -> Said:
    world.disconnect(POPULATION)
    return await put(world, ask())


def lost(what: str, number: int, cut: str, question: Callable[[], Ask], provider: str, *, asked: int) -> None:
    word = f"fault {number}" if number != 407 else UNKNOWN

    async def play(world: World) -> Said:
        world.to_node(provider).cut_once = cut  # type: ignore[assignment] # one of Cut
        good, envelope = drafted(world, question())
        return await sealed_and_sent(world, envelope, good.body.data)

    bad(what, HUB, number, "provider-node", ledger=("asked", word), asked=asked)(play)


lost("the provider's link breaks before the question has left", 401, "before", ask_birth, JUSTICE, asked=0)
lost("the provider's node is gone before it has acted", 401, "lost", ask, POPULATION, asked=0)
lost("the provider's node is gone after it has acted", 401, "after", ask, POPULATION, asked=1)
lost("the provider's node answers after the deadline", 404, "late", ask, POPULATION, asked=1)
lost("gone before it has acted, an operation that is not safe", 407, "lost", ask_birth, JUSTICE, asked=0)
lost("gone after it has acted, an operation that is not safe", 407, "after", ask_birth, JUSTICE, asked=1)
lost("too late, an operation that is not safe", 407, "late", ask_birth, JUSTICE, asked=1)


class Held:
    """A system that holds an answer back until it is told to go on."""

    def __init__(self, body: dict[str, Any]) -> None:
        self.body = body
        self.begun, self.go_on = asyncio.Event(), asyncio.Event()

    async def __call__(self, _query: Query) -> Found:
        self.begun.set()
        await self.go_on.wait()
        return Found(dict(self.body))


@bad(
    "the provider's node is killed in mid-answer, an operation that is not safe",
    HUB,
    407,
    "provider-node",
    ledger=("asked", UNKNOWN),
    asked=1,
)
async def killed_in_mid_answer(world: World) -> Said:
    held = Held(BIRTH_BODY)
    world.answers(BIRTH, held)
    asking = asyncio.create_task(put(world, ask_birth()))
    await held.begun.wait()
    world.kill_node(JUSTICE)
    return await asking


# The hub


def killed_hub(
    what: str, where: str, question: Callable[[], Ask], provider: str, *, asked: int = 1
) -> Callable[[World], Awaitable[Said]]:
    """The hub dies the moment a message passes `where` on its end of the provider's link."""

    async def play(world: World) -> Said:
        def die(_message: Message) -> Message:
            world.kill_worker()
            raise asyncio.CancelledError

        setattr(world.to_node(provider), where, die)
        return await put(world, question())

    return bad(what, ANSWERED, ledger=("asked", "answered"), asked=asked)(play)


killed_hub("the hub is killed after the record and before the forward: the node sends again", "going", ask, POPULATION)
killed_hub("the same, an operation that is not safe", "going", ask_birth, JUSTICE)
killed_hub(
    "the hub is killed after the provider has answered: its node gives the same answer", "coming", ask, POPULATION
)
killed_hub("the same after the answer, an operation that is not safe", "coming", ask_birth, JUSTICE)


@bad(
    "the hub is killed after the record, and nobody sends again: recovery settles",
    CONSUMERS,
    407,
    "consumer-node",
    ledger=("asked",),
    later=("asked", UNKNOWN),
)
async def killed_for_good(world: World) -> Said:
    def die(_message: Message) -> Message:
        world.kill_worker()
        world.disconnect(CONSUMER)
        raise asyncio.CancelledError

    world.to_node().going = die
    return await put(world, ask())


@bad(
    "recovery gave it up while the provider was still at work",
    HUB,
    407,
    "hub",
    ledger=("asked", UNKNOWN),
    asked=1,
)
async def given_up(world: World) -> Said:
    held = Held(PERSON_BODY)
    world.answers(PERSON, held)
    good, envelope = drafted(world)
    asking = asyncio.create_task(sealed_and_sent(world, envelope, good.body.data))
    await held.begun.wait()
    world.now_ms += 60_000
    await world.workers[0].recovery.settle()
    held.go_on.set()
    return await asking


# Clocks


@bad("the asking node's clock is a minute ahead", HUB, 120, "consumer-node")
async def consumer_ahead(world: World) -> Said:
    return await with_clock(world, CONSUMER, 60_000)


@bad("the asking node's clock is a minute behind", HUB, 106, "consumer-node")
async def consumer_behind(world: World) -> Said:
    return await with_clock(world, CONSUMER, -60_000)


@bad("the provider's clock is a minute ahead", HUB, 120, "provider-node", ledger=("asked", "fault 120"))
async def provider_ahead(world: World) -> Said:
    return await with_clock(world, POPULATION, 60_000)


@bad("the provider's clock is a minute behind", PROVIDERS, 120, "provider-node", ledger=("asked", "fault 120"))
async def provider_behind(world: World) -> Said:
    return await with_clock(world, POPULATION, -60_000)


@bad("a clock that is two seconds off", ANSWERED, ledger=("asked", "answered"), asked=1)
async def a_little_off(world: World) -> Said:
    return await with_clock(world, POPULATION, 2_000)


async def with_clock(world: World, agency: str, ahead_ms: int) -> Said:
    world.nodes[agency].ahead_ms = ahead_ms
    good, envelope = drafted(world)
    said = await send(world, await world.consumer.notary.seal(envelope), good.body.data)
    world.nodes[agency].ahead_ms = 0
    return said


@pytest.mark.parametrize("row", TABLE.rows, ids=TABLE.ids())
async def test_a_bad_time(row: Row):
    await hold(row)
