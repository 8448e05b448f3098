"""The YAML door: what JSON can say is read as JSON would, whatever else YAML can do is refused with its line."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.yaml import YamlError, YamlLimits, read

TEXTS = st.text(st.characters(codec="utf-8", exclude_characters="\x7f", exclude_categories=["Cc", "Cs"]), max_size=20)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**15), 10**15) | TEXTS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=4),
    max_leaves=12,
)


@given(JSON)
def test_json_is_read_as_json(value: object):
    assert read(json.dumps(value, ensure_ascii=False).encode())[0] == value


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("no", "no"),
        ("on: yes", {"on": "yes"}),
        ("012", "012"),
        ("0o17", "0o17"),
        ("1_000", "1_000"),
        ("2026-11-22", "2026-11-22"),
        ("1:30", "1:30"),
        ("~", None),
        ("", None),
        ("-7", -7),
        ("1.5e3", 1500.0),
        ("'1'", "1"),
        ("200: a", {"200": "a"}),
        ("a: |\n  1\n  2\n", {"a": "1\n2\n"}),
        ("!!str 1", "1"),
        ("- a\n- [b, {c: d}]", ["a", ["b", {"c": "d"}]]),
    ],
)
def test_plain_words_are_read_by_the_core_schema(text: str, value: object):
    if text == "":
        text = "---\n"
    assert read(text.encode())[0] == value


def test_every_value_has_its_line():
    _, lines = read(b"a: 1\nb:\n  - c\n  - d: 2\n")
    assert lines == {(): 1, ("a",): 1, ("b",): 3, ("b", 0): 3, ("b", 1): 4, ("b", 1, "d"): 4}


@pytest.mark.parametrize(
    ("text", "rule", "line"),
    [
        ("a: &x 1", "alias", 1),
        ("a: 1\nb: *x", "alias", 2),
        ("a:\n  <<: *base", "alias", 2),
        ("a: !!binary aGk=", "tag", 1),
        ("a: !!timestamp 2026-11-22", "tag", 1),
        ("a: !own {b: 1}", "tag", 1),
        ("a: 1\na: 2", "member-twice", 2),
        ("? [a]\n: 1", "member-name", 1),
        ("a\n---\nb", "several-documents", 2),
        ("a: [", "malformed", 2),
        ("a: b: c", "malformed", 1),
        ("%YAML 9.9\n---\na", "malformed", 1),
        ("[" * 70, "too-deep", 1),
        ("\ta: 1", "malformed", 1),
        ("# nothing", "empty", 0),
    ],
)
def test_the_rest_of_yaml_is_refused(text: str, rule: str, line: int):
    with pytest.raises(YamlError) as caught:
        read(text.encode())
    assert (caught.value.rule, caught.value.line) == (rule, line)


def test_limits_are_kept_while_reading():
    with pytest.raises(YamlError) as caught:
        read(b"a" * 101, YamlLimits(max_bytes=100))
    assert caught.value.rule == "too-large"
    with pytest.raises(YamlError) as caught:
        read(b"[" + b"1," * 50 + b"1]", YamlLimits(max_values=50))
    assert caught.value.rule == "too-many-values"
    with pytest.raises(YamlError) as caught:
        read(b"\xff\xfe")
    assert caught.value.rule == "encoding"


@given(st.binary(max_size=80))
def test_any_bytes_are_read_or_refused(data: bytes):
    try:
        read(data)
    except YamlError as error:
        assert error.rule  # noqa: PT017 - either way is right
