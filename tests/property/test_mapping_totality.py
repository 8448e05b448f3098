"""For all replies: a field map answers plain JSON or a MapError, never another error, never a value of its own."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.mapping import FieldMap, MapError
from adapters.operation import Answer, Courier, Operation
from adapters.port import DeclarationError, PeerError, PeerFault, Query

T = TypeVar("T")
NAMES = ["a", "b", "c", "0"]
ATOMS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**53), 2**53),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(st.characters(exclude_categories=["Cs"]), max_size=12),
    st.sampled_from(["1", "true", "31/12/1999", "31/02/1999", "1950", '{"a": "x"}', "N/A"]),
)
REPLIES = st.recursive(
    ATOMS,
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(st.sampled_from(NAMES), inner, max_size=4)),
    max_leaves=20,
)
FIELDS = FieldMap.of(
    {"to": "text", "from": ["a", "b.a"], "absent": ["N/A"]},
    {"to": "joined", "from": ["b.b", "c.c"], "join": " "},
    {"to": "name.parts", "from": "b", "parts": ["a", "c"]},
    {"to": "name.inner", "from": "c!.a"},
    {"to": "int", "from": "b.0", "as": "integer"},
    {"to": "num", "from": "c", "as": "number"},
    {"to": "bool", "from": "c.a", "as": "boolean"},
    {"to": "code", "from": "b.c", "as": "code", "codes": {"1": "one"}},
    {"to": "birth", "from": "b.b", "as": "partial-date", "forms": ["dd/MM/yyyy", "yyyy"]},
    {"to": "list", "from": "c.b", "as": "list", "fields": [{"to": "x", "from": "a"}]},
)
EACH = [FieldMap([field]) for field in FIELDS.fields]


def attempt(act: Callable[[], T]) -> T | Exception:
    try:
        return act()
    except (MapError, PeerError, DeclarationError) as error:
        return error


@given(REPLIES)
def test_every_reply_gives_plain_json_or_a_named_error(reply: object):
    for one in [*EACH, FIELDS]:
        answer = attempt(lambda one=one: one.run(reply))
        if isinstance(answer, MapError):
            assert answer.at.split("[")[0] in one.targets
            assert answer.rule.replace("-", "").isalpha()
        else:
            assert orjson.loads(orjson.dumps(answer)) == answer


def _texts(value: object) -> set[str]:
    if isinstance(value, dict):
        return {text for inner in value.values() for text in _texts(inner)}
    if isinstance(value, list):
        return {text for inner in value for text in _texts(inner)}
    return {value} if isinstance(value, str) else set()


@given(REPLIES)
def test_every_text_answered_stood_in_the_reply(reply: object):
    plain = FieldMap([FIELDS.fields[0]])
    answer = attempt(lambda: plain.run(reply))
    assert isinstance(answer, MapError) or _texts(answer) <= {text.strip() for text in _texts(reply)}


@given(REPLIES, st.booleans())
def test_a_courier_answers_or_raises_a_peer_error(reply: object, optional: bool):  # noqa: FBT001 - hypothesis fills positional arguments
    declared = {
        "fields": [{"to": "x", "from": "a", "required": True}],
        "records": "b",
        "as_of": {"from": "c", "forms": ["dd/MM/yyyy"]},
    }
    outcome = {"code": "0", "ok": ["1"], "optional": optional}
    operation = Operation.model_validate({"answer": Answer.model_validate(declared), "outcome": outcome})
    courier = Courier(operation, {"true": PeerFault.NOT_PERMITTED})
    found = attempt(lambda: courier.found(reply, Query("p", {})))
    if isinstance(found, PeerError):
        assert found.__cause__ is None
    else:
        assert list(found.body) == ["x"]
        assert found.body["x"] in {text.strip() for text in _texts(reply)}


@given(st.text(), st.text())
def test_a_declaration_is_read_or_refused_by_name(to: str, source: str):
    got = attempt(lambda: FieldMap.of({"to": to, "from": source}).run({}))
    assert got == {} or all(mistake.startswith("field 0") for mistake in got.mistakes)


def test_the_map_above_is_not_idle():
    with pytest.raises(MapError):
        FIELDS.run([])
    assert FIELDS.run({"a": "x", "b": {"a": "y", "c": "1"}}) == {"text": "x", "name": {"parts": "y 1"}, "code": "one"}
