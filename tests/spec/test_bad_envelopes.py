"""Envelopes and seals that the hub refuses; the manual's page docs/bad-input.md is printed from this table."""

from __future__ import annotations

import msgspec
import pytest
from envelopes import respelled
from registry_folder import AGENCIES
from spec_rows import (
    ANSWERED,
    HUB,
    LINK,
    Row,
    Said,
    Table,
    changed_and_sent,
    drafted,
    hold,
    put,
    seal_bytes,
    sealed_and_sent,
    send,
    send_head,
)
from world import World, ask, mother, officer
from world_registry import CONSUMER, JUSTICE, MERGED, POPULATION, PROVINCE, STRANGER

from bus.notary import Notary
from schemas.envelope import InReplyTo, Kind, Party, Subject
from schemas.sealed import MAX_ENVELOPE_BYTES
from schemas.text import moment

TABLE = Table(
    "Envelope and seal",
    "Sent by a node that seals what it likes. Nothing is recorded: what cannot be trusted to be anybody's question is "
    "answered under the hub's seal, and that is all.",
)
bad = TABLE.row


@bad("bytes that are no sealed envelope", LINK)
async def no_sealed(world: World) -> Said:
    return await send_head(world, b"GET / HTTP/1.1\r\n\r\n")


@bad("no seal at all", LINK)
async def unsigned(world: World) -> Said:
    good, envelope = drafted(world)
    sealed = await world.consumer.notary.seal(envelope)
    return await send(world, msgspec.structs.replace(sealed, seal=b""), good.body.data)


@bad("an envelope over 16 KiB", LINK)
async def oversize(world: World) -> Said:
    sealed = seal_bytes(world, b"{}")
    return await send(world, msgspec.structs.replace(sealed, envelope=b" " * (MAX_ENVELOPE_BYTES + 1)))


@bad("a seal that is no JWS", HUB, 110, "consumer-node")
async def no_jws(world: World) -> Said:
    sealed = await world.consumer.notary.seal(drafted(world)[1])
    return await send(world, msgspec.structs.replace(sealed, seal=b"a.b.c"))


@bad("altered by one byte after sealing", HUB, 110, "consumer-node")
async def altered(world: World) -> Said:
    good, envelope = drafted(world)
    sealed = await world.consumer.notary.seal(envelope)
    changed = sealed.envelope.replace(b'"audit"', b'"Audit"')
    return await send(world, msgspec.structs.replace(sealed, envelope=changed), good.body.data)


@bad("the seal of another envelope", HUB, 110, "consumer-node")
async def borrowed(world: World) -> Said:
    good, envelope = drafted(world)
    mine = await world.consumer.notary.seal(envelope)
    other = await world.consumer.notary.seal(drafted(world)[1])
    return await send(world, msgspec.structs.replace(other, envelope=mine.envelope), good.body.data)


@bad("sealed by a key that the directory does not know", HUB, 111, "consumer-node")
async def stranger(world: World) -> Said:
    good, envelope = drafted(world, sealer=STRANGER, consumer=Party(agency=STRANGER))
    return await sealed_and_sent(world, envelope, good.body.data, sealer=STRANGER)


@bad("sealed with a link certificate's key", HUB, 111, "consumer-node")
async def link_key(world: World) -> Said:
    good, envelope = drafted(world)
    world.pki.seals[CONSUMER], kept = world.pki.links[CONSUMER], world.pki.seals[CONSUMER]
    notary = world.notary(CONSUMER)
    world.pki.seals[CONSUMER] = kept
    return await send(world, await notary.seal(envelope), good.body.data)


@bad("sealed with a certificate that was revoked a second ago", HUB, 112, "consumer-node")
async def revoked(world: World) -> Said:
    good, envelope = drafted(world)
    world.pki.revoked[f"{CONSUMER}-seal"] = moment(world.now_ms - 1000)
    world.publish()
    said = await sealed_and_sent(world, envelope, good.body.data)
    world.pki.revoked.clear()
    world.publish()
    return said


@bad("sealed six minutes ago", HUB, 106, "consumer-node")
async def old_seal(world: World) -> Said:
    good, envelope = drafted(world)
    sealed = await world.consumer.notary.seal(envelope)
    world.now_ms += 6 * 60_000
    return await send(world, sealed, good.body.data)


@bad("sealed now, but past its own expiry", HUB, 106, "consumer-node")
async def expired(world: World) -> Said:
    before = {"created": moment(world.now_ms - 10_000), "expires": moment(world.now_ms)}
    return await changed_and_sent(world, **before)


@bad("created a minute from now", HUB, 108, "consumer-node")
async def from_the_future(world: World) -> Said:
    after = {"created": moment(world.now_ms + 60_000), "expires": moment(world.now_ms + 70_000)}
    return await changed_and_sent(world, **after)


@bad("to live longer than five minutes", HUB, 107, "consumer-node")
async def long_lived(world: World) -> Said:
    return await changed_and_sent(world, expires=moment(world.now_ms + 300_001))


@bad("of another instance, as its seal says", HUB, 105, "consumer-node")
async def other_instance(world: World) -> Said:
    good, envelope = drafted(world, instance="VN")
    notary = Notary(agency=CONSUMER, instance="VN", signer=world.pki.signer(CONSUMER), clock=world.clock)
    return await send(world, await notary.seal(envelope), good.body.data)


@bad("of another instance, under a seal of this one", HUB, 105, "consumer-node")
async def other_instance_inside(world: World) -> Said:
    return await changed_and_sent(world, instance="VN")


@bad("naming as sealer somebody other than who sealed it", HUB, 113, "consumer-node")
async def false_sealer(world: World) -> Said:
    return await changed_and_sent(world, sealer=JUSTICE, consumer=Party(agency=JUSTICE))


@bad("sealed by an agency other than the consumer", HUB, 113, "consumer-node")
async def for_another(world: World) -> Said:
    good, envelope = drafted(world, sealer=JUSTICE)
    return await sealed_and_sent(world, envelope, good.body.data, sealer=JUSTICE, by=JUSTICE)


@bad("claiming that another agency vouches for the subject", HUB, 113, "consumer-node")
async def borrowed_claim(world: World) -> Said:
    return await changed_and_sent(world, subjects=(mother(asserted_by=POPULATION),))


@bad("claiming that another agency vouches for the officer", HUB, 113, "consumer-node")
async def borrowed_officer(world: World) -> Said:
    return await changed_and_sent(world, officer=officer(asserted_by=POPULATION))


@bad("on the link of an agency that may not speak for the sealer", HUB, 114, "consumer-node")
async def wrong_link(world: World) -> Said:
    good, envelope = drafted(world)
    return await sealed_and_sent(world, envelope, good.body.data, by=JUSTICE)


@bad("on the link of the agency that hosts the sealer's node", ANSWERED, ledger=("asked", "answered"), asked=1)
async def hosted(world: World) -> Said:
    world.disconnect(CONSUMER)
    world.connect(CONSUMER, certificate_of=PROVINCE)
    return await put(world, ask())


@bad("on a link whose certificate was revoked meanwhile", LINK)
async def revoked_link(world: World) -> Said:
    good, envelope = drafted(world)
    world.pki.revoked[f"{CONSUMER}-link"] = moment(world.now_ms - 1000)
    world.publish()
    said = await sealed_and_sent(world, envelope, good.body.data)
    world.pki.revoked.clear()
    world.publish()
    return said


@bad("from an agency that was merged into another", HUB, 122, "consumer-node")
async def merged(world: World) -> Said:
    good, envelope = drafted(
        world, sealer=MERGED, consumer=Party(agency=MERGED), subjects=(mother(asserted_by=MERGED),), officer=None
    )
    return await sealed_and_sent(world, envelope, good.body.data, sealer=MERGED)


@bad("to an agency that was merged into another", HUB, 122, "consumer-node", ledger=("refused 122",))
async def to_merged(world: World) -> Said:
    ended = 'id = "a100001"\nvalid_to = 2026-01-01\nsuccessors = ["a100002"]'
    world.publish(agencies=AGENCIES.replace('id = "a100001"', ended))
    said = await changed_and_sent(world)
    world.publish()
    return said


@bad("no JSON", HUB, 101, "consumer-node")
async def no_json(world: World) -> Said:
    return await send(world, seal_bytes(world, b'{"v":1,'))


@bad("a member outside the format", HUB, 101, "consumer-node")
async def unknown_member(world: World) -> Said:
    return await send(world, seal_bytes(world, respelled(drafted(world)[1], priority="high")))


@bad("a member given twice", HUB, 101, "consumer-node")
async def twice(world: World) -> Said:
    good, envelope = drafted(world)
    data = respelled(envelope).replace(b'"purpose":"audit"', b'"purpose":"audit","purpose":"dossier"')
    return await send(world, seal_bytes(world, data), good.body.data)


@bad("nesting without end in an extension", HUB, 101, "consumer-node")
async def deep(world: World) -> Said:
    data = respelled(drafted(world)[1], ext={"a": 0}).replace(b'"a":0', b'"a":' + b"[" * 6000 + b"]" * 6000)
    return await send(world, seal_bytes(world, data))


@bad("an agency id with a line feed behind it", HUB, 101, "consumer-node")
async def line_feed(world: World) -> Said:
    data = respelled(drafted(world)[1], consumer={"agency": f"{CONSUMER}\n"})
    return await send(world, seal_bytes(world, data))


@bad("of the version after the next", HUB, 103, "consumer-node")
async def too_new(world: World) -> Said:
    return await changed_and_sent(world, v=3)


@bad("with a critical extension that nobody here understands", HUB, 104, "consumer-node")
async def critical(world: World) -> Said:
    return await changed_and_sent(world, ext={"later": msgspec.Raw(b"1")}, crit=("later",))


@bad("with an extension that is not critical", ANSWERED, ledger=("asked", "answered"), asked=1)
async def uncritical(world: World) -> Said:
    return await changed_and_sent(world, v=2, ext={"later": msgspec.Raw(b'{"a": [1]}')})


@bad("of another kind: an answer sent as a question", HUB, 109, "consumer-node")
async def not_a_question(world: World) -> Said:
    good, envelope = drafted(world)
    answer = world.consumer.notary.draft(
        Kind.ANSWER,
        5_000,
        in_reply_to=InReplyTo(sha256=envelope.parts[0].sha256),
        consumer=envelope.consumer,
        service=envelope.service,
        operation=envelope.operation,
        schema=envelope.schema,
        parts=envelope.parts,
    )
    return await sealed_and_sent(world, answer, good.body.data)


@bad("with so many subjects that no receipt could hold the record", HUB, 102, "consumer-node", ledger=("refused 102",))
async def too_much(world: World) -> Said:
    crowd = tuple(
        Subject(scheme="parcel", id=f"P{number:070d}", asserted_by=CONSUMER, assurance="substantial", role="neighbour")
        for number in range(32)
    )
    return await changed_and_sent(world, subjects=(mother(), *crowd[:31]), fields=())


@pytest.mark.parametrize("row", TABLE.rows, ids=TABLE.ids())
async def test_a_bad_envelope(row: Row):
    await hold(row)
