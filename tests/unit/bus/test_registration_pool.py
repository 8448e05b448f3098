"""The comparison processes: whatever a schema does to one, there is an answer, and the next job gets its own."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import orjson
import pytest

from bus.registration.jobs import Job, Source
from bus.registration.pool import BusyError, JobLostError, Limits, Pool, PoolError
from registry.evolution.port import FormatName, Policy

TINY = "tiny_formats:format_of"


@asynccontextmanager
async def pool(**limits: object) -> AsyncIterator[Pool]:
    given = {"processes": 1, "job_seconds": 1.0} | limits
    running = await Pool.start(Limits(**given), TINY)
    try:
        yield running
    finally:
        await running.close()


def source(**schema: object) -> Source:
    return Source(FormatName.JSON, orjson.dumps(schema).decode())


def job(subject: Source, *older: Source) -> Job:
    pairs = [(one.key, subject.key) for one in older]
    return Job(subject.key, pairs, {one.key: one for one in (subject, *older)}, Policy())


async def test_schemas_are_read_once_and_compared():
    old, new = source(required=["a"]), source(type="object")
    async with pool() as running:
        for _ in range(3):
            done = await running.do("s", job(new, old))
            assert (done.canonical, [told.kind for told in done.verdicts]) == ('{"type":"object"}', ["compatible"])
        back = await running.do("s", job(old, new))
        (told,) = back.verdicts
        assert (told.kind, told.findings[0].rule) == ("incompatible", "property-became-required")
        assert told.witness is not None
        assert told.verdict.witness.text == "{}"


async def test_what_is_no_schema_is_refused_with_its_place():
    async with pool() as running:
        done = await running.do("s", job(Source(FormatName.JSON, "{\n")))
        assert done.refused is not None
        assert (done.refused.rule, done.refused.place.line) == ("not-json", 2)


@pytest.mark.parametrize(
    ("trouble", "rule"),
    [("parse-memory", "too-much"), ("parse-deep", "too-much"), ("parse-fault", "unreadable")],
)
async def test_trouble_in_reading_is_a_refusal(trouble: str, rule: str):
    async with pool() as running:
        done = await running.do("s", job(source(**{"x-trouble": trouble})))
        assert done.refused is not None
        assert done.refused.rule == rule
        assert done.worn == trouble.endswith("memory")
        assert (await running.do("s", job(source()))).refused is None


@pytest.mark.parametrize(
    ("trouble", "rule"),
    [("compare-memory", "too-much"), ("compare-deep", "too-much"), ("compare-fault", "not-compared")],
)
async def test_trouble_in_comparing_is_an_unknown(trouble: str, rule: str):
    async with pool() as running:
        (told,) = (await running.do("s", job(source(**{"x-trouble": trouble}), source()))).verdicts
        assert (told.kind, told.verdict.rule) == ("unknown", rule)


@pytest.mark.parametrize(("trouble", "rule"), [("parse-hang", "time-spent"), ("compare-die", "process-died")])
async def test_a_process_that_hangs_or_dies_is_replaced(trouble: str, rule: str):
    async with pool() as running:
        with pytest.raises(JobLostError) as lost:
            await running.do("s", job(source(**{"x-trouble": trouble}), source()))
        assert lost.value.rule == rule
        assert (await running.do("s", job(source(), source()))).verdicts[0].kind == "compatible"


async def test_a_job_that_nobody_waits_for_leaves_no_answer_behind():
    async with pool(job_seconds=30.0) as running:
        waiting = asyncio.create_task(running.do("s", job(source(**{"x-trouble": "parse-hang"}))))
        await asyncio.sleep(0.1)
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
        assert (await running.do("s", job(source(a=1)))).canonical == '{"a":1}'


async def test_more_jobs_than_the_queue_holds_are_refused_at_once():
    async with pool(waiting=1) as running:
        first = asyncio.create_task(running.do("s", job(source(**{"x-trouble": "parse-hang"}))))
        await asyncio.sleep(0)
        with pytest.raises(BusyError):
            await running.do("s", job(source()))
        with pytest.raises(JobLostError):
            await first


async def test_what_a_process_has_forgotten_is_sent_again():
    big = "x" * (17 << 20)
    async with pool(job_seconds=20.0) as running:
        assert (await running.do("s", job(source(a=1)))).refused is None
        assert (await running.do("s", job(source(big=big)))).refused is None
        assert (await running.do("s", job(source(a=1), source(b=2)))).verdicts[0].kind == "compatible"


async def test_a_pool_that_cannot_run_says_so_at_its_start():
    with pytest.raises(PoolError):
        await Pool.start(Limits(processes=1), "tiny_formats:nothing")
