"""Base64url and moments: one spelling per value."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.text import b64url_decode, b64url_encode, moment, moment_ms

LAST_MS = 253_402_300_799_999


@given(st.binary())
def test_base64url_reads_back(data: bytes):
    assert b64url_decode(b64url_encode(data)) == data


@given(st.text(max_size=8))
def test_no_bytes_have_two_spellings(text: str):
    try:
        data = b64url_decode(text)
    except ValueError:
        return
    assert b64url_encode(data) == text


@pytest.mark.parametrize("text", ["AA==", "A", "AB", "+/+/", "A A", "AAA\n", "é"])
def test_other_spellings_are_refused(text: str):
    with pytest.raises(ValueError, match="base64url"):
        b64url_decode(text)


@given(st.integers(0, LAST_MS))
def test_moments_read_back(at_ms: int):
    assert moment_ms(moment(at_ms)) == at_ms


def test_moments_sort_as_their_text():
    assert moment(0) == "1970-01-01T00:00:00.000Z"
    assert moment(LAST_MS) == "9999-12-31T23:59:59.999Z"


@pytest.mark.parametrize(
    "text",
    [
        "2026-11-22T05:00:00Z",
        "2026-11-22 05:00:00.000Z",
        "2026-11-22T05:00:00.000+00:00",
        "2026-11-22t05:00:00.000z",
        "2026-11-31T05:00:00.000Z",
        "2026-11-22T24:00:00.000Z",
        "2026-11-22T05:00:60.000Z",
        "2026-11-22T05:00:00.000Z\n",
        "\u0662026-11-22T05:00:00.000Z",
    ],
)
def test_other_moments_are_refused(text: str):
    with pytest.raises(ValueError, match=r".+"):
        moment_ms(text)
