"""X-Road's own message beside the body, end to end in memory: kept as it came both ways, and nothing else beside it."""

from __future__ import annotations

import pytest
from registry_folder import AGENCIES
from world import MOTHER, World, ask
from world_registry import EXTRACT, SCANS, WORLD_SERVICES

from adapters.port import Found, Query
from registry.snapshot import Snapshot
from schemas.envelope import decode
from schemas.parts import Carried
from schemas.problems import ProblemError
from schemas.sealed import unpack

CALL = b"GET\r\n/r1/VN/GOV/G15/civil-status/scans/1\r\nx-road-client:VN/GOV/H56.20\r\nx-road-userid:CB-0001\r\n"
HEAD = Carried("xroad", "application/x-road-rest-request", CALL)
REPLY = Carried("xroad", "application/x-road-rest-response", b"200\r\nOK\r\n")
BODY = Carried("body", "application/octet-stream", b"\x00\xff")
SCAN = Carried("body", "application/pdf", b"%PDF")
XML = f"<Hoi><SoDinhDanh>{MOTHER}</SoDinhDanh></Hoi>".encode()


def xroad_world() -> World:
    """The world's registry with X-Road names for the civil status register's services."""
    agencies = AGENCIES.replace('"G15" }]', '"G15" }, { scheme = "XROAD", code = "VN/GOV/G15" }]').replace(
        'id = "civil-status"\n', 'id = "civil-status"\nxroad = ["VN/GOV/G15/civil-status"]\n'
    )
    agencies = agencies.replace('"H56.20" }]', '"H56.20" }, { scheme = "XROAD", code = "VN/GOV/H56.20" }]')
    rest = 'xroad = { protocol = "rest", codes = ["scans"] }\n'
    soap = 'xroad = { protocol = "soap" }\n'
    head, _, tail = WORLD_SERVICES.partition(f'id = "{SCANS}"')
    tail = tail.replace("\n[[", f"\n{rest}\n[[", 1).replace(
        'name = "fetch"\n', 'name = "fetch"\nendpoints = ["* /**"]\n', 1
    )
    head2, _, tail2 = tail.partition(f'id = "{EXTRACT}"')
    tail2 = tail2.replace("\n[[", f"\n{soap}\n[[", 1).replace(
        'name = "fetch"\n', 'name = "fetch"\nxroad = "extract.v1"\n', 1
    )
    services = f'{head}id = "{SCANS}"{head2}id = "{EXTRACT}"{tail2}'
    return World(agencies=agencies, services=services)


def scans(*parts: Carried):
    return ask(service=SCANS, operation="fetch", body={}, parts=parts)


def extract(body: bytes, *beside: Carried):
    parts = (Carried("body", "application/xml", body), *beside)
    return ask(service=EXTRACT, operation="fetch", body={}, parts=parts)


def answers(world: World, service: str, *parts: Carried):
    async def reply(_query: Query) -> Found:
        return Found(parts=parts)

    return world.answers(service, reply)


async def test_both_messages_travel_as_the_bytes_they_were():
    world = xroad_world()
    answers(world, SCANS, SCAN, REPLY)
    answered = await world.consumer.asker.ask(scans(BODY, HEAD))
    (query,) = world.asked
    assert query.parts == (BODY, HEAD)
    assert query.body == {}
    assert answered.parts == (SCAN, REPLY)
    assert answered.data == b"%PDF"
    sealed = decode(unpack(world.to_node("a100002").carried[0].head).envelope)
    assert [part.id for part in sealed.parts] == ["body", "xroad"]
    kept = world.consumer.archive.kept[answered.exchange, "question"]
    assert kept.parts == (BODY.data, HEAD.data), "evidence holds X-Road's message too"


async def test_attachments_travel_with_an_opaque_message_only():
    world = xroad_world()
    answers(world, SCANS, SCAN, REPLY, Carried("attachment1", "image/png", b"png"))
    asked = [Carried(f"attachment{number}", "text/plain", b"x") for number in (1, 2)]
    answered = await world.consumer.asker.ask(scans(BODY, HEAD, *asked))
    assert world.asked[0].parts == (BODY, HEAD, *asked)
    assert answered.parts[2] == Carried("attachment1", "image/png", b"png")


@pytest.mark.parametrize("name", ["payload", "attachment0", "attachment100", "other"])
async def test_nothing_else_travels_beside_an_opaque_body(name: str):
    world = xroad_world()
    with pytest.raises(ProblemError) as caught:
        await world.consumer.asker.ask(scans(BODY, HEAD, Carried(name, "text/plain", b"x")))
    assert int(caught.value.problem.code) == 123
    assert world.asked == []


async def test_without_xroad_nothing_travels_beside_the_body():
    world = World()
    with pytest.raises(ProblemError) as caught:
        await world.consumer.asker.ask(scans(BODY, HEAD))
    assert int(caught.value.problem.code) == 123


async def test_an_answer_that_carries_more_than_was_agreed_does_not_leave():
    world = xroad_world()
    answer = f"<TrichLuc><SoDinhDanh>{MOTHER}</SoDinhDanh><KetHon>true</KetHon></TrichLuc>".encode()
    body = Carried("body", "application/xml", answer)
    answers(world, EXTRACT, body, Carried("payload", "text/xml", b"<all/>"))
    with pytest.raises(ProblemError) as caught:
        await world.consumer.asker.ask(extract(XML))
    assert (int(caught.value.problem.code), caught.value.problem.rule) == (509, "only-body")


async def test_a_shaped_body_is_judged_and_cut_whatever_stands_beside_its_answer():
    world = xroad_world()
    answer = f"<TrichLuc NgayKetHon='2019-05-04'><SoDinhDanh>{MOTHER}</SoDinhDanh></TrichLuc>".encode()
    answers(world, EXTRACT, Carried("body", "application/xml", answer), REPLY)
    answered = await world.consumer.asker.ask(extract(XML))
    assert answered.parts == (
        Carried("body", "application/xml", f"<TrichLuc><SoDinhDanh>{MOTHER}</SoDinhDanh></TrichLuc>".encode()),
        REPLY,
    )
    with pytest.raises(ProblemError) as caught:
        await world.consumer.asker.ask(extract(b"<Hoi/>"))
    assert int(caught.value.problem.code) == 301


async def test_a_message_beside_a_shaped_body_that_is_none_never_reaches_the_system():
    world = xroad_world()
    with pytest.raises(ProblemError) as caught:
        await world.consumer.asker.ask(extract(XML, HEAD, Carried("payload", "text/xml", b"<Envelope/>")))
    assert int(caught.value.problem.code) == 303
    assert world.asked == []


def test_the_registry_of_these_tests_speaks_xroad():
    snapshot: Snapshot = xroad_world().snapshot
    assert snapshot.xroad.rest("VN/GOV/G15/civil-status", "scans") is not None
    assert snapshot.xroad.soap("VN/GOV/G15/civil-status", "extract", "v1") is not None
