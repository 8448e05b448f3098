"""Which session leads to which agency, and for whom it may speak."""

from __future__ import annotations

import pytest
from world import World
from world_registry import CONSUMER, JUSTICE, POPULATION, PROVINCE
from world_wire import Direct

from bus.hub.routes import Routes, Speaker
from bus.link.messages import Message
from schemas.problems import Code, ProblemError
from schemas.text import moment


def speaker(world: World, agency: str) -> Speaker:
    return Speaker(world.pki.peer(agency).x5t, world.workers[0].directory, world.clock)


def session(world: World, agency: str) -> Direct:
    return Direct(world.pki.peer(agency))


def refusal(routes: Routes, world: World, agency: str) -> Code:
    with pytest.raises(ProblemError) as caught:
        routes.session_of(agency, world.snapshot)
    return caught.value.problem.code


def test_a_link_speaks_for_its_agency_and_those_it_hosts():
    world = World()
    assert speaker(world, CONSUMER).speaks_for(CONSUMER)
    assert speaker(world, PROVINCE).speaks_for(CONSUMER), "the province hosts the commune"
    assert not speaker(world, CONSUMER).speaks_for(PROVINCE)
    assert not speaker(world, JUSTICE).speaks_for(CONSUMER)
    assert not speaker(world, JUSTICE).speaks_for("a999999")


def test_a_seal_certificate_opens_no_link():
    world = World()
    seal = world.snapshot.certificates_of(CONSUMER, "seal")[0]
    assert Speaker(seal.x5t, world.workers[0].directory, world.clock).agency is None
    assert Speaker("unknown", world.workers[0].directory, world.clock).agency is None


def test_a_revoked_link_speaks_for_nobody_from_that_moment():
    world = World()
    known = speaker(world, CONSUMER)
    world.pki.revoked[f"{CONSUMER}-link"] = moment(world.now_ms + 1000)
    world.publish()
    assert known.speaks_for(CONSUMER)
    world.now_ms += 1000
    assert not known.speaks_for(CONSUMER)


def test_the_newest_usable_session_is_taken():
    world, routes = World(), Routes(workers=1)
    old, new = session(world, POPULATION), session(world, POPULATION)
    for one in (old, new):
        routes.add(one, speaker(world, POPULATION), (POPULATION,))  # type: ignore[arg-type] # a session of the world
    assert routes.session_of(POPULATION, world.snapshot) is new
    new.close()
    assert routes.session_of(POPULATION, world.snapshot) is old
    routes.remove(old)  # type: ignore[arg-type] # the same
    assert refusal(routes, world, POPULATION) is Code.PROVIDER_NOT_REACHABLE
    assert routes.agencies() == [POPULATION]
    routes.remove(new)  # type: ignore[arg-type] # the same
    assert routes.agencies() == []


def test_where_there_are_other_workers_one_of_them_may_have_it():
    world = World()
    assert refusal(Routes(workers=2), world, POPULATION) is Code.PEER_NOT_ON_THIS_WORKER
    assert refusal(Routes(workers=1), world, POPULATION) is Code.PROVIDER_NOT_REACHABLE


def test_a_session_is_not_used_for_an_agency_it_may_no_longer_speak_for():
    world, routes = World(), Routes(workers=1)
    routes.add(session(world, JUSTICE), speaker(world, JUSTICE), (POPULATION,))  # type: ignore[arg-type] # the same
    assert refusal(routes, world, POPULATION) is Code.PROVIDER_NOT_REACHABLE


async def test_news_reaches_every_session_once():
    world, routes = World(), Routes(workers=1)
    heard: list[str] = []
    both, gone = session(world, PROVINCE), session(world, JUSTICE)

    async def hear(message: Message) -> None:
        heard.append(message.head.decode())

    both.far_notice = gone.far_notice = hear
    routes.add(both, speaker(world, PROVINCE), (PROVINCE, CONSUMER))  # type: ignore[arg-type] # the same
    routes.add(gone, speaker(world, JUSTICE), (JUSTICE,))  # type: ignore[arg-type] # the same
    gone.close()
    routes.tell_all(Message(5, b"all"))
    routes.tell(CONSUMER, Message(2, b"one"))
    routes.tell(JUSTICE, Message(2, b"nobody"))
    await both.settled()
    assert heard == ["all", "one"]
