"""What a comparison process keeps: schemas that it has read, verdicts, and what follows from them."""

from __future__ import annotations

import orjson
from tiny_formats import TinyFormat

from bus.registration.jobs import Job, Source
from bus.registration.worker import Kept, Reading
from registry.evolution.budget import Budget
from registry.evolution.port import FormatName, Policy
from registry.evolution.verdict import Verdict


class Counting(TinyFormat):
    """It counts what it is asked."""

    read: int = 0
    compared: int = 0

    def parse(self, text, references, budget: Budget):  # noqa: ANN001 - as the tiny format's
        Counting.read += 1
        return super().parse(text, references, budget)

    def included(self, writer, reader, policy: Policy, budget: Budget) -> Verdict:  # noqa: ANN001 - as above
        Counting.compared += 1
        return super().included(writer, reader, policy, budget)


def source(number: int, *required: str) -> Source:
    return Source(FormatName.JSON, orjson.dumps({"title": str(number), "required": required}).decode())


def job(policy: Policy, new: Source, *older: Source) -> Job:
    pairs = [(one.key, new.key) for one in older]
    return Job(new.key, pairs, {one.key: one for one in (new, *older)}, policy)


def test_what_follows_from_two_verdicts_is_not_compared():
    reading = Reading(Counting)
    versions = [source(number) for number in range(6)]
    Counting.read = Counting.compared = 0
    for place in range(1, 6):
        older = list(reversed(versions[:place]))
        done = reading.do(job(Policy(), versions[place], *older))
        assert {told.kind for told in done.verdicts} == {"compatible"}
    assert (Counting.read, Counting.compared) == (6, 5)
    refused = reading.do(job(Policy(), source(7, "a"), *versions))
    assert {told.kind for told in refused.verdicts} == {"incompatible"}
    assert Counting.compared == 11


def test_under_another_policy_nothing_is_concluded():
    reading = Reading(Counting)
    filling = Policy(required_with_default=True)
    versions = [source(number) for number in range(3)]
    Counting.compared = 0
    reading.do(job(filling, versions[1], versions[0]))
    reading.do(job(filling, versions[2], versions[1], versions[0]))
    reading.do(job(filling, versions[2], versions[1], versions[0]))
    assert Counting.compared == 3


def test_the_values_unused_longest_go_first_and_one_always_stays():
    kept: Kept[str] = Kept(10)
    kept.put("a", "A", 4)
    kept.put("b", "B", 4)
    assert kept.get("a") == "A"
    kept.put("c", "C", 4)
    assert (kept.get("a"), kept.get("b"), kept.get("c")) == ("A", None, "C")
    kept.put("d", "D", 400)
    assert (kept.get("a"), kept.get("d")) == (None, "D")
