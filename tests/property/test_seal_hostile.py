"""Seals under random hands: honest ones hold, altered ones never do, nothing raises."""

import json
from functools import cache

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from seal_kit import INSTANCE, NOW_MS, registered, signer

from schemas.sealed import Sealed
from signing import evidence, jws, sealtext
from signing.evidence import EvidenceError

envelopes = st.lists(st.binary(min_size=1, max_size=60), min_size=1, max_size=20)


def passed(sealed: Sealed) -> bool:
    return jws.check(sealed, registered(), instance=INSTANCE, at_ms=NOW_MS).passed


@cache
def batch() -> tuple[Sealed, ...]:
    return jws.seal([bytes([i]) * 9 for i in range(1, 12)], signer(), instance=INSTANCE, now_ms=NOW_MS)


@given(envelopes)
def test_every_envelope_of_any_batch_holds(content: list[bytes]):
    checker = jws.Checker(registered(), instance=INSTANCE)
    for one in jws.seal(content, signer(), instance=INSTANCE, now_ms=NOW_MS):
        assert checker.check(one, NOW_MS).passed


@given(st.integers(0, 10), st.data())
def test_no_altered_byte_of_a_seal_holds(index: int, data: st.DataObject):
    sealed = batch()[index]
    place = data.draw(st.integers(0, len(sealed.seal) - 1))
    byte = data.draw(st.integers(0, 255).filter(lambda value: value != sealed.seal[place]))
    altered = sealed.seal[:place] + bytes([byte]) + sealed.seal[place + 1 :]
    assert not passed(msgspec.structs.replace(sealed, seal=altered))


@given(st.integers(0, 10), st.integers(-2, 14), st.integers(-2, 14))
def test_no_other_place_holds(index: int, other: int, size: int):
    sealed = batch()[index]
    moved = msgspec.structs.replace(sealed, index=other, size=size)
    assert passed(moved) is ((other, size) == (index, 11))


@given(st.integers(0, 10), st.binary(max_size=80), st.lists(st.binary(min_size=32, max_size=32), max_size=5))
def test_no_other_envelope_or_path_holds(index: int, envelope: bytes, path: list[bytes]):
    sealed = batch()[index]
    assert passed(msgspec.structs.replace(sealed, envelope=envelope)) is (envelope == sealed.envelope)
    assert passed(msgspec.structs.replace(sealed, path=tuple(path))) is (tuple(path) == sealed.path)


@given(st.binary(max_size=400), st.binary(max_size=80), st.integers(), st.integers(), st.lists(st.binary(max_size=33)))
def test_nothing_raises_on_any_bytes(seal: bytes, envelope: bytes, index: int, size: int, path: list[bytes]):
    assert not passed(Sealed(envelope, seal, index, size, tuple(path)))


base64url = st.binary(min_size=1, max_size=60).map(sealtext.encoded)


@given(base64url, base64url, base64url)
def test_nothing_raises_on_any_three_parts(head: bytes, body: bytes, signature: bytes):
    assert not passed(Sealed(b"x", b".".join((head, body, signature)), 0, 1, ()))


@given(st.binary(max_size=300))
def test_the_parts_that_are_taken_have_one_spelling(blob: bytes):
    text = sealtext.encoded(blob)
    for seal in (b".".join((text, text, text)), b".".join((blob, text, text))):
        try:
            read = sealtext.parts(seal)
        except sealtext.SealTextError:
            continue
        assert b".".join(map(sealtext.encoded, read)) == seal


json_like = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


@given(st.binary(max_size=200) | json_like.map(lambda value: json.dumps(value).encode()))
def test_what_is_no_evidence_file_is_refused_by_rule(data: bytes):
    with pytest.raises(EvidenceError):
        evidence.read(data)
