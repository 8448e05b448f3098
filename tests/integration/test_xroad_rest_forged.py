"""Messages that say something else than their envelope: the provider's node refuses them, and the service is not asked.

The consumer's node is the forger here: it seals a question that agreements cover, and puts another call beside it.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from typing import ClassVar

import pytest
from world import MOTHER, ask
from xroad_world import ECHO, ONE_STOP, PERSONS, XRoadWorld

from adapters.port import Adapter, Found, PeerError, Query
from adapters.xroad_rest import XRoadRestAdapter, XRoadRestSettings
from bus.node.ask import Ask
from schemas.parts import Carried
from schemas.problems import ProblemError
from schemas.xroad.rest import REQUEST_TYPE, RESPONSE_TYPE, Header, RestRequest, parse, request_of, response_of

ECHO_AT, PERSONS_AT = "/r1/VN/GOV/G01/population/echo", "/r1/VN/GOV/G01/population/persons"
BODY = Carried("body", "application/octet-stream", b"")
DERIVED = Carried("body", "application/json", f'{{"path":{{"0":"{MOTHER}"}}}}'.encode())
FOUND = f'{{"json":{{"number":"{MOTHER}"}}}}'.encode()


@pytest.fixture
async def world() -> AsyncIterator[XRoadWorld]:
    async with XRoadWorld().standing() as standing:
        yield standing


def message(verb: str, target: str, client: str = ONE_STOP, *more: tuple[str, str]) -> Carried:
    written = request_of(verb, target, [("X-Road-Client", client), *more], request_id="r", message_id="m")
    return Carried("xroad", REQUEST_TYPE, written.message)


def echo(*parts: Carried) -> Ask:
    wanted = ask(service=ECHO, operation="read", body={}, parts=parts, system="one-stop")
    return replace(wanted, subjects=(), officer=None)


def persons(*parts: Carried, operation: str = "read") -> Ask:
    wanted = ask(service=PERSONS, operation=operation, body={}, parts=parts, system="one-stop")
    return replace(wanted, officer=None)


async def refused(world: XRoadWorld, wanted: Ask) -> tuple[int, str | None]:
    with pytest.raises(ProblemError) as caught:
        await world.consumer.asker.ask(wanted)
    assert world.existing.calls == []
    assert MOTHER not in str(caught.value.problem)
    return int(caught.value.problem.code), caught.value.problem.rule


async def test_what_agrees_is_asked(world: XRoadWorld):
    await world.consumer.asker.ask(echo(BODY, message("GET", f"{ECHO_AT}/a")))
    assert [call.target for call in world.existing.calls] == ["/api/a"]


FORGED = {
    "an operation that is not agreed": (message("GET", f"{ECHO_AT}/admin/x"), "xroad-operation"),
    "a verb of another operation": (message("POST", f"{ECHO_AT}/a"), "xroad-operation"),
    "a path that climbs": (message("GET", f"{ECHO_AT}/a/%2e%2e/admin/x"), "dot-segment"),
    "a header that makes another verb of it": (
        message("GET", f"{ECHO_AT}/a", ONE_STOP, ("X-Method-Override", "DELETE")),
        "overriding-header",
    ),
    "another service": (message("GET", f"{PERSONS_AT}/persons/{MOTHER}"), "xroad-service"),
    "a service that is none": (message("GET", "/r1/VN/GOV/G01/population/none"), "xroad-service"),
    "another agency's client": (message("GET", f"{ECHO_AT}/a", "VN/GOV/G15/civil-status"), "xroad-client"),
    "its agency's name": (message("GET", f"{ECHO_AT}/a", "VN/GOV/H56.20"), "xroad-client"),
    "a client that is none": (message("GET", f"{ECHO_AT}/a", "x"), "parts"),
    "two clients": (message("GET", f"{ECHO_AT}/a", ONE_STOP, ("x-road-client", "VN/GOV/G01")), "xroad-repeated"),
    "a user whom nobody vouches for": (
        message("GET", f"{ECHO_AT}/a", ONE_STOP, ("X-Road-UserId", "CB-1")),
        "xroad-user",
    ),
    "no message of version 1": (message("GET", "/r2/VN/GOV/G01/population/echo/a"), "target"),
    "no message": (Carried("xroad", REQUEST_TYPE, b"GET / HTTP/1.1\r\n\r\n"), "verb"),
    "bytes": (Carried("xroad", REQUEST_TYPE, b"\xff"), "utf-8"),
    "nothing": (Carried("xroad", REQUEST_TYPE, b""), "line-ends"),
    "lines that end otherwise": (Carried("xroad", REQUEST_TYPE, b"GET\n/r1/a\n"), "line-ends"),
    "a header that ends at each server": (
        Carried("xroad", REQUEST_TYPE, f"GET\r\n{ECHO_AT}/a\r\nHost:x\r\n".encode()),
        "skipped",
    ),
    "a response": (Carried("xroad", REQUEST_TYPE, b"200\r\nOK\r\n"), "xroad-request"),
    "another media type": (message("GET", f"{ECHO_AT}/a")._replace(media_type=RESPONSE_TYPE), "xroad-request"),
}


@pytest.mark.parametrize("name", FORGED)
async def test_a_forged_message_is_refused(world: XRoadWorld, name: str):
    forged, rule = FORGED[name]
    assert await refused(world, echo(BODY, forged)) == (303, rule)
    assert (await world.told())[-1] == "fault 303"


SHAPED = {
    "another person in the path": message("GET", f"{PERSONS_AT}/persons/097093005678"),
    "more in the query": message("GET", f"{PERSONS_AT}/persons/{MOTHER}?all=1"),
}


@pytest.mark.parametrize("name", SHAPED)
async def test_what_the_schema_judged_is_what_the_service_gets(world: XRoadWorld, name: str):
    assert await refused(world, persons(DERIVED, SHAPED[name])) == (303, "xroad-derived")


async def test_a_payload_that_the_body_was_not_derived_from(world: XRoadWorld):
    body, call = Carried("body", "application/json", FOUND), message("POST", f"{PERSONS_AT}/search")
    other = Carried("payload", "application/json", b'{"number":"097093005678"}')
    assert await refused(world, persons(body, call, other, operation="search")) == (303, "xroad-derived")
    assert await refused(world, persons(body, call, operation="search")) == (303, "xroad-derived")
    twice = Carried("payload", "application/json", f'{{"number":"0","number":"{MOTHER}"}}'.encode())
    assert await refused(world, persons(body, call, twice, operation="search")) == (303, "repeated-member")


async def test_a_payload_without_place_in_the_call(world: XRoadWorld):
    payload = Carried("payload", "application/json", b'{"all":true}')
    call = message("GET", f"{PERSONS_AT}/persons/{MOTHER}")
    assert await refused(world, persons(DERIVED, call, payload)) == (303, "xroad-derived")


async def test_no_provider_speaks_for_a_security_server(world: XRoadWorld):
    for header in (("X-Road-Error", "Server.ServerProxy.AccessDenied"), ("X-Road-Id", "of another call")):
        world.population.adapters[ECHO] = _Claims(header)
        said = await world.call("GET", "/a")
        assert (said.status, said.error) == (500, "Server.ClientProxy.InconsistentResponse")
        assert header[1] not in said.headers.values()


async def test_no_header_brings_what_was_not_agreed(world: XRoadWorld):
    person = Carried("body", "application/json", f'{{"number":"{MOTHER}","name":"A","birth":"1995-03-02"}}'.encode())
    world.population.adapters[PERSONS] = _Claims(("X-Address", "3 Market Street"), person)
    said = await world.call("GET", f"/persons/{MOTHER}", service="VN/GOV/G01/population/persons")
    assert (said.status, said.body, "X-Address" in said.headers) == (200, person.data, False)


class _Claims(Adapter):
    """A provider's node that puts a header into its answer's message that is not its to write."""

    kind: ClassVar[str] = "claims"
    operations = frozenset({"read"})

    def __init__(self, header: Header, body: Carried = BODY) -> None:
        super().__init__()
        self._header = header
        self._body = body

    async def start(self) -> None:
        """Nothing to open."""

    async def close(self) -> None:
        """Nothing to close."""

    async def _ask(self, query: Query) -> Found:
        asked = parse(next(part.data for part in query.parts if part.id == "xroad"))
        assert isinstance(asked, RestRequest)
        honest = response_of(200, "OK", (), request=asked, body_digest=None)
        forged = honest._replace(headers=(self._header, *honest.headers))
        return Found(parts=(self._body, Carried("xroad", RESPONSE_TYPE, forged.message)))


async def test_the_adapter_judges_paths_itself():
    adapter = XRoadRestAdapter(XRoadRestSettings(service_url="http://127.0.0.1:9", operations={"read": {}}))
    await adapter.start()
    hostile = (f"{ECHO_AT}/a/..%2fx", f"{ECHO_AT}//x", f"{ECHO_AT}/%252e", "/r1/VN/GOV/G01/population", "/r2/a/b/c/d/e")
    for target in hostile:
        parts = (BODY, message("GET", target))
        with pytest.raises(PeerError) as caught:
            await adapter.ask(Query("read", {}, parts=parts))
        assert (caught.value.kind.value, caught.value.outcome_known) == ("bad-question", True), target
    with pytest.raises(PeerError, match="xroad-message"):
        await adapter.ask(Query("read", {}, parts=(BODY,)))
    await adapter.close()
