"""Rate, circuit and retries as an adapter keeps them: refusals have a known outcome and say when to come back."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest
import structlog

from adapters.breaker import Breaker, BreakerLimits, Circuit
from adapters.fault import PeerError, PeerFault
from adapters.guard import GuardLimits
from adapters.kinds import build
from adapters.memory import CallableAdapter
from adapters.pace import PaceLimits
from adapters.port import Bounds, DeclarationError, Found, Query
from adapters.retry import RetryLimits

ASKED = Query("ask", {"number": "096199000001"}, timeout_s=5.0, safe=True)
OPENS = BreakerLimits(failures=3, share=0.5, window_s=3600, open_s=3600, probes=1)


def adapter(answer: Callable[[Query], Awaitable[Found]], most: int = 8, **limits: object) -> CallableAdapter:
    return CallableAdapter({"ask": answer}, Bounds(max_concurrency=most, guard=GuardLimits(**limits)))


def failing(*errors: PeerError | None) -> tuple[Callable[[Query], Awaitable[Found]], list[Query]]:
    """A system that raises these, one after the other, and answers where there is None and afterwards."""
    asked: list[Query] = []

    async def answer(query: Query) -> Found:
        asked.append(query)
        error = errors[len(asked) - 1] if len(asked) <= len(errors) else None
        if error is not None:
            raise error
        return Found({"n": len(asked)})

    return answer, asked


async def refusal(of: CallableAdapter, query: Query = ASKED) -> PeerError:
    with pytest.raises(PeerError) as caught:
        await of.ask(query)
    return caught.value


AWAY = PeerError(PeerFault.UNREACHABLE)


async def test_who_keeps_failing_is_left_alone_and_it_shows():
    answer, asked = failing(*[AWAY] * 3)
    away = adapter(answer, breaker=OPENS)
    away.service = "a100001/population/person"
    with structlog.testing.capture_logs() as logs:
        for _ in range(3):
            assert (await refusal(away)).rule is None
        error = await refusal(away)
    assert (error.kind, error.rule, error.outcome_known, error.retry) == (
        PeerFault.UNREACHABLE,
        "circuit-open",
        True,
        True,
    )
    assert error.retry_after_s is not None
    assert 0 < error.retry_after_s <= 3600
    assert len(asked) == 3
    assert away.guard.standing.circuit is Circuit.OPEN
    (line,) = logs
    said = (line["event"], line["circuit"], line["service"], line["failures"])
    assert said == ("adapter-circuit", "open", away.service, 3)


async def test_a_good_probe_closes_it_again_and_a_bad_one_does_not():
    answer, asked = failing(AWAY, AWAY, AWAY, AWAY, None)
    away = adapter(answer, breaker=BreakerLimits(3, 0.5, 3600, 0.01, 1))
    told = []
    away.guard.told = lambda standing: told.append(standing.circuit.value)
    for _ in range(3):
        await refusal(away)
    for probe in (4, 5):
        await asyncio.sleep(0.02)
        if probe == 4:
            await refusal(away)
        else:
            assert (await away.ask(ASKED)).body == {"n": 5}
    assert told == ["open", "half-open", "open", "half-open", "closed"]
    assert len(asked) == 5


async def test_those_who_wait_for_a_turn_are_let_go_when_it_opens():
    gate = asyncio.Event()

    async def hang(_: Query) -> Found:
        await gate.wait()
        raise AWAY

    away = adapter(hang, most=3, breaker=OPENS)
    asking = [asyncio.create_task(refusal(away)) for _ in range(9)]
    await asyncio.sleep(0)
    gate.set()
    rules = [error.rule for error in await asyncio.gather(*asking)]
    assert rules == [None] * 3 + ["circuit-open"] * 6


@pytest.mark.parametrize(
    "error",
    [
        PeerError(PeerFault.NO_MATCH),
        PeerError(PeerFault.NOT_PERMITTED),
        PeerError(PeerFault.BAD_QUESTION),
        PeerError(PeerFault.BAD_ANSWER),
        PeerError(PeerFault.FAULT, peer_code="17", outcome_known=True),
        PeerError(PeerFault.FAULT, peer_code="404"),
        PeerError(PeerFault.UNREACHABLE, rule="no-data"),
    ],
)
async def test_what_a_working_system_says_opens_nothing(error: PeerError):
    answer, _ = failing(*[error] * 9)
    alive = adapter(answer, breaker=OPENS)
    for _ in range(9):
        assert (await refusal(alive)).kind is error.kind
    assert alive.guard.standing.circuit is Circuit.CLOSED


@pytest.mark.parametrize(
    "error", [AWAY, PeerError(PeerFault.TIMEOUT), PeerError(PeerFault.OVERLOADED), PeerError(PeerFault.FAULT)]
)
async def test_what_a_failing_system_does_opens_it(error: PeerError):
    answer, _ = failing(*[error] * 3)
    away = adapter(answer, breaker=OPENS)
    for _ in range(3):
        await refusal(away)
    assert (await refusal(away)).rule == "circuit-open"


async def test_a_safe_operation_is_asked_again_and_the_rest_of_its_time_goes_with_it():
    answer, asked = failing(AWAY, PeerError(PeerFault.OVERLOADED), PeerError(PeerFault.TIMEOUT, outcome_known=True))
    patient = adapter(answer, retry=RetryLimits(4, 0.001, 0.001), safe=frozenset({"ask"}))
    assert (await patient.ask(ASKED)).body == {"n": 4}
    assert patient.guard.standing.retries == 3
    left = [query.timeout_s for query in asked]
    assert left == sorted(left, reverse=True)
    assert max(left) <= ASKED.timeout_s


@pytest.mark.parametrize(
    ("error", "query", "safe"),
    [
        (AWAY, ASKED, frozenset()),  # the adapter does not say that it is safe
        (AWAY, Query("ask", {}), frozenset({"ask"})),  # the registry does not
        (PeerError(PeerFault.TIMEOUT), ASKED, frozenset({"ask"})),  # it may have acted
        (PeerError(PeerFault.FAULT), ASKED, frozenset({"ask"})),
        (PeerError(PeerFault.BAD_ANSWER), ASKED, frozenset({"ask"})),
        (PeerError(PeerFault.UNREACHABLE, retry_after_s=60.0), ASKED, frozenset({"ask"})),  # later than its deadline
    ],
)
async def test_nothing_else_is_asked_twice(error: PeerError, query: Query, safe: frozenset[str]):
    answer, asked = failing(error)
    await refusal(adapter(answer, retry=RetryLimits(9, 0.001, 0.001), safe=safe), query)
    assert len(asked) == 1


async def test_over_the_rate_a_question_waits_or_is_refused_with_nothing_done():
    answer, asked = failing()
    slow = adapter(answer, pace=PaceLimits(0.001, 2))
    await asyncio.gather(slow.ask(ASKED), slow.ask(ASKED))
    error = await refusal(slow)
    assert (error.kind, error.rule, error.outcome_known) == (PeerFault.OVERLOADED, "rate", True)
    assert error.retry_after_s is not None
    assert 900 < error.retry_after_s <= 1000
    assert len(asked) == 2
    quick = adapter(answer, pace=PaceLimits(200, 1))
    await asyncio.gather(*(quick.ask(ASKED) for _ in range(4)))
    assert len(asked) == 6


async def test_a_cancelled_probe_leaves_the_circuit_to_the_next():
    gate = asyncio.Event()
    answers = iter([AWAY, AWAY, AWAY, None, None])

    async def answer(_: Query) -> Found:
        error = next(answers)
        if error is not None:
            raise error
        await gate.wait()
        return Found({})

    away = adapter(answer, breaker=BreakerLimits(3, 0.5, 3600, 0.001, 1))
    for _ in range(3):
        await refusal(away)
    await asyncio.sleep(0.005)
    probe = asyncio.create_task(away.ask(ASKED))
    await asyncio.sleep(0.005)
    assert (await refusal(away)).rule == "circuit-open"
    probe.cancel()
    await asyncio.gather(probe, return_exceptions=True)
    gate.set()
    await away.ask(ASKED)
    assert away.guard.standing.circuit is Circuit.CLOSED


def memory(**changes: object) -> dict[str, object]:
    question = [{"to": "n", "from": "body.n"}]
    operation = {"match": ["n"], "question": question, "answer": {"exists": True}, "safe": True}
    return {"operations": {"p": operation, "q": {**operation, "safe": False}}, **changes}


def test_settings_say_all_of_it():
    made = build(
        "memory",
        memory(
            max_per_second=5,
            burst=3,
            breaker={"failures": 7, "share": 1, "window_s": 30, "open_s": 2.5, "probes": 2},
            retry={"attempts": 3, "first_s": 0.1, "most_s": 1},
        ),
    )
    assert made.bounds.guard == GuardLimits(
        PaceLimits(5.0, 3), BreakerLimits(7, 1.0, 30.0, 2.5, 2), RetryLimits(3, 0.1, 1.0), frozenset({"p"})
    )
    assert made.guard.retried == {"p"}
    assert build("memory", memory(breaker={"failures": 0})).bounds.guard.breaker is None
    assert build("memory", memory()).guard.retried == frozenset()


def test_retries_need_an_operation_that_is_safe():
    settings = memory(retry={"attempts": 2})
    settings["operations"]["p"]["safe"] = False
    with pytest.raises(DeclarationError, match="declared `safe = true`; there is none"):
        build("memory", settings)


def test_a_system_that_hangs_at_the_default_time_out_opens_it_even_two_at_a_time():
    settings = build("memory", memory()).bounds
    assert settings.guard.breaker is not None
    breaker, now = Breaker(settings.guard.breaker), 0.0
    while breaker.state is Circuit.CLOSED:
        tickets = [breaker.admit(now) for _ in range(2)]
        now += settings.timeout_s
        for ticket in tickets:
            assert ticket is not None
            breaker.record(ticket, now, failed=True)
    assert now == 90
