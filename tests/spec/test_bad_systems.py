"""What a provider's own system may do wrong: its node seals no data then, but a fault."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, NoReturn

import pytest
from spec_rows import ANSWERED, PROVIDERS, Row, Said, Table, drafted, hold, put, sealed_and_sent
from world import BIRTH_BODY, EXTRACT_XML, FATHER, MOTHER, PERSON_BODY, World, ask, ask_birth
from world_registry import EXTRACT, PERSON, POPULATION, SCANS

from adapters.port import Found, PeerError, PeerFault, Query
from bus.node.ask import Ask

TABLE = Table(
    "The provider's system",
    "The provider's node asked its system and got no answer that it could seal. A fault never looks like data, and the "
    "system's own text never travels: it may quote a citizen.",
)
bad = TABLE.row


def fault(what: str, number: int, asked: int = 1) -> Any:  # noqa: ANN401 - a decorator
    return bad(what, PROVIDERS, number, "provider-system", ledger=("asked", f"fault {number}"), asked=asked)


def unknown(what: str, by: str = "provider-system") -> Any:  # noqa: ANN401 - a decorator
    return bad(what, PROVIDERS, 407, by, ledger=("asked", "outcome-unknown 407"), asked=1)


def fails(kind: PeerFault, question: Callable[[], Ask] = ask) -> Callable[[World], Awaitable[Said]]:
    async def play(world: World) -> Said:
        service = question().service
        world.answers(service, PeerError(kind, peer_code="004"))
        return await put(world, question())

    return play


def says(body: dict[str, Any], question: Callable[[], Ask] = ask) -> Callable[[World], Awaitable[Said]]:
    async def play(world: World) -> Said:
        world.answers(question().service, body)
        return await put(world, question())

    return play


def extract() -> Ask:
    body = {"xml": f"<Hoi><SoDinhDanh>{MOTHER}</SoDinhDanh></Hoi>"}
    return ask(service=EXTRACT, operation="fetch", body=body)


def scan() -> Ask:
    return ask(service=SCANS, operation="fetch", body={"base64": "JVBERi0=", "media_type": "application/pdf"})


fault("nobody matches", 501)(fails(PeerFault.NO_MATCH))
fault("several match", 502)(fails(PeerFault.SEVERAL_MATCHES))
fault("it does not permit this officer (its code 005)", 503)(fails(PeerFault.NOT_PERMITTED))
fault("it does not license this procedure (its code 004)", 504)(fails(PeerFault.NOT_LICENSED))
fault("it calls the question bad", 505)(fails(PeerFault.BAD_QUESTION))
fault("it cannot be reached", 506)(fails(PeerFault.UNREACHABLE))
fault("it answers too late", 507)(fails(PeerFault.TIMEOUT))
fault("it is overloaded", 508)(fails(PeerFault.OVERLOADED))
fault("it answers unreadably", 509)(fails(PeerFault.BAD_ANSWER))
fault("it reports a fault", 510)(fails(PeerFault.FAULT))
unknown("it answers too late, and may have acted")(fails(PeerFault.TIMEOUT, ask_birth))
unknown("it reports a fault, and may have acted")(fails(PeerFault.FAULT, ask_birth))
fault("it says that nobody matches, so nothing was done", 501)(fails(PeerFault.NO_MATCH, ask_birth))
fault("a fault shaped like data", 509)(says({"error": "not found", "code": 4}))
fault("data of another shape", 509)(says(PERSON_BODY | {"birth": "02/03/1995"}))
fault("data without what the schema requires", 509)(says({"name": "Nguyễn Thị Mẫu"}))
fault("an empty answer", 509)(says({}))
fault("an empty answer, where every member is optional", 509)(says({}, lambda: ask(fields=("person.residence",))))
fault("data about somebody else", 509)(says(PERSON_BODY | {"number": FATHER}))
unknown("data about somebody else, of an operation that is not safe")(says(BIRTH_BODY | {"number": FATHER}, ask_birth))
fault("a fault shaped like data, where every member is optional", 509)(
    says({"status": "error"}, lambda: ask(fields=("person.residence",)))
)
fault("JSON where XML is due", 509)(says(PERSON_BODY, extract))
fault("XML about somebody else", 509)(says({"xml": EXTRACT_XML.replace(MOTHER, FATHER)}, extract))
fault("XML against its schema", 509)(says({"xml": EXTRACT_XML.replace("true", "maybe")}, extract))
fault("XML with a document type", 509)(says({"xml": "<!DOCTYPE TrichLuc []>" + EXTRACT_XML}, extract))
fault("a raw body that is not base64", 509)(says({"base64": "?", "media_type": "application/pdf"}, scan))
fault("more than a megabyte", 509)(says(PERSON_BODY | {"name": "x" * (1 << 20)}))
bad("more than is agreed: the rest is cut before sealing", ANSWERED, ledger=("asked", "answered"), asked=1)(
    says(PERSON_BODY | {"sex": "female"})
)


@fault("the adapter crashes with a text that quotes the citizen", 510)
async def crash(world: World) -> Said:
    async def break_down(_query: Query) -> NoReturn:
        raise RuntimeError(f"no row for {MOTHER}")

    world.answers(PERSON, break_down)
    return await put(world, ask())


@fault("the adapter gives what is no JSON", 509)
async def no_json(world: World) -> Said:
    async def give(_query: Query) -> Found:
        return Found({"number": {MOTHER}})

    world.answers(PERSON, give)
    return await put(world, ask())


@bad("no adapter is configured", PROVIDERS, 511, "provider-node", ledger=("asked", "fault 511"))
async def no_adapter(world: World) -> Said:
    del world.population.adapters[PERSON]
    return await put(world, ask())


@bad(
    "the node does not serve the agency that its link says", "hub", 401, "provider-node", ledger=("asked", "fault 401")
)
async def not_served(world: World) -> Said:
    world.population.answerer._providers = {}
    said = await put(world, ask())
    world.kill_node(POPULATION)
    return said


@bad(
    "it was started before, and its node died before the answer",
    PROVIDERS,
    407,
    "provider-node",
    ledger=("asked", "outcome-unknown 407"),
)
async def started_before(world: World) -> Said:
    good, envelope = drafted(world, ask_birth())
    await world.justice.archive.start(envelope.sealer, envelope.id)
    return await sealed_and_sent(world, envelope, good.body.data)


@pytest.mark.parametrize("row", TABLE.rows, ids=TABLE.ids())
async def test_a_bad_system(row: Row):
    await hold(row)
