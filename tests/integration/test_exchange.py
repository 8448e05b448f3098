"""A question from one agency's node to another's, through the hub, end to end in memory."""

from __future__ import annotations

from world import PERSON_BODY, World, ask

from schemas.record import LeafType, decode_details, decode_leaf


async def test_an_answer_comes_back_verified_with_its_receipt():
    world = World()
    answered = await world.consumer.asker.ask(ask())
    assert answered.value == {name: PERSON_BODY[name] for name in ("number", "name", "birth", "homes")}
    assert (answered.receipt.asked, answered.receipt.outcome) == (0, 1)
    asked, outcome = [decode_leaf(leaf) for leaf in await world.ledger.read(0, 2)]
    assert (asked.type, outcome.type, outcome.outcome, outcome.asked) == (
        LeafType.ASKED,
        LeafType.OUTCOME,
        "answered",
        0,
    )
    details = await world.ledger.details(0)
    assert decode_details(details.details).correlation == "counter-7"
    assert MOTHER_BYTES not in b"".join(await world.ledger.read(0, 2))


MOTHER_BYTES = b"097195001234"
