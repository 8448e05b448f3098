"""For any schema and any data: minimised data holds agreed terms only, and the narrowed schema admits nothing else."""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from registry.model import SchemaDocument
from registry.subjects import JsonSubject

TERMS = [f"t.{letter}" for letter in "abcdef"]
NAMES = st.sampled_from(["p", "q", "r", "s"])
LEAVES = st.builds(lambda term: {"type": "string", "x-term": term}, st.sampled_from(TERMS))


def objects(children: st.SearchStrategy[dict[str, Any]]) -> st.SearchStrategy[dict[str, Any]]:
    def made(properties: dict[str, Any], required: list[str]) -> dict[str, Any]:
        return {"type": "object", "properties": properties, "required": [n for n in required if n in properties]}

    return st.builds(
        made, st.dictionaries(NAMES, children, min_size=1, max_size=3), st.lists(NAMES, unique=True, max_size=2)
    )


def arrays(children: st.SearchStrategy[dict[str, Any]]) -> st.SearchStrategy[dict[str, Any]]:
    return st.builds(lambda items: {"type": "array", "items": items}, children)


NODES = st.recursive(LEAVES, lambda inner: objects(inner) | arrays(inner), max_leaves=8)
SCHEMAS = objects(NODES)
ALLOWED = st.frozensets(st.sampled_from(TERMS))
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 5) | st.sampled_from(["x", "t.a"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=3),
    max_leaves=8,
)


@st.composite
def fitting(draw: st.DrawFn, schema: dict[str, Any]) -> Any:  # noqa: ANN401 - JSON of any shape
    """Data that obeys the schema, every value naming its own term."""
    if "x-term" in schema:
        return schema["x-term"]
    if schema["type"] == "array":
        return [draw(fitting(schema["items"])) for _ in range(draw(st.integers(0, 2)))]
    return {
        name: draw(fitting(child))
        for name, child in schema["properties"].items()
        if name in schema["required"] or draw(st.booleans())
    }


def values(data: object) -> set[str]:
    if isinstance(data, dict):
        return {value for child in data.values() for value in values(child)}
    if isinstance(data, list):
        return {value for child in data for value in values(child)}
    return {data} if isinstance(data, str) else set()


@given(schema=SCHEMAS, allowed=ALLOWED, data=st.data())
@settings(max_examples=150, deadline=None)
def test_minimised_data_is_valid_and_holds_agreed_terms_only(
    schema: dict[str, Any], allowed: frozenset[str], data: st.DataObject
):
    subject = JsonSubject(SchemaDocument("s", 1, document=schema))
    whole = data.draw(fitting(schema))
    assert subject.violations(whole) == []
    small = subject.project(whole, allowed)
    assert values(small) == values(whole) & allowed
    assert subject.violations(small, allowed) == []
    assert subject.violations(small, subject.terms & allowed) == []


@given(schema=SCHEMAS, allowed=ALLOWED, data=st.data())
@settings(max_examples=150, deadline=None)
def test_data_with_any_other_term_is_refused(schema: dict[str, Any], allowed: frozenset[str], data: st.DataObject):
    subject = JsonSubject(SchemaDocument("s", 1, document=schema))
    whole = data.draw(fitting(schema))
    if values(whole) - allowed:
        assert subject.violations(whole, allowed) != []


@given(schema=SCHEMAS, allowed=ALLOWED, data=ANYTHING)
@settings(max_examples=200, deadline=None)
def test_whatever_comes_nothing_outside_the_frame_passes(schema: dict[str, Any], allowed: frozenset[str], data: object):
    subject = JsonSubject(SchemaDocument("s", 1, document=schema))
    small = subject.project(data, allowed)
    again = subject.project(small, allowed)
    assert again == small
    assert all(not violation.rule.startswith("additional") for violation in subject.violations(small, allowed))
