"""What the base class promises for every adapter: bounds, deadlines, and only PeerError."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta, timezone

import pytest
import structlog

from adapters.memory import CallableAdapter
from adapters.port import Adapter, Bounds, DeclarationError, Found, Officer, PeerError, PeerFault, Query, Reach

ASKED = Query("ask", {"number": "096199000001"}, officer=Officer("CB-77", "U"), timeout_s=5.0)


def adapter(answer: Callable[[Query], Awaitable[Found]], **bounds: float) -> CallableAdapter:
    return CallableAdapter({"ask": answer}, Bounds(**bounds))


async def refusal(of: Adapter, query: Query = ASKED) -> PeerError:
    with pytest.raises(PeerError) as caught:
        await of.ask(query)
    return caught.value


async def test_no_more_than_the_bound_are_with_the_system_at_once():
    now = most = 0

    async def count(_: Query) -> Found:
        nonlocal now, most
        now += 1
        most = max(most, now)
        await asyncio.sleep(0)
        now -= 1
        return Found({})

    await asyncio.gather(*(adapter_.ask(ASKED) for adapter_ in [adapter(count, max_concurrency=3)] * 20))
    assert most == 3


async def test_those_over_the_queue_are_refused_at_once():
    gate = asyncio.Event()

    async def wait(_: Query) -> Found:
        await gate.wait()
        return Found({})

    busy = adapter(wait, max_concurrency=1, max_waiting=2)
    inside = [asyncio.create_task(busy.ask(ASKED)) for _ in range(3)]
    await asyncio.sleep(0)
    error = await refusal(busy)
    assert (error.kind, error.retry, error.outcome_known) == (PeerFault.OVERLOADED, True, True)
    gate.set()
    assert len(await asyncio.gather(*inside)) == 3
    assert busy.tally.outcomes == {"overloaded": 1, "found": 3}


async def test_one_who_never_gets_a_turn_is_refused_with_nothing_done():
    async def hang(_: Query) -> Found:
        await asyncio.Event().wait()
        raise AssertionError

    busy = adapter(hang, max_concurrency=1, timeout_s=0.05)
    first = asyncio.create_task(busy.ask(ASKED))
    await asyncio.sleep(0)
    error = await refusal(busy, Query("ask", {}, timeout_s=0.01))
    assert (error.kind, error.rule, error.outcome_known) == (PeerFault.OVERLOADED, "no-turn-in-time", True)
    with pytest.raises(PeerError, match="timeout"):
        await first


async def test_a_timeout_leaves_the_outcome_unknown():
    async def hang(_: Query) -> Found:
        await asyncio.Event().wait()
        raise AssertionError

    error = await refusal(adapter(hang), Query("ask", {}, timeout_s=0.01))
    assert (error.kind, error.retry, error.outcome_known) == (PeerFault.TIMEOUT, True, False)


async def test_a_foreign_error_loses_its_text():
    async def leak(query: Query) -> Found:
        raise ValueError(f"no such number: {query.body['number']}")

    with structlog.testing.capture_logs() as logs:
        error = await refusal(adapter(leak))
    assert (error.kind, error.rule) == (PeerFault.FAULT, "adapter-failed")
    assert error.__cause__ is None
    assert error.__suppress_context__
    (line,) = logs
    assert (line["error"], line["file"]) == ("ValueError", "test_port_bounds.py")
    assert "096199000001" not in repr(logs)


@pytest.mark.parametrize(
    ("found", "rule"),
    [
        (Found({"a": object()}), "not-json"),
        (Found({"a": {1, 2}}), "not-json"),
        (Found({"a": "\ud800"}), "not-json"),
        (Found({"a": "x" * 3000}), "too-large"),
        (Found({}, datetime(2026, 1, 1)), "as-of-without-zone"),  # noqa: DTZ001 - the mistake under test
        (Found({}, datetime(1, 1, 1, tzinfo=timezone(timedelta(hours=7)))), "as-of-year"),
        (Found({}, datetime.max.replace(tzinfo=UTC)), "as-of-year"),
    ],
)
async def test_an_answer_that_is_no_json_of_bounded_size_is_no_answer(found: Found, rule: str):
    async def answer(_: Query) -> Found:
        return found

    error = await refusal(adapter(answer, max_answer_bytes=2000))
    assert (error.kind, error.rule) == (PeerFault.BAD_ANSWER, rule)


async def test_cancelling_is_not_turned_into_an_answer():
    async def hang(_: Query) -> Found:
        await asyncio.Event().wait()
        raise AssertionError

    busy = adapter(hang)
    task = asyncio.create_task(busy.ask(ASKED))
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert busy.tally.inside == 0
    assert busy.tally.outcomes == {"cancelled": 1}


async def test_the_moment_of_the_data_passes_through():
    moment = datetime(2026, 11, 22, tzinfo=UTC)

    async def answer(_: Query) -> Found:
        return Found({"a": 1}, moment)

    assert (await adapter(answer).ask(ASKED)).as_of == moment


@pytest.mark.parametrize("code", ["096199000001", "mã lỗi", "a" * 33, "x096199000001", "", "a b"])
def test_a_peer_code_that_may_be_data_is_not_kept(code: str):
    assert PeerError(PeerFault.FAULT, peer_code=code).peer_code is None


def test_short_codes_are_kept():
    assert str(PeerError(PeerFault.NOT_LICENSED, peer_code="004")) == "not-licensed code=004"


def test_no_repr_shows_whom_a_question_or_answer_is_about():
    said = repr(ASKED) + repr(Found({"name": "An"}))
    assert "096199000001" not in said
    assert "CB-77" not in said
    assert "An" not in said.replace("Answer", "")


def test_an_adapter_without_a_kind_fails_at_import():
    with pytest.raises(DeclarationError, match="names its kind"):

        class Nameless(Adapter):
            async def _ask(self, _: Query) -> Found:
                return Found({})


def test_an_adapter_that_is_not_asynchronous_fails_at_import():
    with pytest.raises(DeclarationError, match="async function"):

        class Blocking(Adapter):
            kind = "blocking"

            def _ask(self, _: Query) -> Found:
                return Found({})


async def test_a_kind_without_a_probe_says_that_it_does_not_know():
    class Plain(Adapter):
        kind = "plain"
        operations = frozenset({"ask"})

        async def _ask(self, _: Query) -> Found:
            return Found({})

    assert (await Plain().probe()).reach is Reach.UNKNOWN
