"""What a question comes to when no worker takes it: each worker speaks for itself, and a lost link is not forgotten."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from world import JUSTICE, POPULATION, World, ask, ask_birth

from bus.link.errors import ResetCode, StreamRefusedError
from schemas.problems import Code, FaultAt, Problem, ProblemError


def absent(world: World, *workers: int, agency: str = POPULATION) -> None:
    for number in workers:
        world.disconnect(agency, number)


def busy(world: World, worker: int, *, agency: str = POPULATION) -> None:
    async def refuse(_message: object) -> object:
        raise StreamRefusedError(ResetCode.BUSY, 9)

    world.to_node(agency, worker).far = refuse


async def refused(world: World, question: object) -> Problem:
    with pytest.raises(ProblemError) as caught:
        await world.consumer.asker.ask(question)
    return caught.value.problem


async def test_a_provider_on_no_worker_is_not_reachable_and_nothing_is_recorded():
    world = World(workers=2)
    absent(world, 0, 1)
    found = await refused(world, ask())
    assert (found.code, found.fault_at) == (Code.PROVIDER_NOT_REACHABLE, FaultAt.PROVIDER_NODE)
    assert await world.told() == ()


@pytest.mark.parametrize("worker", [0, 1])
async def test_a_busy_provider_is_busy_though_another_worker_does_not_have_it(worker: int):
    world = World(workers=2)
    busy(world, worker)
    absent(world, 1 - worker)
    found = await refused(world, ask())
    assert (found.code, found.params["retry_after_ms"]) == (Code.TOO_BUSY, 9)
    assert world.executed() == {}


@pytest.mark.parametrize("elsewhere", [absent, busy])
async def test_what_a_lost_link_may_have_carried_is_never_called_undone(elsewhere: Callable[..., None]):
    world = World(workers=2)
    absent(world, 0, agency=JUSTICE)
    elsewhere(world, 1, agency=JUSTICE)
    world.to_hub().cut_once = "lost"
    assert (await refused(world, ask_birth())).code is Code.OUTCOME_UNKNOWN
    assert world.executed() == {}
