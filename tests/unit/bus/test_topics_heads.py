"""Heads of replies on the link: exactly one form is read, and anything else is one problem."""

from __future__ import annotations

import contextlib
from collections.abc import Callable

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bus.topics import Reply, Topic, head, read_erasure_ask, read_renewal_ask, read_renewal_reply, read_reply
from schemas.problems import Code, ProblemError
from schemas.sealed import Sealed

SEALED = Sealed(b"{}", b"a.b.c", 0, 1, ())
ROW = [b"{}", b"a.b.c", 0, 1, []]


def test_topics_are_numbered_for_ever():
    assert {one.name: one.value for one in Topic} == {
        "EXCHANGE": 1,
        "RECEIPT": 2,
        "DECLARE": 3,
        "REGISTRY": 4,
        "REGISTRY_CHANGED": 5,
        "LOG": 6,
        "ERASURE": 7,
        "RENEWAL": 8,
    }


@pytest.mark.parametrize("receipt", [None, SEALED])
def test_a_reply_reads_back(receipt: Sealed | None):
    assert read_reply(head(Reply(SEALED, receipt))) == Reply(SEALED, receipt)


@pytest.mark.parametrize(
    "value",
    [
        [],
        [None],
        [ROW, ROW, ROW],
        [[*ROW, 1]],
        [[b"", b"a.b.c", 0, 1, []]],
        [ROW, [b"{}", b"", 0, 1, []]],
        {"sealed": ROW},
    ],
)
def test_what_is_no_reply_is_one_problem(value: object):
    with pytest.raises(ProblemError) as caught:
        read_reply(msgspec.msgpack.encode(value))
    assert caught.value.problem.code is Code.ENVELOPE_MALFORMED


@pytest.mark.parametrize("read", [read_renewal_ask, read_erasure_ask, read_renewal_reply])
def test_what_is_no_utf_8_is_that_problem_too(read: Callable[[bytes], object]):
    with pytest.raises(ProblemError) as caught:
        read(b"\x92\xc4\x00\xa1\xff" if read is read_renewal_reply else b"\x91\xa1\xff")
    assert caught.value.problem.code is Code.ENVELOPE_MALFORMED


@given(st.binary(max_size=64))
def test_random_bytes_are_a_reply_or_that_problem(data: bytes):
    with contextlib.suppress(ProblemError):
        read_reply(data)
