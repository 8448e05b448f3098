"""Sealing in batches, and what a judge makes of a seal."""

from __future__ import annotations

import asyncio

import msgspec
import pytest
from world import World
from world_registry import CONSUMER

from bus.hsm.slot import KeyUnavailableError
from bus.notary import MAX_BATCH, Judge, Notary
from schemas.envelope import Envelope, InReplyTo, Kind, Party
from schemas.problems import Code, ProblemError
from schemas.text import moment
from signing.keys import Signer


def status(notary: Notary, number: int = 0) -> Envelope:
    reply = InReplyTo(sha256="47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU")
    return notary.draft(Kind.STATUS, 1000, reply, consumer=Party(agency=CONSUMER), correlation=f"c{number}")


class Failing:
    """A key whose token was pulled out."""

    def __init__(self, signer: Signer) -> None:
        self.alg, self.x5t, self.certificate = signer.alg, signer.x5t, signer.certificate

    def sign(self, data: bytes) -> bytes:
        raise OSError(len(data))


async def test_a_lone_envelope_is_a_batch_of_one():
    notary = World().notary(CONSUMER)
    sealed = await notary.seal(status(notary))
    assert (sealed.index, sealed.size, sealed.path) == (0, 1, ())


async def test_what_is_sealed_in_one_turn_shares_a_signature():
    world = World()
    notary = world.notary(CONSUMER)
    sealed = await asyncio.gather(*(notary.seal(status(notary, number)) for number in range(5)))
    assert len({one.seal for one in sealed}) == 1
    assert [one.index for one in sealed] == list(range(5))
    judge = Judge(world.consumer.directory, "VN-test")
    assert [judge.open(one, world.now_ms).envelope.correlation for one in sealed] == [f"c{n}" for n in range(5)]


async def test_more_than_a_batch_takes_becomes_several():
    notary = World().notary(CONSUMER)
    sealed = await asyncio.gather(*(notary.seal(status(notary, number)) for number in range(MAX_BATCH + 3)))
    assert sorted({one.size for one in sealed}) == [3, MAX_BATCH]


async def test_a_failing_key_fails_those_who_wait_and_nobody_later():
    world = World()
    notary = world.notary(CONSUMER)
    whole, notary._signer = notary._signer, Failing(notary._signer)
    failed = await asyncio.gather(*(notary.seal(status(notary, n)) for n in range(2)), return_exceptions=True)
    assert [type(one) for one in failed] == [OSError, OSError]
    notary._signer = whole
    assert (await notary.seal(status(notary))).size == 1


async def test_who_stops_waiting_spoils_no_batch():
    notary = World().notary(CONSUMER)
    first = asyncio.ensure_future(notary.seal(status(notary, 1)))
    second = asyncio.ensure_future(notary.seal(status(notary, 2)))
    await asyncio.sleep(0)
    first.cancel()
    assert (await second).size == 2


async def test_an_envelope_that_is_too_large_is_refused_alone():
    notary = World().notary(CONSUMER)
    large = msgspec.structs.replace(status(notary), fields=tuple(f"t{n:075d}" for n in range(256)))
    small, refused = await asyncio.gather(notary.seal(status(notary)), notary.seal(large), return_exceptions=True)
    assert small.size == 1
    assert isinstance(refused, ProblemError)
    assert refused.problem.code is Code.ENVELOPE_TOO_LARGE


async def test_a_draft_has_its_header_filled_in():
    world = World()
    drafted = status(world.notary(CONSUMER))
    assert (drafted.v, drafted.instance, drafted.sealer) == (1, "VN-test", CONSUMER)
    assert (drafted.created, drafted.expires) == (moment(world.now_ms), moment(world.now_ms + 1000))
    assert drafted.id[14] == "7"


@pytest.mark.parametrize(
    ("ahead_ms", "code"),
    [
        (-300_000, None),
        (-301_000, Code.ENVELOPE_EXPIRED),
        (30_000, None),
        (31_000, Code.CLOCK_OFF),
    ],
)
async def test_a_seal_is_judged_by_the_time_it_was_made(ahead_ms: int, code: Code | None):
    world = World()
    notary = Notary(
        agency=CONSUMER,
        instance="VN-test",
        signer=world.pki.signer(CONSUMER),
        clock=lambda: world.now_ms + ahead_ms,
    )
    drafted = msgspec.structs.replace(status(notary), created=moment(world.now_ms), expires=moment(world.now_ms + 1000))
    sealed = await notary.seal(drafted)
    found = None
    try:
        world.workers[0].exchange._judge.open(sealed, world.now_ms)
    except ProblemError as error:
        found = error.problem
    assert (found.code if found else None) is code
    assert found is None or found.params["hub_time"] == moment(world.now_ms)


async def test_the_agency_of_the_certificate_must_exist_today():
    world = World()
    notary = world.notary("a200002")
    sealed = await notary.seal(status(notary))
    with pytest.raises(ProblemError) as caught:
        world.workers[0].exchange._judge.open(sealed, world.now_ms)
    assert caught.value.problem.code is Code.REPLACED_BY_SUCCESSOR
    assert caught.value.problem.params == {"successor": "a200003"}


class Away(Failing):
    """A token that was pulled out, as its own process tells it."""

    waits = True

    def sign(self, data: bytes) -> bytes:
        raise KeyUnavailableError("key-token-lost", f"{len(data)} bytes are not signed")


async def test_a_token_that_is_away_is_a_listed_problem_and_spoils_nothing_later():
    world = World()
    notary = world.notary(CONSUMER)
    whole = notary._signer
    notary.use(Away(whole))
    failed = await asyncio.gather(*(notary.seal(status(notary, n)) for n in range(3)), return_exceptions=True)
    assert [one.problem.code for one in failed] == [Code.SEAL_KEY_AWAY] * 3
    assert all(one.problem.retry for one in failed)
    notary.use(whole)
    assert (await notary.seal(status(notary))).size == 1
