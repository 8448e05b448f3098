"""Whatever valid question is put to a sandbox: a valid answer about that subject, or an honest no."""

from __future__ import annotations

from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.port import PeerError
from bus import plain
from bus.kit.sandbox.served import Served
from bus.kit.sandbox.shelf import Shelf, snapshot_of
from bus.sample.systems import registry_folder
from schemas.problems import FaultAt

SNAPSHOT = snapshot_of(registry_folder())
SERVED = {f"{one.service.id}/{one.operation.name}": one for one in Shelf(SNAPSHOT, (), 11)}
BIRTHS = st.one_of(st.from_regex(r"(19|20)[0-9]{2}", fullmatch=True), st.dates().map(str)).filter(
    lambda text: text[:2] in {"19", "20"}
)
QUESTIONS = st.fixed_dictionaries(
    {
        "citizen_number": st.from_regex(r"[0-9]{12}", fullmatch=True),
        "full_name": st.text(st.characters(codec="utf-8"), min_size=1, max_size=100),
        "birth": BIRTHS,
    }
)


def turned(question: dict[str, Any]) -> dict[str, Any]:
    """The same question, its members in another order."""
    return {name: turned(one) if isinstance(one, dict) else one for name, one in reversed(question.items())}


@pytest.mark.parametrize("name", sorted(SERVED))
@settings(max_examples=12, deadline=None)
@given(question=QUESTIONS)
def test_an_answer_is_valid_about_the_subject_and_the_same_again(name: str, question: dict[str, Any]):
    served = SERVED[name]
    asked = {"json": question} if served.service.xroad else question  # X-Road's calls have a body among other things
    read = served.read(asked)
    try:
        answer = served.answer(read)
    except PeerError as error:
        assert error.kind == "no-match"  # noqa: PT017 - an honest no is as good as an answer
        return
    body = plain.read(answer, served.answer_schema, FaultAt.PROVIDER_SYSTEM)
    assert served.answer_schema.violations(body.value) == []
    assert orjson.loads(orjson.dumps(answer)) == answer
    assert served.answer(served.read(turned(asked))) == answer
    if "full_name" in answer:
        assert answer["full_name"] == question["full_name"]


@settings(max_examples=30, deadline=None)
@given(
    question=QUESTIONS,
    terms=st.sets(st.sampled_from(sorted(SERVED["a100001/population/person/details"].answer_schema.terms))),
)
def test_terms_only_take_away(question: dict[str, Any], terms: set[str]):
    served: Served = SERVED["a100001/population/person/details"]
    whole = served.answer(served.read(question))
    some = served.answer(served.read(question), terms=terms)
    assert some.items() <= whole.items()
    assert served.answer_schema.violations(some, frozenset(terms)) == []
