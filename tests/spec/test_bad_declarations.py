"""Declarations that the hub does not take: a dossier is its agency's own, of a registered procedure, recorded once."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from registry_folder import PROCEDURES
from spec_rows import ANSWERED, HUB, Row, Said, Table, hold, sealer_of
from world import MOTHER, World, mother, officer
from world_dossiers import DOSSIER
from world_registry import CONSUMER, JUSTICE, PROCEDURE, STRANGER

from bus.link.messages import Message
from bus.topics import Topic, read_reply
from schemas.envelope import Declaration, Envelope, Kind, Part, Party, decode
from schemas.record import LeafType
from schemas.sealed import Sealed, pack

TWO_PROCEDURES = PROCEDURES + PROCEDURES.replace("1.001193", "1.004222")
TABLE = Table(
    "Declarations",
    "What an agency declares of its own dossier is answered with a sealed status once it is recorded. What is refused "
    "leaves no record.",
)
bad = TABLE.row


def opening(world: World, **changed: Any) -> Envelope:  # noqa: ANN401 - any member
    """The commune opens the mother's dossier."""
    plain: dict[str, Any] = {
        "consumer": Party(agency=CONSUMER),
        "declaration": Declaration(act="open", form="birth@1"),
        "dossier": DOSSIER,
        "procedure": PROCEDURE,
        "officer": officer(),
        "subjects": (mother(),),
    }
    return msgspec.structs.replace(world.consumer.notary.draft(Kind.DECLARATION, 60_000, **plain), **changed)


async def declare(world: World, envelope: Envelope, sealer: str = CONSUMER, by: str = CONSUMER) -> Said:
    return await send(world, await world.notary(sealer).seal(envelope), by)


async def send(world: World, sealed: Sealed, by: str = CONSUMER) -> Said:
    answer = await world.to_hub(by).call(Message(Topic.DECLARE, pack(sealed)), 5.0)
    reply = read_reply(answer.head)
    said = decode(reply.sealed.envelope)
    assert reply.receipt is None
    assert said.kind is (Kind.FAULT if said.problem else Kind.STATUS)
    return Said(sealer_of(reply.sealed) if said.problem else ANSWERED, said.problem)


@bad("opened by its own agency", ANSWERED, ledger=("opened",))
async def good(world: World) -> Said:
    return await declare(world, opening(world))


@bad("the same bytes once more: acknowledged again, recorded once", ANSWERED, ledger=("opened",))
async def repeated(world: World) -> Said:
    sealed = await world.consumer.notary.seal(opening(world))
    await send(world, sealed)
    return await send(world, sealed)


@bad("the same bytes after the hub was started again", ANSWERED, ledger=("opened",))
async def repeated_later(world: World) -> Said:
    sealed = await world.consumer.notary.seal(opening(world))
    await send(world, sealed)
    world.kill_worker()
    return await send(world, sealed)


@bad("another declaration under the same id", HUB, 119, "consumer-node", ledger=("opened",))
async def same_id(world: World) -> Said:
    first = opening(world)
    await declare(world, first)
    return await declare(world, msgspec.structs.replace(first, dossier="H56.20-261122-00002"))


@bad("a dossier that is open already", HUB, 707, "consumer-system", ledger=("opened",))
async def twice(world: World) -> Said:
    await declare(world, opening(world))
    return await declare(world, opening(world))


@bad("a dossier that was closed, opened again", HUB, 705, "consumer-system", ledger=("opened", "closed"))
async def reopened(world: World) -> Said:
    await declare(world, opening(world))
    await declare(world, later(world, "close"))
    return await declare(world, opening(world))


@bad("gaps of a dossier that nobody opened", HUB, 207, "consumer-system")
async def unopened(world: World) -> Said:
    return await declare(world, later(world, "gaps"))


@bad("closing a dossier under another procedure", HUB, 210, "consumer-system", ledger=("opened",))
async def other_procedure(world: World) -> Said:
    await declare(world, opening(world))
    world.publish(procedures=TWO_PROCEDURES)
    return await declare(world, later(world, "close", procedure="1.004222"))


@bad("a procedure that is not registered", HUB, 210, "consumer-system")
async def no_procedure(world: World) -> Said:
    return await declare(world, opening(world, procedure="9.999999"))


@bad("a form that is not registered", HUB, 701, "consumer-system")
async def no_form(world: World) -> Said:
    return await declare(world, opening(world, declaration=Declaration(act="open", form="birth@9")))


@bad("no form", HUB, 701, "consumer-system")
async def formless(world: World) -> Said:
    return await declare(world, opening(world, declaration=Declaration(act="open")))


@bad("a placeholder as a party", HUB, 213, "consumer-system")
async def placeholder(world: World) -> Said:
    return await declare(world, opening(world, subjects=(mother(id="222222222222"),)))


@bad("sealed by another agency than it speaks for", HUB, 113, "consumer-node")
async def for_another(world: World) -> Said:
    return await declare(world, opening(world, sealer=JUSTICE), JUSTICE, JUSTICE)


@bad("on the link of an agency that may not speak for the sealer", HUB, 114, "consumer-node")
async def wrong_link(world: World) -> Said:
    return await declare(world, opening(world), CONSUMER, JUSTICE)


@bad("sealed by a stranger", HUB, 111, "consumer-node")
async def stranger(world: World) -> Said:
    return await declare(world, opening(world, sealer=STRANGER), STRANGER)


@bad("claiming a party in another agency's name", HUB, 113, "consumer-node")
async def borrowed(world: World) -> Said:
    return await declare(world, opening(world, subjects=(mother(asserted_by=JUSTICE),)))


@bad("a question sent as a declaration", HUB, 109, "consumer-node")
async def no_declaration(world: World) -> Said:
    part = Part(
        id="body", media_type="application/json", length=0, sha256="47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU"
    )
    registration = world.consumer.notary.draft(
        Kind.REGISTRATION, 60_000, consumer=Party(agency=CONSUMER), parts=(part,)
    )
    return await declare(world, registration)


@bad("the ledger's disk is full", HUB, 601, "hub")
async def full(world: World) -> Said:
    world.ledger.refuses = lambda record: record.type is LeafType.DECLARED
    return await declare(world, opening(world))


def later(world: World, act: Any, **changed: Any) -> Envelope:  # noqa: ANN401 - any member
    return opening(world, **({"declaration": Declaration(act=act), "subjects": ()} | changed))


@pytest.mark.parametrize("row", TABLE.rows, ids=TABLE.ids())
async def test_a_declaration(row: Row):
    await hold(row)


async def test_what_is_declared_is_recorded_without_a_name():
    world = World()
    await declare(world, opening(world))
    ((record, details),) = await world.records()
    assert (record.type, record.consumer, record.service, record.purpose) == (LeafType.DECLARED, CONSUMER, None, None)
    assert [who.id for who in details.subjects] == [MOTHER]
    assert details.dossier == DOSSIER
