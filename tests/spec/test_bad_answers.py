"""Answers that are not what they should be: on their way to the hub, and at the hands of a hub that is not true."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import msgspec
import orjson
import pytest
from spec_rows import CONSUMERS, HUB, PROVIDERS, Row, Said, Table, hold, put, seal_bytes
from world import BIRTH_BODY, EXTRACT_XML, FATHER, MOTHER, PERSON_BODY, World, ask, ask_birth
from world_registry import CONSUMER, EXTRACT, JUSTICE, OPERATOR, POPULATION

from bus import bodies
from bus.link.messages import Message
from bus.node.ask import Ask
from bus.topics import Reply, head, read_reply
from schemas.envelope import Envelope, InReplyTo, Kind, Party, Subject, decode
from schemas.sealed import Sealed, pack, unpack
from schemas.text import b64url_decode, b64url_encode, moment

TO_HUB = Table(
    "Answers on their way to the hub",
    "The provider's node seals wrongly, or somebody between it and the hub exchanges what it sealed. The hub hands "
    "none of it on. Where the operation is not safe, the asker is told that its outcome is unknown.",
)
FALSE_HUB = Table(
    "A hub that is not true",
    "The hub's own machine is in foreign hands: both nodes verify for themselves and find it out. What the asking node "
    "was handed is kept as evidence.",
)
Change = Callable[[World, Message, Reply], Message]


def fault(what: str, number: int, *, asked: int = 1) -> Any:  # noqa: ANN401 - a decorator
    return TO_HUB.row(what, HUB, number, "provider-node", ledger=("asked", f"fault {number}"), asked=asked)


def found_out(what: str, number: int, fault_at: str = "hub") -> Any:  # noqa: ANN401 - a decorator
    return FALSE_HUB.row(what, CONSUMERS, number, fault_at, ledger=("asked", "answered"), asked=1)


def to_hub(
    change: Change, question: Callable[[], Ask] = ask, provider: str = POPULATION
) -> Callable[[World], Awaitable[Said]]:
    """Play with what the provider's node hands to the hub."""

    async def play(world: World) -> Said:
        world.to_node(provider).coming = lambda message: change(world, message, read_reply(message.head))
        return await put(world, question())

    return play


def to_consumer(change: Change) -> Callable[[World], Awaitable[Said]]:
    """Play with what the hub hands to the asking node."""

    async def play(world: World) -> Said:
        world.to_hub().coming = lambda message: change(world, message, read_reply(message.head))
        said = await put(world, ask())
        assert any(kind == "reply-refused" for _, kind in world.consumer.archive.kept), "kept as evidence"
        return said

    return play


def answered(message: Message, sealed: Sealed, *parts: bytes, receipt: Sealed | None = None) -> Message:
    return message._replace(head=head(Reply(sealed, receipt)), parts=parts)


def resealed(world: World, reply: Reply, key: str = POPULATION, **changed: Any) -> Sealed:  # noqa: ANN401 - any member
    """The answer with members changed, soundly sealed again."""
    envelope = msgspec.structs.replace(decode(reply.sealed.envelope), **changed)
    return seal_bytes(world, msgspec.json.encode(envelope), key)


def with_body(
    world: World,
    message: Message,
    reply: Reply,
    body: bytes,
    *more: bytes,
    media_type: str = "application/json",
    **changed: Any,  # noqa: ANN401 - any member
) -> Message:
    named = (bodies.part_of(body, media_type), *(bodies.part_of(one, "text/plain", "more") for one in more))
    return answered(message, resealed(world, reply, parts=named, **changed), body, *more)


AGREED = {name: PERSON_BODY[name] for name in ("number", "name", "birth", "homes")}


@fault("the answer to another question", 121, asked=1)
async def other_answer(world: World) -> Said:
    """An answer of last year, sealed by the right agency: its digest names another question."""

    def change(message: Message) -> Message:
        return answered(
            message,
            resealed(world, read_reply(message.head), in_reply_to=InReplyTo(sha256=bodies.digest(b"another"))),
            *message.parts,
        )

    world.to_node().coming = change
    return await put(world, ask())


fault("an answer sealed by another agency", 121)(
    to_hub(lambda w, m, r: answered(m, resealed(w, r, JUSTICE, sealer=JUSTICE, about=()), *m.parts))
)
fault("an answer sealed by another agency in the provider's name", 113)(
    to_hub(lambda w, m, r: answered(m, resealed(w, r, JUSTICE), *m.parts))
)
fault("an answer sealed by the asker itself", 121)(
    to_hub(lambda w, m, r: answered(m, resealed(w, r, CONSUMER, sealer=CONSUMER, about=()), *m.parts))
)
fault("an answer altered after sealing", 110)(
    to_hub(
        lambda _, m, r: answered(
            m,
            msgspec.structs.replace(r.sealed, envelope=r.sealed.envelope.replace(b"counter-7", b"counter-8")),
            *m.parts,
        )
    )
)
fault("an answer whose body was altered", 115)(
    to_hub(lambda _, m, r: answered(m, r.sealed, m.parts[0].replace(b"1995", b"1996")))
)
fault("an answer whose body is missing", 117)(to_hub(lambda _, m, r: answered(m, r.sealed)))
fault("a reply that is no reply", 101)(to_hub(lambda _, m, _r: m._replace(head=b"\x93\x01\x02\x03")))
fault("the question sent back", 121)(
    to_hub(lambda w, m, _r: answered(m, unpack(w.to_node().carried[-1].head), *w.to_node().carried[-1].parts))
)
fault("a pending reply, which has no continuation yet", 121)(
    to_hub(lambda w, m, r: answered(m, resealed(w, r, kind=Kind.PENDING, parts=(), schema=None, about=(), fields=())))
)
fault("an answer for another consumer", 121)(
    to_hub(lambda w, m, r: answered(m, resealed(w, r, consumer=Party(agency=JUSTICE)), *m.parts))
)
fault("an answer of another service", 121)(
    to_hub(lambda w, m, r: answered(m, resealed(w, r, service=f"{POPULATION}/population/household"), *m.parts))
)
fault("an answer that says it is about somebody else", 121)(
    to_hub(
        lambda w, m, r: answered(
            m, resealed(w, r, about=(Subject(scheme="citizen", id=FATHER, asserted_by=POPULATION),)), *m.parts
        )
    )
)
fault("an answer that holds somebody else's number", 121)(
    to_hub(lambda w, m, r: with_body(w, m, r, orjson.dumps(AGREED | {"number": FATHER})))
)
fault("an answer with a field outside the agreement", 302)(
    to_hub(lambda w, m, r: with_body(w, m, r, orjson.dumps(AGREED | {"sex": "female"})))
)
fault("an answer with a member that the schema does not know", 302)(
    to_hub(lambda w, m, r: with_body(w, m, r, orjson.dumps(AGREED | {"error": 0})))
)
fault("an answer with a second part beside its body", 123)(
    to_hub(lambda w, m, r: with_body(w, m, r, m.parts[0], b"the whole record"))
)
fault("an answer that is no JSON", 303)(to_hub(lambda w, m, r: with_body(w, m, r, b"<html>")))
fault("an answer of the wrong content type", 118)(
    to_hub(lambda w, m, r: with_body(w, m, r, m.parts[0], media_type="text/html"))
)
fault("an answer by another schema", 305)(
    to_hub(lambda w, m, r: answered(m, resealed(w, r, schema="person.verified@1"), *m.parts))
)
fault("an answer over the limit", 116)(to_hub(lambda w, m, r: with_body(w, m, r, b" " * (1 << 20) + m.parts[0])))
fault("an answer that has expired", 106)(
    to_hub(
        lambda w, m, r: answered(
            m, resealed(w, r, created=moment(w.now_ms - 9_000), expires=moment(w.now_ms - 1)), *m.parts
        )
    )
)
fault("XML with an element outside the agreement", 302)(
    to_hub(
        lambda w, m, r: with_body(w, m, r, EXTRACT_XML.encode(), media_type="application/xml", key=JUSTICE),
        lambda: ask(service=EXTRACT, operation="fetch", body={"xml": f"<Hoi><SoDinhDanh>{MOTHER}</SoDinhDanh></Hoi>"}),
        JUSTICE,
    )
)
TO_HUB.row(
    "a spoilt answer of an operation that is not safe",
    HUB,
    407,
    "provider-node",
    ledger=("asked", "outcome-unknown 407"),
    asked=1,
)(to_hub(lambda w, m, r: with_body(w, m, r, orjson.dumps(BIRTH_BODY | {"x": 1}), key=JUSTICE), ask_birth, JUSTICE))


found_out("an answer altered at the hub", 110)(
    to_consumer(
        lambda _, m, r: answered(
            m,
            msgspec.structs.replace(r.sealed, envelope=r.sealed.envelope.replace(b"counter-7", b"counter-8")),
            *m.parts,
            receipt=r.receipt,
        )
    )
)
found_out("a body altered at the hub", 115)(
    to_consumer(lambda _, m, r: answered(m, r.sealed, m.parts[0].replace(b"1995", b"1996"), receipt=r.receipt))
)
found_out("an answer that the hub made itself", 121)(
    to_consumer(
        lambda w, m, r: answered(m, resealed(w, r, OPERATOR, sealer=OPERATOR, about=()), *m.parts, receipt=r.receipt)
    )
)
found_out("an answer to another question", 121)(
    to_consumer(
        lambda w, m, r: answered(
            m,
            resealed(w, r, in_reply_to=InReplyTo(sha256=bodies.digest(b"another"))),
            *m.parts,
            receipt=r.receipt,
        )
    )
)
found_out("more than was asked for, which hub and provider agreed to send", 302, "provider-node")(
    to_consumer(
        lambda w, m, r: answered(
            m,
            resealed(w, r, parts=(bodies.part_of(orjson.dumps(AGREED | {"sex": "female"}), "application/json"),)),
            orjson.dumps(AGREED | {"sex": "female"}),
        )
    )
)


@found_out("an answer without a receipt", 601)
async def no_receipt(world: World) -> Said:
    world.to_hub().coming = lambda m: answered(m, read_reply(m.head).sealed, *m.parts)
    said = await put(world, ask())
    # The reply itself holds; only the hub's word is missing.
    return Said(CONSUMERS, said.problem)


def receipt_of(world: World, reply: Reply, sealer: str = OPERATOR, **changed: Any) -> Sealed:  # noqa: ANN401 - any member
    assert reply.receipt is not None
    envelope = msgspec.structs.replace(decode(reply.receipt.envelope), sealer=sealer, **changed)
    return seal_bytes(world, msgspec.json.encode(envelope), sealer)


def with_leaf(world: World, message: Message, reply: Reply, name: str, old: bytes, new: bytes) -> Message:
    """A receipt soundly sealed by the hub, with a leaf that the ledger does not hold."""
    assert reply.receipt is not None
    body = decode(reply.receipt.envelope).receipt
    assert body is not None
    leaf = getattr(body, name)
    forged = b64url_encode(b64url_decode(leaf.leaf).replace(old, new))
    changed = msgspec.structs.replace(body, **{name: msgspec.structs.replace(leaf, leaf=forged)})
    return answered(message, reply.sealed, *message.parts, receipt=receipt_of(world, reply, receipt=changed))


def with_details(world: World, message: Message, reply: Reply, name: str) -> Message:
    """A receipt whose details do not open the leaf's commitment."""
    body = envelope_of(reply).receipt
    assert body is not None
    leaf = getattr(body, name)
    details = b64url_encode(b64url_decode(leaf.details).replace(b"a200003", b"a200001").replace(b"a100001", b"a200001"))
    changed = msgspec.structs.replace(body, **{name: msgspec.structs.replace(leaf, details=details)})
    return answered(message, reply.sealed, *message.parts, receipt=receipt_of(world, reply, receipt=changed))


def envelope_of(reply: Reply) -> Envelope:
    assert reply.receipt is not None
    return decode(reply.receipt.envelope)


def swapped(world: World, message: Message, reply: Reply) -> Message:
    body = envelope_of(reply).receipt
    assert body is not None
    other = msgspec.structs.replace(body, asked=body.outcome, outcome=body.asked)
    return answered(message, reply.sealed, *message.parts, receipt=receipt_of(world, reply, receipt=other))


found_out("a receipt altered at the hub's door", 110)(
    to_consumer(
        lambda _, m, r: answered(
            m,
            r.sealed,
            *m.parts,
            receipt=msgspec.structs.replace(r.receipt, envelope=r.receipt.envelope.replace(b"ledger", b"Ledger")),
        )
    )
)
found_out("a receipt sealed by somebody other than the operator", 601)(
    to_consumer(lambda w, m, r: answered(m, r.sealed, *m.parts, receipt=receipt_of(w, r, JUSTICE)))
)
found_out("a receipt for another question", 601)(
    to_consumer(
        lambda w, m, r: answered(
            m,
            r.sealed,
            *m.parts,
            receipt=receipt_of(w, r, in_reply_to=InReplyTo(sha256=bodies.digest(b"another"))),
        )
    )
)
found_out("a receipt whose asked leaf names another consumer", 601)(
    to_consumer(lambda w, m, r: with_leaf(w, m, r, "asked", b"a200003", b"a200001"))
)
found_out("a receipt that says it ended otherwise", 601)(
    to_consumer(lambda w, m, r: with_leaf(w, m, r, "outcome", b'"answered"', b'"fault","code":501'))
)
found_out("a receipt whose details do not open the asked leaf", 601)(
    to_consumer(lambda w, m, r: with_details(w, m, r, "asked"))
)
found_out("a receipt whose details do not open the outcome leaf", 601)(
    to_consumer(lambda w, m, r: with_details(w, m, r, "outcome"))
)
found_out("a receipt with its leaves exchanged", 601)(to_consumer(swapped))


def overheard(world: World) -> list[Message]:
    """What the provider's node says to the hub."""
    said: list[Message] = []

    def listen(message: Message) -> Message:
        said.append(message)
        return message

    world.to_node().coming = listen
    return said


async def told_by_node(world: World, said: list[Message]) -> Said:
    """The node's word; since it answers other bytes than were asked, the asker is told 121 and nothing else."""
    outcome = await put(world, ask())
    assert outcome.problem is not None
    assert outcome.problem.code == 121
    return Said(PROVIDERS, decode(read_reply(said[0].head).sealed.envelope).problem)


@FALSE_HUB.row(
    "a question altered at the hub: the provider's node does not execute it",
    PROVIDERS,
    110,
    "provider-node",
    ledger=("asked", "fault 121"),
)
async def altered_question(world: World) -> Said:
    def alter(message: Message) -> Message:
        sealed = unpack(message.head)
        other = msgspec.structs.replace(sealed, envelope=sealed.envelope.replace(b"counter-7", b"counter-8"))
        return message._replace(head=pack(other))

    world.to_node().going = alter
    return await told_by_node(world, overheard(world))


@FALSE_HUB.row(
    "a body altered at the hub: the provider's node does not execute it",
    PROVIDERS,
    115,
    "hub",
    ledger=("asked", "fault 115"),
)
async def altered_body(world: World) -> Said:
    world.to_node().going = lambda m: m._replace(parts=(m.parts[0].replace(b"195", b"196"),))
    return await put(world, ask())


@FALSE_HUB.row(
    "a question that the hub lets one agency ask in another's name",
    PROVIDERS,
    113,
    "consumer-node",
    ledger=("asked", "fault 121"),
)
async def in_anothers_name(world: World) -> Said:
    def exchange(message: Message) -> Message:
        stolen = msgspec.structs.replace(decode(unpack(message.head).envelope), sealer=JUSTICE)
        return message._replace(head=pack(seal_bytes(world, msgspec.json.encode(stolen), JUSTICE)))

    world.to_node().going = exchange
    return await told_by_node(world, overheard(world))


@pytest.mark.parametrize("row", TO_HUB.rows, ids=TO_HUB.ids())
async def test_a_bad_answer(row: Row):
    await hold(row)


@pytest.mark.parametrize("row", FALSE_HUB.rows, ids=FALSE_HUB.ids())
async def test_a_false_hub(row: Row):
    await hold(row)
