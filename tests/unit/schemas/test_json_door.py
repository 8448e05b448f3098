"""The JSON door: one reading or none."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.json import MAX_DEPTH, JsonError, read

VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**64 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    # a lone surrogate is no text (RFC 8259 §8.2)
    | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(st.characters(exclude_categories=["Cs"])), inner)
    ),
    max_leaves=12,
)


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        (b"", "json"),
        (b"{", "json"),
        (b"NaN", "json"),
        (b"[1,]", "json"),
        (b"\xff", "json"),
        (b"\xef\xbb\xbf{}", "json"),
        (rb'"\ud800"', "json"),
        (b"1e999", "json"),
        (b'{"a":1,"a":1}', "repeated-member"),
        (rb'{"a":1,"\u0061":2}', "repeated-member"),
        (b'[{"x":{"a":1,"a":2}}]', "repeated-member"),
        (b"18446744073709551616", "number-range"),
        (b"-9223372036854775809", "number-range"),
        (b"9" * 300, "number-range"),
        (b"[" * 255 + b"]" * 255, "too-deep"),
        (b"[" * 100_000, "json"),
        (b'{"a":' * 400 + b"1" + b"}" * 400, "too-deep"),
    ],
)
def test_what_has_no_reading_or_two_is_refused(text: bytes, rule: str):
    with pytest.raises(JsonError) as caught:
        read(text)
    assert caught.value.rule == rule


@pytest.mark.parametrize("spaces", [b"", b" "])
def test_the_limits_themselves_are_read(spaces: bytes):
    assert read(spaces + b"18446744073709551615") == 2**64 - 1
    assert read(spaces + b"-9223372036854775808") == -(2**63)
    assert read(spaces + b"[" * MAX_DEPTH + b"]" * MAX_DEPTH) is not None


@given(VALUES, st.booleans())
def test_whatever_has_one_reading_is_read_as_everybody_reads_it(value: object, ascii_only: bool):  # noqa: FBT001 - drawn
    text = json.dumps(value, ensure_ascii=ascii_only).encode()
    assert read(text) == json.loads(text)


def test_a_refusal_names_the_line_and_never_the_text():
    with pytest.raises(JsonError) as caught:
        read(b'{\n "number": 097195001234\n}')
    assert (caught.value.rule, caught.value.line) == ("json", 2)
    assert "097195001234" not in str(caught.value)
