"""Which members each kind of envelope needs and allows: `RULES`, member by member."""

from __future__ import annotations

import pytest
from envelopes import SAMPLES, example

from schemas.envelope import NUMBERS, RULES, Envelope, Kind, decode, encode
from schemas.problems import Code, ProblemError

REQUIRED = [(kind, name) for kind, (required, _) in RULES.items() for name in sorted(required)]
OPTIONAL = [(kind, name) for kind, (_, optional) in RULES.items() for name in sorted(optional)]
FOREIGN = [
    (kind, name)
    for kind, (required, optional) in RULES.items()
    for name in SAMPLES
    if name not in required | optional | {"correlation"}
]
EMPTY = {"recipients": (), "subjects": (), "fields": (), "parts": (), "about": ()}


def refusal(envelope: Envelope) -> tuple[int, str | None, str | None]:
    with pytest.raises(ProblemError) as caught:
        decode(encode(envelope))
    return caught.value.problem.code, caught.value.problem.rule, caught.value.problem.place


@pytest.mark.parametrize("kind", Kind)
@pytest.mark.parametrize("whole", [False, True])
def test_every_kind_reads_back_as_it_was(kind: Kind, whole: bool):  # noqa: FBT001 - a parameter of the test
    envelope = example(kind, whole=whole, correlation="counter-7")
    data = encode(envelope)
    assert decode(data) == envelope
    assert encode(decode(data)) == data


@pytest.mark.parametrize(("kind", "name"), REQUIRED)
def test_what_a_kind_needs_may_not_be_missing(kind: Kind, name: str):
    envelope = example(kind, **{name: EMPTY.get(name)})
    assert refusal(envelope) == (Code.ENVELOPE_KIND, "member-missing", f"/{name}")


@pytest.mark.parametrize(("kind", "name"), OPTIONAL)
def test_what_a_kind_may_have_may_be_missing(kind: Kind, name: str):
    envelope = example(kind, whole=True, **{name: EMPTY.get(name)})
    assert decode(encode(envelope)) == envelope


@pytest.mark.parametrize(("kind", "name"), FOREIGN)
def test_what_a_kind_does_not_know_is_refused(kind: Kind, name: str):
    envelope = example(kind, **{name: SAMPLES[name]})
    assert refusal(envelope) == (Code.ENVELOPE_KIND, "member-not-of-this-kind", f"/{name}")


def test_kinds_are_numbered_for_ever():
    assert {kind.value: number for kind, number in NUMBERS.items()} == {
        "question": 1,
        "answer": 2,
        "fault": 3,
        "pending": 4,
        "document": 5,
        "receipt": 6,
        "status": 7,
        "declaration": 8,
        "registration": 9,
    }


def test_a_fault_cannot_carry_data():
    for name in ("parts", "fields", "about", "schema"):
        assert refusal(example(Kind.FAULT, **{name: SAMPLES[name]}))[0] is Code.ENVELOPE_KIND


def test_an_answer_cannot_carry_a_problem():
    assert refusal(example(Kind.ANSWER, problem=SAMPLES["problem"]))[0] is Code.ENVELOPE_KIND
