"""A sealed envelope as it travels (msgpack) and as it lies in evidence files (JSON)."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.sealed import (
    MAX_ENVELOPE_BYTES,
    MAX_SEAL_BYTES,
    Sealed,
    SealedFormatError,
    from_file,
    pack,
    to_file,
    unpack,
)

NODE = bytes(32)
GOOD = Sealed(b"{}", b"a.b.c", 1, 3, (NODE, NODE))
SEALED = st.builds(
    Sealed,
    envelope=st.binary(min_size=1, max_size=64),
    seal=st.text(st.characters(max_codepoint=126, min_codepoint=33), min_size=1, max_size=64).map(str.encode),
    index=st.integers(0, 9),
    size=st.integers(10, 4096),
    path=st.lists(st.binary(min_size=32, max_size=32), max_size=4).map(tuple),
)


@given(SEALED)
def test_both_forms_carry_the_very_bytes(sealed: Sealed):
    assert unpack(pack(sealed)) == sealed
    assert from_file(msgspec.json.decode(msgspec.json.encode(to_file(sealed)), type=type(to_file(sealed)))) == sealed


@pytest.mark.parametrize(
    "members",
    [
        {"envelope": b""},
        {"envelope": b"x" * (MAX_ENVELOPE_BYTES + 1)},
        {"seal": b""},
        {"seal": b"x" * (MAX_SEAL_BYTES + 1)},
        {"index": 3},
        {"index": -1},
        {"size": 0},
        {"path": (b"short",)},
        {"path": (NODE,) * 33},
    ],
)
def test_what_is_over_a_limit_is_refused(members: dict[str, object]):
    with pytest.raises(SealedFormatError):
        unpack(msgspec.msgpack.encode(msgspec.structs.replace(GOOD, **members)))


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\xc1",
        msgspec.msgpack.encode({"envelope": b"{}"}),
        msgspec.msgpack.encode([b"{}", b"a.b.c", 0]),
        msgspec.msgpack.encode([b"{}", b"a.b.c", 0, 1, [], b"a sixth member"]),
        msgspec.msgpack.encode(["{}", 5, 0, 1, []]),
        pack(GOOD) + b"\x00",
    ],
)
def test_what_is_no_sealed_envelope_is_refused(data: bytes):
    with pytest.raises(SealedFormatError):
        unpack(data)


def test_evidence_files_hold_one_spelling_of_each_binary():
    form = to_file(GOOD)
    for changed in ({"envelope": form.envelope + "="}, {"envelope": "e30+"}, {"path": ("AB",)}, {"seal": "é"}):
        with pytest.raises(SealedFormatError):
            from_file(msgspec.structs.replace(form, **changed))
