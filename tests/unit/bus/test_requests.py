"""The models of requests and their description say the same of every value."""

from __future__ import annotations

import copy
from typing import Any

import orjson
import pytest
from agency_system import opening, question
from hypothesis import given
from hypothesis import strategies as st
from jsonschema_rs import Draft202012Validator

from bus.http.openapi import document
from bus.http.requests import AskIn, DossierIn, SupplementIn, read
from schemas.problems import Code, ProblemError

COMPONENTS = orjson.loads(orjson.dumps(document()))["components"]
SUPPLEMENT = {
    "fields": [{"name": "phone", "term": "contact.phone", "of": "mother"}],
    "officer": {"id": "CB1", "unit": "H26.901"},
    "overrides": [{"field": "phone", "reason": "update"}],
}
GOOD: dict[type[Any], dict[str, Any]] = {
    AskIn: question(dossier="H26-1", basis="278/2025/NĐ-CP", fields=["person.birth"], timeout_ms=500),
    DossierIn: opening(overrides=[{"field": "x", "reason": "verification"}], jurisdiction="H26"),
    SupplementIn: SUPPLEMENT,
}
JUDGES = {
    model: Draft202012Validator({"$ref": f"#/components/schemas/{model.__name__}", "components": COMPONENTS})
    for model in GOOD
}
# What JSON can say; numbers that a float cannot hold exactly are nobody's business here.
LEAF = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**53), 2**53),
    st.floats(allow_nan=False, allow_infinity=False).filter(lambda number: not number.is_integer()),
    st.text(max_size=90),
    st.sampled_from(
        ["", "a", "A1", "high", "none", "update", "mother", "birth@1", "1990", "1990-02-30", "Đ", "a\n", "x" * 201]
    ),
)
VALUE = st.recursive(
    LEAF, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3)
)


def places(value: object, path: tuple[int | str, ...] = ()) -> list[tuple[int | str, ...]]:
    """Every place in a JSON value, the root left out."""
    members = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [found for key, item in members for found in [(*path, key), *places(item, (*path, key))]]


def changed(value: dict[str, Any], path: tuple[int | str, ...], to: object) -> dict[str, Any]:
    made = copy.deepcopy(value)
    at: Any = made
    for step in path[:-1]:
        at = at[step]
    at[path[-1]] = to
    return made


def is_read(model: type[Any], value: object) -> bool:
    try:
        read(model, orjson.dumps(value))
    except ProblemError as error:
        return error.problem.code is not Code.REQUEST_MALFORMED
    return True


@pytest.mark.parametrize("model", GOOD)
def test_good_requests_are_read(model: type[Any]):
    assert is_read(model, GOOD[model])
    assert JUDGES[model].is_valid(GOOD[model])


@pytest.mark.parametrize("model", GOOD)
@given(data=st.data())
def test_models_and_description_agree_on_every_change(model: type[Any], data: st.DataObject):
    good = GOOD[model]
    value = changed(good, data.draw(st.sampled_from(places(good))), data.draw(VALUE))
    assert is_read(model, value) == JUDGES[model].is_valid(value)


@pytest.mark.parametrize("model", GOOD)
@given(data=st.data())
def test_models_and_description_agree_on_what_is_left_out_or_added(model: type[Any], data: st.DataObject):
    value = copy.deepcopy(GOOD[model])
    value.pop(data.draw(st.sampled_from([*value])))
    value |= data.draw(st.dictionaries(st.text(min_size=1, max_size=6), LEAF, max_size=1))
    assert is_read(model, value) == JUDGES[model].is_valid(value)


@pytest.mark.parametrize(
    ("data", "place"),
    [
        (b'{"purpose": "x", "097195001234": 1}', "/…"),
        (b'{"purpose": "x", "unheard_of": 1}', "/unheard_of"),
        ('{"purpose": "x", "Nguyễn Thị Mẫu": 1}'.encode(), "/…"),
        (b'{"purpose": "x", "subjects": [{"id": "1", "097195001234": 1}]}', "/subjects/0/…"),
    ],
)
def test_a_made_up_member_is_told_only_if_it_is_a_word(data: bytes, place: str):
    with pytest.raises(ProblemError) as refused:
        read(AskIn, data)
    assert refused.value.problem.place == place
