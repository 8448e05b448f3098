"""Putting questions to the adapter: one by one, at once, hostile ones, given-up ones. Every end is a fact."""

from __future__ import annotations

import asyncio
import dataclasses
import time
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Final

from uuid_utils import uuid7

from adapters import watching
from adapters.http import Reply
from adapters.port import Adapter, PeerError, Query, Reach
from adapters.testing import HOSTILE
from bus.kit.check.facts import NO, Asked, Ended, Facts
from bus.kit.check.parts import opened
from bus.kit.check.samples import Known, Sample, Samples

LONGEST_S: Final = 30.0
PATIENCE_S: Final = 10.0
AT_MOST_AT_ONCE: Final = 64
"""Nobody's system is asked more at once than this, whatever is declared."""


async def one_by_one(facts: Facts, adapter: Adapter, calls: int) -> None:
    """The probe, every sample once, then measured calls about known persons."""
    with watching.watching() as seen:
        facts.probe = await adapter.probe()
    facts.offsets_s += _offsets(seen, datetime.now(UTC))
    if facts.probe.reach is Reach.UNREACHABLE:
        return
    for name, sample in facts.samples.named():
        facts.asked.append(await _asked(facts, adapter, name, sample))
    known = facts.known
    for at in range(calls if known else 0):
        one = known[at % len(known)]
        await asyncio.sleep(0 if facts.per_second is None else 1 / facts.per_second)  # what waits is not the system
        facts.measured.append(await _asked(facts, adapter, one.name, one.sample))
    facts.unknown_operation = await _ended(adapter, _anything(facts, "no-such-operation"))
    await _hostile(facts, adapter)


async def at_once(facts: Facts, adapter: Adapter) -> None:
    """Known persons, twice as many questions as places, all at the same time; then callers who give up."""
    known = facts.known
    if not known:
        return
    count = max(min(2 * min(facts.concurrency, AT_MOST_AT_ONCE), _allowed(facts)), len(known))
    turns = [known[at % len(known)] for at in range(count)]
    facts.at_once += await asyncio.gather(*(_asked(facts, adapter, one.name, one.sample) for one in turns))
    first = query_of(facts, known[0].sample)
    for _ in range(min(facts.concurrency, AT_MOST_AT_ONCE) + 1):
        task = asyncio.create_task(adapter.ask(first))
        await asyncio.sleep(0.01)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
    facts.after_cancelling = await _ended(adapter, query_of(facts, known[0].sample))


def _allowed(facts: Facts) -> int:
    """How many questions the declared rate lets through in a time that a check can wait."""
    return 2 * AT_MOST_AT_ONCE if facts.per_second is None else int(facts.burst + PATIENCE_S * facts.per_second)


async def ended_over(facts: Facts, adapter: Adapter, deadline_s: float) -> Ended:
    """One known person over a connection that something is wrong with."""
    return await _ended(adapter, query_of(facts, facts.known[0].sample, deadline_s))


def query_of(facts: Facts, sample: Sample, timeout_s: float = LONGEST_S) -> Query:
    """A sample as the adapter gets it, with a request id of its own."""
    operation = None if facts.service is None else facts.service.operation(sample.operation)
    return sample.query(facts.samples.asker, str(uuid7()), timeout_s, operation)


async def _asked(facts: Facts, adapter: Adapter, name: str, sample: Sample) -> Asked:
    query = query_of(facts, sample)
    began = time.monotonic()
    with watching.watching() as seen:
        try:
            found, error = opened(await adapter.ask(query)), None
        except PeerError as refused:
            found, error = None, refused
    facts.offsets_s += _offsets(seen, datetime.now(UTC))
    return Asked(name, sample, found, error, time.monotonic() - began, seen)


async def _ended(adapter: Adapter, query: Query) -> Ended:
    began = time.monotonic()
    try:
        found = opened(await adapter.ask(query))
    except PeerError as error:
        return Ended(error, time.monotonic() - began, query.timeout_s)
    return Ended(None, time.monotonic() - began, query.timeout_s, is_no=found.body == NO)


def _anything(facts: Facts, operation: str) -> Query:
    return Sample(operation=operation, body={}).query(facts.samples.asker, str(uuid7()), LONGEST_S)


async def _hostile(facts: Facts, adapter: Adapter) -> None:
    """The questions about nobody with every text in them replaced."""
    for sample in facts.samples.nobody[:1]:
        query = query_of(facts, sample)
        for text in HOSTILE:
            facts.hostile.append(await _ended(adapter, dataclasses.replace(query, body=_filled(query.body, text))))


def _filled(value: Mapping[str, object], text: str) -> dict[str, object]:
    return {
        name: _filled(inner, text) if isinstance(inner, Mapping) else text if isinstance(inner, str) else inner
        for name, inner in value.items()
    }


def _offsets(seen: watching.Seen, now: datetime) -> list[float]:
    """How far what systems say of the time is from our clock; a text that is no time tells nothing."""
    said = [moment for move in seen.moves for moment in _moments(move.came)]
    return [(moment - now).total_seconds() for moment in said if moment.tzinfo is not None]


def _moments(came: object) -> list[datetime]:
    """A reply's Date header; the one moment with a zone that a database's probe asks for."""
    try:
        if isinstance(came, Reply):
            return [parsedate_to_datetime(came.headers["date"])] if "date" in came.headers else []
        if isinstance(came, list) and len(came) == 1 and isinstance(came[0], dict) and came[0].keys() == {"said"}:
            return [datetime.fromisoformat(str(came[0]["said"]))]
    except ValueError:
        pass
    return []


def stable_members(answers: Sequence[Asked]) -> dict[str, object]:
    """What every answer about one person had in common: times and counters that change are left out."""
    bodies = [one.found.body for one in answers if one.found is not None]
    if not bodies:
        return {}
    return {name: value for name, value in bodies[0].items() if all(body.get(name) == value for body in bodies)}


def texts_of(samples: Samples) -> frozenset[str]:
    """Every text of the samples' questions and expected answers that is long enough to tell somebody by."""
    found: set[str] = set()
    for _, sample in samples.named():
        found |= set(texts_in(sample.body))
        if isinstance(sample, Known):
            found |= set(texts_in(sample.answer))
    return frozenset(text for text in found if len(text) >= TELLING_CHARS)


def texts_in(value: object) -> list[str]:
    """Every text in a JSON value."""
    if isinstance(value, str):
        return [value]
    if isinstance(value, Mapping):
        return [text for inner in value.values() for text in texts_in(inner)]
    if isinstance(value, list):
        return [text for inner in value for text in texts_in(inner)]
    return []


TELLING_CHARS: Final = 6
"""A code such as "male" or "005" is no person's; a date of birth, a name, a number is longer."""
