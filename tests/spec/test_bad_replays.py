"""The same bytes again, wherever and whenever they come."""

from __future__ import annotations

import asyncio
from typing import NamedTuple

import msgspec
import pytest
from spec_rows import ANSWERED, CONSUMERS, HUB, Row, Said, Table, drafted, hold, put, send
from world import PERSON_BODY, World, ask, ask_birth
from world_registry import CONSUMER, PERSON, POPULATION

from adapters.port import Found, Query
from schemas.sealed import Sealed

TABLE = Table(
    "Replays",
    "The ledger keeps (instance, sealer, id) for ever, for all workers. A repeat of bytes whose first asked has no "
    "outcome yet goes on under that first record, and the provider's node answers it with the bytes it archived.",
)
bad = TABLE.row
DONE = ("asked", "answered")


class Sent(NamedTuple):
    """A good question that was sent once and answered."""

    sealed: Sealed
    body: bytes


async def once(world: World) -> Sent:
    good, envelope = drafted(world)
    sealed = await world.consumer.notary.seal(envelope)
    first = await send(world, sealed, good.body.data)
    assert first.by == ANSWERED
    return Sent(sealed, good.body.data)


@bad("replayed to the same worker", HUB, 119, "consumer-node", ledger=DONE, asked=1)
async def same_worker(world: World) -> Said:
    return await send(world, *await once(world))


@bad("replayed to another worker", HUB, 119, "consumer-node", ledger=DONE, asked=1, workers=2)
async def other_worker(world: World) -> Said:
    return await send(world, *await once(world), number=1)


@bad("replayed after the hub was started again", HUB, 119, "consumer-node", ledger=DONE, asked=1)
async def after_restart(world: World) -> Said:
    sent = await once(world)
    world.kill_worker()
    return await send(world, *sent)


@bad("replayed after both nodes were started again", HUB, 119, "consumer-node", ledger=DONE, asked=1)
async def after_restart_of_nodes(world: World) -> Said:
    sent = await once(world)
    world.kill_node(POPULATION)
    world.kill_node(CONSUMER)
    return await send(world, *sent)


@bad("replayed when it had expired", HUB, 106, "consumer-node", ledger=DONE, asked=1)
async def after_expiry(world: World) -> Said:
    sent = await once(world)
    world.now_ms += 10_000
    return await send(world, *sent)


@bad("another question under the id of one that was answered", HUB, 119, "consumer-node", ledger=DONE, asked=1)
async def same_id(world: World) -> Said:
    sent = await once(world)
    _, other = drafted(world, id=msgspec.json.decode(sent.sealed.envelope)["id"], correlation="counter-8")
    return await send(world, await world.consumer.notary.seal(other), sent.body)


@bad("another question under the id of one still at work", HUB, 119, "consumer-node", ledger=DONE, asked=1)
async def same_id_at_work(world: World) -> Said:
    good, envelope = drafted(world)
    gate, begun = asyncio.Event(), asyncio.Event()

    async def slowly(_query: Query) -> Found:
        begun.set()
        await gate.wait()
        return Found(dict(PERSON_BODY))

    world.answers(PERSON, slowly)
    first = asyncio.create_task(send(world, await world.consumer.notary.seal(envelope), good.body.data))
    await begun.wait()
    other = msgspec.structs.replace(envelope, correlation="counter-8")
    said = await send(world, await world.consumer.notary.seal(other), good.body.data)
    gate.set()
    assert (await first).by == ANSWERED
    return said


@bad("the same bytes to two workers at once", ANSWERED, ledger=DONE, asked=1, workers=2)
async def two_at_once(world: World) -> Said:
    good, envelope = drafted(world)
    sealed = await world.consumer.notary.seal(envelope)
    one, two = await asyncio.gather(*(send(world, sealed, good.body.data, number=number) for number in (0, 1)))
    assert one.reply.parts == two.reply.parts
    return one if two.by == ANSWERED else two


@bad("an operation that is not safe, to two workers at once", ANSWERED, ledger=DONE, asked=1, workers=2)
async def two_at_once_unsafe(world: World) -> Said:
    good, envelope = drafted(world, ask_birth())
    sealed = await world.consumer.notary.seal(envelope)
    one, two = await asyncio.gather(*(send(world, sealed, good.body.data, number=number) for number in (0, 1)))
    return one if two.by == ANSWERED else two


@bad(
    "the answer was lost on its way: the node asks anew, for asking harms nobody",
    ANSWERED,
    ledger=(*DONE, *DONE),
    asked=2,
)
async def lost_answer(world: World) -> Said:
    world.to_hub().cut_once = "after"
    return await put(world, ask())


@bad(
    "the same, of an operation that is not safe: nobody does it twice",
    CONSUMERS,
    407,
    "hub",
    ledger=DONE,
    asked=1,
)
async def lost_answer_unsafe(world: World) -> Said:
    world.to_hub().cut_once = "after"
    return await put(world, ask_birth())


@bad("the link broke before the question had left: it is sent again", ANSWERED, ledger=DONE, asked=1)
async def never_left(world: World) -> Said:
    world.to_hub().cut_once = "before"
    return await put(world, ask_birth())


@bad("the provider is linked to another worker", ANSWERED, ledger=DONE, asked=1, workers=2)
async def elsewhere(world: World) -> Said:
    world.disconnect(POPULATION, 0)
    return await put(world, ask())


@pytest.mark.parametrize("row", TABLE.rows, ids=TABLE.ids())
async def test_a_replay(row: Row):
    await hold(row)
