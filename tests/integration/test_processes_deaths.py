"""Processes killed in mid-answer: what the consumer gets, what the ledger says, that nothing was done twice."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import aiohttp
import pytest
from wires import until

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from agency_system import Said
    from processes import Processes


@pytest.fixture
async def dossier(group: Processes) -> AsyncIterator[str]:
    """An open dossier in a group that stands; at the end the group stands again, and its ledger holds."""
    await group.stands()
    opened = await group.counter.open("birth")
    assert opened.status == 201, opened.body
    yield str(opened.body["dossier"])
    group.taps["population"].release()
    await group.stands()
    assert await group.ledger_holds()


@asynccontextmanager
async def in_mid_answer(group: Processes, dossier: str, **changed: object) -> AsyncIterator[asyncio.Task[Said]]:
    """A question that its provider's system has got, and holds on to until released or until the block ends."""
    tap = group.taps["population"]
    before = len(tap.seen)
    tap.hold()
    asking = asyncio.create_task(group.counter.ask("confirm", dossier=dossier, **changed))
    await until(lambda: len(tap.seen) > before or asking.done())
    assert not asking.done(), asking.result()
    yield asking
    tap.release()
    await asyncio.wait({asking})
    assert len(tap.seen) == before + 1, "the provider's system was asked more than once"


async def test_a_worker_dies(group: Processes, dossier: str):
    up = [relay.bytes_up for relay in group.relays]
    async with in_mid_answer(group, dossier) as asking:
        more = [relay.bytes_up - before for relay, before in zip(group.relays, up, strict=True)]
        carrier = more.index(max(more))
        pid = await group.kill("--part", f"worker-{carrier}")
        await until(lambda: group.relays[1 - carrier].bytes_up > up[1 - carrier] + 500)
        group.taps["population"].release()
        said = await asking
    assert (said.status, said.body["answer"]) == (200, {"exists": True}), said.body
    await group.stands()
    assert group.pids("--part", f"worker-{carrier}") != [pid]


async def test_the_ledger_dies(group: Processes, dossier: str):
    term = (await group.ledger()).term
    async with in_mid_answer(group, dossier) as asking:
        await group.kill("--part", "ledger")
        group.taps["population"].release()
        said = await asking
    assert (said.status, said.body["receipt"]["term"]) == (200, term + 1), said.body
    assert (await group.ledger()).open_asked == 0


async def test_the_provider_s_node_dies(group: Processes, dossier: str):
    async with in_mid_answer(group, dossier) as asking:
        await group.kill("node-a100001.toml")
        said = await asking
    assert (said.status, said.number, said.body["fault_at"]) == (503, 401, "provider-node"), said.body
    assert said.body["retry"] is True
    assert (await group.ledger()).open_asked == 0
    group.node("a100001")
    await group.stands()
    assert (await group.counter.ask("confirm", dossier=dossier)).status == 200


async def test_the_consumer_s_node_dies(group: Processes, dossier: str):
    size = (await group.ledger()).head.size
    async with in_mid_answer(group, dossier) as asking:
        await group.kill("node-a100010.toml")
        with pytest.raises(aiohttp.ClientError):
            await asking
    await until(lambda: group.settled(size + 2))
    group.node("a100010")
    await group.stands()
    assert (await group.counter.send("GET", f"/dossiers/{dossier}")).status == 200
    assert (await group.counter.ask("confirm", dossier=dossier)).status == 200


async def test_the_whole_hub_dies(group: Processes, dossier: str):
    size = (await group.ledger()).head.size
    async with in_mid_answer(group, dossier, timeout_ms=1_500) as asking:
        await group.kill("hub.toml --part worker-0")
        for words in ("--part worker-1", "--part ledger"):
            await group.kill(words)
        said = await asking
    assert (said.status, said.number) == (504, 407), said.body
    await until(lambda: group.settled(size + 2))
    assert (await group.ledger()).open_asked == 0


async def test_the_supervisor_dies_and_leaves_nobody(group: Processes, dossier: str):
    hub = group.children["hub"]
    hub.process.kill()
    await hub.ended()
    await until(lambda: group.pids("hub.toml") == [])
    down = await group.counter.ask("confirm", dossier=dossier)
    assert (down.status, down.number) == (503, 405)
    group.hub()
    await group.stands()
    assert (await group.counter.ask("confirm", dossier=dossier)).status == 200


async def test_a_link_that_breaks_in_mid_answer_is_another_way_to_the_same_answer(group: Processes, dossier: str):
    async with in_mid_answer(group, dossier) as asking:
        for relay in group.relays:
            relay.cut()
        await until(group.answers)
        group.taps["population"].release()
        said = await asking
    assert said.number in {None, 401, 407}, said.body

    async def settled() -> bool:
        return (await group.ledger()).open_asked == 0

    await until(settled)  # what the link lost has its outcome a moment after the answer that went another way


async def test_told_to_stop_the_hub_lets_what_is_under_way_finish(group: Processes, dossier: str):
    hub = group.children["hub"]
    async with in_mid_answer(group, dossier) as asking:
        hub.process.terminate()
        await until(lambda: len(group.pids("hub.toml", "--part worker-")) == 1)  # the other had nothing under way
        group.taps["population"].release()
        said = await asking
    assert (said.status, said.number) == (200, None), said.body
    assert await hub.ended() == 0
    assert group.pids("hub.toml") == []
    group.hub()


async def test_told_to_stop_a_consumer_s_node_answers_first(group: Processes, dossier: str):
    node = group.children["node-a100010"]
    async with in_mid_answer(group, dossier) as asking:
        node.process.terminate()
        await asyncio.sleep(0.2)
        group.taps["population"].release()
        said = await asking
    assert said.status == 200, said.body
    assert await node.ended() == 0
    group.node("a100010")


async def test_told_to_stop_a_provider_s_node_answers_first(group: Processes, dossier: str):
    node = group.children["node-a100001"]
    async with in_mid_answer(group, dossier) as asking:
        node.process.terminate()
        await asyncio.sleep(0.2)
        group.taps["population"].release()
        said = await asking
    assert said.status == 200, said.body
    assert await node.ended() == 0
    group.node("a100001")
