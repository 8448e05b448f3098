"""Questions that no agreement, dossier or identification allows."""

from __future__ import annotations

from typing import Any

import pytest
from spec_rows import ANSWERED, CONSUMERS, HUB, Row, Said, Table, changed_and_sent, drafted, hold, put, sealed_and_sent
from world import FATHER, MOTHER, World, ask, mother
from world_dossiers import DOSSIER, declared, dossier_question
from world_registry import AUDIT, CONSUMER, MARRIAGE, POPULATION, PROCEDURE, PROVINCE, WORLD_AGREEMENTS

from bus import bodies
from bus.node.ask import Ask
from schemas.envelope import Party, Subject

TABLE = Table(
    "Grounds",
    "The question is sound and readable; the registry, the ledger's facts or the subject's identification do not allow "
    "it. Every refusal is recorded. An unknown service and a missing agreement are answered alike.",
)
bad = TABLE.row


def refused(what: str, number: int, *before: str, asked: int = 0) -> Any:  # noqa: ANN401 - a decorator
    return bad(what, HUB, number, "consumer-system", ledger=(*before, f"refused {number}"), asked=asked)


@refused("a service that does not exist", 201)
async def no_service(world: World) -> Said:
    return await changed_and_sent(world, service=f"{POPULATION}/population/nobody")


@bad("the same, by the asking node's own registry", CONSUMERS, 201, "consumer-node")
async def no_service_at_home(world: World) -> Said:
    return await put(world, ask(service=f"{POPULATION}/population/nobody"))


@refused("an operation that does not exist", 201)
async def no_operation(world: World) -> Said:
    return await changed_and_sent(world, operation="erase")


@refused("a service without an agreement", 201)
async def no_agreement(world: World) -> Said:
    return await changed_and_sent(world, operation="verify")


@refused("a system that has no agreement for this purpose, while others have", 202)
async def other_system(world: World) -> Said:
    return await put(world, marriage(dossier="H56.20-1", consumer_system="archive"))


@refused("an agreement that was revoked a moment ago", 211)
async def revoked(world: World) -> Said:
    ended = AUDIT.replace("valid_from", 'state = "revoked"\nvalid_from')
    world.publish(agreements=WORLD_AGREEMENTS.replace(AUDIT, ended))
    said = await changed_and_sent(world)
    world.publish()
    return said


@refused("an agreement that is suspended", 211)
async def suspended(world: World) -> Said:
    ended = AUDIT.replace("valid_from", 'state = "suspended"\nvalid_from')
    world.publish(agreements=WORLD_AGREEMENTS.replace(AUDIT, ended))
    said = await changed_and_sent(world)
    world.publish()
    return said


@refused("an agreement that has ended", 211)
async def ended(world: World) -> Said:
    over = AUDIT.replace("valid_from", "valid_to = 2026-01-01\nvalid_from")
    world.publish(agreements=WORLD_AGREEMENTS.replace(AUDIT, over))
    said = await changed_and_sent(world)
    world.publish()
    return said


@bad(
    "an agreement revoked at the provider's node before the hub has heard",
    "provider's node",
    211,
    "consumer-system",
    ledger=("asked", "fault 211"),
)
async def revoked_there(world: World) -> Said:
    ended = AUDIT.replace("valid_from", 'state = "revoked"\nvalid_from')
    world.publish_to(world.population, agreements=WORLD_AGREEMENTS.replace(AUDIT, ended))
    said = await put(world, ask())
    world.publish()
    return said


@refused("a purpose outside the agreement", 202)
async def purpose(world: World) -> Said:
    return await changed_and_sent(world, purpose="statistics")


@refused("a basis other than the agreement's", 203)
async def basis(world: World) -> Said:
    return await changed_and_sent(world, basis="13/2023/NĐ-CP")


@refused("a consent as basis", 212)
async def consent(world: World) -> Said:
    return await changed_and_sent(world, basis="consent:2026-11-22")


@refused("a field outside the agreement", 204)
async def fields(world: World) -> Said:
    return await changed_and_sent(world, fields=("person.full-name", "person.sex"))


@bad(
    "a procedure outside the agreement",
    HUB,
    210,
    "consumer-system",
    ledger=("opened", "refused 210"),
)
async def other_procedure(world: World) -> Said:
    await declared(world)
    return await put(world, marriage(procedure="1.999999"))


@refused("no officer where the service wants one", 209)
async def no_officer(world: World) -> Said:
    return await changed_and_sent(world, officer=None)


@refused("a subject identified too lightly", 205)
async def assurance(world: World) -> Said:
    return await changed_and_sent(world, subjects=(mother(assurance="low"),))


@refused("no subject where the service wants one identified", 205)
async def no_subject(world: World) -> Said:
    return await changed_and_sent(world, subjects=())


@refused("the quota used up", 206, "asked", "answered", "asked", "answered", asked=2)
async def quota(world: World) -> Said:
    for _ in range(2):
        assert (await put(world, quick())).by == ANSWERED
    return await put(world, quick())


@bad("the quota of yesterday", ANSWERED, ledger=("asked", "answered") * 3, asked=3)
async def next_day(world: World) -> Said:
    for _ in range(2):
        assert (await put(world, quick())).by == ANSWERED
    world.now_ms += 24 * 3_600_000
    return await put(world, quick())


@refused("the placeholder 000000001", 213)
async def placeholder_9(world: World) -> Said:
    return await about(world, "000000001")


@refused("the placeholder 000000000000", 213)
async def placeholder_12(world: World) -> Said:
    return await about(world, "000000000000")


@refused("the placeholder 222222222222", 213)
async def placeholder_2(world: World) -> Said:
    return await about(world, "222222222222")


@refused("a citizen number whose digits contradict each other", 213)
async def no_number(world: World) -> Said:
    return await about(world, "000195001234")


@refused("a question about somebody whom it does not name as subject", 214)
async def in_the_shade(world: World) -> Said:
    body = b'{"number":"097093005678","name":"Mau"}'
    _, envelope = drafted(world, parts=(bodies.part_of(body, "application/json"),))
    return await sealed_and_sent(world, envelope, body)


@bad("a dossier that is not named", HUB, 207, "consumer-system", ledger=("refused 207",))
async def no_dossier(world: World) -> Said:
    return await put(world, dossier_question(dossier=None))


@refused("a dossier that nobody has declared", 207)
async def undeclared(world: World) -> Said:
    return await put(world, dossier_question())


@refused("a dossier that was closed", 207, "opened", "closed")
async def closed(world: World) -> Said:
    await declared(world)
    await world.consumer.declarer.close(DOSSIER, PROCEDURE, "counter-7")
    return await put(world, dossier_question())


@refused("somebody who is no party of the dossier", 208, "opened")
async def no_party(world: World) -> Said:
    await declared(world)
    who = mother(id=FATHER)
    return await put(world, dossier_question(subjects=(who,), body={"number": FATHER, "name": "Lê Văn Mẫu"}))


@refused("a party under another register's number", 208, "opened")
async def other_scheme(world: World) -> Said:
    await declared(world)
    other = Subject(scheme="parcel", id=MOTHER, asserted_by=CONSUMER, assurance="substantial")
    return await put(world, dossier_question(subjects=(other,)))


@refused("a procedure other than the one that the dossier was declared for", 210, "opened")
async def other_dossier(world: World) -> Said:
    await declared(world)
    return await put(world, dossier_question(procedure="1.004222"))


@bad("the dossier of another agency", HUB, 201, "consumer-system", ledger=("opened", "refused 201"))
async def foreign_dossier(world: World) -> Said:
    await declared(world)
    world.connect(CONSUMER, certificate_of=PROVINCE)
    good, envelope = drafted(
        world,
        dossier_question(),
        sealer=PROVINCE,
        consumer=Party(agency=PROVINCE),
        officer=None,
        subjects=(mother(asserted_by=PROVINCE),),
    )
    return await sealed_and_sent(world, envelope, good.body.data, sealer=PROVINCE)


@bad("a party of an open dossier", ANSWERED, ledger=("opened", "asked", "answered"), asked=1)
async def a_party(world: World) -> Said:
    await declared(world)
    return await put(world, dossier_question())


def quick() -> Ask:
    return ask(service=MARRIAGE, operation="extract", body={"number": MOTHER})


def marriage(**changed: Any) -> Ask:  # noqa: ANN401 - any member
    system = changed.pop("consumer_system", "one-stop")
    return dossier_question(
        **{
            "service": MARRIAGE,
            "operation": "extract",
            "body": {"number": MOTHER},
            "system": system,
            "procedure": PROCEDURE,
            **changed,
        }
    )


async def about(world: World, number: str) -> Said:
    return await changed_and_sent(world, subjects=(mother(id=number),))


@pytest.mark.parametrize("row", TABLE.rows, ids=TABLE.ids())
async def test_a_bad_ground(row: Row):
    await hold(row)
