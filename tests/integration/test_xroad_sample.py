"""X-Road at the embedded bus: a client's REST call is answered by the population database, which speaks SOAP."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import aiohttp

from bus.sample.personas import OFFICER, PERSONAS
from schemas.record import LeafType

if TYPE_CHECKING:
    from nation import EmbeddedNation

MOTHER = PERSONAS["mother"]
AT = "/r1/VN-test/GOV/G01/population/person/confirm"
PERSON = {"citizen_number": MOTHER.number, "full_name": MOTHER.name, "birth": MOTHER.birth}


async def call(nation: EmbeddedNation, body: object, **changed: str) -> tuple[int, Any, str | None]:
    headers = {
        "X-Road-Client": "VN-test/GOV/H26/one-stop",
        "X-Api-Key": nation.key,
        "X-Road-UserId": OFFICER[0],
        "X-Road-Represented-Party": OFFICER[1],
        "X-Road-Id": "sample-1",
        **{name.replace("_", "-"): value for name, value in changed.items()},
    }
    url = nation.bus.addresses.xroad + AT
    async with aiohttp.ClientSession() as session, session.post(url, json=body, headers=headers) as said:
        return said.status, await said.json(), said.headers.get("X-Road-Error")


async def test_an_x_road_client_asks_the_population_database(nation: EmbeddedNation):
    before = await nation.size()
    assert await call(nation, PERSON) == (200, {"exists": True}, None)
    asked, outcome = await nation.records(before)
    assert (asked.record.type, outcome.record.outcome, outcome.record.validated) == (LeafType.ASKED, "answered", True)
    assert asked.details is not None
    assert [one.id for one in asked.details.subjects] == [MOTHER.number]
    assert (asked.details.procedure, asked.details.correlation) == ("1.001612", "sample-1")


async def test_somebody_else_s_name_is_answered_too(nation: EmbeddedNation):
    assert await call(nation, PERSON | {"full_name": "Trần Văn Khác"}) == (200, {"exists": False}, None)


async def test_without_its_key_the_client_is_nobody(nation: EmbeddedNation):
    status, said, error = await call(nation, PERSON, X_Api_Key="guessed")
    assert (status, error) == (500, "Server.ClientProxy.SslAuthenticationFailed")
    assert said["type"] == error


async def test_without_an_officer_the_database_is_not_asked(nation: EmbeddedNation):
    status, _, error = await call(nation, PERSON, X_Road_UserId="")
    assert (status, error) == (400, "Client.MissingHeaderField")


async def test_the_node_says_who_takes_part(nation: EmbeddedNation):
    url = f"{nation.bus.addresses.xroad}/listClients"
    headers = {"Accept": "application/json", "X-Api-Key": nation.key}
    async with aiohttp.ClientSession() as session, session.get(url, headers=headers) as said:
        members = (await said.json())["member"]
    assert {one["id"].get("subsystem_code") for one in members} == {None, "population", "one-stop"}
